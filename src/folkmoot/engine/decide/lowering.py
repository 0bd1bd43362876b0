"""What follows for those inside when standing changes, here and below.

Whatever takes standing away ends, in the same breath, every subscription and occupancy it no
longer allows; who stays, with another standing than before, is announced as what they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from folkmoot.engine import access
from folkmoot.engine.events import (
    Cause,
    Event,
    StandingChanged,
    SubscriptionChanged,
)
from folkmoot.engine.model import (
    Affiliation,
    NodeConfig,
    NodeId,
    Occupant,
    Role,
    State,
    Subscription,
)
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def follow(
    before: View, after: View, node: NodeId, by: JID, *, entities: Iterable[JID], reason: str = ""
) -> tuple[Event, ...]:
    """What happens to some entities' subscriptions on a node and below it.

    Costs what these entities are subscribed to, however many nodes lie below.
    """
    events: list[Event] = []
    after = after.supposing(())
    for jid in entities:
        places = [each for each in before.subscribed(jid) if each != node]
        before.require(places)
        chains = {each: before.chain(each) + after.chain(each) for each in places}
        inside = sorted(
            (each for each in places if node in chains[each]),
            key=lambda each: (chains[each].index(node), str(each)),
        )
        for place in (node, *inside):
            events.extend(_reconsider(before, after, place, jid, by, reason))
    return tuple(events)


def follow_all(
    before: View, after: View, node: NodeId, by: JID, *, here: bool = True, reason: str = ""
) -> tuple[Event, ...]:
    """The same for everyone on a node (unless not `here`) and below: its rules changed."""
    events: list[Event] = []
    after = after.supposing(())
    places = dict.fromkeys((*([node] if here else ()), *before.below(node), *after.below(node)))
    for place in places:
        record = before.node(place)
        entities = {} if record is None else {jid.bare: None for jid in record.subscriptions}
        for jid in entities:
            events.extend(_reconsider(before, after, place, jid, by, reason))
    return tuple(events)


def _reconsider(
    before: View, after: View, node: NodeId, jid: JID, by: JID, reason: str
) -> list[Event]:
    """One entity at one node; what ends or begins there is true in `after` from here on."""
    old, config = before.config(node), after.config(node)
    held = after.subscriptions(node, jid)
    if old is None or config is None or not held:
        return []
    stance = after.stance(node, jid)
    refused = access.refuses_stay(config, stance)
    let_in = access.refuses_entry(config, stance) is None
    was = before.affiliation(node, jid)
    events: list[Event] = []
    for subscription in held:
        occupant = subscription.occupant
        if refused is not None:
            cause = _cause(old, config, was, stance.affiliation)
            events.append(ended(node, subscription, by, cause, reason))
        elif subscription.state is State.PENDING and let_in:
            admitted = replace(subscription, state=State.SUBSCRIBED)
            events.append(changed(node, subscription, admitted, by, Cause.APPROVED))
        elif occupant is not None and (was, _role(old, was, occupant)) != (
            stance.affiliation,
            _role(config, stance.affiliation, occupant),
        ):
            events.append(
                StandingChanged(node=node, occupant=subscription.subscriber, by=by, reason=reason)
            )
    for event in events:
        after.suppose(event)
    return events


def _role(config: NodeConfig, standing: Affiliation, occupant: Occupant) -> Role | None:
    return None if config.room is None else access.role(config.room, standing, occupant.role)


def _cause(old: NodeConfig, config: NodeConfig, was: Affiliation, now: Affiliation) -> Cause:
    if now is Affiliation.OUTCAST:
        return Cause.BANNED
    return Cause.CLOSED if was is now and old.access is not config.access else Cause.AFFILIATION


def changed(
    node: NodeId, before: Subscription, after: Subscription, by: JID, cause: Cause
) -> SubscriptionChanged:
    """A subscription becomes another."""
    return SubscriptionChanged(
        node=node, subscriber=before.subscriber, before=before, after=after, by=by, cause=cause
    )


def ended(
    node: NodeId, subscription: Subscription, by: JID, cause: Cause, reason: str = ""
) -> SubscriptionChanged:
    """A subscription is over. A contact stays on the roster, where it is `none` (RFC 6121 §3.3)."""
    kept = subscription.contact is not None
    return SubscriptionChanged(
        node=node,
        subscriber=subscription.subscriber,
        before=subscription,
        after=replace(subscription, state=State.NONE) if kept else None,
        by=by,
        cause=cause,
        reason=reason,
    )
