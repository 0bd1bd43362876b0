"""What was decided on its way to disk, and what is to be told on its way out, in one order.

Commands that come while a batch is being committed make up the next one: they share its flush.
Nothing is told before its batch is committed, and all is told in the order it was decided, so that
everyone hears the same order and nobody hears of what could still be lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from folkmoot.engine.events import Event, kept
from folkmoot.engine.store import Store, StoreFailed
from folkmoot.engine.working_set import WorkingSet

COMMIT_SECONDS_MAX: Final = 30.0
"""How long a store may refuse a batch before the server gives up."""

RETRY_SECONDS: Final = 0.5

TELLS_AT_ONCE_MAX: Final = 500
"""How much is told before others have their turn: a command may have thousands to tell."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class Journal(Generic[T]):
    """Batches of events, each followed by what may be told once it is committed."""

    def __init__(
        self, store: Store, nodes: WorkingSet, tell: Callable[[Sequence[T]], None]
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._tell = tell
        self._events: list[Event] = []
        self._tells: list[T] = []
        self._wake = asyncio.Event()
        self._heard: list[asyncio.Future[None]] = []
        self._busy = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def add(self, events: Sequence[Event], tells: Sequence[T]) -> None:
        """Take up what was decided and what follows to be told."""
        self._events.extend(filter(kept, events))
        self._tells.extend(tells)
        self._wake.set()

    async def settled(self) -> None:
        """Wait until all that was decided so far is committed."""
        if self._nodes.committed >= self._nodes.batch - 1 and not self._events:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._nodes.batch if self._events else self._nodes.batch - 1, done))
        self._wake.set()
        await done

    async def told(self) -> None:
        """Wait until all that was decided so far is told, too."""
        if not (self._events or self._tells or self._busy):
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard.append(done)
        self._wake.set()
        await done

    async def run(self) -> None:
        """Commit and tell, until cancelled. Raises StoreFailed when the store keeps refusing."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._events or self._tells or self._heard:
                await self._turn()

    async def _turn(self) -> None:
        events, tells, heard = self._events, self._tells, self._heard
        self._events, self._tells, self._heard = [], [], []
        self._busy = True
        if events:
            batch = self._nodes.batch
            self._nodes.batch += 1
            await self._commit(events)
            self._nodes.committed_up_to(batch)
            while self._waiting and self._waiting[0][0] <= batch:
                done = self._waiting.pop(0)[1]
                if not done.done():
                    done.set_result(None)
        for start in range(0, len(tells), TELLS_AT_ONCE_MAX):
            if start:
                await asyncio.sleep(0)
            self._tell(tells[start : start + TELLS_AT_ONCE_MAX])
        self._busy = False
        for done in heard:
            if not done.done():
                done.set_result(None)

    async def _commit(self, events: Sequence[Event]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + COMMIT_SECONDS_MAX
        while True:
            try:
                return await self._store.commit(events)
            except StoreFailed:
                if loop.time() > end:
                    raise
                log.exception("the store refuses a batch; nothing of it is acknowledged, retrying")
                await asyncio.sleep(RETRY_SECONDS)
