"""What is in memory and what is not: loading, letting go, and a store that takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from folkmoot.engine import entities, working_set
from folkmoot.engine.commands import Create, Delete
from folkmoot.engine.configuration import Access, SendLast
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import SubscriptionChanged
from folkmoot.engine.model import CHAIN_NODES_MAX, Affiliation, NodeId, State
from folkmoot.engine.notifications import Published
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from tests.engine.memory import MemoryStore
from tests.engine.stand import (
    ACCOUNTS,
    DENMARK,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SOLILOQUIES,
    SPACES,
    Stand,
    device,
    presence,
    running,
)


@pytest.fixture
async def slow() -> AsyncIterator[Stand]:
    """A stand whose store lets others run before it answers."""
    async with running(Stand(MemoryStore(ACCOUNTS, waits=True))) as stand:
        yield stand


async def restarted(stand: Stand, *, waits: bool = False) -> Stand:
    """Another stand on what the first has kept; nothing is in memory."""
    await stand.settled()
    store = MemoryStore(ACCOUNTS, waits=waits)
    store.kept = stand.store.kept
    return Stand(store)


# --- loading


async def test_what_is_in_use_costs_no_query(stand: Stand) -> None:
    await stand.leaf()
    await stand.publish(SOLILOQUIES)
    asked = stand.store.asked
    for _ in range(10):
        await stand.publish(SOLILOQUIES)
    assert stand.store.asked == asked


async def test_a_node_is_loaded_with_all_it_is_in(stand: Stand) -> None:
    """A whole chain costs a query for each node of it, and one decision more, not one for each."""
    chain = [NodeId(SPACES, str(number)) for number in range(CHAIN_NODES_MAX)]
    await stand.space(chain[0])
    for above, node in pairwise(chain):
        await stand.space(node, parent=above)
        await stand.list(above, node)
    async with running(await restarted(stand)) as again:
        looked: list[int] = []

        def standing(view: View) -> Affiliation:
            looked.append(again.store.asked)
            return view.affiliation(chain[-1], HAMLET)

        assert await again.ask(standing) is Affiliation.OWNER
        assert looked == [0, CHAIN_NODES_MAX]


async def test_many_entities_are_looked_up_at_once(stand: Stand) -> None:
    """Many rows in one command do not make as many decisions."""
    await stand.space()
    people = [JID.parse(f"courtier{number}@shakespeare.lit") for number in range(100)]
    looked: list[int] = []

    def counting(view: View) -> None:
        looked.append(stand.store.asked)
        view.require_entities(people)

    asked = stand.store.asked
    await stand.ask(counting)
    assert looked == [asked, asked + len(people)]


async def test_a_ban_finds_what_is_not_committed_yet(stand: Stand) -> None:
    """Somebody subscribed a moment ago; where, is nowhere but in memory."""
    await stand.space(access=Access.OPEN)
    await stand.leaf(parent=DENMARK)
    await stand.list(DENMARK, SOLILOQUIES)
    await stand.settled()
    stand.store.hold()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    banning = asyncio.create_task(stand.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.OUTCAST}))
    await stand.store.tried()
    stand.store.release()
    events = await banning
    assert any(isinstance(each, SubscriptionChanged) for each in events)
    assert not await stand.inside(SOLILOQUIES, HORATIO)


async def test_a_ban_does_not_wait_for_others_writes_to_cease(stand: Stand) -> None:
    """Only what is written of the entity itself has to be committed first."""
    await stand.space()
    await stand.leaf()
    await stand.settled()
    stand.store.hold()
    await stand.publish(SOLILOQUIES)
    await stand.store.tried()
    await stand.publish(SOLILOQUIES)
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.OUTCAST})
    stand.store.release()
    assert await stand.standing(DENMARK, HORATIO) is Affiliation.OUTCAST


async def test_an_absent_node_is_asked_for_again_once_it_may_have_come(slow: Stand) -> None:
    """Two who create the same node at once: one does, one is told that it is there."""
    creating = (slow.leaf(owner=HAMLET), slow.leaf(owner=GERTRUDE))
    results = await asyncio.gather(*creating, return_exceptions=True)
    refused = [each for each in results if isinstance(each, Refused)]
    assert [each.reason for each in refused] == [Reason.NODE_EXISTS]
    await slow.settled()
    assert slow.store.kept[SOLILOQUIES].affiliations == {HAMLET: Affiliation.OWNER}


async def test_what_came_and_went_during_a_decision_is_looked_up_again(
    monkeypatch: pytest.MonkeyPatch, stand: Stand
) -> None:
    """A node was not there; it came, was committed, and was let go of: it is there."""
    monkeypatch.setattr(working_set, "NODES_MAX", 0)
    late = stand.store.answer_late(2)
    creating = asyncio.create_task(stand.run(Create(actor=HAMLET, node=SOLILOQUIES)))
    await late.found.wait()
    for node in (SOLILOQUIES, DENMARK):
        await stand.leaf(node, GERTRUDE)
        await stand.settled()
    assert stand.engine.nodes.get(SOLILOQUIES) is None
    late.given.set()
    with pytest.raises(Refused) as refused:
        await creating
    assert refused.value.reason is Reason.NODE_EXISTS


async def test_a_deleted_node_does_not_come_back_with_a_late_answer(stand: Stand) -> None:
    """What a store said of a node before its end is nothing to keep."""
    await stand.leaf()
    async with running(await restarted(stand)) as again:
        late = again.store.answer_late()
        reading = asyncio.create_task(again.record(SOLILOQUIES))
        await late.found.wait()
        await again.run(Delete(actor=HAMLET, node=SOLILOQUIES))
        await again.settled()
        late.given.set()
        assert await reading is None
        assert not list(again.engine.nodes)


async def test_items_published_while_heads_are_read_are_not_lost(stand: Stand) -> None:
    """Two publishers, nothing in memory, and a store that takes its time."""
    await stand.leaf(max_items=3)
    for name in ("one", "two"):
        await stand.publish(SOLILOQUIES, id=name)
    async with running(await restarted(stand, waits=True)) as again:
        await again.record(SOLILOQUIES)
        names = ("three", "four", "five")
        await asyncio.gather(*(again.publish(SOLILOQUIES, id=name) for name in names))
        await again.settled()
        heads = (await again.node(SOLILOQUIES)).heads
        assert heads is not None
        assert list(heads) == list(again.store.items_of(SOLILOQUIES)) == list(names)


async def test_a_subscription_made_while_the_index_is_read_is_not_lost(slow: Stand) -> None:
    """One command looks up where somebody is, while another puts them somewhere."""
    await slow.space(access=Access.OPEN)
    await slow.leaf(parent=DENMARK)
    await slow.list(DENMARK, SOLILOQUIES)
    await slow.settled()
    await asyncio.gather(
        slow.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.PUBLISHER}),
        slow.subscribe(SOLILOQUIES, HORATIO),
    )
    await slow.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.OUTCAST})
    assert not await slow.inside(SOLILOQUIES, HORATIO)


async def test_who_subscribes_while_an_item_comes_has_it_once_or_as_the_last(slow: Stand) -> None:
    """No item falls between the newest one sent and the first one heard."""
    await slow.leaf(send_last=SendLast.ON_SUB)
    await slow.publish(SOLILOQUIES, id="old")
    await slow.settled()
    await asyncio.gather(slow.subscribe(SOLILOQUIES, HORATIO), slow.publish(SOLILOQUIES, id="new"))
    told = await slow.hears(Published, by=[HORATIO])
    assert [each.item.id for each in told][-1] == "new"


# --- letting go


async def test_what_is_unused_is_let_go_of(monkeypatch: pytest.MonkeyPatch, stand: Stand) -> None:
    """NODES_MAX nodes, those used last; all the others are in the store."""
    monkeypatch.setattr(working_set, "NODES_MAX", 10)
    nodes = [NodeId(SPACES, str(number)) for number in range(30)]
    for node in nodes:
        await stand.leaf(node)
        await stand.settled()
    await stand.record(nodes[-1])
    kept = [record.id for record in stand.engine.nodes]
    assert len(kept) <= 10 and nodes[-1] in kept
    assert await stand.standing(nodes[0], HAMLET) is Affiliation.OWNER


async def test_what_somebodys_stream_holds_stays(
    monkeypatch: pytest.MonkeyPatch, stand: Stand
) -> None:
    """Occupants and presence are nowhere else."""
    await stand.room()
    await stand.enter(HALL, device(HORATIO))
    await stand.publish(presence(OPHELIA), device(OPHELIA), id="castle")
    monkeypatch.setattr(working_set, "NODES_MAX", 0)
    for number in range(20):
        await stand.leaf(NodeId(SPACES, str(number)))
        await stand.settled()
    assert {record.id for record in stand.engine.nodes} >= {HALL, presence(OPHELIA)}
    assert (await stand.node(HALL)).nicks == ("horatio",)
    assert (await stand.node(presence(OPHELIA))).live


async def test_what_is_not_committed_stays(monkeypatch: pytest.MonkeyPatch, stand: Stand) -> None:
    await stand.leaf()
    await stand.settled()
    monkeypatch.setattr(working_set, "NODES_MAX", 0)
    stand.store.hold()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    assert await stand.record(DENMARK) is None
    assert [record.id for record in stand.engine.nodes] == [SOLILOQUIES]
    stand.store.release()
    assert await stand.state(SOLILOQUIES, HORATIO) is State.SUBSCRIBED


async def test_indexes_are_let_go_of_too(monkeypatch: pytest.MonkeyPatch, stand: Stand) -> None:
    """INDEXES_MAX entities; who is looked up again is found again."""
    monkeypatch.setattr(entities, "INDEXES_MAX", 1)
    await stand.space()
    for jid in (HORATIO, OPHELIA, GERTRUDE, POLONIUS):
        await stand.member(DENMARK, jid)
    known = [jid for jid in ACCOUNTS if stand.engine.nodes.entities.subscribed(jid) is not None]
    assert len(known) <= 1
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.OUTCAST})
    assert await stand.state(DENMARK, HORATIO) is State.NONE


async def test_where_all_is_held_nobody_looks_for_what_is_not_each_time(
    monkeypatch: pytest.MonkeyPatch, stand: Stand
) -> None:
    """A server full of people in rooms does not search all of them for each message."""
    monkeypatch.setattr(working_set, "NODES_MAX", 5)
    rooms = [HALL._replace(name=str(number)) for number in range(20)]
    for room in rooms:
        await stand.room(room)
        await stand.enter(room, device(HAMLET))
    await stand.settled()
    departures = stand.engine.nodes.departures
    for room in rooms:
        await stand.publish(room, device(HAMLET))
    assert stand.engine.nodes.departures - departures <= 1
