"""What is told of events, and to whom: each on its way from the engine to the facade that words it.

A notification has everything a facade needs to word it, and nothing its hearers may not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import Cause
from folkmoot.engine.model import (
    ALWAYS,
    Affiliation,
    Contact,
    Hat,
    Hearing,
    Item,
    NodeId,
    Role,
    Subscription,
    Via,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


@dataclass(frozen=True, slots=True)
class Seen:
    """An occupant as some class of hearers may see them; `jid` is None where it is hidden.

    id: what all know them by, whatever their nick (XEP-0421).
    worded: where a facade keeps its wording of it, for as long as it is true.
    """

    nick: str
    jid: JID | None
    affiliation: Affiliation
    role: Role | None
    presence: Element
    id: str
    hats: tuple[Hat, ...] = ()
    worded: dict[object, object] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What every notification has: which facade words it, and the addresses that hear it.

    but: addresses that hear it otherwise, and therefore not as part of `to`.
    """

    via: Via
    node: NodeId
    to: tuple[JID, ...]
    but: frozenset[JID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfItems(Heard):
    """News of a node's items: how its hearers hear it.

    named: further hearers, those with several subscriptions, and the subids that they hear with.
    """

    hearing: Hearing = ALWAYS
    named: Mapping[JID, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(OfItems):
    """An item, for subscribers."""

    item: Item
    config: NodeConfig
    reply_to: tuple[JID, ...] = ()
    """The owners, where they are to be replied to (XEP-0060 §12.17)."""
    last: bool = False
    """Sent because it is the newest item, not because it is new (XEP-0060 §6.1.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested(OfItems):
    """Items that were gathered, oldest first, for subscribers who want them together."""

    items: tuple[Item, ...]
    config: NodeConfig
    reply_to: tuple[JID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted(OfItems):
    """Items are gone, for subscribers."""

    item_ids: tuple[str, ...]
    config: NodeConfig
    parting: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged(OfItems):
    """All items are gone, for subscribers."""

    config: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(Heard):
    """The node is gone, for subscribers and occupants. seen: an occupant, told of themself."""

    config: NodeConfig
    redirect: str
    reason: str
    password: str = ""
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured(Heard):
    """The configuration changed, for subscribers (XEP-0060 §8.2.5.2) and occupants (§10.2.1)."""

    before: NodeConfig
    after: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Described(Heard):
    """A node's meta-data changed, or it is new (`before` is None), for who asked (XEP-0497)."""

    before: NodeConfig | None
    after: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionTold(Heard):
    """A subscription changed, for the subscriber or, with `notify_sub`, the owners.

    before, after: of an address with several, the one of them that began or ended.

    said: the stanza by which presence was granted, denied or given up; None: it says nothing more.
    """

    subscriber: JID
    before: Subscription | None
    after: Subscription | None
    cause: Cause
    config: NodeConfig
    said: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationTold(Heard):
    """An affiliation changed, for the entity concerned (XEP-0060 §8.9.4, XEP-0045 §18.1).

    inviter: who lets them into a room that is for members, which they were none of; else None.
    """

    jid: JID
    affiliation: Affiliation
    config: NodeConfig
    inviter: JID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAsked(Heard):
    """Somebody asks to be let in, for those who may say so (XEP-0060 §8.6, RFC 6121 §3.1.3).

    said: the stanza that asks for presence.
    """

    subscriber: JID
    subid: str
    said: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAnswered(Heard):
    """A request was settled by another owner."""

    subscriber: JID
    allowed: bool
    by: JID


class Step(NamedTuple):
    """From one version of a room's affiliations to the next (XEP-0463 §5.2.2)."""

    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Roll:
    """A room's affiliations for who enters (XEP-0463 §5.2.1).

    since: the version whose differences these are; "" where these are all. until: that of now; ""
    where the hearer may not know. refused: nothing is told of what was asked for.
    """

    since: str
    until: str
    rows: tuple[tuple[JID, Affiliation], ...] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAsked(Heard):
    """Somebody wants to register with a room, for those who may say so (XEP-0045 §9.9)."""

    registrant: JID
    nick: str
    said: Element | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAnswered(Heard):
    """A request to register was denied, for who asked."""

    nick: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentTold(Heard):
    """The affiliation of somebody who is not in the room, for those who are (§10.3)."""

    jid: JID
    affiliation: Affiliation
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantTold(Heard):
    """An occupant came, changed or left; one class of hearers sees them as `seen`.

    own: the hearers are the occupant's own devices. left: they are gone; cause says why.
    new_nick: the name they go by from now on (XEP-0045 §7.6).
    by: who did it, by nick, where a moderator or owner did.
    step: where it is a change of the room's affiliations. assigned: the room chose the nick.
    """

    seen: Seen
    own: bool
    cause: Cause
    left: bool = False
    new_nick: str = ""
    by: str = ""
    reason: str = ""
    step: Step | None = None
    assigned: bool = False
    config: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed(Heard):
    """For someone who just entered: who is there, then themself, then what was said (§7.1).

    history: oldest first. history_items_max: how many of it may be told, the newest.
    history_chars_max: how many characters these, as stanzas, may come to; None sets no bound.
    assigned: the room chose the nick. roll: where it was asked for.
    """

    others: tuple[Seen, ...]
    seen: Seen
    created: bool
    history: tuple[Item, ...]
    history_items_max: int
    history_chars_max: int | None
    subject: Item | None
    config: NodeConfig
    assigned: bool = False
    roll: Roll | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken(Heard):
    """A message, or a new subject, for a room's occupants (XEP-0045 §7.4, §8.1).

    kept: the message has its place in the room's archive, under the item's id.
    """

    item: Item
    kept: bool
    config: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Active(Heard):
    """Something was said in some rooms, for those who watch them from outside (XEP-0437 §3.1)."""

    rooms: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTold(Heard):
    """A roster item changed, for the account's own devices (RFC 6121 §2.1.6).

    to: the account. entry: None once it is off the roster. version: of the roster with this change
    (§2.6), "" where it is not known.
    """

    contact: JID
    entry: RosterEntry | None
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceTold(Heard):
    """A resource's presence, for contacts; `presence` None: it is not available any more."""

    resource: JID
    presence: Element | None
    parting: Element | None = None


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One contact on an account's roster (RFC 6121 §2.1.2), made of two subscriptions.

    to: the account hears the contact's presence; from_: the contact hears the account's;
    ask: the account has asked and waits; approved: the contact is let in when it asks (§3.4).
    """

    jid: JID
    contact: Contact
    to: bool = False
    from_: bool = False
    ask: bool = False
    approved: bool = False


Notification = (
    Published
    | Digested
    | Retracted
    | Purged
    | Deleted
    | Configured
    | Described
    | SubscriptionTold
    | AffiliationTold
    | ApprovalAsked
    | ApprovalAnswered
    | RegistrationAsked
    | RegistrationAnswered
    | AbsentTold
    | OccupantTold
    | Welcomed
    | Spoken
    | Active
    | ContactTold
    | PresenceTold
)
