"""What somebody is in a space they are in its rooms, at once (inheritance is ours)."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.engine.commands import Approve, Configure, SetAffiliations
from folkmoot.engine.configuration import Access, Inherit
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import AffiliationChanged, Cause, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, NodeId, Role, State
from folkmoot.engine.notifications import OccupantTold
from folkmoot.engine.room_events import StandingChanged
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    DOMAIN,
    ELSINORE,
    FORTINBRAS,
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
    entry,
)

OWNER, MEMBER, NONE = Affiliation.OWNER, Affiliation.MEMBER, Affiliation.NONE
OUTCAST, PUBLISHER, ADMIN = Affiliation.OUTCAST, Affiliation.PUBLISHER, Affiliation.ADMIN
CLOSED: dict[str, Any] = {"access": Access.WHITELIST}
MODERATED: dict[str, Any] = {"room.moderated": True}


async def ban(stand: Stand, jid: JID, node: NodeId = DENMARK) -> tuple[Event, ...]:
    return await stand.affiliate(node, device(HAMLET), {jid: OUTCAST}, "treason")


async def claim(stand: Stand, node: NodeId, parent: NodeId | None, by: JID = HAMLET) -> None:
    """The node's half."""
    await stand.run(Configure(actor=by, node=node, settings={"parent": parent}))


@pytest.mark.parametrize(
    ("above", "below", "role"),
    [
        (OWNER, OWNER, Role.MODERATOR),
        (PUBLISHER, ADMIN, Role.MODERATOR),
        (MEMBER, MEMBER, Role.PARTICIPANT),
    ],
)
async def test_the_words_of_a_space_in_its_rooms(
    stand: Stand, above: Affiliation, below: Affiliation, role: Role
) -> None:
    """And an occupant is announced as what they are now, by whom."""
    await stand.space()
    await stand.room(space=DENMARK, **MODERATED)
    for jid in (HAMLET, HORATIO):
        await stand.enter(HALL, device(jid))
    await stand.forget_told()
    events = await stand.affiliate(DENMARK, HAMLET, {HORATIO: above})
    assert [type(each) for each in events] == [AffiliationChanged, StandingChanged]
    assert await stand.standing(HALL, HORATIO) is below
    (told,) = await stand.hears(OccupantTold, by=[device(HAMLET)])
    assert (told.seen.affiliation, told.seen.role, told.left) == (below, role, False)
    own, *others = await stand.hears(OccupantTold, by=[device(HORATIO)])
    assert own.own and own.seen == told.seen
    # A moderator learns who the others are.
    learnt = [device(HAMLET)] if role is Role.MODERATOR else []
    assert [each.seen.jid for each in others] == learnt


async def test_an_answer_trickles_down(stand: Stand) -> None:
    """Room rights are in force before the subscriber hears `subscribed`."""
    await stand.space()
    await stand.room(space=DENMARK, **CLOSED)
    await stand.subscribe(DENMARK, HORATIO)
    await stand.refused(entry(HALL, device(HORATIO)), Reason.CLOSED_NODE)
    await stand.run(Approve(actor=HAMLET, node=DENMARK, subscriber=HORATIO, allow=True))
    await stand.enter(HALL, device(HORATIO))
    await stand.settled()
    assert HALL not in stand.store.kept or not stand.store.kept[HALL].affiliations.get(HORATIO)


async def test_joining_an_open_space_makes_a_member_of_an_occupant(stand: Stand) -> None:
    await stand.space(access=Access.OPEN)
    await stand.room(space=DENMARK)
    await stand.enter(HALL, device(HORATIO))
    await stand.forget_told()
    await stand.subscribe(DENMARK, HORATIO)
    (told,) = await stand.hears(OccupantTold, by=[device(HORATIO)])
    assert told.seen.affiliation is MEMBER


async def test_a_ban_is_one_row(stand: Stand) -> None:
    """One AffiliationChanged; subscription and occupancies below end with it."""
    await stand.space()
    for node in (HALL, TOWER):
        await stand.room(node, space=DENMARK)
        await stand.enter(node, device(HAMLET))
    await stand.member(DENMARK, HORATIO)
    for node, resource in ((HALL, "castle"), (TOWER, "court")):
        await stand.enter(node, device(HORATIO, resource))
    await stand.subscribe(TOWER, HORATIO)
    events = await ban(stand, HORATIO)
    rows = [each for each in events if isinstance(each, AffiliationChanged)]
    ends = [each for each in events if isinstance(each, SubscriptionChanged)]
    assert (len(rows), rows[0].node) == (1, DENMARK)
    assert [each.node for each in ends] == [DENMARK, HALL, TOWER, TOWER]
    assert {each.cause for each in ends} == {Cause.BANNED}
    assert {each.reason for each in ends} == {"treason"}
    for node in (HALL, TOWER):
        assert (await stand.node(node)).nicks == ("hamlet",)
        await stand.refused(entry(node, device(HORATIO)), Reason.OUTCAST)


async def test_the_ban_of_a_server_holds_below(stand: Stand) -> None:
    """One row; whoever of it is inside goes, but for those with a row of their own."""
    await stand.space(access=Access.OPEN)
    for node in (HALL, TOWER):
        await stand.room(node, space=DENMARK)
    await stand.affiliate(DENMARK, HAMLET, {GERTRUDE: MEMBER})
    await stand.affiliate(HALL, HAMLET, {OPHELIA: OWNER})
    for jid in (HORATIO, GERTRUDE, OPHELIA, FORTINBRAS):
        await stand.subscribe(DENMARK, jid)
        await stand.enter(HALL, device(jid))
    events = await ban(stand, DOMAIN)
    rows = [each for each in events if isinstance(each, AffiliationChanged)]
    ends = [each for each in events if isinstance(each, SubscriptionChanged)]
    assert [(each.node, each.jid) for each in rows] == [(DENMARK, DOMAIN)]
    assert {(each.node, each.subscriber.bare) for each in ends} == {
        (node, jid) for node in (DENMARK, HALL) for jid in (HORATIO, OPHELIA)
    }
    assert {each.cause for each in ends} == {Cause.BANNED}
    await stand.refused(entry(TOWER, device(HORATIO)), Reason.OUTCAST)
    for jid in (HAMLET, GERTRUDE, FORTINBRAS):
        await stand.enter(TOWER, device(jid))


async def test_a_room_whose_owner_is_banned_with_a_server_has_another(stand: Stand) -> None:
    """As where they are banned themselves: it falls to the owners of the space."""
    await stand.space()
    await stand.room(owner=HORATIO, space=DENMARK, inherit=Inherit.NONE)
    assert await stand.standing(HALL, HAMLET) is NONE
    await ban(stand, DOMAIN)
    assert await stand.standing(HALL, HORATIO) is OUTCAST
    assert await stand.standing(HALL, HAMLET) is OWNER


async def test_whom_a_ban_does_not_concern_is_told_nothing_but_who_left(stand: Stand) -> None:
    await stand.space()
    await stand.room(space=DENMARK)
    for jid in (HAMLET, HORATIO, OPHELIA):
        await stand.enter(HALL, device(jid))
    await stand.forget_told()
    await ban(stand, HORATIO)
    (told,) = await stand.heard_by(OPHELIA)
    assert isinstance(told, OccupantTold)
    assert (told.left, told.seen.nick, told.seen.jid) == (True, "horatio", None)
    assert (told.by, told.reason) == ("hamlet", "treason")


@pytest.mark.parametrize("door", ["leave", "remove"])
async def test_who_leaves_a_space_leaves_its_closed_rooms(stand: Stand, door: str) -> None:
    """And stays in an open one, as nobody in particular."""
    await stand.space()
    await stand.room(HALL, space=DENMARK, **CLOSED)
    await stand.room(TOWER, space=DENMARK)
    await stand.member(DENMARK, HORATIO)
    for node in (HALL, TOWER):
        await stand.enter(node, device(HORATIO))
    if door == "leave":
        await stand.unsubscribe(DENMARK, HORATIO)
    else:
        await stand.affiliate(DENMARK, HAMLET, {HORATIO: NONE})
    assert not await stand.inside(HALL, device(HORATIO))
    assert await stand.inside(TOWER, device(HORATIO))
    assert await stand.standing(TOWER, HORATIO) is NONE


async def test_demotion_trickles_down(stand: Stand) -> None:
    await stand.space()
    await stand.room(space=DENMARK)
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: PUBLISHER})
    await stand.enter(HALL, device(HORATIO))
    await stand.forget_told()
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: MEMBER})
    (told,) = await stand.hears(OccupantTold, by=[device(HORATIO)])
    assert (told.seen.affiliation, told.seen.role) == (MEMBER, Role.PARTICIPANT)


async def test_a_new_owner_is_announced_once(stand: Stand) -> None:
    """Also where what owners know of people decides who may be there."""
    await stand.space()
    await stand.room(space=DENMARK)
    await stand.enter(HALL, device(HORATIO))
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={"access": Access.PRESENCE}))
    await stand.enter(HALL, device(HAMLET))
    events = await stand.affiliate(DENMARK, HAMLET, {HAMLET: OWNER, OPHELIA: OWNER})
    assert not [each for each in events if isinstance(each, StandingChanged)]
    await stand.enter(HALL, device(OPHELIA))
    await stand.affiliate(DENMARK, HAMLET, {OPHELIA: PUBLISHER})
    events = await stand.affiliate(DENMARK, HAMLET, {OPHELIA: OWNER})
    (told,) = (each for each in events if isinstance(each, StandingChanged))
    assert told.occupant == device(OPHELIA)


async def test_another_access_model_lets_in_and_puts_out_below(stand: Stand) -> None:
    """Who was let into a space is its member, whatever model it has now."""
    await stand.space()
    await stand.room(space=DENMARK, **CLOSED)
    for jid in (HORATIO, OPHELIA):
        await stand.subscribe(DENMARK, jid)
    await stand.run(Configure(actor=HAMLET, node=DENMARK, settings={"access": Access.OPEN}))
    for jid in (HORATIO, OPHELIA):
        assert await stand.state(DENMARK, jid) is State.SUBSCRIBED
        await stand.enter(HALL, device(jid))
    await stand.run(Configure(actor=HAMLET, node=DENMARK, settings={"access": Access.WHITELIST}))
    assert await stand.state(DENMARK, HORATIO) is State.SUBSCRIBED
    await stand.run(Configure(actor=HAMLET, node=DENMARK, settings={"type": ""}))
    assert await stand.state(DENMARK, HORATIO) is State.NONE
    assert not (await stand.node(HALL)).nicks


# --- narrower, wider, deeper


@pytest.mark.parametrize(
    ("inherit", "stays"),
    [
        (Inherit.ALL, {HAMLET, GERTRUDE, HORATIO}),
        (Inherit.STAFF, {HAMLET, GERTRUDE}),
        (Inherit.NONE, {HAMLET}),
    ],
)
async def test_a_staff_room_is_one_setting(stand: Stand, inherit: Inherit, stays: set[JID]) -> None:
    """`{urn:folkmoot:spaces:0}inherit`, set while everybody is inside."""
    await stand.space()
    await stand.room(space=DENMARK, **CLOSED)
    await stand.affiliate(DENMARK, HAMLET, {GERTRUDE: PUBLISHER, HORATIO: MEMBER})
    for jid in (HAMLET, GERTRUDE, HORATIO):
        await stand.enter(HALL, device(jid))
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={"inherit": inherit}))
    assert {jid.bare for jid in (await stand.node(HALL)).subscriptions} == stays


async def test_what_a_space_gives_already_stores_nothing(stand: Stand) -> None:
    """Movim sends one affiliation for every member and room: they succeed and cannot drift."""
    await stand.space()
    await stand.room(space=DENMARK)
    await stand.member(DENMARK, HORATIO)
    await stand.affiliate(DENMARK, HAMLET, {OPHELIA: PUBLISHER})
    await ban(stand, POLONIUS)
    same = {HORATIO: MEMBER, OPHELIA: ADMIN, POLONIUS: OUTCAST, GERTRUDE: NONE}
    assert await stand.affiliate(HALL, HAMLET, same) == ()
    assert (await stand.node(HALL)).affiliations == {HAMLET: OWNER}


async def test_a_room_says_otherwise_of_a_member(stand: Stand) -> None:
    """An explicit `none` in a room overrides; what equals the space again takes the row away."""
    await stand.space()
    await stand.room(space=DENMARK, **CLOSED)
    await stand.member(DENMARK, HORATIO)
    await stand.enter(HALL, device(HORATIO))
    await stand.affiliate(HALL, HAMLET, {HORATIO: NONE})
    assert await stand.row(HALL, HORATIO) is NONE
    assert not await stand.inside(HALL, device(HORATIO))
    await stand.affiliate(HALL, HAMLET, {HORATIO: MEMBER})
    assert await stand.row(HALL, HORATIO) is None
    await stand.enter(HALL, device(HORATIO))


async def test_a_room_has_no_say_over_owners_and_outcasts_of_its_space(stand: Stand) -> None:
    """It would change nothing now, and surprise everybody later."""
    await stand.space()
    await stand.affiliate(DENMARK, HAMLET, {POLONIUS: OUTCAST})
    await stand.room(HALL, OPHELIA, space=DENMARK)
    for jid, wanted in ((HAMLET, OUTCAST), (HAMLET, MEMBER), (POLONIUS, MEMBER)):
        command = SetAffiliations(actor=OPHELIA, node=HALL, affiliations={jid: wanted})
        await stand.refused(command, Reason.OUTRANKED)


async def test_a_ban_at_the_root_reaches_the_leaves(stand: Stand) -> None:
    """Nested spaces, and a plain node in one of them."""
    await stand.space()
    await stand.space(ELSINORE, parent=DENMARK)
    await stand.list(DENMARK, ELSINORE)
    await stand.room(space=ELSINORE)
    await stand.leaf(parent=ELSINORE)
    await stand.list(ELSINORE, SOLILOQUIES)
    await stand.member(DENMARK, HORATIO)
    assert await stand.standing(HALL, HORATIO) is MEMBER
    await stand.enter(HALL, device(HORATIO))
    for node in (ELSINORE, SOLILOQUIES):
        await stand.subscribe(node, HORATIO)
    await ban(stand, HORATIO)
    for node in (DENMARK, ELSINORE, SOLILOQUIES, HALL):
        assert not (await stand.node(node)).addresses(HORATIO), node
        assert await stand.standing(node, HORATIO) is OUTCAST


async def test_whatever_is_in_a_space_that_moves_moves_with_it(stand: Stand) -> None:
    await stand.space()
    await stand.space(ELSINORE, GERTRUDE)
    await stand.room(HALL, GERTRUDE, space=ELSINORE, **CLOSED)
    await stand.member(DENMARK, HORATIO)
    await claim(stand, ELSINORE, DENMARK, GERTRUDE)
    await stand.list(DENMARK, ELSINORE)
    await stand.enter(HALL, device(HORATIO))
    await stand.retract(DENMARK, HAMLET, "elsinore")
    assert not await stand.inside(HALL, device(HORATIO))
