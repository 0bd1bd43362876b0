"""One room floods; what another notices of it (docs/configuration.md, `[rooms]`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from bench import words
from bench.client import Client, Refusal, crowd, soon
from bench.figures import Figure, Sample, percentile, rate
from bench.place import Place
from bench.scale import Scale
from bench.tally import Tally, stamped

CALM_MIDDLE: Final = Figure("a quiet room, alone, p50", "ms", digits=1)
CALM_WORST: Final = Figure("a quiet room, alone, p99", "ms", digits=1)
BESIDE_MIDDLE: Final = Figure("a quiet room beside a flooding one, p50", "ms", digits=1)
BESIDE_WORST: Final = Figure("a quiet room beside a flooding one, p99", "ms", digits=1)
PACKED_MIDDLE: Final = Figure("the same, of 300 people, 20 of whom flood, p50", "ms", digits=1)
PACKED_WORST: Final = Figure("the same, of 300 people, 20 of whom flood, p99", "ms", digits=1)
OFFERED: Final = Figure("messages the flood sent", "per second")
PASSED: Final = Figure("messages of the flood that passed", "per second")

FLOODERS_MAX: Final = 20
"""How many people flood a room at once."""

PACKED_MAX: Final = 300
"""How many people are in a flooding room that is packed."""

AT_ONCE: Final = 10
TURN_SECONDS: Final = 0.01
"""Each of them sends so many messages, again and again after so long."""

PAUSE_SECONDS: Final = 0.12
"""Between what is said in the quiet room, which is within its pace."""

QUIET: Final = "quiet"
LOUD: Final = "loud"
PACKED: Final = "packed"


async def flood(place: Place, scale: Scale) -> Sample:
    """Two people talk, one message at a time; then as well while others flood another room."""
    few = min(FLOODERS_MAX, scale.occupants // 3)
    packed = min(PACKED_MAX, scale.occupants - few)
    async with crowd(place, range(2 + few + packed)) as (speaker, hearer, *others):
        loud, full = others[:few], others[few:]
        for room, people in ((QUIET, (speaker, hearer)), (LOUD, loud), (PACKED, full)):
            await _together(room, people)
        tally, told = Tally(), Tally()
        speaker.count(Tally())
        hearer.count(tally, sampled=True)
        for each in others:
            each.count(told if each in loud else Tally())
        calm = await _talk(scale.seconds, speaker, tally)
        beside = await _beside(LOUD, loud, scale.seconds, speaker, tally)
        passed = told.count / few
        crowded = await _beside(PACKED, full[:few], scale.seconds, speaker, tally)
    return {
        BESIDE_WORST: percentile(beside.delays, 0.99) * 1e3,
        BESIDE_MIDDLE: percentile(beside.delays, 0.5) * 1e3,
        PACKED_WORST: percentile(crowded.delays, 0.99) * 1e3,
        PACKED_MIDDLE: percentile(crowded.delays, 0.5) * 1e3,
        CALM_WORST: percentile(calm, 0.99) * 1e3,
        CALM_MIDDLE: percentile(calm, 0.5) * 1e3,
        OFFERED: rate(beside.sent, beside.seconds),
        PASSED: rate(passed, beside.seconds),
    }


class Beside(NamedTuple):
    """What a quiet room noticed of a flood, which sent so much within so long.

    delays: in seconds, of what was said in the quiet room.
    """

    delays: Sequence[float]
    sent: int
    seconds: float


async def _beside(
    room: str, flooders: Sequence[Client], seconds: float, speaker: Client, tally: Tally
) -> Beside:
    loop, sent = asyncio.get_running_loop(), Tally()
    began = loop.time()
    flooding = asyncio.ensure_future(_flood(room, flooders, sent))
    delays = await _talk(seconds, speaker, tally)
    flooding.cancel()
    return Beside(delays, sent.count, loop.time() - began)


async def _together(room: str, people: Sequence[Client]) -> None:
    """All enter a room that the first of them makes."""
    for number, each in enumerate(people):
        entered = each.hope(lambda stanza: words.is_own_presence(stanza, room))
        each.say(words.enter(room, f"nick{number}"))
        if (await soon(entered)).get("type") == "error":
            raise Refusal(f"{each.jid} could not enter {room}")
        if number == 0:
            await each.ask("set", words.room(room), words.configure_room())


async def _talk(seconds: float, speaker: Client, tally: Tally) -> Sequence[float]:
    """Say something, wait until it is heard, and then for a while; gives the delays."""
    prepared, loop = words.prepared_groupchat(QUIET), asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        speaker.send(stamped(prepared))
        await tally.reach(tally.count + 1)
        await asyncio.sleep(PAUSE_SECONDS)
    delays, tally.delays = tally.delays, []
    return delays


async def _flood(room: str, flooders: Sequence[Client], sent: Tally) -> None:
    """As much as the connections take, until cancelled."""
    message = words.prepared_groupchat(room)
    while True:
        for flooder in flooders:
            if flooder.clear:
                for _ in range(AT_ONCE):
                    flooder.send(message)
                sent.add(AT_ONCE)
        await asyncio.sleep(TURN_SECONDS)
