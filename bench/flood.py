"""One room floods; what another notices of it (docs/configuration.md, `[rooms]`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

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
OFFERED: Final = Figure("messages the flood sent", "per second")
PASSED: Final = Figure("messages of the flood that passed", "per second")

FLOODERS_MAX: Final = 20
"""How many people flood a room at once."""

AT_ONCE: Final = 10
TURN_SECONDS: Final = 0.01
"""Each of them sends so many messages, again and again after so long."""

PAUSE_SECONDS: Final = 0.12
"""Between what is said in the quiet room, which is within its pace."""

QUIET: Final = "quiet"
LOUD: Final = "loud"


async def flood(place: Place, scale: Scale) -> Sample:
    """Two people talk, one message at a time; then as well while others flood another room."""
    count = min(FLOODERS_MAX, scale.occupants - 1)
    async with crowd(place, range(2 + count)) as (speaker, hearer, *flooders):
        for room, people in ((QUIET, (speaker, hearer)), (LOUD, flooders)):
            await _together(room, people)
        tally, told = Tally(), Tally()
        speaker.count(Tally())
        hearer.count(tally, sampled=True)
        for flooder in flooders:
            flooder.count(told)
        await _talk(scale.seconds, speaker, tally)
        calm, tally.delays = tally.delays, []
        loop = asyncio.get_running_loop()
        began = loop.time()
        sent = Tally()
        flooding = asyncio.ensure_future(_flood(flooders, sent))
        await _talk(scale.seconds, speaker, tally)
        flooding.cancel()
        seconds = loop.time() - began
    return {
        BESIDE_WORST: percentile(tally.delays, 0.99) * 1e3,
        BESIDE_MIDDLE: percentile(tally.delays, 0.5) * 1e3,
        CALM_WORST: percentile(calm, 0.99) * 1e3,
        CALM_MIDDLE: percentile(calm, 0.5) * 1e3,
        OFFERED: rate(sent.count, seconds),
        PASSED: rate(told.count / count, seconds),
    }


async def _together(room: str, people: Sequence[Client]) -> None:
    """All enter a room that the first of them makes."""
    for number, each in enumerate(people):
        entered = each.hope(lambda stanza: words.is_own_presence(stanza, room))
        each.say(words.enter(room, f"nick{number}"))
        if (await soon(entered)).get("type") == "error":
            raise Refusal(f"{each.jid} could not enter {room}")
        if number == 0:
            await each.ask("set", words.room(room), words.configure_room())


async def _talk(seconds: float, speaker: Client, tally: Tally) -> None:
    """Say something, wait until it is heard, and then for a while."""
    prepared, loop = words.prepared_groupchat(QUIET), asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        speaker.send(stamped(prepared))
        await tally.reach(tally.count + 1)
        await asyncio.sleep(PAUSE_SECONDS)


async def _flood(flooders: Sequence[Client], sent: Tally) -> None:
    """As much as the connections take, until cancelled."""
    message = words.prepared_groupchat(LOUD)
    while True:
        for flooder in flooders:
            if flooder.clear:
                for _ in range(AT_ONCE):
                    flooder.send(message)
                sent.add(AT_ONCE)
        await asyncio.sleep(TURN_SECONDS)
