"""A node as it is kept in memory.

`Node` alone changes: the working set applies events to it, everyone else only reads.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from folkmoot.engine.configuration import HISTORY_ITEMS_MAX, NodeConfig
from folkmoot.engine.derived import NOBODY, Crowd, Derived, Hearers
from folkmoot.engine.model import (
    Affiliation,
    Hearing,
    Item,
    Manner,
    NodeId,
    Registration,
    Role,
    State,
    Subscription,
    Ticket,
    Via,
)
from folkmoot.engine.pace import BUCKETS_PER_NODE_MAX, Bucket, Key
from folkmoot.engine.standings import STANDINGS_MAX, Moved
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.nicks import appearance


@dataclass(slots=True, eq=False)
class Node:
    """A node as the working set holds it: read by all, changed only by applying events.

    affiliations: explicit rows, bare JID to affiliation; a row may say `none`, which then overrides
    what a parent would give.
    wearers: bare JID to the URIs of the hats they wear here.
    voices: bare JID to the role that they come back to a moderated room in: participant or visitor.
    listed: item id to the node that item lists (XEP-0503 §5.4).
    standings: bare JID to the last changes of its standing, in their order; the newest.
    registrations: bare JID to what it is registered with a room as, or asks to be.
    heads: item id to its publisher, oldest first; None until someone needs it.
    live: items of a node that does not persist them, for as long as their publisher's stream lives.
    recent: the newest HISTORY_ITEMS_MAX items of a room, oldest first; None until someone enters.
    buckets: what of a pace is used up, where something is; at most BUCKETS_PER_NODE_MAX.
    watchers: who wants to hear that something is said in a room. unaware: those of them who have
    not since they were in it last.
    bounces: address to how many notifications came back in a row, and when the last did, in seconds
    since 1970; forgotten with the node.
    gathered: how many items were published while somebody had them gathered.
    written: the number of the last batch that holds a write to this node.
    """

    id: NodeId
    config: NodeConfig
    creator: JID
    created: float
    affiliations: dict[JID, Affiliation] = field(default_factory=dict)
    subscriptions: dict[JID, Subscription] = field(default_factory=dict)
    wearers: dict[JID, tuple[str, ...]] = field(default_factory=dict)
    voices: dict[JID, Role] = field(default_factory=dict)
    listed: dict[str, NodeId] = field(default_factory=dict)
    invites: dict[str, Ticket] = field(default_factory=dict)
    registrations: dict[JID, Registration] = field(default_factory=dict)
    standings: dict[JID, Moved] = field(default_factory=dict)
    subject: Item | None = None
    heads: dict[str, JID] | None = None
    live: dict[str, Item] | None = None
    recent: deque[Item] | None = None
    buckets: OrderedDict[Key, Bucket] = field(default_factory=OrderedDict)
    watchers: set[JID] = field(default_factory=set)
    unaware: set[JID] = field(default_factory=set)
    bounces: dict[JID, tuple[int, float]] = field(default_factory=dict)
    gathered: int = 0
    written: int = 0
    _derived: Derived | None = None
    _owners: tuple[JID, ...] | None = None

    @property
    def owners(self) -> tuple[JID, ...]:
        """Whom a row here makes an owner."""
        if self._owners is None:
            rows = self.affiliations.items()
            self._owners = tuple(jid for jid, row in rows if row is Affiliation.OWNER)
        return self._owners

    def put_affiliation(self, jid: JID, row: Affiliation | None) -> None:
        """Set or remove one row."""
        if row is None:
            self.affiliations.pop(jid, None)
        else:
            self.affiliations[jid] = row
        self._owners = None

    @property
    def derived(self) -> Derived:
        """What follows from subscriptions and list."""
        if self._derived is None:
            self._derived = Derived()
            for subscription in self.subscriptions.values():
                self._derived.add(subscription)
            for node in self.listed.values():
                self._derived.count(node, 1)
            for jid, registration in self.registrations.items():
                self._derived.reserve(jid, registration)
        return self._derived

    def hearers(self, via: Via) -> tuple[JID, ...]:
        """The addresses that hear of items through one facade, in the order they subscribed."""
        index = self.derived
        if index.hearers is None:
            found: dict[Via, list[JID]] = {}
            for subscription in self.subscriptions.values():
                if subscription.state is State.SUBSCRIBED and subscription.delivers:
                    found.setdefault(subscription.via, []).append(subscription.subscriber)
            index.hearers = {via: tuple(jids) for via, jids in found.items()}
        return index.hearers.get(via, ())

    @property
    def inside(self) -> tuple[JID, ...]:
        """Everybody in a room, through whichever facade they entered, in the order they did."""
        eventing = self.hearers(Via.EVENTING)
        if not eventing:
            return self.hearers(Via.MUC)
        index = self.derived
        if index.inside is None:
            held = self.subscriptions.items()
            index.inside = tuple(jid for jid, each in held if each.occupant is not None)
        return index.inside

    def hearings(self, *, gathered: bool) -> Mapping[Hearing, Hearers]:
        """Those that hear of the node's own items by XEP-0060, by how they hear.

        gathered: also those who have items gathered. Where none are kept there is no gathering.
        """
        index = self.derived
        gathered = gathered or not index.digests or not self.config.keeps_items
        if gathered not in index.hearings:
            alike: dict[Manner, list[JID]] = {}
            several: dict[Hearing, dict[JID, tuple[str, ...]]] = {}
            for jid in self.hearers(Via.PUBSUB):
                held = self.subscriptions[jid]
                if held.more:
                    for hearing, subids in held.hearings(gathered=gathered):
                        several.setdefault(hearing, {})[jid] = subids
                elif held.hears_items and (gathered or held.digest is None):
                    alike.setdefault(held.manner, []).append(jid)
            found = {manner.hearing: Hearers(Crowd(jids), {}) for manner, jids in alike.items()}
            for hearing, named in several.items():
                found[hearing] = Hearers(found.get(hearing, NOBODY).to, named)
            index.hearings[gathered] = found
        return index.hearings[gathered]

    @property
    def scoped(self) -> Mapping[JID, Subscription]:
        """The subscriptions to more, or to other, than the node's own items (XEP-0497)."""
        return self.derived.scoped

    def occupants(self, nick: str) -> tuple[JID, ...]:
        """The full JIDs that go by a nick in a room; one person's devices may share one."""
        return self.derived.nicks.get(nick, ())

    def alike(self, nick: str) -> tuple[JID, ...]:
        """The full JIDs that go by a nick, or by one that is hard to tell from it."""
        return self.derived.alike.get(appearance(nick), ())

    def nick(self, jid: JID) -> str:
        """What a full JID goes by in a room; "" where it is not in it."""
        subscription = self.subscriptions.get(jid)
        occupant = None if subscription is None else subscription.occupant
        return "" if occupant is None else occupant.nick

    @property
    def trackers(self) -> Collection[JID]:
        """The occupants who want to hear of every change of affiliations (XEP-0463 §5.1)."""
        return self.derived.trackers

    def addresses(self, bare: JID) -> tuple[JID, ...]:
        """Every address, bare or full, under which an entity has a subscription here."""
        return self.derived.addresses.get(bare, ())

    def registrant(self, nick: str) -> JID | None:
        """The bare JID that a nick was reserved for, or one that is hard to tell from it.

        Whatever has become of it since.
        """
        return self.derived.reserved.get(appearance(nick))

    def lapsed(self, at: float) -> tuple[Subscription, ...]:
        """The addresses of which a subscription has its end at a time, or before it."""
        over = (jid for jid, end in self.derived.leases.items() if end <= at)
        return tuple(self.subscriptions[jid] for jid in over)

    def gatherers(self, at: float | None) -> tuple[JID, ...]:
        """The addresses that have a digest due at a time, or before it; None: at any."""
        digests = self.derived.digests.items()
        return tuple(jid for jid, due in digests if at is None or due <= at)

    @property
    def nicks(self) -> tuple[str, ...]:
        """The nicks in a room, in the order people came."""
        return tuple(self.derived.nicks)

    def listing(self, node: NodeId) -> int:
        """How many items list a node: each is this one's half of being that one's parent."""
        return self.derived.listing[node]

    def put_subscription(self, jid: JID, subscription: Subscription | None) -> None:
        """Set or remove one subscription, and what is derived from it."""
        index = self.derived
        before = self.subscriptions.pop(jid, None) if subscription is None else None
        if subscription is None:
            self.bounces.pop(jid, None)
        if subscription is not None:
            before = self.subscriptions.get(jid)
            self.subscriptions[jid] = subscription
        if before is not None:
            index.remove(before)
        if subscription is not None:
            index.add(subscription)
        index.hearers = index.inside = None
        index.hearings.clear()
        if jid in self.watchers:
            self._meet(jid, inside=subscription is not None)

    def keeps(self, bare: JID) -> bool:
        """Whether an entity has a subscription here that outlives its streams."""
        return any(not self.subscriptions[jid].temporary for jid in self.addresses(bare))

    def put_digest(self, subscription: Subscription) -> None:
        """Set how far a subscription has been told; who hears, and how, is the same."""
        jid = subscription.subscriber
        self.subscriptions[jid] = subscription
        self.derived.put_digest(subscription)
        if jid in self.derived.scoped:
            self.derived.scoped[jid] = subscription

    def watch(self, jid: JID, *, on: bool) -> None:
        """Let a resource hear of what is said, or no longer."""
        if on:
            self.watchers.add(jid)
            self._meet(jid, inside=jid in self.subscriptions)
        else:
            self.watchers.discard(jid)
            self.unaware.discard(jid)

    def _meet(self, jid: JID, *, inside: bool) -> None:
        if inside:
            self.unaware.discard(jid)
        else:
            self.unaware.add(jid)

    def put_buckets(self, left: Iterable[tuple[Key, Bucket]]) -> None:
        """Remember what is left of some paces."""
        for key, bucket in left:
            self.buckets[key] = bucket
            self.buckets.move_to_end(key)
        while len(self.buckets) > BUCKETS_PER_NODE_MAX:
            self.buckets.popitem(last=False)

    @property
    def version(self) -> int:
        """How often somebody's standing has changed here (XEP-0463)."""
        last = next(reversed(self.standings.values()), None)
        return 0 if last is None else last.number

    def put_standing(self, jid: JID, moved: Moved) -> None:
        """Remember a change of standing, and forget the oldest where there are too many."""
        self.standings.pop(jid, None)
        self.standings[jid] = moved
        while len(self.standings) > STANDINGS_MAX:
            del self.standings[next(iter(self.standings))]

    def put_voice(self, jid: JID, role: Role | None) -> None:
        """Set or remove what somebody comes back as."""
        if role is None:
            self.voices.pop(jid, None)
        else:
            self.voices[jid] = role

    def put_registration(self, jid: JID, registration: Registration | None) -> None:
        """Set or remove what an entity is registered as."""
        index = self.derived
        before = self.registrations.pop(jid, None)
        if before is not None and not before.pending:
            index.reserved.pop(appearance(before.nick), None)
        if registration is not None:
            self.registrations[jid] = registration
            index.reserve(jid, registration)

    def listed_beyond(self, service: JID) -> Iterator[NodeId]:
        """The nodes that items list, but those of one service, which are not looked at."""
        places = self.derived.places
        return (each for place, nodes in places.items() if place != service for each in nodes)

    def put_listed(self, item_id: str, node: NodeId | None) -> None:
        """Let an item list a node, or none."""
        index = self.derived
        before = self.listed.pop(item_id, None)
        if before is not None:
            index.count(before, -1)
        if node is not None:
            self.listed[item_id] = node
            index.count(node, 1)

    def remove_items(self, item_ids: Collection[str]) -> None:
        """Forget some items, whatever is known of each."""
        if not item_ids:
            return
        for item_id in item_ids:
            if self.heads is not None:
                self.heads.pop(item_id, None)
            if self.live is not None:
                self.live.pop(item_id, None)
            if item_id in self.listed:
                self.put_listed(item_id, None)
        if self.recent and not {*item_ids}.isdisjoint(item.id for item in self.recent):
            self.recent = None

    def replace_item(self, item: Item) -> None:
        """Put an item where another of its id is among the newest, if it is."""
        if self.recent is not None:
            same = (each if each.id != item.id else item for each in self.recent)
            self.recent = deque(same, maxlen=HISTORY_ITEMS_MAX)

    def purge(self) -> None:
        """Forget all items."""
        self.remove_items([*self.listed, *(self.heads or ()), *(self.live or ())])
        self.recent = None if self.recent is None else deque(maxlen=HISTORY_ITEMS_MAX)
