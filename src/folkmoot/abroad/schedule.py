"""When to try what: functions of rows, time and chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from folkmoot.engine.abroad import RoomAbroad
from folkmoot.xmpp.jid import JID

VISITS_MAX: Final = 8
"""How many rooms are seen to at once."""

VISITS_PER_SERVICE_MAX: Final = 2
"""How many rooms of one service."""

QUERIES_PER_SECOND: Final = 10.0
"""How many queries one service is sent at most."""

RETRY_SECONDS_MIN: Final = 5.0
RETRY_SECONDS_MAX: Final = 3_600.0
"""How long after the first failure something is tried again, and at most."""

FAILURES_UNTOLD_MAX: Final = 5
"""How often something may fail in a row before the owners of the space are told."""

_DOUBLINGS_MAX: Final = 30


def retry_seconds(tries: int, chance: float) -> float:
    """How long to wait after so many failures in a row.

    Twice as long each time, and by chance somewhat less, so that what failed together does not come
    back together. tries: from 1. chance: 0 to 1.
    """
    longest = RETRY_SECONDS_MIN * 2.0 ** min(max(tries, 1) - 1, _DOUBLINGS_MAX)
    return min(longest, RETRY_SECONDS_MAX) * (1.0 - chance / 2)


def next_visits(due: Iterable[RoomAbroad], busy: Collection[JID]) -> Iterator[RoomAbroad]:
    """The rooms to see to now, of those that are due, longest due first.

    busy: those being seen to; the services of these count against VISITS_PER_SERVICE_MAX.
    """
    free = VISITS_MAX - len(busy)
    services = Counter(room.domain for room in busy)
    for each in due:
        if free <= 0:
            return
        if each.room in busy or services[each.room.domain] >= VISITS_PER_SERVICE_MAX:
            continue
        free -= 1
        services[each.room.domain] += 1
        yield each


class Pace:
    """When each service may be sent the next query."""

    def __init__(self, per_second: float = QUERIES_PER_SECOND) -> None:
        self._between = 1.0 / per_second
        self._next: dict[str, float] = {}

    def turn(self, service: str, at: float) -> float:
        """Take the next turn: how many seconds from `at` it is."""
        if len(self._next) > SERVICES_PACED_MAX:
            self._next = {name: turn for name, turn in self._next.items() if turn > at}
        turn = max(at, self._next.get(service, at))
        self._next[service] = turn + self._between
        return turn - at


SERVICES_PACED_MAX: Final = 1_000
"""Of how many services a turn is remembered that is over."""
