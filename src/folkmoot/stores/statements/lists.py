"""Lists of nodes by name, and how many stand in one (XEP-0030, XEP-0059)."""

from __future__ import annotations

from typing import Final

_MINE: Final = """
WITH RECURSIVE mine (key) AS (
    SELECT node FROM affiliations WHERE jid = :reader
    UNION SELECT node FROM subscriptions WHERE bare = :reader AND state = 'subscribed'
    UNION SELECT below.key FROM mine
    JOIN items ON items.node = mine.key AND items.lists_service IS NOT NULL
    JOIN nodes below ON below.service = items.lists_service AND below.name = items.lists_name
)
"""
"""The nodes an entity has to do with, and those that these list, where standing may reach."""


def shown(*, public: bool, types: int, excluded: bool, backwards: bool, bound: bool) -> str:
    """The statement that finds nodes by name for a list.

    public: what everyone is shown and what `:reader` has to do with; else all there are.
    types: how many types `:type0` and so on name, which are those wanted, or those `excluded`.
    backwards: the last of them come first. bound: only those beyond `:bound` in that direction.
    """
    where = _rules(types=types, excluded=excluded)
    if bound:
        where += f" AND name {'<' if backwards else '>'} :bound"
    end = f"ORDER BY name {'DESC' if backwards else 'ASC'} LIMIT :limit"
    if not public:
        return f"SELECT name FROM nodes WHERE {where} {end}"
    return f"""{_MINE}
SELECT name FROM (SELECT name FROM nodes WHERE listed AND {where} {end}) AS everyones
UNION
SELECT name FROM mine CROSS JOIN nodes WHERE nodes.key = mine.key AND {where} {end}
"""


def _rules(*, types: int, excluded: bool) -> str:
    if not types:
        return "service = :service"
    named = ", ".join(f":type{number}" for number in range(types))
    return f"service = :service AND type {'NOT IN' if excluded else 'IN'} ({named})"


def tallied(*, types: int, excluded: bool, bound: bool) -> str:
    """The statement that counts nodes that are listed, `:limit` at most.

    types, excluded: as in `shown`. bound: only those whose names stand before `:bound`.
    """
    where = _rules(types=types, excluded=excluded) + (" AND name < :bound" if bound else "")
    return f"""
SELECT count(*) FROM (SELECT 1 FROM nodes WHERE listed AND {where} LIMIT :limit) AS some
"""


def singled(*, types: int, excluded: bool) -> str:
    """The statement that finds nodes of which a tally says nothing: `:reader`'s, and guarded ones.

    types, excluded: as in `shown`.
    """
    where = _rules(types=types, excluded=excluded)
    return f"""{_MINE}
SELECT name, listed FROM (
    SELECT name, listed FROM nodes WHERE guarded AND {where} LIMIT :limit
) AS ruled
UNION
SELECT name, listed FROM mine CROSS JOIN nodes WHERE nodes.key = mine.key AND {where} LIMIT :limit
"""
