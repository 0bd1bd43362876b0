"""Every statement is one both databases read, and finds its rows by an index."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from folkmoot.stores import statements
from folkmoot.stores.migrations import known_migrations, migrate

AT_THE_START = ("LAST_SEQUENCE", "OCCUPIED", "PURGED_OFFLINE")
"""What is asked once, when a server starts."""

STATEMENTS = {
    name: statement
    for module in statements.__all__
    for name, statement in vars(getattr(statements, module)).items()
    if name.isupper() and not name.startswith("_") and isinstance(statement, str)
}

FEW_OR_FIRST = (
    "nodes_purged_offline",
    "wishes_waiting",
    "rooms_abroad_passing",
    "CONSTANT ROW",
)
"""Indexes of what is seldom, or of which one row is enough."""


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
        or (
            step.startswith("SCAN")
            and name not in AT_THE_START
            and not any(few in step for few in FEW_OR_FIRST)
        )
    ]
    assert not walks, plan


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("types", [0, 2])
def test_a_list_looks_at_what_it_may_show(
    database: sqlite3.Connection, types: int, backwards: bool
) -> None:
    """Of what is for everyone by name, as far as a page goes; of the rest what is the reader's."""
    statement = statements.lists.shown(
        public=True, types=types, excluded=True, backwards=backwards, bound=True
    )
    parameters = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    found = "<" if backwards else ">"
    assert f"SEARCH nodes USING COVERING INDEX nodes_listed (service=? AND name{found}?)" in plan
    assert "SEARCH nodes USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert {step for step in plan if step.startswith("SCAN")} == {"SCAN everyones", "SCAN mine"}


@pytest.mark.parametrize("types", [0, 2])
def test_counting_a_list_reads_an_index_alone(database: sqlite3.Connection, types: int) -> None:
    """Of what is for everyone not one row; of the rest what is the reader's, and what has rules."""
    for bound in (True, False):
        statement = statements.lists.tallied(types=types, excluded=True, bound=bound)
        parameters = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        found = "service=? AND name<?" if bound else "service=?"
        assert f"SEARCH nodes USING COVERING INDEX nodes_listed ({found})" in plan
    statement = statements.lists.singled(types=types, excluded=True)
    parameters = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert "SEARCH nodes USING INDEX nodes_guarded (service=?)" in plan
    assert "SEARCH nodes USING INTEGER PRIMARY KEY (rowid=?)" in plan
    assert {step for step in plan if step.startswith("SCAN")} <= {"SCAN ruled", "SCAN mine"}


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "items_in_order (node=? AND sequence>? AND sequence<?)"),
        ({"bare": True}, "items_of_publisher (node=? AND bare=? AND sequence>? AND sequence<?)"),
        ({"bare": True, "full": True}, "items_of_publisher"),
        ({"nick": True}, "items_of_nick (node=? AND nick=? AND sequence>? AND sequence<?)"),
        ({"ids": 2}, ""),
        ({"text": True}, ":M2><"),  # by words and bounds of rows, in the order of rows
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_an_archive_is_looked_up_by_index(
    database: sqlite3.Connection, asked: dict[str, Any], index: str, backwards: bool
) -> None:
    """A page of what somebody said costs what it shows, however much others said."""
    asked = {"ids": 0, "bare": False, "full": False, "nick": False, "text": False} | asked
    for statement in statements.archives.archive(**asked, backwards=backwards):
        parameters = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert not [step for step in plan if "SCAN items" in step], plan
        if index:
            assert any(index in step for step in plan), plan
            assert "TEMP B-TREE" not in str(plan)


@pytest.mark.parametrize("name", STATEMENTS)
def test_parameters_are_named(name: str) -> None:
    bare = re.sub(r"'[^']*'", "", STATEMENTS[name])
    assert "?" not in bare
    assert "%" not in bare
    assert "$" not in bare
