"""Where nodes are, as a decision sees them: each node's own half of it, and its parent's.

A node is in another where both say so; one that depends on its parent hangs on it by its own word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event, ItemPublished, ItemsRetracted, NodePurged
from folkmoot.engine.known import Known
from folkmoot.engine.model import CHAIN_NODES_MAX, NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.supposed import Supposed
from folkmoot.xmpp.jid import JID

ANCESTORS_MAX: Final = 64
"""How many nodes may stand above one; below more nobody may do anything but own and configure.

Claiming a parent is held to CHAIN_NODES_MAX, but moving a branch makes longer lines of it.
"""


class Lineage:
    """Nodes, what is above each and what is below it; known, but for what is supposed."""

    __slots__ = ("_chains", "_known", "_supposed")

    def __init__(self, known: Known, supposed: Supposed) -> None:
        self._known = known
        self._supposed = supposed
        self._chains: dict[NodeId, tuple[NodeId, ...]] = {}

    def node(self, node: NodeId) -> Node | None:
        """The record of a node, or None where there is none; not touched by `supposing`."""
        return self._known.node(node)

    def found(self, node: NodeId) -> Node:
        """The record of a node. Raises Refused(NODE_NOT_FOUND)."""
        found = self._known.node(node)
        if found is None:
            raise Refused(Reason.NODE_NOT_FOUND)
        return found

    def config(self, node: NodeId) -> NodeConfig | None:
        """A node's configuration, or None where there is no node."""
        if node in self._supposed.configs:
            return self._supposed.configs[node]
        found = self._known.node(node)
        return None if found is None else found.config

    def chain(self, node: NodeId) -> tuple[NodeId, ...]:
        """The node and its ancestors, as far as both halves agree; a cycle ends it."""
        known = self._chains.get(node)
        if known is None:
            known = self._chains[node] = self._chain(node)
        return known

    def _chain(self, node: NodeId) -> tuple[NodeId, ...]:
        chain = [node]
        while len(chain) < CHAIN_NODES_MAX:
            config = self.config(chain[-1])
            parent = None if config is None else config.parent
            if parent is None or parent in chain or not self.lists(parent, chain[-1]):
                break
            chain.append(parent)
        return tuple(chain)

    def listed(self, node: NodeId) -> frozenset[NodeId]:
        """The nodes that a node lists."""
        return frozenset(self._listing(node).values())

    def _listing(self, node: NodeId) -> Mapping[str, NodeId]:
        return self._supposed.listing(node, self._known.node(node))

    def relisted(self, node: NodeId, after: Lineage) -> frozenset[NodeId]:
        """The nodes that a node lists in one view and not in the other; costs what changed."""
        found = self._known.node(node)
        return frozenset(
            each
            for each in self._supposed.relisted(node) | after._supposed.relisted(node)
            if self._supposed.lists(node, each, found) != after._supposed.lists(node, each, found)
        )

    def relists(self, event: Event) -> bool:
        """Whether what a node lists may be another after an event; costs what the event has."""
        match event:
            case ItemPublished(node=node, item=item, evicted=evicted, lists=lists):
                return lists is not None or self._list_something(node, item.id, *evicted)
            case ItemsRetracted(node=node, item_ids=item_ids):
                return self._list_something(node, *item_ids)
            case NodePurged(node=node):
                return bool(self._listing(node))
            case _:
                return False

    def _list_something(self, node: NodeId, *item_ids: str) -> bool:
        found = self._known.node(node)
        return any(self._supposed.lists_by(node, each, found) is not None for each in item_ids)

    def listed_beyond(self, node: NodeId, service: JID) -> Iterator[NodeId]:
        """The nodes that a node lists, but those of one service; in no particular order."""
        found, anew = self._known.node(node), self._supposed.relisted(node)
        before = () if found is None else found.listed_beyond(service)
        yield from (each for each in before if each not in anew)
        here = (each for each in anew if self._supposed.lists(node, each, found))
        yield from (each for each in here if each.service != service)

    def lists(self, parent: NodeId, child: NodeId) -> bool:
        """Whether a node that exists lists another."""
        found = self._known.node(parent)
        return self.config(parent) is not None and self._supposed.lists(parent, child, found)

    def ancestors(self, node: NodeId) -> tuple[NodeId, ...]:
        """The nodes above one by its own word alone, near ones first (XEP-0496 §4.4).

        They take rights away and give none; only a dependent node has them.
        """
        found: list[NodeId] = []
        config = self.config(node)
        while config is not None and config.dependent and config.parent is not None:
            if config.parent in found or config.parent == node or len(found) > ANCESTORS_MAX:
                break
            above = self.config(config.parent)
            if above is not None:
                found.append(config.parent)
            config = above
        return tuple(found)

    def line(self, node: NodeId) -> tuple[NodeId, ...]:
        """Every node on which depends what an entity may do at one: itself, and all above."""
        ancestors = (node, *self.ancestors(node))
        return tuple(dict.fromkeys(each for at in ancestors for each in self.chain(at)))

    def below(self, node: NodeId) -> Iterator[NodeId]:
        """Every node that is in this one, or says so and depends on it; near ones first."""
        level, seen = [node], {node}
        while level:
            claims, here = self.related(*level), frozenset(level)
            listed = [child for parent in level for child in self._listing(parent).values()]
            self._known.loaded((*listed, *claims))
            found = [child for child in listed if not here.isdisjoint(self.chain(child)[1:2])]
            found += [child for child in claims if not here.isdisjoint(self.ancestors(child)[:1])]
            level = [child for child in dict.fromkeys(found) if child not in seen]
            seen.update(level)
            yield from level

    def related(self, *nodes: NodeId) -> tuple[NodeId, ...]:
        """The nodes that name one of these as parent or link; as it is, also by `supposing`."""
        parents = [node for node in nodes if (config := self.config(node)) and not config.room]
        return self._known.related(parents) if parents else ()
