"""What the engine asks of a store: nouns in, nouns out.

The working set holds what is in use; a store is asked only for what is not there, and is handed
events in batches. SQLite answers at once, a database across a socket would wait: hence `async`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from folkmoot.engine.events import Event
from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.space_events import Audited
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

SECRET_BYTES = 32
"""How much chance is in a secret."""

PAGE_ITEMS_MAX = 1_000
"""The most items one query gives, whatever was asked for."""

COUNT_ITEMS_MAX = 10_000
"""How far the items that match a query are counted along with a page of them."""

AUDIT_ROWS_MAX = 10_000
"""How many rows a space's audit trail has; the oldest make way."""

VISITS_MAX = 2_000
"""Of how many who left a room it is known when; who left before these is as if never there."""

AUDIT_CHARS_MAX = 2_000
"""How much is kept of what something was before and after."""

PAGE_CHARS_MAX = 1_048_576
"""The most text the payloads of one page hold together; a page has an item all the same."""


class Edge(Enum):
    """Which end of a node's items a query starts from."""

    OLDEST = "oldest"
    NEWEST = "newest"


class Order(Enum):
    """What the place of an item among the others follows from (XEP-0413 0.2.1, §3)."""

    MODIFICATION = "modification"
    """When it was last published."""
    CREATION = "creation"
    """When an item of its id was first published, and has been there since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery:
    """Which items of a node are asked for, and in which order they stand.

    ids: these, those that exist, each once, in this order or, where `order` is not None, in that;
    nothing else then counts, and the page's index is 0 and its count what was found.
    order: None is MODIFICATION.
    edge: the first `limit` items (OLDEST) or the last (NEWEST); the answer runs oldest first
    either way.
    after, before: only items that stand after or before the item of this id.
    since: only items that stand beyond this place.
    limit: 0 to PAGE_ITEMS_MAX; a page is shorter, too, where PAGE_CHARS_MAX is reached.
    counted: False where nobody asks for the page's index and count, which are then 0: they are
    all that takes longer the more items a node has.
    """

    node: NodeId
    ids: tuple[str, ...] = ()
    order: Order | None = None
    edge: Edge = Edge.OLDEST
    after: str = ""
    before: str = ""
    since: int = 0
    skip: int = 0
    limit: int = PAGE_ITEMS_MAX
    counted: bool = True


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items, oldest first; where the first stands among all (0: there is none), how many all are.

    found: whether the item named by `after` or `before` exists. named: whether who published them
    is to be said, which is for the engine to set.
    places: of each item, where nothing was asked for by id: numbers that rise in the order asked
    for. In order of modification an item gets one higher than any before when it is published.
    """

    items: tuple[Item, ...]
    index: int
    count: int
    found: bool = True
    named: bool = True
    places: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveQuery:
    """Which of a node's items are looked for, and which page of them; in the order they stand.

    What is looked for: ids: these alone. above, below: only items that stand after, or before, the
    item of this id. since, until: published then or later, then or earlier; times rise with the
    order items stand in, but for a clock that was set back, and what stands beyond the bound that
    follows from it is not looked at. publisher: by an entity, or, if bare, by any resource of it.
    nick: by an occupant of this name. text: with all of its words, in full or as beginnings.
    The page: as in `ItemQuery`; `after` and `before` are of the same items. limit 0: the count
    alone.
    """

    node: NodeId
    ids: tuple[str, ...] = ()
    above: str = ""
    below: str = ""
    since: float | None = None
    until: float | None = None
    publisher: JID | None = None
    nick: str = ""
    text: str = ""
    edge: Edge = Edge.OLDEST
    after: str = ""
    before: str = ""
    skip: int = 0
    limit: int = PAGE_ITEMS_MAX


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """Items, oldest first, of those that were looked for.

    complete: nothing more is to be had in the direction the page was taken from.
    index: where the first stands among all; count: how many all are; None beyond COUNT_ITEMS_MAX,
    unless the count alone was asked for.
    found: whether every item named in the query exists; if not, the page is empty.
    """

    items: tuple[Item, ...]
    complete: bool = True
    index: int | None = None
    count: int | None = None
    found: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeQuery:
    """Which nodes of a service a list looks at; their names order them.

    reader: the bare JID of who asks, for what is listed to everyone, what it has a row or an
    approved subscription at, and what such nodes list; None for all there are.
    types: where there are some, only nodes of these types, or, if `excluded`, of any other; "" is
    the type of a node without one.
    edge: the first `limit` of them (OLDEST) or the last (NEWEST); the answer is by name either way.
    bound: where not empty, only names after it (OLDEST) or before it (NEWEST); it need not exist.
    """

    service: JID
    reader: JID | None
    types: tuple[str, ...] = ()
    excluded: bool = False
    edge: Edge = Edge.OLDEST
    bound: str = ""
    limit: int = PAGE_ITEMS_MAX


TALLY_NODES_MAX = 10_000
"""How many nodes of a service are counted."""

SINGLED_NODES_MAX = 250
"""How many nodes are looked at one by one to find out how many an entity is shown."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many nodes a `NodeQuery` may look at, its bound and limit aside.

    listed: those that are listed, up to TALLY_NODES_MAX + 1. before: of them, those by name before
    the bound; 0 without one.
    singled: up to SINGLED_NODES_MAX + 1 nodes, listed or not, of which has to be found out whether
    the reader is shown them; any other that is listed is shown, and any other that is not, is not.
    """

    listed: int
    before: int
    singled: frozenset[tuple[NodeId, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which rows of a space's audit trail are asked for; the answer runs newest first.

    after: only rows older than the one of this number; before: only newer ones (0: no bound).
    oldest: take the page from the far end. limit: 0 to PAGE_ITEMS_MAX.
    """

    node: NodeId
    after: int = 0
    before: int = 0
    oldest: bool = False
    limit: int = PAGE_ITEMS_MAX


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows, newest first, each with its number; index counts from the newest of `count`."""

    rows: tuple[tuple[int, Audited], ...]
    index: int
    count: int


class Store(Protocol):
    """Keeps nodes, items, affiliations, subscriptions, occupants; not what is not persisted.

    What a query gives is what has been committed. A batch is committed whole or not at all.
    """

    async def node(self, node: NodeId) -> Node | None:
        """The node with all that hangs on it; heads, live and recent are left None."""

    async def heads(self, node: NodeId) -> dict[str, JID]:
        """Every item's id and publisher, oldest first."""

    async def items(self, query: ItemQuery) -> ItemPage:
        """The items asked for; an empty page where the node is not there."""

    async def weight(self, node: NodeId) -> tuple[int, int]:
        """How many items a node has, and how many bytes their payloads come to in UTF-8."""

    async def card(self, node: NodeId) -> Element | None:
        """A room's vCard; None where it has none, or is not there."""

    async def archive(self, query: ArchiveQuery) -> ArchivePage:
        """The items looked for; an empty page where the node is not there."""

    async def aged(self, where: JID | str, at: float, limit: int) -> tuple[NodeId, ...]:
        """Nodes of a service, or of a name, whose oldest item is of a time or one before it."""

    async def surplus(
        self, node: NodeId, at: float | None, most: int | None, limit: int
    ) -> tuple[str, ...]:
        """The oldest items, by id, that are of a time or one before it, or more than so many."""

    async def sweep(self) -> bool:
        """Let go of some of what deleted nodes had; whether there may be more of it.

        What is deleted is nowhere to be found any more; where it is much, it goes a bit at a time.
        Raises StoreFailed.
        """

    async def audit(self, query: AuditQuery) -> AuditPage:
        """What was written down of a space; an empty page where there is none."""

    async def nodes_of(self, service: JID, after: str, limit: int) -> tuple[NodeId, ...]:
        """Nodes of a service, by name, after a name ("": from the first)."""

    async def shown(self, query: NodeQuery) -> tuple[NodeId, ...]:
        """The nodes a list is made of, by name; no node has to be loaded for it."""

    async def tally(self, query: NodeQuery) -> Tally:
        """How many nodes a list is made of; for a query with a reader, of a service of no one."""

    async def related(self, node: NodeId) -> frozenset[NodeId]:
        """Nodes that name a node as their parent or link (XEP-0496), whether it exists or not."""

    async def subscribed(self, jid: JID) -> frozenset[NodeId]:
        """Nodes that a bare JID, or one of its resources, has a subscription to, in any state."""

    async def affiliated(self, jid: JID) -> frozenset[NodeId]:
        """Nodes that have a row for a bare JID, or a registration."""

    async def affiliations(self, jid: JID) -> int:
        """How many rows, registrations and the like these are; a node may have several."""

    async def active(self, jid: JID, rooms: Sequence[NodeId]) -> frozenset[NodeId]:
        """Of rooms of one service, those where something was said since an entity left.

        Where it is not known ever to have left one: ever. What was said is an item with a body.
        """

    async def account(self, jid: JID) -> bool:
        """Whether a bare JID is an account of this server."""

    async def secret(self, name: str) -> bytes:
        """What is made by chance the first time it is asked for, and stays. Raises StoreFailed."""

    async def purged_offline(self) -> tuple[NodeId, ...]:
        """The nodes in which items go when who published them goes offline."""

    async def occupied(self) -> tuple[NodeId, ...]:
        """The rooms that have occupants."""

    async def due(self, at: float, limit: int) -> tuple[NodeId, ...]:
        """Nodes on which an item or a subscription ends, or a digest is due, by a time."""

    async def commit(self, events: Sequence[Event]) -> None:
        """Keep what events say, all or nothing; durable when it returns. Raises StoreFailed."""


class StoreFailed(Exception):
    """A batch could not be kept: the disk is full, the database is gone."""
