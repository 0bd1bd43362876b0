"""Creating, configuring and deleting nodes (XEP-0060 1.30.0, §8.1-8.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Final

from folkmoot.engine.commands import Configure, Create, Delete, SetAffiliations, Settings
from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.decide.affiliations import set_affiliations
from folkmoot.engine.decide.configuring import configured, default_config
from folkmoot.engine.decide.lowering import follow_all
from folkmoot.engine.decide.relationships import carried_along, kin, related, spelled_out
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import (
    AffiliationChanged,
    Cause,
    Event,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
)
from folkmoot.engine.model import (
    KEPT_BY_SERVER,
    Affiliation,
    NodeId,
    State,
    Subscription,
    Via,
)
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import RegistrationChanged
from folkmoot.engine.services import Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

NODE_NAME_CHARS_MAX: Final = 1_023

PUBLISHERS_MAX: Final = 100
"""How many publishers may be named as a node is created; more can be set when it is there."""


def create(command: Create, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A node, owned by who asks; one without a name is given one (XEP-0060 §8.1.2)."""
    node = NodeId(command.node.service, command.node.name or stamp.id)
    hold_changeable(node, view)
    if view.config(node) is not None:
        raise Refused(Reason.NODE_EXISTS)
    stanzas = bool(command.publishers)
    made = created(node, command.actor, command.settings, view, stamp, stanzas=stanzas)
    return (made, *_between(made, command, view, stamp)) if command.publishers else (made,)


def _between(
    made: NodeCreated, command: Create, view: View, stamp: Stamp
) -> tuple[AffiliationChanged | SubscriptionChanged, ...]:
    """Who else publishes to a new node; and its owner hears it, where it is for them alone."""
    if len(command.publishers) > PUBLISHERS_MAX or made.config.room is not None:
        raise Refused(Reason.BAD_CONFIG, "publishers")
    node, by = made.node, command.actor
    others = dict.fromkeys(jid.bare for jid in command.publishers if jid.bare != by.bare)
    rows = tuple(
        AffiliationChanged(
            node=node,
            jid=jid,
            before=None,
            after=Affiliation.PUBLISHER,
            was=Affiliation.NONE,
            now=Affiliation.PUBLISHER,
            by=by,
        )
        for jid in others
    )
    after = view.supposing((made, *rows))
    rows = tuple(replace(row, now=after.affiliation(node, row.jid)) for row in rows)
    if not made.config.private:
        return rows
    mine = Subscription(by.bare, State.SUBSCRIBED, Via.PUBSUB, subid=stamp.id)
    heard = SubscriptionChanged(
        node=node, subscriber=by.bare, before=None, after=mine, by=by, cause=Cause.ASKED
    )
    return (*rows, heard)


def created(
    node: NodeId,
    creator: JID,
    settings: Settings,
    view: View,
    stamp: Stamp,
    *,
    stanzas: bool = False,
) -> NodeCreated:
    """The event that makes a node. Raises Refused where its creator may not, or asks too much.

    stanzas: it is for stanzas (XEP-0207), whether its type says so or not.
    """
    kind = view.services.kind(node.service)
    if kind in (Kind.PUBSUB, Kind.ROOMS):
        if not view.services.may_create(creator, node.service):
            raise Refused(Reason.MAY_NOT_CREATE)
        if _has_enough(creator, node.service, view):
            raise Refused(Reason.TOO_MANY_NODES)
    elif kind is not Kind.ACCOUNT or creator.bare != node.service:
        raise Refused(Reason.FORBIDDEN)
    elif len(view.nodes_of(node.service)) >= view.services.nodes_per_account_max:
        raise Refused(Reason.TOO_MANY_NODES)
    if not 1 <= len(node.name) <= NODE_NAME_CHARS_MAX:
        raise Refused(Reason.BAD_CONFIG, "node")
    default = default_config(view.services, node, settings, stanzas=stanzas)
    config = related(node, default, configured(default, spelled_out(node, settings)), view)
    owner = None if view.services.owned(node) else creator.bare
    event = NodeCreated(node=node, config=config, creator=creator.bare, at=stamp.at, owner=owner)
    if view.supposing([event]).affiliation(node, creator) is Affiliation.OUTCAST:
        raise Refused(Reason.OUTCAST)  # of the space it says it is in, which lists it already
    return event


def _has_enough(creator: JID, service: JID, view: View) -> bool:
    """Whether an entity owns as many nodes of a service as it may; each has a row for it."""
    most = view.services.nodes_per_account_max
    if view.affiliated_max(creator) < most:
        return False
    places = view.affiliated(creator)
    view.require(places)
    return most <= sum(
        place.service == service and view.explicit(place, creator) is Affiliation.OWNER
        for place in places
    )


def implied(node: NodeId, view: View, stamp: Stamp) -> NodeCreated:
    """The event that makes a node which everybody has, such as the one for their presence."""
    config = default_config(view.services, node, {})
    return NodeCreated(node=node, config=config, creator=node.service, at=stamp.at, owner=None)


def configure(command: Configure, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Another configuration, and what follows for those whom the old one let in."""
    hold_changeable(command.node, view)
    record = view.found(command.node)
    hold_owner(command.node, command.actor, view)
    _hold_changeable(command.node, view)
    named = _named(command, record, view, stamp)
    before = record.config
    after = configured(before, spelled_out(command.node, command.settings))
    if after.room is not None:  # no longer locked once its owner has sent a form (XEP-0045 §10.1.3)
        after = replace(after, room=replace(after.room, locked=False))
    if after == before:
        return named
    after = related(command.node, before, after, view)
    event = NodeConfigured(node=command.node, before=before, after=after, by=command.actor)
    if after.purge_offline and not before.purge_offline:
        view.heads(record)  # whose items are there is known from now on
    moved = carried_along(event, view)
    surplus = _surplus(record, after, command.actor, view)
    # Who is named in the same breath is let in by it: the new rules look at the new standing, and
    # what follows is told once, as it is by both.
    settled = view.supposing((event, *moved, *named))
    events: tuple[Event, ...] = (event, *moved, *surplus)
    for row in named:
        if isinstance(row, AffiliationChanged):
            events += (replace(row, now=settled.affiliation(row.node, row.jid)),)
        elif isinstance(row, RegistrationChanged):
            events += (row,)
    first = len(events)
    for each in (command.node, *(along.node for along in moved)):
        events += follow_all(view, view.supposing(events), each, command.actor)
    # Whoever owns it from now on does before anybody is told who is there.
    heirs = tuple(
        each
        for each in events[first:]
        if isinstance(each, AffiliationChanged) and each.node == command.node
    )
    return (event, *heirs, *(each for each in events[1:] if each not in heirs))


def _named(command: Configure, record: Node, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """What makes the lists of a room those that its owner sends whole (XEP-0045 §10.2)."""
    wishes: dict[JID, Affiliation] = {}
    for affiliation, named in command.lists.items():
        rows = (jid for jid, row in record.affiliations.items() if row is affiliation)
        wishes.update((jid, Affiliation.NONE) for jid in rows if jid not in named)
    for affiliation, named in command.lists.items():
        missing = (jid.bare for jid in named if view.affiliation(record.id, jid) is not affiliation)
        wishes.update((jid, affiliation) for jid in missing)
    if not wishes:
        return ()
    asked = SetAffiliations(actor=command.actor, node=record.id, affiliations=wishes)
    return set_affiliations(asked, view, stamp)


def _surplus(
    record: Node, after: NodeConfig, by: JID, view: View
) -> tuple[ItemsRetracted | NodePurged, ...]:
    """The end of the oldest items, where from now on the node keeps fewer, or none."""
    before = record.config
    most = after.max_items if after.persist_items else 0
    if after.room is not None or not before.persist_items or most >= before.max_items:
        return ()
    heads = view.heads(record)
    if heads and not most:
        return (NodePurged(node=record.id, by=by),)
    gone = tuple(islice(heads, max(len(heads) - most, 0)))
    event = ItemsRetracted(node=record.id, item_ids=gone, by=by, tell=after.notify_retract)
    return (event,) if gone else ()


def hold_changeable(node: NodeId, view: View) -> None:
    """Nothing, unless what is in a node follows from subscriptions (XEP-0465 §5)."""
    if view.services.derived(node):
        raise Refused(Reason.FORBIDDEN)


def _hold_changeable(node: NodeId, view: View) -> None:
    """Nothing, unless it is a node that everybody has, which is what its protocol makes it."""
    if view.services.owned(node) and node.name in KEPT_BY_SERVER:
        raise Refused(Reason.FORBIDDEN)


def delete(command: Delete, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of a node and its kin, for subscribers and for what they were below."""
    hold_changeable(command.node, view)
    view.found(command.node)
    hold_owner(command.node, command.actor, view)
    _hold_changeable(command.node, view)
    by, reason = command.actor, command.reason
    gone = (
        replace(
            deleted(command.node, view, by, command.redirect, reason), password=command.password
        ),
        *(deleted(each, view, by, reason=reason) for each in kin(command.node, view)),
    )
    events: tuple[Event, ...] = gone
    for event in gone:
        after = view.supposing(events)
        events += follow_all(view, after, event.node, by, here=False, reason=reason)
    return events


def deleted(node: NodeId, view: View, by: JID, redirect: str = "", reason: str = "") -> NodeDeleted:
    """The event that ends a node that exists."""
    record = view.found(node)
    return NodeDeleted(
        node=node,
        config=record.config,
        subscriptions=tuple(record.subscriptions.values()),
        by=by,
        redirect=redirect,
        reason=reason,
    )


def hold_owner(node: NodeId, actor: JID, view: View) -> None:
    """Nothing, for an owner of a node. Raises Refused(FORBIDDEN) for anybody else."""
    if view.affiliation(node, actor) is not Affiliation.OWNER:
        raise Refused(Reason.FORBIDDEN)
