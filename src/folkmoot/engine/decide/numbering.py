"""Changes of standing, numbered for each node (XEP-0463 0.2.0, §5.2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from folkmoot.engine.events import AffiliationChanged, Event, SubscriptionChanged
from folkmoot.engine.model import NodeId, State, Subscription
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def numbered(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """The same events, each change of standing with its number.

    What follows from one for an occupant has that number too, and comes right behind it: so those
    who are told of changes hear of them in the order of their numbers.
    """
    counts: dict[NodeId, int] = {}
    groups: list[list[Event]] = []
    changes: dict[tuple[NodeId, JID], tuple[int, list[Event]]] = {}
    for event in events:
        jid = _changed_standing(event, view)
        if jid is not None:
            record = view.node(event.node)
            number = counts.get(event.node, 0 if record is None else record.version) + 1
            counts[event.node] = number
            assert isinstance(event, AffiliationChanged | SubscriptionChanged)
            group: list[Event] = [replace(event, version=number)]
            groups.append(group)
            changes[event.node, jid] = number, group
            continue
        occupant = _occupant(event) if changes else None
        change = None if occupant is None else changes.get((event.node, occupant.bare))
        if change is None:
            groups.append([event])
        else:
            assert isinstance(event, StandingChanged | SubscriptionChanged)
            number, group = change
            group.append(replace(event, version=number))
    return tuple(event for group in groups for event in group) if changes else tuple(events)


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
