"""The schema's versions: numbered SQL files, each applied once, all in one transaction.

A migration is `schema/NNNN_what_it_does.sql`, numbered from 1 without gaps. The database says
which it has in SQLite's `user_version`.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from typing import Final

APPLICATION_ID: Final = 0x466F_6C6B
"""Marks a SQLite file as ours, for `file` and for us: "Folk"."""


_SEARCHES: Final = "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'"


class CannotOpen(Exception):
    """A database cannot be used as it is; the message says why, for an operator."""


class NewerSchema(CannotOpen):
    """The database was last used by a newer Folkmoot, which knows a later schema."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"it has schema {found} and this version knows no later one than {known}: "
            "it was last used by a newer Folkmoot"
        )


@dataclass(frozen=True, slots=True)
class Migration:
    """What leads from the schema before to schema `version`."""

    version: int
    name: str
    script: str


@functools.cache
def known_migrations() -> tuple[Migration, ...]:
    """All migrations this version comes with, in order."""
    files = (resources.files(__package__) / "schema").iterdir()
    return tuple(
        Migration(int(file.name[:4]), file.name[5:].removesuffix(".sql"), file.read_text("utf-8"))
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".sql")
    )


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Bring a database to the last of `migrations`, all the way or not at all.

    The connection is in autocommit mode and its foreign keys are not enforced yet, so that a
    migration may rebuild a table others refer to; that they hold is checked before the commit.

    Raises NewerSchema, CannotOpen where the file is some other program's, sqlite3.Error.
    """
    known = migrations[-1].version
    if connection.execute(_SEARCHES).fetchone() is None:
        raise CannotOpen(
            f"SQLite {sqlite3.sqlite_version}, which this Python has, was built without FTS5, which"
            " search in archives needs: use a Python whose SQLite has it, as those of python.org"
        )
    if schema_version(connection) == known:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = schema_version(connection)  # again: another process may have been faster
        if found > known:
            raise NewerSchema(found, known)
        for migration in migrations:
            if migration.version > found:
                for statement in _statements(migration.script):
                    connection.execute(statement)
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise CannotOpen("a row refers to one that is not there")
        # PRAGMA takes no parameters; both are our own integers.
        connection.execute(f"PRAGMA user_version = {known}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@functools.cache
def empty_database() -> bytes:
    """A file of the last schema, for who wants many: it takes a while to make.

    Raises CannotOpen.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, known_migrations())
        return connection.serialize()


def schema_version(connection: sqlite3.Connection) -> int:
    """The schema a database has, 0 for an empty one. Raises CannotOpen where it is not ours."""
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables or application:
            raise CannotOpen("it belongs to another program")
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit before the first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
