"""A batch on its way into SQLite, in turns with others where it is large."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from folkmoot.engine.events import Event
from folkmoot.stores.batch import Step, steps

EVENTS_AT_ONCE_MAX: Final = 2_000
"""A larger batch is made ready in a thread."""

ROWS_AT_ONCE_MAX: Final = 2_000
"""How many rows are written before others have their turn."""


async def prepared(events: Sequence[Event], sequence: Iterator[int]) -> list[Step]:
    """See `steps`. One batch at a time."""
    if len(events) > EVENTS_AT_ONCE_MAX:
        return await asyncio.to_thread(steps, events, sequence)
    return steps(events, sequence)


async def write(work: Sequence[Step], writer: sqlite3.Connection) -> None:
    """Write within the transaction that is open; it waits for nothing."""
    for statement, rows in work:
        for start in range(0, len(rows), ROWS_AT_ONCE_MAX):
            if start:
                await asyncio.sleep(0)
            writer.executemany(statement, rows[start : start + ROWS_AT_ONCE_MAX])
