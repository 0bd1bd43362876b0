"""What is gathered for a subscriber, and what it costs (XEP-0060 1.30.0, §16.4.2)."""

from __future__ import annotations

import pytest

from folkmoot.engine.commands import Entry, Expire, Publish, SetDelivery, Settings
from folkmoot.engine.decide import digests
from folkmoot.engine.decide.digests import chosen
from folkmoot.engine.digest import DIGEST_ITEMS_PER_LOOK, DIGEST_SECONDS, Digest
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import DigestTold, ItemPublished
from folkmoot.engine.model import NodeId
from folkmoot.engine.notifications import Digested, Published
from folkmoot.engine.pictures import AVATAR, MOVIMS_AVATAR
from folkmoot.engine.room_events import Spent
from folkmoot.engine.store import PAGE_ITEMS_MAX
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    SOLILOQUIES,
    WORDS,
    Stand,
    presence,
)

HELD = Digest(60.0, told=7, at=100.0)
SOON = {"digest": True, "digest_seconds": 1.0}
LATE = {"digest": True, "digest_seconds": 1e6}


@pytest.mark.parametrize(
    ("before", "options", "after"),
    [
        (None, {}, None),
        (None, {"digest": False}, None),
        (None, {"digest_seconds": 5.0}, None),
        (None, {"digest": True}, Digest(DIGEST_SECONDS)),
        (None, {"digest": True, "digest_seconds": 5.0}, Digest(5.0)),
        (HELD, {}, HELD),
        (HELD, {"digest": True}, HELD),
        (HELD, {"digest_seconds": 5.0}, Digest(5.0, told=7, at=45.0)),
        (HELD, {"digest": False, "digest_seconds": 5.0}, None),
    ],
)
def test_what_is_chosen(
    before: Digest | None, options: dict[str, object], after: Digest | None
) -> None:
    """§6.3.5: what is not named stays as it is; a frequency counts from the last digest."""
    assert chosen(before, options) == after


async def gathers(stand: Stand, jid: JID, options: Settings = SOON) -> None:
    """Somebody subscribes, and has items gathered."""
    await stand.subscribe(SOLILOQUIES, jid)
    await stand.run(SetDelivery(actor=jid, node=SOLILOQUIES, subscriber=jid, options=options))


@pytest.mark.parametrize("place", [HALL, presence(HAMLET)])
async def test_what_is_only_for_now_is_not_gathered(stand: Stand, place: NodeId) -> None:
    """What is said in a room, and presence: whoever hears it, and in whatever way."""
    await stand.room()
    await stand.befriend(HORATIO, HAMLET)
    await stand.subscribe(HALL, HORATIO)
    asked = SetDelivery(actor=HORATIO, node=place, subscriber=HORATIO, options=SOON)
    await stand.refused(asked, Reason.BAD_CONFIG, "digest")


async def test_a_publication_writes_nothing_for_them(stand: Stand) -> None:
    """However many have items gathered, it is one event, and nobody's subscription changes."""
    await stand.leaf()
    for jid in (HORATIO, OPHELIA):
        await gathers(stand, jid)
    before = dict((await stand.node(SOLILOQUIES)).subscriptions)
    (event, spent) = await stand.publish(SOLILOQUIES)
    assert isinstance(event, ItemPublished)
    assert isinstance(spent, Spent)
    assert (await stand.node(SOLILOQUIES)).subscriptions == before
    assert await stand.hears(Published) == []


async def test_those_alike_are_told_by_one_event(stand: Stand) -> None:
    """It is worded once for all who hear the same in the same way."""
    await stand.leaf()
    for jid in (HORATIO, OPHELIA):
        await gathers(stand, jid)
    await stand.publish(SOLILOQUIES, id="1")
    (event,) = await stand.run(Expire(actor=HORATIO, node=SOLILOQUIES))
    assert isinstance(event, DigestTold)
    (told,) = await stand.hears(Digested, by=(HORATIO, OPHELIA))
    assert [item.id for item in told.items] == ["1"]
    (event,) = await stand.run(Expire(actor=HORATIO, node=SOLILOQUIES))
    assert isinstance(event, DigestTold)
    assert event.items == ()
    assert len(await stand.hears(Digested)) == 1


async def test_only_so_many_at_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """DIGESTS_AT_ONCE_MAX is reached: who has waited longest is told first."""
    monkeypatch.setattr(digests, "DIGESTS_AT_ONCE_MAX", 1)
    await stand.leaf()
    for jid in (HORATIO, OPHELIA):
        await gathers(stand, jid)
    await stand.publish(SOLILOQUIES)
    for jid in (HORATIO, OPHELIA, HORATIO):
        (event,) = await stand.run(Expire(actor=jid, node=SOLILOQUIES))
        assert isinstance(event, DigestTold)
        assert [held.subscriber for held, _ in event.told] == [jid]


async def test_more_than_a_page_comes_in_several(stand: Stand) -> None:
    """PAGE_ITEMS_MAX: the rest is due at once, and nobody misses anything or hears it twice."""
    await stand.leaf(max_items=10_000)
    await gathers(stand, HORATIO)
    await publishes(stand, 0, 600)
    await gathers(stand, OPHELIA)
    await publishes(stand, 600, PAGE_ITEMS_MAX + 100)
    for _ in range(2):
        await stand.run(Expire(actor=HORATIO, node=SOLILOQUIES))
    for jid, first in ((HORATIO, 0), (OPHELIA, 600)):
        told = [each for each in await stand.hears(Digested) if jid in each.to]
        found = [item.id for each in told for item in each.items]
        assert found == [str(number) for number in range(first, PAGE_ITEMS_MAX + 100)]


async def publishes(stand: Stand, first: int, end: int) -> None:
    for start in range(first, end, 100):
        one, *more = (Entry(payload=WORDS, id=str(n)) for n in range(start, min(start + 100, end)))
        await stand.run(Publish(actor=HAMLET, node=SOLILOQUIES, entry=one, more=tuple(more)))


async def test_all_of_it_when_one_wants_them_one_by_one(stand: Stand) -> None:
    """However many pages that are."""
    await stand.leaf(max_items=10_000)
    await gathers(stand, HORATIO, LATE)
    await publishes(stand, 0, PAGE_ITEMS_MAX + 1)
    await stand.run(
        SetDelivery(actor=HORATIO, node=SOLILOQUIES, subscriber=HORATIO, options={"digest": False})
    )
    told = await stand.hears(Digested, by=(HORATIO,))
    assert [len(each.items) for each in told] == [PAGE_ITEMS_MAX, 1]


async def test_it_is_looked_only_now_and_then_whether_too_much_waits(stand: Stand) -> None:
    """DIGEST_ITEMS_PER_LOOK is reached; where nobody has items gathered nothing is counted."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, OPHELIA)
    await publishes(stand, 0, DIGEST_ITEMS_PER_LOOK)
    assert not stand.engine.nodes.crowded
    await gathers(stand, HORATIO, LATE)
    await publishes(stand, 0, DIGEST_ITEMS_PER_LOOK - 1)
    assert not stand.engine.nodes.crowded
    await publishes(stand, 0, 1)
    assert list(stand.engine.nodes.crowded) == [SOLILOQUIES]
    await stand.engine.expire()
    assert not stand.engine.nodes.crowded
    assert await stand.hears(Digested) == []


async def test_the_avatar_of_a_space_has_both_its_names(stand: Stand) -> None:
    """XEP-0503 §5.4, and the name that Movim knows."""
    await stand.space()
    await stand.member(DENMARK, HORATIO)
    await stand.run(SetDelivery(actor=HORATIO, node=DENMARK, subscriber=HORATIO, options=SOON))
    await stand.publish(DENMARK, id=AVATAR)
    await stand.run(Expire(actor=HORATIO, node=DENMARK))
    (told,) = await stand.hears(Digested)
    assert [item.id for item in told.items] == [AVATAR, MOVIMS_AVATAR]
