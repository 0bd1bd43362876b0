"""What a change in a space comes to in its rooms, for those who keep track: XEP-0463 0.2.0, §5.2.2.

Who is in a room hears by presence what becomes of others there. Of somebody who is not, those
alone are told who entered with a version, or to ask for one: in most rooms nobody. So no more than
the rooms that have such occupants is looked at, however many there are in the space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from folkmoot.engine.events import AffiliationChanged, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.room_events import StandingChanged, Trickled
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

LOOKS_MAX: Final = 10_000
"""How many changes one command has told, counted in each room. Of what is more, a client finds by
the next version that it does not know of it."""


def trickled(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """The same events, each numbered change with what it comes to below right behind it."""
    rooms = view.tracked()
    if not rooms or not any(_changed(event) for event in events):
        return tuple(events)
    after = view.supposing(events)
    seen = {(event.node, jid) for event in events if (jid := _shown(event)) is not None}
    below: dict[NodeId, list[NodeId]] = {}
    told: set[tuple[NodeId, JID, int]] = set()
    left, found = LOOKS_MAX, list[Event]()
    for event in events:
        found.append(event)
        change = _changed(event)
        if change is None or change in told:
            continue
        told.add(change)
        node, jid, number = change
        if node not in below:
            below[node] = [each for each in rooms if _is_below(each, node, view, after)]
        left -= len(below[node])
        unseen = (room for room in below[node] if left >= 0 and (room, jid) not in seen)
        places = tuple(_moved(unseen, jid, view, after))
        if places:
            found.append(Trickled(node=node, jid=jid, number=number, rooms=places))
    return tuple(found)


def _is_below(room: NodeId, node: NodeId, view: View, after: View) -> bool:
    return node in view.chain(room)[1:] and after.config(room) is not None


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
        if was is not now:
            yield room, was, now
