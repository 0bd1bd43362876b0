"""`kill -9` in the middle of work: nothing that was acknowledged is missing afterwards."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from folkmoot.demo import stanzas
from folkmoot.demo.cast import Person
from folkmoot.demo.client import ROSTER, Client, Unexpected
from folkmoot.demo.story import items_of
from folkmoot.demo.survival import last_of
from folkmoot.facades.pubsub.ns import OWNER
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.clients.town import PASSWORD, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACKNOWLEDGED_MIN: Final = 60
"""How much of each kind is acknowledged before the server is killed."""

KEY: Final = "Capulet1"
NODE: Final = "sonnets"


class Busy:
    """Juliet, who does a lot at once until the server is gone.

    acknowledged: of each kind of work the numbers that were answered, in order.
    """

    def __init__(self, juliet: Client, spaces: JID, room: JID, away: JID) -> None:
        self.juliet = juliet
        self.spaces = spaces
        self.room = room
        self.away = away
        self.killed = False
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
        """A space, a node in which she publishes, and a room."""
        await self.juliet.ask(stanzas.create_space(self.spaces, KEY, "House of Capulet"))
        await self.juliet.ask(stanzas.create_node(self.spaces, NODE))
        await self.juliet.send(stanzas.enter(self.room, "juliet"))
        await self.juliet.expect(stanzas.entered(self.room, "juliet", "owner"))
        await self.juliet.ask(stanzas.configure_room(self.room, "Balcony", self.spaces, KEY))

    async def work(self) -> None:
        """All kinds at once, one after another of each, until nobody answers any more."""
        await asyncio.gather(*(self._repeat(kind) for kind in self.works))

    async def enough(self) -> None:
        """Until enough of each kind is acknowledged."""
        while any(len(done) < ACKNOWLEDGED_MIN for done in self.acknowledged.values()):
            self._more.clear()
            await self._more.wait()

    async def _repeat(self, kind: str) -> None:
        for number in itertools.count():
            try:
                await self.works[kind](number)
            except Unexpected:
                if self.killed:
                    return
                raise
            self.acknowledged[kind].append(number)
            self._more.set()
            if self.killed:
                return

    async def _publish(self, number: int) -> object:
        return await self.juliet.ask(stanzas.publish(self.spaces, NODE, str(number), "A sonnet"))

    async def _affiliate(self, number: int) -> object:
        jid = JID.parse(f"member-{number}@{self.juliet.jid.domain}")
        return await self.juliet.ask(stanzas.set_affiliation(self.spaces, KEY, jid, "member"))

    async def _subscribe(self, number: int) -> object:
        jid = f"subscriber-{number}@{self.juliet.jid.domain}"
        row = Element(OWNER, "subscription", {"jid": jid, "subscription": "subscribed"})
        rows = Element(OWNER, "subscriptions", {"node": KEY}, row)
        request = stanzas.iq("set", self.spaces, Element(OWNER, "pubsub", None, rows))
        return await self.juliet.ask(request)

    async def _befriend(self, number: int) -> object:
        item = Element(ROSTER, "item", {"jid": f"friend-{number}@{self.juliet.jid.domain}"})
        return await self.juliet.ask(stanzas.iq("set", None, Element(ROSTER, "query", None, item)))

    async def _talk(self, number: int) -> object:
        await self.juliet.send(stanzas.say(self.room, str(number)))
        return await self.juliet.expect(stanzas.said(self.room, "juliet", str(number)))

    async def _write(self, number: int) -> None:
        body = stanzas.body(str(number))
        await self.juliet.send(stanzas.message(body, to=str(self.away), type="chat"))
        # A message has no answer. That of the first ping says that it was looked at, that of the
        # second that what was done about it is kept.
        await self.juliet.sync()
        await self.juliet.sync()


async def test_nothing_acknowledged_is_lost(own_town: Town) -> None:
    """Six kinds of work at once, and what was answered before the kill is there after it."""
    town = own_town
    juliet = await enter(town, "juliet")
    romeo = await town.account("romeo")
    room = JID.parse(f"balcony@{town.place.rooms}")
    busy = Busy(juliet, town.place.spaces, room, romeo)
    await busy.prepare()
    working = asyncio.ensure_future(busy.work())
    enough = asyncio.ensure_future(busy.enough())
    await asyncio.wait((working, enough), return_when=asyncio.FIRST_COMPLETED)
    busy.killed = True
    await town.child.kill()
    await working
    await juliet.close()
    town.holder = await town.child.start()
    juliet = await enter(town, "juliet")
    found = {
        "items": await published(juliet, town.place.spaces),
        "affiliations": await listed(juliet, town.place.spaces, "affiliations", "member"),
        "subscriptions": await listed(juliet, town.place.spaces, "subscriptions", "subscriber"),
        "contacts": await contacts(juliet),
        "waiting": await waiting(await enter(town, "romeo")),
    }
    for kind, numbers in found.items():
        lost = set(busy.acknowledged[kind]) - numbers
        assert not lost, f"{kind}: {len(lost)} of {len(busy.acknowledged[kind])} are lost"
    # A room tells who enters no more than its last words: these have to be the last, and whole.
    said = await history(juliet, room)
    assert said[-1] >= busy.acknowledged["history"][-1]
    assert said == list(range(said[0], said[-1] + 1))


async def enter(town: Town, name: str) -> Client:
    """Somebody who is logged in with our own client, and available."""
    jid = await town.account(name)
    person = Person(name, jid, PASSWORD)
    client = await town.place.enter(person)
    await client.send(stanzas.presence())
    await client.sync()
    return client


async def published(juliet: Client, spaces: JID) -> set[int]:
    """The items that are there."""
    found: set[int] = set()
    after = ""
    while page := items_of(answer := await juliet.ask(stanzas.retrieve(spaces, NODE, after))):
        found.update(int(item.get("id", "")) for item in page)
        after = last_of(answer)
    return found


async def listed(juliet: Client, spaces: JID, rows: str, name: str) -> set[int]:
    """Whom the space has rows of."""
    outer = (await juliet.ask(stanzas.listing(spaces, KEY, rows))).first
    assert outer is not None and outer.first is not None
    return numbers(outer.first.elements, name)


async def contacts(juliet: Client) -> set[int]:
    """Who is in her roster."""
    query = (await juliet.ask(stanzas.roster())).first
    assert query is not None
    return numbers(query.elements, "friend")


def numbers(rows: list[Element], name: str) -> set[int]:
    """The numbers in the JIDs of those who are called by this name and a number."""
    locals = [JID.parse(row.get("jid", "")).local for row in rows]
    return {int(local.removeprefix(f"{name}-")) for local in locals if local.startswith(name)}


async def waiting(romeo: Client) -> set[int]:
    """What had waited for him."""
    return set(bodies(romeo, "chat"))


async def history(juliet: Client, room: JID) -> list[int]:
    """What is said again in the room."""
    await juliet.send(stanzas.enter(room, "juliet", history=None))
    await juliet.expect(stanzas.entered(room, "juliet", "owner"))
    await juliet.sync()
    return bodies(juliet, "groupchat")


def bodies(client: Client, type: str) -> list[int]:
    """The numbers that have come as messages of a type."""
    found = [each.child(CLIENT, "body") for each in client.inbox if each.get("type") == type]
    return [int(body.text) for body in found if body is not None]
