"""What is loaded, as a decision asks for it through a view; what is not raises `Missing`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.rosters import Acquaintance, Acquaintances
from folkmoot.engine.store import ItemPage, ItemQuery
from folkmoot.xmpp.jid import JID


@dataclass(frozen=True, slots=True)
class Want:
    """What has to be loaded before a decision can be made; whatever is set."""

    nodes: tuple[NodeId, ...] = ()
    heads: NodeId | None = None
    recent: NodeId | None = None
    page: ItemQuery | None = None
    subscribed: tuple[JID, ...] = ()
    affiliated: JID | None = None
    affiliations: JID | None = None
    account: JID | None = None
    service: JID | None = None
    related: tuple[NodeId, ...] = ()
    acquaintances: JID | None = None
    active: JID | None = None
    active_rooms: tuple[NodeId, ...] = ()


class Missing(Exception):
    """A decision looked at what is not loaded. Never leaves the engine."""

    def __init__(self, want: Want) -> None:
        super().__init__(want)
        self.want = want


class Known(Protocol):
    """What is loaded; each raises `Missing` where it does not know."""

    @property
    def rosters(self) -> MutableMapping[JID, int]: ...
    def node(self, node: NodeId) -> Node | None: ...
    def loaded(self, nodes: Iterable[NodeId]) -> None: ...
    def heads(self, node: Node) -> Mapping[str, JID]: ...
    def recent(self, node: Node) -> Sequence[Item]: ...
    def page(self, query: ItemQuery) -> ItemPage: ...
    def active(self, jid: JID, nodes: Sequence[NodeId]) -> frozenset[NodeId]: ...
    def subscribed(self, jid: JID) -> frozenset[NodeId]: ...
    def visited(self, jid: JID) -> frozenset[NodeId]: ...
    def watched(self, jid: JID) -> frozenset[NodeId]: ...
    def tracked(self) -> Mapping[NodeId, Collection[NodeId]]: ...
    def indexed(self, jids: Iterable[JID]) -> None: ...
    def affiliated(self, jid: JID) -> frozenset[NodeId]: ...
    def affiliations(self, jid: JID) -> int: ...
    def account(self, jid: JID) -> bool: ...
    def related(self, nodes: Sequence[NodeId]) -> tuple[NodeId, ...]: ...
    def nodes_of(self, service: JID) -> tuple[NodeId, ...]: ...
    def acquaintances(self, account: JID) -> Acquaintances: ...
    def acquaintance(self, account: JID, jid: JID) -> Acquaintance: ...
