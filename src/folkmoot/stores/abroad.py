"""Rooms abroad in a database: what is wished for them, a queue that outlives the process.

The engine's batches write wishes; here is what a visit of a room reads and writes. Each change is a
transaction of its own. All raise StoreFailed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from folkmoot.engine.abroad import Counted, RoomAbroad, Wish
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.stores.codec import Row, Value
from folkmoot.stores.database import Database
from folkmoot.stores.statements import abroad as statements
from folkmoot.xmpp.jid import JID

Remembered = tuple[Wish, Affiliation | None, Affiliation | None, Affiliation | None]
"""A wish as it was read, and what to remember: given, giving and had (see `Wish`)."""


class Abroad:
    """The queue of what is to be asked of rooms abroad.

    stirred: set whenever there may be something new to do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.stirred = asyncio.Event()

    async def due(self, at: float, limit: int) -> tuple[RoomAbroad, ...]:
        """Rooms with something to do at a time, longest due first."""
        return self._rooms(statements.ROOMS_DUE, {"at": at, "limit": limit})

    async def pending(self) -> bool:
        """Whether there is anything to do, now or later."""
        with self._database.reading() as reader:
            return bool(reader.execute(statements.PENDING).fetchone()[0])

    async def room(self, room: JID) -> RoomAbroad | None:
        """A room; None where nothing is known of it."""
        found = self._rooms(statements.ROOM_ABROAD, {"room": str(room)})
        return found[0] if found else None

    async def rooms(self, after: str, limit: int) -> tuple[RoomAbroad, ...]:
        """Rooms whose JIDs follow a text, by JID."""
        return self._rooms(statements.ROOMS, {"after": after, "limit": limit})

    async def rooms_of(self, space: NodeId) -> tuple[RoomAbroad, ...]:
        """The rooms of a space, those that it lists no longer among them."""
        return self._rooms(statements.ROOMS_OF, {"service": str(space.service), "name": space.name})

    async def wishes(self, room: JID, at: float, limit: int) -> tuple[Wish, ...]:
        """Wishes to be tried at a time, longest due first."""
        row: Row = {"room": str(room), "at": at, "limit": limit}
        return self._wishes(statements.WISHES_DUE, row)

    async def failing(self, room: JID, limit: int) -> tuple[Wish, ...]:
        """Wishes that have failed, those that did most often in a row first."""
        return self._wishes(statements.WISHES_FAILED, {"room": str(room), "limit": limit})

    async def count(self, room: JID) -> Counted:
        """How many wishes for a room stand how."""
        with self._database.reading() as reader:
            row = reader.execute(statements.COUNT_WISHES, {"room": str(room)}).fetchone()
        return Counted(*row)

    async def known(self, room: JID) -> frozenset[JID]:
        """Everyone for whom there is a wish."""
        with self._database.reading() as reader:
            rows = reader.execute(statements.WISHED_OF, {"room": str(room)}).fetchall()
        return frozenset(JID.parse(jid) for (jid,) in rows)

    async def own(self, room: JID, jid: JID) -> Affiliation | None:
        """What a room said of its own of somebody we gave something; None of anybody else."""
        with self._database.reading() as reader:
            found = reader.execute(statements.OWN, {"room": str(room), "jid": str(jid)}).fetchone()
        return None if found is None or found[0] is None else Affiliation(found[0])

    async def intend(self, intended: Sequence[Remembered]) -> None:
        """Remember what is about to be given: if the process ends now, it may have been."""
        await self._write((statements.INTEND, [_row(each) for each in intended]))

    async def settle(self, room: JID, met: Sequence[Remembered]) -> None:
        """Wishes are met, those at least that are the latest; what need not be kept goes."""
        at: Row = {"room": str(room)}
        await self._write(
            (statements.SETTLE_WISH, [_row(each) for each in met]),
            (statements.DROP_SETTLED, [at]),
            (statements.SETTLE_ROOM, [at]),
            (statements.ROOM_IN_LINE, [at]),
            (statements.DROP_ROOM, [at]),
        )

    async def fail(self, wish: Wish, due: float, reason: str) -> None:
        """A wish was refused, so nothing has changed. due: when to try again."""
        row = _row((wish, None, None, None)) | {"due": due, "reason": reason}
        await self._write((statements.NOT_GIVEN, [row]), (statements.FAIL_WISH, [row]))

    async def fail_room(self, room: JID, due: float, reason: str) -> None:
        """A room cannot be seen to. due: when to try again."""
        row: Row = {"room": str(room), "due": due, "reason": reason}
        await self._write((statements.FAIL_ROOM, [row]))

    async def all_aligned(self, room: JID, last: str) -> None:
        """All of a space's people have been gone through, unless it has begun again since."""
        await self._write((statements.ALL_ALIGNED, [{"room": str(room), "last": last}]))

    async def forget(self, room: JID) -> None:
        """A room that is listed no longer is gone, with all that it was given."""
        at: Row = {"room": str(room)}
        await self._write((statements.FORGET_WISHES, [at]), (statements.DROP_ROOM, [at]))

    async def told(self, room: JID) -> None:
        """The owners of the space know that something keeps failing."""
        await self._write((statements.TOLD_OWNERS, [{"room": str(room)}]))

    async def retry(self, room: JID) -> None:
        """Try everything again at once."""
        at: Row = {"room": str(room)}
        await self._write((statements.RETRY_ROOM, [at]), (statements.RETRY_WISHES, [at]))
        self.stirred.set()

    async def _write(self, *steps: tuple[str, list[Row]]) -> None:
        async with self._database.writing() as writer:
            for statement, rows in steps:
                writer.executemany(statement, rows)

    def _rooms(self, statement: str, row: Row) -> tuple[RoomAbroad, ...]:
        with self._database.reading() as reader:
            rows = reader.execute(statement, row).fetchall()
        return tuple(
            RoomAbroad(
                room=JID.parse(room),
                space=NodeId(JID.parse(service), name),
                by=JID.parse(lister),
                listed=bool(listed),
                last=last,
                tries=tries,
                due=due,
                reason=reason,
                told=bool(told),
            )
            for room, service, name, lister, listed, last, tries, due, reason, told in rows
        )

    def _wishes(self, statement: str, row: Row) -> tuple[Wish, ...]:
        with self._database.reading() as reader:
            rows = reader.execute(statement, row).fetchall()
        return tuple(
            Wish(
                room=JID.parse(room),
                jid=JID.parse(jid),
                wanted=Affiliation(wanted),
                given=None if given is None else Affiliation(given),
                giving=None if giving is None else Affiliation(giving),
                had=None if had is None else Affiliation(had),
                tries=tries,
                due=due,
                reason=reason,
            )
            for room, jid, wanted, given, giving, had, tries, due, reason in rows
        )


def _row(remembered: Remembered) -> dict[str, Value]:
    wish, given, giving, had = remembered
    return {
        "room": str(wish.room),
        "jid": str(wish.jid),
        "wanted": wish.wanted.value,
        "given": None if given is None else given.value,
        "giving": None if giving is None else giving.value,
        "had": None if had is None else had.value,
    }
