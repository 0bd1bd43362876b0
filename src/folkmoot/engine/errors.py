"""Why the engine says no: one list of reasons, which each facade words in its protocol's errors."""

from __future__ import annotations

from enum import Enum, auto


class Reason(Enum):
    """Why a command is refused; nothing has changed."""

    NODE_NOT_FOUND = auto()
    ITEM_NOT_FOUND = auto()
    NODE_EXISTS = auto()
    FORBIDDEN = auto()
    """The actor's affiliation does not allow it."""
    OUTRANKED = auto()
    """It is asked of somebody whom the actor's affiliation gives no power over."""
    ONESELF = auto()
    """Nobody bans themself."""
    NOT_SUBSCRIBED = auto()
    NOT_SUBSCRIBABLE = auto()
    """Nobody subscribes to this node."""
    SUBID_REQUIRED = auto()
    """There are several subscriptions, and none is named."""
    INVALID_SUBID = auto()
    OUTCAST = auto()
    CLOSED_NODE = auto()
    """Whitelist: only who is a member may."""
    PENDING = auto()
    """The actor has asked already and waits."""
    PRESENCE_REQUIRED = auto()
    NOT_IN_ROSTER_GROUP = auto()
    INVALID_SUBSCRIBER = auto()
    """Asked in the name of another entity."""
    LAST_OWNER = auto()
    BAD_CONFIG = auto()
    """A value the service does not take; the detail names the field."""
    PRECONDITION = auto()
    """publish-options that the node does not meet; the detail names the field."""
    PAYLOAD_REQUIRED = auto()
    PAYLOAD_TOO_BIG = auto()
    ITEM_REQUIRED = auto()
    """No item is named."""
    ITEM_FORBIDDEN = auto()
    """The node only tells that something happened; it has no items (XEP-0060 §7.1.3.7)."""
    NODE_FULL = auto()
    """No more items, and none of those there may make way."""
    TOO_MANY_NODES = auto()
    TOO_MANY_SUBSCRIPTIONS = auto()
    MAY_NOT_CREATE = auto()
    NOT_PERSISTENT = auto()
    """Items are asked of, or deleted from, a node that keeps none."""
    NO_ACCOUNT = auto()
    """A local address that is nobody's."""
    CYCLE = auto()
    CHAIN_TOO_LONG = auto()
    MISPLACED = auto()
    """A node with a link is where what it is linked to is (XEP-0496 §4.2)."""
    NICK_IN_USE = auto()
    NICK_NEEDED = auto()
    NICK_LOCKED = auto()
    """Who has reserved a nick goes by that one."""
    MAY_NOT_REGISTER = auto()
    WRONG_PASSWORD = auto()
    ROOM_FULL = auto()
    ROOM_LOCKED = auto()
    NO_VOICE = auto()
    TOO_MANY_INVITES = auto()
    TOO_MANY_HATS = auto()
    TOO_FAST = auto()
    """One person does something at a node too often; the detail names the pace."""
    TOO_BUSY = auto()
    """All together do; the detail names the pace."""
    SLOW_MODE = auto()
    """The room's owner wants people to wait; the detail says how many seconds."""
    NOT_IN_ROOM = auto()
    """The occupant spoken of is not in the room."""


class Refused(Exception):
    """The engine refuses a command, for a reason a facade can word.

    detail: what exactly, where the reason alone leaves it open (a field's name).
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
