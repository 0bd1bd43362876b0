"""One entity in all rooms of a space: the door, and what it said (docs/extensions/moderation.md).

Each room is judged by its own rules as well: where a room takes nothing from the space, its staff
have no say there, and nothing happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.decide.affiliations import REASON_CHARS_MAX
from folkmoot.engine.decide.occupants import left
from folkmoot.engine.decide.retractions import moderated
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Cause, Event
from folkmoot.engine.identity import occupant_id
from folkmoot.engine.model import Item, Mark, NodeId, Retraction
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import Dismiss, TakeBack
from folkmoot.engine.space_events import Matter, Moderated
from folkmoot.engine.store import Edge, ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

TAKEN_BACK_MAX: Final = 100
"""How many messages one command takes back: each is told to a whole room."""

LOOKED_AT_MAX: Final = 1_000
"""How many messages one command looks at, whoever wrote them."""

ROOMS_LOOKED_AT_MAX: Final = 20
"""Into how many archives one command looks."""


def dismiss(command: Dismiss, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Somebody leaves every room of a space; costs what they are in, however many rooms it has."""
    space, jid = command.node, command.jid.bare
    _hold(command, view)
    places = [each for each in view.subscribed(jid) if each.service == view.services.rooms]
    view.require(places)
    rooms = sorted((each for each in places if space in view.chain(each)[1:]), key=str)
    events: list[Event] = []
    touched = 0
    for record in _moderated(rooms, command.actor, jid, view):
        held = [record.subscriptions[each] for each in record.addresses(jid)]
        gone = [
            left(record.id, each, command.actor, Cause.KICKED, reason=command.reason)
            for each in held
            if each.occupant is not None
        ]
        events.extend(gone)
        touched += bool(gone)
    if not events:
        raise Refused(Reason.NOT_IN_ROOM)
    return (
        *events,
        Moderated(
            node=space,
            jid=jid,
            by=command.actor,
            matter=Matter.KICK,
            rooms=touched,
            reason=command.reason,
        ),
    )


def take_back(command: TakeBack, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Tombstones for what somebody said, from new to old, room by room, within bounds.

    The last event says where another command has to go on.
    """
    space, jid = command.node, command.jid.bare
    _hold(command, view)
    start = command.start
    if start is None:
        start = Mark(0.0 if command.within is None else stamp.at - command.within)
    rooms = sorted(
        each
        for each in view.below(space)
        if each.service == view.services.rooms and each.name >= start.room
    )
    view.require(rooms)
    found, stopped = _said(rooms, command, start, view)
    events = [
        event
        for number, (room, item) in enumerate(found, 1)
        for event in _taken_back(room, item, f"{stamp.id}-{number}", command, view, stamp)
    ]
    return (
        *events,
        Moderated(
            node=space,
            jid=jid,
            by=command.actor,
            matter=Matter.RETRACTION,
            rooms=len({room.id for room, _ in found}),
            messages=len(found),
            reason=command.reason,
            next=stopped,
        ),
    )


def _hold(command: Dismiss | TakeBack, view: View) -> None:
    """Nothing, where an actor may moderate an entity in a space."""
    space = command.node
    if not view.found(space).config.is_space:
        raise Refused(Reason.NODE_NOT_FOUND)
    if len(command.reason) > REASON_CHARS_MAX:
        raise Refused(Reason.PAYLOAD_TOO_BIG, "reason")
    standing = view.affiliation(space, command.actor), view.affiliation(space, command.jid)
    if reason := access.refuses_stewardship(*standing):
        raise Refused(reason)


def _moderated(rooms: Iterable[NodeId], actor: JID, jid: JID, view: View) -> Iterator[Node]:
    """Those rooms in which the actor may moderate the entity."""
    for room in rooms:
        standing = view.affiliation(room, actor), view.affiliation(room, jid)
        if access.refuses_stewardship(*standing) is None:
            yield view.found(room)


def _said(
    rooms: list[NodeId], command: TakeBack, start: Mark, view: View
) -> tuple[list[tuple[Node, Item]], Mark | None]:
    """What an entity said, as far as a command goes, and where it stops; None: at the end."""
    jid = command.jid.bare
    found: list[tuple[Node, Item]] = []
    looked_at = archives = 0
    for room in _moderated(rooms, command.actor, jid, view):
        before = start.before if start.room == room.id.name else ""
        while True:
            if archives == ROOMS_LOOKED_AT_MAX or looked_at >= LOOKED_AT_MAX:
                return found, start._replace(room=room.id.name, before=before)
            page = _page(room.id, before, LOOKED_AT_MAX - looked_at, view)
            archives += 1
            for item in reversed(page):
                if item.published < start.since:
                    break
                if len(found) == TAKEN_BACK_MAX:
                    return found, start._replace(room=room.id.name, before=before)
                looked_at, before = looked_at + 1, item.id
                if item.publisher.bare == jid and item.nick and item.retraction is None:
                    found.append((room, item))
            else:
                if page:
                    continue  # pages are bounded otherwise as well
            break
    return found, None


def _page(room: NodeId, before: str, limit: int, view: View) -> tuple[Item, ...]:
    """The newest messages, or those before one; if that is gone meanwhile, the newest again."""
    query = ItemQuery(node=room, edge=Edge.NEWEST, before=before, limit=limit, counted=False)
    page = view.page(query)
    return page.items if page.found else _page(room, "", limit, view)


def _taken_back(
    room: Node, item: Item, id: str, command: TakeBack, view: View, stamp: Stamp
) -> tuple[Event, ...]:
    retraction = Retraction(
        at=stamp.at,
        id=id,
        moderator=occupant_id(room, command.actor, view),
        nick=room.nick(command.actor),
        reason=command.reason,
    )
    return moderated(room, item, retraction, command.actor, command.notice)
