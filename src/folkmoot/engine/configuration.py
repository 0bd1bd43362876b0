"""How a node is configured (XEP-0060 1.30.0, §16.4.3; XEP-0045 1.35.5, §16.5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from folkmoot.engine.model import Hat, NodeId, Role
from folkmoot.xmpp.jid import JID

SPACE_TYPE: Final = "urn:xmpp:spaces:0"

STANZA_TYPE: Final = "jabber:client"
"""The type of a node whose items are stanzas (XEP-0207)."""

NODE_ITEMS_MAX: Final = 10_000
"""What `max_items` means by `max`, and the most an owner may ask for."""

CONTACTS_MAX: Final = 20
"""How many people a node may name for questions."""

ITEM_SECONDS_MAX: Final = 3_155_760_000
"""The longest an owner may let items last: a hundred years."""

HISTORY_ITEMS_MAX: Final = 100
"""The most messages a room replays to someone who enters."""


class Access(Enum):
    """Who may subscribe and retrieve items (XEP-0060 §4.5)."""

    OPEN = "open"
    PRESENCE = "presence"
    ROSTER = "roster"
    AUTHORIZE = "authorize"
    WHITELIST = "whitelist"


class PublishModel(Enum):
    """Who may publish (XEP-0060 §16.4.3, `pubsub#publish_model`)."""

    OPEN = "open"
    PUBLISHERS = "publishers"
    SUBSCRIBERS = "subscribers"


class SendLast(Enum):
    """When a subscriber is sent the newest item unasked (`pubsub#send_last_published_item`)."""

    NEVER = "never"
    ON_SUB = "on_sub"
    ON_SUB_AND_PRESENCE = "on_sub_and_presence"


class ItemReply(Enum):
    """Who is named with an item as whom to reply to (`pubsub#itemreply`; §12.17)."""

    OWNER = "owner"
    PUBLISHER = "publisher"
    NONE = "none"


class NodeFull(Enum):
    """What happens to an item for which there is no room (`pubsub#publish_node_full`)."""

    RETRACT_OLDEST = "retract-oldest"
    DISCARD_OLDEST = "discard-oldest"
    """Nobody is told that the oldest is gone."""
    REJECT = "reject"


class Inherit(Enum):
    """Which standing a node takes from its parent (`{urn:folkmoot:spaces:0}inherit`)."""

    ALL = "all"
    STAFF = "staff"
    NONE = "none"


class Inviters(Enum):
    """Who may make invites to a space (`{urn:folkmoot:invite:0}inviters`)."""

    OWNERS = "owners"
    PUBLISHERS = "publishers"


class Audience(Enum):
    """Whom a room setting speaks of (`muc#roomconfig_allowpm`)."""

    ANYONE = "anyone"
    PARTICIPANTS = "participants"
    MODERATORS = "moderators"
    NOBODY = "none"


class Registering(Enum):
    """How who is no member registers with a room (`{urn:folkmoot:rooms:0}registration`)."""

    OPEN = "open"
    """Who asks is a member at once."""
    APPROVAL = "approval"
    """An admin has to say yes."""
    CLOSED = "closed"


EVERY_ROLE: Final = tuple(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomConfig:
    """What only a room has (XEP-0045 1.35.5, §16.5.3); the rest is in `NodeConfig`.

    Members-only is the access model `whitelist`; name and description are title and description.
    """

    persistent: bool = False
    public: bool = True
    moderated: bool = False
    whois_anyone: bool = False
    password: str = ""
    occupants_max: int = 0
    """0: as many as come."""
    change_subject: bool = False
    allow_invites: bool = False
    """Members may let others in where members alone may enter."""
    private_messages: Audience = Audience.ANYONE
    history_items: int = 20
    """How many messages someone who enters is sent, 0 to HISTORY_ITEMS_MAX."""
    slow_seconds: int = 0
    """How long one person waits between two messages, up to SLOW_SECONDS_MAX; 0: not at all."""
    presence_roles: tuple[Role, ...] = EVERY_ROLE
    """Whose presence everybody hears; that of the others is for moderators."""
    list_roles: tuple[Role, ...] = EVERY_ROLE
    """The members of which role may ask who the members are, where addresses are no secret."""
    registering: Registering = Registering.APPROVAL
    nicks_locked: bool = False
    """Who has a reserved nick goes by it, and by no other."""
    visitor_nicks: bool = True
    visitor_status: bool = True
    voice_requests: bool = True
    queries: bool = True
    """Occupants may ask each other's clients."""
    avatar: tuple[str, ...] = ()
    """The SHA-1 of each image in the room's vCard (XEP-0486 §5.1); set with it."""
    archive: bool = True
    """What is said is kept, for history and for those who look it up (XEP-0313)."""
    locked: bool = False
    """Just made, and entered by its owner alone until it is configured (§10.1.1)."""


class Keep(Enum):
    """With whom an account keeps what it exchanges, where it names nobody (XEP-0441 §2.1.1)."""

    ALWAYS = "always"
    NEVER = "never"
    ROSTER = "roster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """With whom an account keeps what it exchanges (XEP-0441 0.2.0, §2.1).

    default: None is as the operator says. always, never: JIDs, bare or full, as text.
    """

    default: Keep | None = None
    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """A node's configuration (XEP-0060 §16.4.3); the facades' form tables say the same in words."""

    type: str = ""
    title: str = ""
    description: str = ""
    language: str = ""
    contacts: tuple[JID, ...] = ()
    """Whom to ask about the node, at most CONTACTS_MAX."""
    subscribable: bool = True
    access: Access = Access.OPEN
    roster_groups: tuple[str, ...] = ()
    publish: PublishModel = PublishModel.PUBLISHERS
    persist_items: bool = True
    max_items: int = 1_000
    """0 to NODE_ITEMS_MAX; the oldest item makes way."""
    node_full: NodeFull = NodeFull.RETRACT_OLDEST
    item_seconds: int = 0
    """How long an item lasts, up to ITEM_SECONDS_MAX; 0: for ever."""
    purge_offline: bool = False
    """What a resource published goes when that resource goes offline."""
    payload_bytes_max: int = 262_144
    deliver_notifications: bool = True
    deliver_payloads: bool = True
    present_only: bool = False
    """Only those hear of items who are available just then."""
    notify_config: bool = False
    notify_delete: bool = True
    notify_retract: bool = True
    notify_sub: bool = False
    send_last: SendLast = SendLast.NEVER
    item_reply: ItemReply = ItemReply.PUBLISHER
    headline: bool = True
    """Notifications are of type `headline`, else `normal`."""
    parent: NodeId | None = None
    """The node this one says it is in; true only once that node lists it."""
    link: NodeId | None = None
    """The node this one goes with, and ends with (XEP-0496 §4.3)."""
    inherit: Inherit = Inherit.ALL
    inviters: Inviters = Inviters.OWNERS
    preferences: Preferences | None = None
    """Of an account's archive alone."""
    hats: tuple[Hat, ...] = ()
    """What people may wear in a room, or in all rooms of a space (XEP-0317)."""
    room: RoomConfig | None = None

    @property
    def is_space(self) -> bool:
        """Whether the node is a space (XEP-0503 §3)."""
        return self.type == SPACE_TYPE

    @property
    def dependent(self) -> bool:
        """Whether the parent's rules narrow the node's, and it ends with it (XEP-0496 §4.4).

        Rooms and spaces are in a space by agreement of both: they take standing from it, say
        themselves whom they let in, and outlive it.
        """
        return self.room is None and not self.is_space

    @property
    def private(self) -> bool:
        """Whether someone has to let people in."""
        return self.access in (Access.AUTHORIZE, Access.WHITELIST)

    @property
    def logged(self) -> bool:
        """Whether anybody at all may look up what is said in the room (XEP-0045 §7.2.12)."""
        room = self.room
        return room is not None and room.archive and not (room.password or self.private)

    @property
    def keeps_items(self) -> bool:
        """Whether what is published is there until something ends it."""
        return self.persist_items and self.max_items > 0

    @property
    def listed(self) -> bool:
        """Whether a list may show the node to those who have nothing to do with it."""
        if self.room is None:
            return not self.private
        return self.room.public and not self.room.locked

    @property
    def guarded(self) -> bool:
        """Whether a list shows the node, though listed, only to those its rules let look in.

        Who has no row there, nor at a node that lists it, is shown any other that is listed.
        """
        if self.room is not None or not self.listed:
            return False
        return self.access is not Access.OPEN or (self.dependent and self.parent is not None)
