"""Keeping rooms abroad in line, in the background: visits that are due, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from folkmoot.abroad.schedule import FAILURES_UNTOLD_MAX, Pace, next_visits, retry_seconds
from folkmoot.abroad.visit import NotAgreed, Policy, Refusal, Visit
from folkmoot.asking import Asking, Unreachable
from folkmoot.engine.abroad import RoomAbroad
from folkmoot.engine.decide.aligning import ALL_PEOPLE
from folkmoot.engine.engine import Engine
from folkmoot.engine.room_commands import Align
from folkmoot.engine.store import StoreFailed
from folkmoot.engine.view import View
from folkmoot.facades.facade import Answer, Outgoing, Reach
from folkmoot.stores.abroad import Abroad
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Element

ROOMS_LOOKED_AT_MAX: Final = 1_000
"""How many rooms that are due one turn looks at."""

LOOK_SECONDS: Final = 1.0
"""How often somebody looks whether it is time to try again, while anything waits for that."""

log = structlog.get_logger()


class Tending:
    """What sees to rooms abroad.

    now: seconds since 1970. chance: gives a number from 0 to 1.
    """

    def __init__(
        self,
        engine: Engine[Outgoing | Answer],
        abroad: Abroad,
        asking: Asking,
        now: Callable[[], float],
        chance: Callable[[], float],
        policy: Policy,
        pace: Pace | None = None,
    ) -> None:
        self._engine = engine
        self._abroad = abroad
        self._asking = asking
        self._now = now
        self._chance = chance
        self._policy = policy
        self._pace = pace or Pace()

    async def run(self) -> None:
        """See to rooms as they are due, until cancelled."""
        visits: dict[JID, asyncio.Task[None]] = {}
        try:
            while True:
                self._abroad.stirred.clear()
                visits = {room: task for room, task in visits.items() if not task.done()}
                try:
                    await self._begin(visits)
                    waits = bool(visits) or await self._abroad.pending()
                except StoreFailed:
                    log.exception("the store does not say what is due abroad; asked again later")
                    waits = True
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS if waits else None):
                        await self._abroad.stirred.wait()
        finally:
            for task in visits.values():
                task.cancel()
            await asyncio.gather(*visits.values(), return_exceptions=True)

    async def _begin(self, visits: dict[JID, asyncio.Task[None]]) -> None:
        """Begin the visits that are due, beside those under way."""
        due = await self._abroad.due(self._now(), ROOMS_LOOKED_AT_MAX)
        for room in next_visits(due, visits):
            visits[room.room] = task = asyncio.create_task(self._seen_to(room))
            task.add_done_callback(lambda _: self._abroad.stirred.set())

    async def _seen_to(self, room: RoomAbroad) -> None:
        try:
            await self.see_to(room)
        except StoreFailed:
            log.exception("what came of a visit abroad was not kept", room=str(room.room))
            await asyncio.sleep(LOOK_SECONDS)  # the room is still due

    async def see_to(self, room: RoomAbroad) -> None:
        """Visit a room that is due, and remember what came of it."""
        try:
            for refusal in await self._visit(room):
                await self._refused(refusal)
        except NotAgreed as error:
            await self._failed(room, str(error))
        except Unreachable as error:
            await self._failed(room, f"not reached: {error}")
        except StanzaError as error:
            if error.condition == "item-not-found" and not room.listed:
                await self._abroad.forget(room.room)  # nothing is left to be taken back
                return
            await self._failed(room, f"the room says {error}")
        except Exception:  # a bug: the other rooms are seen to all the same
            log.exception("a visit met a bug", room=str(room.room))
            await self._failed(room, "an error of this server, which its log has")
        await self._complain(room)

    async def _visit(self, room: RoomAbroad) -> list[Refusal]:
        if room.listed and room.last is not None and room.last != ALL_PEOPLE:
            command = Align(
                actor=self._asking.sender, node=room.space, room=room.room, after=room.last
            )
            await self._engine.run(command)
            await self._engine.settled()
            found = await self._abroad.room(room.room)
            if found is not None and found.last == room.last:  # the space does not say so any more
                await self._abroad.all_aligned(room.room, room.last)
            return []
        visit = Visit(room, self._abroad, self._asking, self._pace, self._policy)
        return await visit.make(self._now())

    async def _refused(self, refusal: Refusal) -> None:
        wish = refusal.wish
        due = self._now() + retry_seconds(wish.tries + 1, self._chance())
        await self._abroad.fail(wish, due, refusal.reason)
        log.info("a room abroad refuses", room=str(wish.room), why=refusal.reason)

    async def _failed(self, room: RoomAbroad, reason: str) -> None:
        due = self._now() + retry_seconds(room.tries + 1, self._chance())
        await self._abroad.fail_room(room.room, due, reason)
        log.info("a room abroad is not in line", room=str(room.room), why=reason)

    async def _complain(self, room: RoomAbroad) -> None:
        """Tell the owners of the space once that something keeps failing, not once for each."""
        found = await self._abroad.room(room.room)
        if found is None or found.told:
            return
        count = await self._abroad.count(room.room)
        failing = await self._abroad.failing(room.room, 1)
        if found.tries >= FAILURES_UNTOLD_MAX:
            why = found.reason
        elif failing and failing[0].tries >= FAILURES_UNTOLD_MAX:
            worst = failing[0]
            why = f"{count.failing} people cannot be set; of {worst.jid}: {worst.reason}"
        else:
            return
        owners = await self._engine.ask(_owners, room)
        await self._abroad.told(room.room)
        if owners:
            text = f"The room {room.room} is not in line with the space {room.space.name}: {why}"
            attrs = {"from": str(self._asking.sender), "type": "normal"}
            message = Element(CLIENT, "message", attrs, Element(CLIENT, "body", None, text))
            self._engine.tell(Outgoing(wording(message), owners, Reach.KEPT))


def _owners(view: View, room: RoomAbroad) -> tuple[JID, ...]:
    """The owners of a room's space; nobody, where it is gone."""
    return view.owners(room.space) if view.config(room.space) is not None else ()
