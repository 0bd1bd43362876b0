"""A space and its rooms made of an export: all of it, or nothing (docs/extensions/export.md).

Rooms are made first, and are locked: nobody sees them, and an import that comes again takes their
place. Then one command makes the space with all that is in it and opens the rooms. So whatever
happens, nobody meets half a space.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from contextlib import suppress
from dataclasses import replace
from typing import Final

from folkmoot.admin import AdminError
from folkmoot.engine import account_questions
from folkmoot.engine.commands import Delete, Restore
from folkmoot.engine.decide import Stamp, decide
from folkmoot.engine.decide.restoring import hold_bounds
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import Affiliation, Item, NodeId
from folkmoot.engine.view import View
from folkmoot.facades.form_table import Row, var_of
from folkmoot.facades.muc.config import ROWS as ROOM_ROWS
from folkmoot.facades.pubsub.config import ROWS as NODE_ROWS
from folkmoot.facades.spaces import BOOKMARKS, listed
from folkmoot.spaces.document import PART_ROWS_MAX, Part
from folkmoot.spaces.ground import Arguments, Ground, Message, said
from folkmoot.spaces.mistakes import Mistakes
from folkmoot.spaces.plan import Move, Plan, among_few, published
from folkmoot.spaces.reading import (
    NOBODY,
    SPACE_CHARS_MAX,
    SPACE_PEOPLE_MAX,
    Place,
    read_affiliations,
    read_history,
    read_items,
    read_rooms,
    read_services,
    read_space,
    read_subscriptions,
)
from folkmoot.xmpp.jid import JID

_SETTINGS: Final = frozenset(row.setting for row in (*NODE_ROWS, *ROOM_ROWS))

ROWS_AT_ONCE_MAX: Final = 50
"""How many rows of a room are restored before others have their turn."""

NOTES_MAX: Final = 100
"""How many links that stay links are told one by one."""


def _decided(view: View, command: Restore) -> None:
    """Nothing, where the command would be carried out. Raises Refused."""
    decide(command, view, Stamp(0.0, "-"))  # which no rule of it looks at


class Import:
    """One import, as its parts come. Each has an answer; what is made is unmade by `undo`."""

    def __init__(self, ground: Ground, arguments: Arguments) -> None:
        self._ground = ground
        self._arguments = arguments
        self._mistakes = Mistakes()
        self._plan: Plan | None = None
        self._ready = False
        self._at: Place | None = None
        self._made: list[NodeId] = []
        self.done = False

    async def take(self, part: Part) -> Message:
        """What there is to say of one part. Raises AdminError, Refused: it is time to undo."""
        match part:
            case {"plan": plan} if self._plan is None:
                self._plan = await self._read_plan(plan)
                self._at = self._plan.space if self._plan else None
            case {"rows": [str(name), rows]} if self._plan and self._at:
                await self._take_rows(self._plan, self._at, name, rows)
            case {"ready": True} if self._plan and not self._ready:
                return await self._begin(self._plan)
            case {"fill": str(room)} if self._plan and self._ready:
                self._at = self._plan.rooms[room]
            case {"end": True} if self._plan and self._ready:
                return await self._end(self._plan)
            case _ if not self._mistakes:
                raise AdminError("the server cannot read this part: is it another version?")
        return {"problems": self._mistakes.lines()} if self._mistakes else {}

    async def undo(self) -> None:
        """Unmake the rooms that were made, unless the space is there: then all is well."""
        if self._plan is None or self.done:
            return
        while self._made:
            with suppress(Refused):  # somebody was faster
                gone = Delete(actor=self._plan.owner, node=self._made.pop())
                await self._ground.engine.run(gone)

    # --- the plan, and what of it is wrong

    async def _read_plan(self, plan: object) -> Plan | None:
        mistakes = self._mistakes
        table = mistakes.table(plan, "", ("services", "space", "rooms"))
        if table is None:
            return None
        old = read_services(table["services"], mistakes)
        space = read_space(table["space"], mistakes)
        rooms = {room.node: room for room, _ in read_rooms(table["rooms"], mistakes)}
        if old is None or space is None:
            return None
        key = self._arguments.get("as") or space.node
        move = Move(old, self._ground.engine.services, (space.node, key))
        return Plan(NOBODY, move, space, rooms)

    async def _owner(self, plan: Plan) -> JID:
        """In whose name: as it is asked, or the first owner who has an account here."""
        if "owner" in self._arguments:
            return await self._ground.account(self._arguments["owner"])
        owners = [jid for jid, row in plan.affiliations.items() if row is Affiliation.OWNER]
        for jid in owners:
            if await self._ground.engine.ask(account_questions.is_account, jid):
                return jid
        raise AdminError("no owner of the space has an account here: name one with --owner")

    async def _begin(self, plan: Plan) -> Message:
        """Everything is looked at before anything is made."""
        try:
            plan.owner = await self._owner(plan)
        except AdminError as error:
            self._mistakes.add("space.affiliations", str(error))
            return {"problems": self._mistakes.lines(), "notes": []}
        left = [room async for room in _in_turns(plan.rooms) if await self._is_left(plan, room)]
        if "check" not in self._arguments:
            while left:
                gone = Delete(actor=plan.owner, node=plan.room(left.pop().node))
                await self._ground.engine.run(gone)
        await self._look(plan, left)
        notes = await self._notes(plan)
        if self._mistakes or "check" in self._arguments:
            return {"problems": self._mistakes.lines(), "notes": notes}
        async for room in _in_turns(plan.rooms):
            await self._ground.engine.run(plan.restores(room))
            self._made.append(plan.room(room.node))
        self._ready = True
        return {"notes": notes}

    async def _is_left(self, plan: Plan, room: Place) -> bool:
        """Whether a room is all that is left of an import in the middle of which a server ended."""
        record = await self._ground.engine.ask(View.node, plan.room(room.node))
        if record is None or await self._ground.engine.ask(View.config, plan.node) is not None:
            return False
        config = record.config
        locked = config.room is not None and config.room.locked and not record.subscriptions
        owned = record.affiliations.get(plan.owner) is Affiliation.OWNER
        return locked and owned and config.parent == plan.node  # no client can lock such a room

    async def _look(self, plan: Plan, left: Collection[Place]) -> None:
        """Note why any of it would be refused: each room alone, then all of it together.

        left: rooms that would make way.
        """
        self._hold_distinct(plan)
        rooms = {each.path: plan.restores(each) for each in plan.rooms.values()}
        async for place in _in_turns(plan.rooms):
            if place not in left:
                await self._try(rooms[place.path], place, ROOM_ROWS)
        space = plan.restores_all()
        await self._try(space, plan.space, NODE_ROWS, hold_bounds)
        for some in among_few(space):
            await asyncio.sleep(0)
            if not await self._try(some, plan.space, NODE_ROWS):
                break
        if not self._mistakes and not left:
            space = plan.restores_all(opens=True)
            space = replace(space, affiliations={}, subscriptions=(), beside=tuple(rooms.values()))
            await self._try(space, plan.space, NODE_ROWS)

    async def _try(
        self,
        command: Restore,
        place: Place,
        rows: Sequence[Row],
        question: Callable[[View, Restore], None] = _decided,
    ) -> bool:
        """Whether it would be carried out; why it would not is noted."""
        try:
            await self._ground.engine.ask(question, command)
        except Refused as refused:
            path = place.path
            if refused.reason is Reason.NODE_EXISTS:
                path = f"{path}.node"
            elif refused.detail in _SETTINGS:
                path = f"{path}.config.{var_of(rows, refused.detail)}"
            self._mistakes.add(path, said(refused))
            return False
        return True

    def _hold_distinct(self, plan: Plan) -> None:
        """Nothing, where no two items have one id here."""
        ids: set[str] = set()
        for number, item in enumerate(plan.items):
            if item.id in ids:
                self._mistakes.add(f"space.items[{number}].id", f"{item.id} is there twice, then")
            ids.add(item.id)

    async def _notes(self, plan: Plan) -> list[str]:
        """What stays a link: it is not in the file, and is not here."""
        notes: list[str] = []
        services = plan.move.new
        for item in plan.items:
            node = listed(item.id, item.payload, services)
            if _is_room(item) and (node is None or not node.name):
                notes.append(f"{item.id} is a room of another service: it stays a link")
            elif node is not None and not await self._here(plan, node):
                notes.append(f"{node.name} of {node.service} is not in the file: it stays a link")
        parent = plan.move.settings(plan.space.settings).get("parent")
        if isinstance(parent, NodeId) and not await self._here(plan, parent):
            notes.append(f"the space above, {parent.name} of {parent.service}, is not here")
        more = len(notes) - NOTES_MAX
        return [*notes[:NOTES_MAX], f"and {more} more"] if more > 0 else notes

    async def _here(self, plan: Plan, node: NodeId) -> bool:
        if node.service == plan.move.new.rooms and node.name in plan.rooms:
            return True
        return await self._ground.engine.ask(View.config, node) is not None

    # --- what a space and its rooms have many of

    async def _take_rows(self, plan: Plan, at: Place, name: str, rows: object) -> None:
        mistakes = self._mistakes
        if isinstance(rows, list) and len(rows) > PART_ROWS_MAX:
            raise AdminError(f"more than {PART_ROWS_MAX} rows in one part")
        if at is not plan.space:
            await self._fill(plan, at, name, rows)
        elif self._ready:
            raise AdminError("the space is complete already")
        elif name == "affiliations":
            plan.affiliations |= read_affiliations(rows, at, mistakes)
        elif name == "subscriptions":
            plan.subscriptions += read_subscriptions(rows, at, mistakes)
        elif name == "items":
            plan.items += map(plan.move.item, read_items(rows, at, mistakes))
            if at.chars > SPACE_CHARS_MAX:
                raise AdminError("the items of the space are too much")
        else:
            raise AdminError(f"a space has no {name}")
        if max(len(plan.affiliations), len(plan.subscriptions)) > SPACE_PEOPLE_MAX:
            raise AdminError("the people of the space are too many")

    async def _fill(self, plan: Plan, room: Place, name: str, rows: object) -> None:
        """More of a room that is made, and still locked."""
        command = Restore(actor=plan.owner, node=plan.room(room.node))
        commands: list[Restore] = []
        for some in _sliced(rows):
            await asyncio.sleep(0)
            if name == "affiliations":
                found = read_affiliations(some, room, self._mistakes)
                commands.append(replace(command, affiliations=found))
            elif name == "history":
                history = read_history(some, room, self._mistakes)
                items = tuple((published(item, plan.owner), None) for item in history)
                room.ids.clear()  # held distinct by who sends them; here they would be too many
                commands.append(replace(command, items=items))
            else:
                raise AdminError(f"a room has no {name}")
        if self._mistakes:
            raise AdminError("; ".join(self._mistakes.lines()))
        for command in commands:
            await asyncio.sleep(0)
            await self._ground.engine.run(command)
        await self._ground.engine.settled()

    async def _end(self, plan: Plan) -> Message:
        await self._ground.engine.run(plan.restores_all(opens=True))
        self.done = True
        await self._ground.engine.settled()
        return {"key": plan.node.name, "owner": str(plan.owner), "rooms": len(plan.rooms)}


def _sliced(rows: object) -> Sequence[object]:
    """Rows, so many at a time; what are no rows at all is left as it is, to be told so."""
    if not isinstance(rows, list):
        return (rows,)
    return [rows[at : at + ROWS_AT_ONCE_MAX] for at in range(0, len(rows), ROWS_AT_ONCE_MAX)]


async def _in_turns(rooms: Mapping[str, Place]) -> AsyncIterator[Place]:
    """One room after another; others have their turn before each."""
    for room in rooms.values():
        await asyncio.sleep(0)
        yield room


def _is_room(item: Item) -> bool:
    payload = item.payload
    return payload is not None and (payload.ns, payload.name) == (BOOKMARKS, "conference")


async def imported(
    ground: Ground, arguments: Arguments, parts: AsyncIterator[Part]
) -> AsyncGenerator[Message, None]:
    """An answer to each part; where it breaks off before its end, nothing is left of it."""
    work = Import(ground, arguments)
    try:
        async for part in parts:
            yield await work.take(part)
            if work.done:
                return
    finally:
        await work.undo()
