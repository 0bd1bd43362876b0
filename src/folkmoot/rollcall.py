"""Who is still in the rooms: asked when a link comes up, for nobody told us meanwhile who went.

And one of them where an error may mean that they are gone. A server that was killed tells nobody
that its streams ended; up again, it gives `service-unavailable` for what comes to them. It gives
the same where somebody there has blocked somebody here (XEP-0191), who then speaks.

XEP-0410 is how a client finds out whether it is still in a room; this is the other half. Each
occupant of another server is sent a ping (XEP-0199). An error that a server gives in the name of a
resource that is gone may also be a client's that knows no pings, so such a one is asked what it is
(XEP-0030), which every client in a room answers.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Final

import structlog

from folkmoot.asking import Asking, Unreachable
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Refused
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

GONE: Final = (
    "service-unavailable",
    "recipient-unavailable",
    "item-not-found",
    "remote-server-not-found",
    "gone",
)
"""What is said of an address that is not there."""

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
            gone = await self._is_gone(jid, service) and jid in self._missing
        finally:
            self._missing.discard(jid)
            doubted.discard(jid)
        for node in engine.temporary(jid) if gone else ():
            if node.service == service:
                with suppress(Refused):  # the room may have ended meanwhile
                    await engine.run(Vacate(actor=service, node=node, occupants=(jid,)))

    def heard(self, jid: JID) -> None:
        """Somebody of another server says something, so they are there, whoever said otherwise."""
        self._missing.discard(jid)

    async def call(self, service: JID) -> None:
        """Let go of occupants who are gone from the rooms of a service, each room hearing it once.

        Of the occupants of other servers, that is; nobody is asked where it has no rooms.
        """
        engine = self._engine
        if service != engine.services.rooms:
            return
        found = itertools.chain.from_iterable((await engine.occupants()).values())
        asked = [jid for jid in dict.fromkeys(found) if not engine.services.local(jid)]
        slots = asyncio.Semaphore(AT_ONCE_MAX)

        async def look_for(jid: JID) -> None:
            async with slots:
                self._missing.add(jid)
                if not await self._is_gone(jid, service):
                    self._missing.discard(jid)

        await asyncio.gather(*map(look_for, asked))
        gone = self._missing.intersection(asked)
        self._missing -= gone
        if gone:
            log.info("some are not in rooms any more", count=len(gone), of=len(asked))
            await engine.vacate(lambda jid: jid not in gone)

    async def _is_gone(self, jid: JID, service: JID) -> bool:
        for question in _QUESTIONS:
            try:
                await self._asking.ask(jid, "get", question, ANSWER_SECONDS_MAX, service)
            except StanzaError as error:
                if error.condition not in GONE:
                    return False
            except Unreachable:
                return False
            else:
                return False
        return True
