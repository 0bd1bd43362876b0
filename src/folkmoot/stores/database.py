"""SQLite, with one connection that writes and one that reads what is committed.

Statements run in the event loop's own thread: each takes some microseconds, while a thread of
their own would fight the loop for the interpreter lock at every one. Only COMMIT, which waits for
the disk, has a thread.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from folkmoot.engine.store import StoreFailed
from folkmoot.stores.migrations import CannotOpen, known_migrations, migrate

WRITE_LOCK_SECONDS_MAX: Final = 5.0
"""How long a write waits while another process writes to the same file."""

_PAUSE_SECONDS_MIN: Final = 0.001
_PAUSE_SECONDS_MAX: Final = 0.05

_CACHE_KIBIBYTES: Final = 16_384
_CHECKPOINT_PAGES: Final = 4_000
"""The log is copied into the database each time it holds so many pages: 16 MiB."""


class Database:
    """One SQLite file in WAL mode, open for one event loop."""

    def __init__(
        self,
        path: Path,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        lock_seconds: float,
    ) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._lock_seconds = lock_seconds
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")

    @classmethod
    def open(
        cls, path: Path, *, durable: bool = True, lock_seconds: float = WRITE_LOCK_SECONDS_MAX
    ) -> Database:
        """Open a database file, made if it is not there, and bring its schema up to date.

        durable: a commit waits until the disk has it; without, a power cut may cost the file.
        lock_seconds: how long a write waits for another process's.

        Raises CannotOpen.
        """
        try:
            # It holds what passwords are checked against; SQLite gives its other files this mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            writer = _connect(path, lock_seconds)
        except (OSError, sqlite3.Error) as error:
            raise CannotOpen(f"{path} cannot be used: {error}") from error
        try:
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
            writer.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            migrate(writer, known_migrations())
            writer.execute("PRAGMA foreign_keys = ON")
            writer.execute("PRAGMA busy_timeout = 0")
            reader = _connect(path, lock_seconds)
            reader.execute("PRAGMA query_only = ON")
        except (sqlite3.Error, CannotOpen) as error:
            writer.close()
            raise CannotOpen(f"{path} cannot be used: {error}") from error
        return cls(path, writer, reader, lock_seconds)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed; all statements of one block see the same state.

        The block must not wait. Raises StoreFailed.
        """
        try:
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.path} cannot be read: {error}") from error

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[sqlite3.Connection]:
        """Write in one transaction, kept when the block is left, undone if it is left by raising.

        One at a time; the next waits. The block may let others have their turn, but must not wait
        for anything. Raises StoreFailed, and then nothing was written. Who is cancelled at the
        commit does not know whether it was.
        """
        async with self._turn:
            try:
                await self._begin()
                try:
                    yield self._writer
                    await self._commit()
                finally:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise StoreFailed(f"{self.path} cannot be written: {error}") from error

    async def aclose(self) -> None:
        """Wait for the commit under way, then close the file; the log is folded into it."""
        async with self._turn:
            self._reader.close()
            await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.close)
            self._thread.shutdown()

    async def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._lock_seconds
        pause = _PAUSE_SECONDS_MIN
        while not self._try_begin(last=loop.time() >= until):
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)

    def _try_begin(self, *, last: bool) -> bool:
        """Take the write lock; False if another process has it. The last try raises instead."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            # An extended code has its primary code in the low byte.
            if last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    async def _commit(self) -> None:
        """COMMIT in the thread, and be back only when it is done: the connection is there."""
        committed = asyncio.get_running_loop().run_in_executor(
            self._thread, self._writer.execute, "COMMIT"
        )
        cancelled: asyncio.CancelledError | None = None
        while not committed.done():
            try:
                await asyncio.wait((committed,))
            except asyncio.CancelledError as error:
                cancelled = error
        committed.result()
        if cancelled is not None:
            raise cancelled


def _connect(path: Path, lock_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=lock_seconds, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
    return connection
