"""Taking back what was said: XEP-0425 0.3.0 by moderators, tombstones of XEP-0424 0.4.2.

Clients of today moderate in the words of XEP-0425 0.2.1 too, which wrapped them in a fastening
(XEP-0422): those are read as well, and what the room says is said in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.model import NodeId, Retraction
from folkmoot.engine.room_commands import Moderate
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.muc.ns import (
    FASTEN,
    MODERATE,
    OLD_MODERATE,
    OLD_RETRACT,
    RETRACT,
)
from folkmoot.facades.muc.stanzas import occupant_address, occupant_id, read_text, room_asked
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

REASON_CHARS_MAX: Final = 1_000
"""How much a moderator may say about why; it stays where the message was."""

FEATURES: Final = (MODERATE, OLD_MODERATE, RETRACT, RETRACT + "#tombstone")


def retracted_id(message: Element) -> str:
    """The archive's id of what a message takes back (XEP-0424 §3, §5.1); "" where it does not."""
    retract = message.child(RETRACT, "retract")
    return "" if retract is None else retract.get("id", "")


async def moderate(request: Request) -> Iterable[Element]:
    """Take back what an occupant said (XEP-0425 §3)."""
    asked = request.payload
    if asked.child(RETRACT, "retract") is None:
        raise StanzaError("bad-request", "all a message can be is retracted")
    return await _moderated(request, asked.get("id", ""), read_text(asked, "reason"))


async def moderate_of_old(request: Request) -> Iterable[Element]:
    """The same, as XEP-0425 0.2.1 had it (§3)."""
    fastened = request.stanza.first
    assert fastened is not None, "the route was found by what is in it"
    if request.payload.ns != OLD_MODERATE or request.payload.first is None:
        raise StanzaError("bad-request", "all a message can be is retracted")
    return await _moderated(request, fastened.get("id", ""), read_text(request.payload, "reason"))


async def _moderated(request: Request, item_id: str, reason: str) -> Iterable[Element]:
    room = room_asked(request)
    if not item_id:
        raise StanzaError("bad-request", "which message?")
    if len(reason) > REASON_CHARS_MAX:
        raise StanzaError("not-acceptable", f"a reason has at most {REASON_CHARS_MAX} characters")
    await request.run(
        Moderate(actor=request.actor, node=room, item_id=item_id, notice=notice, reason=reason)
    )
    return ()


def notice(room: NodeId, item_id: str, retraction: Retraction) -> Element:
    """What all are told (XEP-0425 §3.1), and the same as 0.2.1 had it."""
    nick, id, reason = retraction.nick, retraction.moderator, retraction.reason
    new = Element(RETRACT, "retract", {"id": item_id}, _moderator(MODERATE, room, nick, id))
    old = _moderator(OLD_MODERATE, room, nick, id)
    old.append(Element(OLD_RETRACT, "retract"))
    if reason:
        new.append(Element(RETRACT, "reason", None, reason))
        old.append(Element(OLD_MODERATE, "reason", None, reason))
    fastened = Element(FASTEN, "apply-to", {"id": item_id}, old)
    return Element(CLIENT, "message", None, new, fastened)


def _moderator(ns: str, room: NodeId, nick: str, id: str) -> Element:
    """Who did it; whoever is not in the room has no address there."""
    by = occupant_address(room, nick) if nick else None
    return Element(ns, "moderated", {"by": by}, occupant_id(id))


def tombstone(room: NodeId, retraction: Retraction) -> Element:
    """What stands where a message was (XEP-0424 §4, XEP-0425 §4)."""
    attrs = {"id": retraction.id, "stamp": format_date(retraction.at)}
    told = Element(RETRACT, "retracted", attrs)
    if retraction.moderator:
        told.append(_moderator(MODERATE, room, retraction.nick, retraction.moderator))
    if retraction.reason:
        told.append(Element(RETRACT, "reason", None, retraction.reason))
    return told


ROUTES: Final = (
    Route("iq", "set", (MODERATE, "moderate"), moderate),
    Route("iq", "set", (FASTEN, "apply-to", "moderate"), moderate_of_old),
)
