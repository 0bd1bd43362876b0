"""What is acknowledged is kept, and kept whole, whatever happens to process, disk or lock."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from folkmoot.engine.configuration import NodeConfig, RoomConfig
from folkmoot.engine.events import Cause, Event, SubscriptionChanged
from folkmoot.engine.model import Occupant, Role, State, Subscription, Via
from folkmoot.engine.store import ItemQuery, StoreFailed
from folkmoot.stores.database import Database
from folkmoot.stores.migrations import CannotOpen
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

from . import committer, registrar
from .nouns import BALCONY, BALL, GARDEN, VERONA, created, published

GARDEN_ITEMS = ItemQuery(node=GARDEN)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folkmoot.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([created(GARDEN)])
        yield store


async def ids(store: SQLiteStore) -> list[str]:
    return list(await store.heads(GARDEN))


class Gate:
    """Holds up COMMIT, in its thread, until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._loop = asyncio.get_running_loop()
        self.reached = asyncio.Event()

    def pass_by(self, statement: str) -> None:
        if statement == "COMMIT":
            self._loop.call_soon_threadsafe(self.reached.set)
            self._open.wait()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def gate(store: SQLiteStore) -> AsyncIterator[Gate]:
    """From now on, commits of `store` wait."""
    gate = Gate()
    async with store.database.writing() as writer:
        pass
    writer.set_trace_callback(gate.pass_by)
    yield gate
    gate.open()


# --- the process is killed


def test_kill_9_loses_nothing_that_was_acknowledged(path: Path) -> None:
    first = 0
    for acknowledged in (1, 40, 150):
        command = [sys.executable, str(Path(committer.__file__)), str(path), str(first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            lines = list(itertools.islice(child.stdout, acknowledged))
            child.kill()
            lines += child.stdout.readlines()
        last = int(lines[-1])
        assert last >= first + acknowledged - 1
        kept = asyncio.run(kept_items(path))
        assert kept[: last + 1] == list(range(last + 1))
        first = len(kept)


async def kept_items(path: Path) -> list[int]:
    """The numbers of the batches that were kept, each of them whole."""
    async with aclosing(await SQLiteStore.open(path)) as store:
        each = [list(await store.heads(node)) for node in committer.NODES]
    assert each[0] == each[1] == each[2]
    return [int(item_id) for item_id in each[0]]


# --- the disk is full


async def test_a_batch_that_does_not_fit_on_the_disk_leaves_nothing(store: SQLiteStore) -> None:
    await store.commit([published(GARDEN, "before")])
    async with store.database.writing() as writer:
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages + 8}")
    batch: list[Event] = [published(GARDEN, str(number), "x" * 4_096) for number in range(16)]
    with pytest.raises(StoreFailed, match="full"):
        await store.commit(batch)
    assert await ids(store) == ["before"]
    async with store.database.writing() as writer:
        writer.execute("PRAGMA max_page_count = 1000000")
    await store.commit(batch)
    assert await ids(store) == ["before", *map(str, range(16))]


async def test_a_commit_that_fails_at_its_very_end_leaves_nothing(store: SQLiteStore) -> None:
    with pytest.raises(StoreFailed, match="FOREIGN KEY"):
        async with store.database.writing() as writer:
            writer.execute("PRAGMA defer_foreign_keys = ON")
            writer.execute("INSERT INTO affiliations VALUES (1, 'romeo@montague.example', 'none')")
            writer.execute("INSERT INTO affiliations VALUES (99, 'nobody.example', 'none')")
    await store.commit([published(GARDEN, "after")])
    node = await store.node(GARDEN)
    assert node is not None
    assert len(node.affiliations) == 1


async def test_what_is_no_matter_of_the_database_s_undoes_a_batch_too(store: SQLiteStore) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.database.writing() as writer:
            writer.execute("DELETE FROM nodes")
            raise ZeroDivisionError
    assert await store.node(GARDEN) is not None
    await store.commit([published(GARDEN, "after")])


# --- while a commit is under way


async def test_until_the_commit_is_done_the_old_state_is_read(
    store: SQLiteStore, gate: Gate
) -> None:
    commit = asyncio.create_task(store.commit([published(GARDEN, "a")]))
    await gate.reached.wait()
    assert await ids(store) == []
    gate.open()
    await commit
    assert await ids(store) == ["a"]


async def test_accounts_wait_for_the_commit_under_way(store: SQLiteStore, gate: Gate) -> None:
    commit = asyncio.create_task(store.commit([published(GARDEN, "a")]))
    await gate.reached.wait()
    add = asyncio.create_task(store.accounts.add(committer.JULIET, registrar.CREDENTIALS, 1.0))
    await asyncio.wait((add,), timeout=0)
    assert not add.done()
    gate.open()
    await commit
    assert await add
    assert await store.account(committer.JULIET)


async def test_a_cancelled_commit_is_over_before_the_next_begins(
    store: SQLiteStore, gate: Gate
) -> None:
    commit = asyncio.create_task(store.commit([published(GARDEN, "a")]))
    await gate.reached.wait()
    commit.cancel()
    await asyncio.wait((commit,), timeout=0)
    commit.cancel()
    await asyncio.wait((commit,), timeout=0)
    assert not commit.done()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await commit
    await store.commit([published(GARDEN, "b")])
    assert await ids(store) == ["a", "b"]


async def test_a_large_batch_is_one_whenever_it_is_cancelled(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made ready and written in turns with others, and all the same is there or is not."""
    monkeypatch.setattr("folkmoot.stores.committing.EVENTS_AT_ONCE_MAX", 1)
    monkeypatch.setattr("folkmoot.stores.committing.ROWS_AT_ONCE_MAX", 1)
    nodes, turns, found = (VERONA, BALL), 0, {False}
    while found == {False}:
        committing = asyncio.ensure_future(store.commit(list(map(created, nodes))))
        for _ in range(turns):
            await asyncio.sleep(0)
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)
        found = {await store.node(node) is not None for node in nodes}
        turns += 1
    assert found == {True}


async def test_closing_waits_for_the_commit_under_way(path: Path) -> None:
    store = await SQLiteStore.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        commit = asyncio.create_task(store.commit([created(GARDEN)]))
        await asyncio.wait((commit,), timeout=0)
        close = asyncio.create_task(store.aclose())
        await asyncio.wait((close,), timeout=0)
        other.execute("COMMIT")
        await commit
        await close
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await store.node(GARDEN) is not None


async def test_two_batches_at_once_are_a_mistake(store: SQLiteStore, gate: Gate) -> None:
    commit = asyncio.create_task(store.commit([published(GARDEN, "a")]))
    await gate.reached.wait()
    with pytest.raises(AssertionError):
        await store.commit([published(GARDEN, "b")])
    gate.open()
    await commit


async def test_a_closed_store_says_so(path: Path) -> None:
    store = await SQLiteStore.open(path)
    await store.aclose()
    with pytest.raises(StoreFailed, match="cannot be read"):
        await store.node(GARDEN)
    with pytest.raises(StoreFailed, match="cannot be written"):
        await store.commit([created(GARDEN)])


# --- another process writes too


async def test_accounts_added_by_another_process_while_batches_are_committed(
    store: SQLiteStore, path: Path
) -> None:
    registering = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(registrar.__file__)), str(path), "50"
    )
    done = asyncio.create_task(registering.wait())
    committed: list[str] = []
    while not done.done():
        committed.append(str(len(committed)))
        await store.commit([published(GARDEN, committed[-1])])
    assert await done == 0
    assert await ids(store) == committed
    assert len(await store.accounts.list()) == 50


async def test_opening_beside_a_server_takes_no_room_from_it(
    store: SQLiteStore, path: Path
) -> None:
    await store.commit([created(BALL, NodeConfig(room=RoomConfig()))])
    async with aclosing(Database.open(path)):
        assert await store.node(BALL) is not None


async def test_a_lock_held_for_a_moment_is_waited_for(store: SQLiteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        commit = asyncio.create_task(store.commit([published(GARDEN, "a")]))
        await asyncio.wait((commit,), timeout=0)
        assert not commit.done()
        assert await ids(store) == []
        other.execute("COMMIT")
        await commit
    assert await ids(store) == ["a"]


async def test_a_lock_held_for_too_long_is_a_failure(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path, lock_seconds=0.02)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreFailed, match="locked"):
                await store.commit([created(VERONA)])
            other.execute("COMMIT")
        await store.commit([created(VERONA)])


async def test_a_store_another_process_writes_to_cannot_be_opened_for_now(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked"):
            await SQLiteStore.open(path, lock_seconds=0.02)


# --- opening


async def test_occupants_are_still_there_after_a_restart(path: Path) -> None:
    """What became of their streams is for whoever opens the store to find out."""
    here = Subscription(
        BALCONY,
        State.SUBSCRIBED,
        Via.MUC,
        temporary=True,
        occupant=Occupant("jule", Element(CLIENT, "presence"), Role.MODERATOR),
    )
    async with aclosing(await SQLiteStore.open(path)) as store:
        entered = SubscriptionChanged(
            node=BALL,
            subscriber=BALCONY,
            before=None,
            after=here,
            by=BALCONY,
            cause=Cause.ENTERED,
        )
        await store.commit([created(BALL, NodeConfig(room=RoomConfig())), entered])
    async with aclosing(await SQLiteStore.open(path)) as store:
        assert await store.occupied() == (BALL,)
        node = await store.node(BALL)
        assert node is not None and node.subscriptions == {BALCONY: here}


async def test_the_order_of_items_goes_on_after_a_restart(path: Path) -> None:
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([created(GARDEN), published(GARDEN, "a"), published(GARDEN, "b")])
    async with aclosing(await SQLiteStore.open(path)) as store:
        await store.commit([published(GARDEN, "a"), published(GARDEN, "c")])
        assert await ids(store) == ["b", "a", "c"]


async def test_only_the_owner_of_the_files_may_read_them(store: SQLiteStore, path: Path) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {path.name + end: 0o600 for end in ("", "-wal", "-shm")}


async def test_an_ephemeral_store_leaves_no_file() -> None:
    store = await SQLiteStore.ephemeral()
    folder = store.database.path.parent
    assert folder.is_dir()
    await store.aclose()
    assert not folder.exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotOpen, match="nowhere"):
        Database.open(tmp_path / "nowhere" / "folkmoot.db")


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_bytes(os.urandom(4_096))
    with pytest.raises(CannotOpen, match="not a database"):
        Database.open(path)
