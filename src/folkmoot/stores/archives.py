"""Pages of an archive in SQLite (XEP-0313 1.1.3, §4): what is looked for, and how much of it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence

from folkmoot.engine.store import (
    COUNT_ITEMS_MAX,
    PAGE_ITEMS_MAX,
    ArchivePage,
    ArchiveQuery,
    Edge,
)
from folkmoot.stores import statements
from folkmoot.stores.codec import Value, read_item
from folkmoot.stores.paging import SEQUENCE_MAX, ItemRow, as_page, place_of
from folkmoot.stores.texts import match

_NOT_FOUND = ArchivePage((), found=False)


def archived(reader: sqlite3.Connection, key: int | None, query: ArchiveQuery) -> ArchivePage:
    """The items of a node, by its key, that are looked for."""
    named = {
        item_id: place_of(reader, key, item_id)
        for item_id in (*query.ids, query.above, query.below, query.after, query.before)
        if item_id
    }
    if None in named.values():
        return _NOT_FOUND
    places = {item_id: place or 0 for item_id, place in named.items()}
    above, below = places.get(query.above, 0), places.get(query.below, SEQUENCE_MAX)
    if query.since is not None:
        above = max(above, _first(reader, key, query.since) - 1)
    if query.until is not None:
        below = min(below, _first(reader, key, math.nextafter(query.until, math.inf)))
    publisher = query.publisher
    row: dict[str, Value] = {
        "node": key,
        "since": -math.inf if query.since is None else query.since,
        "until": math.inf if query.until is None else query.until,
        "bare": None if publisher is None else str(publisher.bare),
        "publisher": None if publisher is None else str(publisher),
        "nick": query.nick,
        "text": match(key, query.text),
        "above": above,
        "below": below,
        "after": max(above, places.get(query.after, 0)),
        "before": min(below, places.get(query.before, SEQUENCE_MAX)),
        "skip": query.skip,
    }
    row.update((f"id{number}", item_id) for number, item_id in enumerate(query.ids))
    page, count = statements.archives.archive(
        ids=len(query.ids),
        bare=publisher is not None,
        full=publisher is not None and not publisher.is_bare,
        nick=bool(query.nick),
        text=bool(query.text),
        backwards=query.edge is Edge.NEWEST,
    )
    limit = min(query.limit, PAGE_ITEMS_MAX)
    cursor = reader.execute(page, {**row, "limit": limit + 1})
    rows, complete = as_page(cursor, limit)
    cursor.close()
    if query.edge is Edge.NEWEST:
        rows.reverse()
    most = COUNT_ITEMS_MAX + 1 if limit else SEQUENCE_MAX
    index, all = _counted(reader, count, {**row, "most": most}, rows)
    items = tuple(read_item(*each[1:]) for each in rows)
    return ArchivePage(items, complete, index, all)


def _counted(
    reader: sqlite3.Connection, statement: str, row: dict[str, Value], rows: Sequence[ItemRow]
) -> tuple[int | None, int | None]:
    """Where the first of some rows stands, and how many there are."""
    row["first"] = rows[0][0] if rows else 0
    index, all = reader.execute(statement, row).fetchone()
    if rows and all > COUNT_ITEMS_MAX:
        return None, None
    return (index if rows else None), all


def _first(reader: sqlite3.Connection, key: int | None, at: float) -> int:
    """The place of the first item of a time or later, SEQUENCE_MAX where there is none.

    Times rise with places, so it is found by halves.
    """
    (last,) = reader.execute(statements.archives.NEWEST_SEQUENCE, {"node": key}).fetchone()
    low, high = 0, SEQUENCE_MAX
    top = -1 if last is None else last
    while low <= top:
        middle = (low + top) // 2
        row = reader.execute(
            statements.archives.ITEM_AT, {"node": key, "sequence": middle}
        ).fetchone()
        if row[1] >= at:
            high, top = row[0], middle - 1
        else:
            low = row[0] + 1
    return high
