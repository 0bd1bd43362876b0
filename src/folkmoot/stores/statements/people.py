"""What people are on a node, and have there: rows of affiliation, hats, subscriptions, nicks."""

from __future__ import annotations

from typing import Final

from folkmoot.stores.statements.nodes import NODE_KEY

PUT_AFFILIATION: Final = f"""
INSERT INTO affiliations (node, jid, affiliation) VALUES (({NODE_KEY}), :jid, :affiliation)
ON CONFLICT (node, jid) DO UPDATE SET affiliation = excluded.affiliation
"""

DELETE_AFFILIATION: Final = f"DELETE FROM affiliations WHERE node = ({NODE_KEY}) AND jid = :jid"

AFFILIATIONS: Final = """
SELECT jid, affiliation FROM affiliations WHERE node = :node ORDER BY jid
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
UNION ALL
SELECT nodes.service, nodes.name
FROM voices JOIN nodes ON nodes.key = voices.node WHERE voices.jid = :jid
"""

AFFILIATIONS_OF: Final = """
SELECT (SELECT count(*) FROM affiliations WHERE jid = :jid)
    + (SELECT count(*) FROM registrations WHERE jid = :jid)
    + (SELECT count(*) FROM wearers WHERE jid = :jid)
    + (SELECT count(*) FROM voices WHERE jid = :jid)
"""

PUT_STANDING: Final = f"""
INSERT INTO standings (node, jid, version, known, past)
VALUES (({NODE_KEY}), :jid, :version, :known, :past)
ON CONFLICT (node, jid) DO UPDATE
SET version = excluded.version, known = excluded.known, past = excluded.past
"""

TRIM_STANDINGS: Final = f"""
DELETE FROM standings WHERE node = ({NODE_KEY}) AND version <= (
    SELECT version FROM standings WHERE node = ({NODE_KEY})
    ORDER BY version DESC LIMIT 1 OFFSET :most
)
"""

STANDINGS: Final = """
SELECT jid, version, known, past FROM standings WHERE node = :node ORDER BY version
"""

PUT_VISIT: Final = f"""
INSERT INTO visits (place, node, jid) VALUES (:place, ({NODE_KEY}), :jid)
ON CONFLICT (jid, node) DO UPDATE SET place = excluded.place
"""

DELETE_VISITS: Final = "DELETE FROM visits WHERE jid = :jid"

TRIM_VISITS: Final = f"""
DELETE FROM visits WHERE node = ({NODE_KEY}) AND place <= (
    SELECT place FROM visits WHERE node = ({NODE_KEY})
    ORDER BY place DESC LIMIT 1 OFFSET :most
)
"""

PUT_HATS: Final = f"""
INSERT INTO wearers (node, jid, hats) VALUES (({NODE_KEY}), :jid, :hats)
ON CONFLICT (node, jid) DO UPDATE SET hats = excluded.hats
"""

DELETE_HATS: Final = f"DELETE FROM wearers WHERE node = ({NODE_KEY}) AND jid = :jid"

WEARERS: Final = "SELECT jid, hats FROM wearers WHERE node = :node ORDER BY jid"

PUT_VOICE: Final = f"""
INSERT INTO voices (node, jid, role) VALUES (({NODE_KEY}), :jid, :role)
ON CONFLICT (node, jid) DO UPDATE SET role = excluded.role
"""

DELETE_VOICE: Final = f"DELETE FROM voices WHERE node = ({NODE_KEY}) AND jid = :jid"

VOICES: Final = "SELECT jid, role FROM voices WHERE node = :node ORDER BY jid"

PUT_SUBSCRIPTION: Final = f"""
INSERT INTO subscriptions
    (node, subscriber, bare, state, via, subid, deliver, contact, expires, body, shows,
    topics, depth, terms, public, digest_at, digest_told)
VALUES (({NODE_KEY}), :subscriber, :bare, :state, :via, :subid, :deliver, :contact,
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
DELETE FROM subscriptions WHERE node = ({NODE_KEY}) AND subscriber = :subscriber
"""

SUBSCRIPTIONS: Final = """
SELECT subscriber, state, via, subid, deliver, contact, expires, body, shows,
    topics, depth, terms, public
FROM subscriptions WHERE node = :node ORDER BY subscriber
"""

SUBSCRIBED: Final = """
SELECT nodes.service, nodes.name
FROM subscriptions JOIN nodes ON nodes.key = subscriptions.node WHERE subscriptions.bare = :jid
"""

PUT_OCCUPANT: Final = f"""
INSERT INTO occupants (node, jid, via, subid, nick, role, presence, tracks)
VALUES (({NODE_KEY}), :jid, :via, :subid, :nick, :role, :presence, :tracks)
ON CONFLICT (node, jid) DO UPDATE
SET via = excluded.via, subid = excluded.subid, nick = excluded.nick, role = excluded.role,
    presence = excluded.presence, tracks = excluded.tracks
"""

DELETE_OCCUPANT: Final = f"DELETE FROM occupants WHERE node = ({NODE_KEY}) AND jid = :jid"

OCCUPANTS: Final = """
SELECT jid, via, subid, nick, role, presence, tracks
FROM occupants WHERE node = :node ORDER BY jid
"""

OCCUPIED: Final = """
SELECT service, name FROM nodes WHERE key IN (SELECT node FROM occupants)
"""

PUT_REGISTRATION: Final = f"""
INSERT INTO registrations (node, jid, nick, pending) VALUES (({NODE_KEY}), :jid, :nick, :pending)
ON CONFLICT (node, jid) DO UPDATE SET nick = excluded.nick, pending = excluded.pending
"""

DELETE_REGISTRATION: Final = f"DELETE FROM registrations WHERE node = ({NODE_KEY}) AND jid = :jid"

REGISTRATIONS: Final = """
SELECT jid, nick, pending FROM registrations WHERE node = :node ORDER BY jid
"""


def active(rooms: int) -> str:
    """The statement that finds those of so many rooms of a service, `:name0` and so on, in which
    something was said after `:jid` left, or ever if it never did."""
    names = ", ".join(f":name{number}" for number in range(rooms))
    return f"""
SELECT name FROM nodes WHERE service = :service AND name IN ({names}) AND EXISTS (
    SELECT 1 FROM items WHERE items.node = nodes.key AND said AND sequence > coalesce(
        (SELECT place FROM visits WHERE visits.jid = :jid AND visits.node = nodes.key), 0
    )
)
"""
