"""An account's own nodes, as the protocols that came before them use them (XEP-0163 1.2.2).

What an old protocol keeps for somebody is an item of one of their nodes, and is in no other place:
such a facade asks for the item where it is asked, and publishes it where it is told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import Entry, Publish, Settings
from folkmoot.engine.configuration import Access, NodeConfig, SendLast
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.store import Edge, ItemQuery
from folkmoot.engine.view import View
from folkmoot.facades.facade import Answered, Errors, Facade, Handler, Request, Route
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, serialize

CURRENT: Final = "current"
"""The id of an item that is the only one of its node (XEP-0060 §12.20)."""

PRIVATE: Final[Settings] = {
    "access": Access.WHITELIST,
    "persist_items": True,
    "max_items": 1,
    "send_last": SendLast.NEVER,
}
"""A node whose one item is for its owner alone (XEP-0223)."""

PUBLIC: Final[Settings] = {"access": Access.OPEN, "persist_items": True, "max_items": 1}
"""A node whose one item is for everybody (XEP-0222)."""

Before = Callable[[Request, Handler], Awaitable[Answered]]
"""Takes a request that is another handler's, which it may then call."""


def is_own(request: Request) -> bool:
    """Whether somebody asks their own account."""
    return request.to == request.actor.bare


def newest(view: View, actor: JID, node: NodeId) -> Item | None:
    """The newest item of a node; None where there is none, or none for this entity."""
    query = ItemQuery(node=node, edge=Edge.NEWEST, limit=1, counted=False)
    return _one(view, actor, query)


def named(view: View, actor: JID, node: NodeId, item_id: str) -> Item | None:
    """The item of an id; None where there is none, or none for this entity."""
    return _one(view, actor, ItemQuery(node=node, ids=(item_id,)))


def _one(view: View, actor: JID, query: ItemQuery) -> Item | None:
    try:
        items = questions.items(view, actor, query).items
    except Refused:
        return None
    return items[0] if items else None


def private(
    view: View, account: JID, name: str, payload: Element | None = None
) -> NodeConfig | None:
    """The configuration of an account's own node, None where it is not there.

    Raises Refused: PRECONDITION where others may read what is published to it, or where it would
    not be kept; PAYLOAD_TOO_BIG where the payload is longer than it takes.
    """
    node = NodeId(account, name)
    if view.config(node) is None:
        return None
    config = questions.configuration(view, account, node)
    if config.access is not Access.WHITELIST:
        raise Refused(Reason.PRECONDITION, "access")
    if not config.persist_items or not config.max_items:
        raise Refused(Reason.PRECONDITION, "persist_items")
    if payload is not None and len(serialize(payload).encode()) > config.payload_bytes_max:
        raise Refused(Reason.PAYLOAD_TOO_BIG)
    return config


async def keep(request: Request, name: str, entries: Sequence[Entry], made: Settings) -> None:
    """Publish to a node of the asker's account, which is made as `made` says if it is not there.

    Raises Refused.
    """
    node = NodeId(request.actor.bare, name)
    there = await request.ask(_is_there, node)
    await request.run(
        Publish(
            actor=request.actor,
            node=node,
            entry=entries[0],
            more=tuple(entries[1:]),
            expects={} if there else made,
        )
    )


def _is_there(view: View, node: NodeId) -> bool:
    return view.config(node) is not None


def around(facade: Facade, before: Mapping[tuple[str, ...], Before]) -> Facade:
    """The same facade, some of whose requests are seen by another first.

    before: kind, type and path of a route, to what takes its requests.
    """

    def seen(route: Route) -> Route:
        first = before.get((route.kind, route.type, *route.path))
        if first is None:
            return route

        async def handler(request: Request) -> Answered:
            return await first(request, route.handler)

        return replace(route, handler=handler)

    return replace(facade, routes=tuple(map(seen, facade.routes)))


def _says(condition: str, text: str = "") -> Callable[[str], StanzaError]:
    return lambda detail: StanzaError(condition, text)


ERRORS: Final[Errors] = dict.fromkeys(Reason, _says("service-unavailable")) | {
    Reason.FORBIDDEN: _says("forbidden"),
    Reason.PRECONDITION: _says("not-acceptable", "a node of this name is there for others"),
    Reason.PAYLOAD_TOO_BIG: _says("not-acceptable", "the node takes no payload as long as this"),
    Reason.NODE_FULL: _says("resource-constraint", "the node holds no more items"),
    Reason.TOO_MANY_NODES: _says("resource-constraint", "no more nodes for this account"),
    Reason.BAD_CONFIG: _says("not-acceptable", "no node can have this name"),
}
"""Every reason has its words; all but these a request for one's own nodes never meets."""
