"""What is found out about a service and its nodes: XEP-0060 1.30.0, §5.1-5.5; XEP-0030 2.5.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.store import ItemQuery
from folkmoot.facades import disco, spaces
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.pubsub.config import shown
from folkmoot.facades.pubsub.ns import COMMANDS, META_DATA, PUBSUB
from folkmoot.facades.pubsub.pending import command_info, commands
from folkmoot.facades.pubsub.reading import is_served, node_id
from folkmoot.facades.pubsub.retrieval import fresh, paged, result_set
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Field, Form
from folkmoot.xmpp.rsm import RSM, Page, read_set
from folkmoot.xmpp.xml import Element

NODES_PER_PAGE_MAX: Final = 100

_BEHAVIOUR: Final = (
    "config-node-max",
    "create-and-configure",
    "instant-nodes",
    "item-ids",
    "leased-subscription",
    "member-affiliation",
    "meta-data",
    "multi-items",
    "outcast-affiliation",
    "persistent-items",
    "presence-notifications",
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
    return (PUBSUB, *named, COMMANDS, DATA, RSM, *(() if account else (spaces.NS,)))


async def node_info(request: Request, node: str) -> Iterable[Element]:
    """A node's identity and meta-data (§5.3, §5.4; XEP-0503 §5.2); a command's (XEP-0050 §2.2)."""
    if command := command_info(node):
        return (command,)
    info = await request.ask(questions.info, request.actor, node_id(request, node))
    told = [PUBSUB]
    forms = [meta_data(info)]
    if membership := spaces.membership(info.chain):
        told.append(spaces.NS)
        forms.extend(membership)
    identity = disco.Identity("pubsub", "leaf", info.config.title)
    return (disco.info(node, (identity,), told, forms),)


def meta_data(info: NodeInfo) -> Form:
    """What is told of a node to those who may know of it (§5.4); who belongs to it, to insiders."""
    fields = [
        *shown(info.config),
        Field("pubsub#creation_date", "text-single", (format_date(info.created),)),
        Field("pubsub#num_subscribers", "text-single", (str(info.members),)),
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
    """The nodes of the service that the asker may know of, page by page (§5.2).

    Names order them, so a page may begin after any name, also one that is hidden or gone; how many
    there are altogether would have to be counted for every asker anew, and is not told.
    """
    asked = read_set(request.payload)
    if asked is not None and (asked.before is not None or asked.index is not None):
        raise StanzaError("feature-not-implemented", "nodes are listed forwards")
    limit, after = NODES_PER_PAGE_MAX, ""
    if asked is not None:
        limit = NODES_PER_PAGE_MAX if asked.max is None else min(asked.max, NODES_PER_PAGE_MAX)
        after = asked.after or ""
    found, more = await visible_nodes(request, after, limit)
    names = [info.id.name for info in found]
    query = Element(disco.ITEMS, "query")
    for info in found:
        attrs = {
            "jid": str(request.to.bare),
            "node": info.id.name,
            "name": info.config.title or None,
        }
        query.append(Element(disco.ITEMS, "item", attrs))
    if names and (more or asked is not None):
        query.append(Page(tuple(names), names[0], names[-1]).element())
    return (query,)


async def visible_nodes(request: Request, after: str, limit: int) -> tuple[list[NodeInfo], bool]:
    """At most `limit` nodes by name that the asker may know of, and whether there are more.

    Looks at no more nodes than it takes to know.
    """
    found: list[NodeInfo] = []
    while limit and len(found) <= limit:
        some = await request.engine.nodes_of(request.to.bare, after, limit + 1)
        served = tuple(node for node in some if is_served(request, node))
        found.extend(await request.ask(questions.visible, request.actor, served))
        if len(some) <= limit:
            break
        after = some[-1].name
    return found[:limit], len(found) > limit


async def node_items(request: Request, node: str) -> Iterable[Element]:
    """The items of a node, by id, page by page (§5.5); the commands (XEP-0050 §2.2)."""
    if node == COMMANDS:
        return (commands(request),)
    if command_info(node):
        return (Element(disco.ITEMS, "query", {"node": node}),)
    asked = read_set(request.payload)
    query = ItemQuery(node=node_id(request, node))
    page = await fresh(request, query if asked is None else paged(query, asked))
    items = (
        Element(disco.ITEMS, "item", {"jid": str(request.to.bare), "name": item.id})
        for item in page.items
    )
    told = Element(disco.ITEMS, "query", {"node": node}, *items)
    if asked is not None or len(page.items) < page.count:
        told.children.extend(result_set(page))
    return (told,)
