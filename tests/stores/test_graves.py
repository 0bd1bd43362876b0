"""A node with many items that is deleted: gone at once, while its items go a few at a time."""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import NodeDeleted
from folkmoot.engine.model import NodeId, State, Subscription, Via
from folkmoot.engine.store import ArchiveQuery, ItemQuery
from folkmoot.stores.graves import SWEPT_ITEMS_MAX
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.stores.statements.nodes import BURIED_ITEMS_MIN

from .nouns import BALL, GARDEN, JULIET, ROMEO, created, published
from .test_nodes import subscribed


def deleted(node: NodeId) -> NodeDeleted:
    return NodeDeleted(node=node, config=NodeConfig(), subscriptions=(), by=JULIET)


async def filled(store: SQLiteStore, node: NodeId, count: int) -> None:
    """A node with so many items, each with words in it, and Romeo subscribed."""
    romeo = Subscription(ROMEO, State.SUBSCRIBED, Via.PUBSUB)
    texts = (published(node, f"n{number}", "wherefore art thou") for number in range(count))
    await store.commit([created(node), subscribed(node, romeo), *texts])


def rows(store: SQLiteStore, table: str) -> int:
    with store.database.reading() as reader:
        count: int = reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count


async def test_a_large_node_goes_by_and_by(tmp_path: Path) -> None:
    """Also where the server stops in between; and whoever takes its name begins with nothing."""
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await filled(store, GARDEN, BURIED_ITEMS_MIN + 1)
        await filled(store, BALL, 3)
        await store.commit([deleted(GARDEN)])
        assert rows(store, "items") == BURIED_ITEMS_MIN + 4, "nobody has waited for them"
        assert await store.node(GARDEN) is None
        assert await store.subscribed(ROMEO) == await store.affiliated(JULIET) == {BALL}
        await filled(store, GARDEN, 2)
        assert await store.sweep()
        assert rows(store, "items") == BURIED_ITEMS_MIN + 6 - SWEPT_ITEMS_MAX
    async with aclosing(await SQLiteStore.open(path)) as store:
        while await store.sweep():
            pass
        assert (rows(store, "items"), rows(store, "nodes")) == (5, 2)
        page = await store.items(ItemQuery(node=GARDEN))
        assert [each.id for each in page.items] == ["n0", "n1"]
        assert not await store.sweep(), "nothing is left to do"


async def test_a_small_one_at_once(store: SQLiteStore) -> None:
    await filled(store, GARDEN, BURIED_ITEMS_MIN)
    await store.commit([deleted(GARDEN)])
    assert (rows(store, "items"), rows(store, "nodes"), rows(store, "subscriptions")) == (0, 0, 0)
    assert not await store.sweep()


async def test_what_was_said_there_is_found_no_more(store: SQLiteStore) -> None:
    """XEP-0431: nor in the index, where its words are until they go."""
    await filled(store, GARDEN, BURIED_ITEMS_MIN + 1)
    await store.commit([deleted(GARDEN), created(GARDEN)])
    query = ArchiveQuery(node=GARDEN)
    for asked in (query, replace(query, text="wherefore")):
        assert not (await store.archive(asked)).items


async def test_all_that_hangs_on_a_node_is_buried_with_it(store: SQLiteStore) -> None:
    """Each table that refers to nodes is named by the trigger, but for the items'."""
    with store.database.reading() as reader:
        named = reader.execute("SELECT name, sql FROM sqlite_master").fetchall()
        hanging = {
            name
            for name, _ in named
            if any(key[2] == "nodes" for key in reader.execute(f"PRAGMA foreign_key_list({name})"))
        }
    assert "items" in hanging
    trigger = dict(named)["nodes_are_buried"]
    assert set(re.findall(r"DELETE FROM (\w+)", trigger)) == hanging - {"items"}
