"""Rooms abroad: what they are to have of a space's people, and what has come of it.

A room is kept in line with one space: that which listed it first.
"""

from __future__ import annotations

from typing import Final

_OURS: Final = """EXISTS (
    SELECT 1 FROM rooms_abroad
    WHERE rooms_abroad.room = :room AND rooms_abroad.service = :service
        AND rooms_abroad.name = :name
)"""

LIST_ROOM: Final = """
INSERT INTO rooms_abroad (room, service, name, lister, listed, last)
VALUES (:room, :service, :name, :by, TRUE, '')
ON CONFLICT (room) DO UPDATE
SET service = excluded.service, name = excluded.name, lister = excluded.lister, listed = TRUE,
    last = '', tries = 0, due = 0, reason = '', told = FALSE
WHERE NOT rooms_abroad.listed
    OR (rooms_abroad.service = excluded.service AND rooms_abroad.name = excluded.name)
"""

ALIGN_AGAIN: Final = """
UPDATE rooms_abroad SET last = '', tries = 0, due = 0, reason = '', told = FALSE
WHERE room = :room AND service = :service AND name = :name AND listed
"""

UNLIST_ROOM: Final = """
UPDATE rooms_abroad
SET listed = FALSE, last = NULL, tries = 0, due = 0, reason = '', told = FALSE
WHERE room = :room AND service = :service AND name = :name
"""

WISH_NOTHING: Final = f"""
UPDATE wishes SET wanted = 'none', waiting = TRUE, tries = 0, due = 0, reason = ''
WHERE room = :room AND {_OURS}
"""

PUT_WISH: Final = f"""
INSERT INTO wishes (room, jid, wanted, waiting, due)
SELECT :room, :jid, :wanted, TRUE, CASE :wanted WHEN 'outcast' THEN -1 ELSE 0 END WHERE {_OURS}
ON CONFLICT (room, jid) DO UPDATE
SET wanted = excluded.wanted, waiting = TRUE, tries = 0, due = excluded.due, reason = ''
"""

CHANGE_WISH: Final = f"""
UPDATE wishes SET wanted = :wanted, waiting = TRUE, tries = 0, due = 0, reason = ''
WHERE room = :room AND jid = :jid AND {_OURS}
"""

PEOPLE_WISHED: Final = """
UPDATE rooms_abroad SET last = :last
WHERE room = :room AND service = :service AND name = :name AND listed
"""

_ROOM: Final = (
    "SELECT room, service, name, lister, listed, last, tries, due, reason, told FROM rooms_abroad"
)

ROOMS_DUE: Final = f"""
{_ROOM} WHERE due <= :at AND (
    last IS NOT NULL OR EXISTS (
        SELECT 1 FROM wishes
        WHERE wishes.room = rooms_abroad.room AND wishes.waiting AND wishes.due <= :at
    )
) ORDER BY due, room LIMIT :limit
"""

PENDING: Final = """
SELECT EXISTS (SELECT 1 FROM wishes WHERE waiting)
    OR EXISTS (SELECT 1 FROM rooms_abroad WHERE last IS NOT NULL)
"""

ROOM_ABROAD: Final = f"{_ROOM} WHERE room = :room"

ROOMS: Final = f"{_ROOM} WHERE room > :after ORDER BY room LIMIT :limit"

ROOMS_OF: Final = f"{_ROOM} WHERE service = :service AND name = :name ORDER BY room"

WISHES_DUE: Final = """
SELECT room, jid, wanted, given, giving, had, tries, due, reason
FROM wishes WHERE room = :room AND waiting AND due <= :at ORDER BY due, jid LIMIT :limit
"""

WISHES_FAILED: Final = """
SELECT room, jid, wanted, given, giving, had, tries, due, reason
FROM wishes WHERE room = :room AND waiting AND tries > 0 ORDER BY tries DESC, jid LIMIT :limit
"""

COUNT_WISHES: Final = """
SELECT count(*) FILTER (WHERE NOT waiting), count(*) FILTER (WHERE waiting AND tries = 0),
    count(*) FILTER (WHERE waiting AND tries > 0)
FROM wishes WHERE room = :room
"""

WISHED_OF: Final = "SELECT jid FROM wishes WHERE room = :room"

OWN: Final = "SELECT had FROM wishes WHERE room = :room AND jid = :jid"

INTEND: Final = """
UPDATE wishes SET given = :given, giving = :giving, had = :had WHERE room = :room AND jid = :jid
"""

SETTLE_WISH: Final = """
UPDATE wishes
SET given = :given, giving = NULL, had = :had, waiting = wanted <> :wanted,
    tries = 0, due = 0, reason = ''
WHERE room = :room AND jid = :jid
"""

NOT_GIVEN: Final = "UPDATE wishes SET giving = NULL WHERE room = :room AND jid = :jid"

FAIL_WISH: Final = """
UPDATE wishes SET tries = tries + 1, due = :due, reason = :reason
WHERE room = :room AND jid = :jid AND wanted = :wanted
"""

DROP_SETTLED: Final = """
DELETE FROM wishes
WHERE room = :room AND wanted = 'none' AND coalesce(given, giving) IS NULL AND NOT waiting
"""

DROP_ROOM: Final = """
DELETE FROM rooms_abroad WHERE room = :room AND NOT listed
    AND NOT EXISTS (SELECT 1 FROM wishes WHERE wishes.room = rooms_abroad.room)
"""

SETTLE_ROOM: Final = """
UPDATE rooms_abroad SET tries = 0, due = 0, reason = '' WHERE room = :room
"""

ALL_ALIGNED: Final = "UPDATE rooms_abroad SET last = NULL WHERE room = :room AND last = :last"

ROOM_IN_LINE: Final = """
UPDATE rooms_abroad SET told = FALSE
WHERE room = :room AND tries = 0
    AND NOT EXISTS (SELECT 1 FROM wishes WHERE wishes.room = :room AND waiting AND tries > 0)
"""

FORGET_WISHES: Final = """
DELETE FROM wishes WHERE room = :room AND EXISTS (
    SELECT 1 FROM rooms_abroad WHERE rooms_abroad.room = :room AND NOT rooms_abroad.listed
)
"""

FAIL_ROOM: Final = """
UPDATE rooms_abroad SET tries = tries + 1, due = :due, reason = :reason WHERE room = :room
"""

TOLD_OWNERS: Final = "UPDATE rooms_abroad SET told = TRUE WHERE room = :room"

RETRY_ROOM: Final = "UPDATE rooms_abroad SET due = 0 WHERE room = :room"

RETRY_WISHES: Final = "UPDATE wishes SET due = 0 WHERE room = :room AND waiting"

WISHING: Final = frozenset(
    {LIST_ROOM, ALIGN_AGAIN, UNLIST_ROOM, WISH_NOTHING, PUT_WISH, CHANGE_WISH}
)
"""What a batch runs where there is something to do abroad from then on; always one of these."""
