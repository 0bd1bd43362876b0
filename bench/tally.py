"""Deliveries, counted without reading them: each holds one byte that stands nowhere else."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final

MARK: Final = "^"
"""In every delivery once. A single byte cannot be cut in two between one read and the next."""

STAMP_DIGITS: Final = 19
"""What a time in nanoseconds is written with, so that all deliveries are of one length."""

BLANK: Final = "0" * STAMP_DIGITS
"""Stands in a prepared stanza for the time at which it will be sent."""

STALL_SECONDS_MAX: Final = 20.0
"""How long nothing may come of what has to come."""

_MARK: Final = MARK.encode()
_BLANK: Final = BLANK.encode()
_STAMPED: Final = re.compile(re.escape(_MARK) + rb"(\d{%d})" % STAMP_DIGITS)


class Stalled(Exception):
    """What a workload waits for does not come."""


def marked(size: int) -> str:
    """A text of `size` characters that is counted as one delivery, and timed once stamped."""
    return f"{MARK}{BLANK} ".ljust(size, "x")


def stamped(prepared: bytes) -> bytes:
    """A prepared stanza, now; also its ids are new if they were made of `BLANK`."""
    return prepared.replace(_BLANK, b"%0*d" % (STAMP_DIGITS, time.monotonic_ns()))


class Tally:
    """What all connections together have counted.

    delays: in seconds, of what came on the connections that are sampled.
    """

    def __init__(self) -> None:
        self.count = 0
        self.delays: list[float] = []
        self._wanted = 0
        self._reached: asyncio.Future[None] | None = None

    def add(self, count: int) -> None:
        """So many more."""
        self.count += count
        reached = self._reached
        if reached is not None and self.count >= self._wanted and not reached.done():
            reached.set_result(None)

    async def reach(self, wanted: int) -> None:
        """Wait until so many have come since the beginning. Raises Stalled."""
        while self.count < wanted:
            before = self.count
            self._wanted = wanted
            self._reached = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._reached,), timeout=STALL_SECONDS_MAX)
            if self.count == before:
                raise Stalled(f"{self.count:,} of {wanted:,} deliveries came, and then no more")


class Counter(asyncio.Protocol):
    """A connection that only counts."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def data_received(self, data: bytes) -> None:
        """Count what is marked."""
        if count := data.count(_MARK):
            self._tally.add(count)


class Sampler(Counter):
    """A connection that also says how long each delivery took."""

    def data_received(self, data: bytes) -> None:
        """Count, and compare the stamps with the clock; a stamp cut in two is left out."""
        now = time.monotonic_ns()
        delays = self._tally.delays
        delays.extend((now - int(stamp)) / 1e9 for stamp in _STAMPED.findall(data))
        super().data_received(data)
