"""Tokens that let others into a room: XEP-0488 0.1.0, the engine's invites in its words.

A token is told to who made it, and kept as a digest: lists name tokens by their ids, by which they
can be revoked and which let nobody in (docs/extensions/invites.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import Invite, Revoke
from folkmoot.engine.decide.invites import INVITE_SECONDS, INVITE_SECONDS_MAX, INVITE_USES_MAX
from folkmoot.engine.model import Ticket
from folkmoot.engine.space_events import InviteChanged
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.muc.ns import TOKEN_INVITE
from folkmoot.facades.muc.stanzas import room_asked
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element

_NUMBER: Final = re.compile(r"[0-9]{1,10}")


async def ask(request: Request) -> Iterable[Element]:
    """A new token (§3.2); what is asked for past our limits is cut to them (§3.3)."""
    room, at = room_asked(request), request.engine.now()
    seconds = _number(request.payload, "delay", INVITE_SECONDS, INVITE_SECONDS_MAX)
    uses = _number(request.payload, "counter", INVITE_USES_MAX, INVITE_USES_MAX)
    events = await request.run(
        Invite(actor=request.actor, node=room, uses=uses, expires=at + seconds)
    )
    made = next(each for each in events if isinstance(each, InviteChanged) and each.token)
    assert made.after is not None, "an invite that was made is there"
    return (_element(made.after, made.token, at),)


async def tokens(request: Request) -> Iterable[Element]:
    """Those the asker may revoke, each with what is left of it (§3.6)."""
    room, at = room_asked(request), request.engine.now()
    held = await request.ask(questions.invites, request.actor, room)
    told = (_element(each, each.id, at) for each in held if each.good(at))
    return (Element(TOKEN_INVITE, "tokens", None, *told),)


async def revoke(request: Request) -> Iterable[Element]:
    """A token lets nobody in any more (§3.7); named by itself, or by its id."""
    room, named = room_asked(request), request.payload.text.strip()
    if not named:
        raise StanzaError("bad-request", "which token?")
    await request.run(Revoke(actor=request.actor, node=room, id=named))
    return ()


def _number(asked: Element, name: str, default: int, most: int) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if _NUMBER.fullmatch(text) is None or not int(text):
        raise StanzaError("bad-request", f"{name}: a number from 1 is needed")
    return min(int(text), most)


def _element(ticket: Ticket, text: str, at: float) -> Element:
    attrs = {
        "delay": str(max(int(ticket.expires - at), 0)),
        "counter": str(ticket.uses - ticket.used),
        "creator": str(ticket.inviter),
    }
    return Element(TOKEN_INVITE, "token", attrs, text)


ROUTES: Final = (
    Route("iq", "set", (TOKEN_INVITE, "request"), ask),
    Route("iq", "get", (TOKEN_INVITE, "tokens"), tokens),
    Route("iq", "set", (TOKEN_INVITE, "revoke"), revoke),
)
