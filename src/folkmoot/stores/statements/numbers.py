"""The highest numbers that items, rows, digests and visits have been given; None where none."""

from __future__ import annotations

from typing import Final

LAST_SEQUENCE: Final = "SELECT max(sequence) FROM items"

LAST_AUDIT: Final = "SELECT max(sequence) FROM audit"

LAST_TOLD: Final = "SELECT max(digest_told) FROM subscriptions WHERE digest_told IS NOT NULL"

LAST_VISIT: Final = "SELECT max(place) FROM visits"

LAST: Final = (LAST_SEQUENCE, LAST_AUDIT, LAST_TOLD, LAST_VISIT)
