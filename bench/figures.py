"""What is measured: figures with their units, and the goals they have to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound; at_most: the figure must not be above it, else not below."""

    bound: float
    at_most: bool = False

    def reached(self, value: float) -> bool:
        """Whether a figure is good enough."""
        return value <= self.bound if self.at_most else value >= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that a workload measures.

    digits: how many of its decimals mean anything. goal: None where none was set.
    """

    name: str
    unit: str
    digits: int = 0
    goal: Goal | None = None

    def say(self, value: float) -> str:
        """A value as people read it, without the unit."""
        return f"{value:,.{self.digits}f}"


Sample: TypeAlias = Mapping[Figure, float]
"""What one run of a workload came to."""


def rate(count: float, seconds: float) -> float:
    """So many in so many seconds, per second; nan where the clock saw no time go by."""
    return count / seconds if seconds else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed; nan of none.

    The nearest-rank definition: always one of the values that were measured.
    """
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
