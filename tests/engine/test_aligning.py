"""What rooms abroad are to have of a space's people is kept with what changes the space."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from folkmoot.engine.commands import Configure, Delete, Entry, Publish
from folkmoot.engine.configuration import SPACE_TYPE
from folkmoot.engine.decide import aligning
from folkmoot.engine.decide.aligning import ALL_PEOPLE
from folkmoot.engine.events import Event
from folkmoot.engine.model import Affiliation, NodeId, room_abroad
from folkmoot.engine.room_commands import Align
from folkmoot.engine.space_events import PeopleWished, RoomListed, RoomUnlisted, StandingWished
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    ELSINORE,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    SPACES,
    WORDS,
    Stand,
)

OWNER, ADMIN, PUBLISHER = Affiliation.OWNER, Affiliation.ADMIN, Affiliation.PUBLISHER
MEMBER, NONE, OUTCAST = Affiliation.MEMBER, Affiliation.NONE, Affiliation.OUTCAST

CAMP = JID.parse("camp@conference.norway.lit")
FORT = JID.parse("fort@conference.norway.lit")

Kept = Sequence[Event]


async def kept(stand: Stand, *kinds: type[Event]) -> list[Event]:
    """What was kept for rooms abroad since the last time."""
    await stand.settled()
    found = [event for batch in stand.store.batches for event in batch if isinstance(event, kinds)]
    stand.store.batches.clear()
    return found


async def abroad(stand: Stand) -> list[Event]:
    return await kept(stand, RoomListed, RoomUnlisted, StandingWished)


async def lists(stand: Stand, room: JID, space: NodeId = DENMARK, id: str = "") -> None:
    """A space lists a room abroad."""
    entry = Entry(payload=WORDS, id=id or str(room), lists=room_abroad(room))
    await stand.run(Publish(actor=HAMLET, node=space, entry=entry))


def wishes(jid: JID, wanted: Affiliation, *rooms: JID, space: NodeId = DENMARK) -> list[Event]:
    return [StandingWished(node=space, room=room, jid=jid, wanted=wanted) for room in rooms]


async def test_rooms_come_and_go(stand: Stand) -> None:
    """By an item, by its end, by another under its id, and with the space."""
    await stand.space()
    await lists(stand, CAMP)
    assert await abroad(stand) == [RoomListed(node=DENMARK, room=CAMP, by=HAMLET)]
    await lists(stand, CAMP)
    assert await abroad(stand) == [], "it is listed already"
    await lists(stand, FORT, id=str(CAMP))
    assert await abroad(stand) == [
        RoomUnlisted(node=DENMARK, room=CAMP),
        RoomListed(node=DENMARK, room=FORT, by=HAMLET),
    ]
    await stand.retract(DENMARK, HAMLET, str(CAMP))
    assert await abroad(stand) == [RoomUnlisted(node=DENMARK, room=FORT)]
    await lists(stand, CAMP)
    await stand.run(Configure(actor=HAMLET, node=DENMARK, settings={"type": ""}))
    await stand.run(Configure(actor=HAMLET, node=DENMARK, settings={"type": SPACE_TYPE}))
    await stand.run(Delete(actor=HAMLET, node=DENMARK))
    listed = RoomListed(node=DENMARK, room=CAMP, by=HAMLET)
    unlisted = RoomUnlisted(node=DENMARK, room=CAMP)
    assert await abroad(stand) == [listed, unlisted, listed, unlisted]


async def test_a_change_is_wished_of_each_room(stand: Stand) -> None:
    """In the words of a room; what changes nothing there is not wished."""
    await stand.space()
    await lists(stand, CAMP)
    await lists(stand, FORT)
    await abroad(stand)
    await stand.affiliate(DENMARK, HAMLET, {FORTINBRAS: PUBLISHER})
    assert await abroad(stand) == wishes(FORTINBRAS, ADMIN, CAMP, FORT)
    await stand.subscribe(DENMARK, FORTINBRAS)
    assert await abroad(stand) == [], "a publisher who subscribes is admin still"
    await stand.affiliate(DENMARK, HAMLET, {FORTINBRAS: OUTCAST})
    assert await abroad(stand) == wishes(FORTINBRAS, OUTCAST, CAMP, FORT)
    await stand.affiliate(DENMARK, HAMLET, {FORTINBRAS: NONE})
    assert await abroad(stand) == wishes(FORTINBRAS, NONE, CAMP, FORT)
    await stand.subscribe(DENMARK, FORTINBRAS)
    assert await abroad(stand) == [], "who waits to be let in is nothing yet"
    await stand.affiliate(DENMARK, HAMLET, {FORTINBRAS: MEMBER})
    assert await abroad(stand) == wishes(FORTINBRAS, MEMBER, CAMP, FORT)
    await stand.unsubscribe(DENMARK, FORTINBRAS)
    assert await abroad(stand) == wishes(FORTINBRAS, NONE, CAMP, FORT)


async def test_what_is_no_business_of_rooms_abroad(stand: Stand) -> None:
    """Rooms of ours, other nodes, and spaces that list none abroad."""
    await stand.space()
    await stand.room(HALL, space=DENMARK)
    await stand.leaf()
    await stand.affiliate(DENMARK, HAMLET, {OPHELIA: MEMBER})
    await stand.affiliate(HALL, HAMLET, {OPHELIA: ADMIN})
    await lists(stand, CAMP, NodeId(SPACES, "soliloquies"))
    assert await abroad(stand) == []


async def test_a_space_in_a_space(stand: Stand) -> None:
    """What somebody is above holds below; coming under another begins all anew."""
    await stand.space()
    await stand.space(ELSINORE)
    await lists(stand, CAMP, ELSINORE)
    await stand.run(Configure(actor=HAMLET, node=ELSINORE, settings={"parent": DENMARK}))
    await abroad(stand)
    await stand.list(DENMARK, ELSINORE)
    assert await abroad(stand) == [RoomListed(node=ELSINORE, room=CAMP)]
    await stand.affiliate(DENMARK, HAMLET, {GERTRUDE: OWNER})
    assert await abroad(stand) == wishes(GERTRUDE, OWNER, CAMP, space=ELSINORE)
    await stand.run(Configure(actor=HAMLET, node=ELSINORE, settings={"parent": None}))
    assert await abroad(stand) == [RoomListed(node=ELSINORE, room=CAMP)]


async def test_people_come_by_the_page(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """PEOPLE_PER_PAGE_MAX: everyone once, by JID, those with nothing to have left out."""
    monkeypatch.setattr(aligning, "PEOPLE_PER_PAGE_MAX", 2)
    await stand.space()
    await stand.affiliate(DENMARK, HAMLET, {OPHELIA: PUBLISHER, GERTRUDE: OUTCAST})
    await stand.member(DENMARK, HORATIO)
    await stand.subscribe(DENMARK, FORTINBRAS)
    await lists(stand, CAMP)
    await abroad(stand)
    after, pages = "", 0
    while after != ALL_PEOPLE:
        await stand.run(Align(actor=SPACES, node=DENMARK, room=CAMP, after=after))
        await stand.settled()
        last = stand.store.batches[-1][-1]
        assert isinstance(last, PeopleWished)
        after, pages = last.last, pages + 1
    assert pages == 3
    assert await abroad(stand) == [
        *wishes(GERTRUDE, OUTCAST, CAMP),
        *wishes(HAMLET, OWNER, CAMP),
        *wishes(HORATIO, MEMBER, CAMP),
        *wishes(OPHELIA, ADMIN, CAMP),
    ]
    assert await stand.run(Align(actor=SPACES, node=DENMARK, room=FORT)) == ()
