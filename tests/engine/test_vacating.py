"""Rooms know who was in them when the server stopped, and let go of whoever is gone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from folkmoot.engine.events import Cause
from folkmoot.engine.model import Role
from folkmoot.engine.notifications import OccupantTold, Welcomed
from folkmoot.engine.room_commands import SetRoles
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    TOWER,
    Stand,
    device,
    running,
)

PRINCE, QUEEN, FRIEND, MAID = map(device, (HAMLET, GERTRUDE, HORATIO, OPHELIA))


def but(*gone: JID) -> Callable[[JID], bool]:
    """Everybody has a stream but these."""
    return lambda jid: jid not in gone


async def full(stand: Stand) -> None:
    """Four in the hall, and everything that happened is kept."""
    await stand.room()
    for jid in (PRINCE, QUEEN, FRIEND, MAID):
        await stand.enter(HALL, jid)
    await stand.settled()


async def test_occupants_outlive_the_server(stand: Stand) -> None:
    """Nick, given role and presence are as they were; the next to come meets them."""
    await full(stand)
    await stand.rename(HALL, QUEEN, "queen")
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"ophelia": Role.MODERATOR}))
    await stand.settled()
    before = (await stand.node(HALL)).subscriptions
    async with running(Stand(stand.store)) as again:
        assert (await again.node(HALL)).subscriptions == before
        assert again.engine.temporary(QUEEN) == (HALL,)
        late = device(HORATIO, "court")
        await again.enter(HALL, late, "horatio")
        (welcome,) = await again.hears(Welcomed)
        assert {each.nick for each in welcome.others} == {"hamlet", "queen", "ophelia"}
        assert {each.role for each in welcome.others} == {Role.MODERATOR, Role.PARTICIPANT}


async def test_each_departure_is_heard_once_by_those_who_stay(stand: Stand) -> None:
    """XEP-0045 §7.14 with status 333: lost, and nobody hears of it who is gone as well."""
    await full(stand)
    async with running(Stand(stand.store)) as again:
        await again.engine.vacate(but(QUEEN, FRIEND))
        told = await again.hears(OccupantTold)
        assert all(each.left and each.cause is Cause.LOST for each in told)
        assert sorted((each.seen.nick, jid.local) for each in told for jid in each.to) == [
            (gone, hearer) for gone in ("gertrude", "horatio") for hearer in ("hamlet", "ophelia")
        ]
        assert set((await again.node(HALL)).subscriptions) == {PRINCE, MAID}
        await again.forget_told()
        await again.engine.vacate(but(QUEEN, FRIEND))
        assert await again.hears(OccupantTold) == []
    async with running(Stand(stand.store)) as third:
        assert set((await third.node(HALL)).subscriptions) == {PRINCE, MAID}


async def test_a_device_that_is_gone_leaves_the_other_there(stand: Stand) -> None:
    """Several devices go by one nick: it stays, and only what is seen of it may change."""
    await full(stand)
    phone = device(GERTRUDE, "phone")
    await stand.enter(HALL, phone, "gertrude")
    await stand.settled()
    async with running(Stand(stand.store)) as again:
        await again.engine.vacate(but(phone))
        assert all(not each.left for each in await again.hears(OccupantTold))
        assert (await again.node(HALL)).occupants("gertrude") == (QUEEN,)


@pytest.mark.parametrize("settings", [{}, {"room.persistent": True, "room.locked": True}])
async def test_rooms_for_their_occupants_alone_end(stand: Stand, settings: dict[str, bool]) -> None:
    """XEP-0045 §10.1: a temporary room, or one nobody configured, goes with the last of them."""
    await stand.enter(TOWER, MAID)
    await full(stand)
    async with running(Stand(stand.store)) as again:
        await again.engine.vacate(lambda jid: False)
        await again.settled()
        assert TOWER not in stand.store.kept
        assert HALL in stand.store.kept
        assert await stand.store.occupied() == ()
