"""Who of many hearers is here, however it is found out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine.derived import Crowd
from folkmoot.facades.facade import Outgoing, Reach
from folkmoot.sessions import Session, Sessions
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import wording
from folkmoot.xmpp.xml import parse

NEWS = parse(b"<message xmlns='jabber:client' from='spaces.shakespeare.lit' type='headline'/>")
PEOPLE = [JID("", "shakespeare.lit"), *(JID(f"player{n}", "shakespeare.lit") for n in range(12))]
DEVICES = [jid.with_resource(name) for jid in PEOPLE for name in ("phone", "desk")]


class Heard:
    """A stream that remembers what it was sent."""

    framed = False

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self, error: StreamError | None = None) -> None:
        raise AssertionError("nobody was to be let go")


@given(
    here=st.lists(st.sampled_from(DEVICES), unique=True, max_size=8),
    to=st.lists(st.sampled_from([*PEOPLE, *DEVICES]), unique=True),
)
def test_a_crowd_hears_what_each_of_it_would(here: list[JID], to: list[JID]) -> None:
    """Also where fewer are here than it has members, and those who are here are looked through."""
    heard: list[dict[JID, list[bytes]]] = []
    for hearers, seek in ((tuple(to), True), (Crowd(to), True), (Crowd(to), False)):
        sessions, streams = Sessions(), {jid: Heard() for jid in here}
        for jid, stream in streams.items():
            session = Session(jid, stream)
            session.presence = parse(b"<presence xmlns='jabber:client'/>")
            sessions.add(session)
        missed = sessions.deliver(Outgoing(wording(NEWS), hearers, Reach.AVAILABLE), seek=seek)
        heard.append({jid: sorted(stream.sent) for jid, stream in streams.items()})
        if seek:
            assert missed == [
                jid for jid in to if jid not in here and not any(jid == each.bare for each in here)
            ]
    assert heard[0] == heard[1] == heard[2]
