"""The nodes in use, in memory: what decisions read, and what events are applied to.

Loaded on first use and kept as long as there is room. A node stays, whatever the room, while a
write to it is not committed yet or somebody's stream keeps something alive in it; so what is not
here can be read from the store, where all that was decided is committed.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Final

from folkmoot.engine.configuration import HISTORY_ITEMS_MAX, NodeConfig
from folkmoot.engine.digest import DIGEST_ITEMS_PER_LOOK
from folkmoot.engine.entities import Entities
from folkmoot.engine.events import (
    AffiliationChanged,
    Bounced,
    DigestTold,
    Event,
    ItemPublished,
    ItemReplaced,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
    kept,
)
from folkmoot.engine.known import Want
from folkmoot.engine.model import Affiliation, NodeId, Subscription
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import (
    CardChanged,
    HatsChanged,
    Noticed,
    OccupantsLost,
    RegistrationChanged,
    Reminded,
    Spent,
    StandingChanged,
    SubjectChanged,
    Visited,
    VoiceChanged,
    Watched,
)
from folkmoot.engine.space_events import InviteChanged
from folkmoot.engine.store import Edge, ItemQuery, Store
from folkmoot.xmpp.jid import JID

NODES_MAX: Final = 20_000
"""How many nodes are kept; more only while streams or uncommitted writes hold them."""


class WorkingSet:
    """Nodes by address, and by the `entities` that have to do with them.

    batch: the number of the batch in which what is applied now will be committed.
    committed: the number of the last batch in the store.
    departures: how often a node was let go of or deleted. As long as it stays the same, what the
    store said of a node that is not here is still true.
    crowded: the nodes in which it may be too much that waits for a digest.
    grown: the archives that have more in them than when they were last looked at.
    relations: how often it changed which node names which as its parent or link.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._nodes: OrderedDict[NodeId, Node] = OrderedDict()
        self._gone: dict[NodeId, int] = {}
        self._moved: dict[JID, int] = {}  # entities and services, as `Node.written` is for a node
        self._named: dict[NodeId, int] = {}  # the same, for nodes that others name
        self._crowd = 0  # with no more nodes than these nobody looks for some to let go of
        self.entities = Entities()
        self.crowded: dict[NodeId, None] = {}
        self.grown: dict[NodeId, None] = {}
        self.batch = 1
        self.committed = 0
        self.departures = 0
        self.relations = 0

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def get(self, node: NodeId) -> Node | None:
        """A node that is in use."""
        return self._nodes.get(node)

    def is_gone(self, node: NodeId) -> bool:
        """Whether a node was deleted by a batch that is not committed yet."""
        return node in self._gone

    def temporary(self, jid: JID) -> tuple[NodeId, ...]:
        """The nodes to which a full JID has a subscription that ends with its stream."""
        nodes = self.entities.visited(jid.bare)
        held = ((node, self._nodes[node].subscriptions.get(jid)) for node in nodes)
        return tuple(node for node, each in held if each is not None and each.temporary)

    # --- loading

    def touch(self, node: NodeId) -> Node | None:
        """A node that is in use, and now the one used last."""
        found = self._nodes.get(node)
        if found is not None:
            self._nodes.move_to_end(node)
        return found

    def behind(self, want: Want) -> bool:
        """Whether the answer is not in the store yet: a commit has to come first."""
        entities = (*want.subscribed, want.affiliated, want.affiliations, want.service)
        if any(self._moved.get(jid, 0) > self.committed for jid in entities if jid is not None):
            return True
        if any(self._named.get(node, 0) > self.committed for node in want.related):
            return True
        page = None if want.page is None else want.page.node
        nodes = (want.heads, want.recent, page, *want.active_rooms)
        found = (self._nodes.get(node) for node in nodes if node is not None)
        return any(each is not None and each.written > self.committed for each in found)

    async def load_node(self, node: NodeId) -> Node | None:
        """A node from the store, in use from now on; None where there is none."""
        while True:
            departures = self.departures
            record = await self._store.node(node)
            if node in self._nodes or node in self._gone:  # somebody else was faster
                return self._nodes.get(node)
            if departures == self.departures:
                break
        if record is not None:
            self._nodes[node] = record
            for each in record.subscriptions.values():
                if each.temporary:
                    self._visit(node, record.config, each, 1)
        return record

    async def load_heads(self, node: Node) -> None:
        """Every item's id and publisher, unless items came or went meanwhile."""
        written = node.written
        heads = await self._store.heads(node.id)
        if node.heads is None and node.written == written:
            node.heads = heads

    async def load_recent(self, node: Node) -> None:
        """A room's newest items, unless there are newer ones meanwhile."""
        written = node.written
        page = await self._store.items(
            ItemQuery(node=node.id, edge=Edge.NEWEST, limit=HISTORY_ITEMS_MAX)
        )
        if node.recent is None and node.written == written:
            node.recent = deque(page.items, maxlen=HISTORY_ITEMS_MAX)

    def trim(self) -> None:
        """Let go of what is too much."""
        if len(self._nodes) > max(NODES_MAX, self._crowd):
            self._evict()
        self.entities.trim()

    def _evict(self) -> None:
        """Drop the nodes unused for longest that nothing holds."""
        surplus = len(self._nodes) - NODES_MAX * 9 // 10
        held = self.entities.all_visited()
        for node, record in list(self._nodes.items()):
            if surplus <= 0:
                break
            free = not record.live and not record.watchers and node not in held
            if free and record.written <= self.committed:
                del self._nodes[node]
                surplus -= 1
        self.departures += 1
        # Where most are held, looking again for each command would cost all of them each time.
        self._crowd = len(self._nodes) * 11 // 10

    def committed_up_to(self, batch: int) -> None:
        """Batches up to this number are in the store."""
        self.committed = batch
        if self._gone:
            self._gone = {node: number for node, number in self._gone.items() if number > batch}
        if self._moved:
            self._moved = {jid: number for jid, number in self._moved.items() if number > batch}
        if self._named:
            self._named = {node: number for node, number in self._named.items() if number > batch}

    # --- applying

    def apply(self, event: Event) -> None:
        """Make an event true. The batch it will be committed in is `self.batch`."""
        match event:
            case ItemPublished():
                self._published(event)
            case SubscriptionChanged():
                self._subscription(event)
            case Bounced(subscriber=jid, count=count, at=at):
                self._nodes[event.node].bounces[jid] = count, at
            case DigestTold(told=told):
                for held, _ in told:
                    self._nodes[event.node].put_digest(held)
            case OccupantsLost(occupants=lost):
                for each in lost:
                    self._nodes[event.node].put_subscription(each.subscriber, None)
                    self._visit(event.node, self._nodes[event.node].config, each, -1)
            case NodeCreated():
                self._created(event)
            case NodeDeleted():
                self._deleted(event)
                return
            case NodeConfigured():
                self._nodes[event.node].config = event.after
                if event.after.purge_offline and not event.before.purge_offline:
                    for publisher in (self._nodes[event.node].heads or {}).values():
                        self.entities.leave(publisher, event.node)
                if _related(event.before) != _related(event.after):
                    self._relate(event.before, event.after)
                    tracking = len(self._nodes[event.node].trackers)
                    self.entities.track(event.node, event.before.parent, -tracking)
                    self.entities.track(event.node, event.after.parent, tracking)
                self._nodes[event.node].derived.unshow()
            case Watched(jid=jid, on=on):
                self._watch(self._nodes[event.node], jid, on=on)
                return
            case Noticed():
                self._nodes[event.node].unaware.clear()
                return
            case Reminded(rooms=rooms, jid=jid):
                for room in rooms:
                    self._nodes[room].unaware.discard(jid)
                return
            case Spent(left=left):
                self._nodes[event.node].put_buckets(left)
                return
            case StandingChanged():
                node = self._nodes[event.node]
                occupant = node.subscriptions[event.occupant].occupant
                node.derived.unshow(None if occupant is None else occupant.nick)
                return
            case AffiliationChanged():
                node = self._nodes[event.node]
                node.put_affiliation(event.jid, event.after)
                for address in node.addresses(event.jid):
                    if (occupant := node.subscriptions[address].occupant) is not None:
                        node.derived.unshow(occupant.nick)
                self._moved[event.jid] = self.batch
                if event.moved is not None:
                    self._nodes[event.node].put_standing(event.jid, event.moved)
            case HatsChanged(jid=jid, after=hats):
                wearers = self._nodes[event.node].wearers
                wearers.pop(jid, None)
                if hats:
                    wearers[jid] = hats
                self._moved[jid] = self.batch
            case VoiceChanged(jid=jid, after=voice):
                self._nodes[event.node].put_voice(jid, voice)
                self._moved[jid] = self.batch
            case ItemReplaced(item=item):
                self._nodes[event.node].replace_item(item)
            case ItemsRetracted():
                self._nodes[event.node].remove_items(event.item_ids)
            case NodePurged():
                self._nodes[event.node].purge()
            case InviteChanged(before=before, after=after):
                invites = self._nodes[event.node].invites
                if after is not None:
                    invites[after.id] = after
                elif before is not None:
                    invites.pop(before.id, None)
            case RegistrationChanged(jid=jid, after=registration):
                self._nodes[event.node].put_registration(jid, registration)
                self._moved[jid] = self.batch
            case SubjectChanged():
                self._nodes[event.node].subject = event.item
            case CardChanged() | Visited():
                pass  # who asks for it reads it from the store
            case _:
                return
        if kept(event):
            self._nodes[event.node].written = self.batch

    def _created(self, event: NodeCreated) -> None:
        node = Node(event.node, event.config, event.creator, event.at)
        archive = event.config.preferences is not None
        if event.config.room is None and not archive:
            node.heads = {}  # what was said is nobody's to replace
        node.recent = deque(maxlen=HISTORY_ITEMS_MAX)
        if event.owner is not None:
            node.put_affiliation(event.owner, Affiliation.OWNER)
            self._moved[event.owner] = self.batch
        self._moved[event.node.service] = self.batch
        self._nodes[event.node] = node
        self._gone.pop(event.node, None)
        self._relate(event.config)

    def _deleted(self, event: NodeDeleted) -> None:
        for jid in tuple(self._nodes[event.node].watchers):
            self._watch(self._nodes[event.node], jid, on=False)
        del self._nodes[event.node]
        for subscription in event.subscriptions:
            self._index(event.node, event.config, subscription, -1)
        self._moved[event.node.service] = self.batch
        self._gone[event.node] = self.batch
        self.departures += 1
        self._relate(event.config)

    def _watch(self, node: Node, jid: JID, *, on: bool) -> None:
        node.watch(jid, on=on)
        self.entities.watch(jid, node.id, on=on)

    def _relate(self, *configs: NodeConfig) -> None:
        """Nodes are named by one more, or one less."""
        for named in (named for config in configs for named in _related(config)):
            self._named[named] = self.batch
            self.relations += 1

    def _published(self, event: ItemPublished) -> None:
        node, item = self._nodes[event.node], event.item
        if event.live:
            node.live = {} if node.live is None else node.live
            node.live[item.id] = item
        if not event.persist:
            return
        if node.config.purge_offline:
            self.entities.leave(item.publisher, event.node)
        node.remove_items(event.evicted)
        if node.heads is not None:
            node.heads.pop(item.id, None)
            node.heads[item.id] = item.publisher
        if node.config.room is not None and node.recent is not None:
            node.recent.append(item)
        if node.config.room is not None or node.config.preferences is not None:
            self.grown[event.node] = None
        if node.derived.digests:
            node.gathered += 1
            if node.gathered % DIGEST_ITEMS_PER_LOOK == 0:
                self.crowded[event.node] = None
        if event.lists is not None or item.id in node.listed:
            node.put_listed(item.id, event.lists)

    def _subscription(self, event: SubscriptionChanged) -> None:
        node = self._nodes[event.node]
        node.put_subscription(event.subscriber, event.after)
        if event.moved is not None:
            node.put_standing(event.subscriber.bare, event.moved)
        for subscription, step in ((event.before, -1), (event.after, 1)):
            if subscription is not None:
                self._index(event.node, node.config, subscription, step)

    def _index(
        self, node: NodeId, config: NodeConfig, subscription: Subscription, step: int
    ) -> None:
        """An entity has a subscription more, or one less."""
        jid = subscription.subscriber.bare
        if subscription.temporary:
            self._visit(node, config, subscription, step)
        else:
            self._moved[jid] = self.batch
            self.entities.subscribe(jid, node, self._nodes.get(node))

    def _visit(self, node: NodeId, config: NodeConfig, held: Subscription, step: int) -> None:
        self.entities.visit(held.subscriber.bare, node, step)
        if held.occupant is not None and held.occupant.tracks:
            self.entities.track(node, config.parent, step)


def _related(config: NodeConfig) -> tuple[NodeId, ...]:
    return tuple(named for named in (config.parent, config.link) if named is not None)
