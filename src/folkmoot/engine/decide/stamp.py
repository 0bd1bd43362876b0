"""What a decision is given from outside: the time, and something nobody can guess."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stamp:
    """at: seconds since 1970. id: new for each command, at least 64 random bits."""

    at: float
    id: str
