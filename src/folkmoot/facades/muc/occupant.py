"""What an occupant does: XEP-0045 1.35.5, §7."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from folkmoot.engine import room_questions
from folkmoot.engine.commands import Entry, Publish, Subscribe, Unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import Occupant, Recall, Via
from folkmoot.engine.room_commands import ChangePresence, ChangeSubject, Unwatch, Watch, Whisper
from folkmoot.facades import carbons, messages
from folkmoot.facades.archiving import cleaned, is_kept
from folkmoot.facades.facade import Answer, Outgoing, Reach, Request, Route
from folkmoot.facades.muc.notification import absent, as_seen, not_here, oneself
from folkmoot.facades.muc.ns import AFFILIATIONS, MUC, RAI
from folkmoot.facades.muc.retraction import retracted_id
from folkmoot.facades.muc.stanzas import (
    is_subject,
    occupant_address,
    occupant_id,
    passed_on,
    read_text,
    room_of,
    user_element,
)
from folkmoot.xmpp.dates import read_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import NUMBER_MAX
from folkmoot.xmpp.stanza import CLIENT, STANZAS, wording
from folkmoot.xmpp.xml import Element

_NUMBER: Final = re.compile(r"[0-9]{1,10}")

_GHOSTLY: Final = frozenset(
    {
        "gone",
        "item-not-found",
        "recipient-unavailable",
        "redirect",
        "remote-server-not-found",
        "remote-server-timeout",
    }
)
"""Errors that say that there is nobody there any more (§18.1.2)."""


async def be_present(request: Request) -> Iterable[Element]:
    """Enter a room (§7.2), or change presence or nick in it (§7.6, §7.7).

    Of the service itself it asks to hear of rooms from outside (XEP-0437 0.2.0, §3.1).
    """
    if not request.to.local and request.stanza.child(RAI, "rai") is not None:
        await request.run(Watch(actor=request.actor, node=request.node("")))
        return ()
    if not request.to.local or not request.to.resource:
        raise StanzaError("jid-malformed", "presence goes to room@service/nick")
    room = room_of(request)
    occupant = Occupant(request.to.resource, passed_on(request.stanza, room))
    asked = request.stanza.child(MUC, "x")
    if asked is not None:
        await request.run(
            Subscribe(
                actor=request.actor,
                node=room,
                subscriber=request.actor,
                via=Via.EVENTING if request.sender.eventing else Via.MUC,
                temporary=True,
                occupant=occupant,
                password=read_text(asked, "password"),
                recall=read_recall(asked),
            )
        )
        return ()
    try:
        await request.run(ChangePresence(actor=request.actor, node=room, occupant=occupant))
    except Refused as refused:
        if refused.reason not in (Reason.NOT_SUBSCRIBED, Reason.NODE_NOT_FOUND):
            raise
        # §7.2.18: a client that takes itself for an occupant has to be told that it is none.
        told = not_here(room, occupant.nick, request.actor)
        request.tell(Answer(request.actor, told))
    return ()


def read_recall(asked: Element) -> Recall:
    """What is wanted of what was said (§7.2.14), and of affiliations (XEP-0463 §5.1).

    Raises StanzaError(bad-request).
    """
    history, versioned = asked.child(MUC, "history"), asked.child(AFFILIATIONS, "mav")
    known = None if versioned is None else versioned.get("since", "")
    if history is None:
        return Recall(known=known)
    since = history.get("since")
    return Recall(
        items_max=_read_number(history, "maxstanzas"),
        chars_max=_read_number(history, "maxchars"),
        seconds_max=_read_number(history, "seconds"),
        since=None if since is None else read_date(since),
        known=known,
    )


def _read_number(history: Element, name: str) -> int | None:
    text = history.get(name)
    if text is None:
        return None
    if _NUMBER.fullmatch(text) is None or int(text) > NUMBER_MAX:
        raise StanzaError("bad-request", f"not a number for {name}")
    return int(text)


async def leave(request: Request) -> Iterable[Element]:
    """Leave a room, perhaps with some last words (§7.14); the service: hear no more (XEP-0437)."""
    if not request.to.local and not request.to.resource:
        await request.run(Unwatch(actor=request.actor, node=request.node("")))
        return ()
    await _go(request, parting=passed_on(request.stanza, room_of(request)))
    return ()


async def fail(request: Request) -> Iterable[Element]:
    """An error comes back for something the room sent: nobody is there any more (§18.1.2)."""
    error = request.stanza.child(request.stanza.ns, "error")
    conditions = {child.name for child in error.elements if child.ns == STANZAS} if error else set()
    if request.stanza.name == "presence" or not _GHOSTLY.isdisjoint(conditions):
        await _go(request, parting=None)
    return ()


async def _go(request: Request, parting: Element | None) -> None:
    """Out of the room; who is not in it is silently ignored (§17.3)."""
    try:
        await request.run(
            Unsubscribe(
                actor=request.actor,
                node=room_of(request),
                subscriber=request.actor,
                parting=parting,
                lost=parting is None,
            )
        )
    except Refused as refused:
        if refused.reason not in (Reason.NOT_SUBSCRIBED, Reason.NODE_NOT_FOUND):
            raise


async def say(request: Request) -> Iterable[Element]:
    """A message to all occupants (§7.4), or another subject (§8.1)."""
    room = room_of(request)
    if request.to.resource:
        raise StanzaError("bad-request", "what is for one occupant is no groupchat (§7.5)")
    payload = cleaned(passed_on(request.stanza, room), request.services)
    keep = is_kept(payload)
    if is_subject(payload):
        subject = ChangeSubject(actor=request.actor, node=room, payload=payload, keep=keep)
        await request.run(subject)
    else:
        entry = Entry(
            payload=payload,
            keep=keep,
            retracts=retracted_id(payload),
            words=payload.child(CLIENT, "body") is not None,
        )
        await request.run(Publish(actor=request.actor, node=room, entry=entry))
    return ()


async def whisper(request: Request) -> None:
    """A private message to an occupant, all of their devices (§7.5, §7.2.8)."""
    room = room_of(request)
    await request.run(Whisper(actor=request.actor, node=room))
    line = await request.ask(
        room_questions.line, request.actor, room, request.to.resource, message=True
    )
    sender, account = request.actor.bare, line.to[0].bare
    stanza = cleaned(passed_on(request.stanza, room), request.services)
    stanza.append(user_element())
    stanza.attrs["from"] = occupant_address(room, line.sender.nick)
    stanza.attrs["to"] = str(account)
    if (type := request.stanza.get("type")) is not None:
        stanza.attrs["type"] = type
    stanza.append(occupant_id(line.sender.id))
    said = Element(stanza.ns, stanza.name, request.stanza.attrs, *stanza.children)
    mine = await messages.remembered(request, said, sender, with_=request.to)
    if account != sender:
        occupant = JID(room.name, room.service.domain, line.sender.nick)
        stanza = await messages.remembered(request, stanza, account, with_=occupant)
    request.tell(Outgoing(wording(stanza), line.to, Reach.AVAILABLE))
    if carbons.is_copied(said):
        others = tuple(jid for jid in line.own if jid not in (request.actor, *line.to))
        request.tell(carbons.shared(mine, sender, others))


async def probe(request: Request) -> Iterable[Element]:
    """What an occupant has been told of who is there, once more: of all, or of one (§17.3)."""
    room, nick = room_of(request), request.to.resource
    roster = await request.ask(room_questions.roster, request.actor, room)
    words = [as_seen(room, each) for each in roster.others if nick in ("", each.nick)]
    if nick in ("", roster.mine.nick):
        words.append(oneself(room, roster.mine, roster.config))
    for each in words or [absent(room, nick)]:
        request.tell(Outgoing(each, (request.actor,), Reach.AVAILABLE))
    return ()


ROUTES: Final = (
    Route("presence", "", (), be_present),
    Route("presence", "unavailable", (), leave),
    Route("presence", "error", (), fail),
    Route("message", "error", (), fail),
    Route("message", "groupchat", (), say),
    Route("presence", "probe", (), probe),
)
