"""Every statement is one both databases read, and finds its rows by an index."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from folkmoot.stores import statements
from folkmoot.stores.migrations import known_migrations, migrate

STATEMENTS = {
    name: statement
    for name, statement in vars(statements).items()
    if name.isupper() and not name.startswith("_")
}


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, known_migrations())
        yield connection


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_reads_a_whole_table_or_sorts(database: sqlite3.Connection, name: str) -> None:
    """So the last items of a million come as fast as those of ten."""
    statement = STATEMENTS[name]
    parameters = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    walks = [
        step
        for step in plan
        if "TEMP B-TREE" in step
        or (step.startswith("SCAN") and "nodes_fleeting" not in step and name != "LAST_SEQUENCE")
    ]
    assert not walks, plan


@pytest.mark.parametrize("name", STATEMENTS)
def test_parameters_are_named(name: str) -> None:
    bare = re.sub(r"'[^']*'", "", STATEMENTS[name])
    assert "?" not in bare
    assert "%" not in bare
    assert "$" not in bare
