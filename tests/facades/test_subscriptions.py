"""Presence subscriptions: RFC 6121 §3, by its examples."""

from __future__ import annotations

from folkmoot.engine.commands import Forget
from folkmoot.engine.errors import Reason
from folkmoot.engine.relations import presence_of
from folkmoot.facades import presence
from folkmoot.facades.presence import REQUEST_BYTES_MAX
from folkmoot.xmpp.errors import StanzaError
from tests.facades.test_roster import fetched, items_of, pushed
from tests.facades.verona import (
    BALCONY,
    CHAMBER,
    JULIET,
    ORCHARD,
    ROMEO,
    arrives,
    follows,
    meet,
)
from tests.stage import Stage

HOME = f"{ROMEO}/home"


async def test_a_request_goes_to_the_contact_and_shows_on_the_roster(stage: Stage) -> None:
    """§3.1.2, §3.1.3: from the bare JID, to every available resource; the item says `ask`."""
    romeo, home = await arrives(stage, ORCHARD), await arrives(stage, HOME)
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    for client in (romeo, home, balcony):
        await client.drains()
    await romeo.sends(f"<presence id='xk3h1v69' to='{JULIET}' type='subscribe'/>")
    for client in (romeo, home):
        await client.receives(pushed(JULIET, "none", ask="subscribe"))
    for client in (balcony, chamber):
        heard = await client.receives(f"<presence from='{ROMEO}' id='xk3h1v69' type='subscribe'/>")
        assert heard.get("to") == JULIET
        await client.receives_nothing()
    assert items_of(await fetched(balcony)) == []


async def test_a_request_may_name_a_resource(stage: Stage) -> None:
    """§3.1.2: it is as if it had been to the bare JID."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(f"<presence to='{BALCONY}' type='subscribe'/>")
    await juliet.receives(f"<presence from='{ROMEO}' to='{JULIET}' type='subscribe'/>")


async def test_a_request_to_nobody(stage: Stage) -> None:
    """§3.1.2: the user hears of it; nothing comes on the roster."""
    romeo = await arrives(stage, ORCHARD)
    for address, condition in (
        ("nobody@shakespeare.lit", "service-unavailable"),
        ("juliet@example.net", "remote-server-not-found"),
    ):
        await romeo.sends(f"<presence id='xk3h1v69' to='{address}' type='subscribe'/>")
        await romeo.receives(f"""
            <presence from='{address}' id='xk3h1v69' to='{ORCHARD}' type='error'>
              <error type='cancel'>
                <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
              </error>
            </presence>""")
    assert items_of(await fetched(romeo)) == []


async def test_a_request_waits_for_the_contact_with_all_it_says(stage: Stage) -> None:
    """§3.1.3, rule 4: the complete stanza, once, and again until it is answered."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    nick = "<nick xmlns='http://jabber.org/protocol/nick'>Romeo</nick>"
    status = "<status>Hi, Mercutio told me of you.</status>"
    asks = f"<presence id='uc51xs63' to='{JULIET}' type='subscribe'>"
    await romeo.sends(f"{asks}{status}{nick}</presence>")
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    for resource in (BALCONY, CHAMBER):
        juliet = await stage.client(resource)
        await juliet.sends("<presence/>")
        await juliet.hears(
            f"<presence from='{ROMEO}' id='uc51xs63' type='subscribe'>{status}{nick}</presence>"
        )
        assert [each for each in await juliet.drains() if each.get("type")] == []
    await juliet.sends(f"<presence to='{ROMEO}' type='unsubscribed'/>")
    again = await stage.client(f"{JULIET}/garden")
    await again.sends("<presence/>")
    assert [each for each in await again.drains() if each.get("type") == "subscribe"] == []


async def test_naming_a_contact_who_has_not_answered_keeps_the_request(stage: Stage) -> None:
    """§3.1.1: a roster set and a request come in either order."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'><status>Hi</status></presence>")
    query = f"<query xmlns='jabber:iq:roster'><item jid='{JULIET}' name='Jule'/></query>"
    await romeo.asks(f"<iq type='set' id='a'>{query}</iq>")
    await romeo.hears(pushed(JULIET, "none", ask="subscribe", name="Jule"))
    juliet = await stage.client(BALCONY)
    await juliet.sends("<presence/>")
    await juliet.hears("<presence type='subscribe'><status>Hi</status></presence>")


async def test_a_request_is_no_longer_than_the_limit(stage: Stage) -> None:
    """§3.1.3, security warning: what is kept for others has a bound."""
    romeo = await arrives(stage, ORCHARD)
    await stage.account(JULIET)
    status = f"<status>{'x' * REQUEST_BYTES_MAX}</status>"
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'>{status}</presence>")
    await romeo.receives("""
        <presence type='error'>
          <error type='modify'>
            <policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </presence>""")
    assert items_of(await fetched(romeo)) == []


async def test_an_approval(stage: Stage) -> None:
    """§3.1.5, §3.1.6: the word, then the push, then the presence of every resource."""
    romeo = await arrives(stage, ORCHARD)
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    await chamber.sends("<presence id='ux31da4q'><show>dnd</show></presence>")
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    for client in (romeo, balcony, chamber):
        await client.drains()
    await balcony.sends(f"<presence id='h4v1c4kj' to='{ROMEO}' type='subscribed'/>")
    word = f"<presence from='{JULIET}' id='h4v1c4kj' to='{ROMEO}' type='subscribed'/>"
    await romeo.receives(word)
    await romeo.receives(pushed(JULIET, "to"))
    await romeo.receives(f"<presence from='{BALCONY}' to='{ROMEO}'/>")
    await romeo.receives(f"<presence from='{CHAMBER}' id='ux31da4q'><show>dnd</show></presence>")
    await romeo.receives_nothing()
    for client in (balcony, chamber):
        await client.receives(pushed(ROMEO, "from"))
        await client.receives_nothing()


async def test_the_word_is_for_those_who_see_the_roster(stage: Stage) -> None:
    """§3.1.6: an interested resource hears it, available or not."""
    romeo, juliet = await stage.client(ORCHARD), await arrives(stage, BALCONY)
    await fetched(romeo)
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await juliet.sends(f"<presence to='{ROMEO}' type='subscribed'/>")
    await romeo.receives(pushed(JULIET, "none", ask="subscribe"))
    await romeo.receives(f"<presence from='{JULIET}' type='subscribed'/>")
    await romeo.receives(pushed(JULIET, "to"))
    await romeo.receives_nothing()


async def test_a_denial(stage: Stage) -> None:
    """§3.1.4, §3.2: nobody comes on the contact's roster by asking."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await romeo.drains()
    await juliet.drains()
    await juliet.sends(f"<presence id='tb2m1b59' to='{ROMEO}' type='unsubscribed'/>")
    await romeo.receives(f"<presence from='{JULIET}' id='tb2m1b59' type='unsubscribed'/>")
    await romeo.receives(pushed(JULIET, "none"))
    await juliet.receives_nothing()


async def test_cancelling_a_subscription(stage: Stage) -> None:
    """§3.2.2, §3.2.3: nobody is there any more, then the word, then the pushes."""
    romeo = await arrives(stage, ORCHARD)
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    await follows(romeo, balcony)
    await chamber.drains()
    await balcony.sends(f"<presence id='ij5b1v7g' to='{ROMEO}' type='unsubscribed'/>")
    for resource in (BALCONY, CHAMBER):
        await romeo.receives(f"<presence from='{resource}' type='unavailable'/>")
    await romeo.receives(f"<presence from='{JULIET}' id='ij5b1v7g' type='unsubscribed'/>")
    await romeo.receives(pushed(JULIET, "none"))
    for client in (balcony, chamber):
        await client.receives(pushed(ROMEO, "none"))
    await balcony.sends("<presence><show>away</show></presence>")
    await romeo.receives_nothing()


async def test_unsubscribing(stage: Stage) -> None:
    """§3.3.2, §3.3.3."""
    romeo, home = await arrives(stage, ORCHARD), await arrives(stage, HOME)
    juliet = await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    await home.drains()
    await romeo.sends(f"<presence id='ul4bs71n' to='{JULIET}' type='unsubscribe'/>")
    await juliet.receives(f"<presence from='{ROMEO}' id='ul4bs71n' type='unsubscribe'/>")
    await juliet.receives(pushed(ROMEO, "to"))
    for client in (romeo, home):
        await client.receives(f"<presence from='{BALCONY}' type='unavailable'/>")
        await client.receives(pushed(JULIET, "from"))
    await juliet.sends("<presence><show>away</show></presence>")
    await romeo.receives_nothing()


async def test_giving_up_what_one_has_not_is_nothing(stage: Stage) -> None:
    """§3.2.2, §3.3.3: silence, whether there is such an account or not."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    for address in (JULIET, "nobody@shakespeare.lit", ROMEO):
        for type in ("unsubscribe", "unsubscribed"):
            await romeo.sends(f"<presence to='{address}' type='{type}'/>")
    await romeo.receives_nothing()
    await juliet.receives_nothing()


async def test_an_approval_beforehand(stage: Stage) -> None:
    """§3.4.2: noted on the roster and not passed on; the request then is granted at once."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await romeo.sends(f"<presence id='pg81vx64' to='{JULIET}' type='subscribed'/>")
    await romeo.receives(pushed(JULIET, "none", approved="true"))
    await juliet.receives_nothing()
    (found,) = items_of(await fetched(romeo))
    assert found.get("approved") == "true"
    await juliet.sends(f"<presence to='{ROMEO}' type='subscribe'/>")
    await juliet.receives(f"<presence from='{ROMEO}' type='subscribed'/>")
    await juliet.receives(pushed(ROMEO, "to"))
    await juliet.receives(f"<presence from='{ORCHARD}'/>")
    assert not [each for each in await romeo.drains() if each.name == "presence"]
    (found,) = items_of(await fetched(romeo))
    assert found.attrs == {"jid": JULIET, "subscription": "from"}


async def test_an_approval_beforehand_is_withdrawn(stage: Stage) -> None:
    """§3.2.2, rule 2; §3.4.2: by `unsubscribed`, or by taking the contact off the roster."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    gone = f"<item jid='{JULIET}' subscription='remove'/>"
    for withdraws in (
        f"<presence to='{JULIET}' type='unsubscribed'/>",
        f"<iq type='set' id='a'><query xmlns='jabber:iq:roster'>{gone}</query></iq>",
    ):
        await romeo.sends(f"<presence to='{JULIET}' type='subscribed'/>")
        await romeo.sends(withdraws)
        assert "approved" not in repr(await fetched(romeo))
        await juliet.receives_nothing()
        await juliet.sends(f"<presence to='{ROMEO}' type='subscribe'/>")
        await romeo.hears(f"<presence from='{JULIET}' type='subscribe'/>")
        await juliet.sends(f"<presence to='{ROMEO}' type='unsubscribe'/>")
        await juliet.drains()


async def test_nobody_subscribes_to_themself(stage: Stage) -> None:
    """§4.2.2: everyone hears their own presence, and nobody is on their own roster."""
    romeo = await arrives(stage, ORCHARD)
    await romeo.sends(f"<presence to='{ROMEO}' type='subscribe'/>")
    await romeo.receives("""
        <presence type='error'>
          <error type='cancel'>
            <not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
          </error>
        </presence>""")
    await romeo.sends(f"<presence to='{ROMEO}' type='subscribed'/>")
    await romeo.receives_nothing()
    assert items_of(await fetched(romeo)) == []


async def test_a_subscription_is_with_somebody(stage: Stage) -> None:
    """§3.1.1: a `to` is needed."""
    romeo = await arrives(stage, ORCHARD)
    for type in ("subscribe", "subscribed", "unsubscribe", "unsubscribed"):
        await romeo.sends(f"<presence type='{type}'/>")
        await romeo.receives("""
            <presence type='error'>
              <error type='modify'>
                <bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
              </error>
            </presence>""")


async def test_an_account_that_is_gone_is_on_no_roster(stage: Stage) -> None:
    """§3.2.3, §3.3.3: others hear that nobody is there, and why; asked again, it is unknown."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    account = romeo.jid.bare
    await stage.core.engine.run(Forget(actor=account, node=presence_of(account)))
    await juliet.receives(f"<presence from='{ORCHARD}' type='unavailable'/>")
    await juliet.receives(f"<presence from='{ROMEO}' type='unsubscribed'/>")
    await juliet.receives(pushed(ROMEO, "remove"))
    await juliet.receives(f"<presence from='{ROMEO}' type='unsubscribe'/>")
    await juliet.receives_nothing()
    known = await fetched(juliet)
    assert items_of(known) == []


def test_every_refusal_has_its_words() -> None:
    """Whatever the engine says, it is said as a stanza error."""
    for reason in Reason:
        assert isinstance(presence.ERRORS[reason]("detail"), StanzaError)
