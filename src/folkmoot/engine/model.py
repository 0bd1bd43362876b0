"""The nouns of the engine: node, item, affiliation, subscription (XEP-0060 1.30.0, §4).

Values are frozen. A node's configuration is in `configuration`, the node itself in `record`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, NamedTuple

from folkmoot.engine.digest import Digest
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

PRESENCE_NODE: Final = "presence"
MESSAGES_NODE: Final = "messages"
ARCHIVE_NODE: Final = "archive"
KEPT_BY_SERVER: Final = frozenset({PRESENCE_NODE, MESSAGES_NODE, ARCHIVE_NODE})
"""Nodes of an account that are what a protocol of their own makes them: its presence, the messages
that wait for somebody to take them, and those that were sent and received."""

CHAIN_NODES_MAX: Final = 8
"""How many nodes, the node itself included, standing is handed down through."""


class NodeId(NamedTuple):
    """A node's address: the service that holds it, and its name there (XEP-0060 §4.6).

    service: a domain (`spaces.example.org`), or the bare JID of an account or contact.
    A room is node `room` of `rooms.example.org`.
    """

    service: JID
    name: str


def room_abroad(room: JID) -> NodeId:
    """How a room of a service elsewhere is listed: by its own JID, which no node has for a name."""
    return NodeId(room, "")


class Affiliation(Enum):
    """What an entity is to a node; one list for XEP-0060 §4.1 and XEP-0045 §5.2."""

    OWNER = "owner"
    ADMIN = "admin"
    PUBLISHER = "publisher"
    PUBLISH_ONLY = "publish-only"
    MEMBER = "member"
    NONE = "none"
    OUTCAST = "outcast"


class State(Enum):
    """How far a subscription has come (XEP-0060 §4.2)."""

    NONE = "none"
    PENDING = "pending"
    UNCONFIGURED = "unconfigured"
    SUBSCRIBED = "subscribed"


class Via(Enum):
    """The facade that made a subscription, and words its notifications."""

    PUBSUB = "pubsub"
    MUC = "muc"
    EVENTING = "eventing"
    """An occupant's who entered through pubsub (XEP-0207)."""
    PRESENCE = "presence"
    PEP = "pep"
    """No subscription is made by it: who hears presence and is interested hears."""


class Role(Enum):
    """What an occupant may do for as long as they are in the room (XEP-0045 §5.1)."""

    MODERATOR = "moderator"
    PARTICIPANT = "participant"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a node.

    publisher: in an account's archive, whom the message was exchanged with.
    published: seconds since 1970. nick: the occupant's name, for an item published to a room.
    retraction: that it was taken back; the payload then holds nothing of what was said.
    occupant: by what its publisher is known in the room, where it is told to those inside; it
    follows from the publisher, and is not kept.
    """

    id: str
    publisher: JID
    published: float
    payload: Element | None
    nick: str = ""
    retraction: Retraction | None = None
    occupant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """That somebody took back what was said in a room (XEP-0424 §4, XEP-0425 §4).

    at: seconds since 1970. id: of the message that says so, as its hearers know it.
    moderator: who did it, as an occupant id; "" for the author. nick: the moderator's at the time,
    "" for one who was not in the room.
    """

    at: float
    id: str
    moderator: str = ""
    nick: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hat:
    """What somebody may be in a room besides, for all to see (XEP-0317 §3.1).

    hue: the angle of a colour, in degrees, as it was written; "" for none.
    """

    uri: str
    title: str
    hue: str = ""


class Mark(NamedTuple):
    """A mark in the archives of a space's rooms, which are gone through from new to old.

    since: what is older does not count, in seconds since 1970. room: the name of one, "" for the
    first. before: the id of an item of it, "" for its end.
    """

    since: float
    room: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Occupant:
    """What a subscription to a room has besides: who someone is for as long as they are in it.

    role: given by a moderator, else None, and it follows from affiliation and configuration.
    presence: the children of their last presence, as they sent it, less what is the room's to say.
    tracks: they want to hear of every change of affiliations (XEP-0463 §5.1).
    """

    nick: str
    presence: Element
    role: Role | None = None
    tracks: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """What an entity is registered with a room as (XEP-0045 §7.10).

    nick: reserved for it. pending: an admin has yet to say yes, and nothing is reserved so far.
    """

    nick: str
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """How much of what was said someone who enters a room wants to be told (XEP-0045 §7.2.14).

    None sets no bound. items_max: messages. chars_max: characters of all stanzas.
    seconds_max: how old. since: not earlier than that, in seconds since 1970.
    known: the version of the affiliations that is known, "" for none of them; None: they are not
    asked for (XEP-0463 §5.1).
    """

    items_max: int | None = None
    chars_max: int | None = None
    seconds_max: int | None = None
    since: float | None = None
    known: str | None = None


RECALL_ALL: Final = Recall()


@dataclass(frozen=True, slots=True)
class Contact:
    """What a subscription to a presence node has besides: the roster's words (RFC 6121 §2.1.2).

    request: the stanza that asks for it, for as long as nobody has answered (§3.1.3).
    """

    name: str = ""
    groups: tuple[str, ...] = ()
    request: Element | None = None


class Show(Enum):
    """How available a resource is (RFC 6121 §4.7.2.1); for `pubsub#show-values`."""

    ONLINE = "online"
    """Without a word for it."""
    AWAY = "away"
    CHAT = "chat"
    DND = "dnd"
    XA = "xa"


class Hearing(NamedTuple):
    """How a notification of items reaches all who hear it alike.

    body: with words for clients that know no payload. shows: only resources that are available in
    one of these ways hear, None among them being those that are not available at all; empty: all.
    """

    body: bool = False
    shows: frozenset[Show | None] = frozenset()


ALWAYS: Final = Hearing()


class Manner(NamedTuple):
    """How a subscriber wants to hear of items (XEP-0060 §16.4.2).

    body: with words for clients that know no payload. shows: only while a resource is available in
    one of these ways; empty: whether it is available or not.
    """

    body: bool = False
    shows: frozenset[Show] = frozenset()

    @property
    def hearing(self) -> Hearing:
        """How one hears who has no other subscription."""
        return Hearing(self.body, self.shows)


PLAIN: Final = Manner()


class Topic(Enum):
    """What of a node a subscriber wants to hear (XEP-0497 0.1.0, §3.1)."""

    ITEMS = "items"
    METADATA = "metadata"
    LINKED = "linked items"
    """Items of nodes that go with it."""


class Scope(NamedTuple):
    """What a subscription is to (XEP-0497 §3). depth: levels below the node; less than 0: all."""

    topics: frozenset[Topic] = frozenset({Topic.ITEMS})
    depth: int = 0


HERE: Final = Scope()


class Terms(NamedTuple):
    """What one of several subscriptions of an address has of its own (XEP-0060 §6.1.6).

    The fields are those of `Subscription`.
    """

    subid: str
    deliver: bool = True
    expires: float | None = None
    manner: Manner = PLAIN
    scope: Scope = HERE
    digest: Digest | None = None

    @property
    def hears_items(self) -> bool:
        """Whether its subscriber wants to hear of the node's own items."""
        return self.deliver and Topic.ITEMS in self.scope.topics


@dataclass(frozen=True, slots=True)
class Subscription:
    """An entity's subscription to a node (XEP-0060 §4.2).

    subscriber: bare, or full where only one of its resources is meant.
    subid: names it, among those of its address; kept even where nobody asks for it.
    temporary: ends with the subscriber's stream; only a full JID has such (§12.4).
    deliver: False holds notifications back (`pubsub#deliver`).
    expires: when it ends, in seconds since 1970; None: it was given no end (§12.19).
    digest: how items are gathered for it; None: they are told one by one.
    public: its subscriber wants others to know of it (XEP-0465).
    more: the terms of the same address's further subscriptions (§6.1.6). All of them have the same
    state: what lets an entity in, or puts it out, asks nothing of its terms.
    """

    subscriber: JID
    state: State
    via: Via
    subid: str = ""
    temporary: bool = False
    deliver: bool = True
    expires: float | None = None
    manner: Manner = PLAIN
    scope: Scope = HERE
    digest: Digest | None = None
    public: bool = False
    occupant: Occupant | None = None
    contact: Contact | None = None
    more: tuple[Terms, ...] = ()

    @property
    def terms(self) -> tuple[Terms, ...]:
        """Those of every subscription of the address, in the order they were made."""
        first = (self.subid, self.deliver, self.expires, self.manner, self.scope, self.digest)
        return (Terms(*first), *self.more)

    @property
    def ends(self) -> float | None:
        """When the first of them ends, in seconds since 1970; None: none of them does."""
        if not self.more:
            return self.expires
        return min((each.expires for each in self.terms if each.expires is not None), default=None)

    @property
    def apart(self) -> tuple[Subscription, ...]:
        """Each of the address's subscriptions as if it were the only one."""
        return tuple(self.on(each) for each in self.terms) if self.more else (self,)

    @property
    def delivers(self) -> bool:
        """Whether the address hears of items by any of its subscriptions."""
        return self.deliver or (bool(self.more) and any(each.deliver for each in self.more))

    @property
    def gathering(self) -> tuple[Terms, ...]:
        """Those of its terms by which items are being gathered."""
        if self.state is not State.SUBSCRIBED or (self.digest is None and not self.more):
            return ()
        return tuple(each for each in self.terms if each.digest is not None and each.hears_items)

    @property
    def digest_at(self) -> float | None:
        """When the first of its digests is due, in seconds since 1970; None: it has none."""
        return min((each.digest.at for each in self.gathering if each.digest), default=None)

    def hearings(self, *, gathered: bool) -> tuple[tuple[Hearing, tuple[str, ...]], ...]:
        """How the address hears of an item, and the subids that it hears with.

        gathered: also by those of its terms that have items gathered.
        It hears once, whatever it has subscribed to (§6.1.6): no resource is in two of these at
        the same time. With a body, if it is to have one by any subscription (§12.8). Where there
        is just one subscription no subid is said (§7.1.2.4).
        """
        heard = [one for one in self.terms if one.hears_items and (gathered or not one.digest)]
        if not self.more:
            return ((self.manner.hearing, ()),) if heard else ()
        body = any(each.manner.body for each in heard)
        found: dict[tuple[str, ...], set[Show | None]] = {}
        for show in (*Show, None):
            subids = tuple(
                each.subid for each in heard if not each.manner.shows or show in each.manner.shows
            )
            if subids:
                found.setdefault(subids, set()).add(show)
        return tuple(
            (Hearing(body, frozenset(shows if len(shows) <= len(Show) else ())), subids)
            for subids, shows in found.items()
        )

    def on(self, *terms: Terms) -> Subscription:
        """The same on other terms, of which there is one at least."""
        first, *more = terms
        return replace(self, **first._asdict(), more=tuple(more))

    @property
    def hears_items(self) -> bool:
        """Whether it stands, and by one of its terms hears of the node's own items."""
        standing = self.state is State.SUBSCRIBED
        return standing and any(each.hears_items for each in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An invite to a space, as it is kept: without the token that it is used with.

    digest: of the token. created, expires: seconds since 1970. used: how often, of `uses` times.
    """

    id: str
    digest: str = field(repr=False)
    inviter: JID
    created: float
    expires: float
    uses: int
    used: int = 0

    def good(self, at: float) -> bool:
        """Whether it may let somebody in at a time."""
        return at < self.expires and self.used < self.uses
