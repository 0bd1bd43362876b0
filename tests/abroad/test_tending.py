"""Visits to rooms of a service that the test plays: what Prosody and ejabberd cannot be made to do.

With the services themselves: tests/hosts.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable

import pytest

from folkmoot.abroad import visit
from folkmoot.abroad.schedule import FAILURES_UNTOLD_MAX, Pace
from folkmoot.abroad.tending import Tending
from folkmoot.abroad.visit import Policy
from folkmoot.engine.abroad import Counted, RoomAbroad
from folkmoot.engine.decide import aligning
from folkmoot.engine.store import StoreFailed
from folkmoot.facades.muc.ns import ADMIN
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import error_reply, reply
from folkmoot.xmpp.xml import Element
from tests.stage import Client, Stage, Wire, element

ROOM = JID.parse("orchard@conference.verona.lit")
SERVICE = JID.parse("pubsub.shakespeare.lit")
PUBSUB = "http://jabber.org/protocol/pubsub"
NURSE = "nurse@shakespeare.lit"


class Conference(Wire):
    """A conference service at the other end of the link, with one room.

    rows: what the room has. asked: every query. refuses: why it does not carry one out; None: it
    does. silent: it answers nothing.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.rows: dict[str, str] = {NURSE: "owner", str(SERVICE): "owner"}
        self.asked: list[Element] = []
        self.refuses: Callable[[Element], str | None] = lambda query: None
        self.silent = False
        self.came = asyncio.Event()
        self._router = stage.core.router

    def write(self, stanza: bytes) -> None:
        """What the service sends."""
        self._heard(element(stanza.decode()))

    def _heard(self, stanza: Element) -> None:
        query = stanza.elements[0] if stanza.elements else stanza
        self.asked.append(query)
        self.came.set()
        if self.silent or stanza.name != "iq":
            return
        if (condition := self.refuses(query)) is not None:
            self._answer(error_reply(stanza, StanzaError(condition, "No.")))
            return
        found = []
        for item in query.childs(ADMIN, "item"):
            affiliation = item.get("affiliation", "")
            if (jid := item.get("jid")) is not None:
                self.rows[jid] = affiliation
                continue
            found = [
                Element(ADMIN, "item", {"jid": jid, "affiliation": row})
                for jid, row in self.rows.items()
                if row == affiliation
            ]
        self._answer(reply(stanza, Element(ADMIN, "query", None, *found)))

    def _answer(self, answer: Element) -> None:
        asyncio.get_running_loop().call_soon(self._router.elsewhere.arrived, self, answer)

    @property
    def given(self) -> dict[str, str]:
        """What the room has besides the nurse and us, who own it."""
        rows = self.rows.items()
        return {jid: row for jid, row in rows if row != "none" and jid not in (NURSE, str(SERVICE))}

    def sets(self) -> list[list[tuple[str | None, str | None]]]:
        """What was asked to be set, query by query."""
        queries = ([*query.childs(ADMIN, "item")] for query in self.asked)
        told = [[(item.get("jid"), item.get("affiliation")) for item in each] for each in queries]
        return [each for each in told if each and each[0][0] is not None]


class Play:
    """A stage, the nurse who owns a space there, and a room of hers elsewhere."""

    def __init__(self, stage: Stage, nurse: Client, policy: Policy) -> None:
        self.stage = stage
        self.nurse = nurse
        self.room = Conference(stage)
        self.at = 100.0
        self.abroad = stage.store.abroad
        stage.core.router.elsewhere.links.add(self.room)
        self.tending = Tending(
            stage.core.engine,
            self.abroad,
            stage.core.router.elsewhere.asking,
            now=lambda: self.at,
            chance=lambda: 0.0,
            policy=policy,
            pace=Pace(100_000),
        )
        self._ids = itertools.count()

    async def asks(self, xml: str, owner: str = "") -> None:
        """The nurse asks something of the spaces."""
        iq = f"<iq type='set' to='{SERVICE}' id='n{next(self._ids)}'>"
        payload = f"<pubsub xmlns='{PUBSUB}{owner}'>{xml}</pubsub></iq>"
        await self.nurse.asks(iq + payload, "<iq type='result'/>")
        await self.stage.core.engine.settled()

    async def lists(self) -> None:
        """The space lists the room."""
        item = f"<item id='{ROOM}'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"
        await self.asks(f"<publish node='moot'>{item}</publish>")

    async def puts(self, **rows: str) -> None:
        """People become something in the space."""
        told = "".join(
            f"<affiliation jid='{name}@verona.lit' affiliation='{row}'/>"
            for name, row in rows.items()
        )
        await self.asks(f"<affiliations node='moot'>{told}</affiliations>", owner="#owner")

    async def turns(self, number: int = 1) -> RoomAbroad | None:
        """So many visits of the room as it is due; gives what is then known of it."""
        for _ in range(number):
            for room in await self.abroad.due(self.at, 9):
                await self.tending.see_to(room)
        return await self.abroad.room(ROOM)

    async def in_line(self) -> None:
        """Visits until nothing is due."""
        while await self.abroad.due(self.at, 9):
            await self.turns()


@pytest.fixture
async def play(stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[Play]:
    nurse = await stage.client(f"{NURSE}/home", available=True)
    made = Play(stage, nurse, getattr(request, "param", Policy()))
    form = (
        "<configure><x xmlns='jabber:x:data' type='submit'><field var='pubsub#type'>"
        "<value>urn:xmpp:spaces:0</value></field></x></configure>"
    )
    await made.asks(f"<create node='moot'/>{form}")
    yield made
    stage.core.router.elsewhere.detached(made.room)


async def test_the_latest_wish_wins(play: Play) -> None:
    """Many changes, one row, one thing to set; a ban comes before the rest."""
    await play.lists()
    await play.in_line()
    play.room.asked.clear()
    await play.puts(romeo="member", tybalt="publisher")
    await play.puts(romeo="publisher")
    await play.puts(romeo="none", tybalt="outcast")
    await play.puts(romeo="member", abram="member")
    assert [each.jid.local for each in await play.abroad.wishes(ROOM, 0.0, 9)] == [
        "tybalt",
        "abram",
        "romeo",
    ]
    await play.in_line()
    assert play.room.sets() == [
        [
            ("tybalt@verona.lit", "outcast"),
            ("abram@verona.lit", "member"),
            ("romeo@verona.lit", "member"),
        ]
    ]


async def test_many_people(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """By pages, visits and queries that are each no larger than they may be."""
    monkeypatch.setattr(aligning, "PEOPLE_PER_PAGE_MAX", 4)
    monkeypatch.setattr(visit, "WISHES_PER_VISIT_MAX", 5)
    monkeypatch.setattr(visit, "CHANGES_PER_QUERY_MAX", 2)
    people = {f"p{number}": "member" for number in range(11)}
    await play.puts(**people)
    await play.lists()
    await play.in_line()
    assert play.room.given == {f"{name}@verona.lit": "member" for name in people}
    assert [len(each) for each in play.room.sets()] == [2, 2, 2, 2, 1, 2], "the nurse owns both"
    found = await play.turns()
    assert found is not None
    assert found.last is None
    assert await play.abroad.count(ROOM) == Counted(12, 0, 0)


async def test_one_who_is_refused_holds_up_nobody(play: Play) -> None:
    """A query refused for one of many is asked again for each; who is refused waits longer."""
    await play.puts(romeo="member", tybalt="member", paris="member")
    await play.lists()
    play.room.refuses = lambda query: (
        "not-allowed" if any(i.get("jid") == "tybalt@verona.lit" for i in query.elements) else None
    )
    await play.in_line()
    assert play.room.given == {"romeo@verona.lit": "member", "paris@verona.lit": "member"}
    for tries, seconds in ((1, 5.0), (2, 10.0), (3, 20.0)):
        (failing,) = await play.abroad.failing(ROOM, 9)
        assert (failing.tries, failing.due) == (tries, play.at + seconds)
        assert failing.reason == "the room says not-allowed: No."
        play.at += seconds
        await play.turns()
    play.room.refuses = lambda query: None
    await play.abroad.retry(ROOM)
    await play.in_line()
    assert play.room.given["tybalt@verona.lit"] == "member"


async def test_the_owners_hear_once(play: Play) -> None:
    """FAILURES_UNTOLD_MAX; again only after all was in line."""
    await play.lists()
    play.room.silent = True
    play.room.up = False
    play.stage.core.router.elsewhere.detached(play.room)

    async def fail(times: int) -> list[Element]:
        for _ in range(times):
            play.at += 10_000
            await play.turns(2)
        return [each for each in await play.nurse.drains() if each.name == "message"]

    assert await fail(FAILURES_UNTOLD_MAX - 1) == []
    (told,) = await fail(3)
    assert (
        "not in line with the space moot: not reached: the link to other servers is down"
        in repr(told)
    )
    play.room.up = True
    play.room.silent = False
    await play.abroad.retry(ROOM)
    await play.in_line()
    play.room.refuses = lambda query: "forbidden"
    await play.puts(romeo="member", tybalt="member")
    (told,) = await fail(FAILURES_UNTOLD_MAX + 2)
    assert "the room says forbidden: No." in repr(told)


async def test_people_who_are_refused_make_one_message(play: Play) -> None:
    """Not one for each of them."""
    await play.puts(romeo="member", tybalt="member")
    await play.lists()
    play.room.refuses = lambda query: (
        "not-acceptable" if query.elements[0].get("jid") is not None else None
    )
    for _ in range(FAILURES_UNTOLD_MAX + 3):
        await play.turns(2)
        play.at += 10_000
    (told,) = [each for each in await play.nurse.drains() if each.name == "message"]
    assert "2 people cannot be set; of romeo@verona.lit: the room says not-acceptable" in repr(told)


async def test_a_room_that_is_gone_is_forgotten(play: Play) -> None:
    """Once it is listed no longer; before, it may come back."""
    await play.puts(romeo="member")
    await play.lists()
    await play.in_line()
    play.room.refuses = lambda query: "item-not-found"
    await play.puts(tybalt="member")
    found = await play.turns()
    assert found is not None
    assert found.reason == "the room says item-not-found: No."
    await play.asks(f"<retract node='moot'><item id='{ROOM}'/></retract>")
    assert await play.turns() is None
    assert await play.abroad.known(ROOM) == frozenset()


@pytest.mark.parametrize("play", [Policy(remove_strangers=True)], indirect=True)
async def test_strangers_go_once_all_people_are_there(play: Play) -> None:
    """`sync.strangers`: nobody goes who only was not yet set; later strangers are let be."""
    play.room.rows |= {"paris@verona.lit": "admin", "abram@verona.lit": "outcast"}
    await play.puts(romeo="member")
    await play.lists()
    await play.in_line()
    assert play.room.given == {"romeo@verona.lit": "member", "abram@verona.lit": "outcast"}
    play.room.rows["paris@verona.lit"] = "member"
    await play.puts(tybalt="member")
    await play.in_line()
    assert play.room.given["paris@verona.lit"] == "member"


async def test_an_answer_that_is_lost(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may have been given is taken back all the same."""
    await play.lists()
    await play.in_line()
    await play.puts(romeo="member")
    monkeypatch.setattr(visit, "ANSWER_SECONDS_MAX", 0.0)
    play.room.silent = True
    await play.turns()
    assert play.room.given == {}, "not even the lists were read"
    monkeypatch.undo()
    play.room.silent = False
    settle = play.abroad.settle

    async def lost(*args: object) -> None:
        if any(play.room.sets()):
            raise StoreFailed("the process ends here")
        await settle(*args)  # type: ignore[arg-type]

    play.room.asked.clear()
    monkeypatch.setattr(play.abroad, "settle", lost)
    await play.abroad.retry(ROOM)
    await play.turns()
    assert play.room.given == {"romeo@verona.lit": "member"}
    monkeypatch.undo()
    await play.asks(f"<retract node='moot'><item id='{ROOM}'/></retract>")
    await play.in_line()
    assert play.room.given == {}


async def test_it_goes_on_by_itself(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change is seen to without anybody asking; a store that fails is asked again."""
    monkeypatch.setattr("folkmoot.abroad.tending.LOOK_SECONDS", 0.01)
    due, failed = play.abroad.due, asyncio.Event()

    async def fails_once(at: float, limit: int) -> tuple[RoomAbroad, ...]:
        if not failed.is_set():
            failed.set()
            raise StoreFailed("the disk is gone")
        return await due(at, limit)

    monkeypatch.setattr(play.abroad, "due", fails_once)
    running = asyncio.ensure_future(play.tending.run())
    await failed.wait()
    await play.puts(romeo="member")
    await play.lists()
    async with asyncio.timeout(5):
        while play.room.given != {"romeo@verona.lit": "member"}:
            play.room.came.clear()
            await play.room.came.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
