"""Dates with times: XEP-0082 1.1.1."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from folkmoot.xmpp.errors import StanzaError

_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.([0-9]+))?"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_date(seconds: float) -> str:
    """A moment in UTC (§3.2), to the microsecond, with no fraction where it is a whole second.

    seconds: since 1970-01-01T00:00:00Z; ValueError outside the years 1 to 9999.
    """
    text = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def read_date(text: str) -> float:
    """Seconds since 1970-01-01T00:00:00Z of a date with time and zone (§3.2), to the microsecond.

    Raises StanzaError bad-request where it is none.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise StanzaError("bad-request", "not a date with time and zone")
    second, fraction, zone = found.groups(default="0")
    try:
        moment = datetime.fromisoformat(f"{second}.{fraction[:6]:0<6}{zone}")
    except ValueError as error:
        raise StanzaError("bad-request", "not a date with time and zone") from error
    return (moment - _EPOCH).total_seconds()
