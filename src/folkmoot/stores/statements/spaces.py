"""What spaces have besides: the audit trail and invites."""

from __future__ import annotations

from typing import Final

from folkmoot.stores.statements.nodes import NODE_KEY

PUT_AUDIT: Final = f"""
INSERT INTO audit (sequence, node, at, jid, matter, subject, was, became)
VALUES (:sequence, ({NODE_KEY}), :at, :jid, :matter, :subject,
    substr(coalesce(
        :was, (SELECT payload FROM items WHERE node = ({NODE_KEY}) AND id = :subject), ''
    ), 1, :chars),
    substr(:became, 1, :chars))
"""

TRIM_AUDIT: Final = f"""
DELETE FROM audit WHERE node = ({NODE_KEY}) AND sequence <= (
    SELECT sequence FROM audit WHERE node = ({NODE_KEY})
    ORDER BY sequence DESC LIMIT 1 OFFSET :most
)
"""

_AUDIT: Final = """
SELECT sequence, at, jid, matter, subject, was, became
FROM audit WHERE node = :node AND sequence < :after AND sequence > :before
"""

NEWEST_AUDIT: Final = _AUDIT + "ORDER BY sequence DESC LIMIT :limit"

OLDEST_AUDIT: Final = _AUDIT + "ORDER BY sequence LIMIT :limit"

COUNT_AUDIT: Final = """
SELECT count(*) FILTER (WHERE sequence > :sequence), count(*) FROM audit WHERE node = :node
"""

PUT_INVITE: Final = f"""
INSERT INTO invites (node, id, digest, inviter, created, expires, uses, used)
VALUES (({NODE_KEY}), :id, :digest, :inviter, :created, :expires, :uses, :used)
ON CONFLICT (node, id) DO UPDATE SET used = excluded.used
"""

DELETE_INVITE: Final = f"DELETE FROM invites WHERE node = ({NODE_KEY}) AND id = :id"

INVITES: Final = """
SELECT id, digest, inviter, created, expires, uses, used FROM invites WHERE node = :node
"""
