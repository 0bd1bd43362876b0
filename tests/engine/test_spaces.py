"""Which rooms are in a space: both halves, either one going, and the end of the space."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.engine.commands import Configure, Create, Delete, Entry, Publish, Purge
from folkmoot.engine.configuration import Access, Inherit, PublishModel
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import Cause, Event, ItemPublished
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Deleted, OccupantTold
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    ELSINORE,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    TOWER,
    WORDS,
    Stand,
    device,
    entry,
)

OWNER, MEMBER, NONE = Affiliation.OWNER, Affiliation.MEMBER, Affiliation.NONE
OUTCAST, PUBLISHER, ADMIN = Affiliation.OUTCAST, Affiliation.PUBLISHER, Affiliation.ADMIN
CLOSED: dict[str, Any] = {"access": Access.WHITELIST}


async def ban(stand: Stand, jid: JID, node: NodeId = DENMARK) -> tuple[Event, ...]:
    return await stand.affiliate(node, device(HAMLET), {jid: OUTCAST}, "treason")


async def claim(stand: Stand, node: NodeId, parent: NodeId | None, by: JID = HAMLET) -> None:
    """The node's half."""
    await stand.run(Configure(actor=by, node=node, settings={"parent": parent}))


# --- both halves


@pytest.mark.parametrize("first", ["room", "space"])
async def test_a_room_is_in_a_space_when_both_say_so(stand: Stand, first: str) -> None:
    """In either order, by separate commands; from the second on, standing is inherited."""
    await stand.space()
    await stand.member(DENMARK, HORATIO)
    await stand.room(**CLOSED)
    halves = [claim(stand, HALL, DENMARK), stand.list(DENMARK, HALL)]
    one, other = halves if first == "room" else halves[::-1]
    await one
    assert await stand.standing(HALL, HORATIO) is NONE
    await stand.refused(entry(HALL, device(HORATIO)), Reason.CLOSED_NODE)
    await other
    assert await stand.ask(View.chain, HALL) == (HALL, DENMARK)
    assert await stand.standing(HALL, HORATIO) is MEMBER
    await stand.enter(HALL, device(HORATIO))


@pytest.mark.parametrize("half", ["claim", "retract", "purge", "relist", "evict", "delete"])
async def test_a_room_is_in_no_space_when_either_half_goes(stand: Stand, half: str) -> None:
    """And whom only the space let in has to go, in the same breath."""
    await stand.space(owner=GERTRUDE)
    await stand.member(DENMARK, HORATIO)
    await stand.affiliate(DENMARK, GERTRUDE, {OPHELIA: PUBLISHER})
    await stand.room(space=DENMARK, **CLOSED)
    for jid in (HORATIO, OPHELIA, HAMLET):
        await stand.enter(HALL, device(jid))
    await stand.forget_told()
    if half == "claim":
        await claim(stand, HALL, None)
    elif half == "retract":
        await stand.retract(DENMARK, GERTRUDE, "hall")
    elif half == "purge":
        await stand.run(Purge(actor=GERTRUDE, node=DENMARK))
    elif half == "relist":
        await stand.publish(DENMARK, GERTRUDE, id="hall")
    elif half == "evict":
        settings = {"max_items": 1}
        await stand.run(Configure(actor=GERTRUDE, node=DENMARK, settings=settings))
        await stand.list(DENMARK, TOWER, GERTRUDE)
    else:
        await stand.run(Delete(actor=GERTRUDE, node=DENMARK))
    assert await stand.ask(View.chain, HALL) == (HALL,)
    assert (await stand.node(HALL)).nicks == ("hamlet",)
    for jid in (HORATIO, OPHELIA):
        told = (await stand.hears(OccupantTold, by=[device(jid)]))[-1]
        assert (told.own, told.left, told.cause) == (True, True, Cause.AFFILIATION)
    assert await stand.standing(HALL, HAMLET) is OWNER


async def test_a_half_claimed_alone_gives_nobody_anything(stand: Stand) -> None:
    """Nor does the space's owner come into a room that did not ask for it, nor the other way."""
    await stand.space(owner=GERTRUDE)
    await stand.room(**CLOSED)
    await stand.list(DENMARK, HALL, GERTRUDE)
    assert await stand.standing(HALL, GERTRUDE) is NONE
    await stand.room(TOWER, OPHELIA, parent=DENMARK)
    assert await stand.standing(TOWER, GERTRUDE) is NONE
    assert await stand.standing(DENMARK, OPHELIA) is NONE


async def test_a_room_goes_from_one_space_to_another(stand: Stand) -> None:
    await stand.space()
    await stand.space(ELSINORE)
    await stand.member(DENMARK, HORATIO)
    await stand.member(ELSINORE, OPHELIA)
    await stand.room(space=DENMARK, **CLOSED)
    await stand.list(ELSINORE, HALL)
    await stand.enter(HALL, device(HORATIO))
    await claim(stand, HALL, ELSINORE)
    assert not await stand.inside(HALL, device(HORATIO))
    await stand.enter(HALL, device(OPHELIA))


@pytest.mark.parametrize("access", [Access.OPEN, Access.WHITELIST])
async def test_a_room_that_is_in_what_goes_and_goes_too_is_told_once(
    stand: Stand, access: Access
) -> None:
    """A space lists a space, and also a room that is in that one; all items go at once."""
    await stand.space()
    await stand.space(ELSINORE, GERTRUDE, parent=DENMARK)
    await stand.list(DENMARK, ELSINORE)
    await stand.room(HALL, GERTRUDE, space=ELSINORE, access=access)
    await stand.list(DENMARK, HALL)
    await stand.member(DENMARK, HORATIO)
    await stand.enter(HALL, device(HORATIO))
    await stand.forget_told()
    await stand.run(Purge(actor=HAMLET, node=DENMARK))
    (told,) = await stand.hears(OccupantTold, by=[device(HORATIO)])
    assert told.left is (access is Access.WHITELIST)


# --- the end of a space


async def test_a_deleted_space_leaves_its_rooms_to_themselves(stand: Stand) -> None:
    """Each of its members is told once by the space, and once by each room they have to leave."""
    await stand.space()
    await stand.room(HALL, space=DENMARK, **CLOSED)
    await stand.room(TOWER, space=DENMARK)
    await stand.member(DENMARK, HORATIO)
    for node in (HALL, TOWER):
        await stand.enter(node, device(HORATIO))
    await stand.forget_told()
    await stand.run(Delete(actor=HAMLET, node=DENMARK, reason="the rest is silence"))
    assert await stand.hears(Deleted, by=[HORATIO])
    left, moved = await stand.hears(OccupantTold, by=[device(HORATIO)])
    assert (left.node, left.left, left.reason) == (HALL, True, "the rest is silence")
    assert (moved.node, moved.left, moved.seen.affiliation) == (TOWER, False, NONE)
    assert moved.seen.affiliation is await stand.standing(TOWER, HORATIO)


async def test_a_room_that_a_space_owned_is_left_to_its_owners(stand: Stand) -> None:
    """A room is never nobody's: who owned it through the space owns it from then on."""
    await stand.space()
    await stand.room(HALL, OPHELIA, space=DENMARK)
    await stand.affiliate(HALL, HAMLET, {OPHELIA: NONE})
    assert not (await stand.node(HALL)).affiliations
    await stand.run(Delete(actor=HAMLET, node=DENMARK))
    assert await stand.row(HALL, HAMLET) is OWNER


async def test_a_private_room_of_a_banned_owner_falls_to_the_space(stand: Stand) -> None:
    """It takes no standing from the space but bans, and now has nobody else."""
    await stand.space()
    await stand.room(HALL, OPHELIA, space=DENMARK, inherit=Inherit.NONE)
    assert await stand.standing(HALL, HAMLET) is NONE
    await ban(stand, OPHELIA)
    assert await stand.ask(View.owners, HALL) == (HAMLET,)


async def test_nobody_makes_a_room_in_a_space_that_banned_them(stand: Stand) -> None:
    await stand.space()
    await ban(stand, OPHELIA)
    await stand.list(DENMARK, HALL)
    command = Create(actor=OPHELIA, node=HALL, settings={"parent": DENMARK})
    await stand.refused(command, Reason.OUTCAST)


# --- who lists


async def test_members_list_rooms_where_they_may(stand: Stand) -> None:
    await stand.space(publish=PublishModel.SUBSCRIBERS)
    await stand.member(DENMARK, OPHELIA)
    await stand.room(HALL, OPHELIA, parent=DENMARK)
    await stand.list(DENMARK, HALL, OPHELIA)
    assert await stand.standing(HALL, HAMLET) is OWNER


async def test_an_accounts_node_may_be_a_parent_too(stand: Stand) -> None:
    """Also where it is made by the item that lists the child."""
    mine = NodeId(HAMLET, "rooms")
    await stand.room(HALL, OPHELIA, parent=mine)
    await stand.enter(HALL, device(HAMLET))
    await stand.forget_told()
    events = await stand.run(
        Publish(
            actor=HAMLET,
            node=mine,
            entry=Entry(payload=WORDS, lists=HALL),
            expects={"access": Access.OPEN},
        )
    )
    assert any(isinstance(each, ItemPublished) for each in events)
    assert await stand.standing(HALL, HAMLET) is OWNER
    (told,) = await stand.hears(OccupantTold, by=[device(HAMLET)])
    assert told.seen.affiliation is OWNER
