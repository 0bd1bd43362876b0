"""How XEP-0045 1.35.5 says why not: every reason (§7.2.17 and where each is said)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from folkmoot.engine.decide.occupants import EXPIRED_TOKEN
from folkmoot.engine.errors import Reason
from folkmoot.facades.form_table import var_of
from folkmoot.facades.muc.config import ROWS
from folkmoot.facades.muc.ns import TOKEN_INVITE
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element

Worded = Callable[[str], StanzaError]


def _error(condition: str, text: str = "", type: str | None = None) -> Worded:
    return lambda detail: StanzaError(condition, text, type=type)


def _config(detail: str) -> StanzaError:
    return StanzaError("not-acceptable", f"{var_of(ROWS, detail)} cannot be so here")


def _password(detail: str) -> StanzaError:
    if detail == EXPIRED_TOKEN:
        expired = Element(TOKEN_INVITE, "expired-token")
        return StanzaError("not-authorized", "the invite is over", extension=expired)
    return StanzaError("not-authorized", "the room has a password")


ERRORS: Final[dict[Reason, Worded]] = {
    Reason.NODE_NOT_FOUND: _error("item-not-found", "there is no such room"),
    Reason.ITEM_NOT_FOUND: _error("item-not-found", "there is no such message"),
    Reason.NODE_EXISTS: _error("conflict", "a room of this name is there already"),
    Reason.FORBIDDEN: _error("forbidden"),
    Reason.OUTRANKED: _error("not-allowed", "they stand too high for that"),
    Reason.ONESELF: _error("conflict", "nobody throws themself out"),
    Reason.NOT_SUBSCRIBED: _error("not-acceptable", "you are not in the room", "cancel"),
    Reason.OUTCAST: _error("forbidden", "banned from this room"),
    Reason.CLOSED_NODE: _error("registration-required", "the room is for its members"),
    Reason.MAY_NOT_CREATE: _error("not-allowed", "not everybody may make rooms here"),
    Reason.TOO_MANY_NODES: _error("resource-constraint", "no more rooms for this account"),
    Reason.TOO_MANY_SUBSCRIPTIONS: _error("resource-constraint", "that is too many"),
    Reason.LAST_OWNER: _error("conflict", "a room needs an owner"),
    Reason.BAD_CONFIG: _config,
    Reason.CYCLE: _error("not-acceptable", "a room cannot be in itself"),
    Reason.CHAIN_TOO_LONG: _error("not-acceptable", "too many nodes in each other"),
    Reason.MISPLACED: _error("not-acceptable"),
    Reason.NICK_IN_USE: _error("conflict", "somebody else goes by that nick"),
    Reason.NICK_NEEDED: _error("jid-malformed", "a nick is needed"),
    Reason.NICK_LOCKED: _error("not-acceptable", "you go by the nick you have registered"),
    Reason.MAY_NOT_REGISTER: _error("not-allowed", "nobody registers with this room"),
    Reason.PENDING: _error("not-allowed", "an admin has yet to answer"),
    Reason.WRONG_PASSWORD: _password,
    Reason.ROOM_FULL: _error("service-unavailable", "the room is full", "wait"),
    Reason.ROOM_LOCKED: _error("item-not-found", "the room is not open yet"),
    Reason.NO_VOICE: _error("forbidden", "you have no voice"),
    Reason.TOO_MANY_INVITES: _error("resource-constraint", "no more invites here"),
    Reason.TOO_MANY_HATS: _error("resource-constraint", "no more hats here"),
    Reason.TOO_FAST: lambda pace: StanzaError(
        "policy-violation", f"too many {pace} of yours here; wait a little", type="wait"
    ),
    Reason.TOO_BUSY: lambda pace: StanzaError(
        "resource-constraint", f"the room is too busy just now ({pace}); wait a little"
    ),
    Reason.SLOW_MODE: lambda seconds: StanzaError(
        "policy-violation",
        f"this room is slow: wait {seconds} seconds between messages, and try again",
        type="wait",
    ),
    Reason.NOT_IN_ROOM: _error("item-not-found", "nobody here goes by that nick"),
    Reason.NO_ACCOUNT: _error("item-not-found", "nobody has that address"),
    Reason.PAYLOAD_REQUIRED: _error("bad-request"),
    Reason.PAYLOAD_TOO_BIG: _error("not-acceptable", "that is too long"),
    # What follows is never said of a room, and is worded for the day that it is.
    Reason.NOT_SUBSCRIBABLE: _error("feature-not-implemented"),
    Reason.SUBID_REQUIRED: _error("bad-request"),
    Reason.INVALID_SUBID: _error("not-acceptable"),
    Reason.PRESENCE_REQUIRED: _error("registration-required"),
    Reason.NOT_IN_ROSTER_GROUP: _error("registration-required"),
    Reason.INVALID_SUBSCRIBER: _error("bad-request"),
    Reason.PRECONDITION: _error("conflict"),
    Reason.ITEM_REQUIRED: _error("bad-request"),
    Reason.ITEM_FORBIDDEN: _error("bad-request"),
    Reason.NODE_FULL: _error("resource-constraint"),
    Reason.NOT_PERSISTENT: _error("feature-not-implemented"),
}
