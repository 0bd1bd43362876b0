"""What is left of nodes that were deleted with many items, which go a few at a time."""

from __future__ import annotations

from typing import Final

from folkmoot.stores.database import Database
from folkmoot.stores.statements import nodes

SWEPT_ITEMS_MAX: Final = 500
"""How many go at once: some milliseconds, in which nothing else is kept."""


async def sweep(database: Database) -> bool:
    """Let go of some of them; whether there may be more. Raises StoreFailed."""
    with database.reading() as reader:
        if reader.execute(nodes.BURIED).fetchone() is None:
            return False
    async with database.writing() as writer:
        count = writer.execute(nodes.DELETE_BURIED_ITEMS, {"limit": SWEPT_ITEMS_MAX}).rowcount
        if count < SWEPT_ITEMS_MAX:
            writer.execute(nodes.DELETE_BURIED)
    return count == SWEPT_ITEMS_MAX
