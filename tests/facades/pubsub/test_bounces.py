"""XEP-0060 1.30.0, §12.4: notifications have ids, and those that come back end a subscription."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine.decide.bouncing import BOUNCE_SECONDS, BOUNCES_MAX, FORGIVEN_SECONDS
from folkmoot.engine.model import NodeId
from folkmoot.facades.pubsub.bounces import is_about, is_final, notification_id
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, STANZAS
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import BERNARDO, FRANCISCO, OWNER, Denmark, fields
from tests.stage import Client

MUSINGS = NodeId(JID.parse("pubsub.shakespeare.lit"), "princely_musings")


def bounce(id: str | None, type: str, condition: str, repeated: str = "") -> str:
    """A notification that a client sends back."""
    told = "" if id is None else f"id='{id}'"
    return f"""
        <message type='error' to='pubsub.shakespeare.lit' {told}>
          {repeated}
          <error type='{type}'><{condition} xmlns='{STANZAS}'/></error>
        </message>"""


async def heard(denmark: Denmark, client: Client, item: str) -> str | None:
    """The id of the notification a client hears of an item; None where it hears of none."""
    await denmark.publishes(item)
    messages = [each for each in await client.drains() if each.name == "message"]
    assert len(messages) <= 1
    return messages[0].get("id") if messages else None


async def subscribers(denmark: Denmark) -> list[str | None]:
    """Who is subscribed, as the owner sees it."""
    answer = await denmark.hamlet.asks(
        denmark.iq("get", "<subscriptions node='princely_musings'/>", OWNER), "<iq type='result'/>"
    )
    return [each.get("jid") for each in answer.elements[0].elements[0].elements]


async def test_every_notification_has_an_id_of_its_own(denmark: Denmark) -> None:
    """§7.1.2.1 and §12.4: unique, also where two are about the same node."""
    await denmark.makes(notify_config="1")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1", "2")
    await denmark.configures(title="Musings")
    await denmark.affiliates("francisco@denmark.lit", "member")
    ids = [each.get("id") for each in await francisco.drains()]
    assert len(ids) == len(set(ids)) == 4
    assert all(ids)


@pytest.mark.parametrize(
    ("type", "condition"),
    [
        ("cancel", "item-not-found"),
        ("cancel", "gone"),
        ("modify", "gone"),
    ],
)
async def test_what_comes_back_for_good_ends_the_subscription(
    denmark: Denmark, type: str, condition: str
) -> None:
    """§12.4: an error of type cancel, or gone; and nobody is told what they have said."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.sends(bounce(await heard(denmark, francisco, "1"), type, condition))
    assert await subscribers(denmark) == []
    assert await heard(denmark, francisco, "2") is None


@pytest.mark.parametrize(
    ("type", "condition"),
    [
        ("auth", "registration-required"),
        ("wait", "remote-server-timeout"),
        ("modify", "bad-request"),
        ("modify", "redirect"),
        ("modify", "not-acceptable"),
        ("cancel", "remote-server-not-found"),
        ("cancel", "remote-server-timeout"),
        ("cancel", "internal-server-error"),
        ("cancel", "service-unavailable"),
    ],
)
async def test_what_may_pass_is_counted(denmark: Denmark, type: str, condition: str) -> None:
    """§12.4: BOUNCES_MAX of them in a row, no two within BOUNCE_SECONDS, are enough.

    Of type cancel, too, where it is said of a server that is away, or of an account that has
    nobody there at the moment (RFC 6120 §8.3.3.16, RFC 6121 §8.5.2.2.1).
    """
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    for _ in range(BOUNCES_MAX - 1):
        for _ in range(2):
            await francisco.sends(bounce(notification_id(MUSINGS), type, condition))
        denmark.stage.clock.at += BOUNCE_SECONDS
    assert await heard(denmark, francisco, "1") is not None
    await francisco.sends(bounce(notification_id(MUSINGS), type, condition))
    assert await subscribers(denmark) == []


async def test_what_has_passed_is_forgiven(denmark: Denmark) -> None:
    """§12.4: FORGIVEN_SECONDS after the last one they are counted anew."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    for _ in range(2):
        for _ in range(BOUNCES_MAX - 1):
            denmark.stage.clock.at += BOUNCE_SECONDS
            await francisco.sends(bounce(notification_id(MUSINGS), "wait", "remote-server-timeout"))
        denmark.stage.clock.at += FORGIVEN_SECONDS
    assert await subscribers(denmark) == ["francisco@denmark.lit"]


async def test_errors_nobody_counts(denmark: Denmark) -> None:
    """§12.4: of no such type and condition; and of who is not subscribed there."""
    await denmark.makes()
    francisco, bernardo = await denmark.subscribed(FRANCISCO), await denmark.client(BERNARDO)
    for _ in range(BOUNCES_MAX + 1):
        denmark.stage.clock.at += BOUNCE_SECONDS
        await francisco.sends(bounce(notification_id(MUSINGS), "modify", "jid-malformed"))
        await bernardo.sends(bounce(notification_id(MUSINGS), "wait", "remote-server-timeout"))
    assert await subscribers(denmark) == ["francisco@denmark.lit"]


async def test_several_subscriptions_end_together(denmark: Denmark) -> None:
    """§12.4 and §6.1.6: it is the address that nobody is at."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    child = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"
    child += f"<options>{fields(include_body='1')}</options>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    await francisco.sends(bounce(notification_id(MUSINGS), "cancel", "gone"))
    assert await subscribers(denmark) == []


async def test_an_account_s_own_node_hears_of_it(denmark: Denmark) -> None:
    """§12.4, XEP-0163 §4.3: the notification came from a bare JID, and so it goes back there."""
    account, node = "hamlet@denmark.lit", "urn:example:tune"
    item = f"<publish node='{node}'><item id='1'><tune xmlns='x'/></item></publish>"
    form = f"<publish-options>{fields(access_model='open')}</publish-options>"
    await denmark.hamlet.asks(denmark.iq("set", item + form, to=account), "<iq type='result'/>")
    francisco = await denmark.client(FRANCISCO)
    child = f"<subscribe node='{node}' jid='francisco@denmark.lit'/>"
    await francisco.asks(denmark.iq("set", child, to=account), "<iq type='result'/>")
    (message,) = await francisco.drains()
    back = bounce(message.get("id"), "cancel", "gone").replace("pubsub.shakespeare.lit", account)
    await francisco.sends(back)
    answer = await denmark.hamlet.asks(
        denmark.iq("get", f"<subscriptions node='{node}'/>", OWNER, account), "<iq type='result'/>"
    )
    assert answer.elements[0].elements[0].elements == []
    await denmark.hamlet.receives_nothing()


async def test_an_error_that_repeats_the_event_needs_no_id(denmark: Denmark) -> None:
    """RFC 6120 §8.3.1: the sender's stanza may come back in the error; it names the node."""
    await denmark.makes()
    await denmark.makes("other_musings")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.subscribed(FRANCISCO, "other_musings")
    event = "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='{}'/></event>"
    await francisco.sends(bounce(None, "cancel", "gone", event.format("other_musings")))
    assert await subscribers(denmark) == ["francisco@denmark.lit"]
    await francisco.sends(bounce(None, "cancel", "gone", event.format("princely_musings")))
    assert await subscribers(denmark) == []


async def test_an_error_about_nothing_ends_nothing(denmark: Denmark) -> None:
    """§12.4: without an id that is ours, or with that of a message that was none of ours."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    for id in (None, "", "purple1f2a", notification_id(MUSINGS._replace(name="other"))):
        await francisco.sends(bounce(id, "cancel", "gone"))
    await francisco.sends("<message type='error' to='pubsub.shakespeare.lit'/>")
    assert await subscribers(denmark) == ["francisco@denmark.lit"]


async def test_a_resource_that_subscribed_for_itself_ends_that_alone(denmark: Denmark) -> None:
    """§12.4: "the subscription of the entity to that node" is the one that was to hear."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    child = f"<subscribe node='princely_musings' jid='{FRANCISCO}'/>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    await francisco.sends(bounce(notification_id(MUSINGS), "cancel", "gone"))
    assert await subscribers(denmark) == ["francisco@denmark.lit"]
    await francisco.sends(bounce(notification_id(MUSINGS), "cancel", "gone"))
    assert await subscribers(denmark) == []
    await francisco.sends(bounce(notification_id(MUSINGS), "cancel", "gone"))
    await francisco.receives_nothing()


async def test_a_bounce_takes_no_affiliation(denmark: Denmark) -> None:
    """XEP-0503: to leave a space is to be no member of it; a bounce is nobody's wish to leave."""
    await denmark.makes(type="urn:xmpp:spaces:0", access_model="authorize")
    await denmark.affiliates("francisco@denmark.lit", "publisher")
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.sends(bounce(notification_id(MUSINGS), "cancel", "gone"))
    assert await subscribers(denmark) == []
    await francisco.asks(
        denmark.iq("get", "<affiliations/>"),
        """
        <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><affiliations>
          <affiliation node='princely_musings' affiliation='publisher'/>
        </affiliations></pubsub></iq>""",
    )


@given(name=st.text(min_size=1), other=st.text(min_size=1), id=st.text())
def test_an_id_is_about_its_node_alone(name: str, other: str, id: str) -> None:
    """Whatever the names are, and whatever somebody else calls a message."""
    node = MUSINGS._replace(name=name)
    told = Element(CLIENT, "message", {"id": notification_id(node)})
    assert is_about(told, node)
    assert is_about(told, MUSINGS._replace(name=other)) is (name == other)
    assert not is_about(Element(CLIENT, "message", {"id": id}), node)
    assert not is_final(told)
