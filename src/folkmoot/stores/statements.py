"""The SQL of every store, in what SQLite and PostgreSQL have in common; parameters are named.

A row says which node it belongs to by `:service` and `:name`: looking the key up within the
statement costs a microsecond, and there is no second truth about keys to keep right.
"""

from __future__ import annotations

from typing import Final

_KEY: Final = "(SELECT key FROM nodes WHERE service = :service AND name = :name)"

# Writing nodes.

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

# Writing what hangs on them.

_ITEM_VALUES: Final = f"""{_KEY}, :id, :publisher, :bare, :published, :nick,
    :payload, :retraction, :words, :lists_service, :lists_name"""

_ITEM_UPDATE: Final = """
    publisher = excluded.publisher, bare = excluded.bare, published = excluded.published,
    nick = excluded.nick, payload = excluded.payload, retraction = excluded.retraction,
    words = excluded.words,
    lists_service = excluded.lists_service, lists_name = excluded.lists_name
"""

PUT_ITEM: Final = f"""
INSERT INTO items
    (sequence, node, id, publisher, bare, published, nick, payload, retraction, words,
    lists_service, lists_name)
VALUES (:sequence, {_ITEM_VALUES})
ON CONFLICT (node, id) DO UPDATE
SET sequence = excluded.sequence, created = coalesce(items.created, items.sequence),
{_ITEM_UPDATE}"""

# An item that came to be in the same batch, or goes in it and comes back.
PUT_MOVED_ITEM: Final = f"""
INSERT INTO items
    (sequence, created, node, id, publisher, bare, published, nick, payload, retraction, words,
    lists_service, lists_name)
VALUES (:sequence, :created, {_ITEM_VALUES})
ON CONFLICT (node, id) DO UPDATE
SET sequence = excluded.sequence,
    created = CASE WHEN :anew THEN excluded.created
        ELSE coalesce(items.created, items.sequence) END,
{_ITEM_UPDATE}"""

REPLACE_ITEM: Final = f"""
UPDATE items SET payload = :payload, retraction = :retraction, words = :words
WHERE node = {_KEY} AND id = :id
"""

DELETE_ITEM: Final = f"DELETE FROM items WHERE node = {_KEY} AND id = :id"

DELETE_ITEMS: Final = f"DELETE FROM items WHERE node = {_KEY}"

PUT_AFFILIATION: Final = f"""
INSERT INTO affiliations (node, jid, affiliation) VALUES ({_KEY}, :jid, :affiliation)
ON CONFLICT (node, jid) DO UPDATE SET affiliation = excluded.affiliation
"""

DELETE_AFFILIATION: Final = f"DELETE FROM affiliations WHERE node = {_KEY} AND jid = :jid"

PUT_HATS: Final = f"""
INSERT INTO wearers (node, jid, hats) VALUES ({_KEY}, :jid, :hats)
ON CONFLICT (node, jid) DO UPDATE SET hats = excluded.hats
"""

DELETE_HATS: Final = f"DELETE FROM wearers WHERE node = {_KEY} AND jid = :jid"

PUT_SUBSCRIPTION: Final = f"""
INSERT INTO subscriptions
    (node, subscriber, bare, state, via, subid, deliver, contact, expires, body, shows,
    topics, depth, terms, public, digest_at, digest_told)
VALUES ({_KEY}, :subscriber, :bare, :state, :via, :subid, :deliver, :contact,
    :expires, :body, :shows, :topics, :depth, :terms, :public, :digest_at,
    :digest_told)
ON CONFLICT (node, subscriber) DO UPDATE
SET state = excluded.state, via = excluded.via, subid = excluded.subid,
    deliver = excluded.deliver, contact = excluded.contact, expires = excluded.expires,
    body = excluded.body, shows = excluded.shows, topics = excluded.topics,
    depth = excluded.depth, terms = excluded.terms, public = excluded.public,
    digest_at = excluded.digest_at, digest_told = excluded.digest_told
"""

DELETE_SUBSCRIPTION: Final = f"""
DELETE FROM subscriptions WHERE node = {_KEY} AND subscriber = :subscriber
"""

PUT_OCCUPANT: Final = f"""
INSERT INTO occupants (node, jid, via, subid, nick, role, presence)
VALUES ({_KEY}, :jid, :via, :subid, :nick, :role, :presence)
ON CONFLICT (node, jid) DO UPDATE
SET via = excluded.via, subid = excluded.subid, nick = excluded.nick, role = excluded.role,
    presence = excluded.presence
"""

DELETE_OCCUPANT: Final = f"DELETE FROM occupants WHERE node = {_KEY} AND jid = :jid"

# The audit trail of spaces.

PUT_AUDIT: Final = f"""
INSERT INTO audit (sequence, node, at, jid, matter, subject, was, became)
VALUES (:sequence, {_KEY}, :at, :jid, :matter, :subject,
    substr(coalesce(:was, (SELECT payload FROM items WHERE node = {_KEY} AND id = :subject), ''),
        1, :chars),
    substr(:became, 1, :chars))
"""

TRIM_AUDIT: Final = f"""
DELETE FROM audit WHERE node = {_KEY} AND sequence <=
    (SELECT sequence FROM audit WHERE node = {_KEY} ORDER BY sequence DESC LIMIT 1 OFFSET :most)
"""

LAST_AUDIT: Final = "SELECT max(sequence) FROM audit"

_AUDIT: Final = """
SELECT sequence, at, jid, matter, subject, was, became
FROM audit WHERE node = :node AND sequence < :after AND sequence > :before
"""

NEWEST_AUDIT: Final = _AUDIT + "ORDER BY sequence DESC LIMIT :limit"

OLDEST_AUDIT: Final = _AUDIT + "ORDER BY sequence LIMIT :limit"

COUNT_AUDIT: Final = """
SELECT count(*) FILTER (WHERE sequence > :sequence), count(*) FROM audit WHERE node = :node
"""

# Invites.

PUT_INVITE: Final = f"""
INSERT INTO invites (node, id, digest, inviter, created, expires, uses, used)
VALUES ({_KEY}, :id, :digest, :inviter, :created, :expires, :uses, :used)
ON CONFLICT (node, id) DO UPDATE SET used = excluded.used
"""

DELETE_INVITE: Final = f"DELETE FROM invites WHERE node = {_KEY} AND id = :id"

INVITES: Final = """
SELECT id, digest, inviter, created, expires, uses, used FROM invites WHERE node = :node
"""

# vCards of rooms.

PUT_CARD: Final = f"""
INSERT INTO cards (node, card) VALUES ({_KEY}, :card)
ON CONFLICT (node) DO UPDATE SET card = excluded.card
"""

DELETE_CARD: Final = f"DELETE FROM cards WHERE node = {_KEY}"

CARD: Final = f"SELECT card FROM cards WHERE node = {_KEY}"

# When standing changed.

PUT_STANDING: Final = f"""
INSERT INTO standings (node, jid, version) VALUES ({_KEY}, :jid, :version)
ON CONFLICT (node, jid) DO UPDATE SET version = excluded.version
"""

TRIM_STANDINGS: Final = f"""
DELETE FROM standings WHERE node = {_KEY} AND version <=
    (SELECT version FROM standings WHERE node = {_KEY} ORDER BY version DESC LIMIT 1 OFFSET :most)
"""

STANDINGS: Final = "SELECT jid, version FROM standings WHERE node = :node ORDER BY version"

# Registrations with rooms.

PUT_REGISTRATION: Final = f"""
INSERT INTO registrations (node, jid, nick, pending) VALUES ({_KEY}, :jid, :nick, :pending)
ON CONFLICT (node, jid) DO UPDATE SET nick = excluded.nick, pending = excluded.pending
"""

DELETE_REGISTRATION: Final = f"DELETE FROM registrations WHERE node = {_KEY} AND jid = :jid"

REGISTRATIONS: Final = """
SELECT jid, nick, pending FROM registrations WHERE node = :node ORDER BY jid
"""

# Reading nodes; `:node` is the key that NODE or NODE_KEY gave.

NODE: Final = """
SELECT key, config, creator, created,
    subject_id, subject_publisher, subject_published, subject_nick, subject_payload
FROM nodes WHERE service = :service AND name = :name
"""

NODE_KEY: Final = "SELECT key FROM nodes WHERE service = :service AND name = :name"

AFFILIATIONS: Final = """
SELECT jid, affiliation FROM affiliations WHERE node = :node ORDER BY jid
"""

WEARERS: Final = "SELECT jid, hats FROM wearers WHERE node = :node ORDER BY jid"

SUBSCRIPTIONS: Final = """
SELECT subscriber, state, via, subid, deliver, contact, expires, body, shows,
    topics, depth, terms, public
FROM subscriptions WHERE node = :node ORDER BY subscriber
"""

OCCUPANTS: Final = """
SELECT jid, via, subid, nick, role, presence FROM occupants WHERE node = :node ORDER BY jid
"""

PURGED_OFFLINE: Final = "SELECT service, name FROM nodes WHERE purge_offline"

OCCUPIED: Final = """
SELECT service, name FROM nodes WHERE key IN (SELECT node FROM occupants)
"""

LISTED: Final = """
SELECT id, lists_service, lists_name
FROM items WHERE node = :node AND lists_service IS NOT NULL ORDER BY sequence
"""

NODES_OF: Final = """
SELECT name FROM nodes WHERE service = :service AND name > :after ORDER BY name LIMIT :limit
"""

RELATED: Final = """
SELECT service, name FROM nodes WHERE parent_service = :service AND parent_name = :name
UNION ALL
SELECT service, name FROM nodes WHERE link_service = :service AND link_name = :name
"""

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


SUBSCRIBED: Final = """
SELECT nodes.service, nodes.name
FROM subscriptions JOIN nodes ON nodes.key = subscriptions.node WHERE subscriptions.bare = :jid
"""

AFFILIATED: Final = """
SELECT nodes.service, nodes.name
FROM affiliations JOIN nodes ON nodes.key = affiliations.node WHERE affiliations.jid = :jid
UNION ALL
SELECT nodes.service, nodes.name
FROM registrations JOIN nodes ON nodes.key = registrations.node WHERE registrations.jid = :jid
UNION ALL
SELECT nodes.service, nodes.name
FROM wearers JOIN nodes ON nodes.key = wearers.node WHERE wearers.jid = :jid
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

# Reading items.

LAST_SEQUENCE: Final = "SELECT max(sequence) FROM items"

LAST_TOLD: Final = "SELECT max(digest_told) FROM subscriptions WHERE digest_told IS NOT NULL"

LAST: Final = (LAST_SEQUENCE, LAST_AUDIT, LAST_TOLD)
"""Each gives the highest number that has been given to an item or a row, or None."""

HEADS: Final = "SELECT id, publisher FROM items WHERE node = :node ORDER BY sequence"

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
SELECT count(*), coalesce(sum(length(CAST(payload AS BLOB))), 0) FROM items WHERE node = {_KEY}
"""

# Archives.

ITEM_AT: Final = """
SELECT sequence, published FROM items WHERE node = :node AND sequence >= :sequence
ORDER BY sequence LIMIT 1
"""

NEWEST_SEQUENCE: Final = "SELECT max(sequence) FROM items WHERE node = :node"

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


# Secrets.

ADD_SECRET: Final = """
INSERT INTO secrets (name, secret) VALUES (:name, :secret) ON CONFLICT (name) DO NOTHING
"""

SECRET: Final = "SELECT secret FROM secrets WHERE name = :name"

# Accounts.

_ACCOUNT: Final = "WHERE domain = :domain AND local = :local"

_CREDENTIALS: Final = """
salt, iterations, sha1_stored, sha1_server, sha256_stored, sha256_server
"""

ADD_ACCOUNT: Final = f"""
INSERT INTO accounts (domain, local, created, {_CREDENTIALS})
VALUES (:domain, :local, :created, :salt, :iterations, :sha1_stored, :sha1_server,
    :sha256_stored, :sha256_server)
ON CONFLICT (domain, local) DO NOTHING
"""

SET_CREDENTIALS: Final = f"""
UPDATE accounts
SET salt = :salt, iterations = :iterations, sha1_stored = :sha1_stored,
    sha1_server = :sha1_server, sha256_stored = :sha256_stored, sha256_server = :sha256_server
{_ACCOUNT}
"""

DELETE_ACCOUNT: Final = f"DELETE FROM accounts {_ACCOUNT}"

ACCOUNT_EXISTS: Final = f"SELECT 1 FROM accounts {_ACCOUNT}"

CREDENTIALS: Final = f"SELECT {_CREDENTIALS} FROM accounts {_ACCOUNT}"

ACCOUNTS: Final = """
SELECT local, domain, created FROM accounts
WHERE (domain, local) > (:domain, :local) ORDER BY domain, local LIMIT :limit
"""
