"""What a change in a space comes to in its rooms, for those who keep track: XEP-0463 0.2.0, §5.2.2.

Who is in a room hears by presence what becomes of others there. Of somebody who is not, those
alone are told who entered with a version, or to ask for one: in most rooms nobody. So no more than
the rooms that have such occupants is looked at, however many there are in the space.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from folkmoot.engine.events import AffiliationChanged, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.room_events import StandingChanged, Trickled
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

LOOKS_MAX: Final = 5_000
"""How many changes one command has told, counted in each room. Of what is more, a client finds by
the next version that it does not know of it."""


def trickled(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """The same events, each numbered change with what it comes to below right behind it."""
    tracked = view.tracked()
    changed = {change[0] for event in events if tracked and (change := _changed(event))}
    rooms = {node: _below(node, tracked, view) for node in changed}
    if not any(rooms.values()):
        return tuple(events)
    after = view.supposing(events)
    seen = {(event.node, jid) for event in events if (jid := _shown(event)) is not None}
    told: set[tuple[NodeId, JID, int]] = set()
    left, found = LOOKS_MAX, list[Event]()
    for event in events:
        found.append(event)
        change = _changed(event)
        if change is None or change in told:
            continue
        told.add(change)
        node, jid, number = change
        left -= len(rooms[node])
        unseen = (room for room in rooms[node] if left >= 0 and (room, jid) not in seen)
        places = tuple(_moved(unseen, jid, view, after))
        if places:
            found.append(Trickled(node=node, jid=jid, number=number, rooms=places))
    return tuple(found)


def _below(node: NodeId, tracked: Mapping[NodeId, Collection[NodeId]], view: View) -> list[NodeId]:
    """Of rooms by their parents, those that are in a node."""
    return [
        room
        for parent, rooms in tracked.items()
        if node in view.chain(parent)
        for room in rooms
        if node in view.chain(room)[1:]
    ]


def _changed(event: Event) -> tuple[NodeId, JID, int] | None:
    """Whose standing an event changes, where, and the number of it."""
    match event:
        case AffiliationChanged(node=node, jid=jid, moved=moved) if moved is not None:
            return node, jid, moved.number
        case SubscriptionChanged(node=node, subscriber=jid, moved=moved) if moved is not None:
            return node, jid.bare, moved.number
        case _:
            return None


def _shown(event: Event) -> JID | None:
    """Who is shown to a room as what they are now, as they follow from a change; else None."""
    match event:
        case StandingChanged(occupant=jid, change=change) if change is not None:
            return jid.bare
        case SubscriptionChanged(subscriber=jid, change=change) if change is not None:
            return jid.bare
        case _:
            return None


def _moved(
    rooms: Iterable[NodeId], jid: JID, view: View, after: View
) -> Iterator[tuple[NodeId, Affiliation, Affiliation]]:
    """The rooms where an entity is something else afterwards."""
    for room in rooms:
        was, now = view.affiliation(room, jid), after.affiliation(room, jid)
        if was is not now and after.config(room) is not None:
            yield room, was, now
