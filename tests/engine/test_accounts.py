"""The end of an account: nothing is left of it, and nobody is left where they may not be."""

from __future__ import annotations

from folkmoot.engine import account_questions
from folkmoot.engine.commands import Forget, SetContact
from folkmoot.engine.configuration import Access, Inherit, NodeConfig
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Affiliation, Contact, NodeId, State
from folkmoot.engine.notifications import Deleted, OccupantTold
from folkmoot.engine.room_events import VisitsForgotten
from folkmoot.engine.store import PAGE_ITEMS_MAX
from tests.engine.stand import (
    DENMARK,
    ELSINORE,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    SOLILOQUIES,
    TOWER,
    Stand,
    device,
    presence,
)
from tests.stores.model import KeptNode

FORGET = Forget(actor=HAMLET, node=presence(HAMLET))


async def assert_nothing_left(stand: Stand) -> None:
    """Hold that neither memory nor store has anything of Hamlet's."""
    await stand.settled()
    for node, kept in stand.store.kept.items():
        assert node.service != HAMLET
        assert HAMLET not in kept.affiliations
        assert all(jid.bare != HAMLET for jid in kept.subscriptions)
    for record in stand.engine.nodes:
        assert not record.addresses(HAMLET)
        assert HAMLET not in record.affiliations


async def test_only_oneself(stand: Stand) -> None:
    command = Forget(actor=OPHELIA, node=presence(HAMLET))
    await stand.refused(command, Reason.FORBIDDEN)


async def test_an_account_that_has_nothing(stand: Stand) -> None:
    """Where it has been, nobody looks up: that is gone in any case."""
    assert await stand.run(FORGET) == (VisitsForgotten(node=presence(HAMLET), jid=HAMLET),)


async def test_what_was_its_own_is_gone(stand: Stand) -> None:
    """Its nodes, and whoever subscribed to them hears; its contacts, on both rosters."""
    await stand.befriend(HORATIO, HAMLET)
    await stand.befriend(HAMLET, HORATIO)
    contact = Contact("my friend", ("friends",))
    await stand.run(SetContact(actor=HAMLET, node=presence(HORATIO), contact=contact))
    tune = NodeId(HAMLET, "tune")
    await stand.leaf(tune)
    await stand.subscribe(tune, HORATIO)
    await stand.run(FORGET)
    assert await stand.record(tune) is None
    assert await stand.hears(Deleted, by=[HORATIO])
    await assert_nothing_left(stand)


async def test_its_place_with_others_is_empty(stand: Stand) -> None:
    """Rows, subscriptions, requests, occupancies, under whatever address."""
    await stand.leaf(owner=GERTRUDE)
    await stand.affiliate(SOLILOQUIES, GERTRUDE, {HAMLET: Affiliation.PUBLISHER})
    for jid in (HAMLET, device(HAMLET)):
        await stand.subscribe(SOLILOQUIES, jid)
    await stand.space(owner=GERTRUDE)
    await stand.subscribe(DENMARK, HAMLET)
    await stand.room(HALL, GERTRUDE)
    for jid in (HAMLET, GERTRUDE):
        await stand.enter(HALL, device(jid))
    await stand.run(FORGET)
    assert await stand.hears(OccupantTold, by=[device(GERTRUDE)])
    assert not stand.engine.temporary(device(HAMLET))
    await assert_nothing_left(stand)


async def test_a_node_it_owned_alone_goes_with_it(stand: Stand) -> None:
    """One it shared stays with the others."""
    await stand.leaf()
    await stand.leaf(ELSINORE)
    await stand.affiliate(ELSINORE, HAMLET, {GERTRUDE: Affiliation.OWNER})
    await stand.run(FORGET)
    assert await stand.record(SOLILOQUIES) is None
    assert (await stand.node(ELSINORE)).affiliations == {GERTRUDE: Affiliation.OWNER}
    await assert_nothing_left(stand)


async def test_whom_only_its_space_let_in_has_to_go(stand: Stand) -> None:
    """Through two spaces that go together, once."""
    await stand.space()
    await stand.space(ELSINORE, parent=DENMARK)
    await stand.list(DENMARK, ELSINORE)
    await stand.room(HALL, GERTRUDE, parent=ELSINORE, access=Access.WHITELIST)
    await stand.list(ELSINORE, HALL)
    await stand.member(DENMARK, HORATIO)
    await stand.enter(HALL, device(HORATIO))
    await stand.enter(HALL, device(GERTRUDE))
    await stand.forget_told()
    await stand.run(FORGET)
    assert (await stand.node(HALL)).nicks == ("gertrude",)
    ends = [each for each in await stand.hears(OccupantTold, by=[device(HORATIO)]) if each.own]
    assert [each.left for each in ends] == [True]
    await assert_nothing_left(stand)


async def test_a_room_it_owned_through_a_space_goes_with_the_space(stand: Stand) -> None:
    await stand.space()
    await stand.room(HALL, OPHELIA, space=DENMARK)
    await stand.affiliate(HALL, HAMLET, {OPHELIA: Affiliation.NONE})
    await stand.room(TOWER, OPHELIA, space=DENMARK, inherit=Inherit.NONE)
    await stand.run(FORGET)
    assert await stand.record(HALL) is None
    assert (await stand.node(TOWER)).affiliations == {OPHELIA: Affiliation.OWNER}


async def test_who_was_let_in_for_knowing_it_has_to_go(stand: Stand) -> None:
    """Where an owner's presence was the key to a node that others own too."""
    await stand.leaf(access=Access.PRESENCE)
    await stand.affiliate(SOLILOQUIES, HAMLET, {GERTRUDE: Affiliation.OWNER})
    await stand.befriend(HORATIO, HAMLET)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(FORGET)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE


async def test_more_nodes_than_a_page_holds(stand: Stand) -> None:
    for number in range(PAGE_ITEMS_MAX + 1):
        stand.store.kept[NodeId(HAMLET, f"{number}")] = KeptNode(NodeConfig(), HAMLET, 0.0)
    await stand.run(FORGET)
    await assert_nothing_left(stand)


async def test_whether_there_is_an_account(stand: Stand) -> None:
    """A stranger is not told; whoever hears its presence knows."""
    await stand.befriend(HORATIO, HAMLET)
    assert await stand.ask(account_questions.knows_account, HORATIO, HAMLET)
    assert await stand.ask(account_questions.knows_account, HAMLET, HAMLET)
    assert not await stand.ask(account_questions.knows_account, OPHELIA, HAMLET)
