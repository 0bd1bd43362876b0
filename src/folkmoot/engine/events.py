"""What happened: events, which the store keeps and the working set applies, and notifications.

An event is a fact about one node. A notification is the fact on its way to those who hear of it,
with everything a facade needs to word it and nothing its hearers may not see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from folkmoot.engine.model import (
    PLAIN,
    RECALL_ALL,
    Affiliation,
    Contact,
    Item,
    Manner,
    NodeConfig,
    NodeId,
    Recall,
    Role,
    Subscription,
    Ticket,
    Via,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


class Cause(Enum):
    """Why a subscription or an occupancy changed; facades have words or codes for some of them."""

    ASKED = "asked"
    """By the subscriber's own wish."""
    ENTERED = "entered"
    """An occupant came, or came again and wants to be told anew who is there."""
    APPROVED = "approved"
    DENIED = "denied"
    SET = "set"
    """By an owner."""
    LOST = "lost"
    """The stream is gone (XEP-0045: status 333)."""
    KICKED = "kicked"
    BANNED = "banned"
    AFFILIATION = "affiliation"
    """Standing no longer allows it (XEP-0045: status 321)."""
    CLOSED = "closed"
    """The access model no longer allows it (XEP-0045: status 322)."""
    DELETED = "deleted"
    EXPIRED = "expired"
    """The lease is over (XEP-0060 §12.19)."""


# --- events


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCreated:
    """A node exists; its creator owns it, unless the node is an account's."""

    node: NodeId
    config: NodeConfig
    creator: JID
    at: float
    owner: JID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfigured:
    """A node's configuration changed."""

    node: NodeId
    before: NodeConfig
    after: NodeConfig
    by: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDeleted:
    """A node is gone, and all that hung on it. subscriptions: those that ended with it."""

    node: NodeId
    config: NodeConfig
    subscriptions: tuple[Subscription, ...]
    by: JID
    redirect: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPublished:
    """An item is there, or another under its id; or it is told and gone, if neither of these.

    persist: it is kept. live: it is there for as long as its publisher's stream lives.
    evicted: ids of the oldest items, which made way. lists: the node this item now lists.
    """

    node: NodeId
    item: Item
    persist: bool
    live: bool = False
    evicted: tuple[str, ...] = ()
    lists: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsRetracted:
    """Items are gone. tell: whether the node's subscribers hear. parting: see `Retract`.

    persist: whether they were kept.
    """

    node: NodeId
    item_ids: tuple[str, ...]
    by: JID
    tell: bool
    persist: bool = True
    parting: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePurged:
    """All items are gone."""

    node: NodeId
    by: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChanged:
    """A subscription began, changed or ended (`after` is None); an occupant came, changed or left.

    parting: the presence an occupant leaves with.
    last: the newest item, where the node sends it to those who subscribe.
    recall: how much of what was said an occupant who comes wants to be told.
    said: the stanza by which presence was granted, denied or given up.
    """

    node: NodeId
    subscriber: JID
    before: Subscription | None
    after: Subscription | None
    by: JID
    cause: Cause
    reason: str = ""
    parting: Element | None = None
    last: Item | None = None
    recall: Recall = RECALL_ALL
    said: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationChanged:
    """A row changed (None: there is none). was, now: what the entity is with parents counted."""

    node: NodeId
    jid: JID
    before: Affiliation | None
    after: Affiliation | None
    was: Affiliation
    now: Affiliation
    by: JID
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested:
    """Somebody asks to be let in; who may say so has to hear. Nothing is kept but the pending row.

    to: one owner alone, who asked for it to be sent again (XEP-0060 §8.7); else every owner.
    """

    node: NodeId
    subscription: Subscription
    to: JID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettled:
    """A request has its answer; the other owners need not give one."""

    node: NodeId
    subscriber: JID
    allowed: bool
    by: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectChanged:
    """A room has another subject."""

    node: NodeId
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChanged:
    """What an occupant is changed while they stay: by a row here or above, or a configuration."""

    node: NodeId
    occupant: JID
    by: JID
    reason: str = ""


class Matter(Enum):
    """What of a space changed (docs/extensions/audit.md)."""

    CREATED = "created"
    CONFIGURATION = "configuration"
    AFFILIATION = "affiliation"
    SUBSCRIPTION = "subscription"
    ITEM = "item"
    PURGED = "purged"
    INVITE = "invite"


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
class InviteChanged:
    """An invite was made, used or ended (`after` is None).

    token: of an invite just made, for who made it; nothing keeps it.
    """

    node: NodeId
    before: Ticket | None
    after: Ticket | None
    by: JID
    token: str = field(default="", repr=False)


Event = (
    NodeCreated
    | NodeConfigured
    | NodeDeleted
    | ItemPublished
    | ItemsRetracted
    | NodePurged
    | SubscriptionChanged
    | AffiliationChanged
    | ApprovalRequested
    | ApprovalSettled
    | SubjectChanged
    | StandingChanged
    | InviteChanged
    | Audited
)


def kept(event: Event) -> bool:
    """Whether a store keeps anything of an event; a batch without such needs no commit."""
    match event:
        case ItemPublished() | ItemsRetracted():
            return event.persist
        case SubscriptionChanged():
            return lasting(event.before) is not None or lasting(event.after) is not None
        case ApprovalRequested() | ApprovalSettled() | StandingChanged():
            return False
        case _:
            return True


def lasting(subscription: Subscription | None) -> Subscription | None:
    """A subscription as far as a store is concerned: a temporary one ends with its stream."""
    return None if subscription is None or subscription.temporary else subscription


# --- notifications


@dataclass(frozen=True, slots=True)
class Seen:
    """An occupant as some class of hearers may see them; `jid` is None where it is hidden.

    worded: where a facade keeps its wording of it, for as long as it is true.
    """

    nick: str
    jid: JID | None
    affiliation: Affiliation
    role: Role | None
    presence: Element
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
class Published(Heard):
    """An item, for subscribers."""

    item: Item
    config: NodeConfig
    last: bool = False
    """Sent because it is the newest item, not because it is new (XEP-0060 §6.1.7)."""
    manner: Manner = PLAIN
    """How these hearers want to hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted(Heard):
    """Items are gone, for subscribers."""

    item_ids: tuple[str, ...]
    config: NodeConfig
    parting: Element | None = None
    manner: Manner = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged(Heard):
    """All items are gone, for subscribers."""

    config: NodeConfig
    manner: Manner = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(Heard):
    """The node is gone, for subscribers and occupants. seen: an occupant, told of themself."""

    config: NodeConfig
    redirect: str
    reason: str
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured(Heard):
    """The configuration changed, for subscribers (XEP-0060 §8.2.5.2) and occupants (§10.2.1)."""

    before: NodeConfig
    after: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionTold(Heard):
    """A subscription changed, for the subscriber or, with `notify_sub`, the owners.

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
    """An affiliation changed, for the entity concerned (XEP-0060 §8.9.4)."""

    jid: JID
    affiliation: Affiliation
    config: NodeConfig


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantTold(Heard):
    """An occupant came, changed or left; one class of hearers sees them as `seen`.

    own: the hearers are the occupant's own devices. left: they are gone; cause says why.
    new_nick: the name they go by from now on (XEP-0045 §7.6).
    by: who did it, by nick, where a moderator or owner did.
    """

    seen: Seen
    own: bool
    cause: Cause
    left: bool = False
    new_nick: str = ""
    by: str = ""
    reason: str = ""
    config: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed(Heard):
    """For someone who just entered: who is there, then themself, then what was said (§7.1).

    history: oldest first, at most `RoomConfig.history_items`. history_chars_max: how many
    characters the newest of it, as stanzas, may come to; None sets no bound.
    """

    others: tuple[Seen, ...]
    seen: Seen
    created: bool
    history: tuple[Item, ...]
    history_chars_max: int | None
    subject: Item | None
    config: NodeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken(Heard):
    """A message, or a new subject, for a room's occupants (XEP-0045 §7.4, §8.1).

    kept: the message has its place in the room's archive, under the item's id.
    """

    item: Item
    kept: bool
    config: NodeConfig


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
    | Retracted
    | Purged
    | Deleted
    | Configured
    | SubscriptionTold
    | AffiliationTold
    | ApprovalAsked
    | ApprovalAnswered
    | OccupantTold
    | Welcomed
    | Spoken
    | ContactTold
    | PresenceTold
)
