"""Who hears of a node by a subscription to one above it, or to what it goes with: XEP-0497 0.1.0.

Nobody is subscribed to more for it: what a subscription reaches follows from where nodes are by
now, and who it reaches may retrieve the items, or learn of the configuration, as anybody may. A
node that names no other costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from folkmoot.engine import access
from folkmoot.engine.configuration import Access, NodeConfig
from folkmoot.engine.derived import NOBODY, Hearers
from folkmoot.engine.events import (
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
)
from folkmoot.engine.model import (
    CHAIN_NODES_MAX,
    Hearing,
    NodeId,
    Scope,
    State,
    Subscription,
    Topic,
    Via,
)
from folkmoot.engine.notifications import Described
from folkmoot.engine.record import Node
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

_OF_ITEMS: Final = (ItemPublished, ItemsRetracted, NodePurged)
"""The events that leave all nodes where they are."""

_TOLD_OF: Final = (*_OF_ITEMS, NodeConfigured, NodeCreated, NodeDeleted)
"""The events of which those may hear who subscribed to something above."""


class Step(NamedTuple):
    """A node whose subscribers may hear of another. depth: how many levels below it that is.

    linked: it is, or is above, what the other node goes with.
    """

    node: NodeId
    depth: int
    linked: bool


def above(view: View, node: NodeId, config: NodeConfig) -> Iterator[Step]:
    """The node, and those above it or above what it goes with; as a branch shows them (XEP-0499).

    config: of the node, whether that is there yet or not. At most CHAIN_NODES_MAX levels.
    """
    yield Step(node, 0, linked=False)
    linked = config.link is not None
    place, found, depth = node, config, 0
    if config.link is not None:
        linking = view.config(config.link)
        if linking is None or config.link.service != node.service:
            return
        place, found = config.link, linking
        yield Step(place, 0, linked)
    while depth < CHAIN_NODES_MAX and found.link is None:
        parent = found.parent
        if parent is None or parent.service != node.service or found.room is not None:
            return
        upper = view.config(parent)
        if upper is None or (upper.is_space and not view.lists(parent, place)):
            return
        place, found, depth = parent, upper, depth + 1
        yield Step(place, depth, linked)


def _subscribers(
    view: View, node: NodeId, config: NodeConfig, topic: Topic
) -> Iterator[Subscription]:
    """The subscriptions to more than one node's items that reach a node, for a topic of it."""
    for step in above(view, node, config):
        record = view.node(step.node)
        for scoped in () if record is None else record.scoped.values():
            for held in scoped.apart if scoped.state is State.SUBSCRIBED else ():
                gathers = topic is Topic.ITEMS and held.digest is not None
                if held.deliver and not gathers and _reaches(held.scope, step, topic):
                    yield held


def _reaches(scope: Scope, step: Step, topic: Topic) -> bool:
    if 0 <= scope.depth < step.depth or (step.linked and Topic.LINKED not in scope.topics):
        return False
    return topic in scope.topics or (step.linked and topic is Topic.ITEMS)


def _names_others(config: NodeConfig) -> bool:
    """Whether there may be a node whose subscribers hear of this one; of a room there is none."""
    return config.room is None and (config.parent is not None or config.link is not None)


def hearings(view: View, record: Node, *, gathered: bool) -> Mapping[Hearing, Hearers]:
    """Who hears of a node's items: its subscribers, and those of nodes above who may look in.

    gathered: also those who have items gathered.
    """
    own, config = record.hearings(gathered=gathered), record.config
    if follows_rosters(view, config):
        own = {hearing: _admitted(view, record, to) for hearing, to in own.items()}
    if not _names_others(config):
        return own
    known = {jid for to, named in own.values() for jid in (*to, *named)}
    merged = dict(own)
    for held in _subscribers(view, record.id, config, Topic.ITEMS):
        jid = held.subscriber
        if jid in known:
            continue
        known.add(jid)
        if access.refuses_items(config, view.stance(record.id, jid)) is None:
            to, named = merged.get(held.manner.hearing, NOBODY)
            merged[held.manner.hearing] = Hearers((*to, jid), named)
    return merged


def follows_rosters(view: View, config: NodeConfig) -> bool:
    """Whether it is for rosters that another server keeps to say who may hear of a node.

    They change without a command here, so nothing has ended the subscriptions they no longer allow.
    """
    return view.services.personal and config.access in (Access.PRESENCE, Access.ROSTER)


def _admitted(view: View, record: Node, hearers: Hearers) -> Hearers:
    """Those of a node's subscribers who may still hear of it."""
    return Hearers(
        tuple(jid for jid in hearers.to if is_admitted(view, record, jid)),
        {jid: ids for jid, ids in hearers.named.items() if is_admitted(view, record, jid)},
    )


def is_admitted(view: View, record: Node, jid: JID) -> bool:
    """Whether a subscriber of a node may still retrieve its items."""
    return access.refuses_items(record.config, view.stance(record.id, jid)) is None


def told_of_end(view: View, record: Node) -> tuple[JID, ...]:
    """Who hears by a node above that a node is deleted."""
    if not _names_others(record.config):
        return ()
    found: dict[JID, None] = {}
    for topic in (Topic.ITEMS, Topic.METADATA):
        for held in _subscribers(view, record.id, record.config, topic):
            jid = held.subscriber
            if jid not in record.subscriptions and _may_know(view, record.id, record.config, jid):
                found[jid] = None
    return tuple(found)


def described(
    view: View, node: NodeId, before: NodeConfig | None, after: NodeConfig
) -> tuple[JID, ...]:
    """Who hears of a node's meta-data: where it is by now, and where it was (§4.2.2).

    before: None for a node just made.
    """
    found: dict[JID, None] = {}
    for config in (after,) if before is None else (before, after):
        for held in _subscribers(view, node, config, Topic.METADATA):
            if _may_know(view, node, after, held.subscriber):
                found[held.subscriber] = None
    return tuple(found)


def _may_know(view: View, node: NodeId, config: NodeConfig, jid: JID) -> bool:
    """Whether an entity is told of a node when it asks (XEP-0060 §5.4)."""
    if access.refuses_items(config, view.stance(node, jid)) is None:
        return True
    return config.access is Access.AUTHORIZE


def heard(event: Event, view: View) -> Iterator[Described]:
    """The meta-data of a node, for those who want to hear of it."""
    node, before, after = event.node, None, None
    if isinstance(event, NodeConfigured):
        before, after = event.before, event.after
    elif isinstance(event, NodeCreated):
        after = event.config
    if after is not None and (to := described(view, node, before, after)):
        yield Described(via=Via.PUBSUB, node=node, to=to, before=before, after=after)


def foresee(events: Sequence[Event], view: View) -> None:
    """Look at all that is looked at here, while what is missing can still be loaded."""
    if view.services.personal:
        for event in events:
            if any(follows_rosters(view, config) for config in _configs(view, event)):
                for owner in filter(view.services.delegated, view.owners(event.node)):
                    view.acquaintances(owner)
    if not any(_concerns(view, event) for event in events):
        return
    stays = all(isinstance(event, _OF_ITEMS) for event in events)
    told_of = [event for event in events if isinstance(event, _TOLD_OF)]
    for seen in (view,) if stays else (view, view.supposing(events)):
        for event in told_of:
            for config in _configs(seen, event):
                for topic in (Topic.ITEMS, Topic.METADATA):
                    for held in _subscribers(seen, event.node, config, topic):
                        seen.stance(event.node, held.subscriber)


def _concerns(view: View, event: Event) -> bool:
    match event:
        case NodeConfigured():
            return True
        case ItemPublished() | ItemsRetracted() | NodePurged() | NodeCreated() | NodeDeleted():
            return any(map(_names_others, _configs(view, event)))
        case _:
            return False


def _configs(view: View, event: Event) -> Iterable[NodeConfig]:
    match event:
        case NodeConfigured(before=before, after=after):
            return (before, after)
        case NodeCreated(config=config):
            return (config,)
        case _:
            found = view.config(event.node)
            return () if found is None else (found,)
