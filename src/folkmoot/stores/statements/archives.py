"""Archives: the items of a node by time, publisher and words, and those past their bounds."""

from __future__ import annotations

from typing import Final

ITEM_AT: Final = """
SELECT sequence, published FROM items WHERE node = :node AND sequence >= :sequence
ORDER BY sequence LIMIT 1
"""

NEWEST_SEQUENCE: Final = "SELECT max(sequence) FROM items WHERE node = :node"


def archive(
    *, ids: int, bare: bool, full: bool, nick: bool, text: bool, backwards: bool
) -> tuple[str, str]:
    """The statements that give a page of an archive, and that count all there is.

    ids: how many ids `:id0` and so on name. bare, full: only of this publisher, under any of its
    addresses or under just this one. nick: only of this occupant. text: only what `:text` matches,
    which is SQLite's own way to say it. backwards: the last come first.
    Times are a bound of `sequence` and are held besides.
    """
    rules = ["node = :node", "published >= :since", "published <= :until"]
    if ids:
        rules.append(f"id IN ({', '.join(f':id{number}' for number in range(ids))})")
    if bare:
        rules.append("bare = :bare")
    if full:
        rules.append("publisher = :publisher")
    if nick:
        rules += ["nick = :nick", "nick <> ''"]  # the index is of those who have one
    source, order = "items", "sequence"
    if text:
        source, order = "texts CROSS JOIN items ON items.sequence = texts.rowid", "texts.rowid"
        rules.append("texts MATCH :text")
    where = " AND ".join(rules)
    page = f"""
SELECT sequence, id, publisher, published, nick, payload, retraction FROM {source}
WHERE {where} AND {order} > :after AND {order} < :before
ORDER BY {order} {"DESC" if backwards else "ASC"} LIMIT :limit OFFSET :skip
"""
    count = f"""
SELECT count(*) FILTER (WHERE sequence < :first), count(*) FROM (
    SELECT sequence FROM {source}
    WHERE {where} AND {order} > :above AND {order} < :below ORDER BY {order} LIMIT :most
) AS counted
"""
    return page, count


_AGED: Final = """
AND (SELECT published FROM items WHERE items.node = nodes.key ORDER BY sequence LIMIT 1) <= :at
LIMIT :limit
"""

AGED: Final = f"SELECT service, name FROM nodes WHERE service = :where {_AGED}"

AGED_OF_NAME: Final = f"SELECT service, name FROM nodes WHERE name = :where {_AGED}"

SURPLUS: Final = """
SELECT id FROM items WHERE node = :node AND (published <= :at OR sequence <= (
    SELECT sequence FROM items WHERE node = :node ORDER BY sequence DESC LIMIT 1 OFFSET :most
)) ORDER BY sequence LIMIT :limit
"""
