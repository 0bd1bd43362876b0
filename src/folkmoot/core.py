"""The server less its sockets: store, engine and router, built and joined."""

from __future__ import annotations

import asyncio
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Final

import structlog

from folkmoot.engine.decide import Stamp
from folkmoot.engine.engine import Engine
from folkmoot.engine.services import Services
from folkmoot.engine.store import Store, StoreFailed
from folkmoot.facades.facade import Answer, Outgoing
from folkmoot.facades.muc import closing
from folkmoot.rollcall import TURN_SECONDS
from folkmoot.router import Router
from folkmoot.served import served

EXPIRY_SECONDS: Final = 10.0
"""How much longer than it should a lease, or an item nobody asks for, may last."""

ARCHIVE_SECONDS: Final = 600.0
"""How much longer than they should messages may stay in an archive."""

SWEEP_SECONDS: Final = 10.0
"""How long what a large node had stays on the disk after it, before it begins to go."""

ID_BYTES: Final = 12
"""How much chance is in an id the engine gives: nobody guesses 96 bits."""

IDS_AT_ONCE: Final = 256

log = structlog.get_logger()


class Stamps:
    """The time, and an id that has never been before; chance is drawn for many ids at once."""

    def __init__(self) -> None:
        self._ids: list[str] = []

    def __call__(self) -> Stamp:
        """One for the next command."""
        if not self._ids:
            text = urlsafe_b64encode(secrets.token_bytes(ID_BYTES * IDS_AT_ONCE)).decode()
            chars = len(text) // IDS_AT_ONCE
            self._ids = [text[at : at + chars] for at in range(0, len(text), chars)]
        return Stamp(time.time(), self._ids.pop())


class Core:
    """A running engine and what is joined to it.

    keeping: the task that commits and tells; it ends only where the store fails for good.
    """

    def __init__(self, store: Store, services: Services, stamp: Callable[[], Stamp]) -> None:
        self.router = Router(services, served(services))
        self.engine: Engine[Outgoing | Answer] = Engine(
            store, services, stamp, self.router.tell, self.router.elsewhere.patron.rosters
        )
        self.router.attach(self.engine)
        self.keeping = asyncio.ensure_future(self.engine.keep())
        self._looking = (
            asyncio.ensure_future(_regularly(EXPIRY_SECONDS, self.engine.expire)),
            asyncio.ensure_future(_regularly(ARCHIVE_SECONDS, self.engine.trim)),
            asyncio.ensure_future(_regularly(SWEEP_SECONDS, self.engine.sweep)),
            asyncio.ensure_future(_regularly(TURN_SECONDS, self.router.elsewhere.turn)),
        )

    async def farewell(self) -> None:
        """Tell those in rooms that the service ends, as long as there is one to tell it."""
        telling = asyncio.ensure_future(closing.close(self.engine))
        await asyncio.wait((telling, self.keeping), return_when=asyncio.FIRST_COMPLETED)
        telling.cancel()

    async def close(self) -> None:
        """Let all that is under way end, keep it, and stop."""
        for looking in self._looking:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
        await self.router.idle()
        if not self.keeping.done():
            await self.engine.settled()
        self.keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self.keeping


async def _regularly(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """Look for what is over, now and again, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await look()
        except StoreFailed:
            log.exception("the store does not say what is over; asked again later")


@asynccontextmanager
async def running(
    store: Store, services: Services, stamp: Callable[[], Stamp] | None = None
) -> AsyncIterator[Core]:
    """A core over a store that is open, until the block ends.

    Nobody has a stream yet, so whoever was in a room when the server last stopped is let go of,
    and what was to go with its publisher is gone.
    """
    services = replace(services, secret=await store.secret("occupants"))
    core = Core(store, services, stamp or Stamps())
    try:
        await core.engine.vacate(core.router.may_be_there)
        await core.engine.purge_absent(core.router.may_be_there)
        yield core
    finally:
        await core.close()
