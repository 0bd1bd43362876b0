"""Hats, made and given by commands: XEP-0317 0.3.1, with XEP-0050 1.3.0.

A room is asked by its own address. A space has none, so a form for the service that holds it names
its node in one field more (docs/extensions/hats.md).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha1
from typing import Final

from folkmoot.engine import hat_questions
from folkmoot.engine.model import Hat, NodeId
from folkmoot.engine.room_commands import DestroyHat, SetHat, WearHat
from folkmoot.facades import disco
from folkmoot.facades.facade import Answered, Facade, Request, Route, read_jid
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, FORM_TYPE, Field, Form, Option
from folkmoot.xmpp.xml import Attr, Element

NS: Final = "urn:xmpp:hats:0"
COMMANDS: Final = "http://jabber.org/protocol/commands"
HATS_COMMANDS: Final = "urn:xmpp:hats:commands"
NODE: Final = "pubsub#node"
HASH: Final = "hats#hash"

_NODE: Final = Field(NODE, label="Node", required=True)
_TITLE: Final = Field("hats#title", label="Hat Title", required=True)
_URI: Final = Field("hats#uri", label="Hat URI", required=True)
_HUE: Final = Field("hats#hue", label="Hat Hue")
_JID: Final = Field("hats#jid", "jid-single", label="User Address", required=True)


def hats_element(hats: Iterable[Hat]) -> Element:
    """What somebody wears, in presence (§3.1)."""
    worn = (
        Element(NS, "hat", {"title": hat.title, "uri": hat.uri, "hue": hat.hue or None})
        for hat in hats
    )
    return Element(NS, "hats", None, *worn)


def hats_hash(hats: Iterable[Hat]) -> str:
    """What tells whether a list of hats is another one than before (§2)."""
    told = "\n".join(sorted(f"{hat.uri}\t{hat.title}\t{hat.hue}" for hat in hats))
    return sha1(told.encode(), usedforsecurity=False).hexdigest()


# --- each command


async def _create(request: Request, node: NodeId, form: Form) -> None:
    """A new hat, or other words for one (§3.2)."""
    hat = Hat(
        _asked(form, _URI.var), _asked(form, _TITLE.var), (form.value(_HUE.var) or "").strip()
    )
    await request.run(SetHat(actor=request.actor, node=node, hat=hat))


async def _destroy(request: Request, node: NodeId, form: Form) -> None:
    """No such hat any more (§3.3); Example 10 calls the field otherwise than Example 11."""
    uri = form.value("hat") or _asked(form, _URI.var)
    await request.run(DestroyHat(actor=request.actor, node=node, uri=uri))


async def _assign(request: Request, node: NodeId, form: Form) -> None:
    """Somebody wears a hat (§3.5)."""
    await _wear(request, node, form, worn=True)


async def _unassign(request: Request, node: NodeId, form: Form) -> None:
    """Somebody wears it no longer (§3.6)."""
    await _wear(request, node, form, worn=False)


async def _wear(request: Request, node: NodeId, form: Form, *, worn: bool) -> None:
    jid, uri = read_jid(form.value(_JID.var)), _asked(form, _URI.var)
    await request.run(WearHat(actor=request.actor, node=node, jid=jid, uri=uri, worn=worn))


def _asked(form: Form, var: str) -> str:
    value = (form.value(var) or "").strip()
    if not value:
        raise StanzaError("bad-request", f"{var} is needed", extension=_bad("bad-payload"))
    return value


async def _list(request: Request, node: NodeId) -> Element:
    """All hats there are, those of the space among them (§3.4)."""
    hats = await request.ask(hat_questions.hats, request.actor, node)
    return _table(
        "Hats List", (_TITLE, _URI, _HUE), ((hat.title, hat.uri, hat.hue) for hat in hats)
    )


async def _list_assigned(request: Request, node: NodeId) -> Element:
    """Who wears which (§3.7)."""
    worn = await request.ask(hat_questions.wearers, request.actor, node)
    rows = ((str(jid), hat.uri, hat.title, hat.hue) for jid, hat in worn)
    return _table("Assigned Hats List", (_JID, _URI, _TITLE, _HUE), rows)


def _table(title: str, fields: tuple[Field, ...], rows: Iterable[tuple[str, ...]]) -> Element:
    """A form of several rows (XEP-0004 §3.4)."""
    reported = (Element(DATA, "field", {"var": field.var}) for field in fields)
    form_type = Field(FORM_TYPE, "hidden", (HATS_COMMANDS,)).element()
    told = Form("result", title=title).element()
    told.children += [form_type, Element(DATA, "reported", None, *reported)]
    for row in rows:
        cells = (
            Element(DATA, "field", {"var": field.var}, Element(DATA, "value", None, value))
            for field, value in zip(fields, row, strict=True)
        )
        told.append(Element(DATA, "item", None, *cells))
    return told


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what is to be filled in, or what is told at once.

    chosen: `hats#uri` is one of the hats there are. wearing: staff may, not owners alone.
    """

    name: str
    fields: tuple[Field, ...] = ()
    chosen: bool = False
    wearing: bool = False
    carry_out: Callable[[Request, NodeId, Form], Awaitable[None]] | None = None
    tell: Callable[[Request, NodeId], Awaitable[Element]] | None = None


_WEAR: Final = (_JID, replace(_URI, type="list-single", label="The role"))

KNOWN: Final[Mapping[str, Command]] = {
    f"{HATS_COMMANDS}:create": Command("Create a hat", (_TITLE, _URI, _HUE), carry_out=_create),
    f"{HATS_COMMANDS}:destroy": Command(
        "Destroy a hat", _WEAR[1:], chosen=True, carry_out=_destroy
    ),
    f"{HATS_COMMANDS}:list": Command("List hats", tell=_list),
    f"{HATS_COMMANDS}:assign": Command(
        "Assign a hat", _WEAR, chosen=True, wearing=True, carry_out=_assign
    ),
    f"{HATS_COMMANDS}:unassign": Command(
        "Remove a hat", _WEAR, chosen=True, wearing=True, carry_out=_unassign
    ),
    f"{HATS_COMMANDS}:list-assigned": Command("List assigned hats", tell=_list_assigned),
}


# --- their steps


Locate = Callable[[Request, Form | None], NodeId | None]
"""The room or space a command is for, by address or form; None where the form is still to come."""


async def run(request: Request, locate: Locate) -> Element:
    """A step of a command (XEP-0050 §2.4); nothing is kept between steps.

    Raises StanzaError: item-not-found for no command
    of these, bad-request where a form is missing in the second step, or does not say enough.
    """
    asked = request.payload
    command = KNOWN.get(asked.get("node", ""))
    if command is None:
        raise StanzaError("item-not-found", "there is no such command")
    form, action = _read_form(asked), asked.get("action", "execute")
    if action == "cancel" or (form is not None and form.type == "cancel"):
        return _told(request, "canceled")
    if action not in ("execute", "next", "complete"):
        name = "bad-action" if action == "prev" else "malformed-action"
        raise StanzaError("bad-request", extension=_bad(name))
    node = locate(request, form)
    if node is None:
        return _form(request, command, (_NODE, *command.fields))
    if command.tell is not None:
        return _told(request, "completed", await command.tell(request, node))
    if form is None:
        if asked.get("sessionid") is not None or action != "execute":
            raise StanzaError("bad-request", "a form is needed", extension=_bad("bad-payload"))
        return await _first_step(request, node, command)
    assert command.carry_out is not None
    await command.carry_out(request, node, form)
    return _told(request, "completed")


def _read_form(asked: Element) -> Form | None:
    x = asked.child(DATA, "x")
    form = None if x is None else Form.read(x)
    if form is not None and (
        form.type not in ("submit", "cancel") or form.form_type not in (None, HATS_COMMANDS)
    ):
        text = f"a submitted form of type {HATS_COMMANDS} is needed"
        raise StanzaError("bad-request", text, extension=_bad("bad-payload"))
    return form


async def _first_step(request: Request, node: NodeId, command: Command) -> Element:
    """The form to fill in, for those alone who may."""
    hats = await request.ask(hat_questions.own_hats, request.actor, node, wearing=command.wearing)
    options = tuple(Option(hat.uri, hat.title) for hat in hats)
    fields = tuple(
        replace(field, options=options) if command.chosen and field.var == _URI.var else field
        for field in command.fields
    )
    return _form(request, command, fields)


def _form(request: Request, command: Command, fields: tuple[Field, ...]) -> Element:
    form = Form("form", HATS_COMMANDS, fields, command.name, "Fill out this form.").element()
    actions = Element(COMMANDS, "actions", {"execute": "complete"}, Element(COMMANDS, "complete"))
    return _told(request, "executing", actions, form)


def _told(request: Request, status: str, *children: Element) -> Element:
    session = request.payload.get("sessionid") or request.stanza.get("id")
    name = request.payload.get("node")
    attrs: dict[Attr, str | None] = {"node": name, "sessionid": session, "status": status}
    return Element(COMMANDS, "command", attrs, *children)


def _bad(condition: str) -> Element:
    return Element(COMMANDS, condition)


# --- where they are


def listed(address: str) -> list[Element]:
    """The commands among disco#items of the node for commands (XEP-0050 §2.2)."""
    return [
        Element(disco.ITEMS, "item", {"jid": address, "node": node, "name": command.name})
        for node, command in KNOWN.items()
    ]


def command_info(node: str) -> Element | None:
    """What the list of commands is, or one of them (XEP-0050 §2.2); None of any other node."""
    if node == COMMANDS:
        identity = disco.Identity("automation", "command-list", "Commands")
        return disco.info(node, (identity,), (COMMANDS,))
    if node in KNOWN:
        identity = disco.Identity("automation", "command-node", KNOWN[node].name)
        return disco.info(node, (identity,), (COMMANDS, DATA))
    return None


def beside(facade: Facade, locate: Locate) -> Facade:
    """A facade with these commands, and those it has already."""
    path = (COMMANDS, "command")
    own = next((each for each in facade.routes if (each.kind, each.path) == ("iq", path)), None)

    async def command(request: Request) -> Answered:
        if own is not None and request.payload.get("node") not in KNOWN:
            return await own.handler(request)
        return (await run(request, locate),)

    feature = "" if own is None else own.feature
    route = Route("iq", "set", path, command, feature)
    routes = tuple(each for each in facade.routes if each is not own)
    return replace(facade, routes=(*routes, route))
