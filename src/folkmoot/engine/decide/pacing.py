"""Holding what happens at a node to a pace, for each person and for all (XEP-0500 0.1.1, §6)."""

from __future__ import annotations

from typing import Final

from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import Affiliation
from folkmoot.engine.pace import OF_ALL, Bucket, Key, Pace, Rate, slow, spend
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import Spent
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

_NEVER_SLOW: Final = (Affiliation.OWNER, Affiliation.ADMIN)


def paced(
    record: Node,
    jid: JID,
    view: View,
    stamp: Stamp,
    *paces: Pace,
    words: bool = False,
    count: int = 1,
) -> Spent:
    """What is left for somebody at a node, and for all, once something more has happened.

    words: it is a message with a body, which a slow room counts. count: how often it happens.

    Raises Refused: TOO_FAST, TOO_BUSY, both naming the pace; SLOW_MODE naming the seconds.
    """
    rates = view.services.paces
    wanted = [(pace, rates[pace]) for pace in paces]
    room = record.config.room
    seconds = 0 if room is None else room.slow_seconds
    if words and seconds and view.affiliation(record.id, jid) not in _NEVER_SLOW:
        wanted.append((Pace.SLOW, slow(seconds)))
    left = tuple(
        _spent(record, jid.bare, pace, rate, stamp, seconds, count) for pace, rate in wanted
    )
    return Spent(node=record.id, left=left)


def _spent(
    record: Node, bare: JID, pace: Pace, rate: Rate, stamp: Stamp, seconds: int, count: int
) -> tuple[Key, Bucket]:
    key = (None if pace in OF_ALL else bare, pace)
    bucket = spend(rate, record.buckets.get(key), stamp.at, count)
    if bucket is not None:
        return key, bucket
    if pace is Pace.SLOW:
        raise Refused(Reason.SLOW_MODE, str(seconds))
    raise Refused(Reason.TOO_BUSY if pace in OF_ALL else Reason.TOO_FAST, pace.value)
