"""The referee: a load generator that is not ours, where its checkout stands beside this one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.fanout import ENTERING_CPU, MUC_PER_CPU, PUBSUB_PER_CPU
from bench.figures import Figure, Sample
from bench.place import ACCOUNT, PASSWORD, ROOMS, SPACES, Place
from bench.sessions import LOG_INS_CPU, LOG_INS_TLS_CPU, PLAIN_SIZE, TLS_SIZE
from bench.storing import ACKNOWLEDGED, WORST

SCRIPT: Final = Path(__file__).parents[2] / "shared" / "bench" / "load.py"

RUN_SECONDS_MAX: Final = 300.0
_SAID_CHARS: Final = 2_000

Result = Mapping[str, Any]
Reader = Callable[[Result], float]


class RefereeFailed(Exception):
    """It could not do its work."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server to be measured: where it listens, its services, and the process to watch."""

    host: str
    port: int
    pubsub: str
    muc: str
    pid: int


@dataclass(frozen=True, slots=True)
class Match:
    """One of its workloads: its arguments, and where in its result our figures are."""

    name: str
    title: str
    arguments: tuple[str, ...]
    figures: Mapping[Figure, Reader]
    tls: bool = False


def _phase(key: str) -> Reader:
    """A figure of the first phase it reports."""
    return lambda result: float(result["phases"][0][key])


MATCHES: Final = (
    Match(
        "pubsub",
        "pubsub-fanout --n 1000",
        ("pubsub-fanout", "--n", "1000"),
        {PUBSUB_PER_CPU: _phase("deliveries_per_srv_cpu_s")},
    ),
    Match(
        "muc",
        "muc-fanout --n 500",
        ("muc-fanout", "--n", "500"),
        {
            MUC_PER_CPU: _phase("deliveries_per_srv_cpu_s"),
            ENTERING_CPU: lambda result: float(result["join"]["srv_cpu_s"]),
        },
    ),
    Match(
        "publish",
        "publish-ack --n 50",
        ("publish-ack", "--n", "50"),
        {ACKNOWLEDGED: _phase("acks_per_s"), WORST: _phase("p99_ms")},
    ),
    Match(
        "sessions",
        "sessions --n 1000",
        ("sessions", "--n", "1000", "--mech", "scram-sha-256"),
        {
            LOG_INS_CPU: _phase("srv_cpu_s_per_1000_logins"),
            PLAIN_SIZE: _phase("rss_per_session_kib"),
        },
    ),
    Match(
        "tls",
        "sessions --n 1000 --tls direct",
        ("sessions", "--n", "1000", "--mech", "scram-sha-256", "--tls", "direct"),
        {
            LOG_INS_TLS_CPU: _phase("srv_cpu_s_per_1000_logins"),
            TLS_SIZE: _phase("rss_per_session_kib"),
        },
        tls=True,
    ),
)

ACCOUNTS: Final = 1_001
"""user0 owns what is made; the others are the load."""


def play(match: Match, place: Place) -> Sample:
    """One run against a server that has just been started. Raises RefereeFailed."""
    result = ask(match.arguments, ours(place, tls=match.tls))
    return {figure: read(result) for figure, read in match.figures.items()}


def ours(place: Place, *, tls: bool = False) -> Target:
    """Our own server, as it takes part."""
    at = place.tls if tls else place.tcp
    return Target(at.host, at.port, SPACES, ROOMS, place.pid)


def ask(arguments: Sequence[str], target: Target) -> Result:
    """What the referee finds out about a server. Raises RefereeFailed."""
    options = {
        "--host": target.host,
        "--port": str(target.port),
        "--pubsub": target.pubsub,
        "--muc": target.muc,
        "--users": ACCOUNT,
        "--password": PASSWORD,
        "--server-pid": str(target.pid),
    }
    words = [word for option in options.items() for word in option]
    command = [sys.executable, str(SCRIPT), *arguments, *words]
    try:
        played = subprocess.run(
            command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise RefereeFailed(f"{arguments[0]} took more than {late.timeout:g} seconds") from late
    if played.returncode != 0:
        raise RefereeFailed(f"{arguments[0]} failed: {played.stderr[-_SAID_CHARS:]}")
    result: Result = json.loads(played.stdout)
    return result
