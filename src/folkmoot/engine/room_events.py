"""What happened in a room, besides what happens at any node (XEP-0045 1.35.5)."""

from __future__ import annotations

from dataclasses import dataclass

from folkmoot.engine.model import (
    Affiliation,
    Item,
    NodeId,
    Registration,
    Role,
    Subscription,
)
from folkmoot.engine.pace import Bucket, Key
from folkmoot.engine.standings import Change
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantsLost:
    """Occupants are gone whose streams ended while nobody looked; all of them at once."""

    node: NodeId
    occupants: tuple[Subscription, ...]
    by: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class HatsChanged:
    """Somebody wears other hats of a room or space; before, after: the URIs of all of these."""

    node: NodeId
    jid: JID
    before: tuple[str, ...]
    after: tuple[str, ...]
    by: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChanged:
    """Somebody will come back to a moderated room in another role; None: as what they are."""

    node: NodeId
    jid: JID
    after: Role | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A resource wants to hear that something is said in a room, or does no longer."""

    node: NodeId
    jid: JID
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Something is said in a room, which some who watch it have not heard since they were in it."""

    node: NodeId
    to: tuple[JID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """Somebody begins to watch rooms in which something was said since they were there.

    node: the first of these rooms. jid: a resource.
    """

    node: NodeId
    rooms: tuple[NodeId, ...]
    jid: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """Some who belong in a room leave it: what was said so far is no news to them.

    jids: bare, each once.
    """

    node: NodeId
    jids: tuple[JID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsForgotten:
    """Nothing is known any more of when an account was in which room. node: its presence."""

    node: NodeId
    jid: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Something happened in a room that is counted; left: of each pace it counts for."""

    node: NodeId
    left: tuple[tuple[Key, Bucket], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectChanged:
    """A room has another subject; that it was said is an item of its own."""

    node: NodeId
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanged:
    """A room has another vCard, or none."""

    node: NodeId
    card: Element | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationChanged:
    """Somebody registered with a room, asks to, or is not registered any longer (`after` is None).

    said: the form as it was filled in, of somebody who asks.
    """

    node: NodeId
    jid: JID
    before: Registration | None
    after: Registration | None
    by: JID
    said: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChanged:
    """What an occupant is changed while they stay: by a row here or above, or a configuration.

    promoted: they are a moderator, and were none.
    change: the change of standing that it follows from; None: of none.
    """

    node: NodeId
    occupant: JID
    by: JID
    reason: str = ""
    promoted: bool = False
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trickled:
    """A change of standing makes somebody something else in rooms below that they are not in.

    rooms: those where somebody keeps track; what the entity was in each, and is now.
    """

    node: NodeId
    jid: JID
    number: int
    rooms: tuple[tuple[NodeId, Affiliation, Affiliation], ...]
