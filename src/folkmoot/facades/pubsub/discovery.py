"""What is found out about a service and its nodes: XEP-0060 1.30.0, §5; XEP-0030 2.5.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.store import ItemQuery
from folkmoot.facades import disco, spaces
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.pubsub.config import shown
from folkmoot.facades.pubsub.ns import META_DATA, PUBSUB
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.rsm import RSM, Page, read_set
from folkmoot.xmpp.xml import Element

NODES_PER_PAGE_MAX: Final = 100

BEHAVIOUR: Final = (
    "access-authorize",
    "access-open",
    "access-presence",
    "access-roster",
    "access-whitelist",
    "auto-create",
    "config-node-max",
    "create-and-configure",
    "instant-nodes",
    "item-ids",
    "last-published",
    "member-affiliation",
    "meta-data",
    "modify-affiliations",
    "multi-items",
    "outcast-affiliation",
    "persistent-items",
    "publish-only-affiliation",
    "publish-options",
    "publisher-affiliation",
    "retract-items",
    "rsm",
    "subscription-notifications",
)
"""Features of §10 that are ways nodes behave rather than requests."""


def features(routes: Iterable[Route]) -> tuple[str, ...]:
    """Every feature the service has: one for each request that has one, and those of behaviour."""
    asked = {route.feature for route in routes if route.feature}
    named = sorted(f"{PUBSUB}#{feature}" for feature in asked | set(BEHAVIOUR))
    return (PUBSUB, *named, spaces.NS, RSM, "http://jabber.org/protocol/commands")


async def node_info(request: Request, node: str) -> Iterable[Element]:
    """A node's identity and meta-data (§5.3, §5.4; XEP-0503 §5.2)."""
    info = await request.ask(questions.info, request.actor, request.node(node))
    features = [PUBSUB]
    forms = [meta_data(info)]
    if membership := spaces.membership(info.chain):
        features.append(spaces.NS)
        forms.extend(membership)
    identity = disco.Identity("pubsub", "leaf", info.config.title)
    return (disco.info(node, (identity,), features, forms),)


def meta_data(info: NodeInfo) -> Form:
    """What is told of a node to those who may know of it (§5.4)."""
    fields = [
        *shown(info.config),
        Field("pubsub#creation_date", "text-single", (format_date(info.created),)),
        Field("pubsub#num_subscribers", "text-single", (str(info.members),)),
    ]
    if info.owners:
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
    limit = NODES_PER_PAGE_MAX
    if asked is not None and asked.max is not None:
        limit = min(asked.max, NODES_PER_PAGE_MAX)
    after = "" if asked is None or asked.after is None else asked.after
    shown_nodes, more = await visible_nodes(request, after, limit)
    items = [
        Element(
            disco.ITEMS,
            "item",
            {
                "jid": str(request.to.bare),
                "node": info.id.name,
                "name": info.config.title or None,
            },
        )
        for info in shown_nodes
    ]
    query = Element(disco.ITEMS, "query", None, *items)
    if asked is not None or more:
        names = [info.id.name for info in shown_nodes]
        first, last = (names[0], names[-1]) if names else (None, None)
        query.append(Page(tuple(names), first, last).element())
    return (query,)


async def visible_nodes(request: Request, after: str, limit: int) -> tuple[list[NodeInfo], bool]:
    """At most `limit` nodes by name that the asker may know of, and whether there may be more."""
    found: list[NodeInfo] = []
    while len(found) < limit:
        some = await request.engine.nodes_of(request.to.bare, after, NODES_PER_PAGE_MAX)
        if not some:
            return found, False
        found.extend(await request.ask(questions.visible, request.actor, some))
        after = some[-1].name
    return found[:limit], True


async def node_items(request: Request, node: str) -> Iterable[Element]:
    """The items of a node, by id (§5.5)."""
    query = ItemQuery(node=request.node(node))
    page = await request.ask(questions.items, request.actor, query)
    items = (
        Element(disco.ITEMS, "item", {"jid": str(request.to.bare), "name": item.id})
        for item in page.items
    )
    return (Element(disco.ITEMS, "query", {"node": node}, *items),)
