"""`folkmoot check` finds what is wrong with a database, and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from folkmoot.stores.health import check
from folkmoot.stores.migrations import CannotOpen, known_migrations
from folkmoot.stores.sqlite import SQLiteStore

from .nouns import GARDEN, created, published

KNOWN = known_migrations()[-1].version


async def test_a_store_in_use_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([created(GARDEN), published(GARDEN, "a")])
        health = check(path)
    assert (health.schema, health.known, health.problems) == (KNOWN, KNOWN, ())
    assert health.sound
    assert health.size_bytes > 4_096


async def test_a_row_without_its_node_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([created(GARDEN)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DELETE FROM nodes")
    health = check(path)
    assert health.problems == ("a row of affiliations refers to one of nodes that is not there",)
    assert not health.sound


async def test_a_damaged_file_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit(
            [created(GARDEN), *(published(GARDEN, str(number)) for number in range(1_000))]
        )
    with closing(sqlite3.connect(path)) as other:
        (root,) = other.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'items_in_order'"
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4_096)
        file.write(b"\xff" * 4_096)
    assert not check(path).sound


async def test_a_newer_schema_is_not_sound_for_us(tmp_path: Path) -> None:
    path = tmp_path / "folkmoot.db"
    async with aclosing(await SQLiteStore.open(path)):
        pass
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {KNOWN + 1}")
    health = check(path)
    assert (health.schema, health.problems) == (KNOWN + 1, ())
    assert not health.sound


def test_nothing_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="cannot be checked"):
        check(tmp_path / "folkmoot.db")
    assert list(tmp_path.iterdir()) == []
