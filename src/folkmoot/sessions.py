"""Who is connected: a full JID to its stream, and what the server remembers of it meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, Protocol

from folkmoot.engine.derived import Crowd
from folkmoot.engine.model import Show
from folkmoot.facades.caps import Caps
from folkmoot.facades.ecaps import Hash
from folkmoot.facades.facade import Outgoing, Reach
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, stamp
from folkmoot.xmpp.xml import Element, serialize

SESSIONS_PER_ACCOUNT_MAX: Final = 100

DIRECTED_MAX: Final = 1_000
"""To how many addresses a session may have sent presence of its own (RFC 6121 §4.6)."""

_SHOWS: Final = {show.value: show for show in Show}


class Connection(Protocol):
    """What a session writes to; one call is one stanza."""

    framed: bool

    def send(self, data: bytes) -> None: ...
    def close(self, error: StreamError | None = None) -> None: ...


class Session:
    """One bound stream; or, for as long as one stanza is handled, somebody of another server.

    presence: what it last broadcast, None while it is not available. priority: from it.
    interested: it asked for the roster, so it hears of changes. copied: it asked for copies of
    messages. caps: what it announced of itself.
    features: those that it announced, once they are known. eventing: its presence came through
    pubsub, and so does what it hears of others (XEP-0207). directed: whom it sent presence to.
    full_stamp, bare_stamp: for what is told to the one or the other address of those in `Sessions`.
    informed: the features for which it was told what there was when it came, None: it is not here.
    """

    __slots__ = (
        "bare_stamp",
        "caps",
        "connection",
        "copied",
        "directed",
        "eventing",
        "features",
        "full_stamp",
        "informed",
        "interested",
        "jid",
        "presence",
        "priority",
    )

    def __init__(self, jid: JID, connection: Connection) -> None:
        self.jid = jid
        self.connection = connection
        self.full_stamp = self.bare_stamp = b""
        self.presence: Element | None = None
        self.priority = 0
        self.interested = False
        self.copied = False
        self.eventing = False
        self.caps: Caps | Hash | None = None
        self.features: frozenset[str] = frozenset()
        self.informed: frozenset[str] | None = None
        self.directed: set[JID] = set()

    def send(self, stanza: Element) -> None:
        """Send a stanza that is for this stream alone."""
        ns = "" if self.connection.framed else CLIENT
        self.connection.send(serialize(stanza, ns).encode())

    def informs(self) -> tuple[bool, frozenset[str]]:
        """Whether the resource has just come, and the features of which it is yet to be told.

        From here on it is told of them (XEP-0163 §4.3.3).
        """
        came, before = self.informed is None, self.informed or frozenset()
        self.informed = before | self.features
        return came, self.features - before

    @property
    def show(self) -> Show | None:
        """How available the resource is (RFC 6121 §4.7.2.1); None: not at all."""
        if self.presence is None:
            return None
        show = self.presence.child(CLIENT, "show")
        return Show.ONLINE if show is None else _SHOWS.get(show.text.strip(), Show.ONLINE)

    def takes(self, reach: Reach) -> bool:
        """Whether a stanza to the bare JID is for this stream, too."""
        if reach is Reach.INTERESTED:
            return self.interested
        return self.presence is not None and (self.priority >= 0 or reach is Reach.PRESENT)


class Sessions:
    """All bound streams, by full JID and by account."""

    def __init__(self) -> None:
        self._full: dict[JID, Session] = {}
        self._bare: dict[JID, dict[JID, Session]] = {}
        self._eventing: set[JID] = set()

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._full.values()))

    def __len__(self) -> int:
        return len(self._full)

    def get(self, jid: JID) -> Session | None:
        """The stream bound to a full JID."""
        return self._full.get(jid)

    def of(self, account: JID) -> Iterable[Session]:
        """The streams of an account."""
        return self._bare.get(account, {}).values()

    def add(self, session: Session) -> None:
        """Take up a stream; an older one of the same full JID has to be gone.

        Raises StanzaError(resource-constraint) where the account has too many.
        """
        held = self._bare.setdefault(session.jid.bare, {})
        if len(held) >= SESSIONS_PER_ACCOUNT_MAX:
            raise StanzaError("resource-constraint", "this account has too many sessions")
        framed = session.connection.framed
        session.full_stamp = stamp(session.jid, framed=framed)
        session.bare_stamp = stamp(session.jid.bare, framed=framed)
        held[session.jid] = session
        self._full[session.jid] = session

    def remove(self, jid: JID) -> Session | None:
        """Let go of a stream."""
        session = self._full.pop(jid, None)
        self._eventing.discard(jid)
        if session is not None:
            held = self._bare[jid.bare]
            del held[jid]
            if not held:
                del self._bare[jid.bare]
        return session

    @property
    def eventing(self) -> bool:
        """Whether the presence of any stream came through pubsub."""
        return bool(self._eventing)

    def mark(self, session: Session, *, eventing: bool) -> None:
        """Which way the presence of a stream came, the last time it did."""
        session.eventing = eventing
        (self._eventing.add if eventing else self._eventing.discard)(session.jid)

    def deliver(self, outgoing: Outgoing, *, seek: bool = True) -> list[JID]:
        """Send a stanza to all it is for; gives the addresses where nobody took it.

        seek: somebody wants these; without, it need not be looked whether all are here.
        """
        if outgoing.wanted:
            return self._deliver_wanted(outgoing)
        if outgoing.reach is Reach.COPIED:
            return self._deliver_copies(outgoing)
        if outgoing.eventing is not None:
            return self._deliver_to_kind(outgoing)
        (head, tail, _), reach, shows = outgoing.wording, outgoing.reach, outgoing.shows
        full, bare, missed = self._full, self._bare, []
        for jid in outgoing.to if seek else self._here(outgoing.to):
            if jid.resource:
                session = full.get(jid)
                if session is None:
                    missed.append(jid)
                elif not shows or session.show in shows:
                    session.connection.send(head + session.full_stamp + tail)
                continue
            held = bare.get(jid)
            if held is None:
                missed.append(jid)
                continue
            taken = False
            for each in held.values():
                if each.takes(reach):
                    taken = True
                    if not shows or each.show in shows:
                        each.connection.send(head + each.bare_stamp + tail)
            if not taken:
                missed.append(jid)
        return missed

    def _here(self, to: tuple[JID, ...]) -> Iterable[JID]:
        """Of a crowd larger than all who are here, those who are; else all of it."""
        if not isinstance(to, Crowd) or len(to) < len(self._bare) + len(self._full):
            return to
        return [jid for jid in chain(self._bare, self._full) if jid in to.known]

    def _deliver_copies(self, outgoing: Outgoing) -> list[JID]:
        """A copy to those who asked for copies and do not have the message; nobody misses it.

        What was for a resource that is gone went to those it falls to instead.
        """
        head, tail, _ = outgoing.wording
        elsewhere = {jid.bare for jid in outgoing.but if jid not in self._full}
        for jid in outgoing.to:
            devices = self._bare.get(jid, {}) if jid.is_bare else {jid: self._full.get(jid)}
            for full, each in devices.items():
                if each is None or not each.copied or full in outgoing.but:
                    continue
                if not (full.bare in elsewhere and each.takes(Reach.AVAILABLE)):
                    each.connection.send(head + each.full_stamp + tail)
        return []

    def _deliver_to_kind(self, outgoing: Outgoing) -> list[JID]:
        """The same to resources of one kind alone; nobody misses it."""
        (head, tail, _), eventing = outgoing.wording, outgoing.eventing
        for jid in outgoing.to:
            session = self._full.get(jid)
            if session is not None:
                if session.eventing is eventing:
                    session.connection.send(head + session.full_stamp + tail)
                continue
            for each in self._bare.get(jid, {}).values():
                if each.eventing is eventing and each.takes(outgoing.reach):
                    each.connection.send(head + each.bare_stamp + tail)
        return []

    def _deliver_wanted(self, outgoing: Outgoing) -> list[JID]:
        """The same to those alone who announced that they want it; nobody misses it."""
        (head, tail, _), but = outgoing.wording, outgoing.but
        for jid in outgoing.to:
            for full, each in self._bare.get(jid, {}).items():
                told = full in but or (jid in but and each.takes(Reach.AVAILABLE))
                if not told and outgoing.wanted in each.features and each.takes(outgoing.reach):
                    each.connection.send(head + each.full_stamp + tail)
        return []
