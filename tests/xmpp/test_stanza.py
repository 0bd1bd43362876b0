"""Stanzas: RFC 6120 §8."""

from __future__ import annotations

import pytest
from hypothesis import given

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, STANZAS, error_reply, reply, stamp, wording
from folkmoot.xmpp.xml import Element, parse
from tests.xmpp.xmlgen import elements

IQ = parse(
    "<iq xmlns='jabber:client' type='get' id='rj2' from='juliet@capulet.com/balcony'"
    " to='capulet.com' xml:lang='en'><query xmlns='jabber:iq:roster'/></iq>"
)
MESSAGE = parse(
    "<message xmlns='jabber:client' from='romeo@example.net' to='juliet@example.com' id='z94nb37h'"
    " type='chat' xml:lang='en' xmlns:x='urn:x' x:n='1'><body>Art thou not Romeo?</body></message>"
)
JULIET = JID.parse("juliet@example.com/a'b<c>&d")


def test_reply() -> None:
    """RFC 6120 §8.2.3: the same id, the addresses the other way round."""
    query = Element("jabber:iq:roster", "query")
    assert reply(IQ, query) == parse(
        "<iq xmlns='jabber:client' type='result' id='rj2' to='juliet@capulet.com/balcony'"
        " from='capulet.com'><query xmlns='jabber:iq:roster'/></iq>"
    )
    assert reply(Element(CLIENT, "iq", {"id": "1"})) == parse(
        "<iq xmlns='jabber:client' type='result' id='1'/>"
    )


def test_error_reply() -> None:
    """RFC 6120 §8.3.2."""
    assert error_reply(IQ, StanzaError("item-not-found", "no such node")) == parse(
        "<iq xmlns='jabber:client' type='error' id='rj2' to='juliet@capulet.com/balcony'"
        " from='capulet.com'><error type='cancel'>"
        f"<item-not-found xmlns='{STANZAS}'/><text xmlns='{STANZAS}'>no such node</text>"
        "</error></iq>"
    )


def test_the_specific_condition_stands_first() -> None:
    """XEP-0060 §6.1.3: Movim reads the first child of `<error/>` alone."""
    closed = Element("http://jabber.org/protocol/pubsub#errors", "closed-node")
    error = error_reply(IQ, StanzaError("not-allowed", extension=closed)).child(CLIENT, "error")
    assert error is not None
    assert error.elements == [closed, Element(STANZAS, "not-allowed")]


@pytest.mark.parametrize("kind", ["message", "presence"])
def test_error_reply_is_of_the_same_kind(kind: str) -> None:
    told = error_reply(Element(CLIENT, kind), StanzaError("forbidden"))
    assert (told.name, told.get("type")) == (kind, "error")


def test_wording_is_stamped_for_each_hearer() -> None:
    """What every hearer gets is the same but for the address."""
    head, tail, _ = wording(MESSAGE)
    unaddressed = parse(head + stamp(None, framed=True) + tail)
    assert unaddressed.get("to") is None
    for hearer in (JULIET, JULIET.bare):
        told = parse(head + stamp(hearer, framed=True) + tail)
        assert told.attrs == MESSAGE.attrs | {"to": str(hearer)}
        assert told.children == MESSAGE.children


def test_wording_within_a_stream_has_its_namespace() -> None:
    """RFC 6120 §4.8.2: the stream has declared it; RFC 7395 §3.3.3: a frame has to."""
    head, tail, _ = wording(Element(CLIENT, "presence", {"to": "a@b"}))
    hearer = JID.parse("a@b")
    assert head + stamp(hearer, framed=False) + tail == b"<presence to='a@b'/>"
    assert head + stamp(None, framed=False) + tail == b"<presence/>"
    framed = head + stamp(hearer, framed=True) + tail
    assert framed == b"<presence xmlns='jabber:client' to='a@b'/>"


@given(elements)
def test_any_payload_is_worded(payload: Element) -> None:
    message = Element(CLIENT, "message", {"from": "a@b", "to": "c@d"}, "x", payload)
    head, tail, _ = wording(message)
    assert parse(head + stamp(JID.parse("c@d"), framed=True) + tail) == message


def test_a_refused_presence_comes_back_whole() -> None:
    """XEP-0045 §7.2.6, Example 27: clients know by it that it was a room they did not enter."""
    attrs = {"from": "hag66@shakespeare.lit/pda", "to": "coven@chat.shakespeare.lit/thirdwitch"}
    asked = Element("http://jabber.org/protocol/muc", "x")
    presence = Element(CLIENT, "presence", attrs, asked)
    refused = error_reply(presence, StanzaError("registration-required"))
    assert [child.name for child in refused.elements] == ["x", "error"]
    assert refused.first == asked
