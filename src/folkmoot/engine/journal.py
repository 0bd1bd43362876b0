"""What was decided on its way to disk, and what is to be told on its way out, in one order.

Commands that come while a batch is being committed make up the next one: they share its flush.
Nothing is told before its batch is committed, and all is told in the order it was decided, so that
everyone hears the same order and nobody hears of what could still be lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from folkmoot.engine.events import Event, kept
from folkmoot.engine.store import Store, StoreFailed
from folkmoot.engine.working_set import WorkingSet

COMMIT_SECONDS_MAX: Final = 30.0
"""How long a store may refuse a batch before the server gives up."""

RETRY_SECONDS: Final = 0.5

TELL_SECONDS_MAX: Final = 0.02
"""How long is told before others have their turn: a batch may have much to tell, and to many.
Of the thread's own time, as what else the machine does is no reason to write to streams more often.
"""

DELIVERIES_AHEAD_MAX: Final = 8_000
"""How many deliveries may wait to be told before those who bring more have to wait: else a flood of
what many hear is decided faster than it is told, and whatever comes behind it is late."""

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
        self._ahead = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def add(self, events: Sequence[Event], tells: Sequence[T], deliveries: int = 0) -> None:
        """Take up what was decided and what follows to be told: so many deliveries."""
        self._ahead += deliveries
        self._events.extend(filter(kept, events))
        self._tells.extend(tells)
        self._wake.set()

    @property
    def behind(self) -> bool:
        """Whether more waits to be told than should."""
        return self._ahead > DELIVERIES_AHEAD_MAX

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
        ahead = self._ahead
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
        until = time.thread_time() + TELL_SECONDS_MAX
        for each in tells:
            if time.thread_time() > until:
                await asyncio.sleep(0)
                until = time.thread_time() + TELL_SECONDS_MAX
            self._tell((each,))
        self._busy = False
        self._ahead -= ahead
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
