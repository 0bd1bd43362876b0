"""Rooms of other services, and whether they are in line (docs/extensions/sync.md)."""

from __future__ import annotations

from typing import Final

from folkmoot.engine.abroad import RoomAbroad
from folkmoot.spaces.ground import Arguments, Ground, Message
from folkmoot.stores.abroad import Abroad
from folkmoot.xmpp.dates import format_date

ROOMS_SHOWN_MAX: Final = 1_000
"""How many rooms abroad one answer tells of."""

PEOPLE_SHOWN_MAX: Final = 100
"""And of each, how many people whom it refuses."""


async def sync(ground: Ground, abroad: Abroad, arguments: Arguments) -> Message:
    """How far rooms abroad are in line; with `now` everything is tried again at once."""
    if key := arguments.get("key"):
        rooms = await abroad.rooms_of(ground.node(key))
        if not rooms:  # those of a space that is deleted are shown until all is taken back
            await ground.space(arguments)
    else:
        rooms = await abroad.rooms("", ROOMS_SHOWN_MAX)
    if arguments.get("now"):
        for room in rooms:
            await abroad.retry(room.room)
    return {"rooms": [await _told(abroad, room) for room in rooms]}


async def _told(abroad: Abroad, room: RoomAbroad) -> Message:
    count = await abroad.count(room.room)
    failing = await abroad.failing(room.room, PEOPLE_SHOWN_MAX)
    if room.tries or count.failing:
        state = "failing"
    elif room.last is not None or count.waiting:
        state = "waiting"
    else:
        state = "in line"
    return {
        "room": str(room.room),
        "space": room.space.name,
        "listed": room.listed,
        "state": state,
        "met": count.met,
        "waiting": count.waiting,
        "failing": count.failing,
        "reason": room.reason,
        "next": format_date(room.due) if room.tries else None,
        "people": [
            {
                "jid": str(each.jid),
                "wanted": each.wanted.value,
                "tries": each.tries,
                "reason": each.reason,
                "next": format_date(each.due),
            }
            for each in failing
        ],
    }
