"""Changes of standing, numbered for each node (XEP-0463 0.2.0, §5.2.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from folkmoot.engine.events import AffiliationChanged, Event, SubscriptionChanged
from folkmoot.engine.model import NodeId, State, Subscription
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.standings import Change, Moved, Was, moved
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


@dataclass(slots=True)
class _Group:
    """A change: the events that are it, and then those that follow from it for occupants."""

    moved: Moved
    changes: list[Event] = field(default_factory=list)
    following: list[Event] = field(default_factory=list)


def numbered(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """The same events, each change of standing with its number.

    What becomes of an entity on a node is one change, by however many events; and none where it is
    what it was, as a member who subscribes. What follows from it for an occupant, there or below,
    names it, and comes right behind it: so those who are told of changes hear of them in the order
    of their numbers.
    """
    changed = [(event.node, _changed_standing(event, view)) for event in events]
    if all(jid is None for _, jid in changed):
        return tuple(events)
    after = view.supposing(events)
    moves = {
        (node, jid)
        for node, jid in dict.fromkeys(changed)
        if jid and view.affiliation(node, jid) is not after.affiliation(node, jid)
    }
    counts: dict[NodeId, int] = {}
    ordered: list[Event | _Group] = []
    groups: dict[tuple[NodeId, JID], _Group] = {}
    for event, (node, jid) in zip(events, changed, strict=True):
        if jid is not None and (node, jid) in moves:
            assert isinstance(event, AffiliationChanged | SubscriptionChanged)
            group = groups.get((node, jid))
            if group is None:
                group = groups[node, jid] = _Group(_moved(node, jid, view, counts))
                ordered.append(group)
            group.changes.append(replace(event, moved=group.moved))
            continue
        occupant = _occupant(event) if groups else None
        chain = () if occupant is None else view.chain(node)
        above = next((each for each in chain if (each, occupant) in groups), None)
        if above is None or occupant is None:
            ordered.append(event)
        else:
            assert isinstance(event, StandingChanged | SubscriptionChanged)
            group = groups[above, occupant]
            change = Change(above, group.moved.number)
            group.following.append(replace(event, change=change))
    return tuple(_flat(ordered))


def _flat(ordered: Iterable[Event | _Group]) -> Iterator[Event]:
    for each in ordered:
        if isinstance(each, _Group):
            yield from each.changes
            yield from each.following
        else:
            yield each


def _moved(node: NodeId, jid: JID, view: View, counts: dict[NodeId, int]) -> Moved:
    """The next number of a node, and what the entity was before."""
    record, standing = view.node(node), view.standing(node, jid)
    number = counts.get(node, 0 if record is None else record.version) + 1
    counts[node] = number
    before = None if record is None else record.standings.get(jid)
    return moved(before, Was(number, standing.explicit, standing.admitted))


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
    """Who may be something else in a room by an event, or has to go."""
    match event:
        case StandingChanged(occupant=jid):
            return jid.bare
        case SubscriptionChanged(subscriber=jid, before=before) if before and before.occupant:
            return jid.bare
        case _:
            return None
