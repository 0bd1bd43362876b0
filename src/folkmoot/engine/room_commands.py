"""What can be asked of rooms besides what can be asked of any node (XEP-0045 1.35.5), and of all
rooms of a space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from folkmoot.engine.commands import Command
from folkmoot.engine.model import (
    Hat,
    Mark,
    NodeId,
    Occupant,
    Retraction,
    Role,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Command):
    """Register with a room, under a nick that is then reserved (XEP-0045 §7.10).

    said: the form as it was filled in, for the admins where they have to say yes.
    """

    nick: str
    said: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregister(Command):
    """Be registered no longer, nor a member by it (XEP-0077 §3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleRegistration(Command):
    """The answer of an admin to a request to register (XEP-0045 §9.9)."""

    registrant: JID
    allow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCard(Command):
    """Give a room another vCard, or none (XEP-0486 §3.2). avatar: the SHA-1 of each photo in it."""

    card: Element | None
    avatar: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePresence(Command):
    """Change nick or presence as an occupant (XEP-0045 §7.6, §7.7); `actor` is the occupant."""

    occupant: Occupant


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRoles(Command):
    """Give occupants, by nick, other roles; None is the door (XEP-0045 §8.2-8.6, §9.6-9.8)."""

    roles: Mapping[str, Role | None]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismiss(Command):
    """Show somebody the door of every room of a space (docs/extensions/moderation.md)."""

    jid: JID
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(Command):
    """Hear when something is said in the rooms one belongs in (XEP-0437 §3.1).

    `node` is of the service that has the rooms, and no room; the actor is a resource.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch(Command):
    """Hear of it no more (XEP-0437 §3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper(Command):
    """Be about to say something that a room passes on to some only: that is counted, too.

    count: to how many.
    """

    count: int = 1


Notice = Callable[[NodeId, str, Retraction], Element]
"""What a room says of an item that is taken back, by its id there, in a protocol's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderate(Command):
    """Take back what somebody said in a room (XEP-0425 §3). notice: words what the room says."""

    item_id: str
    notice: Notice
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Command):
    """Take back what somebody said in the rooms of a space, as far as one command goes.

    within: how long ago it may be said, in seconds; None: ever. start: where the command before
    this one stopped, with what that said of time; None: this is the first. notice: as in Moderate.
    """

    jid: JID
    notice: Notice
    within: float | None = None
    reason: str = ""
    start: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Align(Command):
    """Find what a room abroad is to have, a page of people at a time (docs/extensions/sync.md).

    room: its JID. after: only people whose JIDs follow this text. The service itself asks.
    """

    room: JID
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacate(Command):
    """Let go of a room's occupants whose streams are gone; for the server itself."""

    occupants: tuple[JID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubject(Command):
    """Change a room's subject (XEP-0045 §8.1); the payload is the message as it is sent on.

    keep: see `Entry`.
    """

    payload: Element
    keep: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHat(Command):
    """Make a hat of a room or space, or change one (XEP-0317 §3.2)."""

    hat: Hat


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyHat(Command):
    """Take a hat from all who wear it, and from the list (XEP-0317 §3.3)."""

    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WearHat(Command):
    """Give somebody a hat, or take it off again (XEP-0317 §3.5, §3.6)."""

    jid: JID
    uri: str
    worn: bool
