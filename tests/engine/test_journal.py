"""Nothing is told before it is kept, and all of it in the order it was decided."""

from __future__ import annotations

import asyncio
import logging

import pytest

from folkmoot.engine import journal, questions
from folkmoot.engine.commands import Delete
from folkmoot.engine.notifications import Notification, Published
from folkmoot.engine.store import StoreFailed
from tests.engine.stand import (
    HAMLET,
    HORATIO,
    OPHELIA,
    SOLILOQUIES,
    Stand,
    device,
    presence,
)


def published(told: list[Notification]) -> list[str]:
    return [each.item.id for each in told if isinstance(each, Published)]


async def test_nothing_is_told_before_its_commit(stand: Stand) -> None:
    node = await stand.leaf()
    await stand.subscribe(node, HORATIO)
    await stand.forget_told()
    stand.store.hold()
    events = await stand.publish(node, id="one")
    assert events, "the command itself waits for nothing"
    await stand.store.tried()
    assert not stand.told
    stand.store.release()
    await stand.settled()
    assert published(stand.told) == ["one"]


async def test_what_is_not_kept_is_told_after_what_was_decided_before_it(stand: Stand) -> None:
    """A message that is in no archive does not overtake one that is."""
    node = await stand.leaf()
    passing = await stand.leaf(node._replace(name="asides"), persist_items=False)
    await stand.subscribe(node, HORATIO)
    await stand.subscribe(passing, HORATIO)
    await stand.forget_told()
    stand.store.hold()
    await stand.publish(node, id="one")
    await stand.store.tried()
    await stand.publish(passing, id="two")
    await stand.publish(node, id="three")
    stand.store.release()
    await stand.settled()
    assert published(stand.told) == ["one", "two", "three"]


async def test_who_waits_for_what_is_told_has_heard_it(stand: Stand) -> None:
    """Also of what is on its way to disk just then; at once, where nothing is on its way."""
    node = await stand.leaf()
    await stand.subscribe(node, HORATIO)
    await stand.forget_told()
    stand.store.hold()
    await stand.publish(node, id="one")
    await stand.store.tried()
    waiting = asyncio.ensure_future(stand.engine.told())
    await stand.publish(node, id="two")
    assert not waiting.done()
    stand.store.release()
    await waiting
    assert published(stand.told)[:1] == ["one"]
    await stand.settled()
    await stand.engine.told()


async def test_what_keeps_nothing_needs_no_commit(stand: Stand) -> None:
    """Somebody in a room changes presence, and is seen: the disk hears nothing of it."""
    room = await stand.room()
    ophelia = device(OPHELIA)
    await stand.enter(room, ophelia)
    await stand.settled()
    await stand.forget_told()
    batches = len(stand.store.batches)
    stand.store.hold()
    await stand.rename(room, ophelia, OPHELIA.local)
    await stand.settled()
    assert stand.told
    assert len(stand.store.batches) == batches


async def test_much_is_told_in_turns(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """TELL_SECONDS_MAX: in order, and who asks for something meanwhile waits for a part of it."""
    monkeypatch.setattr(journal, "TELL_SECONDS_MAX", -1)
    node = await stand.leaf()
    await stand.subscribe(node, HORATIO)
    await stand.forget_told()
    stand.store.hold()
    for number in range(5):
        await stand.publish(node, id=str(number))
    seen: list[int] = []

    async def meanwhile() -> None:
        while len(stand.told) < 5:
            seen.append(len(stand.told))
            await asyncio.sleep(0)

    looking = asyncio.ensure_future(meanwhile())
    stand.store.release()
    await stand.engine.told()
    await looking
    assert {1, 2, 3, 4} <= set(seen)
    assert published(stand.told) == ["0", "1", "2", "3", "4"]


async def test_who_brings_more_than_can_be_told_waits(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DELIVERIES_AHEAD_MAX: what they brought is decided, in its turn, and others go on."""
    monkeypatch.setattr(journal, "DELIVERIES_AHEAD_MAX", 2)
    node = await stand.leaf()
    await stand.subscribe(node, HORATIO)
    await stand.subscribe(node, OPHELIA)
    await stand.forget_told()
    stand.store.hold()
    await stand.publish(node, id="one")
    waiting = asyncio.ensure_future(stand.publish(node, id="two"))
    await stand.store.tried()
    assert not waiting.done()
    assert (await stand.node(node)).heads == {"one": HAMLET, "two": HAMLET}
    await stand.engine.ask(questions.info, HAMLET, node)
    stand.store.release()
    await waiting
    assert published(stand.told) == ["one", "two"]
    await stand.publish(node, id="three")


async def test_presence_needs_no_commit(stand: Stand) -> None:
    node = presence(OPHELIA)
    ophelia = device(OPHELIA)
    await stand.publish(node, ophelia, id=ophelia.resource)
    await stand.settled()
    batches = len(stand.store.batches)
    await stand.publish(node, ophelia, id=ophelia.resource)
    await stand.retract(node, ophelia, ophelia.resource)
    await stand.settled()
    assert len(stand.store.batches) == batches


async def test_commands_that_come_during_a_commit_share_the_next(stand: Stand) -> None:
    node = await stand.leaf()
    await stand.settled()
    stand.store.hold()
    await stand.publish(node, id="first")
    await stand.store.tried()
    for number in range(5):
        await stand.publish(node, id=str(number))
    stand.store.release()
    await stand.settled()
    assert [len(batch) for batch in stand.store.batches[-2:]] == [1, 5]


async def test_settled_waits_for_what_was_decided_so_far(stand: Stand) -> None:
    node = await stand.leaf()
    stand.store.hold()
    await stand.publish(node, id="one")
    waiting = asyncio.create_task(stand.engine.settled())
    await stand.store.tried()
    assert not waiting.done()
    stand.store.release()
    await waiting
    assert "one" in stand.store.items_of(node)
    await stand.engine.settled()


async def test_a_batch_is_tried_again_until_it_is_kept(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Meanwhile nobody hears of it, and commands go on being decided."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0)
    node = await stand.leaf()
    await stand.subscribe(node, HORATIO)
    await stand.forget_told()
    stand.store.failures = 3
    stand.store.hold()
    await stand.publish(node, id="one")
    await stand.publish(node, id="two")
    stand.store.release()
    with caplog.at_level(logging.ERROR):
        await stand.settled()
    assert published(stand.told) == ["one", "two"]
    assert list(stand.store.items_of(node)) == ["one", "two"]
    assert len(caplog.records) == 3


async def test_a_store_that_keeps_refusing_ends_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """COMMIT_SECONDS_MAX; what was not kept is never told."""
    monkeypatch.setattr(journal, "RETRY_SECONDS", 0)
    monkeypatch.setattr(journal, "COMMIT_SECONDS_MAX", -1)
    stand = Stand()
    stand.store.failures = 1
    await stand.leaf()
    with pytest.raises(StoreFailed):
        await stand.engine.keep()
    assert not stand.told


async def test_answers_stand_among_notifications_in_their_turn(stand: Stand) -> None:
    """What a facade answers is told after what was decided before it, before what came after."""
    node = await stand.leaf()
    await stand.subscribe(node, HORATIO)
    await stand.forget_told()
    stand.store.hold()
    await stand.publish(node, id="one")
    answered = asyncio.Event()
    stand.engine.tell(answered)
    await stand.store.tried()
    await stand.publish(node, id="two")
    assert not answered.is_set()
    stand.store.release()
    stand.store.hold()
    await answered.wait()
    assert published(stand.told) == ["one"]
    stand.store.release()
    await stand.settled()
    assert published(stand.told) == ["one", "two"]


async def test_what_was_decided_is_in_the_store_in_that_order(stand: Stand) -> None:
    node = await stand.leaf()
    await stand.publish(node, id="one")
    await stand.run(Delete(actor=HAMLET, node=node))
    await stand.leaf()
    await stand.settled()
    assert list(stand.store.kept) == [SOLILOQUIES]
    assert not stand.store.items_of(node)
