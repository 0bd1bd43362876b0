"""A node with all it had elsewhere, in one decision: rules of `Restore`, values alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from folkmoot.engine.commands import Configure, Create, Restore, Retract
from folkmoot.engine.configuration import SPACE_TYPE, Access
from folkmoot.engine.decide import Stamp, decide, restoring
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event
from folkmoot.engine.model import Affiliation, Item, State, Subscription, Via
from folkmoot.engine.notifications import AffiliationTold, SubscriptionTold
from folkmoot.engine.record import Node
from folkmoot.engine.store import AuditQuery
from tests.engine.memory import MemoryStore
from tests.engine.stand import (
    ACCOUNTS,
    DENMARK,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SERVICES,
    SOLILOQUIES,
    TOWER,
    WORDS,
    Stand,
    device,
    presence,
    running,
)

ITEM = Item("hall", GERTRUDE, 7.0, WORDS)
SPACE = Restore(
    actor=HAMLET,
    node=DENMARK,
    settings={"type": SPACE_TYPE, "access": Access.AUTHORIZE, "title": "Denmark"},
    affiliations={HAMLET: Affiliation.MEMBER, POLONIUS: Affiliation.OUTCAST},
    subscriptions=(
        Subscription(HORATIO, State.SUBSCRIBED, Via.PUBSUB, deliver=False),
        Subscription(OPHELIA, State.PENDING, Via.PUBSUB),
    ),
    items=((ITEM, HALL),),
)
ROOM = Restore(
    actor=HAMLET, node=HALL, settings={"parent": DENMARK, "room.persistent": True}, subject=ITEM
)


async def test_a_space_is_there_at_once_with_all_it_has(stand: Stand) -> None:
    """Who makes it owns it, whatever the rows say; owners are not told of each subscriber."""
    await stand.run(replace(SPACE, beside=(ROOM,), opens={HALL: Affiliation.OWNER}))
    space, hall = await stand.node(DENMARK), await stand.node(HALL)
    assert space.affiliations == {HAMLET: Affiliation.OWNER, POLONIUS: Affiliation.OUTCAST}
    assert {jid: each.state for jid, each in space.subscriptions.items()} == {
        HORATIO: State.SUBSCRIBED,
        OPHELIA: State.PENDING,
    }
    assert not space.subscriptions[HORATIO].deliver
    assert len({each.subid for each in space.subscriptions.values()}) == 2
    assert space.listed == {"hall": HALL}
    assert await stand.standing(HALL, HORATIO) is Affiliation.MEMBER
    assert hall.config.room is not None and not hall.config.room.locked
    assert hall.subject == ITEM
    await stand.settled()
    assert await stand.items(DENMARK) == (ITEM,)
    assert {each.to for each in await stand.hears(SubscriptionTold)} == {(HORATIO,), (OPHELIA,)}


async def test_who_is_not_looked_up_is_the_same(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a new node with nothing above: whatever is asked comes to what looking it up comes to."""

    async def outcome(command: Restore) -> tuple[Event, ...] | tuple[Reason, str]:
        try:
            return await stand.ask(lambda view: decide(command, view, Stamp(1.0, "id")))
        except Refused as refused:
            return refused.reason, refused.detail

    kinds: tuple[dict[str, object], ...] = (
        {"type": SPACE_TYPE},
        {"type": ""},
        {"type": SPACE_TYPE, "parent": TOWER},
    )
    states = (State.SUBSCRIBED, State.PENDING)
    commands = [
        replace(
            SPACE,
            settings={**kind, "access": access},
            affiliations={} if row is None else {jid: row},
            subscriptions=(Subscription(jid, state, Via.PUBSUB),),
        )
        for kind, access, row, state, jid in product(
            kinds, Access, (None, *Affiliation), states, (HAMLET, OPHELIA)
        )
    ]
    short = [await outcome(command) for command in commands]
    monkeypatch.setattr(restoring, "_is_alone", lambda node, config, view: False)
    assert [await outcome(command) for command in commands] == short
    assert 0 < sum(isinstance(each[0], Reason) for each in short) < len(short)


async def test_nobody_is_brought_into_a_room(stand: Stand) -> None:
    """Whoever is in one is there by a stream; and a subscription that is not one's stay is none."""
    brought = Subscription(device(HORATIO), State.SUBSCRIBED, Via.PUBSUB)
    room = replace(ROOM, subscriptions=(brought,))
    await stand.refused(replace(SPACE, beside=(room,)), Reason.FORBIDDEN)
    await stand.refused(room, Reason.FORBIDDEN)


async def test_the_trail_says_who_brought_it(stand: Stand) -> None:
    """Not who published it elsewhere (docs/extensions/audit.md)."""
    await stand.run(SPACE)
    page = await stand.engine.audit(HAMLET, AuditQuery(node=DENMARK))
    assert {row.by for _, row in page.rows} == {HAMLET}


async def test_a_time_that_is_not_said_is_now(stand: Stand) -> None:
    """Of items as of subjects."""
    await stand.run(replace(SPACE, items=((replace(ITEM, published=0.0), None),)))
    await stand.settled()
    (item,) = await stand.items(DENMARK)
    assert item.published > 0


async def test_a_room_is_locked_until_it_is_opened(stand: Stand) -> None:
    """It is filled meanwhile, in pages; to whom it belonged it belongs again."""
    await stand.run(ROOM)
    page = Restore(
        actor=HAMLET,
        node=HALL,
        affiliations={GERTRUDE: Affiliation.OWNER},
        items=((ITEM, None), (replace(ITEM, id="two"), None)),
    )
    await stand.run(page)
    assert not await stand.hears(AffiliationTold)
    assert _locked(await stand.node(HALL))
    await stand.run(replace(SPACE, opens={HALL: None}))
    assert not _locked(await stand.node(HALL))
    assert await stand.row(HALL, HAMLET) is None
    await stand.settled()
    assert [item.id for item in await stand.items(HALL)] == ["hall", "two"]


def _locked(record: Node) -> bool:
    return record.config.room is not None and record.config.room.locked


async def test_a_room_keeps_an_owner(stand: Stand) -> None:
    """Where nobody else would own it, who brought it does."""
    settings = {"parent": SOLILOQUIES}
    await stand.run(replace(ROOM, settings=settings))
    await stand.run(replace(SPACE, opens={HALL: None}))
    assert await stand.row(HALL, HAMLET) is Affiliation.OWNER


async def test_who_is_banned_leaves_the_rooms_that_are_there(stand: Stand) -> None:
    """A room that names the space already is in it from here on, and its rules hold there."""
    await stand.room()
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={"parent": DENMARK}))
    await stand.enter(HALL, device(POLONIUS))
    await stand.run(SPACE)
    assert not await stand.inside(HALL, device(POLONIUS))


@pytest.mark.parametrize(
    ("command", "reason", "detail"),
    [
        (replace(SPACE, node=SOLILOQUIES), Reason.NODE_EXISTS, ""),
        (Restore(actor=HAMLET, node=TOWER), Reason.NODE_NOT_FOUND, ""),
        (replace(SPACE, opens={TOWER: None}), Reason.NODE_NOT_FOUND, ""),
        (replace(SPACE, actor=FORTINBRAS), Reason.MAY_NOT_CREATE, ""),
        (replace(SPACE, node=presence(HAMLET)), Reason.FORBIDDEN, ""),
        (replace(SPACE, subject=ITEM), Reason.FORBIDDEN, ""),
        (Restore(actor=OPHELIA, node=SOLILOQUIES), Reason.FORBIDDEN, ""),
        (
            Restore(actor=HAMLET, node=SOLILOQUIES, affiliations={HORATIO: Affiliation.MEMBER}),
            Reason.FORBIDDEN,
            "",
        ),
        (
            replace(SPACE, affiliations={HORATIO: Affiliation.OUTCAST}),
            Reason.OUTCAST,
            str(HORATIO),
        ),
        (
            replace(SPACE, affiliations={HORATIO: Affiliation.ADMIN}),
            Reason.BAD_CONFIG,
            "affiliation",
        ),
        (
            replace(SPACE, settings={"type": SPACE_TYPE, "access": Access.WHITELIST}),
            Reason.CLOSED_NODE,
            str(OPHELIA),
        ),
        (
            replace(SPACE, settings={"type": SPACE_TYPE, "max_items": 0}),
            Reason.NODE_FULL,
            "",
        ),
        (replace(SPACE, settings={"persist_items": False}), Reason.NOT_PERSISTENT, ""),
        (
            replace(SPACE, items=((replace(ITEM, id="i" * 2_000), None),)),
            Reason.PAYLOAD_TOO_BIG,
            "id",
        ),
        (replace(SPACE, settings={"parent": DENMARK}), Reason.CYCLE, "parent"),
    ],
)
async def test_what_may_not_be(stand: Stand, command: Restore, reason: Reason, detail: str) -> None:
    """Nothing of it is done."""
    await stand.leaf()
    await stand.refused(command, reason, detail)


async def test_limits_count_what_comes_at_once() -> None:
    """Nodes of an owner, rows and subscriptions of a node."""
    services = replace(
        SERVICES,
        nodes_per_account_max=1,
        affiliations_per_node_max=2,
        subscriptions_per_node_max=2,
    )
    async with running(Stand(MemoryStore(ACCOUNTS), services)) as stand:
        rooms = (ROOM, replace(ROOM, node=TOWER))
        await stand.refused(replace(SPACE, beside=rooms), Reason.TOO_MANY_NODES)
        rows = dict.fromkeys((HORATIO, OPHELIA), Affiliation.MEMBER)
        many = replace(SPACE, affiliations=rows)
        await stand.refused(many, Reason.TOO_MANY_SUBSCRIPTIONS, "affiliations")
        third = Subscription(GERTRUDE, State.PENDING, Via.PUBSUB)
        many = replace(SPACE, subscriptions=(*SPACE.subscriptions, third))
        await stand.refused(many, Reason.TOO_MANY_SUBSCRIPTIONS)
        await stand.run(replace(SPACE, beside=(ROOM,), opens={HALL: None}))


async def test_a_room_off_the_list_can_be_let_go_of(stand: Stand) -> None:
    """Both halves in one breath, as far as they are one's own."""
    await stand.space()
    await stand.room(space=DENMARK)
    await stand.run(Create(actor=HAMLET, node=SOLILOQUIES, settings={"parent": DENMARK}))
    await stand.list(DENMARK, SOLILOQUIES)
    retract = Retract(actor=HAMLET, node=DENMARK, item_ids=("hall", "soliloquies"), release=True)
    await stand.run(retract)
    assert (await stand.node(HALL)).config.parent is None
    assert (await stand.node(SOLILOQUIES)).config.parent == DENMARK  # it is no room
    assert (await stand.node(DENMARK)).listed == {}


async def test_another_ones_half_stays(stand: Stand) -> None:
    """A publisher takes off the list what they put there, and no more."""
    await stand.space()
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.PUBLISHER})
    await stand.run(Create(actor=GERTRUDE, node=HALL))
    settings = {"parent": DENMARK, "inherit": (await stand.node(HALL)).config.inherit}
    await stand.run(Configure(actor=GERTRUDE, node=HALL, settings=settings))
    await stand.list(DENMARK, HALL, HORATIO)
    retract = Retract(actor=HORATIO, node=DENMARK, item_ids=("hall",), release=True)
    await stand.run(retract)
    assert (await stand.node(HALL)).config.parent == DENMARK
