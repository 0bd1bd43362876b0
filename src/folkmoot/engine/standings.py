"""When entities' standing on a node changed, and what it was before: XEP-0463 0.2.0, §5.2.1, §6.

Changes are numbered for each node. What somebody was at a number is asked when they want to know
what changed since: who was no part of a list is not told what was on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from folkmoot.engine.model import Affiliation, NodeId

STANDINGS_MAX: Final = 1_000
"""Of how many entities a node remembers when their standing last changed."""

PAST_MAX: Final = 8
"""How many of an entity's changes on a node are remembered."""


class Change(NamedTuple):
    """A numbered change of somebody's standing on a node, from which something follows below it."""

    node: NodeId
    number: int


class Was(NamedTuple):
    """What an entity was on a node before the change of this number: its row, and whether the node
    is a space that had admitted it."""

    until: int
    row: Affiliation | None
    admitted: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """That an entity's standing changed. number: of the last change.

    past: what it was before that, and before the changes before that one, oldest first; this is all
    there is to know from the number `known` on.
    """

    number: int
    known: int = 0
    past: tuple[Was, ...] = ()

    def at(self, number: int) -> Was | None:
        """What the entity was at a number before the last change; None where it is forgotten."""
        if number < self.known:
            return None
        return next((was for was in self.past if was.until > number), None)


def moved(before: Moved | None, was: Was) -> Moved:
    """The same entity, whose standing changes once more."""
    past = (*(() if before is None else before.past), was)
    forgotten = past[:-PAST_MAX]
    known = 0 if before is None else before.known
    return Moved(was.until, forgotten[-1].until if forgotten else known, past[-PAST_MAX:])
