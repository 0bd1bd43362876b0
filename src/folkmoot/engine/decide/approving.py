"""What owners say of subscriptions: who is let in, and who is what (XEP-0060 1.30.0, §8.6-8.8).

And what those say whose presence somebody wants to hear (RFC 6121 §3).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import Approve, RequestPending, SetSubscriptions
from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.decide.lowering import changed, ended, places_of
from folkmoot.engine.decide.nodes import hold_owner, implied
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.decide.subscriptions import (
    hold_address,
    hold_room,
    leaving,
    row_changed,
    settled,
    with_what_follows,
)
from folkmoot.engine.decide.terms import named, without
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import ApprovalRequested, Cause, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, State, Subscription, Via
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

STATES_MAX: Final = 1_000
"""How many subscriptions one command may set."""


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
        return settled(
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
        return (row_changed(node, jid, Affiliation.MEMBER, by, view),)
    events: list[Event] = []
    if before is not None and hears:
        events.append(replace(ended(node, before, by, Cause.DENIED), said=command.said))
    if row is Affiliation.MEMBER:
        events.append(row_changed(node, jid, None, by, view))
    return tuple(events)


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
            return settled(node, before, by, allow=False, view=view)
        events = (ended(node, before, by, Cause.SET), *leaving(node, jid, view))
        return with_what_follows(events, node, jid, by, view)
    if state is State.UNCONFIGURED:
        raise Refused(Reason.BAD_CONFIG, "subscription")
    if before is None and view.services.is_presence(node):
        raise Refused(Reason.FORBIDDEN)  # nobody puts themself on another's roster
    if reason := access.refuses_stay(config, view.stance(node, jid)):
        raise Refused(reason)
    if before is not None and current is State.PENDING:
        return settled(node, before, by, allow=True, view=view)
    hold_address(config, jid)
    hold_room(node, jid, before, view)
    if before is None:
        after = Subscription(jid, state, Via.PUBSUB, subid=stamp.id)
    else:
        after = replace(before, state=state)
    event = SubscriptionChanged(
        node=node, subscriber=jid, before=before, after=after, by=by, cause=Cause.SET
    )
    return with_what_follows((event,), node, jid, by, view)


def request_pending(command: RequestPending, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Every open request once more, to the owner who asks (XEP-0060 §8.7)."""
    record = view.found(command.node)
    hold_owner(command.node, command.actor, view)
    return tuple(
        ApprovalRequested(node=command.node, subscription=each, to=command.actor)
        for each in record.subscriptions.values()
        if each.state is State.PENDING
    )
