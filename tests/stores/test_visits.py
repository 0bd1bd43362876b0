"""When somebody was last in a room, and what was said since (XEP-0437 0.2.0, §4)."""

from __future__ import annotations

import re
import sqlite3
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

from folkmoot.engine.configuration import NodeConfig, RoomConfig
from folkmoot.engine.events import ItemPublished
from folkmoot.engine.model import NodeId
from folkmoot.engine.room_events import Visited, VisitsForgotten
from folkmoot.engine.store import VISITS_MAX
from folkmoot.stores import statements
from folkmoot.stores.codec import item_row, write_config
from folkmoot.stores.migrations import known_migrations, migrate
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

from .nouns import BALL, GARDEN, JULIET, PRESENCE, ROMEO, VERONA, created, item

ROOM = NodeConfig(room=RoomConfig())
MESSAGE = Element(CLIENT, "message", None, Element(CLIENT, "body", None, "He jests at scars"))
BOTH = (GARDEN, BALL)


def said(node: NodeId, item_id: str = "a") -> ItemPublished:
    """A message in a room."""
    message = replace(item(item_id), payload=MESSAGE, nick="romeo")
    return ItemPublished(node=node, item=message, persist=True)


async def test_what_stands_beyond_somebodys_place_is_news(store: SQLiteStore) -> None:
    """In one batch, too; and in each room by itself."""
    await store.commit([created(GARDEN, ROOM), created(BALL, ROOM), said(GARDEN), said(BALL)])
    assert await store.active(ROMEO, BOTH) == {GARDEN, BALL}
    await store.commit(
        [said(GARDEN, "b"), Visited(node=GARDEN, jids=(ROMEO, JULIET)), said(BALL, "b")]
    )
    assert await store.active(ROMEO, BOTH) == {BALL}
    await store.commit([Visited(node=BALL, jids=(ROMEO,)), said(BALL, "c")])
    assert await store.active(ROMEO, BOTH) == {BALL}
    await store.commit([Visited(node=BALL, jids=(ROMEO,))])
    assert await store.active(ROMEO, BOTH) == set()
    assert await store.active(JULIET, BOTH) == {BALL}
    assert await store.active(ROMEO, (VERONA,)) == set()


async def test_what_is_published_after_a_restart_stands_beyond_all_places(tmp_path: Path) -> None:
    """Also where a place was the last number that was given."""
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([created(GARDEN, ROOM), said(GARDEN)])
        for _ in range(3):
            await store.commit([Visited(node=GARDEN, jids=(ROMEO,))])
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await store.active(ROMEO, (GARDEN,)) == set()
        await store.commit([said(GARDEN, "b")])
        assert await store.active(ROMEO, (GARDEN,)) == {GARDEN}


async def test_an_account_that_is_gone_was_never_there(store: SQLiteStore) -> None:
    """In no room; and others were where they were."""
    await store.commit([created(GARDEN, ROOM), created(BALL, ROOM), said(GARDEN), said(BALL)])
    await store.commit([Visited(node=room, jids=(JULIET, ROMEO)) for room in BOTH])
    await store.commit([VisitsForgotten(node=PRESENCE, jid=JULIET)])
    assert await store.active(JULIET, BOTH) == {GARDEN, BALL}
    assert await store.active(ROMEO, BOTH) == set()


async def test_so_many_are_remembered(store: SQLiteStore) -> None:
    """VISITS_MAX of a room, those who left last."""
    crowd = tuple(JID(str(number), "capulet.example") for number in range(VISITS_MAX + 1))
    await store.commit([created(GARDEN, ROOM), said(GARDEN), Visited(node=GARDEN, jids=crowd)])
    assert await store.active(crowd[0], (GARDEN,)) == {GARDEN}
    assert await store.active(crowd[1], (GARDEN,)) == set()


def test_what_was_said_before_counts(tmp_path: Path) -> None:
    """Of messages that are older than the schema it is read what they are."""
    migrations = known_migrations()
    older = next(each.version for each in migrations if "visits" in each.name) - 1
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as database:
        migrate(database, migrations[:older])
        database.execute(
            "INSERT INTO nodes"
            " (service, name, config, creator, created, item_seconds, purge_offline, type, listed,"
            " guarded) VALUES ('x', 'x', ?, 'x', 0, 0, 0, '', 0, 0)",
            (write_config(ROOM),),
        )
        for number, payload in enumerate((MESSAGE, Element(CLIENT, "message"))):
            row = item_row(replace(item(str(number)), payload=payload, nick="romeo"))
            database.execute(
                "INSERT INTO items (node, id, publisher, published, nick, payload)"
                " VALUES (1, :id, :publisher, :published, :nick, :payload)",
                row,
            )
        migrate(database, migrations)
        found = database.execute("SELECT id, said FROM items ORDER BY id").fetchall()
    assert found == [("0", 1), ("1", 0)]


def test_rooms_are_looked_up_by_index() -> None:
    """However much was said in them before."""
    statement = statements.people.active(2)
    parameters = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        migrate(database, known_migrations())
        rows = database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plan = [row[3] for row in rows]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    assert "SEARCH items USING INDEX items_in_order (node=? AND sequence>?)" in plan
