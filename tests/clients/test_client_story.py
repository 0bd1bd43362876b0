"""The whole story by folkmoot.client alone: XEP-0503 0.3.0, with rooms (XEP-0045 1.35.5)."""

from __future__ import annotations

import asyncio

import pytest
from slixmpp import JID

from folkmoot.client import (
    Access,
    Affiliation,
    Change,
    ItemChanged,
    ItemsRetracted,
    Member,
    Membership,
    Occupancy,
    OccupantChanged,
    Refused,
    Requested,
    Room,
    RoomExists,
    Said,
    SpaceAddress,
    State,
    SubscriptionChanged,
)
from tests.clients.actors import PATIENCE_SECONDS, first
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


def garden(town: Town) -> JID:
    """A room that is not there yet."""
    return JID(f"{town.named('garden').local}@{town.place.rooms}")


async def test_the_story(town: Town) -> None:
    """§3, §5.3, §5.4, §5.5; founded, asked for, let in, talked in, and left by a ban."""
    juliet, romeo = await town.guest("juliet"), await town.guest("romeo", web=True)
    hers, his, room = juliet.spaces, romeo.spaces, garden(town)
    assert await hers.service() == JID(str(town.place.spaces))
    house = await hers.create(str(town.place.spaces), title="House of Capulet")
    assert (await hers.join(house)).state is State.SUBSCRIBED
    heard = hers.events(house, room)
    made = await hers.rooms.create(house, room, "The garden", nick="juliet")
    assert made == Occupancy(room, "juliet", Affiliation.OWNER, "moderator", created=True)
    assert await hers.parent(room) == house
    listed = await hers.add_room(house, room, "The garden")
    assert await first(heard, ItemChanged) == ItemChanged(house, listed)

    hears = his.events(house, room)
    assert (await his.join(house.iri)).state is State.PENDING
    await hers.approve((await first(heard, Requested)).request)
    told = await first(hears, SubscriptionChanged)
    assert told == SubscriptionChanged(house, romeo.own, State.SUBSCRIBED)
    assert (await his.content(house)).rooms == (listed,)
    entered = await his.rooms.enter(room, "romeo")
    assert (entered.affiliation, entered.created) == (Affiliation.MEMBER, False)
    assert await hers.rooms.members(room) == (
        Member(juliet.own, affiliation=Affiliation.OWNER),
        Member(romeo.own, affiliation=Affiliation.MEMBER),
    )
    said = await his.rooms.say(room, "I take thee at thy word")
    assert said == await first(heard, Said) == Said(room, "romeo", "I take thee at thy word")

    await hers.set_affiliation(house, romeo.own, Affiliation.OUTCAST)
    for events in (heard, hears):
        async with asyncio.timeout(PATIENCE_SECONDS):
            gone = await events.first(OccupantChanged, lambda event: not event.present)
        assert (gone.nick, gone.affiliation) == ("romeo", Affiliation.OUTCAST)
        assert 301 in gone.codes
    for refused in (his.rooms.enter(room, "romeo"), his.join(house)):
        with pytest.raises(Refused, match="forbidden"):
            await refused
    await hers.remove(house, listed)
    assert await first(heard, ItemsRetracted) == ItemsRetracted(house, (str(room),))
    await hers.rooms.destroy(room)
    await hers.delete(house)
    with pytest.raises(Refused, match="item-not-found"):
        await hers.info(house)


async def test_a_room_is_entered_and_left(town: Town) -> None:
    """XEP-0045 §7.2, §7.14, §10.1: what was said before is told as past; whoever leaves is seen."""
    juliet, romeo = await town.guest("juliet"), await town.guest("romeo")
    hers, his, room = juliet.spaces, romeo.spaces, garden(town)
    house = await hers.create(str(town.place.spaces), title="House of Capulet")
    await hers.rooms.create(house, room, "The garden", nick="juliet", members_only=False)
    await hers.rooms.say(room, "Ay me!")
    with pytest.raises(RoomExists):
        await his.rooms.create(house, room, "The garden", nick="romeo")
    with pytest.raises(Refused, match="conflict"):
        await his.rooms.enter(room, "juliet")
    hears, heard = his.events(room), hers.events(str(room))
    await his.rooms.enter(room, "romeo", history=10)
    assert await first(hears, Said) == Said(room, "juliet", "Ay me!", past=True)
    assert (await first(heard, OccupantChanged)).nick == "romeo"
    await his.rooms.leave(room)
    await his.rooms.leave(room)  # where one is not, one need not leave
    gone = await first(heard, OccupantChanged)
    assert (gone.nick, gone.present) == ("romeo", False)
    with pytest.raises(Refused, match="not-acceptable"):
        await his.rooms.say(room, "Speak again, bright angel!")
    await hers.rooms.destroy(room)


async def test_a_room_that_was_there_is_told_of_its_space(town: Town) -> None:
    """§5.5: the room's half for itself; only its owners may say it."""
    juliet, romeo = await town.guest("juliet"), await town.guest("romeo")
    hers, room = juliet.spaces, garden(town)
    house = await hers.create(str(town.place.spaces), title="House of Capulet")
    await hers.rooms.enter(room, "juliet")
    assert not await hers.rooms.configure(room, {"muc#roomconfig_roomname": "The garden"})
    assert await hers.parent(room) is None
    with pytest.raises(Refused, match="forbidden"):
        await romeo.spaces.rooms.name_space(room, house)
    assert await hers.rooms.name_space(room, house)
    assert await hers.parent(room) == house
    unknown = await hers.rooms.configure(room, {"muc#roomconfig_gate": "1"})
    assert unknown == {"muc#roomconfig_gate"}
    await hers.rooms.destroy(room)


async def test_an_invite_lets_in_and_the_trail_has_it(town: Town) -> None:
    """docs/extensions/invites.md, docs/extensions/audit.md."""
    juliet, romeo = await town.guest("juliet"), await town.guest("romeo")
    house = await juliet.spaces.create(
        str(town.place.spaces), title="House of Capulet", access=Access.WHITELIST
    )
    made = await juliet.spaces.invite(house, uses=2)
    assert SpaceAddress.parse(made.uri) == house
    joined = await romeo.spaces.join(made.uri)
    assert joined == Membership(house, State.SUBSCRIBED)
    (listed,) = await juliet.spaces.invites(house)
    assert (listed.id, listed.uses, listed.used, listed.token) == (made.id, 2, 1, "")
    await juliet.spaces.revoke(house, listed)
    tybalt = await town.guest("tybalt")
    with pytest.raises(Refused) as refused:
        await tybalt.spaces.join(house, invite=made.token)
    assert (refused.value.condition, refused.value.detail) == ("not-allowed", "closed-node")
    trail = await juliet.spaces.audit(house)
    assert isinstance(trail[0], Change)
    assert [row.what for row in trail].count("invite") == 3
    assert Room not in map(type, (await romeo.spaces.content(house)).others)
    with pytest.raises(Refused, match="forbidden"):
        await romeo.spaces.audit(house)
