"""What is found by words, and that what is searched for is never understood (XEP-0431 0.2.0)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import Event, ItemReplaced, ItemsRetracted, NodeDeleted, NodePurged
from folkmoot.engine.model import Item
from folkmoot.engine.store import ArchivePage, ArchiveQuery, Edge
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.stores.texts import WORD_CHARS_MAX, WORDS_CHARS_MAX, words_of
from folkmoot.xmpp.xml import Element, parse

from .model import Kept
from .nouns import BALL, GARDEN, JULIET, created, item, published

ALL = ArchiveQuery(node=GARDEN)


def message(id: str, inside: str) -> Item:
    """A message said in a room."""
    payload = parse(f"<message xmlns='jabber:client'>{inside}</message>")
    return replace(item(id), payload=payload)


def said(id: str, line: str) -> Item:
    body = Element("jabber:client", "body", None, line)
    return replace(item(id), payload=Element("jabber:client", "message", None, body))


async def found(store: SQLiteStore, text: str, query: ArchiveQuery = ALL) -> str:
    """The ids of what has all words of a text."""
    page = await store.archive(replace(query, text=text))
    assert page.count == len(page.items) or query.limit == 1
    return "".join(each.id for each in page.items)


async def keep(store: SQLiteStore, *items: Item) -> None:
    events: list[Event] = [created(GARDEN), created(BALL)]
    events += [replace(published(GARDEN, each.id), item=each) for each in items]
    await store.commit(events)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("hell", "a"),
        ("HELLO wor", "a"),
        ("world hello", "a"),
        ('"hello world"', "a"),
        ('"world hello"', ""),
        ("hello !!!", "a"),
        ("baz foo-bar", "b"),
        ("uber", "c"),
        ("ÜBER", "c"),
        ("日本", "d"),
        ("wo", ""),
        ("al uber", ""),
        ("テ", ""),
        ("日", "d"),
        ("e", ""),
        ("!!!", ""),
        ('""', ""),
        ("hello foo", ""),
        ("n1", ""),
    ],
)
async def test_words(store: SQLiteStore, text: str, ids: str) -> None:
    """All of them, each in full or as a beginning, whatever their case and accents."""
    lines = ("Hello, world", "foo-bar baz", "Über alles", "日本語テキスト")
    await keep(store, *(said(id, line) for id, line in zip("abcd", lines, strict=True)))
    assert await found(store, text) == ids


async def test_with_what_else_is_looked_for(store: SQLiteStore) -> None:
    """Words beside a page, a time, a publisher; and only in the node that is asked."""
    await keep(store, *(said(id, f"night {id}") for id in "abcd"))
    await store.commit([replace(published(BALL, "x"), item=said("x", "night"))])
    assert await found(store, "night", replace(ALL, limit=1)) == "a"
    assert await found(store, "night", replace(ALL, limit=1, edge=Edge.NEWEST)) == "d"
    assert await found(store, "night", replace(ALL, limit=1, after="b")) == "c"
    assert await found(store, "night", replace(ALL, above="a", below="d")) == "bc"
    assert await found(store, "night", replace(ALL, publisher=JULIET)) == "abcd"
    assert await found(store, "night", replace(ALL, since=2e9)) == ""
    assert await found(store, "night", replace(ALL, node=BALL)) == "x"


async def test_what_is_gone_is_not_found(store: SQLiteStore) -> None:
    """Retracted, replaced, published anew, purged, deleted with its node: nothing of it is left."""
    await keep(store, *(said(id, f"night {id}") for id in "abcd"))
    before = (await store.archive(ALL)).items
    stone = Element("jabber:client", "message")
    for event, ids in (
        (ItemsRetracted(node=GARDEN, item_ids=("a",), by=JULIET, tell=False), "bcd"),
        (ItemReplaced(node=GARDEN, item=replace(before[1], payload=stone)), "cd"),
        (replace(published(GARDEN, "c"), item=said("c", "day")), "d"),
        (replace(published(GARDEN, "c"), item=said("c", "night again")), "dc"),
        (NodePurged(node=GARDEN, by=JULIET), ""),
        (replace(published(GARDEN, "e"), item=said("e", "night")), "e"),
    ):
        await store.commit([event])
        assert await found(store, "night") == ids
        await whole(store)
    gone = NodeDeleted(node=GARDEN, config=NodeConfig(), subscriptions=(), by=JULIET)
    await store.commit([gone])
    await whole(store)
    with store.database.reading() as reader:
        assert reader.execute("SELECT rowid FROM texts('night')").fetchall() == []


async def whole(store: SQLiteStore) -> None:
    """The index has what the items have; SQLite says so."""
    async with store.database.writing() as writer:
        writer.execute("INSERT INTO texts (texts, rank) VALUES ('integrity-check', 1)")


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<body>Wherefore art thou</body><subject>Romeo</subject>", "Wherefore art thou Romeo"),
        ("<body>one</body><body xml:lang='cs'>jedna</body>", "one jedna"),
        ("<body>not this</body><encryption xmlns='urn:xmpp:eme:0'/>", None),
        ("<body>nor this</body><encrypted xmlns='eu.siacs.conversations.axolotl'/>", None),
        ("<thread>t</thread><x xmlns='urn:x'>hidden</x>", None),
        ("", None),
        (f"<body>{'A' * (WORD_CHARS_MAX + 1)} key</body>", "key"),
    ],
)
def test_what_a_message_has(inside: str, words: str | None) -> None:
    """What it says; no ciphers, no keys, nothing said in place of what is encrypted."""
    assert words_of(message("a", inside)) == words


def test_what_other_payloads_have() -> None:
    """The text of an Atom entry, wherever in it; no attributes."""
    entry = parse(
        "<entry xmlns='http://www.w3.org/2005/Atom'><title>Soliloquy</title>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>To <b>be</b></div>"
        "</content><link href='http://denmark.lit/'/></entry>"
    )
    assert words_of(replace(item("a"), payload=entry)) == "Soliloquy To be"
    assert words_of(replace(item("a"), payload=None)) is None


def test_so_much_of_it() -> None:
    """WORDS_CHARS_MAX is reached."""
    words = words_of(said("a", "be " * WORDS_CHARS_MAX))
    assert words is not None and len(words) == WORDS_CHARS_MAX


LINES = ("to be or not", "not to be", "be", "that is the question", "OR AND NOT near", "NEAR(a b)")
hostile = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    st.text(st.sampled_from("\"'*^:(){}-+;,. \\%_abAND"), max_size=30),
    st.sampled_from(
        (
            '"',
            '"" OR "',
            "be OR question",
            "NOT be",
            "NEAR(to be, 2)",
            "words : be",
            "{place words} : be",
            "- place : be",
            "^to",
            "be*",
            "'; DROP TABLE items; --",
            'be" OR place : "n2',
            " ".join("be" for _ in range(500)),
        )
    ),
)


class Library:
    """A store, and what is in it as the model has it: searching changes neither."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._store = runner.run(SQLiteStore.ephemeral())
        lines = [said(str(number), line) for number, line in enumerate(LINES)]
        secret = said("secret", f"{' '.join(LINES)} secret")
        events: list[Event] = [created(GARDEN), created(BALL)]
        events += [replace(published(GARDEN, each.id), item=each) for each in lines]
        events.append(replace(published(BALL, secret.id), item=secret))
        self.kept = Kept()
        for event in events:
            self.kept.apply(event)
        runner.run(self._store.commit(events))

    def archive(self, query: ArchiveQuery) -> ArchivePage:
        """What the store finds."""
        return self._runner.run(self._store.archive(query))

    def close(self) -> None:
        self._runner.run(self._store.aclose())


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with asyncio.Runner() as runner, closing(Library(runner)) as made:
        yield made


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(hostile, min_size=1, max_size=6))
def test_nothing_that_is_searched_for_is_understood(library: Library, texts: Sequence[str]) -> None:
    """No text breaks a statement, and none finds what is in another node."""
    for text in texts:
        page = library.archive(replace(ALL, text=text))
        assert "secret" not in {each.id for each in page.items}


words = st.lists(
    st.sampled_from(("to", "be", "or", "not", "b", "que", "NO", "the", "T")), min_size=1
)


@settings(max_examples=60, deadline=None)
@given(asked=words, edge=st.sampled_from(Edge), limit=st.integers(1, 3))
def test_found_as_a_search_through_all_would(
    library: Library, asked: list[str], edge: Edge, limit: int
) -> None:
    query = replace(ALL, text=" ".join(asked), edge=edge, limit=limit)
    assert library.archive(query) == library.kept[GARDEN].archive(query)
