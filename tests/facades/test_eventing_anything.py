"""XEP-0207: any payload, published to presence or to a room: an answer, and no forged sender.

Whatever is published, the answer is a result or a proper error, nobody is told anything in a name
that is not the publisher's, and what is refused nobody hears.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, Limits, StreamParser, serialize
from tests.facades.test_eventing_presence import appears, presence_publish
from tests.facades.test_eventing_rooms import ROOM, SERVICE, company, message, publish, subscribe
from tests.facades.verona import BALCONY, CHAMBER, JULIET, ORCHARD, ROMEO, arrives, meet
from tests.stage import Stage, staged

PUBSUB: Final = "http://jabber.org/protocol/pubsub"
NAMESPACES: Final = (CLIENT, CLIENT, "jabber:server", PUBSUB, "http://jabber.org/protocol/tune")
NAMES: Final = ("presence", "message", "iq", "item", "tune")
SENDERS: Final = (
    *(BALCONY, JULIET, ORCHARD, ROMEO, "shakespeare.lit", SERVICE),
    *(ROOM, f"{ROOM}/Romeo", f"{ROOM}/JC", "", "@", "a@b@c", "nurse@example.net/x"),
)
TYPES: Final = (
    *("unavailable", "subscribe", "subscribed", "unsubscribed", "probe", "invisible"),
    *("chat", "groupchat", "headline", "error", "get", "set", "result", ""),
)
CHILDREN: Final = (
    Element(CLIENT, "body", None, "hi"),
    Element(CLIENT, "subject", None, "Balcony"),
    Element(CLIENT, "status", None, "Moping"),
    Element(CLIENT, "show", None, "away"),
    Element(CLIENT, "priority", None, "5"),
    Element(CLIENT, "priority", None, "high"),
    Element(CLIENT, "presence", {"from": ORCHARD}),
    Element("urn:xmpp:sid:0", "stanza-id", {"by": ROOM, "id": "forged"}),
    Element("urn:xmpp:delay", "delay", {"from": ROOM, "stamp": "2002-09-10T23:08:25Z"}),
    Element("http://jabber.org/protocol/muc", "x"),
    Element("http://jabber.org/protocol/muc#user", "x", None),
)

attributes = st.fixed_dictionaries(
    {},
    optional={
        "from": st.sampled_from(SENDERS),
        "to": st.sampled_from(SENDERS),
        "type": st.sampled_from(TYPES),
        "id": st.sampled_from(("", "p1")),
    },
)


@st.composite
def payloads(draw: st.DrawFn) -> Element:
    """Something in an item, which may look like a stanza and be one of others'."""
    if draw(st.booleans()):  # as it should be, or nearly
        attrs = draw(st.sampled_from(({}, {"from": BALCONY}, dict(draw(attributes)))))
        name = draw(st.sampled_from(("presence", "message")))
        return Element(CLIENT, name, attrs, *draw(children))
    ns, name = draw(st.sampled_from(NAMESPACES)), draw(st.sampled_from(NAMES))
    return Element(ns, name, dict(draw(attributes)), *draw(children))


children = st.lists(st.sampled_from(CHILDREN), max_size=2)
some_items = st.lists(st.lists(payloads(), max_size=2), min_size=1, max_size=2)
one_item = payloads().map(lambda payload: [[payload]])


@st.composite
def publishes(draw: st.DrawFn) -> Element:
    """A publish to somebody's presence node, or to the room's."""
    to, node = draw(
        st.sampled_from(
            (
                *((None, "presence"), (JULIET, "presence"), (ROMEO, "presence")),
                *[(SERVICE, "characters")] * 2,
            )
        )
    )
    ids = st.sampled_from((None, None, None, None, "balcony", "orchard", "forged", ""))
    items = (
        Element(PUBSUB, "item", {"id": draw(ids)}, *each) for each in draw(one_item | some_items)
    )
    publish = Element(PUBSUB, "publish", {"node": node}, *items)
    attrs = {"type": "set", "id": "any", "to": to}
    return Element(CLIENT, "iq", attrs, Element(PUBSUB, "pubsub", None, publish))


MINE: Final = {BALCONY, JULIET, f"{ROOM}/JC"}
"""Who it is that publishes, to those who know her and to those in the room."""

PLACES: Final = {JULIET, SERVICE, ROOM}
"""Of what pubsub's events are: her account, and the rooms."""


def senders(stanza: Element) -> Iterator[str]:
    """Whom a stanza is from, and all that is told in it: the payloads of its items."""
    yield stanza.get("from", "")
    for event in stanza.childs(f"{PUBSUB}#event", "event"):
        for items in event.elements:
            for item in items.elements:
                yield from (each.get("from", "") for each in item.elements)


def _is_about_the_room(stanza: Element) -> bool:
    try:
        return JID.parse(stanza.get("from", "")).domain == SERVICE
    except InvalidJID:
        return False


async def _play(script: Iterable[Element]) -> None:
    async with staged() as stage:
        romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
        await meet(romeo, juliet)
        chamber = await appears(stage, CHAMBER)
        garden = await appears(stage, f"{ROMEO}/garden")
        bard = await stage.client("bard@shakespeare.lit/globe")
        muc = "<x xmlns='http://jabber.org/protocol/muc'/>"
        await bard.sends(f"<presence to='{ROOM}/bard'>{muc}</presence>")
        await bard.sends(
            f"<iq type='set' id='c' to='{ROOM}'>"
            "<query xmlns='http://jabber.org/protocol/muc#owner'>"
            "<x xmlns='jabber:x:data' type='submit'/></query></iq>"
        )
        await juliet.asks(subscribe(BALCONY, "JC"))
        hearers = (romeo, garden, chamber, bard)
        for client in hearers:
            await client.drains()
        for stanza in script:
            answer = await juliet.asks(str(stanza))
            assert "internal-server-error" not in str(answer)
            if answer.get("type") == "error":
                assert answer.child(CLIENT, "error") is not None
            for client in hearers:
                heard = await client.drains()
                if answer.get("type") == "error":
                    assert not heard, f"{client.jid} heard of what was refused: {heard}"
                for each in heard:
                    assert set(senders(each)) <= MINE | PLACES, each
                    assert "forged" not in str(each) or not _is_about_the_room(each), each


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(st.lists(publishes(), min_size=1, max_size=6))
def test_whatever_is_published_is_from_who_published_it(script: list[Element]) -> None:
    """§3, §5: a payload is believed in nothing that the service knows better."""
    with capture_logs() as logs:
        asyncio.run(_play(script))
    assert not [each for each in logs if each["log_level"] == "error"]


BIG: Final = "x" * Limits().stanza_bytes_max
"""More than a stream takes in one stanza."""


@pytest.mark.parametrize(
    "stanza",
    [
        presence_publish(f"<presence xmlns='jabber:client'><status>{BIG}</status></presence>"),
        publish(message(BIG)),
    ],
    ids=["presence", "room"],
)
def test_an_oversized_payload_ends_the_stream(stanza: str) -> None:
    """RFC 6120 §13.12: as any stanza of that size does, before anything is made of it."""
    parser = StreamParser(Limits())
    *_, error = parser.feed(f"<stream xmlns='{CLIENT}'>{stanza}".encode())
    assert isinstance(error, StreamError)
    assert error.condition == "policy-violation"


async def test_the_longest_payload_that_a_stream_takes(stage: Stage) -> None:
    """It is said and heard whole, by either kind of client."""
    _, juliet, romeo = await company(stage)
    long = "x" * (Limits().stanza_bytes_max - 2_000)
    answer = await juliet.asks(publish(message(long)))
    assert answer.get("type") == "result", answer
    heard = await romeo.receives(f"<message from='{ROOM}/JC' type='groupchat'/>")
    assert long in serialize(heard)
