"""`kill -9` in the middle of work: nothing that was acknowledged is missing afterwards."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

import pytest
import slixmpp

from folkmoot.client import Access, Affiliation, NoAnswer, Other, Request, Said, SpaceAddress, State
from folkmoot.client.writing import element
from folkmoot.demo.actor import Actor
from folkmoot.xmpp.jid import JID
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACKNOWLEDGED_MIN: Final = 60
"""How much of each kind is acknowledged before the server is killed."""

SAID_MAX: Final = 90
"""How much is said: a room takes 100 messages of one person at once, and then slows them down."""


class Busy:
    """Juliet, who does a lot at once until the server is gone.

    acknowledged: of each kind of work the numbers that were answered, in order.
    """

    def __init__(self, juliet: Actor, town: Town, away: JID) -> None:
        self.juliet = juliet
        self.house = SpaceAddress.of(str(town.place.spaces), "Capulet1")
        self.sonnets = SpaceAddress.of(str(town.place.spaces), "sonnets")
        self.room = slixmpp.JID(f"balcony@{town.place.rooms}")
        self.away = away
        self.works: dict[str, Callable[[int], Awaitable[object]]] = {
            "items": self._publish,
            "affiliations": self._affiliate,
            "subscriptions": self._subscribe,
            "contacts": self._befriend,
            "history": self._talk,
            "waiting": self._write,
        }
        self.acknowledged: dict[str, list[int]] = {kind: [] for kind in self.works}
        self._more = asyncio.Event()

    async def prepare(self) -> None:
        """Two spaces, and a room in the first."""
        spaces, service = self.juliet.spaces, self.house.service
        for address, access in ((self.house, Access.AUTHORIZE), (self.sonnets, Access.WHITELIST)):
            await spaces.create(service, address.node, title="Verona", access=access)
        await spaces.rooms.create(self.house, self.room, "Balcony", nick="juliet")

    async def work(self) -> None:
        """All kinds at once, one after another of each, as long as somebody answers."""
        await asyncio.gather(*(self._repeat(kind) for kind in self.works))

    async def enough(self) -> None:
        """Until enough of each kind is acknowledged."""
        while any(len(done) < ACKNOWLEDGED_MIN for done in self.acknowledged.values()):
            self._more.clear()
            await self._more.wait()

    async def _repeat(self, kind: str) -> None:
        for number in range(SAID_MAX) if kind == "history" else itertools.count():
            await self.works[kind](number)
            self.acknowledged[kind].append(number)
            self._more.set()

    def _named(self, name: str) -> slixmpp.JID:
        return slixmpp.JID(f"{name}@{self.juliet.jid.domain}")

    async def _publish(self, number: int) -> None:
        line = Other(str(number), element("urn:example:verse", "line"))
        await self.juliet.spaces.put(self.sonnets, line)

    async def _affiliate(self, number: int) -> None:
        jid = self._named(f"member-{number}")
        await self.juliet.spaces.set_affiliation(self.house, jid, Affiliation.MEMBER)

    async def _subscribe(self, number: int) -> None:
        jid = self._named(f"subscriber-{number}")
        await self.juliet.spaces.approve(Request(self.house, jid))

    async def _befriend(self, number: int) -> None:
        await self.juliet.xmpp.update_roster(self._named(f"friend-{number}"))

    async def _talk(self, number: int) -> None:
        await self.juliet.spaces.rooms.say(self.room, str(number))

    async def _write(self, number: int) -> None:
        self.juliet.xmpp.send_message(mto=str(self.away), mbody=str(number), mtype="chat")
        # A message has no answer. That of the first ping says that it was looked at, that of the
        # second that what was done about it is kept.
        await self.juliet.is_up_to_date()
        await self.juliet.is_up_to_date()


async def test_nothing_acknowledged_is_lost(own_town: Town) -> None:
    """Six kinds of work at once, and what was answered before the kill is there after it."""
    town = own_town
    busy = Busy(await town.guest("juliet"), town, await town.account("romeo"))
    await busy.prepare()
    working = asyncio.ensure_future(busy.work())
    enough = asyncio.ensure_future(busy.enough())
    await asyncio.wait((working, enough), return_when=asyncio.FIRST_COMPLETED)
    await town.child.kill()
    working.cancel()
    with suppress(asyncio.CancelledError, NoAnswer):
        await working
    await town.empties()
    town.holder = await town.child.start()
    juliet = await town.guest("juliet")
    members = await juliet.spaces.members(busy.house)
    found = {
        "items": {int(item.id) for item in (await juliet.spaces.content(busy.sonnets)).others},
        "affiliations": numbers(
            (each.jid for each in members if each.affiliation is Affiliation.MEMBER), "member"
        ),
        "subscriptions": numbers(
            (each.jid for each in members if each.state is State.SUBSCRIBED), "subscriber"
        ),
        "contacts": numbers(map(slixmpp.JID, juliet.xmpp.client_roster), "friend"),
        "waiting": waiting(await town.guest("romeo")),
    }
    for kind, kept in found.items():
        lost = set(busy.acknowledged[kind]) - kept
        assert not lost, f"{kind}: {len(lost)} of {len(busy.acknowledged[kind])} are lost"
    # A room tells who enters no more than its last words: these have to be the last, and whole.
    said = await history(juliet, busy.room)
    assert said[-1] >= busy.acknowledged["history"][-1]
    assert said == list(range(said[0], said[-1] + 1))


def numbers(jids: Iterable[slixmpp.JID], name: str) -> set[int]:
    """The numbers in the JIDs of those who are called by this name and a number."""
    locals = [jid.local for jid in jids]
    return {int(local.removeprefix(f"{name}-")) for local in locals if local.startswith(name)}


def waiting(romeo: Actor) -> set[int]:
    """What had waited for him."""
    return {int(what["body"]) for name, what in romeo.heard if name == "message"}


async def history(juliet: Actor, room: slixmpp.JID) -> list[int]:
    """What is said again in the room."""
    await juliet.spaces.rooms.enter(room, "juliet", history=1_000)
    await juliet.is_up_to_date()
    return [int(what.text) for _, what in juliet.heard if isinstance(what, Said)]
