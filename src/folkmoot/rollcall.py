"""Who is still in the rooms: asked when a link comes up, for nobody told us meanwhile who went.

And one of them where an error may mean that they are gone. A server that was killed tells nobody
that its streams ended; up again, it gives `service-unavailable` for what comes to them. It gives
the same where somebody there has blocked somebody here (XEP-0191), who then speaks.

And who has been silent for a while, for in a room where nothing is said no error comes back.

XEP-0410 is how a client finds out whether it is still in a room; this is the other half. Each
occupant of another server is sent a ping (XEP-0199). An error that a server gives in the name of a
resource that is gone may also be a client's that knows no pings, so such a one is asked what it is
(XEP-0030), which every client in a room answers.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import ceil
from typing import Final

import structlog

from folkmoot.asking import Asking, Unreachable
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import NodeId
from folkmoot.engine.room_commands import Vacate
from folkmoot.facades.basics import PING
from folkmoot.facades.disco import INFO
from folkmoot.facades.facade import Answer, Outgoing
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

ANSWER_SECONDS_MAX: Final = 30.0
"""How long an occupant has to answer; who does not is left in peace, for the way may be slow."""

AT_ONCE_MAX: Final = 200
"""How many are asked at one time."""

ROUND_SECONDS: Final = 900.0
"""How long it takes to ask everybody who says nothing meanwhile."""

TURN_SECONDS: Final = 15.0
"""How often the next few of them are asked."""

TURNS: Final = round(ROUND_SECONDS / TURN_SECONDS)

GONE: Final = (
    "service-unavailable",
    "recipient-unavailable",
    "item-not-found",
    "remote-server-not-found",
    "gone",
)
"""What is said of an address that is not there."""

AWAY: Final = "remote-server-timeout"
"""What is said where a server is not reached, which may pass; not if it is so a round later."""

DOUBTFUL: Final = "service-unavailable"
"""What comes back for a message to somebody who is gone, or is there and does not want it."""

_QUESTIONS: Final = (Element(PING, "ping"), Element(INFO, "query"))

log = structlog.get_logger()


class RollCall:
    """Questions to occupants of other servers, as long as there are any."""

    def __init__(self, engine: Engine[Outgoing | Answer], asking: Asking) -> None:
        self._engine = engine
        self._asking = asking
        self._missing: set[JID] = set()
        self._doubted: set[JID] = set()
        self._round: dict[JID, None] = {}  # whom it has yet to ask, unless they say something
        self._turns_left = 0
        self._away: set[JID] = set()

    async def doubt(self, jid: JID, service: JID) -> None:
        """Let go of an occupant who does not answer for themself, from all rooms of a service.

        Nothing happens while AT_ONCE_MAX are asked already: the next error asks again.
        """
        engine, doubted = self._engine, self._doubted
        if service != engine.services.rooms or jid in doubted or len(doubted) >= AT_ONCE_MAX:
            return
        if not engine.temporary(jid):
            return  # whoever that is
        doubted.add(jid)
        self._missing.add(jid)
        try:
            gone = await self._last_word(jid, service) in GONE and jid in self._missing
        finally:
            self._missing.discard(jid)
            doubted.discard(jid)
        await self._let_go({jid} if gone else (), service)

    def heard(self, jid: JID) -> None:
        """Somebody of another server says something, so they are there, whoever said otherwise."""
        self._missing.discard(jid)
        self._away.discard(jid)
        self._round.pop(jid, None)

    async def call(self, service: JID) -> None:
        """Let go of occupants who are gone from the rooms of a service, each room hearing it once.

        Of the occupants of other servers, that is; nobody is asked where it has no rooms.
        """
        if service == self._engine.services.rooms:
            await self._look_for(await self._foreign(), service, set())

    async def turn(self) -> None:
        """The same of a part of them, those who have been silent: a new part every TURN_SECONDS."""
        if not self._turns_left:
            self._round = dict.fromkeys(await self._foreign())
            self._away.intersection_update(self._round)
            self._turns_left = TURNS
        asked = tuple(itertools.islice(self._round, ceil(len(self._round) / self._turns_left)))
        self._turns_left -= 1
        for jid in asked:
            del self._round[jid]
        here = [jid for jid in asked if self._engine.temporary(jid)]
        await self._look_for(here, self._engine.services.rooms, self._away)

    async def _foreign(self) -> Sequence[JID]:
        """The occupants of other servers."""
        engine = self._engine
        found = itertools.chain.from_iterable((await engine.occupants()).values())
        return [jid for jid in dict.fromkeys(found) if not engine.services.local(jid)]

    async def _look_for(self, asked: Sequence[JID], service: JID, away: set[JID]) -> None:
        """Let go of those who are gone.

        away: those whose server was not reached the last time; they are gone if it is not now.
        """
        slots = asyncio.Semaphore(AT_ONCE_MAX)

        async def look_for(jid: JID) -> None:
            async with slots:
                self._missing.add(jid)
                word = await self._last_word(jid, service)
                if word not in GONE and not (word == AWAY and jid in away):
                    self._missing.discard(jid)
                (away.add if word == AWAY else away.discard)(jid)

        await asyncio.gather(*map(look_for, asked))
        gone = self._missing.intersection(asked)
        self._missing -= gone
        if gone:
            log.info("some are not in rooms any more", count=len(gone), of=len(asked))
            await self._let_go(gone, service)

    async def _let_go(self, gone: Iterable[JID], service: JID) -> None:
        rooms: dict[NodeId, list[JID]] = {}
        for jid in gone:
            for node in self._engine.temporary(jid):
                if node.service == service:
                    rooms.setdefault(node, []).append(jid)
        for node, occupants in rooms.items():
            with suppress(Refused):  # the room may have ended meanwhile
                await self._engine.run(Vacate(actor=service, node=node, occupants=tuple(occupants)))

    async def _last_word(self, jid: JID, service: JID) -> str:
        """The condition of the error that comes for an address, whatever is asked; else ""."""
        word = ""
        for question in _QUESTIONS:
            try:
                await self._asking.ask(jid, "get", question, ANSWER_SECONDS_MAX, service)
            except StanzaError as error:
                word = error.condition
                if word not in GONE:
                    return word
            except Unreachable:
                return ""
            else:
                return ""
        return word
