"""What is told of each thing that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How good a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `mend` says what to do, and is empty where all is well."""

    grade: Grade
    subject: str
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """What goes on meanwhile, for who waits."""

    text: str


Tell = Callable[[Finding | Doing], None]
