"""Publish, wait until it is kept, publish again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from bench import words
from bench.client import Client, agreed, crowd, soon
from bench.fanout import WARM_UP_SHARE
from bench.figures import Figure, Goal, Sample, percentile, rate
from bench.place import SPACES, Place
from bench.scale import Scale
from bench.tally import BLANK, STAMP_DIGITS, stamped

ACKNOWLEDGED: Final = Figure("items acknowledged", "per second", goal=Goal(2_500))
ACKNOWLEDGED_PER_CPU: Final = Figure("items acknowledged", "per CPU-second")
MIDDLE: Final = Figure("until the answer, p50", "ms", digits=1)
WORST: Final = Figure("until the answer, p99", "ms", digits=1, goal=Goal(60, at_most=True))

_ID_AT: Final = f"id='{BLANK}'".encode()


async def publishing(place: Place, scale: Scale) -> Sample:
    """Publishers with a node each, each with one item under way; an answer is an item on disk."""
    async with crowd(place, range(1, 1 + scale.publishers)) as publishers:
        for number, publisher in enumerate(publishers):
            await publisher.ask("set", SPACES, words.create_node(_node(number)))
        await _publish_all(publishers, scale.seconds * WARM_UP_SHARE)
        began = place.clocks()
        delays = await _publish_all(publishers, scale.seconds)
        used = place.clocks().since(began)
    return {
        ACKNOWLEDGED: rate(len(delays), used.wall),
        ACKNOWLEDGED_PER_CPU: rate(len(delays), used.server),
        MIDDLE: percentile(delays, 0.5) * 1e3,
        WORST: percentile(delays, 0.99) * 1e3,
    }


def _node(number: int) -> str:
    return f"diary{number}"


async def _publish_all(publishers: Sequence[Client], seconds: float) -> list[float]:
    delays: list[float] = []
    async with asyncio.TaskGroup() as group:
        for number, publisher in enumerate(publishers):
            group.create_task(_publish(publisher, _node(number), seconds, delays))
    return delays


async def _publish(publisher: Client, node: str, seconds: float, delays: list[float]) -> None:
    """One item after the other."""
    prepared = words.prepared_publish(node)
    at = prepared.index(_ID_AT) + len("id='")
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until:
        stanza = stamped(prepared)
        answer = publisher.answer(stanza[at : at + STAMP_DIGITS].decode())
        publisher.send(stanza)
        agreed(await soon(answer))
        delays.append(time.monotonic() - began)
