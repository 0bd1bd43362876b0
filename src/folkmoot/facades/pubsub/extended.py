"""Discovering the branch below a node at once: XEP-0499 0.1.0, Pubsub Extended Discovery."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from folkmoot.engine import questions
from folkmoot.engine.branches import branch
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import NodeId
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.store import ItemQuery
from folkmoot.facades import disco
from folkmoot.facades.facade import Request
from folkmoot.facades.listing import result_set
from folkmoot.facades.paging import fitting
from folkmoot.facades.pubsub.config import related
from folkmoot.facades.pubsub.ns import META_DATA
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.rsm import PageRequest, read_set
from folkmoot.xmpp.xml import Element

NS: Final = "urn:xmpp:pubsub-ext-disco:0"

ENTRIES_PER_PAGE_MAX: Final = 100

_DIGITS_MAX: Final = 9
_KINDS: Final = ("items", "nodes")


@dataclass(frozen=True, slots=True)
class Wish:
    """What an extended discovery asks for (§3.1).

    depth: levels of descendants; a negative number is all there are.
    """

    items: bool = True
    nodes: bool = True
    linked: bool = False
    full: bool = False
    depth: int = 0


def read_wish(query: Element) -> Wish | None:
    """The form in a disco#items request; None where it has none of this kind.

    Raises StanzaError bad-request where the form is not submitted, or holds what makes no sense.
    """
    x = query.child(DATA, "x")
    form = None if x is None else Form.read(x)
    if form is None or form.form_type != NS:
        return None
    if form.type != "submit":
        raise StanzaError("bad-request", "what is asked for is submitted")
    kinds = form.values("type") or _KINDS
    if not set(kinds) <= set(_KINDS):
        raise StanzaError("bad-request", f"type: one of {', '.join(_KINDS)} is needed")
    text = (form.value("depth") or "0").strip()
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _DIGITS_MAX:
        raise StanzaError("bad-request", "depth: a number is needed")
    return Wish(
        items="items" in kinds,
        nodes="nodes" in kinds,
        linked=bool(form.boolean("linked_nodes")),
        full=bool(form.boolean("full_metadata")),
        depth=int(text),
    )


async def discovered(
    request: Request, node: NodeId, wish: Wish, meta_data: Callable[[NodeInfo], Form]
) -> Element:
    """The answer: a node's items, and those of the branch below it, each after its node.

    meta_data: all that is told of a node (XEP-0060 §5.4). Raises StanzaError
    feature-not-implemented for pages other than forwards, item-not-found for one after nothing.
    """
    asked = read_set(request.payload)
    if asked is not None and (asked.before is not None or asked.index is not None):
        raise StanzaError("feature-not-implemented", "a branch is read forwards")
    infos = await request.ask(branch, request.actor, node, wish.depth, linked=wish.linked)
    limit = _limit(asked)
    places: list[str] = []
    found: list[Element] = []
    async for place, entry in _entries(request, node, infos, wish, _begin(asked), limit + 1):
        places.append(place)
        found.append(_worded(request, entry, wish, meta_data))
        if len(places) > limit:
            break
    told = found[fitting(found[:limit])]
    part = result_set(places[: len(told)], more=len(places) > len(told), asked=asked is not None)
    return Element(disco.ITEMS, "query", {"node": node.name}, *told, *part)


def _limit(asked: PageRequest | None) -> int:
    most = None if asked is None else asked.max
    return ENTRIES_PER_PAGE_MAX if most is None else min(most, ENTRIES_PER_PAGE_MAX)


Entry = NodeInfo | tuple[NodeId, str]
"""A node, or an item's node and id."""


def _place(node: NodeId, item_id: str | None = None) -> str:
    """How a page says where an entry stands."""
    name = quote(node.name, safe="")
    return name if item_id is None else f"{name}/{quote(item_id, safe='')}"


def _begin(asked: PageRequest | None) -> tuple[str, str | None]:
    """After which node, and item of it, a page begins; no node: with the first."""
    name, slash, item_id = ((asked.after or "") if asked else "").partition("/")
    return unquote(name), unquote(item_id) if slash else None


async def _entries(
    request: Request,
    node: NodeId,
    infos: tuple[NodeInfo, ...],
    wish: Wish,
    begin: tuple[str, str | None],
    limit: int,
) -> AsyncIterator[tuple[str, Entry]]:
    """What there is from a place on, at most `limit` items of each node."""
    name, item_id = begin
    known = (node, *(info.id for info in infos))
    by_id = {info.id: info for info in infos}
    if name and all(each.name != name for each in known):
        raise StanzaError("item-not-found", "there is nothing of that name to go on after")
    for each in known:
        if name and each.name != name:
            continue
        if not name and wish.nodes and each in by_id:
            yield _place(each), by_id[each]
        if wish.items:
            query = ItemQuery(node=each, after=(item_id or "") if name else "", limit=limit)
            for found in await _items(request, query, needed=each == node or bool(name)):
                yield _place(each, found), (each, found)
        name = ""


async def _items(request: Request, query: ItemQuery, *, needed: bool) -> tuple[str, ...]:
    """The ids of a node's items; where they are not `needed`, none if they may not be retrieved."""
    try:
        page = await request.ask(questions.items, request.actor, query)
    except Refused:
        if needed:
            raise
        return ()
    return tuple(item.id for item in page.items)


def _worded(
    request: Request, entry: Entry, wish: Wish, meta_data: Callable[[NodeInfo], Form]
) -> Element:
    jid = str(request.to.bare)
    if isinstance(entry, tuple):
        place, item_id = entry
        return Element(disco.ITEMS, "item", {"jid": jid, "node": place.name, "name": item_id})
    attrs = {"jid": jid, "node": entry.id.name, "name": entry.config.title or None}
    told = [each for each in related(entry.config, request.to.bare) if each.values]
    if wish.full:
        told = [*meta_data(entry).fields, *told]
    return Element(disco.ITEMS, "item", attrs, Form("result", META_DATA, tuple(told)).element())
