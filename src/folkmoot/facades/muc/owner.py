"""What an owner does: XEP-0045 1.35.5, §10."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions, room_questions
from folkmoot.engine.commands import Configure, Delete
from folkmoot.facades.facade import Request, Route, read_jid
from folkmoot.facades.muc.config import config_form, read_config, read_lists
from folkmoot.facades.muc.ns import OWNER
from folkmoot.facades.muc.stanzas import read_text, room_address, room_asked
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Form
from folkmoot.xmpp.xml import Element


async def get_configuration(request: Request) -> Iterable[Element]:
    """The configuration form of a room (§10.1.3, §10.2)."""
    room = room_asked(request)
    config = await request.ask(questions.configuration, request.actor, room)
    lists = await request.ask(room_questions.lists, request.actor, room)
    form = config_form(room_address(room), config, lists)
    return (Element(OWNER, "query", None, form.element()),)


async def set_configuration(request: Request) -> Iterable[Element]:
    """Another configuration; a room that was locked is open with it (§10.1.2, §10.1.3)."""
    room = room_asked(request)
    form = Form.read(request.payload)
    if form.type == "submit":
        settings, lists = read_config(form), read_lists(form)
        await request.run(Configure(actor=request.actor, node=room, settings=settings, lists=lists))
    elif form.type == "cancel":
        config = await request.ask(questions.configuration, request.actor, room)
        if config.room is not None and config.room.locked:
            await request.run(Delete(actor=request.actor, node=room))
    else:
        raise StanzaError("bad-request", "a form is submitted or cancelled")
    return ()


async def destroy(request: Request) -> Iterable[Element]:
    """The end of a room, with a word about where to go instead (§10.9)."""
    room = room_asked(request)
    venue = request.payload.get("jid")
    elsewhere = "" if venue is None else str(read_jid(venue))
    if elsewhere == room_address(room):
        # Movim names the room itself, and who follows that makes it anew.
        elsewhere = ""
    reason = read_text(request.payload, "reason")
    password = read_text(request.payload, "password") if elsewhere else ""
    await request.run(
        Delete(actor=request.actor, node=room, redirect=elsewhere, reason=reason, password=password)
    )
    return ()


async def neither(request: Request) -> Iterable[Element]:
    """A request that holds neither a form nor an end."""
    raise StanzaError("bad-request", "a data form or <destroy/> is needed")


ROUTES: Final = (
    Route("iq", "get", (OWNER, "query"), get_configuration),
    Route("iq", "set", (OWNER, "query", "x"), set_configuration),
    Route("iq", "set", (OWNER, "query", "destroy"), destroy),
    Route("iq", "set", (OWNER, "query"), neither),
)
