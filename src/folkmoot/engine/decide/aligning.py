"""What rooms abroad are to have of a space's people (docs/extensions/sync.md).

A room abroad is one of a conference service elsewhere. What it should have is written down in the
batch that changes the space, so nothing is forgotten; what is then asked of it, and when, is not
the engine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.events import (
    AffiliationChanged,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
)
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.room_commands import Align
from folkmoot.engine.space_events import PeopleWished, RoomListed, RoomUnlisted, StandingWished
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

PEOPLE_PER_PAGE_MAX: Final = 500
"""Of how many people one command finds what a room is to have."""

ALL_PEOPLE: Final = "\U0010ffff"
"""What follows every JID: the mark of a room for which all people have been gone through."""


def align(command: Align, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """What a room is to have of the next page of a space's people, if it is still listed there."""
    space, room = command.node, command.room
    if room not in rooms_abroad(view, space):
        return ()
    ahead = (jid for jid in _people(view, space) if str(jid) > command.after)
    page = nsmallest(PEOPLE_PER_PAGE_MAX, ahead, key=str)
    last = ALL_PEOPLE if len(page) < PEOPLE_PER_PAGE_MAX else str(page[-1])
    wishes = ((jid, access.in_room(view.affiliation(space, jid))) for jid in page)
    return (
        *(
            StandingWished(node=space, room=room, jid=jid, wanted=wanted)
            for jid, wanted in wishes
            if wanted is not Affiliation.NONE
        ),
        PeopleWished(node=space, room=room, last=last),
    )


def _people(view: View, space: NodeId) -> dict[JID, None]:
    """Everyone of whom a space, or one it is in, says something."""
    found: dict[JID, None] = {}
    for node in view.chain(space):
        record = view.found(node)
        found.update(dict.fromkeys(record.affiliations))
        found.update((jid.bare, None) for jid in record.subscriptions)
    return found


def rooms_abroad(view: View, space: NodeId) -> frozenset[JID]:
    """The rooms of other services that a space of ours lists; none of any other node."""
    config = view.config(space)
    if space.service != view.services.pubsub or config is None or not config.is_space:
        return frozenset()
    beyond = view.listed_beyond(space, view.services.rooms)
    return frozenset(each.service for each in beyond if not each.name)


def wished(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """What follows from events for rooms abroad, to be kept along with them."""
    told = [event for event in events if event.node.service == view.services.pubsub]
    if not told:
        return ()
    people: dict[NodeId, dict[JID, None]] = {}
    changed: dict[NodeId, JID] = {}
    for event in told:
        match event:
            case AffiliationChanged(node=node, jid=jid):
                people.setdefault(node, {})[jid] = None
            case SubscriptionChanged(node=node, subscriber=jid):
                people.setdefault(node, {})[jid.bare] = None
            case ItemPublished(node=node, item=item) if view.relists(event):
                changed[node] = item.publisher.bare
            case ItemsRetracted(node=node, by=by) | NodePurged(node=node, by=by):
                if view.relists(event):
                    changed[node] = by.bare
            case NodeConfigured(node=node, by=by) | NodeDeleted(node=node, by=by):
                changed[node] = by.bare
            case _:
                pass
    if not people and not changed:
        return ()
    after = view.supposing(events)
    anew = dict.fromkeys(_moved(changed, view, after))
    wishes: list[Event] = [*_relisted(changed, view, after)]
    listed = {(event.node, event.room) for event in wishes if isinstance(event, RoomListed)}
    for space in anew:
        for room in sorted(rooms_abroad(view, space) & rooms_abroad(after, space)):
            wishes.append(RoomListed(node=space, room=room))
            listed.add((space, room))
    for node, jids in people.items():
        for space in _spaces_below(node, after):
            for room in sorted(rooms_abroad(after, space)):
                if (space, room) not in listed:
                    wishes.extend(_wishes(space, room, jids, view, after))
    return tuple(wishes)


def _wishes(
    space: NodeId, room: JID, jids: dict[JID, None], view: View, after: View
) -> Iterator[StandingWished]:
    """Those of some people who are something else in a space's rooms now."""
    for jid in jids:
        wanted = access.in_room(after.affiliation(space, jid))
        if wanted is not access.in_room(view.affiliation(space, jid)):
            yield StandingWished(node=space, room=room, jid=jid, wanted=wanted)


def _relisted(nodes: dict[NodeId, JID], view: View, after: View) -> Iterator[Event]:
    """Rooms that come and go. nodes: with who changed each, which one command does alone."""
    for node, by in nodes.items():
        before, now = rooms_abroad(view, node), rooms_abroad(after, node)
        for room in sorted(before - now):
            yield RoomUnlisted(node=node, room=room)
        for room in sorted(now - before):
            yield RoomListed(node=node, room=room, by=by)


def _moved(nodes: Iterable[NodeId], view: View, after: View) -> Iterator[NodeId]:
    """The spaces that are in others than before, as far down as there are spaces."""
    for node in nodes:
        touched = (node, *sorted(view.relisted(node, after), key=str))
        for each in touched:
            ours = each.service == view.services.pubsub
            if ours and view.chain(each)[1:] != after.chain(each)[1:]:
                yield from _spaces_below(each, after)


def _spaces_below(space: NodeId, view: View) -> Iterator[NodeId]:
    """A node, and the spaces in it; no room is looked at."""
    level = [space]
    seen = {space}
    while level:
        yield from level
        inner = [
            child
            for parent in level
            for child in view.listed_beyond(parent, view.services.rooms)
            if child.service == view.services.pubsub and view.chain(child)[1:2] == (parent,)
        ]
        level = [child for child in dict.fromkeys(inner) if child not in seen]
        seen.update(level)
