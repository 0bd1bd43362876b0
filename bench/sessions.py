"""Coming and staying: what a log-in costs, and what a session weighs that does nothing."""

from __future__ import annotations

from typing import Final

from bench.client import crowd
from bench.figures import Figure, Goal, Sample
from bench.place import Clocks, Place
from bench.scale import Scale

LOG_INS_CPU: Final = Figure("1,000 log-ins", "CPU-seconds", digits=2, goal=Goal(1.2, at_most=True))
LOG_INS_TLS_CPU: Final = Figure("1,000 log-ins with TLS", "CPU-seconds", digits=2)
PLAIN_SIZE: Final = Figure("idle session", "KiB", digits=1, goal=Goal(60, at_most=True))
TLS_SIZE: Final = Figure("idle session with TLS", "KiB", digits=1, goal=Goal(100, at_most=True))

WARM_UP: Final = 20
"""Log-ins before what is measured: what the server makes once is not a session's."""


async def plain(place: Place, scale: Scale) -> Sample:
    """Sessions over TCP without TLS."""
    used, kibibytes = await _sessions(place, scale, tls=False)
    return {LOG_INS_CPU: used.server * 1_000 / scale.sessions, PLAIN_SIZE: kibibytes}


async def tls(place: Place, scale: Scale) -> Sample:
    """Sessions over TLS from the first byte (XEP-0368)."""
    used, kibibytes = await _sessions(place, scale, tls=True)
    return {LOG_INS_TLS_CPU: used.server * 1_000 / scale.sessions, TLS_SIZE: kibibytes}


async def _sessions(place: Place, scale: Scale, *, tls: bool) -> tuple[Clocks, float]:
    """What log-ins use, each up to its own presence, and what each session then weighs, in KiB."""
    numbers = range(1, 1 + scale.sessions)
    async with crowd(place, numbers[:WARM_UP], tls=tls):
        pass
    await place.quiet()
    bytes_before, began = place.resident_bytes(), place.clocks()
    async with crowd(place, numbers, tls=tls):
        used = place.clocks().since(began)
        await place.quiet()
        grown = place.resident_bytes() - bytes_before
    return used, grown / 1024 / scale.sessions
