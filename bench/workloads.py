"""All workloads, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bench import fanout, flood, sessions, storing, trickle
from bench.figures import Sample
from bench.place import Place
from bench.scale import Scale


@dataclass(frozen=True, slots=True)
class Workload:
    """Something to measure. title: what a table calls it; sizes are filled in.

    run: does it once with a server that has just been started.
    paced: the server holds rooms to a pace.
    """

    name: str
    title: str
    run: Callable[[Place, Scale], Awaitable[Sample]]
    paced: bool = False


WORKLOADS: Final = (
    Workload("pubsub", "Pubsub fan-out, {0.subscribers:,} subscribers", fanout.pubsub),
    Workload("muc", "Room of {0.occupants:,} occupants", fanout.muc),
    Workload("flood", "A room beside one that floods", flood.flood, paced=True),
    Workload("publish", "Durable publishing, {0.publishers:,} publishers", storing.publishing),
    Workload("sessions", "{0.sessions:,} sessions", sessions.plain),
    Workload("tls", "{0.sessions:,} sessions over TLS", sessions.tls),
    Workload("approve", "Trickle-down: a member", trickle.approving),
    Workload("add", "Trickle-down: a room", trickle.adding),
    Workload("ban", "Trickle-down: a ban", trickle.banning),
)
