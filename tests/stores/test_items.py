"""Items of a node, as XEP-0060 §6.5 and XEP-0059 page through them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.digest import Digest
from folkmoot.engine.events import DigestTold, Event, ItemsRetracted, NodeDeleted
from folkmoot.engine.model import State, Subscription, Via
from folkmoot.engine.store import PAGE_CHARS_MAX, PAGE_ITEMS_MAX, Edge, ItemPage, ItemQuery, Order
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.xml import Element

from .nouns import BALL, GARDEN, JULIET, VERONA, created, published

ALL = ItemQuery(node=GARDEN)


async def filled(store: SQLiteStore, item_ids: Iterable[str]) -> SQLiteStore:
    await store.commit(
        [created(GARDEN), created(BALL), *(published(GARDEN, item_id) for item_id in item_ids)]
    )
    return store


def ids(page: ItemPage) -> str:
    return "".join(item.id for item in page.items)


async def test_the_last_items_oldest_first(store: SQLiteStore) -> None:
    await filled(store, "abcdef")
    page = await store.items(replace(ALL, edge=Edge.NEWEST, limit=2))
    assert (ids(page), page.index, page.count) == ("ef", 4, 6)


async def test_a_page_ends_where_it_grows_too_long(store: SQLiteStore) -> None:
    """However many items are asked for, they fit into memory, and at least one comes."""
    await filled(store, ())
    long = Element("urn:example", "long", None, "x" * (PAGE_CHARS_MAX // 2))
    longer = Element("urn:example", "long", None, "x" * PAGE_CHARS_MAX)
    for item_id, payload in (("a", longer), ("b", long), ("c", long), ("d", longer)):
        event = published(GARDEN, item_id)
        await store.commit([replace(event, item=replace(event.item, payload=payload))])
    assert ids(await store.items(ALL)) == "a"
    assert ids(await store.items(replace(ALL, after="a"))) == "b"
    assert ids(await store.items(replace(ALL, edge=Edge.NEWEST))) == "d"
    page = await store.items(replace(ALL, ids=("b", "a")))
    assert (ids(page), page.count) == ("b", 1)


async def test_a_page_after_an_item(store: SQLiteStore) -> None:
    """XEP-0059 §2.2: the next page is what stands after the last item of this one."""
    await filled(store, "abcdef")
    page = await store.items(replace(ALL, after="b", limit=2))
    assert (ids(page), page.index, page.count, page.found) == ("cd", 2, 6, True)


async def test_the_page_before_an_item(store: SQLiteStore) -> None:
    """XEP-0059 §2.3: paging backwards."""
    await filled(store, "abcdef")
    page = await store.items(replace(ALL, before="e", edge=Edge.NEWEST, limit=3))
    assert (ids(page), page.index, page.count) == ("bcd", 1, 6)


async def test_a_page_by_its_place(store: SQLiteStore) -> None:
    """XEP-0059 §2.4: retrieving a page out of order."""
    await filled(store, "abcdef")
    page = await store.items(replace(ALL, skip=3, limit=2))
    assert (ids(page), page.index, page.count) == ("de", 3, 6)


async def test_only_the_count(store: SQLiteStore) -> None:
    """XEP-0059 §2.6: getting the item count."""
    await filled(store, "abcdef")
    assert await store.items(replace(ALL, limit=0)) == ItemPage((), index=0, count=6)


async def test_no_count_where_nobody_asks(store: SQLiteStore) -> None:
    await filled(store, "abcdef")
    page = await store.items(replace(ALL, edge=Edge.NEWEST, limit=2, counted=False))
    assert (ids(page), page.index, page.count) == ("ef", 0, 0)


async def test_an_item_to_page_from_that_is_not_there(store: SQLiteStore) -> None:
    """XEP-0059 §2.2: the service answers item-not-found; it has to know."""
    await filled(store, "abc")
    for query in (replace(ALL, after="x"), replace(ALL, before="x")):
        assert await store.items(query) == ItemPage((), index=0, count=3, found=False)


async def test_named_items_in_the_order_asked_for(store: SQLiteStore) -> None:
    """XEP-0060 §6.5.8; what is not there is left out, what is named twice comes once."""
    await filled(store, "abc")
    page = await store.items(replace(ALL, ids=("c", "x", "a", "c")))
    assert (ids(page), page.count) == ("ca", 2)


async def test_an_item_published_again_moves_to_the_end(store: SQLiteStore) -> None:
    await filled(store, "abc")
    await store.commit([published(GARDEN, "a", "Anew")])
    page = await store.items(ALL)
    assert ids(page) == "bca"
    assert page.items[-1].payload is not None
    assert page.items[-1].payload.elements[0].text == "Anew"


async def test_no_place_is_given_twice(tmp_path: Path) -> None:
    """Not even after a restart, where the item that had the last is gone: a digest remembers it."""
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await filled(store, "abc")
        (_, _, last) = (await store.items(ALL)).places
        held = Subscription(
            JULIET, State.SUBSCRIBED, Via.PUBSUB, digest=Digest(1.0, told=last, at=1.0)
        )
        told = DigestTold(node=GARDEN, items=(), told=((held, ""),))
        gone = ItemsRetracted(node=GARDEN, item_ids=("b", "c"), by=JULIET, tell=True)
        await store.commit([told, gone])
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([published(GARDEN, "d")])
        assert ids(await store.items(replace(ALL, since=last))) == "d"


async def test_no_more_than_a_page(store: SQLiteStore) -> None:
    await filled(store, map(str, range(PAGE_ITEMS_MAX + 1)))
    page = await store.items(replace(ALL, limit=PAGE_ITEMS_MAX + 1))
    assert (len(page.items), page.count) == (PAGE_ITEMS_MAX, PAGE_ITEMS_MAX + 1)
    named = tuple(map(str, range(PAGE_ITEMS_MAX + 1)))
    assert len((await store.items(replace(ALL, ids=named))).items) == PAGE_ITEMS_MAX


async def test_a_node_that_is_not_there_has_no_items(store: SQLiteStore) -> None:
    assert await store.items(ALL) == ItemPage((), index=0, count=0)
    assert await store.items(replace(ALL, ids=("a",))) == ItemPage((), index=0, count=0)
    assert await store.heads(GARDEN) == {}


async def test_a_deleted_node_leaves_nothing_to_one_made_anew(store: SQLiteStore) -> None:
    """XEP-0060 §8.4: all of it is gone."""
    await filled(store, "abc")
    await store.commit([replace(published(GARDEN, "d"), lists=VERONA)])
    deleted = NodeDeleted(node=GARDEN, config=NodeConfig(), subscriptions=(), by=JULIET)
    await store.commit([deleted, replace(created(GARDEN), owner=None)])
    node = await store.node(GARDEN)
    assert node is not None
    assert (node.affiliations, node.subscriptions, node.listed) == ({}, {}, {})
    assert await store.items(ALL) == ItemPage((), index=0, count=0)


async def test_items_in_the_order_of_their_creation(store: SQLiteStore) -> None:
    """XEP-0413 §3, §4.5: an item keeps its place though it is published again, however often."""
    await filled(store, "abcd")
    await store.commit([published(GARDEN, "c")])
    await store.commit([published(GARDEN, "a"), published(GARDEN, "a")])
    by_creation = replace(ALL, order=Order.CREATION)
    assert ids(await store.items(by_creation)) == "abcd"
    assert ids(await store.items(replace(ALL, order=Order.MODIFICATION))) == "bdca"
    page = await store.items(replace(by_creation, after="a", limit=2))
    assert (ids(page), page.index, page.count) == ("bc", 1, 4)
    page = await store.items(replace(by_creation, edge=Edge.NEWEST, limit=1, skip=1))
    assert (ids(page), page.index, page.count) == ("c", 2, 4)


@pytest.mark.parametrize("together", [True, False])
async def test_a_deleted_item_is_created_again(store: SQLiteStore, together: bool) -> None:
    """XEP-0413 §3: in the same batch, too."""
    await filled(store, "ab")
    retracted = ItemsRetracted(node=GARDEN, item_ids=("a",), by=JULIET, tell=True)
    events: list[Event] = [
        retracted,
        published(GARDEN, "a"),
        published(GARDEN, "b"),
        published(GARDEN, "a"),
    ]
    for batch in [events] if together else [[event] for event in events]:
        await store.commit(batch)
    assert ids(await store.items(replace(ALL, order=Order.CREATION))) == "ba"


async def test_an_item_of_one_batch_stands_where_the_batch_had_it_first(
    store: SQLiteStore,
) -> None:
    await filled(store, "abab")
    assert ids(await store.items(ALL)) == "ab"
    await store.commit([published(GARDEN, "c"), published(GARDEN, "d"), published(GARDEN, "c")])
    assert ids(await store.items(ALL)) == "abdc"
    assert ids(await store.items(replace(ALL, order=Order.CREATION))) == "abcd"
