"""How often something may happen in a room, or at another node: token buckets, as values.

What happens takes a token out of each bucket it is counted in; tokens come back with time, up to
as many as may happen at once. Time comes in the stamp, and nothing of this is kept: a bucket that
is not known is full.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from folkmoot.xmpp.jid import JID

BUCKETS_PER_NODE_MAX: Final = 10_000
"""How many buckets a node has; those unused for longest make way, and are full again."""

SLOW_SECONDS_MAX: Final = 86_400
"""The longest an owner may let people wait between two messages (XEP-0500)."""


class Pace(Enum):
    """What is counted: of one person at a node, on all their devices, or of all together."""

    MESSAGES = "messages"
    """What one person says, to all or to one."""
    PRESENCES = "presences"
    """How often one person's presence changes."""
    NICKS = "nicks"
    """How often one person takes another nick."""
    ENTRIES = "entries"
    """How often one person enters, which they have to leave first or ask to be told all anew."""
    MESSAGES_OF_ALL = "messages of all"
    PRESENCES_OF_ALL = "presences of all"
    """Presences, nicks and entries."""
    SLOW = "slow"
    """What one person says in a room whose owner wants it slow (XEP-0500)."""
    ITEMS = "items"
    """What one person publishes to a node that is no room."""
    ITEMS_OF_ALL = "items of all"


OF_ALL: Final = frozenset({Pace.MESSAGES_OF_ALL, Pace.PRESENCES_OF_ALL, Pace.ITEMS_OF_ALL})


class Rate(NamedTuple):
    """How many a second, in the long run, and how many at once."""

    per_second: float
    burst: float


class Bucket(NamedTuple):
    """What is left of a rate, at a time in seconds since 1970."""

    left: float
    at: float


Key = tuple[JID | None, Pace]
"""Whose bucket, by bare JID (None: the node's), and what is counted in it."""


def spend(rate: Rate, bucket: Bucket | None, at: float, count: int = 1) -> Bucket | None:
    """The bucket with a token less; None where there is none in it. A clock may go backwards.

    count: how many tokens at once; more than the bucket ever holds takes all of a full one.
    """
    wanted = min(count, rate.burst)
    if bucket is None:
        left = rate.burst
    else:
        left = min(rate.burst, bucket.left + max(at - bucket.at, 0.0) * rate.per_second)
    return None if left < wanted else Bucket(left - wanted, at)


PACES: Final[Mapping[Pace, Rate]] = {
    Pace.MESSAGES: Rate(10, 100),
    Pace.PRESENCES: Rate(5, 100),
    Pace.NICKS: Rate(0.5, 20),
    Pace.ENTRIES: Rate(1, 60),
    Pace.MESSAGES_OF_ALL: Rate(100, 500),
    Pace.PRESENCES_OF_ALL: Rate(200, 20_000),
    Pace.ITEMS: Rate(50, 1_000),
    Pace.ITEMS_OF_ALL: Rate(500, 10_000),
}
"""The rates that hold everywhere, unless the operator says otherwise; no person meets them.

All in a large room may say something in the same moment; a program may bring what it has gathered,
and is then told to wait."""


def slow(seconds: int) -> Rate:
    """One message, and then none for so long."""
    return Rate(1 / seconds, 1)
