"""Nodes: writing them, and finding them by what they are."""

from __future__ import annotations

from typing import Final

BURIED_ITEMS_MIN: Final = 1_000
"""A node with more items than these is deleted a few at a time."""

NODE: Final = """
SELECT key, config, creator, created,
    subject_id, subject_publisher, subject_published, subject_nick, subject_payload
FROM nodes WHERE service = :service AND name = :name
"""

NODE_KEY: Final = "SELECT key FROM nodes WHERE service = :service AND name = :name"

CREATE_NODE: Final = """
INSERT INTO nodes
    (service, name, config, item_seconds, purge_offline, creator, created, type, listed,
    guarded, parent_service, parent_name, link_service, link_name)
VALUES (:service, :name, :config, :item_seconds, :purge_offline, :creator, :created, :type,
    :listed, :guarded, :parent_service, :parent_name, :link_service, :link_name)
"""

CONFIGURE_NODE: Final = """
UPDATE nodes
SET config = :config, item_seconds = :item_seconds, purge_offline = :purge_offline,
    type = :type, listed = :listed, guarded = :guarded,
    parent_service = :parent_service, parent_name = :parent_name,
    link_service = :link_service, link_name = :link_name
WHERE service = :service AND name = :name
"""

SET_SUBJECT: Final = """
UPDATE nodes
SET subject_id = :id, subject_publisher = :publisher, subject_published = :published,
    subject_nick = :nick, subject_payload = :payload
WHERE service = :service AND name = :name
"""

DELETE_NODE: Final = "DELETE FROM nodes WHERE service = :service AND name = :name"

# Before it, for a node with more items than can go at once (the schema's `nodes_are_buried`).
BURY_NODE: Final = f"""
UPDATE nodes
SET service = '', name = CAST(key AS TEXT), config = '', item_seconds = 0, purge_offline = FALSE,
    type = '', listed = FALSE, guarded = FALSE,
    parent_service = NULL, parent_name = NULL, link_service = NULL, link_name = NULL
WHERE service = :service AND name = :name AND EXISTS (
    SELECT 1 FROM items WHERE items.node = nodes.key LIMIT 1 OFFSET {BURIED_ITEMS_MIN}
)
"""

BURIED: Final = "SELECT 1 FROM nodes WHERE service = '' LIMIT 1"

DELETE_BURIED_ITEMS: Final = """
DELETE FROM items WHERE sequence IN (
    SELECT items.sequence FROM nodes JOIN items ON items.node = nodes.key
    WHERE nodes.service = '' LIMIT :limit
)
"""

DELETE_BURIED: Final = """
DELETE FROM nodes
WHERE service = '' AND NOT EXISTS (SELECT 1 FROM items WHERE items.node = nodes.key)
"""

PUT_CARD: Final = f"""
INSERT INTO cards (node, card) VALUES (({NODE_KEY}), :card)
ON CONFLICT (node) DO UPDATE SET card = excluded.card
"""

DELETE_CARD: Final = f"DELETE FROM cards WHERE node = ({NODE_KEY})"

CARD: Final = f"SELECT card FROM cards WHERE node = ({NODE_KEY})"

PURGED_OFFLINE: Final = "SELECT service, name FROM nodes WHERE purge_offline"

NODES_OF: Final = """
SELECT name FROM nodes WHERE service = :service AND name > :after ORDER BY name LIMIT :limit
"""

RELATED: Final = """
SELECT service, name FROM nodes WHERE parent_service = :service AND parent_name = :name
UNION ALL
SELECT service, name FROM nodes WHERE link_service = :service AND link_name = :name
"""

# Of a node whose items end only the oldest is looked at: none that came later ends before it.
DUE: Final = """
SELECT service, name FROM nodes WHERE key IN (
    SELECT node FROM subscriptions WHERE expires <= :at
    UNION ALL
    SELECT node FROM subscriptions WHERE digest_at <= :at
    UNION ALL
    SELECT key FROM nodes AS passing WHERE item_seconds > 0 AND (
        SELECT published FROM items WHERE items.node = passing.key ORDER BY sequence LIMIT 1
    ) <= :at - item_seconds
) LIMIT :limit
"""
