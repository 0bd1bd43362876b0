"""The verbs of the engine: what can be asked of it, whoever asks and in whatever protocol's words.

`actor` is who asks, with the resource where there is one; `node` is what it is asked of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from folkmoot.engine.configuration import Preferences
from folkmoot.engine.model import (
    RECALL_ALL,
    Affiliation,
    Contact,
    Item,
    NodeId,
    Occupant,
    Recall,
    State,
    Subscription,
    Via,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What every command has."""

    actor: JID
    node: NodeId


Settings = Mapping[str, Any]
"""Fields of `NodeConfig` to values, those of `RoomConfig` under `room.`: `{"room.public": False}`.

A facade's form table makes them; what is not named stays as it is.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(Command):
    """Create a node, configured in the same breath (XEP-0060 §8.1).

    publishers: who may publish besides its owner (XEP-0207 §6). Where it is for them alone the
    owner is subscribed to it as well: it is a conversation.
    """

    settings: Settings = field(default_factory=dict)
    publishers: tuple[JID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure(Command):
    """Change some of a node's configuration (XEP-0060 §8.2, XEP-0045 §10.2).

    lists: all who are to have an affiliation by a row of their own; who has one so far and is not
    named has none.
    """

    settings: Settings
    lists: Mapping[Affiliation, frozenset[JID]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(Command):
    """Delete a node (XEP-0060 §8.4); destroy a room (XEP-0045 §10.9).

    redirect: where to go instead: an xmpp URI, or a room's JID. password: of that room.
    """

    redirect: str = ""
    reason: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge(Command):
    """Delete all items of a node (XEP-0060 §8.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item to be published.

    id: "" lets the service choose. lists: the node that the payload puts on this node's list.
    retracts: the item of the room that this takes back, if it is the actor's own; "" for none.
    words: it has a body, which a slow room counts (XEP-0500 §6).
    shared: the payload less what is its publisher's own, which is all that a space keeps of it.
    keep: False for what is said in a room and is to be in no archive (XEP-0334 §4.2).
    """

    payload: Element | None
    id: str = ""
    lists: NodeId | None = None
    keep: bool = True
    retracts: str = ""
    words: bool = False
    shared: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Command):
    """Publish an item (XEP-0060 §7.1), say something in a room (XEP-0045 §7.4).

    entry: None for a node without items, which only tells that something happened.
    more: further items, in their order; all are published, or none (§12.11).
    expects: what the node's configuration has to be (publish-options); used as the configuration
    where the node has to be made first.
    """

    entry: Entry | None
    more: tuple[Entry, ...] = ()
    expects: Settings = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract(Command):
    """Delete items of a node (XEP-0060 §7.2).

    notify: tell even where the node is not configured to.
    parting: what is said at leaving, where the item is a resource's presence.
    release: rooms of the actor's that are no longer listed do not name the node as theirs, either.
    """

    item_ids: tuple[str, ...]
    notify: bool = False
    parting: Element | None = None
    release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Depart(Command):
    """End what some resources published, where it goes with them; for the server itself.

    publishers: full JIDs that are offline.
    """

    publishers: tuple[JID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Command):
    """Subscribe to a node (XEP-0060 §6.1), ask for presence (RFC 6121 §3.1), enter a room.

    occupant: set for a room: nick and presence; the subscription is then temporary.
    password: a room's, where it has one. recall: how much of what was said is wanted.
    deliver: whether to hear of items for now (XEP-0060 §6.3.7); None: as before, or yes.
    options: see `SetDelivery`.
    said: the stanza that asks for presence, kept whole until it is answered (RFC 6121 §3.1.3).
    invite: a token that is to let the subscriber in; "" for none.
    public: others may know of it (XEP-0465).
    """

    subscriber: JID
    via: Via
    temporary: bool = False
    occupant: Occupant | None = None
    password: str = ""
    recall: Recall = RECALL_ALL
    deliver: bool | None = None
    options: Settings = field(default_factory=dict)
    said: Element | None = None
    invite: str = field(default="", repr=False)
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite(Command):
    """Make a token that lets others into a space or room (docs/extensions/invites.md).

    expires: seconds since 1970; None for a week from now.
    """

    uses: int = 1
    expires: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke(Command):
    """End an invite, by its id or its token."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(Command):
    """End one's subscription (XEP-0060 §6.2), leave a room (XEP-0045 §7.14).

    parting: the presence an occupant leaves with, or that gives up another's.
    lost: the stream is gone; the occupant did not choose to leave.
    bounced: notifications come back; what an owner made of the entity stays (XEP-0060 §12.4).
    subid: which of several subscriptions is meant, "" where there is just one; None: all of them.
    """

    subscriber: JID
    subid: str | None = None
    parting: Element | None = None
    lost: bool = False
    bounced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce(Command):
    """Take note of a notification that comes back, but may get there later (XEP-0060 §12.4)."""

    subscriber: JID


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Command):
    """Settle a request to subscribe (XEP-0060 §8.6, RFC 6121 §3.1.4-5).

    beforehand: approval is also kept for a request that is still to come (RFC 6121 §3.4).
    said: the stanza that answers, for who asked.
    """

    subscriber: JID
    allow: bool
    beforehand: bool = False
    said: Element | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSubscriptions(Command):
    """Set others' subscriptions, as an owner (XEP-0060 §8.8).

    states: of all the subscriptions of an address. apart: of those named by a subid.
    """

    states: Mapping[JID, State]
    apart: Mapping[tuple[JID, str], State] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPending(Command):
    """Have the open requests sent to oneself again, as an owner (XEP-0060 §8.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAffiliations(Command):
    """Set others' affiliations (XEP-0060 §8.9, XEP-0045 §9).

    nicks: the nicks that a room is to reserve for some of them, "" for none (§9.3, §9.5).
    invited: they hear of it by an invitation.
    """

    affiliations: Mapping[JID, Affiliation]
    nicks: Mapping[JID, str] = field(default_factory=dict)
    reason: str = ""
    invited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDelivery(Command):
    """Change the options of a subscription (XEP-0060 §6.3); what is not named stays as it is.

    subid: which of several subscriptions is meant, "" where there is just one.
    options: `expires` of a `Subscription`, the fields of its `manner` and `scope`, whether there
    is to be a `digest`, and its `digest_seconds`.
    """

    subscriber: JID
    subid: str = ""
    deliver: bool | None = None
    options: Settings = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(Command):
    """End the items and subscriptions of a node whose time is up; anybody may ask at any time.

    Digests that are due are told as well. crowded: there may be some for which too much waits.
    """

    crowded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember(Command):
    """Keep a message an account sent or received, if it wants such kept (XEP-0313 §6.1.1).

    `node` is the account's archive, `actor` the account. with_: the other party, by the address the
    message has.
    """

    with_: JID
    payload: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer(Command):
    """Change with whom an account keeps its messages (XEP-0441 §2.1); `node` is its archive."""

    preferences: Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim(Command):
    """End the oldest items of an archive; for the engine's own use, whose store named them."""

    item_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetContact(Command):
    """Name a contact and put it in groups (RFC 6121 §2.3); `node` is the contact's presence."""

    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContact(Command):
    """Take a contact off the roster, both subscriptions with it (RFC 6121 §2.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(Command):
    """An account is gone: its nodes, subscriptions and affiliations go with it.

    `node` is the account's presence node, `actor` the account.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore(Command):
    """Make a node with all it had elsewhere, or give more of that to one of the actor's own.

    For who runs the server, in an owner's name, and of no facade: publishers, times and
    subscriptions are taken as they are given (docs/extensions/export.md). All of it or nothing.
    settings: of a node to be made; None: it is there. A room that is made is locked.
    affiliations, subscriptions: of a node to be made, or of a room still locked; the actor's own
    row is left as it is. Subscriptions are given their subids here.
    items: in their order, each with the node it lists; published 0 is now. subject: of a room.
    beside: rooms to be made before, in the same breath.
    opens: rooms of the actor's that are not locked from here on, to the row that the actor is to
    have there; it stays an owner's where there would be no other.
    """

    settings: Settings | None = None
    affiliations: Mapping[JID, Affiliation] = field(default_factory=dict)
    subscriptions: tuple[Subscription, ...] = ()
    items: tuple[tuple[Item, NodeId | None], ...] = ()
    subject: Item | None = None
    beside: tuple[Restore, ...] = ()
    opens: Mapping[NodeId, Affiliation | None] = field(default_factory=dict)
