"""What a change in a space costs, by how much hangs on it (docs/extensions/inheritance.md)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Final, TypeVar

from bench import words
from bench.client import Client, Refusal, Wanted, crowd, soon
from bench.figures import Figure, Goal, Sample, percentile
from bench.place import ACCOUNT, SPACES, Place
from bench.scale import Scale

T = TypeVar("T")

OWNER: Final = "owner"
PROBES: Final = 3
"""How many of the new members try the first, the middle and the last room."""

AT_ONCE: Final = 50
"""How much of the preparation is under way at a time."""

APPROVED_AT_ONCE: Final = 100

ELSEWHERE: Final = "elsewhere.example"
"""Where those members of a space are who are not online."""


def approval_cpu(rooms: int) -> Figure:
    """For one new member of all rooms of a space."""
    goal = Goal(3, at_most=True)
    return Figure(f"a member more, space of {rooms:,} rooms", "CPU-ms", digits=2, goal=goal)


def approval_rows(rooms: int) -> Figure:
    """For the same."""
    return Figure(f"a member more, space of {rooms:,} rooms", "rows written", digits=1)


def addition_cpu(members: int) -> Figure:
    """For one new room that all members of a space may enter."""
    goal = Goal(10, at_most=True)
    return Figure(f"a room more, space of {members:,} members", "CPU-ms", digits=2, goal=goal)


def addition_rows(members: int) -> Figure:
    """For the same."""
    return Figure(f"a room more, space of {members:,} members", "rows written", digits=1)


async def approving(place: Place, scale: Scale) -> Sample:
    """Members approved one by one, in spaces with ever more rooms."""
    sample: dict[Figure, float] = {}
    async with crowd(place, range(1 + scale.changes)) as (owner, *members):
        for height in scale.heights:
            sample |= await _approve(place, owner, members, height)
    return sample


async def _approve(
    place: Place, owner: Client, members: Sequence[Client], height: int
) -> dict[Figure, float]:
    space = f"rooms{height}"
    await owner.ask("set", SPACES, words.create_node(space, space=True))
    rooms = [f"{space}-{number}" for number in range(height)]
    await _at_once(lambda room: _add_room(owner, space, room), rooms)
    for member in members:
        await member.ask("set", SPACES, words.subscribe(space, member.account))
    rows, began = place.rows(), place.clocks()
    for member in members:
        await owner.ask("set", SPACES, words.approve(space, (member.account,)))
    used = place.clocks().since(began)
    written = len(place.rows() - rows)
    for member in members[:PROBES]:
        for room in (rooms[0], rooms[height // 2], rooms[-1]):
            await _visit(member, room, "probe")
    return {
        approval_cpu(height): used.server * 1e3 / len(members),
        approval_rows(height): written / len(members),
    }


async def adding(place: Place, scale: Scale) -> Sample:
    """Rooms made and listed one by one, in spaces with ever more members; some are online."""
    sample: dict[Figure, float] = {}
    async with crowd(place, range(1 + PROBES)) as (owner, *online):
        for height in scale.crowds:
            sample |= await _add(place, owner, online, height, scale.changes)
    return sample


async def _add(
    place: Place, owner: Client, online: Sequence[Client], height: int, count: int
) -> dict[Figure, float]:
    space = f"members{height}"
    await owner.ask("set", SPACES, words.create_node(space, space=True))
    here = [each.account for each in online[:height]]
    # Accounts here that are offline would each have a message kept, ten thousand of them.
    away = (f"{ACCOUNT % number}@{ELSEWHERE}" for number in range(height - len(here)))
    members = chain(here, away)
    while some := list(islice(members, APPROVED_AT_ONCE)):
        await owner.ask("set", SPACES, words.approve(space, some))
    rooms = [f"{space}-{number}" for number in range(count)]
    await place.quiet()
    rows, began = place.rows(), place.clocks()
    for room in rooms:
        await _add_room(owner, space, room)
    used = place.clocks().since(began)
    written = len(place.rows() - rows)
    for member in online[:height]:
        await _visit(member, rooms[-1], "probe")
    return {
        addition_cpu(height): used.server * 1e3 / count,
        addition_rows(height): written / count,
    }


def ban_delay(rooms: int) -> Figure:
    """From the owner's request until the last room has heard that somebody is out."""
    goal = Goal(100, at_most=True)
    return Figure(f"out of {rooms:,} rooms", "ms until the last has heard", digits=1, goal=goal)


def ban_cpu(rooms: int) -> Figure:
    """For the same."""
    return Figure(f"out of {rooms:,} rooms", "CPU-ms", digits=1)


async def banning(place: Place, scale: Scale) -> Sample:
    """Members of a space who are in all its rooms are banned; somebody in all rooms looks on."""
    space, rooms = "banned", [f"banned-{number}" for number in range(scale.banned)]
    delays: list[float] = []
    async with crowd(place, range(2 + PROBES)) as (owner, witness, *members):
        await owner.ask("set", SPACES, words.create_node(space, space=True))
        await _at_once(lambda room: _add_room(owner, space, room), rooms)
        accounts = [each.account for each in (witness, *members)]
        await owner.ask("set", SPACES, words.approve(space, accounts))
        for number, member in enumerate((witness, *members)):
            for room in rooms:
                await _enter(member, room, f"nick{number}")
        began = place.clocks()
        for number, member in enumerate(members, 1):
            seen = [witness.hope(_gone(f"{words.room(room)}/nick{number}")) for room in rooms]
            asked = time.perf_counter()
            await owner.ask("set", SPACES, words.ban(space, member.account))
            for each in seen:
                await soon(each)
            delays.append(time.perf_counter() - asked)
        used = place.clocks().since(began)
    return {
        ban_delay(scale.banned): percentile(delays, 0.5) * 1e3,
        ban_cpu(scale.banned): used.server * 1e3 / len(members),
    }


def _gone(occupant: str) -> Wanted:
    return lambda stanza: stanza.get("from") == occupant and stanza.get("type") == "unavailable"


async def _add_room(owner: Client, space: str, room: str) -> None:
    """As a client makes a room of a space: enter, configure, list, and here also leave."""
    await _enter(owner, room, OWNER)
    await owner.ask("set", words.room(room), words.configure_room(space=space))
    await owner.ask("set", SPACES, words.list_room(space, room))
    await _leave(owner, room, OWNER)


async def _visit(member: Client, room: str, nick: str) -> None:
    """Enter, which only members can, and leave."""
    await _enter(member, room, nick)
    await _leave(member, room, nick)


async def _enter(client: Client, room: str, nick: str) -> None:
    entered = client.hope(lambda stanza: words.is_own_presence(stanza, room))
    client.say(words.enter(room, nick))
    answer = await soon(entered)
    if answer.get("type") == "error":
        raise Refusal(f"{client.jid} could not enter {room}: {answer}")


async def _leave(client: Client, room: str, nick: str) -> None:
    left = client.hope(lambda stanza: words.is_own_presence(stanza, room))
    client.say(words.leave(room, nick))
    await soon(left)


async def _at_once(work: Callable[[T], Awaitable[None]], things: Iterable[T]) -> None:
    """Do something with each of many things, some at a time."""
    waiting = iter(things)

    async def some() -> None:
        for thing in waiting:
            await work(thing)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(some())
