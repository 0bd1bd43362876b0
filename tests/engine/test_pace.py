"""Token buckets as values, and what is counted in them (engine/pace.py)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine.commands import Command, Publish
from folkmoot.engine.commands import Entry as Said
from folkmoot.engine.configuration import PublishModel
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import NodeId, Occupant
from folkmoot.engine.pace import (
    BUCKETS_PER_NODE_MAX,
    OF_ALL,
    PACES,
    Bucket,
    Pace,
    Rate,
    slow,
    spend,
)
from folkmoot.engine.room_commands import ChangePresence as Change
from folkmoot.engine.room_commands import ChangeSubject, Whisper
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    HALL,
    HAMLET,
    HERE,
    HORATIO,
    OPHELIA,
    SERVICES,
    SOLILOQUIES,
    WORDS,
    Stand,
    device,
    entry,
    presence,
    running,
)

PRINCE, LADY = device(HAMLET), device(OPHELIA)
LOOSE = Rate(1e6, 1e6)


def spent(rate: Rate, times: int, at: float = 0.0) -> Bucket | None:
    """What is left after so many at once; None once one was refused."""
    bucket: Bucket | None = None
    for _ in range(times):
        bucket = spend(rate, bucket, at)
        if bucket is None:
            return None
    return bucket


def test_a_burst_and_then_a_pace() -> None:
    rate = Rate(0.5, 3)
    assert spent(rate, 3) == Bucket(0, 0.0)
    assert spent(rate, 4) is None
    empty = Bucket(0, 10.0)
    assert spend(rate, empty, 11.9) is None
    assert spend(rate, empty, 12.0) == Bucket(0, 12.0)
    assert spend(rate, empty, 1e9) == Bucket(2, 1e9)
    assert spend(rate, Bucket(1, 10.0), 5.0) == Bucket(0, 5.0)  # a clock that was put back
    assert spend(rate, empty, 5.0) is None
    assert spend(slow(20), spend(slow(20), None, 0.0), 19.0) is None
    assert spend(slow(20), spend(slow(20), None, 0.0), 20.0) is not None


def test_several_at_once() -> None:
    """What is more than is ever there at once takes all of it, and nothing less."""
    rate = Rate(1, 5)
    assert spend(rate, None, 0.0, 3) == Bucket(2, 0.0)
    assert spend(rate, Bucket(2, 0.0), 0.0, 3) is None
    assert spend(rate, None, 0.0, 50) == Bucket(0, 0.0)
    assert spend(rate, Bucket(0, 0.0), 4.0, 50) is None
    assert spend(rate, Bucket(0, 0.0), 5.0, 50) == Bucket(0, 5.0)


@given(
    st.floats(0.01, 100), st.integers(1, 50), st.lists(st.floats(0, 10), min_size=1, max_size=80)
)
def test_no_more_than_the_rate_allows(per_second: float, burst: int, waits: list[float]) -> None:
    """Over any time: what may happen at once, and what comes back meanwhile."""
    rate, bucket, at, passed = Rate(per_second, burst), None, 0.0, 0
    for wait in waits:
        at += wait
        left = spend(rate, bucket, at)
        if left is not None:
            bucket, passed = left, passed + 1
    assert passed <= burst + at * per_second + 1e-6
    assert bucket is None or 0 <= bucket.left < burst


def test_no_person_meets_them() -> None:
    """Ten messages in a second are no typing, and every rate allows a burst."""
    for pace, rate in PACES.items():
        assert rate.burst >= 20, pace
        assert rate.per_second * 60 >= 20, pace
    assert set(PACES) == set(Pace) - {Pace.SLOW}
    assert PACES[Pace.MESSAGES_OF_ALL] > PACES[Pace.MESSAGES]
    assert PACES[Pace.ITEMS_OF_ALL] > PACES[Pace.ITEMS]


def saying(jid: JID) -> Publish:
    return Publish(actor=jid, node=HALL, entry=Said(payload=WORDS, words=True))


def being(jid: JID, nick: str) -> Change:
    return Change(actor=jid, node=HALL, occupant=Occupant(nick, HERE))


@pytest.mark.parametrize(
    ("pace", "first", "more"),
    [
        (Pace.MESSAGES, saying(PRINCE), saying(PRINCE)),
        (
            Pace.MESSAGES,
            Whisper(actor=PRINCE, node=HALL),
            ChangeSubject(actor=PRINCE, node=HALL, payload=WORDS),
        ),
        (Pace.MESSAGES_OF_ALL, saying(PRINCE), saying(LADY)),
        (Pace.PRESENCES, being(PRINCE, "hamlet"), being(PRINCE, "hamlet")),
        (Pace.PRESENCES_OF_ALL, being(PRINCE, "hamlet"), being(LADY, "ophelia")),
        (Pace.ENTRIES, entry(HALL, PRINCE), entry(HALL, device(HAMLET, "tower"))),
    ],
)
async def test_what_is_counted(pace: Pace, first: Command, more: Command) -> None:
    """Each limit, reached; all devices of one person share a bucket, and all people the room's."""
    paces = dict.fromkeys(PACES, LOOSE) | {pace: Rate(0.001, 1)}
    async with running(Stand(services=replace(SERVICES, paces=PACES))) as stand:
        await stand.room()
        for jid in (PRINCE, LADY):
            await stand.enter(HALL, jid)
        record = await stand.node(HALL)
        record.buckets.clear()
        stand.engine.services = replace(SERVICES, paces=paces)
        await stand.run(first)
        reason = Reason.TOO_BUSY if pace in OF_ALL else Reason.TOO_FAST
        await stand.refused(more, reason, pace.value)


async def test_nicks_are_counted_apart() -> None:
    paces = {**PACES, Pace.NICKS: Rate(0.001, 2)}
    async with running(Stand(services=replace(SERVICES, paces=paces))) as stand:
        await stand.room()
        await stand.enter(HALL, PRINCE)
        for nick in ("yorick", "hamlet"):
            await stand.run(being(PRINCE, nick))
        await stand.refused(being(PRINCE, "yorick"), Reason.TOO_FAST, "nicks")
        await stand.run(being(PRINCE, "hamlet"))


def publishing(jid: JID, *ids: str, node: NodeId = SOLILOQUIES) -> Publish:
    entry, *more = (Said(id=id, payload=WORDS) for id in ids)
    return Publish(actor=jid, node=node, entry=entry, more=tuple(more))


@pytest.mark.parametrize(
    ("pace", "more"), [(Pace.ITEMS, PRINCE), (Pace.ITEMS_OF_ALL, LADY)], ids=lambda each: str(each)
)
async def test_items_are_counted(pace: Pace, more: JID) -> None:
    """Each item of a request; the first, which makes a node, goes for nothing."""
    paces = dict.fromkeys(PACES, LOOSE) | {pace: Rate(0.001, 3)}
    async with running(Stand(services=replace(SERVICES, paces=paces))) as stand:
        await stand.leaf(publish=PublishModel.OPEN)
        await stand.run(publishing(PRINCE, "1", "2"))
        reason = Reason.TOO_BUSY if pace in OF_ALL else Reason.TOO_FAST
        await stand.refused(publishing(more, "3", "4"), reason, pace.value)
        await stand.run(publishing(more, "3"))
        await stand.refused(publishing(more, "4"), reason, pace.value)


async def test_what_an_account_publishes_is_counted_at_each_node() -> None:
    """Its tune, and not its presence, which has no end of its own, nor what the server keeps."""
    paces = dict.fromkeys(PACES, Rate(0.001, 1))
    async with running(Stand(services=replace(SERVICES, paces=paces))) as stand:
        tune, mood = NodeId(HAMLET, "tune"), NodeId(HAMLET, "mood")
        for node in (tune, mood):
            for _ in range(2):
                await stand.run(publishing(PRINCE, "current", node=node))
            refused = publishing(PRINCE, "current", node=node)
            await stand.refused(refused, Reason.TOO_FAST, "items")
        for _ in range(3):
            await stand.publish(presence(HAMLET), PRINCE, id=PRINCE.resource)


async def test_one_person_does_not_slow_another() -> None:
    async with running(Stand(services=replace(SERVICES, paces=PACES))) as stand:
        await stand.room()
        for jid in (PRINCE, LADY):
            await stand.enter(HALL, jid)
        stand.engine.services = replace(SERVICES, paces={**PACES, Pace.MESSAGES: Rate(0.001, 1)})
        await stand.run(saying(PRINCE))
        await stand.refused(saying(PRINCE), Reason.TOO_FAST, "messages")
        await stand.run(saying(LADY))


async def test_what_is_remembered_has_a_bound() -> None:
    """Who was not there for longest makes way."""
    async with running(Stand()) as stand:
        await stand.room()
        record = await stand.node(HALL)
        keys = [
            (JID.parse(f"{number}@shakespeare.lit"), Pace.MESSAGES)
            for number in range(BUCKETS_PER_NODE_MAX + 1)
        ]
        record.put_buckets((key, Bucket(1, 1.0)) for key in keys[:-1])
        record.put_buckets([(keys[0], Bucket(0, 2.0)), (keys[-1], Bucket(1, 2.0))])
        assert len(record.buckets) == BUCKETS_PER_NODE_MAX
        assert record.buckets[keys[0]].left == 0
        assert keys[1] not in record.buckets


async def test_nothing_of_it_is_kept() -> None:
    """A batch with nothing else in it needs no commit."""
    async with running(Stand()) as stand:
        await stand.room()
        await stand.enter(HALL, device(HORATIO))
        await stand.settled()
        before = stand.store.batches.copy()
        await stand.run(Whisper(actor=device(HORATIO), node=HALL))
        assert await stand.run(Whisper(actor=PRINCE, node=HALL)) == ()
        await stand.settled()
        assert stand.store.batches == before
