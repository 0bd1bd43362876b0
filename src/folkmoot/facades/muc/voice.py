"""Asking for voice, and giving it to who asked: XEP-0045 1.35.5, §7.13, §8.6."""

from __future__ import annotations

from folkmoot.engine import room_questions
from folkmoot.engine.model import NodeId, Role
from folkmoot.engine.notifications import Seen
from folkmoot.engine.room_commands import SetRoles
from folkmoot.facades.facade import Outgoing, Reach, Request
from folkmoot.facades.muc.ns import REQUEST
from folkmoot.facades.muc.stanzas import room_address
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Element


async def submit(request: Request, room: NodeId, form: Form) -> None:
    """A form that asks for voice, or the same form with a moderator's answer.

    Raises StanzaError(bad-request) where it asks for another role than that of participant.
    """
    if form.form_type != REQUEST or form.type not in ("submit", "cancel"):
        raise StanzaError("bad-request", f"a room takes forms of type {REQUEST}")
    if form.type == "cancel":
        return
    if form.value("muc#role") not in (None, Role.PARTICIPANT.value):
        raise StanzaError("bad-request", "only voice can be asked for")
    allow = form.boolean("muc#request_allow")
    if allow is None:
        await _ask(request, room)
    elif allow:
        nick = form.value("muc#roomnick")
        if not nick:
            raise StanzaError("bad-request", "whose request it is has to be said")
        # Whoever can speak by now was granted it by somebody else, or more than that.
        found = await request.ask(room_questions.occupants, request.actor, room, Role.VISITOR)
        if any(visitor.nick == nick for visitor in found):
            roles = {nick: Role.PARTICIPANT}
            await request.run(SetRoles(actor=request.actor, node=room, roles=roles))


async def _ask(request: Request, room: NodeId) -> None:
    line = await request.ask(room_questions.voice_request, request.actor, room)
    attrs = {"from": room_address(room), "id": request.stanza.get("id")}
    stanza = Element(CLIENT, "message", attrs, approval_form(line.sender).element())
    request.tell(Outgoing(wording(stanza), line.to, Reach.AVAILABLE))


def approval_form(seen: Seen) -> Form:
    """What moderators are asked (Example 108)."""
    jid = "" if seen.jid is None else str(seen.jid)
    return Form(
        "form",
        REQUEST,
        (
            Field("muc#role", "list-single", (Role.PARTICIPANT.value,), "Requested role"),
            Field("muc#jid", "jid-single", (jid,), "User"),
            Field("muc#roomnick", "text-single", (seen.nick,), "Nick"),
            Field("muc#request_allow", "boolean", ("false",), "Grant voice?"),
        ),
        title="Voice request",
        instructions=f"{seen.nick} asks to be heard.",
    )
