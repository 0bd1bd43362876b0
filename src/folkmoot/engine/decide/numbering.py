"""Changes of standing, numbered for each node (XEP-0463 0.2.0, §5.2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from folkmoot.engine.events import AffiliationChanged, Event, SubscriptionChanged
from folkmoot.engine.model import NodeId, State, Subscription
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.standings import Change, Moved, Was, moved
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def numbered(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """The same events, each change of standing with its number.

    What becomes of an entity on a node is one change, by however many events. What follows from it
    for an occupant, there or below, names it, and comes right behind it: so those who are told of
    changes hear of them in the order of their numbers.
    """
    counts: dict[NodeId, int] = {}
    groups: list[list[Event]] = []
    changes: dict[tuple[NodeId, JID], tuple[Moved, list[Event]]] = {}
    for event in events:
        jid = _changed_standing(event, view)
        if jid is not None:
            assert isinstance(event, AffiliationChanged | SubscriptionChanged)
            known = changes.get((event.node, jid))
            if known is None:
                known = changes[event.node, jid] = _moved(event.node, jid, view, counts), []
                groups.append(known[1])
            known[1].append(replace(event, moved=known[0]))
            continue
        occupant = _occupant(event) if changes else None
        change = None if occupant is None else _change(event.node, occupant.bare, changes, view)
        if change is None:
            groups.append([event])
        else:
            assert isinstance(event, StandingChanged | SubscriptionChanged)
            changes[change][1].append(
                replace(event, change=Change(change[0], changes[change][0].number))
            )
    return tuple(event for group in groups for event in group) if changes else tuple(events)


def _moved(node: NodeId, jid: JID, view: View, counts: dict[NodeId, int]) -> Moved:
    """The next number of a node, and what the entity was before."""
    record, standing = view.node(node), view.standing(node, jid)
    number = counts.get(node, 0 if record is None else record.version) + 1
    counts[node] = number
    before = None if record is None else record.standings.get(jid)
    return moved(before, Was(number, standing.explicit, standing.admitted))


def _change(
    node: NodeId, jid: JID, changes: dict[tuple[NodeId, JID], tuple[Moved, list[Event]]], view: View
) -> tuple[NodeId, JID] | None:
    """From which change something follows for an occupant: the nearest."""
    places = ((each, jid) for each in view.chain(node))
    return next((place for place in places if place in changes), None)


def _changed_standing(event: Event, view: View) -> JID | None:
    """Whose standing an event changes on a node that others may take it from, or a room."""
    match event:
        case AffiliationChanged(node=node, jid=jid):
            return None if view.services.owned(node) else jid
        case SubscriptionChanged(node=node, subscriber=jid, before=before, after=after):
            if _admitted(before) is _admitted(after) or view.services.owned(node):
                return None
            config = view.config(node)
            return jid.bare if config is not None and config.is_space else None
        case _:
            return None


def _admitted(subscription: Subscription | None) -> bool:
    return (
        subscription is not None
        and subscription.state is State.SUBSCRIBED
        and subscription.occupant is None
    )


def _occupant(event: Event) -> JID | None:
    match event:
        case StandingChanged(occupant=jid):
            return jid
        case SubscriptionChanged(subscriber=jid, before=before) if before and before.occupant:
            return jid
        case _:
            return None
