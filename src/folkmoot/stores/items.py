"""Pages of a node's items in SQLite: by id, by place, and beside an item (XEP-0059 1.0)."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from folkmoot.engine.store import PAGE_CHARS_MAX, PAGE_ITEMS_MAX, Edge, ItemPage, ItemQuery
from folkmoot.stores import statements
from folkmoot.stores.codec import read_item

SEQUENCE_MAX: Final = 2**63 - 1

ItemRow = tuple[int, str, str, float, str, str | None]
"""Sequence, id, publisher, time, nick and payload: what the statements about items select."""


def named_items(reader: sqlite3.Connection, key: int | None, ids: Sequence[str]) -> ItemPage:
    wanted = itertools.islice(dict.fromkeys(ids), PAGE_ITEMS_MAX)
    found = (
        reader.execute(statements.ITEM, {"node": key, "id": item_id}).fetchone()
        for item_id in wanted
    )
    items = tuple(
        read_item(*row[1:]) for row in as_page(row for row in found if row is not None)[0]
    )
    return ItemPage(items, index=0, count=len(items))


def as_page(rows: Iterable[ItemRow], limit: int = PAGE_ITEMS_MAX) -> tuple[list[ItemRow], bool]:
    """As many rows as a page may hold, and whether they are all.

    Up to `limit` and up to PAGE_CHARS_MAX, but the first in any case.
    """
    page: list[ItemRow] = []
    chars = 0
    for row in rows:
        chars += len(row[-1] or "")
        if len(page) == limit or (page and chars > PAGE_CHARS_MAX):
            return page, False
        page.append(row)
    return page, True


def items_in_range(reader: sqlite3.Connection, key: int | None, query: ItemQuery) -> ItemPage:
    after, before = 0, SEQUENCE_MAX
    found = True
    if query.after:
        at = sequence_of(reader, key, query.after)
        found, after = at is not None, at or 0
    if query.before and found:
        at = sequence_of(reader, key, query.before)
        found, before = at is not None, at or 0
    rows: list[ItemRow] = []
    if found:
        newest = query.edge is Edge.NEWEST
        cursor = reader.execute(
            statements.NEWEST_ITEMS if newest else statements.OLDEST_ITEMS,
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
        if newest:
            rows.reverse()
    items = tuple(read_item(*row[1:]) for row in rows)
    if not query.counted:
        return ItemPage(items, index=0, count=0, found=found)
    first = rows[0][0] if rows else 0
    index, count = reader.execute(
        statements.COUNT_ITEMS, {"node": key, "sequence": first}
    ).fetchone()
    return ItemPage(items, index=index, count=count, found=found)


def sequence_of(reader: sqlite3.Connection, key: int | None, item_id: str) -> int | None:
    row = reader.execute(statements.ITEM_SEQUENCE, {"node": key, "id": item_id}).fetchone()
    return None if row is None else row[0]
