"""When what is tried, by rows, time and chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.abroad import schedule
from folkmoot.abroad.schedule import (
    RETRY_SECONDS_MAX,
    RETRY_SECONDS_MIN,
    VISITS_MAX,
    VISITS_PER_SERVICE_MAX,
    Pace,
    next_visits,
    retry_seconds,
)
from folkmoot.engine.abroad import RoomAbroad
from folkmoot.engine.model import NodeId
from folkmoot.xmpp.jid import JID

SPACE = NodeId(JID.parse("spaces.folk.lit"), "moot")


def room(name: str, service: str = "conference.verona.lit") -> RoomAbroad:
    return RoomAbroad(room=JID(name, service), space=SPACE, by=JID.parse("nurse@verona.lit"))


def test_each_failure_doubles_the_wait() -> None:
    """From RETRY_SECONDS_MIN to RETRY_SECONDS_MAX; chance takes up to half of it away."""
    assert [retry_seconds(tries, 0.0) / RETRY_SECONDS_MIN for tries in (1, 2, 3)] == [1, 2, 4]
    assert retry_seconds(10_000, 0.0) == RETRY_SECONDS_MAX
    assert retry_seconds(1, 1.0) == RETRY_SECONDS_MIN / 2


@given(st.integers(1, 100), st.floats(0, 1))
def test_no_wait_is_too_long_or_none(tries: int, chance: float) -> None:
    """Whatever chance says."""
    assert RETRY_SECONDS_MIN / 2 <= retry_seconds(tries, chance) <= RETRY_SECONDS_MAX


def test_as_many_visits_as_may_be() -> None:
    """VISITS_PER_SERVICE_MAX of one service, VISITS_MAX in all, longest due first."""
    one = [room(f"r{number}") for number in range(9)]
    assert list(next_visits(one, ())) == one[:VISITS_PER_SERVICE_MAX]
    assert list(next_visits(one, [one[0].room])) == [one[1]]
    assert list(next_visits(one, [each.room for each in one[:VISITS_PER_SERVICE_MAX]])) == []
    many = [room("r", f"conference{number}.lit") for number in range(VISITS_MAX + 3)]
    assert list(next_visits(many, ())) == many[:VISITS_MAX]
    assert list(next_visits((*one, *many), ())) == [
        *one[:VISITS_PER_SERVICE_MAX],
        *many[: VISITS_MAX - VISITS_PER_SERVICE_MAX],
    ]


def test_queries_keep_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each service its own; what is over is forgotten, however many services there are."""
    pace = Pace(per_second=10)
    assert [pace.turn("a", 1.0) for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])
    assert pace.turn("b", 1.0) == 0.0
    assert pace.turn("a", 9.0) == 0.0
    monkeypatch.setattr(schedule, "SERVICES_PACED_MAX", 2)
    for number in range(10):
        pace.turn(f"s{number}", 10.0 + number)
    assert len(pace._next) <= 3
