"""What a change in a space comes to in its rooms: XEP-0463 0.2.0, §5.2.2, with values alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from folkmoot.engine.commands import Approve, Configure
from folkmoot.engine.configuration import Inherit
from folkmoot.engine.events import AffiliationChanged, Event
from folkmoot.engine.model import Affiliation, NodeId, Recall
from folkmoot.engine.notifications import AbsentTold
from folkmoot.engine.room_events import Trickled
from folkmoot.engine.versions import version
from tests.engine.stand import (
    DENMARK,
    ELSINORE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    ROOMS,
    TOWER,
    Stand,
    device,
    running,
)

MEMBER, NONE, OUTCAST = Affiliation.MEMBER, Affiliation.NONE, Affiliation.OUTCAST
PUBLISHER, ADMIN = Affiliation.PUBLISHER, Affiliation.ADMIN
CRYPT = NodeId(ROOMS, "crypt")
PRINCE = device(HAMLET)
TRACKING = Recall(known="")


async def kingdom(stand: Stand) -> None:
    """A space in a space, a room in each, and one that stands alone; Hamlet keeps track of all."""
    await stand.space()
    await stand.space(ELSINORE, parent=DENMARK)
    await stand.list(DENMARK, ELSINORE)
    for room, space in ((HALL, DENMARK), (CRYPT, ELSINORE), (TOWER, None)):
        await stand.room(room, space=space)
        await stand.enter(room, PRINCE, recall=TRACKING)
    await stand.forget_told()


def trickles(events: Sequence[Event]) -> list[dict[NodeId, Affiliation]]:
    """What each change comes to, by room."""
    found = (each for each in events if isinstance(each, Trickled))
    return [{room: now for room, _, now in each.rooms} for each in found]


async def test_in_every_room_below_and_no_other(stand: Stand) -> None:
    """Right behind the change, with what somebody was in each room and is from now on."""
    await kingdom(stand)
    await stand.affiliate(CRYPT, HAMLET, {HORATIO: MEMBER})
    events = await stand.affiliate(DENMARK, HAMLET, {HORATIO: PUBLISHER, POLONIUS: OUTCAST})
    assert [type(each) for each in events] == [AffiliationChanged, Trickled] * 2
    first, second = (each for each in events if isinstance(each, Trickled))
    assert (first.node, first.jid, first.number) == (DENMARK, HORATIO, 1)
    assert first.rooms == ((HALL, NONE, ADMIN),)
    assert (second.jid, second.number) == (POLONIUS, 2)
    assert second.rooms == ((HALL, NONE, OUTCAST), (CRYPT, NONE, OUTCAST))
    assert trickles(await stand.affiliate(ELSINORE, HAMLET, {OPHELIA: MEMBER})) == [{CRYPT: MEMBER}]
    assert trickles(await stand.affiliate(TOWER, HAMLET, {OPHELIA: MEMBER})) == []


async def test_each_step_begins_where_the_last_one_ended(stand: Stand) -> None:
    """In each room, through whatever is told; and ends at the version that is."""
    await kingdom(stand)
    await stand.enter(HALL, device(HORATIO))
    first = await stand.ask(version, HALL)
    await stand.forget_told()
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: MEMBER, POLONIUS: MEMBER, OPHELIA: OUTCAST})
    await stand.subscribe(DENMARK, HORATIO)
    await stand.affiliate(HALL, HAMLET, {POLONIUS: ADMIN})
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: NONE})
    told = [each for each in await stand.heard_by(HAMLET) if each.node == HALL]
    steps = [step for each in told if (step := getattr(each, "step", None))]
    assert steps[0].since == first
    for before, after in pairwise(steps):
        assert after.since == before.until
    assert steps[-1].until == await stand.ask(version, HALL)


async def test_only_what_a_room_takes(stand: Stand) -> None:
    """docs/extensions/inheritance.md, "Narrowing it": bans always; and of half a claim nothing."""
    await kingdom(stand)
    settings = {"inherit": Inherit.STAFF}
    await stand.run(Configure(actor=HAMLET, node=HALL, settings=settings))
    for wanted, there in (
        (MEMBER, {CRYPT: MEMBER}),
        (PUBLISHER, {HALL: ADMIN, CRYPT: ADMIN}),
        (OUTCAST, {HALL: OUTCAST, CRYPT: OUTCAST}),
    ):
        events = await stand.affiliate(DENMARK, HAMLET, {HORATIO: wanted})
        assert trickles(events) == [there]
    await stand.retract(DENMARK, HAMLET, "hall")
    assert trickles(await stand.affiliate(DENMARK, HAMLET, {HORATIO: NONE})) == [{CRYPT: NONE}]


async def test_a_room_that_moves(stand: Stand) -> None:
    """What is told follows what the room says it is in; a node that is nowhere tells nothing."""
    await kingdom(stand)
    tracked = stand.engine.nodes.entities.tracked
    assert {space: set(rooms) for space, rooms in tracked.items()} == {
        DENMARK: {HALL},
        ELSINORE: {CRYPT},
    }
    for space, there in ((ELSINORE, [{CRYPT: MEMBER, HALL: MEMBER}]), (None, [])):
        await stand.run(Configure(actor=HAMLET, node=HALL, settings={"parent": space}))
        if space is not None:
            await stand.list(space, HALL)
        else:
            await stand.unsubscribe(CRYPT, PRINCE)
        events = await stand.affiliate(ELSINORE, HAMLET, {HORATIO: MEMBER})
        assert trickles(events) == there
        await stand.affiliate(ELSINORE, HAMLET, {HORATIO: NONE})
    assert tracked == {}


async def test_an_answer_to_a_request(stand: Stand) -> None:
    """One change, told once: the subscription that stands from now on."""
    await kingdom(stand)
    await stand.subscribe(DENMARK, HORATIO)
    await stand.run(Approve(actor=HAMLET, node=DENMARK, subscriber=HORATIO, allow=True))
    told = await stand.hears(AbsentTold)
    assert {(each.node, each.jid, each.affiliation) for each in told} == {
        (HALL, HORATIO, MEMBER),
        (CRYPT, HORATIO, MEMBER),
    }
    assert len(told) == 2


async def test_after_a_restart(stand: Stand) -> None:
    """Who keeps track is kept, and found when the server looks who is still there."""
    await kingdom(stand)
    async with running(Stand(stand.store)) as again:
        await again.engine.vacate(lambda jid: True)
        await again.affiliate(DENMARK, HAMLET, {HORATIO: MEMBER})
        told = await again.hears(AbsentTold, by=[PRINCE])
        assert {each.node for each in told} == {HALL, CRYPT}


async def test_nothing_is_written_for_it(stand: Stand) -> None:
    """However many rooms there are: one row, and one number."""
    await kingdom(stand)
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: MEMBER})
    await stand.settled()
    kept = [each for each in stand.store.batches[-1] if isinstance(each, AffiliationChanged)]
    assert len(kept) == 1
    assert not any(isinstance(each, Trickled) for each in stand.store.batches[-1])
    assert await stand.row(HALL, HORATIO) is None
