"""Anything is asked by anybody, in any order: what has to hold holds, and nothing breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from folkmoot.engine import entities, working_set
from folkmoot.engine.commands import Command, Retract, Unsubscribe
from folkmoot.engine.configuration import Access
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import Affiliation, Recall, Via
from folkmoot.engine.record import Node
from folkmoot.engine.working_set import WorkingSet
from folkmoot.xmpp.jid import JID
from tests.engine import asking, holding
from tests.engine.memory import MemoryStore
from tests.engine.stand import (
    ACCOUNTS,
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
from tests.engine.tracking import Tracking


class Anything(RuleBasedStateMachine):
    """A small kingdom, and everything that can be asked of it."""

    waits: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stand = Stand(MemoryStore(ACCOUNTS, waits=self.waits))
        self.tracking = Tracking()
        self.keeping = self.loop.create_task(self.stand.engine.keep())

    def teardown(self) -> None:
        self.keeping.cancel()
        self.loop.run_until_complete(asyncio.gather(self.keeping, return_exceptions=True))
        self.loop.close()

    @property
    def nodes(self) -> WorkingSet:
        return self.stand.engine.nodes

    def wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def found_a_kingdom(self) -> None:
        self.wait(self._found())

    async def _found(self) -> None:
        stand = self.stand
        await stand.space(DENMARK)
        await stand.space(ELSINORE, GERTRUDE, parent=DENMARK)
        await stand.list(DENMARK, ELSINORE)
        await stand.room(HALL, space=DENMARK)
        await stand.room(TOWER, OPHELIA)
        await stand.room(asking.CRYPT, space=ELSINORE)
        await stand.leaf(SOLILOQUIES)
        await stand.space(asking.NORWAY, access=Access.OPEN)
        await stand.affiliate(DENMARK, HAMLET, {HORATIO: Affiliation.MEMBER})
        for jid in (HORATIO, OPHELIA):
            await stand.subscribe(DENMARK, jid)
        for jid in (HORATIO, OPHELIA, GERTRUDE):
            await stand.enter(HALL, device(jid))
            await stand.enter(asking.CRYPT, device(jid, "court"))
        await stand.enter(HALL, device(HAMLET), "prince", recall=Recall(known=""))
        await stand.enter(asking.CRYPT, device(GERTRUDE), "queen", recall=Recall(known=""))
        await stand.befriend(OPHELIA, HAMLET)
        await stand.leaf(asking.TUNE)
        await stand.subscribe(asking.TUNE, OPHELIA)
        await stand.settled()
        self.tracking.hear(stand.told)

    # --- asking

    async def _ask(self, *commands: Command) -> None:
        """Ask all of these at once."""
        stand = self.stand
        witness = holding.Witness()
        await stand.ask(witness.look, stand.store.kept)
        await stand.forget_told()
        before = {record.id: rows(record) for record in self.nodes}
        batches = len(stand.store.batches)
        asked = [asyncio.ensure_future(stand.run(command)) for command in commands]
        results = await asyncio.gather(*asked, return_exceptions=True)
        await stand.settled()
        self.tracking.hear(stand.told)
        for result in results:
            if not isinstance(result, BaseException):
                holding.events_follow(result)
            elif not isinstance(result, Refused):
                raise result
        if all(isinstance(result, Refused) for result in results):
            assert len(stand.store.batches) == batches
            assert not stand.told
            for record in self.nodes:
                assert rows(record) == before.get(record.id, rows(record))
        if len(commands) == 1:
            await stand.ask(witness.look, stand.store.kept)
            witness.approves(stand.told)

    def ask(self, *commands: Command) -> None:
        self.wait(self._ask(*commands))

    @rule(command=asking.creating)
    def create(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.configuring)
    def configure(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.affiliating)
    def affiliate(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.publishing)
    def publish(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.listing)
    def put_on_list(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.retracting)
    def retract(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.deleting)
    def delete(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.restoring)
    def restore(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.subscribing(asking.crowded, asking.addresses, Via.PUBSUB))
    def subscribe(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.leaving)
    def leave(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.settling)
    def settle(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.registering)
    def register(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.entering)
    def enter(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.staying)
    def stay(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.moderating)
    def moderate(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.rostering)
    def befriend(self, command: Command) -> None:
        self.ask(command)

    @rule(command=asking.forgetting)
    def forget(self, command: Command) -> None:
        self.ask(command)

    @rule(jid=st.sampled_from(asking.FULL))
    def lose_the_stream(self, jid: JID) -> None:
        for node in self.stand.engine.temporary(jid):
            self.ask(Unsubscribe(actor=jid, node=node, subscriber=jid, lost=True))
        self.ask(Retract(actor=jid, node=presence(jid), item_ids=(jid.resource,)))

    @rule(
        commands=st.lists(
            st.one_of(
                asking.affiliating,
                asking.configuring,
                asking.publishing,
                asking.listing,
                asking.entering,
                asking.registering,
                asking.leaving,
                asking.deleting,
                asking.rostering,
                asking.subscribing(asking.crowded, asking.addresses, Via.PUBSUB),
            ),
            min_size=2,
            max_size=4,
        )
    )
    def ask_at_once(self, commands: list[Command]) -> None:
        self.ask(*commands)

    # --- what holds

    @invariant()
    def rules_hold(self) -> None:
        self.wait(self.stand.ask(holding.rules_hold, self.stand.store.kept))
        self.wait(self.stand.ask(self.tracking.holds))

    @invariant()
    def memory_holds(self) -> None:
        holding.store_holds(self.nodes, self.stand.store.kept)
        holding.lists_hold(self.stand.store.kept)
        holding.indexes_hold(self.nodes, self.stand.store.kept, (*asking.FULL, *asking.BARE))
        for record in list(self.nodes):
            self.wait(self.stand.ask(holding.derived_holds, record))


def rows(record: Node) -> tuple[object, ...]:
    """All that a refusal may not change."""
    return (
        record.config,
        record.affiliations.copy(),
        record.subscriptions.copy(),
        record.listed.copy(),
        record.subject,
        record.registrations.copy(),
        record.voices.copy(),
        record.standings.copy(),
        None if record.live is None else record.live.copy(),
    )


class Crowded(Anything):
    """The same, with room for next to nothing, and a store that takes its time."""

    waits = True


BOUNDS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_anything_in_any_order() -> None:
    Anything.TestCase.settings = BOUNDS
    Anything.TestCase().runTest()


def test_anything_where_nothing_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_set, "NODES_MAX", 2)
    monkeypatch.setattr(entities, "INDEXES_MAX", 1)
    Crowded.TestCase.settings = BOUNDS
    Crowded.TestCase().runTest()
