"""A database is brought to the schema this version knows, all the way or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from folkmoot.engine.configuration import SPACE_TYPE, Access, NodeConfig, RoomConfig
from folkmoot.engine.model import NodeId
from folkmoot.stores.codec import write_config
from folkmoot.stores.database import Database
from folkmoot.stores.migrations import (
    CannotOpen,
    Migration,
    NewerSchema,
    known_migrations,
    migrate,
    schema_version,
)
from folkmoot.xmpp.jid import JID

FIRST = Migration(1, "first", "CREATE TABLE nodes (key INTEGER PRIMARY KEY, name TEXT);\n")
SECOND = Migration(
    2,
    "second",
    """
    -- Two statements; a comment may hold one, too: SELECT 1;
    ALTER TABLE nodes ADD COLUMN title TEXT NOT NULL DEFAULT '';
    UPDATE nodes SET title = name;
    """,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "folkmoot.db", isolation_level=None)) as connection:
        yield connection


def tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}


def test_what_nodes_are_found_by_is_read_from_their_configurations(
    database: sqlite3.Connection,
) -> None:
    """What was there before schema 3 is listed, and related, as what came after."""
    migrate(database, known_migrations()[:1])
    space = NodeId(JID.parse("spaces.capulet.example"), "verona")
    configs = {
        "open": NodeConfig(type="urn:xmpp:microblog:0", parent=space),
        "private": NodeConfig(access=Access.AUTHORIZE),
        "presence": NodeConfig(access=Access.PRESENCE),
        "space": NodeConfig(type=SPACE_TYPE, parent=space),
        "room": NodeConfig(room=RoomConfig()),
        "hidden": NodeConfig(room=RoomConfig(public=False)),
        "locked": NodeConfig(room=RoomConfig(locked=True)),
    }
    for name, config in configs.items():
        database.execute(
            "INSERT INTO nodes (service, name, config, fleeting, creator, created)"
            " VALUES ('x', ?, ?, 0, 'x', 0)",
            (name, write_config(config)),
        )
    migrate(database, known_migrations())
    found = database.execute(
        "SELECT name, type, listed, guarded, parent_service, parent_name, link_name FROM nodes"
    )
    assert {name: tuple(row) for name, *row in found} == {
        name: (
            config.type,
            config.listed,
            config.guarded,
            config.parent and str(config.parent.service),
            config.parent and config.parent.name,
            None,
        )
        for name, config in configs.items()
    }


def test_migrations_are_numbered_without_gaps() -> None:
    versions = [migration.version for migration in known_migrations()]
    assert versions == list(range(1, len(versions) + 1))
    assert all(migration.name for migration in known_migrations())


def test_a_new_database_has_the_latest_schema(database: sqlite3.Connection) -> None:
    assert schema_version(database) == 0
    migrate(database, known_migrations())
    assert schema_version(database) == known_migrations()[-1].version
    assert tables(database) >= {"nodes", "affiliations", "subscriptions", "items", "accounts"}


def test_an_older_database_is_brought_up_to_date(database: sqlite3.Connection) -> None:
    migrate(database, (FIRST,))
    database.execute("INSERT INTO nodes (name) VALUES ('verona')")
    migrate(database, (FIRST, SECOND))
    assert database.execute("SELECT name, title FROM nodes").fetchall() == [("verona", "verona")]
    assert schema_version(database) == 2


def test_a_database_up_to_date_is_left_alone(database: sqlite3.Connection) -> None:
    migrate(database, (FIRST,))
    (before,) = database.execute("PRAGMA data_version").fetchone()
    migrate(database, (FIRST,))
    assert database.execute("PRAGMA data_version").fetchone() == (before,)
    assert database.total_changes == 0


def test_a_migration_that_fails_changes_nothing(database: sqlite3.Connection) -> None:
    migrate(database, (FIRST,))
    broken = Migration(3, "broken", "DROP TABLE nodes;\nDROP TABLE nowhere;\n")
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(database, (FIRST, SECOND, broken))
    assert schema_version(database) == 1
    assert [row[1] for row in database.execute("PRAGMA table_info(nodes)")] == ["key", "name"]


def test_a_migration_that_leaves_an_orphan_changes_nothing(database: sqlite3.Connection) -> None:
    orphan = Migration(
        2,
        "orphan",
        "CREATE TABLE items (node INTEGER REFERENCES nodes);\nINSERT INTO items VALUES (7);\n",
    )
    with pytest.raises(CannotOpen, match="refers"):
        migrate(database, (FIRST, orphan))
    assert tables(database) == set()


def test_a_newer_database_is_refused(database: sqlite3.Connection) -> None:
    migrate(database, (FIRST, SECOND))
    with pytest.raises(NewerSchema, match=r"schema 2 .* no later one than 1: .* newer Folkmoot"):
        migrate(database, (FIRST,))
    assert schema_version(database) == 2


def test_opening_a_newer_database_names_the_file(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    migrate(database, known_migrations())
    database.execute("PRAGMA user_version = 9999")
    with pytest.raises(CannotOpen, match=r"folkmoot\.db cannot be used: it has schema 9999"):
        Database.open(tmp_path / "folkmoot.db")


def test_another_program_s_database_is_refused(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE spool (stanza TEXT)")
    with pytest.raises(CannotOpen, match="another program"):
        migrate(database, known_migrations())
    assert tables(database) == {"spool"}


async def test_two_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    first, second = (Database.open(tmp_path / "folkmoot.db") for _ in range(2))
    await first.aclose()
    await second.aclose()
