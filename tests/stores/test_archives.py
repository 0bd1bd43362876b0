"""Pages of an archive as XEP-0313 §4 and XEP-0059 ask for them, and what is too old or too much."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.engine.events import Event, ItemReplaced, ItemsRetracted
from folkmoot.engine.store import (
    COUNT_ITEMS_MAX,
    PAGE_CHARS_MAX,
    ArchivePage,
    ArchiveQuery,
    Edge,
)
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

from .model import Kept
from .nouns import BALCONY, BALL, GARDEN, JULIET, ROMEO, created, item, published

ALL = ArchiveQuery(node=GARDEN)
ORCHARD = ROMEO.with_resource("orchard")


async def said(store: SQLiteStore, lines: str, *, at: float = 0.0) -> SQLiteStore:
    """A room in which Juliet says small letters and Romeo great ones, a second after each other."""
    events: list[Event] = [created(GARDEN), created(BALL)]
    for number, line in enumerate(lines):
        publisher = BALCONY if line.islower() else ORCHARD
        nick = "sun" if line.islower() else "moon"
        each = replace(item(line), published=at + number, publisher=publisher, nick=nick)
        events.append(replace(published(GARDEN, line), item=each))
    await store.commit(events)
    return store


def ids(page: ArchivePage) -> str:
    return "".join(each.id for each in page.items)


async def test_all_and_a_page_of_it(store: SQLiteStore) -> None:
    """§4.3: the first page is not all, the last one is."""
    await said(store, "abcde")
    page = await store.archive(replace(ALL, limit=2))
    assert (ids(page), page.complete, page.index, page.count) == ("ab", False, 0, 5)
    page = await store.archive(replace(ALL, limit=2, after="c"))
    assert (ids(page), page.complete, page.index, page.count) == ("de", True, 3, 5)
    page = await store.archive(replace(ALL, limit=2, edge=Edge.NEWEST))
    assert (ids(page), page.complete, page.index) == ("de", False, 3)
    page = await store.archive(replace(ALL, limit=2, edge=Edge.NEWEST, before="c"))
    assert (ids(page), page.complete, page.index) == ("ab", True, 0)


async def test_by_whom(store: SQLiteStore) -> None:
    """§4.1.1: by a bare JID, by a full one, by a nick."""
    await said(store, "aBcD")
    for query, found in (
        (replace(ALL, publisher=JULIET), "ac"),
        (replace(ALL, publisher=BALCONY), "ac"),
        (replace(ALL, publisher=JULIET.with_resource("tomb")), ""),
        (replace(ALL, publisher=ROMEO, nick="moon"), "BD"),
        (replace(ALL, nick="sun"), "ac"),
        (replace(ALL, nick="star"), ""),
        (replace(ALL, publisher=JID.parse("rosaline@capulet.example")), ""),
    ):
        page = await store.archive(query)
        assert (ids(page), page.count) == (found, len(found))


async def test_when(store: SQLiteStore) -> None:
    """§4.1.2: both bounds are within."""
    await said(store, "abcde", at=10.0)
    for since, until, found in (
        (None, 11.0, "ab"),
        (11.0, None, "bcde"),
        (11.0, 13.0, "bcd"),
        (11.5, 11.9, ""),
        (0.0, 100.0, "abcde"),
        (15.0, None, ""),
        (None, 9.9, ""),
    ):
        page = await store.archive(replace(ALL, since=since, until=until))
        assert (ids(page), page.count) == (found, len(found))


async def test_a_clock_that_was_set_back_gives_nothing_beyond_the_bounds(
    store: SQLiteStore,
) -> None:
    await said(store, "abc", at=10.0)
    await store.commit([replace(published(GARDEN, "d"), item=replace(item("d"), published=5.0))])
    for since, until in ((6.0, None), (None, 11.0), (5.0, 5.0)):
        page = await store.archive(replace(ALL, since=since, until=until))
        for each in page.items:
            assert since is None or each.published >= since
            assert until is None or each.published <= until


async def test_beside_and_by_id(store: SQLiteStore) -> None:
    """§4.1.3: between two ids, and these ids alone; in the order they stand."""
    await said(store, "abcde")
    page = await store.archive(replace(ALL, above="a", below="e", limit=2))
    assert (ids(page), page.complete, page.index, page.count) == ("bc", False, 0, 3)
    page = await store.archive(replace(ALL, ids=("d", "b")))
    assert (ids(page), page.count) == ("bd", 2)
    page = await store.archive(replace(ALL, ids=("d", "b"), above="b"))
    assert (ids(page), page.count) == ("d", 1)


async def test_an_id_that_is_not_there(store: SQLiteStore) -> None:
    await said(store, "abc")
    for query in (
        replace(ALL, ids=("a", "x")),
        replace(ALL, above="x"),
        replace(ALL, below="x"),
        replace(ALL, after="x"),
        replace(ALL, before="x"),
    ):
        assert not (await store.archive(query)).found


async def test_the_count_alone(store: SQLiteStore) -> None:
    """XEP-0059 §2.7."""
    await said(store, "abc")
    assert await store.archive(replace(ALL, limit=0)) == ArchivePage((), complete=False, count=3)
    nothing = replace(ALL, nick="star", limit=0)
    assert await store.archive(nothing) == ArchivePage((), complete=True, count=0)


async def test_a_great_archive_is_not_counted_for_every_page(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COUNT_ITEMS_MAX is reached: no index and no count, unless the count alone is wanted."""
    monkeypatch.setattr("folkmoot.stores.archives.COUNT_ITEMS_MAX", 2)
    assert COUNT_ITEMS_MAX > 2
    await said(store, "abc")
    page = await store.archive(replace(ALL, limit=1))
    assert (ids(page), page.index, page.count) == ("a", None, None)
    assert (await store.archive(replace(ALL, limit=0))).count == 3
    assert (await store.archive(replace(ALL, above="a"))).count == 2


async def test_a_page_ends_where_it_grows_too_long(store: SQLiteStore) -> None:
    """PAGE_CHARS_MAX is reached; the page says that it is not all."""
    long = Element("urn:example", "long", None, "x" * (PAGE_CHARS_MAX // 2))
    await store.commit([created(GARDEN)])
    for name in "abc":
        event = published(GARDEN, name)
        await store.commit([replace(event, item=replace(event.item, payload=long))])
    page = await store.archive(ALL)
    assert (ids(page), page.complete, page.count) == ("a", False, 3)


async def test_what_is_replaced_keeps_its_place(store: SQLiteStore) -> None:
    """A tombstone stands where the message stood, under its id and of its time."""
    await said(store, "abc")
    stone = Element("urn:xmpp:message-retract:1", "retracted")
    before = (await store.archive(ALL)).items[1]
    replaced = ItemReplaced(node=GARDEN, item=replace(before, payload=stone))
    nowhere = ItemReplaced(node=GARDEN, item=replace(before, id="nowhere", payload=stone))
    await store.commit([replaced, nowhere])
    page = await store.archive(ALL)
    assert ids(page) == "abc"
    assert page.items[1] == replace(before, payload=stone)


async def test_what_is_replaced_before_it_is_kept(store: SQLiteStore) -> None:
    """Said and taken back in one batch; taken back, and then gone altogether."""
    stone = Element("urn:xmpp:message-retract:1", "retracted")
    replaced = ItemReplaced(node=GARDEN, item=replace(item("a"), payload=stone))
    gone = ItemsRetracted(node=GARDEN, item_ids=("b",), by=JULIET, tell=False)
    await store.commit(
        [
            created(GARDEN),
            published(GARDEN, "a"),
            replaced,
            published(GARDEN, "b"),
            gone,
            ItemReplaced(node=GARDEN, item=replace(item("b"), payload=stone)),
        ]
    )
    (found,) = (await store.archive(ALL)).items
    assert (found.id, found.payload) == ("a", stone)


async def test_what_is_too_old_or_too_much(store: SQLiteStore) -> None:
    await said(store, "abcde", at=10.0)
    for at, most, limit, found in (
        (None, None, 9, ""),
        (11.0, None, 9, "ab"),
        (None, 2, 9, "abc"),
        (10.0, 4, 9, "a"),
        (13.0, 4, 2, "ab"),
        (None, 0, 9, "abcde"),
    ):
        assert "".join(await store.surplus(GARDEN, at, most, limit)) == found
    assert await store.surplus(BALL, 99.0, 0, 9) == ()
    assert await store.aged(GARDEN.service, 10.0, 9) == (GARDEN,)
    assert await store.aged(GARDEN.service, 9.0, 9) == ()


async def test_what_is_replaced_and_published_again_in_one_batch(store: SQLiteStore) -> None:
    await said(store, "abc")
    stone = Element("urn:xmpp:message-retract:1", "retracted")
    await store.commit(
        [
            ItemReplaced(node=GARDEN, item=replace(item("a"), payload=stone)),
            published(GARDEN, "a", "Anew"),
        ]
    )
    page = await store.archive(ALL)
    assert (ids(page), page.items[-1]) == ("bca", item("a", "Anew"))


moments = st.integers(0, 12).map(float)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from("aAbB"), st.booleans()), max_size=10),
    st.builds(
        ArchiveQuery,
        node=st.just(GARDEN),
        since=st.none() | moments,
        until=st.none() | moments,
        publisher=st.none() | st.sampled_from((JULIET, ORCHARD)),
        edge=st.sampled_from(Edge),
        skip=st.integers(0, 2),
        limit=st.integers(0, 3),
    ),
)
def test_by_time_as_a_search_would_find(
    script: list[tuple[int, str, bool]], query: ArchiveQuery
) -> None:
    """Whatever was said a while after each other, and whatever of it is gone again."""

    async def play() -> None:
        store, kept, now = await SQLiteStore.ephemeral(), Kept(), 0.0
        try:
            events: list[Event] = [created(GARDEN)]
            for number, (later, line, gone) in enumerate(script):
                now += later
                publisher = BALCONY if line.islower() else ORCHARD
                each = replace(item(str(number)), published=now, publisher=publisher)
                events.append(replace(published(GARDEN, each.id), item=each))
                if gone:
                    ids = (str(number // 2),)
                    events.append(ItemsRetracted(node=GARDEN, item_ids=ids, by=JULIET, tell=False))
            for event in events:
                kept.apply(event)
                await store.commit([event])
            assert await store.archive(query) == kept[GARDEN].archive(query)
        finally:
            await store.aclose()

    asyncio.run(play())
