"""One says it, many hear it: a node with subscribers, and a room with occupants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bench import words
from bench.client import Client, Refusal, crowd, soon
from bench.figures import Figure, Goal, Sample, percentile, rate
from bench.place import SPACES, Clocks, Place
from bench.scale import Scale
from bench.tally import Stalled, Tally, stamped

PUBSUB_PER_CPU: Final = Figure("deliveries", "per CPU-second", goal=Goal(45_000))
PUBSUB_PER_SECOND: Final = Figure("deliveries", "per second")
MUC_PER_CPU: Final = Figure("messages delivered", "per CPU-second", goal=Goal(60_000))
MUC_PER_SECOND: Final = Figure("messages delivered", "per second")

MIDDLE: Final = Figure("delay with a full window, p50", "ms", digits=1)
WORST: Final = Figure("delay with a full window, p99", "ms", digits=1)
ALONE: Final = Figure("delay of one at a time, p99", "ms", digits=1)

ENTERING_CPU: Final = Figure("all enter at once", "CPU-seconds", digits=2)
ENTERING_SECONDS: Final = Figure("all enter at once", "seconds", digits=2)
PRESENCES_PER_CPU: Final = Figure("presences while they enter", "per CPU-second", goal=Goal(50_000))

SAMPLED: Final = 20
"""How many of the hearers look at the clock at each delivery."""

WARM_UP_SHARE: Final = 0.1
"""Of the time of a load; also what is sent one at a time takes so long."""

NODE: Final = "fanout"
ROOM: Final = "hall"
OWNER: Final = "owner"


@dataclass(frozen=True, slots=True)
class Load:
    """What a fan-out came to.

    delays: in seconds, those of the sampled hearers. alone: the same, of what was sent only once
    everyone had what was sent before.
    """

    deliveries: int
    used: Clocks
    delays: Sequence[float] = ()
    alone: Sequence[float] = ()


async def pubsub(place: Place, scale: Scale) -> Sample:
    """Items published to an open, persistent node, to subscribers who are all online."""
    async with crowd(place, range(1 + scale.subscribers)) as (owner, *subscribers):
        await owner.ask("set", SPACES, words.create_node(NODE))
        await asyncio.gather(
            *(each.ask("set", SPACES, words.subscribe(NODE, each.account)) for each in subscribers)
        )
        load = await _loaded(place, scale, owner, words.prepared_publish(NODE), subscribers)
    return {
        PUBSUB_PER_CPU: rate(load.deliveries, load.used.server),
        PUBSUB_PER_SECOND: rate(load.deliveries, load.used.wall),
        MIDDLE: percentile(load.delays, 0.5) * 1e3,
        WORST: percentile(load.delays, 0.99) * 1e3,
        ALONE: percentile(load.alone, 0.99) * 1e3,
    }


async def muc(place: Place, scale: Scale) -> Sample:
    """A persistent, non-anonymous room that all enter at once, and messages of one of them."""
    async with crowd(place, range(1 + scale.occupants)) as (owner, *occupants):
        entered = owner.hope(lambda stanza: words.is_own_presence(stanza, ROOM))
        owner.say(words.enter(ROOM, OWNER))
        if (await soon(entered)).get("type") == "error":
            raise Refusal("the room could not be made")
        await owner.ask("set", words.room(ROOM), words.configure_room())
        left = owner.hope(lambda stanza: words.is_own_presence(stanza, ROOM))
        owner.say(words.leave(ROOM, OWNER))
        await soon(left)
        entering = await _enter_at_once(place, occupants)
        speaker = occupants[0]
        load = await _loaded(place, scale, speaker, words.prepared_groupchat(ROOM), occupants)
    return {
        MUC_PER_CPU: rate(load.deliveries, load.used.server),
        MUC_PER_SECOND: rate(load.deliveries, load.used.wall),
        MIDDLE: percentile(load.delays, 0.5) * 1e3,
        WORST: percentile(load.delays, 0.99) * 1e3,
        ALONE: percentile(load.alone, 0.99) * 1e3,
        ENTERING_CPU: entering.used.server,
        ENTERING_SECONDS: entering.used.wall,
        PRESENCES_PER_CPU: rate(entering.deliveries, entering.used.server),
    }


async def _enter_at_once(place: Place, occupants: Sequence[Client]) -> Load:
    """Everyone's presence, to everyone, themselves included (XEP-0045 §7.2.2)."""
    tally = Tally()
    for occupant in occupants:
        occupant.count(tally)
    began = place.clocks()
    for number, occupant in enumerate(occupants):
        occupant.say(words.enter(ROOM, f"nick{number}", counted=True))
    await tally.reach(len(occupants) ** 2)
    used = place.clocks().since(began)
    for occupant in occupants:
        occupant.read()
    return Load(tally.count, used)


async def _loaded(
    place: Place, scale: Scale, speaker: Client, prepared: bytes, hearers: Sequence[Client]
) -> Load:
    """As much as the server can take: `scale.window` stanzas are on their way at all times."""
    tally, fan = Tally(), len(hearers)
    step = max(1, fan // SAMPLED)
    for number, hearer in enumerate(hearers):
        hearer.count(tally, sampled=number % step == 0)
    try:
        await _repeat(scale.seconds * WARM_UP_SHARE, scale.window, speaker, prepared, fan, tally)
        tally.delays = []
        before, began = tally.count, place.clocks()
        await _repeat(scale.seconds, scale.window, speaker, prepared, fan, tally)
        used = place.clocks().since(began)
        load = Load(tally.count - before, used, tally.delays)
        tally.delays = []
        await _repeat(scale.seconds * WARM_UP_SHARE, 1, speaker, prepared, fan, tally)
    except Stalled as stalled:
        raise Stalled(f"{stalled}; the server said {speaker.refused or 'nothing'}") from None
    return replace(load, alone=tally.delays)


async def _repeat(
    seconds: float, window: int, speaker: Client, prepared: bytes, fan: int, tally: Tally
) -> None:
    """Say it again and again, `window` of them under way, until all is heard."""
    loop = asyncio.get_running_loop()
    sent, before, until = 0, tally.count, loop.time() + seconds
    while loop.time() < until:
        speaker.send(stamped(prepared))
        sent += 1
        await tally.reach(before + (sent - window + 1) * fan)
    await tally.reach(before + sent * fan)
