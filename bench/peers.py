"""Other servers at the same work, one after the other in one run: who is asked is the referee."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.figures import Figure, Sample
from bench.place import (
    ACCOUNT,
    DOMAIN,
    ON_DISK,
    PASSWORD,
    START_SECONDS_MAX,
    STOP_SECONDS_MAX,
    NoServer,
    first_processor,
    serving,
)
from bench.referee import SCRIPT, Reader, Result, Target, ask, ours

SCRIPTS: Final = SCRIPT.parent / "peers"
_PORTS: Final = 4
"""So many in a row does a peer take."""
_PAUSE_SECONDS: Final = 0.1
_LOG_CHARS: Final = 2_000

ACCOUNTS: Final = 1_101

Serving = Callable[[], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that takes part. trickle: who makes standing hold in rooms, server or client."""

    name: str
    trickle: str
    serve: Serving


@dataclass(frozen=True, slots=True)
class Contest:
    """Work for all of them. arguments: for the referee; `{}` is who makes standing hold."""

    title: str
    arguments: str
    figures: Mapping[Figure, Reader]


def _median(key: str) -> Reader:
    return lambda result: float(result["phases"][0][key])


def _joined_per_cpu(result: Result) -> float:
    return float(result["join"]["presences_per_srv_cpu_s"])


def _paced(result: Result) -> float:
    return float(result["phases"][1]["latency"]["p99_ms"])


CONTESTS: Final = (
    Contest(
        "Room of 500 occupants",
        "muc-fanout --n 500 --rate 4",
        {
            Figure("messages delivered", "per CPU-second"): _median("deliveries_per_srv_cpu_s"),
            Figure("delay at 4 messages a second, p99", "ms", digits=1): _paced,
            Figure("presences while all enter", "per CPU-second"): _joined_per_cpu,
        },
    ),
    *(
        Contest(
            f"A member more, space of {rooms:,} rooms",
            f"trickle-member --rooms {rooms} --trickle {{}}",
            {
                Figure(f"until it holds in {rooms:,} rooms", "ms", digits=1): _median(
                    "approve_to_effective_ms"
                ),
                Figure(f"for a member in {rooms:,} rooms", "CPU-ms", digits=1): lambda result: (
                    1e3 * _median("srv_cpu_s")(result)
                ),
            },
        )
        for rooms in (10, 100, 1_000)
    ),
    *(
        Contest(
            f"A room more, space of {members:,} members",
            f"trickle-room --members {members} --trickle {{}}",
            {
                Figure(f"until {members:,} may enter it", "ms", digits=1): _median(
                    "publish_to_effective_ms"
                ),
                Figure(f"for a room of {members:,}", "CPU-ms", digits=1): lambda result: (
                    1e3 * _median("srv_cpu_s")(result)
                ),
            },
        )
        for members in (10, 100, 1_000)
    ),
)


def compete(contest: Contest, contender: Contender) -> Sample:
    """One run of a contender's, on a server that has just been started.

    Raises NoServer, RefereeFailed.
    """
    with contender.serve() as target:
        result = ask(contest.arguments.format(contender.trickle).split(), target)
    return {figure: read(result) for figure, read in contest.figures.items()}


def contenders(data: Path | None) -> Iterator[Contender]:
    """We, and those of the others that are installed. data: where all keep what they store."""
    yield Contender("Folkmoot", "server", partial(_folkmoot, data))
    for name, program in (("ejabberd", "ejabberdctl"), ("Prosody", "prosody")):
        if any(Path(place, program).exists() for place in _PLACES):
            yield Contender(name, "client", partial(peer, name.lower(), data))


_PLACES: Final = (*os.get_exec_path(), "/usr/sbin", "/sbin")


@contextmanager
def _folkmoot(data: Path | None) -> Iterator[Target]:
    with serving(ACCOUNTS, data) as place:
        yield ours(place)


@contextmanager
def peer(name: str, parent: Path | None) -> Iterator[Target]:
    """A peer with accounts user0, user1 …, until the block ends. Raises NoServer."""
    directory = Path(tempfile.mkdtemp(prefix=f"{name}-bench-", dir=parent or ON_DISK))
    directory.chmod(0o755)  # it runs as a user of its own, where we are root
    port = _free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "USERS": str(ACCOUNTS),
        "PATTERN": ACCOUNT,
        "PASSWORD": PASSWORD,
        "DOMAIN": DOMAIN,
        "CPUS": first_processor(),
    }
    log = directory / "start.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SCRIPTS / "start-peer.sh", name, directory],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(name, process, directory, log)
        pid = int((directory / "server.pid").read_text("ascii"))
        yield Target("127.0.0.1", port, f"pubsub.{DOMAIN}", f"conference.{DOMAIN}", pid)
    finally:
        _stop(process)
        shutil.rmtree(directory, ignore_errors=True)


def _wait(name: str, process: subprocess.Popen[bytes], directory: Path, log: Path) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while not (directory / "users.ready").exists():
        if process.poll() is not None or time.monotonic() > until:
            said = log.read_text("utf-8", "replace")[-_LOG_CHARS:]
            raise NoServer(f"{name} did not start; it said:\n{said}")
        time.sleep(_PAUSE_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    """The first of some ports in a row that nobody listens at."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
        if port + _PORTS < 65_536 and all(map(_is_free, range(port, port + _PORTS))):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0
