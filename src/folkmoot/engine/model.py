"""The nouns of the engine: node, item, affiliation, subscription (XEP-0060 1.30.0, §4).

Values are frozen. `Node` alone is a record that changes: the working set applies events to it,
everyone else only reads.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeVar

from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

K = TypeVar("K")

SPACE_TYPE: Final = "urn:xmpp:spaces:0"
PRESENCE_NODE: Final = "presence"
MESSAGES_NODE: Final = "messages"

CHAIN_NODES_MAX: Final = 8
"""How many nodes, the node itself included, standing is handed down through."""

NODE_ITEMS_MAX: Final = 10_000
"""What `max_items` means by `max`, and the most an owner may ask for."""

ITEM_SECONDS_MAX: Final = 3_155_760_000
"""The longest an owner may let items last: a hundred years."""

HISTORY_ITEMS_MAX: Final = 100
"""The most messages a room replays to someone who enters."""


class NodeId(NamedTuple):
    """A node's address: the service that holds it, and its name there (XEP-0060 §4.6).

    service: a domain (`spaces.example.org`), or the bare JID of an account or contact.
    A room is node `room` of `rooms.example.org`.
    """

    service: JID
    name: str


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


class Access(Enum):
    """Who may subscribe and retrieve items (XEP-0060 §4.5)."""

    OPEN = "open"
    PRESENCE = "presence"
    ROSTER = "roster"
    AUTHORIZE = "authorize"
    WHITELIST = "whitelist"


class PublishModel(Enum):
    """Who may publish (XEP-0060 §16.4.3, `pubsub#publish_model`)."""

    OPEN = "open"
    PUBLISHERS = "publishers"
    SUBSCRIBERS = "subscribers"


class SendLast(Enum):
    """When a subscriber is sent the newest item unasked (`pubsub#send_last_published_item`)."""

    NEVER = "never"
    ON_SUB = "on_sub"
    ON_SUB_AND_PRESENCE = "on_sub_and_presence"


class Inherit(Enum):
    """Which standing a node takes from its parent (`{urn:folkmoot:spaces:0}inherit`)."""

    ALL = "all"
    STAFF = "staff"
    NONE = "none"


class Inviters(Enum):
    """Who may make invites to a space (`{urn:folkmoot:invite:0}inviters`)."""

    OWNERS = "owners"
    PUBLISHERS = "publishers"


class Via(Enum):
    """The facade that made a subscription, and words its notifications."""

    PUBSUB = "pubsub"
    MUC = "muc"
    PRESENCE = "presence"
    PEP = "pep"
    """No subscription is made by it: who hears presence and is interested hears."""


class Role(Enum):
    """What an occupant may do for as long as they are in the room (XEP-0045 §5.1)."""

    MODERATOR = "moderator"
    PARTICIPANT = "participant"
    VISITOR = "visitor"


class Audience(Enum):
    """Whom a room setting speaks of (`muc#roomconfig_allowpm`)."""

    ANYONE = "anyone"
    PARTICIPANTS = "participants"
    MODERATORS = "moderators"
    NOBODY = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomConfig:
    """What only a room has (XEP-0045 1.35.5, §16.5.3); the rest is in `NodeConfig`.

    Members-only is the access model `whitelist`; name and description are title and description.
    """

    persistent: bool = False
    public: bool = True
    moderated: bool = False
    whois_anyone: bool = False
    password: str = ""
    occupants_max: int = 0
    """0: as many as come."""
    change_subject: bool = False
    allow_invites: bool = False
    private_messages: Audience = Audience.ANYONE
    history_items: int = 20
    """How many messages someone who enters is sent, 0 to HISTORY_ITEMS_MAX."""
    locked: bool = False
    """Just made, and entered by its owner alone until it is configured (§10.1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """A node's configuration (XEP-0060 §16.4.3); the facades' form tables say the same in words."""

    type: str = ""
    title: str = ""
    description: str = ""
    language: str = ""
    access: Access = Access.OPEN
    roster_groups: tuple[str, ...] = ()
    publish: PublishModel = PublishModel.PUBLISHERS
    persist_items: bool = True
    max_items: int = 1_000
    """0 to NODE_ITEMS_MAX; the oldest item makes way."""
    item_seconds: int = 0
    """How long an item lasts, up to ITEM_SECONDS_MAX; 0: for ever."""
    payload_bytes_max: int = 262_144
    deliver_notifications: bool = True
    deliver_payloads: bool = True
    present_only: bool = False
    """Only those hear of items who are available just then."""
    notify_config: bool = False
    notify_delete: bool = True
    notify_retract: bool = True
    notify_sub: bool = False
    send_last: SendLast = SendLast.NEVER
    headline: bool = True
    """Notifications are of type `headline`, else `normal`."""
    parent: NodeId | None = None
    """The node this one says it is in; true only once that node lists it."""
    link: NodeId | None = None
    """The node this one goes with, and ends with (XEP-0496 §4.3)."""
    inherit: Inherit = Inherit.ALL
    inviters: Inviters = Inviters.OWNERS
    room: RoomConfig | None = None

    @property
    def is_space(self) -> bool:
        """Whether the node is a space (XEP-0503 §3)."""
        return self.type == SPACE_TYPE

    @property
    def dependent(self) -> bool:
        """Whether the parent's rules narrow the node's, and it ends with it (XEP-0496 §4.4).

        Rooms and spaces are in a space by agreement of both: they take standing from it, say
        themselves whom they let in, and outlive it.
        """
        return self.room is None and not self.is_space

    @property
    def private(self) -> bool:
        """Whether someone has to let people in."""
        return self.access in (Access.AUTHORIZE, Access.WHITELIST)

    @property
    def listed(self) -> bool:
        """Whether a list may show the node to those who have nothing to do with it."""
        if self.room is None:
            return not self.private
        return self.room.public and not self.room.locked


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a node.

    published: seconds since 1970. nick: the occupant's name, for an item published to a room.
    """

    id: str
    publisher: JID
    published: float
    payload: Element | None
    nick: str = ""


@dataclass(frozen=True, slots=True)
class Occupant:
    """What a subscription to a room has besides: who someone is for as long as they are in it.

    role: given by a moderator, else None, and it follows from affiliation and configuration.
    presence: the children of their last presence, as they sent it, less what is the room's to say.
    """

    nick: str
    presence: Element
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """How much of what was said someone who enters a room wants to be told (XEP-0045 §7.2.14).

    None sets no bound. items_max: messages. chars_max: characters of all stanzas.
    seconds_max: how old. since: not earlier than that, in seconds since 1970.
    """

    items_max: int | None = None
    chars_max: int | None = None
    seconds_max: int | None = None
    since: float | None = None


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


class Manner(NamedTuple):
    """How a subscriber wants to hear of items (XEP-0060 §16.4.2).

    body: with words for clients that know no payload. shows: only while a resource is available in
    one of these ways; empty: whether it is available or not.
    """

    body: bool = False
    shows: frozenset[Show] = frozenset()


PLAIN: Final = Manner()


@dataclass(frozen=True, slots=True)
class Subscription:
    """An entity's subscription to a node (XEP-0060 §4.2).

    subscriber: bare, or full where only one of its resources is meant.
    subid: names it; kept even where nobody asks for it.
    temporary: ends with the subscriber's stream; only a full JID has such (§12.4).
    deliver: False holds notifications back (`pubsub#deliver`).
    expires: when it ends, in seconds since 1970; None: it was given no end (§12.19).
    """

    subscriber: JID
    state: State
    via: Via
    subid: str = ""
    temporary: bool = False
    deliver: bool = True
    expires: float | None = None
    manner: Manner = PLAIN
    occupant: Occupant | None = None
    contact: Contact | None = None


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


@dataclass(slots=True, eq=False)
class Node:
    """A node as the working set holds it: read by all, changed only by applying events.

    affiliations: explicit rows, bare JID to affiliation; a row may say `none`, which then overrides
    what a parent would give.
    listed: item id to the node that item lists (XEP-0503 §5.4).
    heads: item id to its publisher, oldest first; None until someone needs it.
    live: items of a node that does not persist them, for as long as their publisher's stream lives.
    recent: the newest HISTORY_ITEMS_MAX items of a room, oldest first; None until someone enters.
    written: the number of the last batch that holds a write to this node.
    """

    id: NodeId
    config: NodeConfig
    creator: JID
    created: float
    affiliations: dict[JID, Affiliation] = field(default_factory=dict)
    subscriptions: dict[JID, Subscription] = field(default_factory=dict)
    listed: dict[str, NodeId] = field(default_factory=dict)
    invites: dict[str, Ticket] = field(default_factory=dict)
    subject: Item | None = None
    heads: dict[str, JID] | None = None
    live: dict[str, Item] | None = None
    recent: deque[Item] | None = None
    written: int = 0
    _derived: Derived | None = None

    @property
    def derived(self) -> Derived:
        """What follows from subscriptions and list."""
        if self._derived is None:
            self._derived = Derived()
            for subscription in self.subscriptions.values():
                self._derived.add(subscription)
            self._derived.listing.update(self.listed.values())
        return self._derived

    def hearers(self, via: Via) -> tuple[JID, ...]:
        """The addresses that hear of items through one facade, in the order they subscribed."""
        index = self.derived
        if index.hearers is None:
            found: dict[Via, list[JID]] = {}
            for subscription in self.subscriptions.values():
                if subscription.state is State.SUBSCRIBED and subscription.deliver:
                    found.setdefault(subscription.via, []).append(subscription.subscriber)
            index.hearers = {via: tuple(jids) for via, jids in found.items()}
        return index.hearers.get(via, ())

    def manners(self) -> Mapping[Manner, tuple[JID, ...]]:
        """The same addresses for XEP-0060, by how they want to hear."""
        index = self.derived
        if index.manners is None:
            found: dict[Manner, list[JID]] = {}
            for jid in self.hearers(Via.PUBSUB):
                found.setdefault(self.subscriptions[jid].manner, []).append(jid)
            index.manners = {manner: tuple(jids) for manner, jids in found.items()}
        return index.manners

    def occupants(self, nick: str) -> tuple[JID, ...]:
        """The full JIDs that go by a nick in a room; one person's devices may share one."""
        return self.derived.nicks.get(nick, ())

    def addresses(self, bare: JID) -> tuple[JID, ...]:
        """Every address, bare or full, under which an entity has a subscription here."""
        return self.derived.addresses.get(bare, ())

    def lapsed(self, at: float) -> tuple[Subscription, ...]:
        """The subscriptions that have their end at a time, or before it."""
        over = (jid for jid, end in self.derived.leases.items() if end <= at)
        return tuple(self.subscriptions[jid] for jid in over)

    @property
    def nicks(self) -> tuple[str, ...]:
        """The nicks in a room, in the order people came."""
        return tuple(self.derived.nicks)

    def lists(self, node: NodeId) -> bool:
        """Whether some item lists a node: its half of being that node's parent."""
        return self.derived.listing[node] > 0

    def put_subscription(self, jid: JID, subscription: Subscription | None) -> None:
        """Set or remove one subscription, and what is derived from it."""
        index = self.derived
        before = self.subscriptions.pop(jid, None) if subscription is None else None
        if subscription is not None:
            before = self.subscriptions.get(jid)
            self.subscriptions[jid] = subscription
        if before is not None:
            index.remove(before)
        if subscription is not None:
            index.add(subscription)
        index.hearers = index.manners = None

    def put_listed(self, item_id: str, node: NodeId | None) -> None:
        """Let an item list a node, or none."""
        index = self.derived
        before = self.listed.pop(item_id, None)
        if before is not None:
            index.listing[before] -= 1
        if node is not None:
            self.listed[item_id] = node
            index.listing[node] += 1


class Derived:
    """What follows from a node's subscriptions and list, kept so that nobody has to search them.

    shown: what the audience made of an occupant, by nick; dropped when the occupant changes.
    seers: the occupants who see real JIDs, and those who do not.
    """

    __slots__ = ("addresses", "hearers", "leases", "listing", "manners", "nicks", "seers", "shown")

    def __init__(self) -> None:
        self.hearers: dict[Via, tuple[JID, ...]] | None = None
        self.manners: dict[Manner, tuple[JID, ...]] | None = None
        self.addresses: dict[JID, tuple[JID, ...]] = {}
        self.leases: dict[JID, float] = {}
        self.nicks: dict[str, tuple[JID, ...]] = {}
        self.listing: Counter[NodeId] = Counter()
        self.shown: dict[str, dict[bool, object]] = {}
        self.seers: tuple[tuple[JID, ...], tuple[JID, ...]] | None = None

    def add(self, subscription: Subscription) -> None:
        jid = subscription.subscriber
        _put(self.addresses, jid.bare, jid)
        if subscription.expires is not None:
            self.leases[jid] = subscription.expires
        if subscription.occupant is not None:
            _put(self.nicks, subscription.occupant.nick, jid)
            self.unshow(subscription.occupant.nick)

    def remove(self, subscription: Subscription) -> None:
        jid = subscription.subscriber
        _drop(self.addresses, jid.bare, jid)
        self.leases.pop(jid, None)
        if subscription.occupant is not None:
            _drop(self.nicks, subscription.occupant.nick, jid)
            self.unshow(subscription.occupant.nick)

    def unshow(self, nick: str | None = None) -> None:
        """Forget what was made of an occupant, or of all."""
        self.seers = None
        if nick is None:
            self.shown.clear()
        else:
            self.shown.pop(nick, None)


def _put(index: dict[K, tuple[JID, ...]], key: K, jid: JID) -> None:
    index[key] = (*index.get(key, ()), jid)


def _drop(index: dict[K, tuple[JID, ...]], key: K, jid: JID) -> None:
    left = tuple(each for each in index[key] if each != jid)
    if left:
        index[key] = left
    else:
        del index[key]
