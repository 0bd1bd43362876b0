"""Multi-User Chat: XEP-0045 1.35.5; a file for each chapter.

Of what later protocols add to a room, archives (XEP-0313) have their items, each the message as
it was sent on, under its stanza id; the id of its author (XEP-0421) follows from who that is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.model import NodeId
from folkmoot.engine.room_commands import Whisper
from folkmoot.facades import hats
from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.muc import (
    admin,
    between,
    card,
    discovery,
    invitation,
    occupant,
    owner,
    register,
    retraction,
    tokens,
    voice,
)
from folkmoot.facades.muc.errors import ERRORS
from folkmoot.facades.muc.notification import word
from folkmoot.facades.muc.ns import REGISTER, USER
from folkmoot.facades.muc.stanzas import room_asked
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.xml import Element


def _room(request: Request, form: Form | None) -> NodeId:
    return room_asked(request)


async def _message(request: Request) -> Iterable[Element]:
    """A message that is not for all: to an occupant (§7.5), or for the room to act on."""
    if request.to.resource:
        await occupant.whisper(request)
        return ()
    room, stanza = room_asked(request), request.stanza
    x, form = stanza.child(USER, "x"), stanza.child(DATA, "x")
    invites = [] if x is None else x.childs(USER, "invite")
    await request.run(Whisper(actor=request.actor, node=room, count=max(len(invites), 1)))
    if invites:
        await invitation.invite(request, room, invites)
    elif x is not None and (declined := x.child(USER, "decline")) is not None:
        await invitation.decline(request, room, declined)
    elif form is not None:
        await _submit(request, room, Form.read(form))
    else:
        raise StanzaError("bad-request", "what is for all is of type groupchat (§17.2)")
    return ()


async def _submit(request: Request, room: NodeId, form: Form) -> None:
    """A form for the room: about a registration (§9.9), or about voice (§7.13, §8.6)."""
    answer = register.submit if form.form_type == REGISTER else voice.submit
    await answer(request, room, form)


ROUTES: Final = (
    *occupant.ROUTES,
    *admin.ROUTES,
    *owner.ROUTES,
    *discovery.ROUTES,
    *retraction.ROUTES,
    *tokens.ROUTES,
    *register.ROUTES,
    *card.ROUTES,
    Route("message", "", (), _message),
    Route("message", "normal", (), _message),
    Route("message", "chat", (), _message),
)

FACADE: Final = hats.beside(Facade("muc", ROUTES, ERRORS, word), _room)

OCCUPANTS: Final = Facade("occupants", between.ROUTES, ERRORS)
"""What stands behind an occupant's address for an iq."""
