"""Dates with times: XEP-0082 1.1.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.xmpp.dates import format_date, read_date
from folkmoot.xmpp.errors import StanzaError

MOON = -14159025.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1969-07-21T02:56:15Z", MOON),  # §3.2, example 2
        ("1969-07-20T21:56:15-05:00", MOON),  # §3.2, example 3
        ("1969-07-21T16:56:15+14:00", MOON),
        ("1969-07-21T02:56:15.5Z", MOON + 0.5),
        ("1969-07-21T02:56:15.500000999999999999Z", MOON + 0.5),
        (" 1970-01-01T00:00:00Z\n", 0.0),
        ("0001-01-01T00:00:00+14:00", -62135647200.0),
    ],
)
def test_dates_are_read(text: str, seconds: float) -> None:
    assert read_date(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1969-07-21",
        "1969-07-21T02:56:15",
        "1969-07-21 02:56:15Z",
        "1969-07-21T02:56Z",
        "1969-07-21T02:56:15.Z",
        "1969-07-21T02:56:15z",
        "1969-07-21T02:56:60Z",
        "1969-07-21T24:00:01Z",
        "1969-02-30T02:56:15Z",
        "0000-01-01T00:00:00Z",
        "11969-07-21T02:56:15Z",
        "1969-07-21T02:56:15+14:01",
        "1969-07-21T02:56:15+0500",
        "١٩٦٩-07-21T02:56:15Z",
        "19690721T02:56:15",
    ],
)
def test_dates_that_are_none(text: str) -> None:
    """§3.2: the zone is not optional; the format of §4 is for two protocols of long ago."""
    with pytest.raises(StanzaError) as refused:
        read_date(text)
    assert refused.value.condition == "bad-request"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (MOON, "1969-07-21T02:56:15Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1.5, "1970-01-01T00:00:01.5Z"),
        (1_700_000_000.123456, "2023-11-14T22:13:20.123456Z"),
        (100, "1970-01-01T00:01:40Z"),
    ],
)
def test_dates_are_written(seconds: float, text: str) -> None:
    assert format_date(seconds) == text


def test_dates_beyond_the_calendar() -> None:
    with pytest.raises(ValueError, match="year"):
        format_date(1e12)


@given(st.integers(-62_135_596_800, 253_402_300_798), st.integers(0, 999_999))
def test_what_is_written_is_read_back(seconds: int, microseconds: int) -> None:
    moment = seconds + microseconds / 1_000_000
    assert read_date(format_date(moment)) == pytest.approx(moment, abs=1e-5)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    with pytest.raises(StanzaError):
        read_date(text)
