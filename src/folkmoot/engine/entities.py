"""The nodes that each entity has to do with, found without a look at any node.

Of subscriptions that outlive streams those of the entities looked up last are known, and of what
resources leave behind that of the last; of what ends with a stream everything is.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

from folkmoot.engine.model import NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.store import Store
from folkmoot.xmpp.jid import JID

K = TypeVar("K")

INDEXES_MAX: Final = 50_000
"""How many entities' subscriptions are kept by entity."""


class Entities:
    """Where entities subscribe, where their streams keep them, and what they leave behind.

    rosters: account to what the items of its roster sum up to, for those that were asked for.
    tracked: for nodes that rooms name as their parent, the rooms in which somebody wants to hear of
    every change of affiliations, and how many do.
    """

    def __init__(self) -> None:
        self._subscribed: OrderedDict[JID, set[NodeId]] = OrderedDict()
        self._asked: dict[JID, object] = {}  # whose subscriptions a store is being asked for
        self._visited: dict[JID, dict[NodeId, int]] = {}
        self._watched: dict[JID, set[NodeId]] = {}
        self._leaving: OrderedDict[JID, set[NodeId]] = OrderedDict()
        self.rosters: OrderedDict[JID, int] = OrderedDict()
        self.tracked: dict[NodeId, dict[NodeId, int]] = {}

    def trim(self) -> None:
        """Forget those looked up longest ago, where there are too many."""
        while len(self._subscribed) > INDEXES_MAX:
            self._subscribed.popitem(last=False)
        while len(self._leaving) > INDEXES_MAX:
            self._leaving.popitem(last=False)
        while len(self.rosters) > INDEXES_MAX:
            self.rosters.popitem(last=False)

    # --- subscriptions

    def subscribed(self, jid: JID) -> frozenset[NodeId] | None:
        """Every node an entity or one of its resources is subscribed to; None: not loaded."""
        if jid not in self._subscribed:
            return None
        self._subscribed.move_to_end(jid)
        return frozenset(self._subscribed[jid] | self._visited.get(jid, {}).keys())

    async def load(self, store: Store, jid: JID) -> None:
        """An entity's subscriptions that outlive its streams, unless they change meanwhile."""
        asked = self._asked.setdefault(jid, object())
        found = await store.subscribed(jid)
        if self._asked.get(jid) is asked:
            del self._asked[jid]
            self._subscribed[jid] = set(found)

    def subscribe(self, jid: JID, node: NodeId, record: Node | None) -> None:
        """A subscription that outlives streams came or went. record: None where the node did."""
        self._asked.pop(jid, None)
        nodes = self._subscribed.get(jid)
        if nodes is None:
            return
        if record is not None and record.keeps(jid):
            nodes.add(node)
        else:
            nodes.discard(node)

    def visited(self, jid: JID) -> tuple[NodeId, ...]:
        """Every node to which an entity has a subscription that ends with a stream."""
        return tuple(self._visited.get(jid, ()))

    def visit(self, jid: JID, node: NodeId, step: int) -> None:
        """An entity has one such subscription more, or one less."""
        _count(self._visited, jid, node, step)

    def track(self, room: NodeId, parent: NodeId | None, step: int) -> None:
        """So many more, or less, keep track of affiliations in a room that names a parent."""
        if parent is not None and step:
            _count(self.tracked, parent, room, step)

    def all_visited(self) -> set[NodeId]:
        """Every node to which anybody has such a subscription; this looks at everybody."""
        return {node for nodes in self._visited.values() for node in nodes}

    # --- resources

    def watched(self, jid: JID) -> frozenset[NodeId]:
        """Every room that a resource wants to hear of from outside."""
        return frozenset(self._watched.get(jid, ()))

    def watch(self, jid: JID, node: NodeId, *, on: bool) -> None:
        """A resource wants to hear of a room, or no longer."""
        watched = self._watched.setdefault(jid, set())
        if on:
            watched.add(node)
        else:
            watched.discard(node)
        if not watched:
            del self._watched[jid]

    def leave(self, publisher: JID, node: NodeId) -> None:
        """Something in a node goes when its publisher does."""
        self._leaving.setdefault(publisher, set()).add(node)
        self._leaving.move_to_end(publisher)

    def left_behind(self, publisher: JID) -> tuple[NodeId, ...]:
        """The nodes in which something goes with a full JID that published it; told once.

        The INDEXES_MAX that published last are known; what else is left goes at the next start.
        """
        return tuple(sorted(self._leaving.pop(publisher, ()), key=str))


def _count(counts: dict[K, dict[NodeId, int]], key: K, node: NodeId, step: int) -> None:
    held = counts.setdefault(key, {})
    held[node] = held.get(node, 0) + step
    if held[node] <= 0:
        del held[node]
    if not held:
        del counts[key]
