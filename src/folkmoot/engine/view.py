"""What a decision may look at, and how what is missing comes to be there.

A decision reads through a `View`. What the working set does not hold raises `Missing`; the engine
loads it and asks for the decision again, which it may since decisions are pure. So every decision
reads just what it looks at, and what is in use costs no query.

`View.supposing` shows the same nodes as they will be once given events are applied: how a rule
finds out whom a change leaves outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.access import Stance, Standing
from folkmoot.engine.configuration import Access, Inherit, NodeConfig
from folkmoot.engine.errors import Reason, Refused
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
from folkmoot.engine.model import (
    CHAIN_NODES_MAX,
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

ANCESTORS_MAX: Final = 64
"""How many nodes may stand above one; below more nobody may do anything but own and configure.

Claiming a parent is held to CHAIN_NODES_MAX, but moving a branch makes longer lines of it.
"""

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


class View:
    """Nodes, what entities are on them and what they are subscribed to, as a decision sees them."""

    __slots__ = ("_chains", "_known", "_supposed", "services")

    def __init__(self, known: Known, services: Services, supposed: Supposed | None = None) -> None:
        self._known = known
        self.services = services
        self._supposed = Supposed() if supposed is None else supposed
        self._chains: dict[NodeId, tuple[NodeId, ...]] = {}

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

    # --- nodes

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

    def relisted(self, node: NodeId, after: View) -> frozenset[NodeId]:
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
        return access.affiliation([self._standing(each, jid) for each in self.chain(node)])

    def inherited(self, node: NodeId, jid: JID) -> Affiliation:
        """What the nodes above alone make of an entity on a node."""
        own, *above = [self._standing(each, jid) for each in self.chain(node)]
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

    def _standing(self, node: NodeId, jid: JID) -> Standing:
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

    def subscribed(self, jid: JID) -> frozenset[NodeId]:
        """Every node that an entity, or one of its resources, has a subscription to."""
        return self._known.subscribed(jid.bare)

    def visited(self, jid: JID) -> frozenset[NodeId]:
        """The rooms, and other nodes, in which some stream of an entity keeps it just now."""
        return self._known.visited(jid.bare)

    def watched(self, jid: JID) -> frozenset[NodeId]:
        """The rooms that a resource wants to hear of from outside."""
        return self._known.watched(jid)

    def affiliated(self, jid: JID) -> frozenset[NodeId]:
        """Every node that has a row for an entity, or a registration of it."""
        bare, rows = jid.bare, self._supposed.rows
        supposed = (node for node in self._supposed.places.get(bare, ()) if rows[node, bare])
        return self._known.affiliated(bare).union(supposed)

    def affiliated_max(self, jid: JID) -> int:
        """At most how many nodes these are; they may be fewer, but nothing is looked through."""
        supposed = self._supposed.places.get(jid.bare, ())
        return len(self._known.affiliated(jid.bare)) + len(supposed)

    def exists(self, jid: JID) -> bool:
        """Whether a bare JID is an account of this server."""
        return self._known.account(jid.bare)

    def nodes_of(self, service: JID) -> tuple[NodeId, ...]:
        """Every node of an account."""
        return self._known.nodes_of(service)
