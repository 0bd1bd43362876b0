"""The server less its sockets: store, engine and router, built and joined."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from folkmoot.engine.decide import Stamp
from folkmoot.engine.engine import Engine
from folkmoot.engine.services import Services
from folkmoot.engine.store import Store
from folkmoot.facades.facade import Answer, Outgoing
from folkmoot.router import Router
from folkmoot.served import served

ID_BYTES = 12
"""How much chance is in an id the engine gives: nobody guesses 96 bits."""


def stamp() -> Stamp:
    """The time, and an id that has never been before."""
    return Stamp(time.time(), secrets.token_urlsafe(ID_BYTES))


class Core:
    """A running engine and what is joined to it.

    keeping: the task that commits and tells; it ends only where the store fails for good.
    """

    def __init__(self, store: Store, services: Services, stamp: Callable[[], Stamp]) -> None:
        self.router = Router(services, served(services))
        self.engine: Engine[Outgoing | Answer] = Engine(store, services, stamp, self.router.tell)
        self.router.attach(self.engine)
        self.keeping = asyncio.ensure_future(self.engine.keep())

    async def close(self) -> None:
        """Let all that is under way end, keep it, and stop."""
        await self.router.idle()
        if not self.keeping.done():
            await self.engine.settled()
        self.keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self.keeping


@asynccontextmanager
async def running(
    store: Store, services: Services, stamp: Callable[[], Stamp] = stamp
) -> AsyncIterator[Core]:
    """A core over a store that is open, until the block ends."""
    core = Core(store, services, stamp)
    try:
        yield core
    finally:
        await core.close()
