"""Items: writing them, and reading them in their order."""

from __future__ import annotations

from typing import Final

from folkmoot.stores.statements.nodes import NODE_KEY

_ITEM_VALUES: Final = f"""({NODE_KEY}), :id, :publisher, :bare, :published, :nick,
    :payload, :retraction, :words, :said, :lists_service, :lists_name"""

_ITEM_UPDATE: Final = """
    publisher = excluded.publisher, bare = excluded.bare, published = excluded.published,
    nick = excluded.nick, payload = excluded.payload, retraction = excluded.retraction,
    words = excluded.words, said = excluded.said,
    lists_service = excluded.lists_service, lists_name = excluded.lists_name
"""

PUT_ITEM: Final = f"""
INSERT INTO items
    (sequence, node, id, publisher, bare, published, nick, payload, retraction, words,
    said, lists_service, lists_name)
VALUES (:sequence, {_ITEM_VALUES})
ON CONFLICT (node, id) DO UPDATE
SET sequence = excluded.sequence, created = coalesce(items.created, items.sequence),
{_ITEM_UPDATE}"""

# An item that came to be in the same batch, or goes in it and comes back.
PUT_MOVED_ITEM: Final = f"""
INSERT INTO items
    (sequence, created, node, id, publisher, bare, published, nick, payload, retraction, words,
    said, lists_service, lists_name)
VALUES (:sequence, :created, {_ITEM_VALUES})
ON CONFLICT (node, id) DO UPDATE
SET sequence = excluded.sequence,
    created = CASE WHEN :anew THEN excluded.created
        ELSE coalesce(items.created, items.sequence) END,
{_ITEM_UPDATE}"""

REPLACE_ITEM: Final = f"""
UPDATE items SET payload = :payload, retraction = :retraction, words = :words, said = :said
WHERE node = ({NODE_KEY}) AND id = :id
"""

DELETE_ITEM: Final = f"DELETE FROM items WHERE node = ({NODE_KEY}) AND id = :id"

DELETE_ITEMS: Final = f"DELETE FROM items WHERE node = ({NODE_KEY})"

HEADS: Final = "SELECT id, publisher FROM items WHERE node = :node ORDER BY sequence"

LISTED: Final = """
SELECT id, lists_service, lists_name
FROM items WHERE node = :node AND lists_service IS NOT NULL ORDER BY sequence
"""

_ITEM: Final = "id, publisher, published, nick, payload, retraction"

ITEM: Final = f"SELECT {_ITEM} FROM items WHERE node = :node AND id = :id"

ITEM_PLACE: Final = """
SELECT sequence, coalesce(created, sequence) FROM items WHERE node = :node AND id = :id
"""

_ITEMS: Final = f"""
SELECT sequence AS place, {_ITEM}
FROM items WHERE node = :node AND sequence > :after AND sequence < :before
"""

# Two orders that are there already are merged, however many items there are.
_ITEMS_AS_CREATED: Final = f"""{_ITEMS} AND created IS NULL
UNION ALL
SELECT created AS place, {_ITEM}
FROM items WHERE node = :node AND created > :after AND created < :before
"""

_OLDEST: Final = "ORDER BY place LIMIT :limit OFFSET :skip"
_NEWEST: Final = "ORDER BY place DESC LIMIT :limit OFFSET :skip"

OLDEST_ITEMS: Final = _ITEMS + _OLDEST
NEWEST_ITEMS: Final = _ITEMS + _NEWEST
FIRST_CREATED_ITEMS: Final = _ITEMS_AS_CREATED + _OLDEST
LAST_CREATED_ITEMS: Final = _ITEMS_AS_CREATED + _NEWEST

COUNT_ITEMS: Final = """
SELECT count(*) FILTER (WHERE sequence < :place), count(*) FROM items WHERE node = :node
"""

COUNT_CREATED_ITEMS: Final = """
SELECT count(*) FILTER (WHERE coalesce(created, sequence) < :place), count(*)
FROM items WHERE node = :node
"""

WEIGHT: Final = f"""
SELECT count(*), coalesce(sum(length(CAST(payload AS BLOB))), 0)
FROM items WHERE node = ({NODE_KEY})
"""
