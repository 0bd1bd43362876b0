"""Subscribing, leaving, and being let in (XEP-0060 1.30.0, §6, §8.6-8.8; RFC 6121 §3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import (
    Approve,
    RequestPending,
    SetSubscriptions,
    Subscribe,
    Unsubscribe,
)
from folkmoot.engine.configuration import Access, NodeConfig
from folkmoot.engine.decide import occupants, watching
from folkmoot.engine.decide.contacts import hold_contact
from folkmoot.engine.decide.invites import presented
from folkmoot.engine.decide.lowering import (
    admitted,
    answered,
    changed,
    ended,
    follow,
    last_item,
    places_of,
)
from folkmoot.engine.decide.nodes import hold_owner, implied
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

STATES_MAX: Final = 1_000
"""How many subscriptions one command may set."""


def subscribe(command: Subscribe, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A subscription, or the wish for one that an owner has to grant."""
    node, subscriber = command.node, command.subscriber
    if subscriber.bare != command.actor.bare or (command.temporary and subscriber.is_bare):
        raise Refused(Reason.INVALID_SUBSCRIBER)
    if command.occupant is not None:
        return occupants.enter(command, view, stamp)
    made = _made(command, view, stamp)
    config = made[0].config if made else view.found(node).config
    _hold_address(config, subscriber)
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
    return _with_what_follows(events, node, subscriber, command.actor, view)


def _invited(
    command: Subscribe, before: Subscription | None, use: InviteChanged, view: View, stamp: Stamp
) -> tuple[Event, ...]:
    """Let in by an invite, as its inviter would do it: the use and the admission are one."""
    if before is not None and before.state is State.PENDING:
        return (use, *_settled(command.node, before, use.by, allow=True, view=view))
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
    return _with_what_follows((use, event), command.node, command.subscriber, use.by, view)


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
    return (_row(node, jid, None, jid, view),)


def _hold_own(command: Subscribe, before: Subscription | None, view: View) -> None:
    """Nothing, where there is room for a subscription at the node, and for one more of one's own.

    A roster has a limit of its own, and so have the rooms that one can be in.
    """
    _hold_room(command.node, command.subscriber, before, view)
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


def _hold_room(node: NodeId, jid: JID, before: Subscription | None, view: View) -> None:
    record = view.node(node)
    held = 0 if record is None else len(record.subscriptions)
    if before is not None:
        return
    if record is not None and not record.config.subscribable:
        raise Refused(Reason.NOT_SUBSCRIBABLE)
    if held >= view.services.subscriptions_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    hold_few(node, jid, view)


def _hold_address(config: NodeConfig, subscriber: JID) -> None:
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
    left = () if command.bounced else _left(node, subscriber, view)
    events = (event, *left)
    return _with_what_follows(events, node, subscriber, command.actor, view)


def _left(node: NodeId, jid: JID, view: View) -> tuple[Event, ...]:
    """The row of someone who leaves a space goes with their last subscription."""
    config = view.config(node)
    row = view.explicit(node, jid)
    if config is None or not config.is_space or len(view.subscriptions(node, jid)) > 1:
        return ()
    if row in (None, Affiliation.NONE, Affiliation.OUTCAST):
        return ()
    event = _row(node, jid, None, jid, view)
    if not view.supposing([event]).owners(node):
        raise Refused(Reason.LAST_OWNER)
    return (event,)


def _row(
    node: NodeId, jid: JID, row: Affiliation | None, by: JID, view: View
) -> AffiliationChanged:
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


def _with_what_follows(
    events: tuple[Event, ...], node: NodeId, jid: JID, by: JID, view: View
) -> tuple[Event, ...]:
    after = view.supposing(events)
    if view.affiliation(node, jid) is after.affiliation(node, jid):
        config = view.config(node)
        doors = config is not None and config.access is Access.AUTHORIZE
        was_in = view.state(node, jid) is State.SUBSCRIBED is not after.state(node, jid)
        if not (doors and was_in and view.related(node)):
            return events
    return (*events, *follow(view, after, node, by, entities=[jid.bare]))


def approve(command: Approve, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The answer to a request (XEP-0060 §8.6.1); a late second answer changes nothing."""
    node, jid = command.node, command.subscriber
    made: tuple[Event, ...] = ()
    if view.config(node) is None and command.beforehand and view.services.is_presence(node):
        made = (implied(node, view, stamp),)
    else:
        view.found(node)
    hold_owner(node, command.actor, view.supposing(made))
    before = view.subscription(node, jid)
    if before is not None and before.state is State.PENDING:
        return _settled(
            node, before, command.actor, allow=command.allow, view=view, said=command.said
        )
    if not command.beforehand:
        return ()
    events = _beforehand(command, before, view.supposing(made))
    return (*made, *events) if events else ()


def _beforehand(command: Approve, before: Subscription | None, view: View) -> tuple[Event, ...]:
    """An answer nobody waits for: approval kept, or withdrawn again (RFC 6121 §3.2.2, §3.4.2)."""
    node, jid, by = command.node, command.subscriber, command.actor
    hears = before is not None and before.state is State.SUBSCRIBED
    row = view.explicit(node, jid)
    if command.allow:
        if hears or row is not None:
            return ()
        return (_row(node, jid, Affiliation.MEMBER, by, view),)
    events: list[Event] = []
    if before is not None and hears:
        events.append(replace(ended(node, before, by, Cause.DENIED), said=command.said))
    if row is Affiliation.MEMBER:
        events.append(_row(node, jid, None, by, view))
    return tuple(events)


def _settled(
    node: NodeId,
    before: Subscription,
    by: JID,
    *,
    allow: bool,
    view: View,
    said: Element | None = None,
) -> tuple[Event, ...]:
    event = admitted(node, before, by, view) if allow else ended(node, before, by, Cause.DENIED)
    events = (replace(event, said=said), answered(node, before, by, allowed=allow))
    return _with_what_follows(events, node, before.subscriber, by, view)


def set_subscriptions(command: SetSubscriptions, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Others' subscriptions, as an owner wishes; all of them or none (XEP-0060 §8.8.2)."""
    node, by = command.node, command.actor
    config = view.found(node).config
    hold_owner(node, by, view)
    if len(command.states) + len(command.apart) > STATES_MAX:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    places_of(view, {jid.bare for jid in (*command.states, *(jid for jid, _ in command.apart))})
    events: list[Event] = []
    now = view.supposing(())

    def happens(made: tuple[Event, ...]) -> None:
        events.extend(made)
        for each in made:
            now.suppose(each)

    for jid, state in command.states.items():
        happens(_set_one(command, jid, state, config, now, stamp))
    for (jid, subid), state in command.apart.items():
        one = _set_apart(command, jid, subid, state, now)
        happens(_set_one(command, jid, state, config, now, stamp) if one is None else one)
    return tuple(events)


def _set_apart(
    command: SetSubscriptions, jid: JID, subid: str, state: State, view: View
) -> tuple[Event, ...] | None:
    """One of an address's several subscriptions, which can only end; None where it is the last."""
    before = view.subscription(command.node, jid)
    if before is None or before.occupant is not None:
        raise Refused(Reason.INVALID_SUBID)
    others = without(before, named(before, subid))
    if others is None:
        return None
    if state is before.state:
        return ()
    if state is not State.NONE:
        raise Refused(Reason.BAD_CONFIG, "subscription")
    return (changed(command.node, before, others, command.actor, Cause.SET),)


def _set_one(
    command: SetSubscriptions, jid: JID, state: State, config: NodeConfig, view: View, stamp: Stamp
) -> tuple[Event, ...]:
    node, by = command.node, command.actor
    before = view.subscription(node, jid)
    current = State.NONE if before is None else before.state
    if state is current or (before is not None and before.occupant is not None):
        return ()
    if state is State.NONE and before is not None:
        if current is State.PENDING:
            return _settled(node, before, by, allow=False, view=view)
        events = (ended(node, before, by, Cause.SET), *_left(node, jid, view))
        return _with_what_follows(events, node, jid, by, view)
    if state is State.UNCONFIGURED:
        raise Refused(Reason.BAD_CONFIG, "subscription")
    if before is None and view.services.is_presence(node):
        raise Refused(Reason.FORBIDDEN)  # nobody puts themself on another's roster
    if reason := access.refuses_stay(config, view.stance(node, jid)):
        raise Refused(reason)
    if before is not None and current is State.PENDING:
        return _settled(node, before, by, allow=True, view=view)
    _hold_address(config, jid)
    _hold_room(node, jid, before, view)
    if before is None:
        after = Subscription(jid, state, Via.PUBSUB, subid=stamp.id)
    else:
        after = replace(before, state=state)
    event = SubscriptionChanged(
        node=node, subscriber=jid, before=before, after=after, by=by, cause=Cause.SET
    )
    return _with_what_follows((event,), node, jid, by, view)


def request_pending(command: RequestPending, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Every open request once more, to the owner who asks (XEP-0060 §8.7)."""
    record = view.found(command.node)
    hold_owner(command.node, command.actor, view)
    return tuple(
        ApprovalRequested(node=command.node, subscription=each, to=command.actor)
        for each in record.subscriptions.values()
        if each.state is State.PENDING
    )
