"""What ends by itself, and what follows (XEP-0060 §12.19, §16.4.4)."""

from __future__ import annotations

import pytest

from folkmoot.engine import engine
from folkmoot.engine.commands import Approve, Expire, SetDelivery
from folkmoot.engine.configuration import Access, SendLast
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import Cause, ItemPublished
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Published, SubscriptionTold
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    SOLILOQUIES,
    Stand,
    device,
)


async def leases(stand: Stand, node: NodeId, jid: JID, *, seconds: float = 2.0) -> None:
    """Give a subscription an end; every command takes a second."""
    (event, _) = await stand.publish(node, id="now")
    assert isinstance(event, ItemPublished)
    ends = event.item.published + seconds
    await stand.run(SetDelivery(actor=jid, node=node, subscriber=jid, options={"expires": ends}))


async def expire(stand: Stand, node: NodeId) -> None:
    """Time has gone on."""
    await stand.leaf(NodeId(node.service, "elsewhere"))
    await stand.run(Expire(actor=node.service, node=node))


async def test_what_a_lease_gave_ends_with_it(stand: Stand) -> None:
    """Who is a member by subscription alone has to leave the rooms of the space."""
    await stand.space(access=Access.OPEN)
    await stand.room(space=DENMARK, access=Access.WHITELIST)
    await stand.subscribe(DENMARK, HORATIO)
    await stand.enter(HALL, device(HORATIO))
    await leases(stand, DENMARK, HORATIO)
    assert await stand.inside(HALL, device(HORATIO))
    await expire(stand, DENMARK)
    assert not await stand.inside(DENMARK, HORATIO)
    assert not await stand.inside(HALL, device(HORATIO))
    told = [each for each in await stand.hears(SubscriptionTold) if HORATIO in each.to]
    assert [each.cause for each in told] == [Cause.EXPIRED]


async def test_a_lease_is_not_a_row(stand: Stand) -> None:
    """What an owner made of somebody stays, and so do other leases."""
    await stand.space()
    for jid in (HORATIO, OPHELIA):
        await stand.member(DENMARK, jid)
    await leases(stand, DENMARK, OPHELIA, seconds=100.0)
    await leases(stand, DENMARK, HORATIO)
    await expire(stand, DENMARK)
    assert not await stand.inside(DENMARK, HORATIO)
    assert await stand.inside(DENMARK, OPHELIA)
    assert await stand.standing(DENMARK, HORATIO) is Affiliation.MEMBER


async def test_a_lease_begins_before_it_ends(stand: Stand) -> None:
    """One that is over already is refused, whether it is asked for at once or later."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    over = {"expires": 1.0}
    late = SetDelivery(actor=HORATIO, node=SOLILOQUIES, subscriber=HORATIO, options=over)
    await stand.refused(late, Reason.BAD_CONFIG, "expires")


async def test_nobody_let_in_is_sent_what_is_over(stand: Stand) -> None:
    """§6.1.7: the newest item of a node where it is over stays unsent."""
    await stand.leaf(access=Access.AUTHORIZE, send_last=SendLast.ON_SUB, item_seconds=2)
    await stand.publish(SOLILOQUIES)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(Approve(actor=HAMLET, node=SOLILOQUIES, subscriber=HORATIO, allow=True))
    assert await stand.hears(Published) == []


async def test_nothing_is_over_where_there_is_nothing(stand: Stand) -> None:
    """A node may have been deleted since the store said that something on it is over."""
    assert await stand.run(Expire(actor=HAMLET, node=SOLILOQUIES)) == ()
    await stand.leaf()
    assert await stand.run(Expire(actor=HAMLET, node=SOLILOQUIES)) == ()


async def test_so_many_nodes_at_once(monkeypatch: pytest.MonkeyPatch, stand: Stand) -> None:
    """DUE_NODES_MAX is reached; the rest is for the next time."""
    monkeypatch.setattr(engine, "DUE_NODES_MAX", 1)
    for node in (SOLILOQUIES, DENMARK):
        await stand.leaf(node, item_seconds=1)
        await stand.publish(node)
    for left in (1, 0):
        await stand.engine.expire()
        await stand.settled()
        assert len([*await stand.items(SOLILOQUIES), *await stand.items(DENMARK)]) == left
