"""Rooms abroad, of conference services elsewhere, and what is wished for them (sync.md)."""

from __future__ import annotations

from dataclasses import dataclass

from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.xmpp.jid import JID


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomAbroad:
    """A room that a space lists, or listed, and how far it is from being in line.

    by: who listed it. last: up to whom the space's people have been gone through; None: all are.
    tries: how often in a row it could not be reached or would not have it. due: when to try again,
    in seconds since 1970. told: whether the space's owners know.
    """

    room: JID
    space: NodeId
    by: JID
    listed: bool = True
    last: str | None = None
    tries: int = 0
    due: float = 0.0
    reason: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a room is to have of an entity, and what it was given.

    wanted: the latest wish; NONE: nothing. given: what the service set; None: nothing. giving: what
    it was about to set when it was last heard of. had: what the room said of its own before.
    """

    room: JID
    jid: JID
    wanted: Affiliation
    given: Affiliation | None = None
    giving: Affiliation | None = None
    had: Affiliation | None = None
    tries: int = 0
    due: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many wishes for a room are met, wait to be tried, and have failed so far."""

    met: int
    waiting: int
    failing: int
