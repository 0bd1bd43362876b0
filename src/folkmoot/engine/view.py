"""What a decision may look at, and how what is missing comes to be there.

A decision reads through a `View`. What the working set does not hold raises `Missing`; the engine
loads it and asks for the decision again, which it may since decisions are pure. So every decision
reads just what it looks at, and what is in use costs no query.

`View.supposing` shows the same nodes as they will be once given events are applied: how a rule
finds out whom a change leaves outside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.access import Stance, Standing
from folkmoot.engine.configuration import Access, Inherit, NodeConfig
from folkmoot.engine.events import (
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
)
from folkmoot.engine.known import Known
from folkmoot.engine.lineage import ANCESTORS_MAX, Lineage
from folkmoot.engine.model import (
    PRESENCE_NODE,
    Affiliation,
    Hat,
    Item,
    NodeId,
    State,
    Subscription,
)
from folkmoot.engine.record import Node
from folkmoot.engine.rosters import Acquaintances
from folkmoot.engine.services import Services
from folkmoot.engine.store import ItemPage, ItemQuery
from folkmoot.engine.supposed import Supposed
from folkmoot.xmpp.jid import JID

_TOO_DEEP: Final = (NodeConfig(), Stance(Affiliation.OUTCAST))

_FURTHEST: Final = (State.SUBSCRIBED, State.UNCONFIGURED, State.PENDING)

_OF_CHAINS: Final = (
    NodeCreated,
    NodeConfigured,
    NodeDeleted,
    ItemPublished,
    ItemsRetracted,
    NodePurged,
)
"""What may put a node in another, or take it out."""


class View(Lineage):
    """Nodes, what entities are on them and what they are subscribed to, as a decision sees them."""

    __slots__ = ("services",)

    def __init__(self, known: Known, services: Services, supposed: Supposed | None = None) -> None:
        super().__init__(known, Supposed() if supposed is None else supposed)
        self.services = services

    def supposing(self, events: Iterable[Event]) -> View:
        """The view after events, as far as standing and subscriptions go."""
        view = View(self._known, self.services, self._supposed.copy())
        for event in events:
            view.suppose(event)
        return view

    def suppose(self, event: Event) -> None:
        """Look at one event more as if it had happened; only for a view made by `supposing`."""
        lists = isinstance(event, ItemPublished | ItemsRetracted | NodePurged)
        self._supposed.suppose(event, self._known.node(event.node) if lists else None)
        if isinstance(event, _OF_CHAINS):
            self._chains.clear()

    # --- entities

    def explicit(self, node: NodeId, jid: JID) -> Affiliation | None:
        """An entity's own row on a node; who a node belongs to needs none."""
        bare = jid.bare
        if self.services.owned(node) and bare == node.service:
            return Affiliation.OWNER
        if (node, bare) in self._supposed.rows:
            return self._supposed.rows[node, bare]
        found = self._known.node(node)
        return None if found is None else found.affiliations.get(bare)

    def shunned(self, node: NodeId, jid: JID) -> bool:
        """Whether a row on a node bans the server that an entity is of."""
        return bool(jid.local) and self.explicit(node, JID.parse(jid.domain)) is Affiliation.OUTCAST

    def subscription(self, node: NodeId, jid: JID) -> Subscription | None:
        """The subscription of just this address."""
        if (node, jid) in self._supposed.subscriptions:
            return self._supposed.subscriptions[node, jid]
        found = self._known.node(node)
        return None if found is None else found.subscriptions.get(jid)

    def subscriptions(self, node: NodeId, jid: JID) -> list[Subscription]:
        """Every subscription of an entity to a node, under its bare JID and its resources."""
        found = self._known.node(node)
        addresses = () if found is None else found.addresses(jid.bare)
        held = [self.subscription(node, address) for address in addresses]
        supposed = self._supposed.addresses.get((node, jid.bare), ())
        held += [self.subscription(node, each) for each in supposed if each not in addresses]
        return [each for each in held if each is not None]

    def state(self, node: NodeId, jid: JID) -> State:
        """How far an entity's subscriptions have come; occupancy does not count."""
        states = {each.state for each in self.subscriptions(node, jid) if each.occupant is None}
        return next((state for state in _FURTHEST if state in states), State.NONE)

    def affiliation(self, node: NodeId, jid: JID) -> Affiliation:
        """What an entity is on a node, its ancestors counted."""
        return access.affiliation([self.standing(each, jid) for each in self.chain(node)])

    def inherited(self, node: NodeId, jid: JID) -> Affiliation:
        """What the nodes above alone make of an entity on a node."""
        own, *above = [self.standing(each, jid) for each in self.chain(node)]
        return access.affiliation([Standing(inherit=own.inherit, room=own.room), *above])

    def hats(self, node: NodeId, jid: JID) -> tuple[Hat, ...]:
        """What an entity wears at a node: its own hats first, then those of the nodes it is in."""
        found: dict[str, Hat] = {}
        for each in self.chain(node):
            config = self.config(each)
            if config is None:
                break
            if config.hats:
                worn = self._worn(each, jid.bare)
                found = {hat.uri: hat for hat in config.hats if hat.uri in worn} | found
            if config.inherit is Inherit.NONE:
                break
        return tuple(found.values())

    def _worn(self, node: NodeId, bare: JID) -> tuple[str, ...]:
        if (node, bare) in self._supposed.hats:
            return self._supposed.hats[node, bare]
        found = self._known.node(node)
        return () if found is None else found.wearers.get(bare, ())

    def standing(self, node: NodeId, jid: JID) -> Standing:
        """What an entity is on one node of a chain, for the fold."""
        config = self.config(node)
        if config is None:
            return Standing()
        explicit = self.explicit(node, jid)
        return Standing(
            explicit=explicit,
            shunned=explicit is None and self.shunned(node, jid),
            admitted=config.is_space and self.state(node, jid) is State.SUBSCRIBED,
            inherit=config.inherit,
            room=config.room is not None,
        )

    def stance(self, node: NodeId, jid: JID) -> Stance:
        """All that a rule may know of an entity at a node that exists."""
        ancestors = self.ancestors(node)
        above = tuple(
            (config, self._stance_at(each, jid))
            for each in ancestors
            if (config := self.config(each)) is not None
        )
        if len(ancestors) > ANCESTORS_MAX:
            above = (*above, _TOO_DEEP)
        return self._stance_at(node, jid, above)

    def _stance_at(
        self, node: NodeId, jid: JID, above: tuple[tuple[NodeConfig, Stance], ...] = ()
    ) -> Stance:
        config = self.config(node)
        hears = grouped = False
        if config is not None and config.access in (Access.PRESENCE, Access.ROSTER):
            groups = config.access is Access.ROSTER
            for owner in self.owners(node):
                hears = hears or self.hears_presence(owner, jid)
                grouped = grouped or (groups and self._grouped(config, owner, jid))
        affiliation, state = self.affiliation(node, jid), self.state(node, jid)
        return Stance(affiliation, state, hears, grouped, above)

    def owners(self, node: NodeId) -> tuple[JID, ...]:
        """Who owns a node: by a row there, or by a row above."""
        if self.services.owned(node):
            return (node.service,)
        found, own = dict[JID, None](), Affiliation.OWNER
        for each in self.chain(node):
            record = self._known.node(each)
            kept = () if record is None else record.owners
            for jid in (*kept, *self._supposed.owners.get(each, ())):
                if jid not in found and self.affiliation(node, jid) is own:
                    found[jid] = None
        return tuple(found)

    def hears_presence(self, owner: JID, jid: JID) -> bool:
        """Whether an entity is subscribed to somebody's presence."""
        if self.services.delegated(owner) and jid.bare != owner.bare:
            return self._known.acquaintance(owner.bare, jid.bare).hears
        mine = NodeId(owner.bare, PRESENCE_NODE)
        return jid.bare == owner.bare or self.state(mine, jid) is State.SUBSCRIBED

    def _grouped(self, config: NodeConfig, owner: JID, jid: JID) -> bool:
        wanted = frozenset(config.roster_groups)
        if self.services.delegated(owner):
            return bool(wanted & self._known.acquaintance(owner.bare, jid.bare).groups)
        row = self.subscription(NodeId(jid.bare, PRESENCE_NODE), owner.bare)
        return row is not None and row.contact is not None and bool(wanted & {*row.contact.groups})

    def acquaintances(self, account: JID) -> Acquaintances:
        """The roster of an account, where another server keeps it."""
        return self._known.acquaintances(account.bare)

    @property
    def rosters(self) -> MutableMapping[JID, int]:
        """Account to what its roster sums up to: kept here so that a change costs one item."""
        return self._known.rosters

    # --- what has to be asked for

    def require(self, nodes: Iterable[NodeId]) -> None:
        """Have several nodes loaded at once, before they are looked at one by one."""
        self._known.loaded(nodes)

    def require_entities(self, jids: Iterable[JID]) -> None:
        """Have several entities' subscriptions loaded at once."""
        self._known.indexed(jid.bare for jid in jids)

    def heads(self, node: Node) -> Mapping[str, JID]:
        """Every item's id and publisher, oldest first."""
        return self._known.heads(node)

    def recent(self, node: Node) -> Sequence[Item]:
        """A room's newest items, oldest first."""
        return self._known.recent(node)

    def page(self, query: ItemQuery) -> ItemPage:
        """Items from the store."""
        return self._known.page(query)

    def active(self, jid: JID, rooms: Sequence[NodeId]) -> frozenset[NodeId]:
        """Of some rooms, those where something was said since an entity left, or was never in."""
        return self._known.active(jid.bare, rooms) if rooms else frozenset()

    def subscribed(self, jid: JID) -> frozenset[NodeId]:
        """Every node that an entity, or one of its resources, has a subscription to."""
        return self._known.subscribed(jid.bare)

    def visited(self, jid: JID) -> frozenset[NodeId]:
        """The rooms, and other nodes, in which some stream of an entity keeps it just now."""
        return self._known.visited(jid.bare)

    def watched(self, jid: JID) -> frozenset[NodeId]:
        """The rooms that a resource wants to hear of from outside."""
        return self._known.watched(jid)

    def tracked(self) -> Mapping[NodeId, Collection[NodeId]]:
        """Rooms in which somebody wants to hear of all affiliations, by what they say is above."""
        return self._known.tracked()

    def affiliated(self, jid: JID) -> frozenset[NodeId]:
        """Every node that has a row for an entity, or a registration of it."""
        bare, rows = jid.bare, self._supposed.rows
        supposed = (node for node in self._supposed.places.get(bare, ()) if rows[node, bare])
        return self._known.affiliated(bare).union(supposed)

    def affiliated_max(self, jid: JID) -> int:
        """At most how many nodes these are; they may be fewer, but nothing is looked through."""
        supposed = self._supposed.places.get(jid.bare, ())
        return self._known.affiliations(jid.bare) + len(supposed)

    def exists(self, jid: JID) -> bool:
        """Whether a bare JID is an account of this server."""
        return self._known.account(jid.bare)

    def nodes_of(self, service: JID) -> tuple[NodeId, ...]:
        """Every node of an account."""
        return self._known.nodes_of(service)
