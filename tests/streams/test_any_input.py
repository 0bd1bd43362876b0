"""Whatever a client sends, in whatever state: errors of the RFC, no exception, no deadlock."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.streams.features import BIND, SASL, TLS
from folkmoot.streams.negotiation import State
from folkmoot.streams.registration import REGISTER
from tests.streams.conversation import (
    END,
    HEADER,
    OPEN,
    PASSWORD,
    Conversation,
    auth,
    response,
    session,
)

ELEMENTS = [
    f"<starttls xmlns='{TLS}'/>",
    auth("PLAIN"),
    auth("PLAIN", f"\0juliet\0{PASSWORD}"),
    auth("PLAIN", "\0juliet\0wrong"),
    auth("SCRAM-SHA-1", "n,,n=juliet,r=x"),
    auth("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=juliet,r=x"),
    auth("X", "y"),
    f"<auth xmlns='{SASL}' mechanism='PLAIN'>?</auth>",
    response("c=biws,r=xid2,p=AAAA"),
    response("\0juliet\0wrong"),
    f"<response xmlns='{SASL}'/>",
    f"<abort xmlns='{SASL}'/>",
    f"<success xmlns='{SASL}'/>",
    f"<iq xmlns='jabber:client' type='get' id='r'><query xmlns='{REGISTER}'/></iq>",
    f"<iq xmlns='jabber:client' type='set' id='r'><query xmlns='{REGISTER}'>"
    "<username>romeo</username><password>x</password></query></iq>",
    f"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{BIND}'/></iq>",
    f"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{BIND}'>"
    "<resource>taken</resource></bind></iq>",
    "<message xmlns='jabber:client' to='a@b'><body>x</body></message>",
    "<message xmlns='jabber:client' from='nobody@nowhere'/>",
    "<presence xmlns='jabber:client' type='what'/>",
    "<iq xmlns='jabber:client' type='get'/>",
    "<iq xmlns='urn:}other' type='get'/>",
    "<error xmlns='http://etherx.jabber.org/streams'/>",
    "<x xmlns='jabber:client'/>",
]

FRAGMENTS = [
    b"<",
    b"</",
    b">",
    b"/>",
    b"<?xml version='1.0'?>",
    b"<!--",
    b"<![CDATA[",
    b"&lt;",
    b"&x;",
    b"<message",
    b"<iq type='get' id='x'>",
    b" xmlns='jabber:client'",
    b"<a:b xmlns:a='}'>",
    b"</iq>",
    HEADER.encode(),
    END.encode(),
]


def before_the_header() -> Conversation:
    return Conversation(starttls=True, registration=True)


def before_the_log_in() -> Conversation:
    talk = Conversation(starttls=True, cleartext=True, registration=True)
    talk.says(HEADER)
    return talk


def before_the_restart() -> Conversation:
    talk = before_the_log_in()
    talk.log_in()
    return talk


def before_the_resource() -> Conversation:
    talk = before_the_restart()
    talk.says(HEADER)
    return talk


def with_a_resource() -> Conversation:
    return session()


STARTS = [
    before_the_header,
    before_the_log_in,
    before_the_restart,
    before_the_resource,
    with_a_resource,
]


def framed(start: int) -> Conversation:
    """The same over WebSocket, which has no STARTTLS."""
    talk = Conversation(framed=True, secure=True, registration=True)
    steps: list[Callable[[], object]] = [
        lambda: talk.says(OPEN),
        talk.log_in,
        lambda: talk.says(OPEN),
        talk.bind,
    ]
    for step in steps[:start]:
        step()
    return talk


@pytest.mark.parametrize("start", STARTS)
@given(data=st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(FRAGMENTS)), max_size=12))
def test_any_bytes(start: Callable[[], Conversation], data: list[bytes]) -> None:
    """RFC 6120 §4.9, §11: the answer is well-formed, and there is none after the end."""
    talk = start()
    for piece in data:
        was_over = talk.over
        heard = talk.says(piece)
        assert not (was_over and heard)


@pytest.mark.parametrize("start", STARTS)
@given(
    elements=st.lists(st.sampled_from([*ELEMENTS, HEADER]), max_size=12),
    cuts=st.lists(st.integers(1, 400), max_size=12),
)
def test_any_elements(
    start: Callable[[], Conversation], elements: list[str], cuts: list[int]
) -> None:
    """Elements in any order; the client can always leave."""
    talk = start()
    for element in elements:
        text = element
        for size in cuts:
            talk.says(text[:size])
            text = text[size:]
        talk.says(text)
    if not talk.over:
        talk.says(HEADER if talk.stream.state is State.OPENING else "")
        talk.says(END)
    assert talk.over


@pytest.mark.parametrize("start", range(5))
@given(
    frames=st.lists(
        st.one_of(st.sampled_from([*ELEMENTS, OPEN]), st.text(max_size=40)), max_size=12
    )
)
def test_any_frames(start: int, frames: list[str]) -> None:
    """The same over WebSocket (RFC 7395 §3.3)."""
    talk = framed(start)
    for frame in frames:
        talk.says(frame)
    talk.says("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
    assert talk.over
