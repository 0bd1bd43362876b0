"""How large a workload is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes: subscribers to one node, occupants of one room, publishers, and sessions.

    heights: how many rooms a space has. crowds: how many members. banned: from how many rooms
    a ban puts somebody out. changes: approvals, and rooms added,
    over which the cost of one is taken. seconds: how long a load lasts, after a tenth as warm-up.
    window: how many items of a fan-out may be under way.
    """

    subscribers: int
    occupants: int
    publishers: int
    sessions: int
    heights: tuple[int, ...]
    crowds: tuple[int, ...]
    banned: int
    changes: int
    seconds: float
    window: int = 8

    @property
    def accounts(self) -> int:
        """How many accounts there have to be: the owner, user0, and those of the largest part."""
        most = (self.subscribers, self.occupants, self.publishers, self.sessions, self.changes)
        return 1 + max(*most, *self.heights)


CROWDS: Final = (10, 100, 1_000, 10_000)

FULL: Final = Scale(1_000, 500, 50, 1_000, (10, 100, 1_000), CROWDS, 100, 200, 6.0)
"""What the goals are set for."""

QUICK: Final = Scale(100, 50, 10, 100, (10, 50), (10, 50), 10, 50, 1.0)
"""To see that all works; the figures are not those of the goals."""
