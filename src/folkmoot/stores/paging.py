"""Pages of a node's items in SQLite, in either order there is: XEP-0059 1.0, XEP-0413 0.2.1."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from typing import Final, TypeVar

from folkmoot.engine.store import (
    PAGE_CHARS_MAX,
    PAGE_ITEMS_MAX,
    Edge,
    ItemPage,
    ItemQuery,
    Order,
)
from folkmoot.stores import statements
from folkmoot.stores.codec import read_item

SEQUENCE_MAX: Final = 2**63 - 1

ItemRow = tuple[int, str, str, float, str, str | None]
"""Place, id, publisher, time, nick and payload: what the statements about items select."""

_Row = TypeVar("_Row", bound=tuple[object, ...])

_RANGES: Final = {
    (Order.MODIFICATION, Edge.OLDEST): statements.items.OLDEST_ITEMS,
    (Order.MODIFICATION, Edge.NEWEST): statements.items.NEWEST_ITEMS,
    (Order.CREATION, Edge.OLDEST): statements.items.FIRST_CREATED_ITEMS,
    (Order.CREATION, Edge.NEWEST): statements.items.LAST_CREATED_ITEMS,
}
_COUNTS: Final = {
    Order.MODIFICATION: statements.items.COUNT_ITEMS,
    Order.CREATION: statements.items.COUNT_CREATED_ITEMS,
}


def named_items(reader: sqlite3.Connection, key: int | None, query: ItemQuery) -> ItemPage:
    """The items of some ids, as far as they exist."""
    wanted = list(itertools.islice(dict.fromkeys(query.ids), PAGE_ITEMS_MAX))
    if query.order is not None:
        places = {item_id: place_of(reader, key, item_id, query.order) or 0 for item_id in wanted}
        wanted.sort(key=places.__getitem__)
    rows = (
        reader.execute(statements.items.ITEM, {"node": key, "id": item_id}).fetchone()
        for item_id in wanted
    )
    page, _ = as_page(row for row in rows if row is not None)
    items = tuple(read_item(*row) for row in page)
    return ItemPage(items, index=0, count=len(items))


def items_in_range(reader: sqlite3.Connection, key: int | None, query: ItemQuery) -> ItemPage:
    """The items that stand in a range, and where they stand."""
    order = query.order or Order.MODIFICATION
    after, before = query.since, SEQUENCE_MAX
    found = True
    if query.after:
        at = place_of(reader, key, query.after, order)
        found, after = at is not None, max(at or 0, query.since)
    if query.before and found:
        at = place_of(reader, key, query.before, order)
        found, before = at is not None, at or 0
    rows: list[ItemRow] = []
    if found:
        cursor = reader.execute(
            _RANGES[order, query.edge],
            {
                "node": key,
                "after": after,
                "before": before,
                "skip": query.skip,
                "limit": min(query.limit, PAGE_ITEMS_MAX),
            },
        )
        rows, _ = as_page(cursor)
        cursor.close()
        if query.edge is Edge.NEWEST:
            rows.reverse()
    items = tuple(read_item(*row[1:]) for row in rows)
    places = tuple(row[0] for row in rows)
    if not query.counted:
        return ItemPage(items, index=0, count=0, found=found, places=places)
    place = rows[0][0] if rows else 0
    index, count = reader.execute(_COUNTS[order], {"node": key, "place": place}).fetchone()
    return ItemPage(items, index=index, count=count, found=found, places=places)


def as_page(rows: Iterable[_Row], limit: int = PAGE_ITEMS_MAX) -> tuple[list[_Row], bool]:
    """As many rows as a page may hold, and whether they are all.

    Up to `limit` and up to PAGE_CHARS_MAX, but the first in any case.
    rows: with the payload, or None, in the last column but one.
    """
    page: list[_Row] = []
    chars = 0
    for row in rows:
        chars += len(str(row[-2] or ""))
        if len(page) == limit or (page and chars > PAGE_CHARS_MAX):
            return page, False
        page.append(row)
    return page, True


def place_of(
    reader: sqlite3.Connection, key: int | None, item_id: str, order: Order = Order.MODIFICATION
) -> int | None:
    """Where an item stands in an order; None where there is none of this id."""
    row = reader.execute(statements.items.ITEM_PLACE, {"node": key, "id": item_id}).fetchone()
    return None if row is None else row[order is Order.CREATION]
