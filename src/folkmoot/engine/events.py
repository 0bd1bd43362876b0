"""What happened: the events of the engine, which the store keeps and the working set applies.

An event is a fact about one node. What is told of it is in `notifications`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.model import (
    RECALL_ALL,
    Affiliation,
    Item,
    NodeId,
    Recall,
    Role,
    Subscription,
    Via,
)
from folkmoot.engine.room_events import (
    CardChanged,
    HatsChanged,
    Noticed,
    OccupantsLost,
    RegistrationChanged,
    Reminded,
    Spent,
    StandingChanged,
    SubjectChanged,
    Trickled,
    Visited,
    VisitsForgotten,
    VoiceChanged,
    Watched,
)
from folkmoot.engine.space_events import (
    Audited,
    InviteChanged,
    Moderated,
    PeopleWished,
    RoomListed,
    RoomUnlisted,
    StandingWished,
)
from folkmoot.engine.standings import Change, Moved
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
    RESTORED = "restored"
    """It is again what it was elsewhere; no news to the owners who brought it."""


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
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPublished:
    """An item is there, or another under its id; or it is told and gone, if neither of these.

    persist: it is kept. live: it is there for as long as its publisher's stream lives.
    evicted: ids of the oldest items, which made way. lists: the node this item now lists.
    by: who put it there, where that is not its publisher.
    """

    node: NodeId
    item: Item
    persist: bool
    live: bool = False
    evicted: tuple[str, ...] = ()
    lists: NodeId | None = None
    by: JID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReplaced:
    """An item says something else from now on; its place and time, and who said it, stay.

    Nobody is told by this event: a message tells it.
    """

    node: NodeId
    item: Item


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
    subid: which of an address's subscriptions was asked for; "": all there are.
    assigned: the room chose the nick, not the occupant.
    role: what an occupant was that goes for what they are now; None: the same.
    moved: where it changes somebody's standing. change: where it follows for an occupant from a
    change of standing, here or above.
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
    subid: str = ""
    assigned: bool = False
    role: Role | None = None
    moved: Moved | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTold:
    """Items that had been gathered are told, to those for whom it was just these; maybe none.

    told: subscriptions as they are from then on, each with the subid of the one meant.
    """

    node: NodeId
    items: tuple[Item, ...]
    told: tuple[tuple[Subscription, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """A notification came back. count: how many have in a row, those within an hour being one.

    at: seconds since 1970.
    """

    node: NodeId
    subscriber: JID
    count: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationChanged:
    """A row changed (None: there is none). was, now: what the entity is with parents counted.

    invited: the entity hears of it by an invitation. moved: see `SubscriptionChanged`.
    """

    node: NodeId
    jid: JID
    before: Affiliation | None
    after: Affiliation | None
    was: Affiliation
    now: Affiliation
    by: JID
    reason: str = ""
    invited: bool = False
    moved: Moved | None = None


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


Event = (
    NodeCreated
    | NodeConfigured
    | NodeDeleted
    | ItemPublished
    | ItemReplaced
    | ItemsRetracted
    | NodePurged
    | SubscriptionChanged
    | Bounced
    | OccupantsLost
    | AffiliationChanged
    | HatsChanged
    | VoiceChanged
    | ApprovalRequested
    | ApprovalSettled
    | SubjectChanged
    | CardChanged
    | RegistrationChanged
    | StandingChanged
    | Trickled
    | DigestTold
    | Moderated
    | InviteChanged
    | RoomListed
    | RoomUnlisted
    | StandingWished
    | PeopleWished
    | Spent
    | Watched
    | Noticed
    | Reminded
    | Visited
    | VisitsForgotten
    | Audited
)


def kept(event: Event) -> bool:
    """Whether a store keeps anything of an event; a batch without such needs no commit."""
    match event:
        case ItemPublished() | ItemsRetracted():
            return event.persist
        case SubscriptionChanged():
            before, after = event.before, event.after
            stays = bool(lasting(before) or lasting(after) or event.moved)
            return stays or _place(before) != _place(after)
        case ApprovalRequested() | ApprovalSettled() | StandingChanged() | Moderated() | Bounced():
            return False
        case Spent() | Watched() | Noticed() | Reminded() | Trickled():
            return False
        case _:
            return True


def _place(subscription: Subscription | None) -> tuple[Via, str, Role | None, bool] | None:
    """What of an occupancy is kept at once; presence comes and goes too often for that."""
    if subscription is None or subscription.occupant is None:
        return None
    occupant = subscription.occupant
    return subscription.via, occupant.nick, occupant.role, occupant.tracks


def lasting(subscription: Subscription | None) -> Subscription | None:
    """A subscription that outlives its subscriber's stream; a temporary one does not."""
    return None if subscription is None or subscription.temporary else subscription
