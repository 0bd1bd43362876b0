"""The server that is measured: a `folkmoot serve` of its own, with nothing in it but accounts."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from folkmoot.config import Address
from folkmoot.lock import holder_of

DOMAIN: Final = "localhost"
SPACES: Final = f"spaces.{DOMAIN}"
ROOMS: Final = f"rooms.{DOMAIN}"
ACCOUNT: Final = "user%d"
PASSWORD: Final = "bench"

START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 10.0
_PAUSE_SECONDS: Final = 0.02

QUIET_SECONDS: Final = 0.5
"""A server that does next to nothing for so long has done all there was to do."""
QUIET_SHARE: Final = 0.05
QUIET_SECONDS_MAX: Final = 10.0

_LOG_CHARS: Final = 2_000

FOLKMOOT: Final = Path(sysconfig.get_path("scripts")) / "folkmoot"
"""The command, as it is installed beside this interpreter."""

ON_DISK: Final = Path("/var/tmp")
"""For data: /tmp is kept in memory on many systems, and then nothing would be durable."""

TABLES: Final = ("nodes", "affiliations", "subscriptions", "items", "accounts")

CONFIG: Final = """
[server]
domain = "{domain}"
data = "{data}"

[listen]
tcp = "127.0.0.1:0"
tls_direct = "127.0.0.1:0"
http = "off"

[login]
cleartext = true

[spaces]
nodes_per_account_max = 100_000

[log]
level = "warning"
"""
"""What differs from the defaults: the doors, and that passwords may travel without TLS."""

AT_ANY_PACE: Final = """
[rooms]
messages_max = 1_000_000
messages_of_all_max = 1_000_000
presences_max = 1_000_000
presences_of_all_max = 1_000_000

[pubsub]
items_max = 1_000_000
items_of_all_max = 1_000_000
"""
"""The same, where what a server can do is measured and not what a room or node may."""

Rows = Set[tuple[object, ...]]


class NoServer(Exception):
    """The server did not start, or ended too soon."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds: of the wall clock, and of processors' time used by server, generator and all."""

    wall: float
    server: float
    generator: float
    machine: float

    def since(self, earlier: Clocks) -> Clocks:
        """What was used between two readings."""
        return Clocks(
            self.wall - earlier.wall,
            self.server - earlier.server,
            self.generator - earlier.generator,
            self.machine - earlier.machine,
        )

    @property
    def others(self) -> float:
        """How many processors other programs used meanwhile."""
        return max(0.0, self.machine - self.server - self.generator) / self.wall


class Place:
    """A running server. tcp, tls: where it listens, without TLS and with TLS from the start."""

    def __init__(self, data: Path, process: psutil.Process, tcp: Address, tls: Address) -> None:
        self.tcp = tcp
        self.tls = tls
        self.pid = process.pid
        self._data = data
        self._process = process

    def clocks(self) -> Clocks:
        """All clocks, now."""
        used, machine = self._process.cpu_times(), psutil.cpu_times()
        busy = sum(machine) - machine.idle - getattr(machine, "iowait", 0.0)
        # What virtual machines use is in `user` already (proc_stat(5)).
        busy -= getattr(machine, "guest", 0.0) + getattr(machine, "guest_nice", 0.0)
        # Ours, and that of the programs we ran and waited for: the referee is one.
        generator = sum(os.times()[:4])
        return Clocks(time.monotonic(), used.user + used.system, generator, busy)

    def resident_bytes(self) -> int:
        """The memory the server holds (RSS)."""
        return int(self._process.memory_info().rss)

    async def quiet(self) -> None:
        """Wait until the server has nothing left to do, QUIET_SECONDS_MAX at most."""
        until = time.monotonic() + QUIET_SECONDS_MAX
        while time.monotonic() < until:
            began = self.clocks()
            await asyncio.sleep(QUIET_SECONDS)
            if self.clocks().since(began).server < QUIET_SHARE * QUIET_SECONDS:
                return

    def rows(self) -> Rows:
        """All rows of the database as they are committed, each with its table's name first."""
        at = f"file:{self._data / 'folkmoot.db'}?mode=ro"
        with closing(sqlite3.connect(at, uri=True)) as database:
            return {
                (table, *row)
                for table in TABLES
                for row in database.execute(f"SELECT * FROM {table}")
            }


@contextmanager
def serving(accounts: int, parent: Path | None = None, *, paced: bool = False) -> Iterator[Place]:
    """A new server with accounts user0, user1 ..., until the block ends; then nothing is left.

    paced: rooms are held to the pace that they are held to by default.
    parent: where its data directory is made; on a disk, for the figures to mean something.
    Raises NoServer.
    """
    if parent is None and ON_DISK.is_dir():
        parent = ON_DISK
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-", dir=parent) as directory:
        data, config, log = (Path(directory) / name for name in ("data", "folkmoot.toml", "log"))
        text = CONFIG.format(domain=DOMAIN, data=data) + ("" if paced else AT_ANY_PACE)
        config.write_text(text, "utf-8")
        _add_accounts(config, accounts)
        command: list[str | Path] = [FOLKMOOT, "serve", "--config", config]
        with log.open("wb") as output, subprocess.Popen(command, stderr=output) as process:
            try:
                _pin(process.pid, first=True)
                tcp, tls = _wait(data, process, log)
                yield Place(data, psutil.Process(process.pid), tcp, tls)
            finally:
                _stop(process)


def pin_generator() -> None:
    """Leave the first processor to the server, where there is more than one."""
    _pin(os.getpid(), first=False)


def first_processor() -> str:
    """The one that servers run on, as taskset(1) names it."""
    return str(min(_CPUS, default=0))


def _pin(pid: int, *, first: bool) -> None:
    if sys.platform != "linux":
        return
    cpus = sorted(_CPUS)
    if len(cpus) > 1:
        os.sched_setaffinity(pid, {cpus[0] if first else cpus[-1]})


_CPUS: Final = os.sched_getaffinity(0) if sys.platform == "linux" else set[int]()
"""Those this process may use, before anything is pinned."""


def _add_accounts(config: Path, count: int) -> None:
    pattern = f"{ACCOUNT}@{DOMAIN}"
    command: list[str | Path] = [FOLKMOOT, "user", "add", "--count", str(count)]
    command += ["--pattern", pattern, "--password-stdin", "--config", config]
    added = subprocess.run(
        command,
        input=PASSWORD + "\n",
        text=True,
        capture_output=True,
        check=False,
    )
    if added.returncode != 0:
        raise NoServer(f"no accounts could be made: {added.stderr[-_LOG_CHARS:]}")


def _wait(data: Path, process: subprocess.Popen[bytes], log: Path) -> tuple[Address, Address]:
    """Until the server listens; where."""
    until = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < until:
        holder = holder_of(data)
        if holder is not None and holder.pid == process.pid and holder.listening:
            return holder.listening["tcp"], holder.listening["tls_direct"]
        time.sleep(_PAUSE_SECONDS)
    said = log.read_text("utf-8", "replace")[-_LOG_CHARS:]
    raise NoServer(f"the server did not start; it said:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
