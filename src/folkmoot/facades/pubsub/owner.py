"""What an owner does: XEP-0060 1.30.0, §8.1-8.5, §8.8 and §8.9."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import (
    Configure,
    Create,
    Delete,
    Purge,
    SetAffiliations,
    SetSubscriptions,
)
from folkmoot.engine.decide.configuring import default_config
from folkmoot.engine.errors import Refused
from folkmoot.engine.events import NodeCreated
from folkmoot.engine.model import Affiliation, State
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.pubsub.conditions import unsupported
from folkmoot.facades.pubsub.config import config_form, read_config, read_form, read_publishers
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB
from folkmoot.facades.pubsub.reading import beside, jid_named, listed, node_id, node_named, once
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

_STATES: Final = {state.value: state for state in State}
_AFFILIATIONS: Final = {
    affiliation.value: affiliation
    for affiliation in Affiliation
    if affiliation is not Affiliation.ADMIN  # a room's word, none of XEP-0060's
}


async def create(request: Request) -> Iterable[Element]:
    """Create a node, configured in the same request (§8.1); without a name, one is chosen."""
    name = request.payload.get("node")
    form = read_form(beside(request, "configure"))
    node = node_id(request, name) if name else request.node("")
    events = await request.run(
        Create(
            actor=request.actor,
            node=node,
            settings=read_config(form),
            publishers=read_publishers(form),
        )
    )
    made = next(event.node for event in events if isinstance(event, NodeCreated))
    told = Element(PUBSUB, "create", {"node": made.name})
    return (Element(PUBSUB, "pubsub", None, told),)


async def get_configuration(request: Request) -> Iterable[Element]:
    """The configuration form of a node (§8.2.1)."""
    node = node_named(request)
    config = await request.ask(questions.configuration, request.actor, node)
    form = config_form(config, node.service).element()
    return (_owner(Element(OWNER, "configure", {"node": node.name}, form)),)


async def set_configuration(request: Request) -> Iterable[Element]:
    """Another configuration; what the form does not name stays as it is (§8.2.4)."""
    node = node_named(request)
    form = read_form(request.payload)
    if form is None:
        raise StanzaError("bad-request", "a data form is missing")
    if form.type == "cancel":
        await request.ask(questions.configuration, request.actor, node)
    else:
        settings = read_config(form)
        await request.run(Configure(actor=request.actor, node=node, settings=settings))
    return ()


async def default_configuration(request: Request) -> Iterable[Element]:
    """How a node is configured where its creator says nothing (§8.3)."""
    if request.payload.get("type", "leaf") != "leaf":
        raise unsupported("collections")
    config = default_config(request.services, request.node(""), {})
    return (_owner(Element(OWNER, "default", None, config_form(config).element())),)


async def delete(request: Request) -> Iterable[Element]:
    """Delete a node, and say where to go instead (§8.4)."""
    node = node_named(request)
    redirect = request.payload.child(OWNER, "redirect")
    uri = "" if redirect is None else redirect.get("uri", "")
    if redirect is not None and not uri:
        raise StanzaError("bad-request", "where to is not said")
    await request.run(Delete(actor=request.actor, node=node, redirect=uri))
    return ()


async def purge(request: Request) -> Iterable[Element]:
    """Delete all items (§8.5)."""
    await request.run(Purge(actor=request.actor, node=node_named(request)))
    return ()


async def get_subscriptions(request: Request) -> Iterable[Element]:
    """Every subscription, those that wait for approval among them (§8.8.1)."""
    node = node_named(request)
    held = await request.ask(questions.subscribers, request.actor, node)
    rows = {
        f"{each.subscriber} {each.subid}": Element(
            OWNER,
            "subscription",
            {"jid": str(each.subscriber), "subscription": each.state.value, "subid": each.subid},
        )
        for each in held
    }
    return (listed(request, Element(OWNER, "subscriptions", {"node": node.name}), rows),)


async def set_subscriptions(request: Request) -> Iterable[Element]:
    """Others' subscriptions, all or none; one of the doors of approval (§8.8.2)."""
    node = node_named(request)
    rows = request.payload.childs(OWNER, "subscription")
    once((jid_named(row), row.get("subid", "")) for row in rows)
    states: dict[JID, State] = {}
    apart: dict[tuple[JID, str], State] = {}
    for row in rows:
        word = row.get("subscription")
        if word is None:
            continue  # §8.8.2.1: what is not said stays as it is
        if word not in _STATES:
            raise StanzaError("bad-request", "there is no such state of a subscription")
        jid, subid = jid_named(row), row.get("subid")
        if subid:
            apart[jid, subid] = _STATES[word]
        else:
            states[jid] = _STATES[word]
    if not rows:
        raise StanzaError("bad-request", "no subscription is named")
    if any(jid in states for jid, _ in apart):
        raise StanzaError("bad-request", "each is named by its subid, or all of them by none")
    command = SetSubscriptions(actor=request.actor, node=node, states=states, apart=apart)
    try:
        await request.run(command)
    except Refused as refused:
        raise await _nothing_set(request, refused, _subscriptions) from refused
    return ()


async def _nothing_set(
    request: Request, refused: Refused, told: Callable[[Request], Awaitable[Element]]
) -> StanzaError:
    """The answer to several rows of which one cannot be, and hence all are as they were.

    A row that is not returned would have to be taken for done (§8.8.2.4, §8.9.2.4), so every row
    is, with what is true of it; to an owner alone, whose it is to know.
    """
    error = ERRORS[refused.reason](refused.detail)
    if len(request.payload.elements) > 1:
        with suppress(Refused):
            error.beside = await told(request)
    return error


async def _subscriptions(request: Request) -> Element:
    """Of the rows of a request, how things stand. Raises Refused, as `subscribers` does."""
    node = node_named(request)
    held = await request.ask(questions.subscribers, request.actor, node)
    states = {each.subscriber: each.state for each in held}
    states_apart = {(each.subscriber, each.subid): each.state for each in held}
    told = Element(OWNER, "subscriptions", {"node": node.name})
    for row in request.payload.childs(OWNER, "subscription"):
        jid, subid = jid_named(row), row.get("subid") or None
        state = states_apart.get((jid, subid)) if subid else states.get(jid)
        word = (state or State.NONE).value
        attrs = {"jid": str(jid), "subscription": word, "subid": subid}
        told.append(Element(OWNER, "subscription", attrs))
    return _owner(told)


async def _affiliations(request: Request) -> Element:
    """The same of affiliations."""
    node = node_named(request)
    held = await request.ask(questions.affiliates, request.actor, node)
    rows = (
        Element(
            OWNER,
            "affiliation",
            {"jid": str(jid), "affiliation": held.get(jid.bare, Affiliation.NONE).value},
        )
        for jid in map(jid_named, request.payload.childs(OWNER, "affiliation"))
    )
    return _owner(Element(OWNER, "affiliations", {"node": node.name}, *rows))


async def get_affiliations(request: Request) -> Iterable[Element]:
    """Every affiliation (§8.9.1)."""
    node = node_named(request)
    held = await request.ask(questions.affiliates, request.actor, node)
    rows = {
        str(jid): Element(OWNER, "affiliation", {"jid": str(jid), "affiliation": affiliation.value})
        for jid, affiliation in held.items()
    }
    return (listed(request, Element(OWNER, "affiliations", {"node": node.name}), rows),)


async def set_affiliations(request: Request) -> Iterable[Element]:
    """Others' affiliations, all or none (§8.9.2)."""
    node = node_named(request)
    rows = request.payload.childs(OWNER, "affiliation")
    once(jid_named(row).bare for row in rows)
    affiliations = {}
    for row in rows:
        affiliation = _AFFILIATIONS.get(row.get("affiliation", ""))
        if affiliation is None:
            raise StanzaError("bad-request", "there is no such affiliation")
        affiliations[jid_named(row)] = affiliation
    if not rows:
        raise StanzaError("bad-request", "no affiliation is named")
    try:
        await request.run(
            SetAffiliations(actor=request.actor, node=node, affiliations=affiliations)
        )
    except Refused as refused:
        raise await _nothing_set(request, refused, _affiliations) from refused
    return ()


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
)
