"""A store in memory: the engine's other store, which a test can hold back or let fail."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from folkmoot.engine.events import Event
from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.store import (
    PAGE_ITEMS_MAX,
    ArchivePage,
    ArchiveQuery,
    AuditPage,
    AuditQuery,
    ItemPage,
    ItemQuery,
    NodeQuery,
    StoreFailed,
    Tally,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, serialize
from tests.stores.model import Kept, ask_audit


class Late:
    """An answer that is found, and given when a test says so."""

    def __init__(self) -> None:
        self.found = asyncio.Event()
        self.given = asyncio.Event()


class MemoryStore:
    """A `Store` over dicts.

    accounts: who has an account. waits: whether a query lets others run between its answer being
    found and its being given, as a database across a socket does. batches: what was committed.
    asked: how many queries there were.
    """

    def __init__(self, accounts: Collection[JID] = (), *, waits: bool = False) -> None:
        self.kept = Kept()
        self.accounts = set(accounts)
        self.waits = waits
        self.batches: list[tuple[Event, ...]] = []
        self.asked = 0
        self.failures = 0
        self._open = asyncio.Event()
        self._open.set()
        self._tried = asyncio.Event()
        self._late: dict[int, Late] = {}

    # --- for tests

    def answer_late(self, number: int = 1) -> Late:
        """Hold back the answer to the next query, or to one after it."""
        return self._late.setdefault(self.asked + number, Late())

    def hold(self) -> None:
        """Let commits wait from now on."""
        self._open.clear()
        self._tried.clear()

    def release(self) -> None:
        """Let commits through again."""
        self._open.set()

    async def tried(self) -> None:
        """Wait until a commit has begun since `hold`."""
        await self._tried.wait()

    def items_of(self, node: NodeId) -> dict[str, Item]:
        """The items of a node that exists, oldest first."""
        return {item_id: item for item_id, (item, _) in self.kept[node].items.items()}

    # --- the Protocol

    async def node(self, node: NodeId) -> Node | None:
        kept = self.kept.get(node)
        found = None
        if kept is not None:
            found = Node(
                id=node,
                config=kept.config,
                creator=kept.creator,
                created=kept.created,
                affiliations=kept.affiliations.copy(),
                subscriptions=kept.subscriptions.copy(),
                wearers=kept.wearers.copy(),
                voices=kept.voices.copy(),
                listed=kept.listed,
                invites=kept.invites.copy(),
                registrations=kept.registrations.copy(),
                standings=kept.standings.copy(),
                subject=kept.subject,
            )
        await self._answer()
        return found

    async def heads(self, node: NodeId) -> dict[str, JID]:
        items = self.items_of(node) if node in self.kept else {}
        heads = {item_id: item.publisher for item_id, item in items.items()}
        await self._answer()
        return heads

    async def items(self, query: ItemQuery) -> ItemPage:
        kept = self.kept.get(query.node)
        page = ItemPage((), 0, 0) if kept is None else kept.ask(query)
        await self._answer()
        return page

    async def secret(self, name: str) -> bytes:
        await self._answer()
        return name.encode()

    async def weight(self, node: NodeId) -> tuple[int, int]:
        items = self.items_of(node).values() if node in self.kept else ()
        payloads = [serialize(each.payload).encode() for each in items if each.payload]
        await self._answer()
        return len(items), sum(map(len, payloads))

    async def card(self, node: NodeId) -> Element | None:
        found = self.kept[node].card if node in self.kept else None
        await self._answer()
        return found

    async def archive(self, query: ArchiveQuery) -> ArchivePage:
        kept = self.kept.get(query.node)
        page = ArchivePage((), count=0) if kept is None else kept.archive(query)
        await self._answer()
        return page

    async def aged(self, where: JID | str, at: float, limit: int) -> tuple[NodeId, ...]:
        found = self.kept.aged(where, at)
        await self._answer()
        return found[:limit]

    async def surplus(
        self, node: NodeId, at: float | None, most: int | None, limit: int
    ) -> tuple[str, ...]:
        found = self.kept[node].surplus(at, most, limit) if node in self.kept else ()
        await self._answer()
        return found

    async def sweep(self) -> bool:
        return False

    async def audit(self, query: AuditQuery) -> AuditPage:
        rows = self.kept[query.node].audit if query.node in self.kept else []
        await self._answer()
        return ask_audit(rows, query)

    async def nodes_of(self, service: JID, after: str, limit: int) -> tuple[NodeId, ...]:
        names = sorted(each.name for each in self.kept if each.service == service)
        names = [name for name in names if name > after][: min(limit, PAGE_ITEMS_MAX)]
        await self._answer()
        return tuple(NodeId(service, name) for name in names)

    async def shown(self, query: NodeQuery) -> tuple[NodeId, ...]:
        found = self.kept.shown(query)
        await self._answer()
        return found

    async def tally(self, query: NodeQuery) -> Tally:
        found = self.kept.tally(query)
        await self._answer()
        return found

    async def related(self, node: NodeId) -> frozenset[NodeId]:
        found = frozenset(
            each
            for each, kept in self.kept.items()
            if node in (kept.config.parent, kept.config.link)
        )
        await self._answer()
        return found

    async def subscribed(self, jid: JID) -> frozenset[NodeId]:
        found = frozenset(
            node
            for node, kept in self.kept.items()
            if any(each.bare == jid for each in kept.lasting)
        )
        await self._answer()
        return found

    async def affiliated(self, jid: JID) -> frozenset[NodeId]:
        found = self.kept.affiliated(jid)
        await self._answer()
        return found

    async def affiliations(self, jid: JID) -> int:
        return len(await self.affiliated(jid))

    async def purged_offline(self) -> tuple[NodeId, ...]:
        found = tuple(node for node, kept in self.kept.items() if kept.purged_offline)
        await self._answer()
        return found

    async def occupied(self) -> tuple[NodeId, ...]:
        found = tuple(node for node, kept in self.kept.items() if kept.occupants)
        await self._answer()
        return found

    async def due(self, at: float, limit: int) -> tuple[NodeId, ...]:
        found = tuple(node for node, kept in self.kept.items() if kept.is_due(at))
        await self._answer()
        return found[:limit]

    async def active(self, jid: JID, rooms: Sequence[NodeId]) -> frozenset[NodeId]:
        found = self.kept.active(jid, rooms)
        await self._answer()
        return found

    async def account(self, jid: JID) -> bool:
        await self._answer()
        return jid in self.accounts

    async def commit(self, events: Sequence[Event]) -> None:
        self._tried.set()
        await self._open.wait()
        if self.failures:
            self.failures -= 1
            raise StoreFailed("the disk is full")
        for event in events:
            self.kept.apply(event)
        self.batches.append(tuple(events))

    async def _answer(self) -> None:
        self.asked += 1
        if self.asked in self._late:
            late = self._late.pop(self.asked)
            late.found.set()
            await late.given.wait()
        elif self.waits:
            await asyncio.sleep(0)
