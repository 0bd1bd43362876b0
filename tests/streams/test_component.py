"""A component's stream: XEP-0114 1.6, its own examples, cut at every byte."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.streams.component import (
    COMPONENT,
    Arrived,
    Attached,
    ComponentEvent,
    ComponentStream,
    Detached,
    State,
)
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Limits, parse, serialize

PLAYS = JID.parse("plays.shakespeare.lit")
HEADER = (
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'"
    " xmlns='jabber:component:accept' from='plays.shakespeare.lit' id='3BF96D32'>"
)
NO_ID = HEADER.replace("3BF96D32", "")
MESSAGE = (
    "<message from='romeo@montague.lit/home' to='plays.shakespeare.lit' type='normal'>"
    "<body>Hark</body><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'>"
    "<body>Soft</body></message></forwarded></message>"
)


def stream() -> ComponentStream:
    return ComponentStream(PLAYS, "sycamore")


def said(stream: ComponentStream) -> str:
    return b"".join(stream.frames()).decode()


def feed(stream: ComponentStream, *parts: str) -> list[ComponentEvent]:
    return [event for part in parts for event in stream.receive(part.encode())]


def attached() -> ComponentStream:
    made = stream()
    assert feed(made, HEADER, "<handshake/>") == [Attached()]
    made.frames()
    return made


def test_the_flow_of_the_specification() -> None:
    """§3, Examples 1 to 4: `to` is the component; the hash is of the stream's id and the secret."""
    made = stream()
    assert said(made) == (
        "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept'"
        " xmlns:stream='http://etherx.jabber.org/streams' to='plays.shakespeare.lit'>"
    )
    assert feed(made, HEADER) == []
    digest = hashlib.sha1(b"3BF96D32sycamore").hexdigest()
    assert said(made) == f"<handshake>{digest}</handshake>"
    assert feed(made, "<handshake/>") == [Attached()]
    assert made.state is State.ATTACHED


def test_stanzas_pass_in_the_namespace_of_clients() -> None:
    """What is of the stanza itself; what is only forwarded in it is what it was."""
    made = attached()
    (event,) = feed(made, MESSAGE)
    assert isinstance(event, Arrived)
    assert event.stanza == parse(MESSAGE.replace("<message", f"<message xmlns='{CLIENT}'", 1))
    made.write(serialize(event.stanza, CLIENT).encode())
    assert parse(said(made).replace("<message", f"<message xmlns='{COMPONENT}'", 1)) == parse(
        MESSAGE.replace("<message", f"<message xmlns='{COMPONENT}'", 1)
    )


def test_nothing_is_sent_before_or_after() -> None:
    """A stanza has no place before the handshake, or after the end."""
    made = stream()
    made.frames()
    made.write(b"<message/>")
    assert said(made) == ""
    made = attached()
    made.end()
    assert said(made) == "</stream:stream>"
    made.end()
    made.write(b"<message/>")
    assert (said(made), feed(made, MESSAGE)) == ("", [])


@pytest.mark.parametrize("condition", ["not-authorized", "host-unknown", "conflict"])
def test_the_server_says_no(condition: str) -> None:
    """§3: wrong secret, or no such component; and what Prosody says of a second link."""
    made = stream()
    (event,) = feed(
        made,
        HEADER,
        "<stream:error>"
        f"<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>No.</text></stream:error>",
    )
    assert isinstance(event, Detached)
    assert (event.error and event.error.condition, str(event.error)) == (
        condition,
        f"{condition}: No.",
    )
    assert made.state is State.ENDED


def test_an_error_nobody_knows() -> None:
    """Its name is told all the same."""
    (event,) = feed(attached(), "<stream:error><tantrum/></stream:error>")
    assert str(event.error if isinstance(event, Detached) else "") == "undefined-condition: tantrum"


def test_an_error_instead_of_an_id() -> None:
    """As Prosody says that it knows no such component."""
    error = "<host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    (event,) = feed(stream(), NO_ID, f"<stream:error>{error}</stream:error></stream:stream>")
    assert isinstance(event, Detached)
    assert event.error is not None
    assert event.error.condition == "host-unknown"


def test_the_server_ends_it() -> None:
    """In peace."""
    assert feed(attached(), "</stream:stream>") == [Detached(None)]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (NO_ID + "<handshake/>", "bad-format"),
        (HEADER.replace("http://etherx.jabber.org/streams", "urn:x"), "invalid-namespace"),
        ("no xml", "not-well-formed"),
        (HEADER + "<a></b>", "not-well-formed"),
        (HEADER + "<!-- secret -->", "restricted-xml"),
    ],
)
def test_a_server_that_makes_no_sense(text: str, condition: str) -> None:
    """Its stream ends with an error of ours."""
    made = stream()
    event = feed(made, text)[-1]
    assert isinstance(event, Detached)
    assert isinstance(event.error, StreamError)
    assert event.error.condition == condition
    assert condition in said(made)


def test_a_stanza_has_a_limit() -> None:
    """Past it the stream ends (RFC 6120 §4.9.3.14)."""
    made = ComponentStream(PLAYS, "sycamore", Limits(stanza_bytes_max=1_000))
    event = feed(made, HEADER, "<handshake/>", f"<message>{'x' * 2_000}</message>")[-1]
    assert isinstance(event, Detached)
    assert event.error is not None


def test_what_is_no_stanza_is_passed_over() -> None:
    """Features, foreign elements, and stanzas that come too soon."""
    assert feed(stream(), HEADER, MESSAGE, "<handshake/>") == [Attached()]
    odd = "<stream:features/><log/><message xmlns='jabber:server'/><handshake/>"
    assert feed(attached(), odd) == []


@given(st.lists(st.integers(1, 400), max_size=12))
def test_cut_anywhere(cuts: list[int]) -> None:
    """The same events, wherever the bytes are cut."""
    text = f"{HEADER}<handshake/>{MESSAGE}</stream:stream>".encode()
    made, events, start = stream(), list[ComponentEvent](), 0
    for cut in sorted(cuts):
        events += made.receive(text[start:cut])
        start = max(start, cut)
    events += made.receive(text[start:])
    assert [type(event) for event in events] == [Attached, Arrived, Detached]


@given(st.lists(st.binary(max_size=40) | st.sampled_from([HEADER.encode(), b"<handshake/>"])))
def test_any_bytes(parts: list[bytes]) -> None:
    """Nothing but events comes of whatever the server sends."""
    made = stream()
    for part in parts:
        for event in made.receive(part):
            assert isinstance(event, Attached | Arrived | Detached)
    assert said(made).startswith("<?xml version='1.0'?>")
