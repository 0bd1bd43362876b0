"""The highest numbers that have been given to items, rows and digests; None where to none."""

from __future__ import annotations

from typing import Final

LAST_SEQUENCE: Final = "SELECT max(sequence) FROM items"

LAST_AUDIT: Final = "SELECT max(sequence) FROM audit"

LAST_TOLD: Final = "SELECT max(digest_told) FROM subscriptions WHERE digest_told IS NOT NULL"

LAST: Final = (LAST_SEQUENCE, LAST_AUDIT, LAST_TOLD)
