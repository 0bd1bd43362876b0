"""Subscribing and leaving (XEP-0060 1.30.0, §6; RFC 6121 §3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import Subscribe, Unsubscribe
from folkmoot.engine.configuration import Access, NodeConfig
from folkmoot.engine.decide import occupants, watching
from folkmoot.engine.decide.contacts import hold_contact
from folkmoot.engine.decide.invites import presented
from folkmoot.engine.decide.lowering import admitted, answered, changed, ended, follow, last_item
from folkmoot.engine.decide.nodes import implied
from folkmoot.engine.decide.publicity import hold_public
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.decide.terms import again, chosen, hold_few, named, without
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import (
    AffiliationChanged,
    ApprovalRequested,
    Cause,
    Event,
    NodeCreated,
    SubscriptionChanged,
)
from folkmoot.engine.model import Affiliation, Contact, NodeId, State, Subscription, Terms, Via
from folkmoot.engine.services import Kind
from folkmoot.engine.space_events import InviteChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

_INVITED: Final = (Reason.PENDING, Reason.CLOSED_NODE)
"""What an invite helps against."""


def subscribe(command: Subscribe, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A subscription, or the wish for one that an owner has to grant."""
    node, subscriber = command.node, command.subscriber
    if subscriber.bare != command.actor.bare or (command.temporary and subscriber.is_bare):
        raise Refused(Reason.INVALID_SUBSCRIBER)
    if command.occupant is not None:
        return occupants.enter(command, view, stamp)
    made = _made(command, view, stamp)
    config = made[0].config if made else view.found(node).config
    hold_address(config, subscriber)
    if command.public:
        hold_public(node, config)
    before = view.subscription(node, subscriber)
    if before is not None and before.state is State.SUBSCRIBED:
        return (again(command, config, before, view, stamp),)
    if command.via is Via.PRESENCE:
        hold_contact(node, subscriber, view)
    after_made = view.supposing(made) if made else view
    reason = access.refuses_entry(config, after_made.stance(node, subscriber))
    use = presented(node, command.invite, view, stamp) if reason in _INVITED else None
    if use is not None:
        _hold_own(command, before, view)
        return _invited(command, before, use, view, stamp)
    if reason is not None and reason is not Reason.PENDING:
        raise Refused(reason)
    _hold_own(command, before, view)
    if reason is Reason.PENDING:
        return (*made, *_asked(command, before, stamp))
    after = _new(command, before, State.SUBSCRIBED, stamp)
    event = SubscriptionChanged(
        node=node,
        subscriber=subscriber,
        before=before,
        after=after,
        by=command.actor,
        cause=Cause.ASKED,
        last=last_item(node, view) if after.hears_items and not made else None,
    )
    events = (*made, event, *_spend_approval(node, subscriber, view))
    return with_what_follows(events, node, subscriber, command.actor, view)


def _invited(
    command: Subscribe, before: Subscription | None, use: InviteChanged, view: View, stamp: Stamp
) -> tuple[Event, ...]:
    """Let in by an invite, as its inviter would do it: the use and the admission are one."""
    if before is not None and before.state is State.PENDING:
        return (use, *settled(command.node, before, use.by, allow=True, view=view))
    after = _new(command, before, State.SUBSCRIBED, stamp)
    event = SubscriptionChanged(
        node=command.node,
        subscriber=command.subscriber,
        before=before,
        after=after,
        by=use.by,
        cause=Cause.APPROVED,
        last=last_item(command.node, view) if after.hears_items else None,
    )
    return with_what_follows((use, event), command.node, command.subscriber, use.by, view)


def _made(command: Subscribe, view: View, stamp: Stamp) -> tuple[NodeCreated, ...]:
    """The node itself, where it is somebody's presence that nobody has asked for before."""
    node = command.node
    if command.via is Via.PRESENCE:
        if view.services.kind(node.service) is Kind.ACCOUNT and not view.exists(node.service):
            raise Refused(Reason.NO_ACCOUNT)
        if view.config(node) is None:
            return (implied(node, view, stamp),)
    return ()


def _new(
    command: Subscribe, before: Subscription | None, state: State, stamp: Stamp
) -> Subscription:
    contact = None if before is None else before.contact
    if command.via is Via.PRESENCE:
        request = command.said if state is State.PENDING else None
        contact = replace(contact or Contact(), request=request)
    made = Subscription(
        command.subscriber, state, command.via, temporary=command.temporary, contact=contact
    )
    subid = stamp.id if before is None else before.subid
    first = Terms(subid, deliver=command.deliver is not False)
    return replace(made.on(chosen(first, command.options, stamp)), public=command.public)


def _asked(command: Subscribe, before: Subscription | None, stamp: Stamp) -> tuple[Event, ...]:
    """A wish, put before the owners; for presence, to ask again is nothing (RFC 6121 §A.3.1)."""
    if before is not None and before.state is State.PENDING:
        if command.via is not Via.PRESENCE:
            raise Refused(Reason.PENDING)
        return ()
    pending = _new(command, before, State.PENDING, stamp)
    return (
        SubscriptionChanged(
            node=command.node,
            subscriber=command.subscriber,
            before=before,
            after=pending,
            by=command.actor,
            cause=Cause.ASKED,
        ),
        ApprovalRequested(node=command.node, subscription=pending),
    )


def _spend_approval(node: NodeId, jid: JID, view: View) -> tuple[Event, ...]:
    """An approval given beforehand is used up by the request it was for (RFC 6121 §3.4.2)."""
    if not view.services.is_presence(node) or view.explicit(node, jid) is not Affiliation.MEMBER:
        return ()
    return (row_changed(node, jid, None, jid, view),)


def _hold_own(command: Subscribe, before: Subscription | None, view: View) -> None:
    """Nothing, where there is room for a subscription at the node, and for one more of one's own.

    A roster has a limit of its own, and so have the rooms that one can be in.
    """
    hold_room(command.node, command.subscriber, before, view)
    if before is not None or command.via is not Via.PUBSUB:
        return
    held, most = view.subscribed(command.subscriber), view.services.subscriptions_per_account_max
    if len(held) < most:
        return
    services = view.services
    counted = (
        services.kind(each.service) is not Kind.ROOMS and not services.is_presence(each)
        for each in held
    )
    if command.node not in held and sum(counted) >= most:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)


def hold_room(node: NodeId, jid: JID, before: Subscription | None, view: View) -> None:
    """Nothing, where one may subscribe and there is room for it. before: it is one already."""
    record = view.node(node)
    held = 0 if record is None else len(record.subscriptions)
    if before is not None:
        return
    if record is not None and not record.config.subscribable:
        raise Refused(Reason.NOT_SUBSCRIBABLE)
    if held >= view.services.subscriptions_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    hold_few(node, jid, view)


def hold_address(config: NodeConfig, subscriber: JID) -> None:
    """Nothing, for an address that may subscribe: in a room a full JID is an occupant's."""
    if config.room is not None and not subscriber.is_bare:
        raise Refused(Reason.INVALID_SUBSCRIBER)


def unsubscribe(command: Unsubscribe, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of a subscription; to leave a space is to be no member of it any longer."""
    node, subscriber = command.node, command.subscriber
    view.found(node)
    if subscriber.bare != command.actor.bare:
        raise Refused(Reason.INVALID_SUBSCRIBER)
    before = view.subscription(node, subscriber)
    if before is None or before.state is State.NONE:
        raise Refused(Reason.NOT_SUBSCRIBED)
    if before.occupant is not None:
        cause = Cause.LOST if command.lost else Cause.ASKED
        gone = occupants.left(node, before, command.actor, cause, parting=command.parting)
        return (gone, *(() if command.lost else watching.departed(node, subscriber, view)))
    if command.subid is not None:
        others = without(before, named(before, command.subid))
        if others is not None:
            return (changed(node, before, others, command.actor, Cause.ASKED),)
    event = replace(ended(node, before, command.actor, Cause.ASKED), said=command.parting)
    left = () if command.bounced else leaving(node, subscriber, view)
    events = (event, *left)
    return with_what_follows(events, node, subscriber, command.actor, view)


def leaving(node: NodeId, jid: JID, view: View) -> tuple[Event, ...]:
    """The row of someone who leaves a space goes with their last subscription."""
    config = view.config(node)
    row = view.explicit(node, jid)
    if config is None or not config.is_space or len(view.subscriptions(node, jid)) > 1:
        return ()
    if row in (None, Affiliation.NONE, Affiliation.OUTCAST):
        return ()
    event = row_changed(node, jid, None, jid, view)
    if not view.supposing([event]).owners(node):
        raise Refused(Reason.LAST_OWNER)
    return (event,)


def row_changed(
    node: NodeId, jid: JID, row: Affiliation | None, by: JID, view: View
) -> AffiliationChanged:
    """Another row for somebody at a node, and what they are by it."""
    event = AffiliationChanged(
        node=node,
        jid=jid.bare,
        before=view.explicit(node, jid),
        after=row,
        was=view.affiliation(node, jid),
        now=Affiliation.NONE,
        by=by,
    )
    return replace(event, now=view.supposing([event]).affiliation(node, jid))


def with_what_follows(
    events: tuple[Event, ...], node: NodeId, jid: JID, by: JID, view: View
) -> tuple[Event, ...]:
    """Events, and what ends by them at the node and below, if somebody's standing changes."""
    after = view.supposing(events)
    if view.affiliation(node, jid) is after.affiliation(node, jid):
        config = view.config(node)
        doors = config is not None and config.access is Access.AUTHORIZE
        was_in = view.state(node, jid) is State.SUBSCRIBED is not after.state(node, jid)
        if not (doors and was_in and view.related(node)):
            return events
    return (*events, *follow(view, after, node, by, entities=[jid.bare]))


def settled(
    node: NodeId,
    before: Subscription,
    by: JID,
    *,
    allow: bool,
    view: View,
    said: Element | None = None,
) -> tuple[Event, ...]:
    """The answer to a request that waits."""
    event = admitted(node, before, by, view) if allow else ended(node, before, by, Cause.DENIED)
    events = (replace(event, said=said), answered(node, before, by, allowed=allow))
    return with_what_follows(events, node, before.subscriber, by, view)
