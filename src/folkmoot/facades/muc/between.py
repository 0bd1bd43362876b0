"""What one occupant's client asks another's: XEP-0045 1.35.5, §6.6, §17.4; XEP-0410 1.1.0.

A room passes requests on, and answers back, without telling either address. The id of a request is
put behind what names the device that asked, so the answer finds it, and nothing is remembered.
"""

from __future__ import annotations

from typing import Final

from folkmoot.engine import room_questions
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import NodeId
from folkmoot.engine.room_questions import Line
from folkmoot.facades import disco
from folkmoot.facades.basics import PING
from folkmoot.facades.facade import Answered, Outgoing, Reach, Request, Route
from folkmoot.facades.muc.errors import ERRORS
from folkmoot.facades.muc.ns import ADMIN, OWNER
from folkmoot.facades.muc.stanzas import occupant_address, room_of
from folkmoot.facades.vcard import card
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import XML_LANG, Attr, Element

_SEPARATOR: Final = "/"


async def ask(request: Request) -> Answered:
    """A request for another occupant, who answers it. What is a room's to do is not passed on."""
    if request.payload.first is not None and request.payload.first.ns in (ADMIN, OWNER):
        raise StanzaError("bad-request", "that is for the room, not for an occupant")
    line = await _line(request)
    _pass_on(request, line, line.to[-1])
    return None


async def _line(request: Request) -> Line:
    """The way to the occupant. Raises StanzaError, Refused."""
    room = room_of(request)
    try:
        return await request.ask(
            room_questions.line, request.actor, room, request.to.resource, message=False
        )
    except Refused as refused:
        outside = refused.reason in (Reason.NOT_SUBSCRIBED, Reason.NODE_NOT_FOUND)
        first = request.stanza.first
        if outside and first is not None and first.ns in (disco.INFO, disco.ITEMS):
            raise StanzaError("bad-request", "only who is in a room may ask (§6.6)") from refused
        if refused.reason is Reason.NODE_NOT_FOUND:  # then they are not in it either
            raise ERRORS[Reason.NOT_SUBSCRIBED]("") from refused
        raise


def _pass_on(request: Request, line: Line, to: JID) -> None:
    stanza = request.stanza
    id = f"{line.subid}{_SEPARATOR}{stanza.get('id', '')}"
    sent = _passed(stanza, room_of(request), line.sender.nick, id)
    request.tell(Outgoing(wording(sent), (to,), Reach.AVAILABLE))


async def answer(request: Request) -> Answered:
    """The answer of an occupant, to the device that asked; where that is gone, nobody hears it."""
    room = room_of(request)
    subid, separator, id = request.stanza.get("id", "").partition(_SEPARATOR)
    if not separator:
        return None
    try:
        mine, to = await request.ask(
            room_questions.device, request.actor, room, request.to.resource, subid
        )
    except Refused:
        return None
    sent = _passed(request.stanza, room, mine.nick, id)
    request.tell(Outgoing(wording(sent), (to,), Reach.AVAILABLE))
    return None


def _passed(stanza: Element, room: NodeId, nick: str, id: str) -> Element:
    attrs: dict[Attr, str | None] = {
        "type": stanza.get("type"),
        "id": id,
        "from": occupant_address(room, nick),
        XML_LANG: stanza.get(XML_LANG),
    }
    return Element(CLIENT, stanza.name, attrs, *stanza.children)


async def ping(request: Request) -> Answered:
    """A ping: the room's own answer to its occupants about themselves (XEP-0410 §3.3)."""
    line = await _line(request)
    if request.actor in line.to:
        return ()
    _pass_on(request, line, line.to[-1])
    return None


async def vcard(request: Request) -> Answered:
    """The vCard of an occupant, from their account: clients have none to show (XEP-0054 §3.3).

    Where the account is another server's, that one is asked.
    """
    line = await _line(request)
    account = line.to[-1].bare
    if not request.services.local(account):
        _pass_on(request, line, account)
        return None
    found = await request.ask(card.whole, request.actor, account)
    if found is None:
        raise StanzaError("item-not-found", "they have none")
    return (found,)


ROUTES: Final = (
    Route("iq", "get", (PING, "ping"), ping),
    Route("iq", "get", (card.NS, "vCard"), vcard),
    Route("iq", "get", (), ask),
    Route("iq", "set", (), ask),
    Route("iq", "result", (), answer),
    Route("iq", "error", (), answer),
)
