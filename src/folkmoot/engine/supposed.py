"""What a view supposes beyond what is loaded: standing, subscriptions and lists after events."""

from __future__ import annotations

from collections.abc import Mapping, Set

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import (
    AffiliationChanged,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
)
from folkmoot.engine.model import Affiliation, NodeId, Subscription
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import HatsChanged, OccupantsLost
from folkmoot.xmpp.jid import JID


class Supposed:
    """What is otherwise than loaded. None is what is gone; what is not here is as it was.

    A command may suppose many thousand rows, and each rule may look any of them up: there is an
    index for each way to ask.
    addresses: under which an entity has subscriptions here, by its bare JID. owners: who has been
    one here; rows say whether they still are. places: where an entity has been given a row; the
    same holds. listed: by item, what it lists otherwise than before. counts: how many items more,
    or less, list a node: a change costs what it changes, however much a space lists.
    """

    __slots__ = (
        "addresses",
        "configs",
        "counts",
        "hats",
        "listed",
        "owners",
        "places",
        "rows",
        "subscriptions",
    )

    def __init__(self) -> None:
        self.configs: dict[NodeId, NodeConfig | None] = {}
        self.rows: dict[tuple[NodeId, JID], Affiliation | None] = {}
        self.hats: dict[tuple[NodeId, JID], tuple[str, ...]] = {}
        self.owners: dict[NodeId, tuple[JID, ...]] = {}
        self.places: dict[JID, tuple[NodeId, ...]] = {}
        self.subscriptions: dict[tuple[NodeId, JID], Subscription | None] = {}
        self.addresses: dict[tuple[NodeId, JID], tuple[JID, ...]] = {}
        self.listed: dict[NodeId, dict[str, NodeId | None]] = {}
        self.counts: dict[NodeId, dict[NodeId, int]] = {}

    def copy(self) -> Supposed:
        """The same, to suppose more of."""
        new = Supposed()
        new.configs = self.configs.copy()
        new.rows = self.rows.copy()
        new.hats = self.hats.copy()
        new.owners = self.owners.copy()
        new.places = self.places.copy()
        new.subscriptions = self.subscriptions.copy()
        new.addresses = self.addresses.copy()
        new.listed = {node: listed.copy() for node, listed in self.listed.items()}
        new.counts = {node: counts.copy() for node, counts in self.counts.items()}
        return new

    def listing(self, node: NodeId, found: Node | None) -> Mapping[str, NodeId]:
        """What a node's items list, by item. found: its record, here and below."""
        listed = {} if found is None else found.listed
        if not (changed := self.listed.get(node)):
            return listed
        now = {**listed, **changed}
        return {item_id: child for item_id, child in now.items() if child is not None}

    def lists_by(self, node: NodeId, item_id: str, found: Node | None) -> NodeId | None:
        """What one item lists."""
        before = None if found is None else found.listed.get(item_id)
        return self.listed.get(node, {}).get(item_id, before)

    def lists(self, node: NodeId, child: NodeId, found: Node | None) -> bool:
        """Whether an item of a node lists another."""
        before = 0 if found is None else found.listing(child)
        return before + self.counts.get(node, {}).get(child, 0) > 0

    def relisted(self, node: NodeId) -> Set[NodeId]:
        """The nodes that may be listed by a node now and were not, or the other way round."""
        return self.counts.get(node, {}).keys()

    def suppose(self, event: Event, found: Node | None) -> None:
        """One event more has happened. found: its node's record, as it is loaded."""
        match event:
            case NodeCreated(node=node, config=config, owner=owner):
                self.configs[node] = config
                if owner is not None:
                    self._put_row(node, owner, Affiliation.OWNER)
            case NodeConfigured(node=node, after=config):
                self.configs[node] = config
            case NodeDeleted(node=node):
                self.configs[node] = None
            case AffiliationChanged(node=node, jid=jid, after=row):
                self._put_row(node, jid, row)
            case HatsChanged(node=node, jid=jid, after=hats):
                self.hats[node, jid] = hats
            case SubscriptionChanged(node=node, subscriber=jid, after=subscription):
                self._put_subscription(node, jid, subscription)
            case OccupantsLost(node=node, occupants=lost):
                for each in lost:
                    self._put_subscription(node, each.subscriber, None)
            case ItemPublished(node=node, item=item, lists=child, evicted=evicted, persist=True):
                for item_id in evicted:
                    self._relist(node, found, item_id, None)
                self._relist(node, found, item.id, child)
            case ItemsRetracted(node=node, item_ids=item_ids):
                for item_id in item_ids:
                    self._relist(node, found, item_id, None)
            case NodePurged(node=node):
                for item_id in self.listing(node, found):
                    self._relist(node, found, item_id, None)
            case _:
                pass

    def _put_row(self, node: NodeId, jid: JID, row: Affiliation | None) -> None:
        if (node, jid) not in self.rows:
            self.places[jid] = (*self.places.get(jid, ()), node)
        self.rows[node, jid] = row
        owners = self.owners.get(node, ())
        if row is Affiliation.OWNER and jid not in owners:
            self.owners[node] = (*owners, jid)

    def _put_subscription(self, node: NodeId, jid: JID, subscription: Subscription | None) -> None:
        self.subscriptions[node, jid] = subscription
        addresses = self.addresses.get((node, jid.bare), ())
        if jid not in addresses:
            self.addresses[node, jid.bare] = (*addresses, jid)

    def _relist(self, node: NodeId, found: Node | None, item_id: str, child: NodeId | None) -> None:
        """An item lists a node, or nothing."""
        before = self.lists_by(node, item_id, found)
        self.listed.setdefault(node, {})[item_id] = child
        counts = self.counts.setdefault(node, {})
        for each, step in ((before, -1), (child, 1)):
            if each is not None:
                counts[each] = counts.get(each, 0) + step
