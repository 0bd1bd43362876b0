"""What one decision has read: the working set, and the answers read from the store for it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence

from folkmoot.engine.known import Missing, Want
from folkmoot.engine.model import CHAIN_NODES_MAX, Item, NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.rosters import NO_ROSTERS, STRANGER, Acquaintance, Acquaintances, Rosters
from folkmoot.engine.store import PAGE_ITEMS_MAX, ItemPage, ItemQuery, Store
from folkmoot.engine.working_set import WorkingSet
from folkmoot.xmpp.jid import JID


class Reading:
    """`Known`, for one decision, made as often as it takes to have read all it looks at."""

    __slots__ = (
        "_absent",
        "_accounts",
        "_acquaintances",
        "_active",
        "_affiliated",
        "_affiliations",
        "_nodes",
        "_owned",
        "_pages",
        "_related",
        "_rosters",
        "_store",
    )

    def __init__(self, nodes: WorkingSet, store: Store, rosters: Rosters = NO_ROSTERS) -> None:
        self._nodes = nodes
        self._store = store
        self._rosters = rosters
        self._acquaintances: dict[JID, Acquaintances] = {}
        self._active: dict[tuple[JID, NodeId], tuple[int, bool]] = {}
        self._absent: dict[NodeId, int] = {}
        self._accounts: dict[JID, bool] = {}
        self._affiliated: dict[JID, frozenset[NodeId]] = {}
        self._affiliations: dict[JID, int] = {}
        self._pages: dict[ItemQuery, ItemPage] = {}
        self._owned: dict[JID, tuple[NodeId, ...]] = {}
        self._related: dict[NodeId, tuple[int, frozenset[NodeId]]] = {}

    @property
    def rosters(self) -> MutableMapping[JID, int]:
        """Account to what the items of its roster sum up to, for those that were asked for."""
        return self._nodes.entities.rosters

    def refresh(self) -> None:
        """Forget that nodes are not there, where they may have come and gone since."""
        current = self._nodes.departures
        if any(departures != current for departures in self._absent.values()):
            self._absent = {
                node: departures
                for node, departures in self._absent.items()
                if departures == current
            }

        relations = self._nodes.relations
        if any(number != relations for number, _ in self._related.values()):
            self._related.clear()

    async def load(self, want: Want) -> None:
        """Read what a decision looked at and did not find; the store must not be behind."""
        for node in want.nodes:
            await self._load_line(node)
        if want.heads is not None and (record := self._nodes.get(want.heads)) is not None:
            await self._nodes.load_heads(record)
        if want.recent is not None and (record := self._nodes.get(want.recent)) is not None:
            await self._nodes.load_recent(record)
        for jid in want.subscribed:
            await self._nodes.entities.load(self._store, jid)
        if want.page is not None:
            await self._load_page(want.page)
        if want.active is not None:
            await self._load_active(want.active, want.active_rooms)
        if want.affiliated is not None:
            self._affiliated[want.affiliated] = await self._store.affiliated(want.affiliated)
        if (whose := want.affiliations) is not None:
            self._affiliations[whose] = await self._store.affiliations(whose)
        if want.account is not None:
            self._accounts[want.account] = await self._store.account(want.account)
        if want.service is not None:
            self._owned[want.service] = await self._nodes_of(want.service)
        if want.acquaintances is not None:
            found = await self._rosters.load(want.acquaintances)
            self._acquaintances[want.acquaintances] = found
        for node in want.related:
            relations = self._nodes.relations
            self._related[node] = (relations, await self._store.related(node))

    async def _load_line(self, node: NodeId) -> None:
        """A node and those it says it is in: who looks at it looks at them too."""
        line: NodeId | None = node
        for _ in range(CHAIN_NODES_MAX):
            if line is None:
                return
            departures = self._nodes.departures
            record = self._nodes.get(line) or await self._nodes.load_node(line)
            if record is None:
                self._absent[line] = departures
                return
            line = record.config.parent

    async def _load_page(self, query: ItemQuery) -> None:
        """A page, unless items came or went meanwhile."""
        record = self._nodes.get(query.node)
        written = None if record is None else record.written
        page = await self._store.items(query)
        if record is None or written == record.written:
            self._pages[query] = page

    async def _load_active(self, jid: JID, rooms: Sequence[NodeId]) -> None:
        written = {room: self._written(room) for room in rooms}
        found = await self._store.active(jid, rooms)
        for room, number in written.items():
            self._active[jid, room] = number, room in found

    def _written(self, node: NodeId) -> int:
        record = self._nodes.get(node)
        return 0 if record is None else record.written

    async def _nodes_of(self, service: JID) -> tuple[NodeId, ...]:
        found: list[NodeId] = []
        page = await self._store.nodes_of(service, "", PAGE_ITEMS_MAX)
        while page:
            found.extend(page)
            page = await self._store.nodes_of(service, page[-1].name, PAGE_ITEMS_MAX)
        return tuple(found)

    def _unknown(self, node: NodeId) -> bool:
        return node not in self._absent and not self._nodes.is_gone(node)

    def node(self, node: NodeId) -> Node | None:
        """The node, None where there is none."""
        found = self._nodes.touch(node)
        if found is None and self._unknown(node):
            raise Missing(Want(nodes=(node,)))
        return found

    def loaded(self, nodes: Iterable[NodeId]) -> None:
        """Nothing, once all of them are known."""
        missing = tuple(
            node for node in nodes if self._nodes.get(node) is None and self._unknown(node)
        )
        if missing:
            raise Missing(Want(nodes=missing))

    def heads(self, node: Node) -> Mapping[str, JID]:
        """Every item's id and publisher, oldest first."""
        if node.heads is None:
            raise Missing(Want(heads=node.id))
        return node.heads

    def recent(self, node: Node) -> Sequence[Item]:
        """A room's newest items, oldest first."""
        if node.recent is None:
            raise Missing(Want(recent=node.id))
        return node.recent

    def subscribed(self, jid: JID) -> frozenset[NodeId]:
        """Every node that an entity or one of its resources is subscribed to."""
        found = self._nodes.entities.subscribed(jid)
        if found is None:
            raise Missing(Want(subscribed=(jid,)))
        return found

    def indexed(self, jids: Iterable[JID]) -> None:
        """Nothing, once the subscriptions of all of them are known."""
        missing = tuple(jid for jid in jids if self._nodes.entities.subscribed(jid) is None)
        if missing:
            raise Missing(Want(subscribed=missing))

    def page(self, query: ItemQuery) -> ItemPage:
        """Items from the store."""
        if query not in self._pages:
            raise Missing(Want(page=query))
        return self._pages[query]

    def active(self, jid: JID, nodes: Sequence[NodeId]) -> frozenset[NodeId]:
        """The rooms in which something was said, unless there is more by now."""
        known = {node: self._active.get((jid, node)) for node in nodes}
        missing = tuple(
            node
            for node, answer in known.items()
            if answer is None or answer[0] != self._written(node)
        )
        if missing:
            raise Missing(Want(active=jid, active_rooms=missing))
        return frozenset(node for node, answer in known.items() if answer and answer[1])

    def visited(self, jid: JID) -> frozenset[NodeId]:
        """Every node in which a stream of an entity keeps it; all of them are in use."""
        return frozenset(self._nodes.entities.visited(jid))

    def watched(self, jid: JID) -> frozenset[NodeId]:
        """The rooms that a resource wants to hear of; all of them are in use."""
        return self._nodes.entities.watched(jid)

    def tracked(self) -> Mapping[NodeId, Collection[NodeId]]:
        """The rooms in which somebody keeps track, by their parents; all rooms are in use."""
        return self._nodes.entities.tracked

    def affiliated(self, jid: JID) -> frozenset[NodeId]:
        """Every node with a row for an entity."""
        if jid not in self._affiliated:
            raise Missing(Want(affiliated=jid))
        return self._affiliated[jid]

    def affiliations(self, jid: JID) -> int:
        """At most how many nodes these are."""
        if jid not in self._affiliations:
            raise Missing(Want(affiliations=jid))
        return self._affiliations[jid]

    def account(self, jid: JID) -> bool:
        """Whether this is an account."""
        if jid not in self._accounts:
            raise Missing(Want(account=jid))
        return self._accounts[jid]

    def related(self, nodes: Sequence[NodeId]) -> tuple[NodeId, ...]:
        """Every node that names one of these as its parent or link."""
        missing = tuple(node for node in nodes if node not in self._related)
        if missing:
            raise Missing(Want(related=missing))
        found = frozenset[NodeId]().union(*(self._related[node][1] for node in nodes))
        return tuple(sorted(found, key=str))

    def nodes_of(self, service: JID) -> tuple[NodeId, ...]:
        """Every node of an account."""
        if service not in self._owned:
            raise Missing(Want(service=service))
        return self._owned[service]

    def acquaintances(self, account: JID) -> Acquaintances:
        """A roster that another server keeps; what was read of it serves to the decision's end."""
        return self._roster(account, self._rosters.known(account, surely=True))

    def acquaintance(self, account: JID, jid: JID) -> Acquaintance:
        """One contact on it; only who was on it a moment ago is looked up in what was read then."""
        lately = self._rosters.known(account)
        if lately is None or not lately.get(jid, STRANGER).hears:
            lately = self._rosters.known(account, surely=True)
        return self._roster(account, lately).get(jid, STRANGER)

    def _roster(self, account: JID, known: Acquaintances | None) -> Acquaintances:
        if account not in self._acquaintances:
            if known is None:
                raise Missing(Want(acquaintances=account))
            self._acquaintances[account] = known
        return self._acquaintances[account]
