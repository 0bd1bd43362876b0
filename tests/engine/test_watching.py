"""What was said in rooms since somebody was there, and what is said right now (XEP-0437 §4)."""

from __future__ import annotations

import asyncio

import pytest

from folkmoot.engine.commands import Entry, Publish
from folkmoot.engine.events import Cause, SubscriptionChanged
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Active
from folkmoot.engine.room_commands import Watch
from folkmoot.engine.room_events import Noticed, Reminded, Visited, Watched
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.engine.stand import (
    DENMARK,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    ROOMS,
    TOWER,
    Stand,
    device,
)

MESSAGE = Element(CLIENT, "message", None, Element(CLIENT, "body", None, "Words, words, words"))
PRINCE, FRIEND = device(HAMLET), device(HORATIO)
WATCH = Watch(actor=FRIEND, node=NodeId(ROOMS, ""))


async def say(stand: Stand, node: NodeId = HALL) -> None:
    await stand.run(Publish(actor=PRINCE, node=node, entry=Entry(payload=MESSAGE, words=True)))


async def rooms(stand: Stand, *nodes: NodeId) -> None:
    """Rooms with Hamlet in them, which Horatio belongs to."""
    for node in nodes:
        await stand.room(node)
        await stand.affiliate(node, HAMLET, {HORATIO: Affiliation.MEMBER})
        await stand.enter(node, PRINCE)


async def test_who_belongs_there_was_there(stand: Stand) -> None:
    """By a row, or by a space; nobody else, and each once."""
    await stand.space()
    await stand.room(space=DENMARK)
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.MEMBER})
    for jid in (FRIEND, device(HORATIO, "court"), device(OPHELIA), PRINCE):
        await stand.enter(HALL, jid)
    events = await stand.unsubscribe(HALL, FRIEND)
    assert [each for each in events if isinstance(each, Visited)] == [
        Visited(node=HALL, jids=(HORATIO,))
    ]
    assert not any(
        isinstance(each, Visited) for each in await stand.unsubscribe(HALL, device(OPHELIA))
    )
    events = await stand.enter(HALL, FRIEND)
    assert not any(isinstance(each, Visited) for each in events)
    seen: list[JID] = []
    await stand.settled()
    await stand.engine.vacate(lambda jid: False)
    await stand.settled()
    for batch in stand.store.batches:
        seen.extend(jid for each in batch if isinstance(each, Visited) for jid in each.jids)
    assert seen == [HORATIO, HORATIO, HAMLET] or seen == [HORATIO, HAMLET, HORATIO]


async def test_a_place_is_kept_with_the_end_of_an_occupancy(stand: Stand) -> None:
    """In one batch; so both are lost or neither."""
    await rooms(stand, HALL)
    await stand.enter(HALL, FRIEND)
    await stand.settled()
    await stand.unsubscribe(HALL, FRIEND)
    await stand.settled()
    left, visited = stand.store.batches[-1]
    assert isinstance(left, SubscriptionChanged) and left.cause is Cause.ASKED
    assert isinstance(visited, Visited)


async def test_what_is_not_committed_yet_was_said(stand: Stand) -> None:
    """The question waits for the commit of what the rooms hold."""
    await rooms(stand, HALL)
    await stand.settled()
    stand.store.hold()
    await say(stand)
    watching = asyncio.create_task(stand.run(WATCH))
    await stand.store.tried()
    assert not watching.done()
    stand.store.release()
    assert Reminded(node=HALL, rooms=(HALL,), jid=FRIEND) in await watching


@pytest.mark.parametrize("number", range(1, 5))
async def test_nothing_falls_between_the_list_and_what_follows(stand: Stand, number: int) -> None:
    """Something is said while the store is asked: it is told in the list, or by itself; once."""
    await rooms(stand, HALL, TOWER)
    await stand.settled()
    late = stand.store.answer_late(number)
    watching = asyncio.create_task(stand.run(WATCH))
    waiting = asyncio.create_task(late.found.wait())
    await asyncio.wait((watching, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    await say(stand)
    await stand.settled()
    late.given.set()
    await watching
    (told,) = await stand.hears(Active)
    assert (told.rooms, told.to) == ((HALL,), (FRIEND,))


async def test_one_question_for_all_rooms(stand: Stand) -> None:
    """However many there are, and whatever was said in them."""
    nodes = [NodeId(ROOMS, f"room{number}") for number in range(5)]
    asked: list[int] = []
    for node in nodes:
        await rooms(stand, node)
        await say(stand, node)
        await stand.settled()
        before = stand.store.asked
        resource = device(HORATIO, node.name)
        events = await stand.run(Watch(actor=resource, node=NodeId(ROOMS, "")))
        asked.append(stand.store.asked - before)
        begun = nodes[: nodes.index(node) + 1]
        assert events == (
            *(Watched(node=each, jid=resource, on=True) for each in begun),
            Reminded(node=nodes[0], rooms=tuple(begun), jid=resource),
        )
    assert len(set(asked[1:])) == 1


async def test_who_was_told_in_the_list_is_not_told_again(stand: Stand) -> None:
    """§4: each room once."""
    await rooms(stand, HALL, TOWER)
    await say(stand, HALL)
    await stand.run(WATCH)
    record = await stand.node(HALL)
    assert (record.watchers, record.unaware) == ({FRIEND}, set())
    for node in (HALL, TOWER, TOWER):
        await say(stand, node)
    assert [told.rooms for told in await stand.hears(Active)] == [(HALL,), (TOWER,)]
    assert Noticed(node=TOWER, to=(FRIEND,)) not in await stand.run(WATCH)
