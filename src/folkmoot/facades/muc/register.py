"""Registering with a room: XEP-0045 1.35.5, §7.10, §9.9; XEP-0077 2.4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import room_questions
from folkmoot.engine.model import NodeId
from folkmoot.engine.notifications import RegistrationAnswered, RegistrationAsked
from folkmoot.engine.room_commands import Register, SettleRegistration, Unregister
from folkmoot.facades.facade import Request, Route, read_jid
from folkmoot.facades.muc.ns import REGISTER
from folkmoot.facades.muc.stanzas import room_address, room_asked
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, FieldType, Form
from folkmoot.xmpp.jid import InvalidJID, prepare_resource
from folkmoot.xmpp.stanza import CLIENT, Wording, wording
from folkmoot.xmpp.xml import Element

NS: Final = "jabber:iq:register"

ROOM_NICK: Final = "muc#register_roomnick"
ALLOW: Final = "muc#register_allow"
JID_FIELD: Final = "muc#jid"

PASSED_CHARS_MAX: Final = 2_000
"""How much of a field that somebody filled in is shown to an admin."""

_PASSED: Final = {
    "muc#register_first": "Given name",
    "muc#register_last": "Family name",
    "muc#register_url": "Web page",
    "muc#register_email": "Email address",
    "muc#register_faqentry": "A word about oneself",
}
"""What else somebody may say of themself (§16.5.1); it is shown to admins, and not kept."""


async def requirements(request: Request) -> Iterable[Element]:
    """What it takes to register, or that one is registered already (Examples 66 to 70)."""
    room = room_asked(request)
    nick = await request.ask(room_questions.registration, request.actor, room)
    if nick:
        registered, username = Element(NS, "registered"), Element(NS, "username", None, nick)
        return (Element(NS, "query", None, registered, username),)
    form = Form(
        "form",
        REGISTER,
        (
            Field(ROOM_NICK, "text-single", (), "The nick that is to be yours", required=True),
            *(Field(var, _type(var), (), label) for var, label in _PASSED.items()),
        ),
        title=f"Registration with {room_address(room)}",
    )
    instructions = Element(NS, "instructions", None, "Fill in the form to register.")
    return (Element(NS, "query", None, instructions, form.element()),)


def _type(var: str) -> FieldType:
    return "text-multi" if var == "muc#register_faqentry" else "text-single"


async def register(request: Request) -> Iterable[Element]:
    """Register, or end it (Examples 71 to 75; XEP-0077 §3.2)."""
    room = room_asked(request)
    if request.payload.child(NS, "remove") is not None:
        await request.run(Unregister(actor=request.actor, node=room))
        return ()
    x = request.payload.child(DATA, "x")
    form = None if x is None else Form.read(x)
    if x is None or form is None or form.type not in ("submit", "cancel"):
        raise StanzaError("bad-request", "a form that is filled in is needed")
    if form.type == "cancel":
        return ()
    if form.form_type not in (None, REGISTER):
        raise StanzaError("bad-request", f"a form of type {REGISTER} is needed")
    nick = _nick(form)
    await request.run(Register(actor=request.actor, node=room, nick=nick, said=x))
    return ()


def _nick(form: Form) -> str:
    nick = form.value(ROOM_NICK)
    if not nick:
        raise StanzaError("not-acceptable", f"{ROOM_NICK} is needed")
    try:
        return prepare_resource(nick)
    except InvalidJID as error:
        raise StanzaError("not-acceptable", f"{ROOM_NICK}: {error}") from error


async def submit(request: Request, room: NodeId, form: Form) -> None:
    """An admin's answer to a request (§9.9); a form that is cancelled leaves it open."""
    if form.type == "cancel":
        return
    allow = form.boolean(ALLOW)
    if form.type != "submit" or allow is None:
        raise StanzaError("bad-request", f"{ALLOW} is needed")
    given = form.value(JID_FIELD)
    if given:
        registrant = read_jid(given).bare
    else:
        # Example 151 names nobody but by the nick.
        nick = _nick(form)
        found = await request.ask(room_questions.requester, request.actor, room, nick)
        if found is None:
            return
        registrant = found
    await request.run(
        SettleRegistration(actor=request.actor, node=room, registrant=registrant, allow=allow)
    )


def asked(told: RegistrationAsked) -> Wording:
    """What admins are asked (Example 151)."""
    said = None if told.said is None else Form.read(told.said)
    fields = [
        Field(JID_FIELD, "jid-single", (str(told.registrant),), "User"),
        Field(ROOM_NICK, "text-single", (told.nick,), "Nick"),
    ]
    for var, label in _PASSED.items():
        values = () if said is None else said.values(var)
        if text := "\n".join(values)[:PASSED_CHARS_MAX].strip():
            lines = tuple(text.split("\n")) if _type(var) == "text-multi" else (text,)
            fields.append(Field(var, _type(var), lines, label))
    fields.append(Field(ALLOW, "boolean", ("0",), "Allow this person to register?"))
    form = Form(
        "form",
        REGISTER,
        tuple(fields),
        title="Registration request",
        instructions=f"{told.registrant} asks to be registered as {told.nick}.",
    )
    return _from_room(told.node, form.element())


def denied(told: RegistrationAnswered) -> Wording:
    """That a request came to nothing: the same form as a result."""
    fields = (Field(ROOM_NICK, values=(told.nick,)), Field(ALLOW, "boolean", ("0",)))
    return _from_room(told.node, Form("result", REGISTER, fields).element())


def _from_room(room: NodeId, *children: Element) -> Wording:
    return wording(Element(CLIENT, "message", {"from": room_address(room)}, *children))


ROUTES: Final = (
    Route("iq", "get", (NS, "query"), requirements, feature=NS),
    Route("iq", "set", (NS, "query"), register, feature=NS),
)
