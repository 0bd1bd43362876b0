"""Retrieving items: XEP-0060 1.30.0, §6.5; page by page with XEP-0059 1.0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import Expire
from folkmoot.engine.store import PAGE_ITEMS_MAX, Edge, ItemPage, ItemQuery
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.paging import fitting
from folkmoot.facades.pubsub.notification import item_element
from folkmoot.facades.pubsub.ns import PUBSUB
from folkmoot.facades.pubsub.ordering import read_ordering
from folkmoot.facades.pubsub.reading import items_named, node_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import Page, PageRequest, read_set
from folkmoot.xmpp.xml import Element

_DIGITS_MAX: Final = 9
"""A number of more digits is more than any page holds, and is not worth reading."""


async def items(request: Request) -> Iterable[Element]:
    """Retrieve items: all, the newest, by id, or page by page (§6.5.2-6.5.8)."""
    node, outer = node_named(request), request.stanza.elements[0]
    subid = request.payload.get("subid", "")
    await request.ask(questions.hold_subid, request.actor, node, subid)
    asked, ordering = read_set(outer), read_ordering(outer)
    query = ItemQuery(node=node, ids=items_named(request.payload))
    most = None if query.ids else read_most(request.payload)
    if not query.ids and asked:
        query = paged(query, asked)
    elif most is not None:
        # §6.5.7: the newest of them; where an order is asked for, the first in that order
        query = replace(query, edge=Edge.NEWEST if ordering is None else Edge.OLDEST, limit=most)
    forwards = query.edge is Edge.OLDEST
    if ordering is not None:
        query = ordering.query(query)
    page = await fresh(request, query, both=asked is None)
    if ordering is not None:
        page = ordering.page(page)
    entries = [item_element(PUBSUB, item, publisher=page.named) for item in page.items]
    page, told = fitted(page, entries, forwards=forwards)
    answer = Element(PUBSUB, "pubsub", None, Element(PUBSUB, "items", {"node": node.name}, *told))
    whole = page.count if most is None else min(most, page.count)
    if asked or len(page.items) < whole:
        answer.children.extend(result_set(page))
    return (answer,)


async def fresh(request: Request, query: ItemQuery, *, both: bool = False) -> ItemPage:
    """Items for who asks, those whose time is up gone before (`pubsub#item_expire`)."""
    while await request.run(Expire(actor=request.actor, node=query.node)):
        pass  # there may be more of them than a page holds
    return await request.ask(questions.items, request.actor, query, both=both)


def fitted(
    page: ItemPage, entries: Sequence[Element], *, forwards: bool
) -> tuple[ItemPage, Sequence[Element]]:
    """As much of a page as one answer holds. entries: its items, as they are told."""
    part = fitting(entries, forwards=forwards)
    items = page.items[part]
    return replace(page, items=items, index=page.index + part.start), entries[part]


def paged(query: ItemQuery, asked: PageRequest) -> ItemQuery:
    """A page of items (XEP-0059); one before another is the end of what stands before that.

    Raises StanzaError bad-request where a page is asked for in two ways at once.
    """
    if asked.index is not None and (asked.after is not None or asked.before is not None):
        raise StanzaError("bad-request", "a page begins at an index or beside an item, not both")
    return replace(
        query,
        edge=Edge.OLDEST if asked.before is None else Edge.NEWEST,
        after=asked.after or "",
        before=asked.before or "",
        skip=asked.index or 0,
        limit=PAGE_ITEMS_MAX if asked.max is None else min(asked.max, PAGE_ITEMS_MAX),
    )


def result_set(page: ItemPage) -> tuple[Element, ...]:
    """The `<set/>` that goes with a page; none where there are no items at all (§2.2)."""
    if page.count == 0:
        return ()
    first = page.items[0].id if page.items else None
    last = page.items[-1].id if page.items else None
    return (Page(page.items, first, last, page.index, page.count).element(),)


def read_most(payload: Element) -> int | None:
    """How many items `max_items` says; None without it (§6.5.7). Raises StanzaError bad-request."""
    text = payload.get("max_items")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise StanzaError("bad-request", "max_items is a number from 1")
    return PAGE_ITEMS_MAX if len(text) > _DIGITS_MAX else min(int(text), PAGE_ITEMS_MAX)


ROUTES = (Route("iq", "get", (PUBSUB, "pubsub", "items"), items, feature="retrieve-items"),)
