"""What happened in a space, besides what happens at any node.

Invites, moderation, rooms abroad, and what is written down of it for its owners.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from folkmoot.engine.model import (
    Affiliation,
    Mark,
    NodeId,
    Ticket,
)
from folkmoot.xmpp.jid import JID


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderated:
    """Somebody had to leave the rooms of a space, or what they said there was taken back.

    rooms, messages: of how many rooms, and how many. next: where to go on with taking back; None:
    nothing is left.
    """

    node: NodeId
    jid: JID
    by: JID
    matter: Matter
    rooms: int
    messages: int = 0
    reason: str = ""
    next: Mark | None = None


class Matter(Enum):
    """What of a space changed (docs/extensions/audit.md)."""

    CREATED = "created"
    CONFIGURATION = "configuration"
    AFFILIATION = "affiliation"
    SUBSCRIPTION = "subscription"
    ITEM = "item"
    PURGED = "purged"
    INVITE = "invite"
    KICK = "kick"
    RETRACTION = "retraction"
    HATS = "hats"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A space changed, and its owners may look it up: who did what, when.

    at: seconds since 1970. subject: the field, JID or item that changed.
    before, after: in the words of the protocols; for an item its payload. before None: what the
    item held so far, which the store knows.
    """

    node: NodeId
    at: float
    by: JID
    matter: Matter
    subject: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomListed:
    """A space has a room abroad, or is in others: all of the room is to be brought in line.

    by: who listed it; None: it was listed before.
    """

    node: NodeId
    room: JID
    by: JID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomUnlisted:
    """A space has a room abroad no longer: what the room was given is to be taken back."""

    node: NodeId
    room: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingWished:
    """What a space makes of an entity in a room abroad; NONE: nothing."""

    node: NodeId
    room: JID
    jid: JID
    wanted: Affiliation


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWished:
    """A page of a space's people was gone through for a room abroad. last: whom it ended with."""

    node: NodeId
    room: JID
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteChanged:
    """An invite was made, used or ended (`after` is None).

    token: of an invite just made, for who made it; nothing keeps it.
    """

    node: NodeId
    before: Ticket | None
    after: Ticket | None
    by: JID
    token: str = field(default="", repr=False)
