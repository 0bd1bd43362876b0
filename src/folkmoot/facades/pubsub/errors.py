"""How XEP-0060 1.30.0 says why not: a wording for every reason the engine has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from folkmoot.engine.errors import Reason
from folkmoot.facades.form_table import var_of
from folkmoot.facades.pubsub.conditions import bad, specific, unmet, unsupported
from folkmoot.facades.pubsub.config import ROWS
from folkmoot.xmpp.errors import StanzaError

Worded = Callable[[str], StanzaError]


def _error(condition: str, name: str = "", text: str = "", type: str | None = None) -> Worded:
    def word(detail: str) -> StanzaError:
        extension = specific(name) if name else None
        return StanzaError(condition, text, type=type, extension=extension)

    return word


def _config(detail: str) -> StanzaError:
    if detail == "expires":  # an option of a subscription (§6.3.6.2)
        return bad("invalid-options", "pubsub#expire is over already")
    if detail == "digest":
        return bad("invalid-options", "pubsub#digest: only of items that are kept here")
    if detail == "public":
        return StanzaError("not-acceptable", "nobody lets others know of a private node")
    extension = specific("unsupported-access-model") if detail == "access" else None
    text = f"{var_of(ROWS, detail)} cannot be so here"
    return StanzaError("not-acceptable", text, extension=extension)


def _precondition(detail: str) -> StanzaError:
    return unmet(f"the node has another {var_of(ROWS, detail)}")


def _full(detail: str) -> StanzaError:
    """§7.1.3.4; and §12.11 for a batch that no such node could hold."""
    if detail == "batch":
        return StanzaError("not-allowed", extension=specific("max-items-exceeded"))
    return StanzaError("conflict", extension=specific("node-full"))


ERRORS: Final[dict[Reason, Worded]] = {
    Reason.NODE_NOT_FOUND: _error("item-not-found", text="there is no such node"),
    Reason.ITEM_NOT_FOUND: _error("item-not-found", text="there is no such item"),
    Reason.NODE_EXISTS: _error("conflict", text="a node of this name is there already"),
    Reason.FORBIDDEN: _error("forbidden"),
    Reason.NOT_SUBSCRIBED: _error("not-authorized", "not-subscribed"),
    Reason.NOT_SUBSCRIBABLE: lambda detail: unsupported("subscribe"),
    Reason.SUBID_REQUIRED: _error("bad-request", "subid-required"),
    Reason.INVALID_SUBID: _error("not-acceptable", "invalid-subid"),
    Reason.OUTCAST: _error("forbidden", text="banned from this node"),
    Reason.CLOSED_NODE: _error("not-allowed", "closed-node"),
    Reason.PENDING: _error(
        "not-authorized", "pending-subscription", "an owner has yet to decide about this"
    ),
    Reason.PRESENCE_REQUIRED: _error("not-authorized", "presence-subscription-required"),
    Reason.NOT_IN_ROSTER_GROUP: _error("not-authorized", "not-in-roster-group"),
    Reason.INVALID_SUBSCRIBER: _error("bad-request", "invalid-jid"),
    Reason.LAST_OWNER: _error("not-acceptable", text="a node needs an owner"),
    Reason.BAD_CONFIG: _config,
    Reason.PRECONDITION: _precondition,
    Reason.PAYLOAD_REQUIRED: _error("bad-request", "payload-required"),
    Reason.PAYLOAD_TOO_BIG: _error("not-acceptable", "payload-too-big"),
    Reason.ITEM_REQUIRED: _error("bad-request", "item-required"),
    Reason.ITEM_FORBIDDEN: _error("bad-request", "item-forbidden"),
    Reason.NODE_FULL: _full,
    Reason.TOO_MANY_NODES: _error("resource-constraint", text="no more nodes for this account"),
    Reason.TOO_MANY_SUBSCRIPTIONS: _error(
        "policy-violation", "too-many-subscriptions", type="wait"
    ),
    Reason.MAY_NOT_CREATE: _error("forbidden", text="not everybody may make nodes here"),
    Reason.NOT_PERSISTENT: lambda detail: unsupported("persistent-items"),
    Reason.NO_ACCOUNT: _error("item-not-found", text="there is no such account"),
    # XEP-0496 0.1.0 §4.2 says what a relationship that cannot be is.
    Reason.CYCLE: _error("not-allowed", "invalid-option", "a node cannot be in itself"),
    Reason.CHAIN_TOO_LONG: _error("not-allowed", "invalid-option", "too many nodes in each other"),
    Reason.MISPLACED: _error(
        "not-allowed", "invalid-option", "a node is beside the one it is linked to, and no room"
    ),
    Reason.TOO_FAST: lambda pace: StanzaError(
        "policy-violation", f"too many {pace} of yours to this node; wait a little", type="wait"
    ),
    Reason.TOO_BUSY: lambda pace: StanzaError(
        "resource-constraint", f"the node is too busy just now ({pace}); wait a little"
    ),
    # What follows is said of rooms alone, most of it in other words (`facades/eventing/rooms`).
    Reason.OUTRANKED: _error("not-allowed"),
    Reason.ONESELF: _error("conflict"),
    Reason.NICK_IN_USE: _error("conflict"),
    Reason.NICK_NEEDED: _error("bad-request"),
    Reason.NICK_LOCKED: _error("not-acceptable"),
    Reason.MAY_NOT_REGISTER: _error("not-allowed"),
    Reason.WRONG_PASSWORD: _error("not-authorized"),
    Reason.ROOM_FULL: _error("service-unavailable"),
    Reason.ROOM_LOCKED: _error("item-not-found"),
    Reason.NO_VOICE: _error("forbidden"),
    Reason.TOO_MANY_INVITES: _error("resource-constraint", text="no more invites here"),
    Reason.TOO_MANY_HATS: _error("resource-constraint", text="no more hats here"),
    Reason.SLOW_MODE: _error("policy-violation"),
    Reason.NOT_IN_ROOM: _error("item-not-found", text="in no room here"),
}
