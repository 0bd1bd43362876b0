"""Requests to subscribe: XEP-0060 1.30.0, §8.6 and §8.7, the command with XEP-0050 1.3.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import Approve, RequestPending
from folkmoot.facades import disco
from folkmoot.facades.facade import Request, Route, read_jid
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.ns import AUTHORIZATION, COMMANDS, GET_PENDING
from folkmoot.facades.pubsub.reading import is_served, node_id
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, Form, Option, read_boolean
from folkmoot.xmpp.xml import Attr, Element

_MISSPELT: Final = "pusub#subscriber_jid"
"""How XEP-0207 1.0, Listing 10, has it; who fills in such a form may send it back so."""

_NAME: Final = "Show who asks to be let in"


async def authorize(request: Request) -> Iterable[Element]:
    """The owner's answer to the authorization form; one of the doors of approval (§8.6)."""
    x = request.stanza.child(DATA, "x")
    form = None if x is None else Form.read(x)
    if form is None or form.form_type != AUTHORIZATION or form.type != "submit":
        return ()  # any other message to the service is nobody's, and a cancel leaves it open
    node = node_id(request, form.value("pubsub#node"))
    named = form.value("pubsub#subscriber_jid")
    if named is None and request.eventing:
        named = form.value(_MISSPELT)
    subscriber = read_jid(named)
    allow = form.value("pubsub#allow")
    if allow is None:
        raise StanzaError("bad-request", "the form says neither yes nor no")
    await request.run(
        Approve(actor=request.actor, node=node, subscriber=subscriber, allow=read_boolean(allow))
    )
    return ()


async def get_pending(request: Request) -> Iterable[Element]:
    """Have the open requests of a node sent again (§8.7); the form may come with the first step."""
    if request.payload.get("node") != GET_PENDING:
        raise StanzaError("item-not-found", "there is no such command")
    form = read_form(request.payload)
    action = request.payload.get("action", "execute")
    if action == "cancel" or (form is not None and form.type == "cancel"):
        return (_command(request, "canceled"),)
    if action not in ("execute", "next", "complete"):
        name = "bad-action" if action == "prev" else "malformed-action"
        raise StanzaError("bad-request", extension=Element(COMMANDS, name))
    if form is not None:
        node = node_id(request, form.value("pubsub#node"))
        await request.run(RequestPending(actor=request.actor, node=node))
        return (_command(request, "completed"),)
    found = await request.ask(questions.pending_nodes, request.actor, request.to.bare)
    options = tuple(Option(node.name) for node in found if is_served(request, node))
    if not options:
        note = Element(COMMANDS, "note", {"type": "info"}, "Nobody asks to be let in.")
        return (_command(request, "completed", note),)
    field = Field("pubsub#node", "list-single", (), "Node", options, required=True)
    asked = Form("form", AUTHORIZATION, (field,), title="Whose requests?").element()
    actions = Element(COMMANDS, "actions", {"execute": "complete"}, Element(COMMANDS, "complete"))
    return (_command(request, "executing", actions, asked),)


def _command(request: Request, status: str, *children: Element) -> Element:
    """How far the command is; nothing is kept between its steps, so any session id will do."""
    session = request.payload.get("sessionid") or request.stanza.get("id")
    attrs: dict[Attr, str | None] = {
        "node": GET_PENDING,
        "sessionid": session,
        "status": status,
    }
    return Element(COMMANDS, "command", attrs, *children)


def commands(request: Request) -> Element:
    """The commands of a service, as disco#items of the node for them (XEP-0050 §2.2)."""
    attrs = {"jid": str(request.to.bare), "node": GET_PENDING, "name": _NAME}
    return Element(disco.ITEMS, "query", {"node": COMMANDS}, Element(disco.ITEMS, "item", attrs))


def command_info(node: str) -> Element | None:
    """What the list of commands is, or the command (XEP-0050 §2.2); None of any other node."""
    if node == COMMANDS:
        identity = disco.Identity("automation", "command-list", "Commands")
        return disco.info(node, (identity,), (COMMANDS,))
    if node == GET_PENDING:
        identity = disco.Identity("automation", "command-node", _NAME)
        return disco.info(node, (identity,), (COMMANDS, DATA))
    return None


ROUTES = (
    Route("message", "", (), authorize),
    Route("message", "normal", (), authorize),
    Route("iq", "set", (COMMANDS, "command"), get_pending, feature="get-pending"),
)
