"""docs/extensions/moderation.md: one entity in all rooms of a space."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from folkmoot.engine import access
from folkmoot.engine.commands import Entry, Publish
from folkmoot.engine.configuration import Inherit
from folkmoot.engine.decide import affiliations, moderation
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import Cause, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, Mark, NodeId, Retraction
from folkmoot.engine.notifications import OccupantTold, Spoken
from folkmoot.engine.room_commands import Dismiss, TakeBack
from folkmoot.engine.space_events import Audited, Matter, Moderated
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.engine.stand import (
    DENMARK,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SOLILOQUIES,
    TOWER,
    Stand,
    device,
)

OWNER, ADMIN, PUBLISHER = Affiliation.OWNER, Affiliation.ADMIN, Affiliation.PUBLISHER
MEMBER, NONE, OUTCAST = Affiliation.MEMBER, Affiliation.NONE, Affiliation.OUTCAST


@pytest.mark.parametrize(
    ("actor", "target", "reason"),
    [
        (OWNER, PUBLISHER, None),
        (OWNER, MEMBER, None),
        (OWNER, OUTCAST, None),
        (OWNER, OWNER, Reason.OUTRANKED),
        (PUBLISHER, MEMBER, None),
        (PUBLISHER, NONE, None),
        (PUBLISHER, PUBLISHER, Reason.OUTRANKED),
        (PUBLISHER, OWNER, Reason.OUTRANKED),
        (ADMIN, MEMBER, None),
        (ADMIN, ADMIN, Reason.OUTRANKED),
        (MEMBER, NONE, Reason.FORBIDDEN),
        (NONE, NONE, Reason.FORBIDDEN),
        (OUTCAST, NONE, Reason.FORBIDDEN),
    ],
)
def test_staff_moderate_those_below_them(
    actor: Affiliation, target: Affiliation, reason: Reason | None
) -> None:
    """Who may moderate whom, by values alone."""
    assert access.refuses_stewardship(actor, target) is reason


async def people(stand: Stand, *rooms: NodeId, **settings: Any) -> None:
    """A space with rooms; Polonius, who is to go, and Horatio are in them, twice in the first."""
    await stand.space()
    for jid in (POLONIUS, HORATIO):
        await stand.member(DENMARK, jid)
    for room in rooms:
        await stand.room(room, space=DENMARK, **settings)
        await stand.enter(room, device(POLONIUS))
        await stand.enter(room, device(HORATIO))
    await stand.enter(rooms[0], device(POLONIUS, "court"))
    await stand.forget_told()


def kick(by: JID = HAMLET, jid: JID = POLONIUS, **more: Any) -> Dismiss:
    return Dismiss(actor=by, node=DENMARK, jid=jid, **more)


def back(by: JID = HAMLET, **more: Any) -> TakeBack:
    return TakeBack(actor=by, node=DENMARK, jid=POLONIUS, notice=notice, **more)


def notice(room: NodeId, item_id: str, retraction: Retraction) -> Element:
    return Element("", "gone", {"id": item_id})


async def say(stand: Stand, room: NodeId, jid: JID, body: str) -> None:
    words = Element("jabber:client", "message", {"id": body}, Element("jabber:client", "body"))
    await stand.run(Publish(actor=device(jid), node=room, entry=Entry(payload=words)))


async def taken_back(stand: Stand, *rooms: NodeId) -> list[str]:
    """The ids their authors gave to messages that are tombstones now."""
    return [
        item.payload.get("id", "")
        for room in rooms
        for item in await stand.items(room)
        if item.payload is not None and item.retraction is not None
    ]


def last(events: tuple[Event, ...]) -> Moderated:
    (event,) = (event for event in events if isinstance(event, Moderated))
    return event


async def moved(stand: Stand) -> Iterator[Audited]:
    """What the audit trail has of moderation."""
    await stand.settled()
    rows = [row for _, row in stand.store.kept[DENMARK].audit]
    return iter([row for row in rows if row.matter in (Matter.KICK, Matter.RETRACTION)])


async def test_a_kick_is_out_of_every_room_at_once(stand: Stand) -> None:
    """All devices, all rooms, one command, told as XEP-0045 §8.2 says; they may come back."""
    await people(stand, HALL, TOWER)
    await stand.room(NodeId(HALL.service, "elsewhere"), owner=GERTRUDE)
    other = NodeId(HALL.service, "elsewhere")
    await stand.enter(other, device(POLONIUS))
    await stand.forget_told()
    events = await stand.run(kick(device(HAMLET), reason="enough"))
    gone = [each for each in events if isinstance(each, SubscriptionChanged)]
    assert {(each.node, each.subscriber) for each in gone} == {
        (HALL, device(POLONIUS)),
        (HALL, device(POLONIUS, "court")),
        (TOWER, device(POLONIUS)),
    }
    assert {(each.cause, each.after, each.reason) for each in gone} == {
        (Cause.KICKED, None, "enough")
    }
    assert last(events).rooms == 2
    told = await stand.hears(OccupantTold)
    assert {each.node for each in told if each.left and device(HORATIO) in each.to} == {HALL, TOWER}
    assert await stand.inside(other, device(POLONIUS))
    await stand.enter(HALL, device(POLONIUS))


async def test_a_kick_is_written_down(stand: Stand) -> None:
    """docs/extensions/audit.md: one row for all of it."""
    await people(stand, HALL, TOWER)
    await stand.run(kick(device(HAMLET), reason="enough"))
    (row,) = await moved(stand)
    assert (row.by, row.matter, row.subject) == (HAMLET, Matter.KICK, str(POLONIUS))
    assert row.after == "2 rooms: enough"


async def test_who_may_not_kick(stand: Stand) -> None:
    """Each refusal: no standing, no power over them, nobody there, no space, too long a reason."""
    await people(stand, HALL)
    await stand.refused(kick(HORATIO), Reason.FORBIDDEN)
    await stand.refused(kick(HAMLET, HAMLET), Reason.OUTRANKED)
    await stand.refused(kick(jid=OPHELIA), Reason.NOT_IN_ROOM)
    await stand.leaf(SOLILOQUIES)
    for node in (SOLILOQUIES, HALL, NodeId(DENMARK.service, "nowhere")):
        await stand.refused(Dismiss(actor=HAMLET, node=node, jid=POLONIUS), Reason.NODE_NOT_FOUND)
    reason = "x" * (affiliations.REASON_CHARS_MAX + 1)
    await stand.refused(kick(reason=reason), Reason.PAYLOAD_TOO_BIG, "reason")
    await stand.refused(back(reason=reason), Reason.PAYLOAD_TOO_BIG, "reason")
    await stand.refused(back(HORATIO), Reason.FORBIDDEN)


async def test_a_publisher_moderates_members(stand: Stand) -> None:
    """A publisher of the space is admin of its rooms (docs/extensions/inheritance.md)."""
    await people(stand, HALL)
    await stand.affiliate(DENMARK, HAMLET, {GERTRUDE: PUBLISHER})
    await say(stand, HALL, POLONIUS, "m1")
    assert last(await stand.run(back(GERTRUDE))).messages == 1
    assert last(await stand.run(kick(GERTRUDE))).rooms == 1


async def test_a_room_that_takes_nothing_is_left_alone(stand: Stand) -> None:
    """`inherit` none: the space's staff have no say there, so neither is it swept."""
    await people(stand, HALL)
    await stand.room(TOWER, owner=GERTRUDE, space=DENMARK, inherit=Inherit.NONE)
    await stand.enter(TOWER, device(POLONIUS))
    await say(stand, TOWER, POLONIUS, "m1")
    assert last(await stand.run(kick())).rooms == 1
    assert await stand.inside(TOWER, device(POLONIUS))
    assert last(await stand.run(back())).messages == 0


async def test_a_retraction_leaves_tombstones(stand: Stand) -> None:
    """XEP-0424 §4: the same id, place, time and nick, and nothing of what was said."""
    await people(stand, HALL, TOWER)
    await stand.enter(HALL, device(HAMLET), "prince")
    await say(stand, HALL, POLONIUS, "m1")
    await say(stand, HALL, HORATIO, "m2")
    await say(stand, TOWER, POLONIUS, "m3")
    before = await stand.items(HALL)
    await stand.forget_told()
    events = await stand.run(back(device(HAMLET), reason="spam"))
    assert (last(events).messages, last(events).rooms, last(events).next) == (2, 2, None)
    first, second, said = await stand.items(HALL)
    assert second == before[1]
    assert (first.id, first.publisher, first.published, first.nick) == (
        before[0].id,
        before[0].publisher,
        before[0].published,
        before[0].nick,
    )
    assert first.payload is not None and first.payload.elements == []
    assert first.retraction is not None
    assert (first.retraction.nick, first.retraction.reason) == ("prince", "spam")
    assert await taken_back(stand, HALL, TOWER) == ["m1", "m3"]
    told = {each.node: each for each in await stand.hears(Spoken)}
    assert told[HALL].item == said, "who was not there can look it up"
    assert said.payload == notice(HALL, first.id, first.retraction)
    assert (said.id, said.nick, told[HALL].kept) == (first.retraction.id, "", True)
    unseen = (await stand.items(TOWER))[0].retraction
    assert unseen is not None and unseen.nick == "", "who did it is not in the tower"
    assert device(POLONIUS, "court") in told[HALL].to
    (row,) = await moved(stand)
    assert row.after == "2 messages, 2 rooms: spam"
    recent = (await stand.node(HALL)).recent
    assert recent is not None
    assert list(recent) == list(await stand.items(HALL))


async def test_what_is_older_stays(stand: Stand) -> None:
    """`within` counts from the command; the stand's clock ticks once for each command."""
    await people(stand, HALL)
    for body in ("m1", "m2", "m3"):
        await say(stand, HALL, POLONIUS, body)
    await stand.run(back(within=2.0))
    assert await taken_back(stand, HALL) == ["m2", "m3"]
    assert last(await stand.run(back())).messages == 1
    again = await stand.run(back())
    assert (last(again).messages, last(again).next) == (0, None)
    assert len(list(await moved(stand))) == 2, "nothing happened the third time"


async def test_a_command_is_bounded_and_another_goes_on(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TAKEN_BACK_MAX, LOOKED_AT_MAX and ROOMS_LOOKED_AT_MAX; none is missed and none done twice."""
    rooms = [NodeId(HALL.service, name) for name in ("attic", "cellar", "den")]
    await people(stand, *rooms)
    said = []
    for room in rooms:
        for number in range(7):
            await say(stand, room, HORATIO if number % 3 == 0 else POLONIUS, f"{room.name}{number}")
            said += [f"{room.name}{number}"] if number % 3 else []
    for name, value in (("TAKEN_BACK_MAX", 3), ("LOOKED_AT_MAX", 5), ("ROOMS_LOOKED_AT_MAX", 1)):
        with monkeypatch.context() as bounded:
            bounded.setattr(moderation, name, value)
            done = last(await stand.run(back()))
            assert done.next is not None, name
            assert done.messages < len(said)
    monkeypatch.setattr(moderation, "TAKEN_BACK_MAX", 2)
    monkeypatch.setattr(moderation, "LOOKED_AT_MAX", 3)
    start: Mark | None = None
    while True:
        done = last(await stand.run(back(start=start)))
        if done.next is None:
            break
        assert start != done.next, "each goes further"
        start = done.next
    assert sorted(await taken_back(stand, *rooms)) == sorted(said)


async def test_a_mark_that_is_gone(stand: Stand) -> None:
    """The room is begun again where the message before which to go on is no longer there."""
    await people(stand, HALL, TOWER)
    await say(stand, HALL, POLONIUS, "m1")
    assert last(await stand.run(back(start=Mark(0.0, "hall", "gone")))).messages == 1
    assert last(await stand.run(back(start=Mark(0.0, "zzz")))).messages == 0
