"""The roster: RFC 6121 §2, by its examples."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.contacts import CONTACT_CHARS_MAX, GROUPS_MAX
from folkmoot.engine.errors import Reason
from folkmoot.facades import roster
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element
from tests.facades.verona import BALCONY, CHAMBER, JULIET, NURSE, ORCHARD, ROMEO, arrives, meet
from tests.stage import Client, Stage, staged

NURSE_ADDED = """
    <iq id='ph1xaz53' type='set'>
      <query xmlns='jabber:iq:roster'>
        <item jid='nurse@shakespeare.lit' name='Nurse'><group>Servants</group></item>
      </query>
    </iq>"""
NURSE_PUSHED = """
    <iq type='set'>
      <query xmlns='jabber:iq:roster'>
        <item jid='nurse@shakespeare.lit' name='Nurse' subscription='none'>
          <group>Servants</group>
        </item>
      </query>
    </iq>"""


def setting(*items: str, to: str = "", id: str = "set") -> str:
    """A roster set."""
    address = f" to='{to}'" if to else ""
    query = f"<query xmlns='jabber:iq:roster'>{''.join(items)}</query>"
    return f"<iq type='set' id='{id}'{address}>{query}</iq>"


def item(inner: str = "", **attrs: str) -> str:
    """A roster item, of the nurse unless another is named."""
    said = "".join(f" {name}='{value}'" for name, value in {"jid": NURSE, **attrs}.items())
    return f"<item{said}>{inner}</item>"


async def fetched(client: Client, ver: str | None = None) -> Element:
    """The answer to a roster get."""
    said = "" if ver is None else f" ver='{ver}'"
    query = f"<query xmlns='jabber:iq:roster'{said}/>"
    return await client.asks(f"<iq type='get' id='get'>{query}</iq>")


def items_of(answer: Element) -> list[Element]:
    """The items of a roster result."""
    query = answer.child(roster.NS, "query")
    assert query is not None
    return query.elements


async def refused(client: Client, xml: str, type: str, condition: str) -> None:
    """A request is answered with an error."""
    answer = await client.asks(xml)
    told = answer.child("jabber:client", "error")
    assert answer.get("type") == "error" and told is not None
    assert told.get("type") == type
    assert told.child("urn:ietf:params:xml:ns:xmpp-stanzas", condition) is not None, told


async def test_an_empty_roster_is_a_query_without_items(stage: Stage) -> None:
    """§2.1.4: no error, and no empty result."""
    juliet = await stage.client(CHAMBER)
    answer = await fetched(juliet)
    assert answer.get("type") == "result" and items_of(answer) == []


async def test_the_roster_on_login(stage: Stage) -> None:
    """§2.2: every contact, with the state of the subscriptions."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await meet(juliet, romeo)
    await juliet.asks(setting(item("<group>Friends</group>", jid=ROMEO, name="Romeo")))
    await juliet.asks(setting(item()))
    await juliet.drains()
    await juliet.sends("<iq id='hu2bac18' type='get'><query xmlns='jabber:iq:roster'/></iq>")
    await juliet.receives("""
        <iq id='hu2bac18' type='result'>
          <query xmlns='jabber:iq:roster'>
            <item jid='nurse@shakespeare.lit' subscription='none'/>
            <item jid='romeo@shakespeare.lit' name='Romeo' subscription='both'>
              <group>Friends</group>
            </item>
          </query>
        </iq>""")


async def test_adding_an_item_is_pushed_to_interested_resources(stage: Stage) -> None:
    """§2.3.2: a result for who asked, and a push for all who have the roster."""
    balcony, chamber = await arrives(stage, BALCONY), await arrives(stage, CHAMBER)
    garden = await stage.client(f"{JULIET}/garden", available=True)
    await balcony.drains()
    await chamber.drains()
    await balcony.sends(NURSE_ADDED)
    await balcony.receives(NURSE_PUSHED)
    await balcony.receives("<iq id='ph1xaz53' type='result'/>")
    push = await chamber.receives(NURSE_PUSHED)
    assert push.get("id") and push.get("to") == CHAMBER.replace("/chamber", "")
    await garden.receives_nothing()


async def test_updating_an_item_puts_it_as_it_is_said(stage: Stage) -> None:
    """§2.4.1: an item is atomic."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(setting(item("<group>Friends</group>", jid=ROMEO, name="Romeo")))
    both = "<group>Friends</group><group>Lovers</group>"
    for inner, attrs in [
        (both, {"name": "Romeo"}),
        ("<group>Lovers</group>", {"name": "Romeo"}),
        ("", {}),
        ("", {"name": "MyRomeo"}),
    ]:
        await juliet.asks(setting(item(inner, jid=ROMEO, **attrs)))
        (found,) = items_of(await fetched(juliet))
        assert found.get("name") == attrs.get("name")
        assert "".join(map(repr, found.elements)).count("</group>") == inner.count("</group>")
    await juliet.asks(setting(item(jid=ROMEO, name="")))
    (found,) = items_of(await fetched(juliet))
    assert found.get("name") is None


async def test_only_remove_is_heeded_of_a_subscription_said(stage: Stage) -> None:
    """§2.1.5, rule 2."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(setting(item(subscription="both", ask="subscribe", approved="true")))
    (found,) = items_of(await fetched(juliet))
    assert found.attrs == {"jid": NURSE, "subscription": "none"}


async def test_deleting_an_item(stage: Stage) -> None:
    """§2.5.2: a result, and a push that says `remove`."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(NURSE_ADDED)
    await juliet.drains()
    await juliet.sends(setting(item(subscription="remove"), id="hm4hs97y"))
    await juliet.receives("""
        <iq type='set'>
          <query xmlns='jabber:iq:roster'>
            <item jid='nurse@shakespeare.lit' subscription='remove'/>
          </query>
        </iq>""")
    await juliet.receives("<iq id='hm4hs97y' type='result'/>")
    assert items_of(await fetched(juliet)) == []


async def test_deleting_an_item_ends_both_subscriptions(stage: Stage) -> None:
    """§2.5.2: the contact hears `unsubscribe` and `unsubscribed`, and the user one push."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await meet(juliet, romeo)
    await juliet.sends(setting(item(jid=ROMEO, subscription="remove")))
    await romeo.receives(f"<presence from='{JULIET}' type='unsubscribe'/>")
    await romeo.receives(pushed(JULIET, "to"))
    await romeo.receives(f"<presence from='{BALCONY}' type='unavailable'/>")
    await romeo.receives(f"<presence from='{JULIET}' type='unsubscribed'/>")
    await romeo.receives(pushed(JULIET, "none"))
    came = await juliet.drains()
    assert [each.name for each in came] == ["presence", "iq", "iq"]
    assert came[0].get("from") == ORCHARD and "remove" in repr(came[1])
    assert items_of(await fetched(juliet)) == []


def pushed(jid: str, subscription: str, **attrs: str) -> str:
    """A roster push."""
    said = item(jid=jid, subscription=subscription, **attrs)
    return f"<iq type='set'><query xmlns='jabber:iq:roster'>{said}</query></iq>"


async def test_deleting_an_item_denies_what_its_contact_asks(stage: Stage) -> None:
    """§2.5, §3.2: who takes a contact off the roster does not leave it waiting."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    await juliet.asks(setting(item(jid=ROMEO)))
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await romeo.drains()
    await juliet.asks(setting(item(jid=ROMEO, subscription="remove")))
    await romeo.receives(f"<presence from='{JULIET}' type='unsubscribed'/>")
    again = await arrives(stage, CHAMBER)
    await again.receives_nothing()


async def test_an_item_that_is_not_there_cannot_be_deleted(stage: Stage) -> None:
    """§2.5.3; nor is somebody there whose request has no answer yet."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    gone = setting(item(jid=ROMEO, subscription="remove"))
    await refused(juliet, gone, "cancel", "item-not-found")
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await refused(juliet, gone, "cancel", "item-not-found")


LONG = "x" * (CONTACT_CHARS_MAX + 1)
MANY = "".join(f"<group>{number}</group>" for number in range(GROUPS_MAX + 1))


@pytest.mark.parametrize(
    ("xml", "type", "condition"),
    [
        (setting(item(), to=ROMEO), "auth", "forbidden"),
        (setting(item(), item(jid=ROMEO)), "modify", "bad-request"),
        (setting(), "modify", "bad-request"),
        (setting(item(name=LONG)), "modify", "not-acceptable"),
        (setting(item("<group>a</group><group>a</group>")), "modify", "bad-request"),
        (setting(item("<group></group>")), "modify", "not-acceptable"),
        (setting(item(f"<group>{LONG}</group>")), "modify", "not-acceptable"),
        (setting(item(MANY)), "modify", "not-acceptable"),
        (setting("<item/>"), "modify", "bad-request"),
        (setting("<item jid='@'/>"), "modify", "jid-malformed"),
        (setting(item(jid=JULIET)), "cancel", "not-allowed"),
        (setting(item(jid="pubsub.shakespeare.lit")), "cancel", "not-allowed"),
    ],
)
async def test_what_a_roster_set_may_not_be(
    stage: Stage, xml: str, type: str, condition: str
) -> None:
    """§2.3.3, in the order of its examples; nothing comes of any of them."""
    juliet = await arrives(stage, BALCONY)
    await refused(juliet, xml, type, condition)
    assert items_of(await fetched(juliet)) == []
    await juliet.receives_nothing()


async def test_names_and_groups_may_be_as_long_as_the_limit(stage: Stage) -> None:
    """§2.3.3: the limits are of this server."""
    juliet = await arrives(stage, BALCONY)
    groups = "".join(f"<group>{number}</group>" for number in range(GROUPS_MAX))
    answer = await juliet.asks(setting(item(groups, name=LONG[1:])))
    assert answer.get("type") == "result"


async def test_the_roster_of_another_is_nobody_elses(stage: Stage) -> None:
    """§2.1.5: whoever asks is the account itself."""
    juliet = await arrives(stage, BALCONY)
    for account in (ROMEO, "nobody@shakespeare.lit"):
        asked = f"<iq type='get' id='a' to='{account}'><query xmlns='jabber:iq:roster'/></iq>"
        await refused(juliet, asked, "auth", "forbidden")


async def test_a_roster_get_names_no_items(stage: Stage) -> None:
    """§2.1.3."""
    juliet = await arrives(stage, BALCONY)
    query = f"<query xmlns='jabber:iq:roster'>{item()}</query>"
    await refused(juliet, f"<iq type='get' id='a'>{query}</iq>", "modify", "bad-request")


async def test_a_contact_of_another_server_is_on_the_roster(stage: Stage) -> None:
    """§2.3: any JID, a server's own among them."""
    juliet = await arrives(stage, BALCONY)
    for jid in ("mercutio@example.net", "gateway.example.net"):
        await juliet.sends(setting(item(jid=jid)))
        await juliet.hears(pushed(jid, "none"))
    assert len(items_of(await fetched(juliet))) == 2


async def test_a_roster_has_so_many_contacts() -> None:
    """`contacts_per_account_max`, by roster set and by asking."""
    async with staged(contacts_per_account_max=2) as stage:
        juliet = await arrives(stage, BALCONY)
        await stage.account(ROMEO)
        await juliet.asks(setting(item()))
        await juliet.asks(setting(item(jid="mercutio@example.net")))
        await juliet.drains()
        await refused(juliet, setting(item(jid=ROMEO)), "wait", "resource-constraint")
        await juliet.sends(f"<presence to='{ROMEO}' type='subscribe'/>")
        await juliet.receives(f"""
            <presence type='error' from='{ROMEO}'>
              <error type='wait'>
                <resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
              </error>
            </presence>""")
        answer = await juliet.asks(setting(item(name="Nurse")))
        assert answer.get("type") == "result"


# --- §2.6: versions


async def test_a_client_that_has_the_roster_is_not_sent_it_again(stage: Stage) -> None:
    """§2.6.3: an empty result says that nothing has changed."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(NURSE_ADDED)
    known = version_of(await fetched(juliet, ver=""))
    assert (await fetched(juliet, ver=known)).elements == []
    await juliet.asks(setting(item(jid=ROMEO)))
    changed = await fetched(juliet, ver=known)
    assert version_of(changed) != known and len(items_of(changed)) == 2


def version_of(answer: Element) -> str:
    """What a roster, in a result or a push, is called."""
    query = answer.child(roster.NS, "query")
    assert query is not None
    return query.get("ver", "")


async def test_a_push_says_the_version_it_leads_to(stage: Stage) -> None:
    """§2.6.3: who saw every push has the roster, and so has who comes back with the last one."""
    juliet, romeo = await arrives(stage, BALCONY), await arrives(stage, ORCHARD)
    seen = []
    for step in (NURSE_ADDED, setting(item(name="Angelica")), setting(item(jid=ROMEO))):
        await juliet.sends(step)
        seen.append(version_of(await juliet.hears("<iq type='set'/>")))
    await meet(juliet, romeo)
    await juliet.sends(setting(item(subscription="remove")))
    seen.append(version_of(await juliet.hears("<iq type='set'/>")))
    assert len(set(seen)) == len(seen)
    await juliet.leaves()
    again = await stage.client(CHAMBER)
    assert (await fetched(again, ver=seen[-1])).elements == []


async def test_a_roster_that_is_as_it_was_has_its_old_version(stage: Stage) -> None:
    """§2.6: the version is of what the roster says, so nothing has to be remembered for it."""
    juliet = await arrives(stage, BALCONY)
    await juliet.asks(NURSE_ADDED)
    before = version_of(await fetched(juliet))
    await juliet.asks(setting(item(jid=ROMEO)))
    await juliet.asks(setting(item(jid=ROMEO, subscription="remove")))
    assert version_of(await fetched(juliet)) == before


def test_every_refusal_has_its_words() -> None:
    """Whatever the engine says, an iq is answered with an error."""
    for reason in Reason:
        assert isinstance(roster.ERRORS[reason]("detail"), StanzaError)
