"""What is found out about a service and its nodes: XEP-0060 1.30.0, §5.1-5.5; XEP-0030 2.5.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.model import CHAIN_NODES_MAX
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.store import Edge, ItemQuery
from folkmoot.facades import archiving, disco, hats, listing, spaces
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.pubsub import extended, ordering, type_filter
from folkmoot.facades.pubsub.config import RELATIONSHIPS, shown
from folkmoot.facades.pubsub.ns import COMMANDS, META_DATA, PUBSUB
from folkmoot.facades.pubsub.options import SCOPES
from folkmoot.facades.pubsub.pending import command_info, commands
from folkmoot.facades.pubsub.reading import is_served, node_id
from folkmoot.facades.pubsub.retrieval import fitted, fresh, paged, result_set
from folkmoot.facades.pubsub.shim import SHIM, headers_info
from folkmoot.facades.pubsub.subscriber import PUBLIC
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.forms import DATA, Field, Form
from folkmoot.xmpp.rsm import RSM, read_set
from folkmoot.xmpp.xml import Element

_BEHAVIOUR: Final = (
    "config-node-max",
    "create-and-configure",
    "instant-nodes",
    "item-ids",
    "leased-subscription",
    "member-affiliation",
    "meta-data",
    "multi-items",
    "multi-subscribe",
    "outcast-affiliation",
    "persistent-items",
    "presence-notifications",
    "publish-node-full",
    "publish-only-affiliation",
    "publish-options",
    "publisher-affiliation",
    "retract-items",
    "rsm",
    "subscription-notifications",
)
"""Features of §10 that are ways nodes behave rather than requests."""

_OF_A_SERVICE: Final = ("access-open",)
_OF_AN_ACCOUNT: Final = (
    "access-presence",
    "auto-create",
    "auto-subscribe",
    "filtered-notifications",
    "last-published",
)
"""In what the two differ: the access model a node begins with, and what publishing to none does."""


def features(routes: Iterable[Route], *, account: bool = False) -> tuple[str, ...]:
    """Every feature a service has, or an account: one for each request, and those of behaviour."""
    asked = {route.feature for route in routes if route.feature}
    asked.update(_BEHAVIOUR, _OF_AN_ACCOUNT if account else _OF_A_SERVICE)
    named = sorted(f"{PUBSUB}#{feature}" for feature in asked)
    beside = (
        COMMANDS,
        DATA,
        RSM,
        type_filter.NS,
        RELATIONSHIPS,
        extended.NS,
        SHIM,
        *ordering.FEATURES,
        SCOPES,
        PUBLIC,
    )
    return (PUBSUB, *named, *beside, *(() if account else (spaces.NS, *archiving.FEATURES)))


async def node_info(request: Request, node: str) -> Iterable[Element]:
    """A node's identity and meta-data (§5.3, §5.4; XEP-0503 §5.2); a command's (XEP-0050 §2.2)."""
    if known := _command_info(request, node) or headers_info(node):
        return (known,)
    info = await request.ask(questions.info, request.actor, node_id(request, node))
    told = [PUBSUB, *(archiving.FEATURES if info.config.persist_items else ())]
    forms = [meta_data(info)]
    if membership := spaces.membership(info.chain):
        told.append(spaces.NS)
        forms.extend(membership)
    identity = disco.Identity("pubsub", "leaf", info.config.title)
    return (disco.info(node, (identity,), told, forms),)


def _command_info(request: Request, node: str) -> Element | None:
    """What a command is; hats are of spaces, and accounts have none."""
    found = command_info(node)
    if found is None and request.to == request.services.pubsub:
        found = hats.command_info(node)
    return found


def meta_data(info: NodeInfo) -> Form:
    """What is told of a node to those who may know of it (§5.4); who belongs to it, to insiders."""
    fields = [
        *shown(info.config),
        Field("pubsub#creation_date", "text-single", (format_date(info.created),)),
        Field("pubsub#num_subscribers", "text-single", (str(info.members),)),
        Field(f"{{{SCOPES}}}max-depth", "text-single", (str(CHAIN_NODES_MAX),)),
    ]
    if info.inside:
        owners = tuple(str(jid) for jid in info.owners)
        fields.append(Field("pubsub#creator", "jid-single", (str(info.creator),)))
        fields.append(Field("pubsub#owner", "jid-multi", owners))
    if info.publishers:
        publishers = tuple(str(jid) for jid in info.publishers)
        fields.append(Field("pubsub#publisher", "jid-multi", publishers))
    return Form("result", META_DATA, tuple(fields))


async def nodes(request: Request) -> Iterable[Element]:
    """The nodes of the service that the asker may know of, page by page (§5.2)."""
    asked = read_set(request.payload)
    beside = "" if asked is None else asked.before or asked.after or ""
    query = listing.page_query(request, request.node(beside), asked)
    query = type_filter.narrowed(query, request.payload)
    page = await listing.listed(request, query, asked, lambda node: is_served(request, node))
    entries = [
        Element(
            disco.ITEMS,
            "item",
            {
                "jid": str(request.to.bare),
                "node": info.id.name,
                "name": info.config.title or None,
            },
        )
        for info in page.nodes
    ]
    page, told = page.fitting(entries)
    names = (info.id.name for info in page.nodes)
    part = page.result_set(names, asked=asked is not None)
    return (Element(disco.ITEMS, "query", None, *told, *part),)


async def node_items(request: Request, node: str) -> Iterable[Element]:
    """The items of a node, by id, page by page (§5.5); the commands (XEP-0050 §2.2)."""
    if node == COMMANDS:
        told = commands(request)
        if request.to == request.services.pubsub:
            told.children.extend(hats.listed(str(request.to)))
        return (told,)
    if _command_info(request, node):
        return (Element(disco.ITEMS, "query", {"node": node}),)
    if wish := extended.read_wish(request.payload):
        asked_for = node_id(request, node)
        return (await extended.discovered(request, asked_for, wish, meta_data),)
    asked = read_set(request.payload)
    query = ItemQuery(node=node_id(request, node))
    query = query if asked is None else paged(query, asked)
    page = await fresh(request, query)
    entries = [
        Element(disco.ITEMS, "item", {"jid": str(request.to.bare), "name": item.id})
        for item in page.items
    ]
    page, items = fitted(page, entries, forwards=query.edge is Edge.OLDEST)
    told = Element(disco.ITEMS, "query", {"node": node}, *items)
    if asked is not None or len(page.items) < page.count:
        told.children.extend(result_set(page))
    return (told,)
