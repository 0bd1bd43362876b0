"""What an owner does: XEP-0060 1.30.0, §8."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.engine import questions
from folkmoot.engine.commands import (
    Approve,
    Configure,
    Create,
    Delete,
    Purge,
    RequestPending,
    SetAffiliations,
    SetSubscriptions,
)
from folkmoot.engine.decide.configuring import default_config
from folkmoot.engine.events import NodeCreated
from folkmoot.engine.model import Affiliation, State
from folkmoot.facades.facade import Request, Route, read_jid
from folkmoot.facades.pubsub.config import config_form, read_config, read_form
from folkmoot.facades.pubsub.errors import bad
from folkmoot.facades.pubsub.ns import AUTHORIZATION, GET_PENDING, OWNER, PUBSUB
from folkmoot.facades.pubsub.reading import jid_named, node_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, Form, Option, read_boolean
from folkmoot.xmpp.xml import Attr, Element

COMMANDS = "http://jabber.org/protocol/commands"

_STATES = {state.value: state for state in State}
_AFFILIATIONS = {
    affiliation.value: affiliation
    for affiliation in Affiliation
    if affiliation is not Affiliation.ADMIN  # a room's word, none of XEP-0060's
}


async def create(request: Request) -> Iterable[Element]:
    """Create a node, configured in the same request (§8.1); without a name, one is chosen."""
    name = request.payload.get("node", "")
    outer = request.stanza.first
    form = read_form(None if outer is None else outer.child(PUBSUB, "configure"))
    settings = read_config(form)
    events = await request.run(
        Create(actor=request.actor, node=request.node(name), settings=settings)
    )
    made = next(event.node for event in events if isinstance(event, NodeCreated))
    told = Element(PUBSUB, "create", {"node": made.name})
    return (Element(PUBSUB, "pubsub", None, told),)


async def get_configuration(request: Request) -> Iterable[Element]:
    """The configuration form of a node (§8.2.1)."""
    node = node_named(request, request.payload)
    config = await request.ask(questions.configuration, request.actor, node)
    form = config_form(config).element()
    return (_owner(Element(OWNER, "configure", {"node": node.name}, form)),)


async def set_configuration(request: Request) -> Iterable[Element]:
    """Another configuration; what the form does not name stays as it is (§8.2.4)."""
    node = node_named(request, request.payload)
    form = read_form(request.payload)
    if form is None:
        raise StanzaError("bad-request", "a data form is missing")
    if form.type == "submit":
        settings = read_config(form)
        await request.run(Configure(actor=request.actor, node=node, settings=settings))
    elif form.type == "cancel":
        await request.ask(questions.configuration, request.actor, node)
    else:
        raise StanzaError("bad-request", "a form is submitted or cancelled")
    return ()


async def default_configuration(request: Request) -> Iterable[Element]:
    """How a node is configured where its creator says nothing (§8.3)."""
    config = default_config(request.services, request.node("_"), {})
    return (_owner(Element(OWNER, "default", None, config_form(config).element())),)


async def delete(request: Request) -> Iterable[Element]:
    """Delete a node, and say where to go instead (§8.4)."""
    node = node_named(request, request.payload)
    redirect = request.payload.child(OWNER, "redirect")
    uri = "" if redirect is None else redirect.get("uri", "")
    await request.run(Delete(actor=request.actor, node=node, redirect=uri))
    return ()


async def purge(request: Request) -> Iterable[Element]:
    """Delete all items (§8.5)."""
    await request.run(Purge(actor=request.actor, node=node_named(request, request.payload)))
    return ()


async def get_subscriptions(request: Request) -> Iterable[Element]:
    """Every subscription, those that wait for approval among them (§8.8.1)."""
    node = node_named(request, request.payload)
    held = await request.ask(questions.subscribers, request.actor, node)
    rows = (
        Element(
            OWNER,
            "subscription",
            {"jid": str(each.subscriber), "subscription": each.state.value, "subid": each.subid},
        )
        for each in held
    )
    return (_owner(Element(OWNER, "subscriptions", {"node": node.name}, *rows)),)


async def set_subscriptions(request: Request) -> Iterable[Element]:
    """Others' subscriptions; the second door of approval (§8.8.2)."""
    node = node_named(request, request.payload)
    states = {}
    for row in request.payload.childs(OWNER, "subscription"):
        state = _STATES.get(row.get("subscription", ""))
        if state is None:
            raise StanzaError("bad-request", "there is no such state of a subscription")
        states[jid_named(row)] = state
    if not states:
        raise StanzaError("bad-request", "no subscription is named")
    await request.run(SetSubscriptions(actor=request.actor, node=node, states=states))
    return ()


async def get_affiliations(request: Request) -> Iterable[Element]:
    """Every affiliation (§8.9.1)."""
    node = node_named(request, request.payload)
    held = await request.ask(questions.affiliates, request.actor, node)
    rows = (
        Element(OWNER, "affiliation", {"jid": str(jid), "affiliation": affiliation.value})
        for jid, affiliation in held.items()
    )
    return (_owner(Element(OWNER, "affiliations", {"node": node.name}, *rows)),)


async def set_affiliations(request: Request) -> Iterable[Element]:
    """Others' affiliations (§8.9.2)."""
    node = node_named(request, request.payload)
    affiliations = {}
    for row in request.payload.childs(OWNER, "affiliation"):
        affiliation = _AFFILIATIONS.get(row.get("affiliation", ""))
        if affiliation is None:
            raise StanzaError("bad-request", "there is no such affiliation")
        affiliations[jid_named(row)] = affiliation
    if not affiliations:
        raise StanzaError("bad-request", "no affiliation is named")
    await request.run(SetAffiliations(actor=request.actor, node=node, affiliations=affiliations))
    return ()


async def authorize(request: Request) -> Iterable[Element]:
    """The owner's answer to the authorization form; the first door of approval (§8.6.1)."""
    x = request.stanza.child(DATA, "x")
    form = None if x is None else Form.read(x)
    if form is None or form.form_type != AUTHORIZATION or form.type != "submit":
        return ()  # any other message to the service is nobody's, and a cancel leaves it open
    node = form.value("pubsub#node")
    if not node:
        raise bad("nodeid-required")
    subscriber = read_jid(form.value("pubsub#subscriber_jid"))
    allow = read_boolean(form.value("pubsub#allow") or "false")
    await request.run(
        Approve(actor=request.actor, node=request.node(node), subscriber=subscriber, allow=allow)
    )
    return ()


async def get_pending(request: Request) -> Iterable[Element]:
    """Have the open requests of a node sent again (§8.7); the form may come with the first step."""
    session = request.payload.get("sessionid") or request.stanza.get("id", "")
    attrs: dict[Attr, str | None] = {"node": GET_PENDING, "sessionid": session}
    if request.payload.get("node") != GET_PENDING:
        raise StanzaError("item-not-found", "there is no such command")
    if request.payload.get("action") == "cancel":
        return (Element(COMMANDS, "command", {**attrs, "status": "canceled"}),)
    form = read_form(request.payload)
    if form is not None:
        node = form.value("pubsub#node")
        if not node:
            raise bad("nodeid-required")
        await request.run(RequestPending(actor=request.actor, node=request.node(node)))
        return (Element(COMMANDS, "command", {**attrs, "status": "completed"}),)
    nodes = await request.ask(questions.pending_nodes, request.actor, request.to.bare)
    options = tuple(Option(node.name) for node in nodes)
    field = Field("pubsub#node", "list-single", (), "Node", options, required=True)
    asked = Form("form", AUTHORIZATION, (field,), title="Whose requests?")
    attrs = {**attrs, "status": "executing", "action": "execute"}
    return (Element(COMMANDS, "command", attrs, asked.element()),)


def _owner(child: Element) -> Element:
    return Element(OWNER, "pubsub", None, child)


ROUTES = (
    Route("iq", "set", (PUBSUB, "pubsub", "create"), create, feature="create-nodes"),
    Route("iq", "get", (OWNER, "pubsub", "configure"), get_configuration, feature="config-node"),
    Route("iq", "set", (OWNER, "pubsub", "configure"), set_configuration),
    Route("iq", "get", (OWNER, "pubsub", "default"), default_configuration, "retrieve-default"),
    Route("iq", "set", (OWNER, "pubsub", "delete"), delete, feature="delete-nodes"),
    Route("iq", "set", (OWNER, "pubsub", "purge"), purge, feature="purge-nodes"),
    Route(
        "iq", "get", (OWNER, "pubsub", "subscriptions"), get_subscriptions, "manage-subscriptions"
    ),
    Route("iq", "set", (OWNER, "pubsub", "subscriptions"), set_subscriptions),
    Route("iq", "get", (OWNER, "pubsub", "affiliations"), get_affiliations),
    Route("iq", "set", (OWNER, "pubsub", "affiliations"), set_affiliations, "modify-affiliations"),
    Route("message", "", (), authorize),
    Route("message", "normal", (), authorize),
    Route("iq", "set", (COMMANDS, "command"), get_pending, feature="get-pending"),
)
