"""Anything in any order, in batches of any size: a store answers as dicts would."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from copy import deepcopy
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import (
    AffiliationChanged,
    ApprovalSettled,
    Cause,
    DigestTold,
    Event,
    ItemPublished,
    ItemReplaced,
    ItemsRetracted,
    NodeConfigured,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
)
from folkmoot.engine.model import (
    Affiliation,
    Item,
    NodeId,
    Registration,
    Retraction,
    Role,
    Subscription,
)
from folkmoot.engine.room_events import (
    CardChanged,
    HatsChanged,
    OccupantsLost,
    RegistrationChanged,
    SubjectChanged,
    Visited,
    VisitsForgotten,
    VoiceChanged,
)
from folkmoot.engine.standings import Was, moved
from folkmoot.engine.store import (
    ArchiveQuery,
    Edge,
    ItemQuery,
    NodeQuery,
    Order,
    Store,
    StoreFailed,
)
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, serialize

from . import nouns
from .model import Kept, KeptNode

T = TypeVar("T")

ids_or_none = st.sampled_from(("", "a", "b", "c", "d", "nowhere"))
queries = st.builds(
    ItemQuery,
    node=nouns.nodes,
    ids=st.lists(nouns.item_ids | st.just("nowhere"), max_size=3).map(tuple),
    order=st.none() | st.sampled_from(Order),
    edge=st.sampled_from(Edge),
    after=ids_or_none,
    before=ids_or_none,
    skip=st.integers(0, 3),
    limit=st.integers(0, 5),
) | st.builds(ItemQuery, node=nouns.nodes)

archive_queries = st.builds(
    ArchiveQuery,
    node=nouns.nodes,
    ids=st.lists(nouns.item_ids, max_size=2, unique=True).map(tuple),
    above=ids_or_none,
    below=ids_or_none,
    publisher=st.none() | nouns.jids,
    nick=st.sampled_from(("", "", "witch")),
    edge=st.sampled_from(Edge),
    after=ids_or_none,
    before=ids_or_none,
    skip=st.integers(0, 2),
    limit=st.integers(0, 3),
)

TYPES = ("", "urn:xmpp:x")
RULES = (((), False), (TYPES, False), (TYPES, True))
"""Which types a list of nodes names, and whether those are excluded."""


class StoreMachine(RuleBasedStateMachine):
    """Events gather in a batch; `kept` is what has been committed, `coming` what will be."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.batch: list[Event] = []
        self.kept = Kept()
        self.coming = Kept()
        self.store = self.run(self.open())

    async def open(self) -> SQLiteStore:
        return await SQLiteStore.ephemeral()

    def run(self, asked: Coroutine[object, object, T]) -> T:
        return self.runner.run(asked)

    def teardown(self) -> None:
        self.run(self.store.aclose())
        self.runner.close()

    def happens(self, event: Event) -> None:
        self.batch.append(event)
        self.coming.apply(event)

    def node(self, data: st.DataObject) -> tuple[NodeId, KeptNode]:
        return data.draw(st.sampled_from(sorted(self.coming.items(), key=lambda pair: pair[0])))

    @rule(node=nouns.nodes, config=nouns.configs, owned=st.booleans(), at=nouns.seconds)
    def create(self, node: NodeId, config: NodeConfig, owned: bool, at: float) -> None:
        if node not in self.coming:
            event = nouns.created(node, config)
            owner = nouns.JULIET if owned else None
            self.happens(
                type(event)(node=node, config=config, creator=nouns.BALCONY, at=at, owner=owner)
            )

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), config=nouns.configs)
    def configure(self, data: st.DataObject, config: NodeConfig) -> None:
        node, kept = self.node(data)
        self.happens(NodeConfigured(node=node, before=kept.config, after=config, by=nouns.JULIET))

    @precondition(lambda self: self.coming)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        node, kept = self.node(data)
        self.happens(
            NodeDeleted(
                node=node,
                config=kept.config,
                subscriptions=tuple(kept.subscriptions.values()),
                by=nouns.JULIET,
            )
        )

    @precondition(lambda self: self.coming)
    @rule(
        data=st.data(),
        item=nouns.items,
        persist=st.sampled_from((True, True, True, False)),
        evicted=st.sets(nouns.item_ids, max_size=1),
        lists=st.none() | nouns.nodes,
    )
    def publish(
        self,
        data: st.DataObject,
        item: Item,
        persist: bool,
        evicted: set[str],
        lists: NodeId | None,
    ) -> None:
        node, _ = self.node(data)
        self.happens(
            ItemPublished(
                node=node, item=item, persist=persist, evicted=tuple(evicted), lists=lists
            )
        )

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), item=nouns.items, retraction=nouns.retractions)
    def take_back(self, data: st.DataObject, item: Item, retraction: Retraction) -> None:
        """As the engine does: what is not replaced is as it was, where the item is there at all."""
        node, kept = self.node(data)
        old, _ = kept.items.get(item.id, (item, None))
        tombstone = replace(old, payload=item.payload, retraction=retraction)
        self.happens(ItemReplaced(node=node, item=tombstone))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), item_ids=st.lists(nouns.item_ids, max_size=2).map(tuple))
    def retract(self, data: st.DataObject, item_ids: tuple[str, ...]) -> None:
        node, _ = self.node(data)
        self.happens(ItemsRetracted(node=node, item_ids=item_ids, by=nouns.JULIET, tell=True))

    @precondition(lambda self: self.coming)
    @rule(data=st.data())
    def purge(self, data: st.DataObject) -> None:
        node, _ = self.node(data)
        self.happens(NodePurged(node=node, by=nouns.JULIET))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), jid=nouns.jids)
    def subscribe(self, data: st.DataObject, jid: JID) -> None:
        node, kept = self.node(data)
        kinds = st.none() | nouns.subscriptions(jid) | nouns.occupancies(jid)
        after: Subscription | None = data.draw(kinds)
        self.happens(
            SubscriptionChanged(
                node=node,
                subscriber=jid,
                before=kept.subscriptions.get(jid),
                after=after,
                by=jid,
                cause=Cause.ASKED,
            )
        )

    @precondition(lambda self: any(kept.lasting for kept in self.coming.values()))
    @rule(data=st.data())
    def digest(self, data: st.DataObject) -> None:
        """What had been gathered is told; the subscription is as it was but for its terms."""
        kept = {node: kept.lasting for node, kept in self.coming.items() if kept.lasting}
        node, held = data.draw(st.sampled_from(sorted(kept.items(), key=lambda pair: pair[0])))
        jid = data.draw(st.sampled_from(sorted(held, key=str)))
        after = held[jid].on(*data.draw(st.lists(nouns.terms, min_size=1, max_size=2)))
        self.happens(DigestTold(node=node, items=(), told=((after, after.subid),)))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), jid=nouns.bare_jids, after=st.lists(nouns.texts, max_size=2).map(tuple))
    def wear(self, data: st.DataObject, jid: JID, after: tuple[str, ...]) -> None:
        node, kept = self.node(data)
        before = kept.wearers.get(jid, ())
        self.happens(HatsChanged(node=node, jid=jid, before=before, after=after, by=nouns.JULIET))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), jid=nouns.bare_jids, after=st.none() | st.sampled_from(Role))
    def voice(self, data: st.DataObject, jid: JID, after: Role | None) -> None:
        node, _ = self.node(data)
        self.happens(VoiceChanged(node=node, jid=jid, after=after))

    @precondition(lambda self: self.coming)
    @rule(data=st.data())
    def vacate(self, data: st.DataObject) -> None:
        node, kept = self.node(data)
        lost = kept.occupants
        self.happens(OccupantsLost(node=node, occupants=lost, by=nouns.JULIET))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), jids=st.lists(nouns.bare_jids, min_size=1, max_size=2, unique=True))
    def visit(self, data: st.DataObject, jids: list[JID]) -> None:
        node, _ = self.node(data)
        self.happens(Visited(node=node, jids=tuple(jids)))

    @rule(node=nouns.nodes, jid=nouns.bare_jids)
    def forget_visits(self, node: NodeId, jid: JID) -> None:
        self.happens(VisitsForgotten(node=node, jid=jid))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), jid=nouns.bare_jids, after=st.none() | st.sampled_from(Affiliation))
    def affiliate(self, data: st.DataObject, jid: JID, after: Affiliation | None) -> None:
        node, kept = self.node(data)
        was = Was(kept.version + 1, kept.affiliations.get(jid), data.draw(st.booleans()))
        self.happens(
            AffiliationChanged(
                node=node,
                jid=jid,
                before=kept.affiliations.get(jid),
                after=after,
                was=Affiliation.NONE,
                now=after or Affiliation.NONE,
                by=nouns.JULIET,
                moved=moved(kept.standings.get(jid), was) if data.draw(st.booleans()) else None,
            )
        )

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), jid=nouns.bare_jids, after=st.none() | nouns.registrations)
    def register(self, data: st.DataObject, jid: JID, after: Registration | None) -> None:
        node, kept = self.node(data)
        before = kept.registrations.get(jid)
        self.happens(
            RegistrationChanged(node=node, jid=jid, before=before, after=after, by=nouns.JULIET)
        )

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), card=st.none() | nouns.elements)
    def change_card(self, data: st.DataObject, card: Element | None) -> None:
        node, _ = self.node(data)
        self.happens(CardChanged(node=node, card=card))

    @precondition(lambda self: self.coming)
    @rule(data=st.data(), item=nouns.items)
    def change_subject(self, data: st.DataObject, item: Item) -> None:
        node, _ = self.node(data)
        self.happens(SubjectChanged(node=node, item=item))

    @rule(node=nouns.nodes, jid=nouns.bare_jids)
    def settle(self, node: NodeId, jid: JID) -> None:
        self.happens(ApprovalSettled(node=node, subscriber=jid, allowed=True, by=nouns.JULIET))

    @rule()
    def commit(self) -> None:
        self.run(self.store.commit(self.batch))
        self.batch.clear()
        self.kept = deepcopy(self.coming)

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        """A batch of which one event cannot be kept leaves nothing of the others."""
        node = data.draw(st.sampled_from(sorted(self.kept)))
        impossible = [*self.batch, nouns.created(node), nouns.created(node)]
        with pytest.raises(StoreFailed):
            self.run(self.store.commit(impossible))

    @rule(query=queries)
    def ask(self, query: ItemQuery) -> None:
        empty = KeptNode(NodeConfig(), nouns.JULIET, 0)
        expected = self.kept.get(query.node, empty).ask(query)
        assert self.run(self.store.items(query)) == expected

    @rule(node=nouns.nodes)
    def ask_since(self, node: NodeId) -> None:
        """Beyond each place is what was published later."""
        page = self.run(self.store.items(ItemQuery(node=node)))
        assert len(page.places) == len(page.items)
        for number, place in enumerate((0, *page.places)):
            rest = self.run(self.store.items(ItemQuery(node=node, since=place)))
            assert rest.items == page.items[number:]
            assert rest.places == page.places[number:]

    @rule(query=archive_queries)
    def look_up(self, query: ArchiveQuery) -> None:
        empty = KeptNode(NodeConfig(), nouns.JULIET, 0)
        expected = self.kept.get(query.node, empty).archive(query)
        assert self.run(self.store.archive(query)) == expected

    @rule(
        node=nouns.nodes,
        at=st.none() | nouns.seconds,
        most=st.none() | st.integers(0, 4),
        limit=st.integers(1, 3),
    )
    def find_surplus(self, node: NodeId, at: float | None, most: int | None, limit: int) -> None:
        kept = self.kept.get(node, KeptNode(NodeConfig(), nouns.JULIET, 0))
        found = self.run(self.store.surplus(node, at, most, limit))
        assert found == kept.surplus(at, most, limit)

    @invariant()
    def answers_as_kept(self) -> None:
        self.run(self.compare())

    async def compare(self) -> None:
        store: Store = self.store
        for node in nouns.NODES:
            found, kept = await store.node(node), self.kept.get(node)
            assert (found is None) == (kept is None)
            heads = await store.heads(node)
            if found is None or kept is None:
                assert heads == {}
                continue
            assert found.id == node
            assert found.config == kept.config
            assert (found.creator, found.created) == (kept.creator, kept.created)
            assert found.affiliations == kept.affiliations
            assert found.wearers == kept.wearers
            assert found.voices == kept.voices
            assert found.subscriptions == kept.subscriptions
            assert found.listed == kept.listed
            assert found.subject == kept.subject
            assert found.registrations == kept.registrations
            assert list(found.standings.items()) == list(kept.standings.items())
            assert await store.card(node) == kept.card
            payloads = [item.payload for item, _ in kept.items.values()]
            octets = sum(len(serialize(each).encode()) for each in payloads if each is not None)
            assert await store.weight(node) == (len(payloads), octets)
            assert (found.heads, found.live, found.recent) == (None, None, None)
            assert list(heads.items()) == [
                (item.id, item.publisher) for item, _ in kept.items.values()
            ]
        for service in {node.service for node in nouns.NODES}:
            names = sorted(node.name for node in self.kept if node.service == service)
            for after in ("", "ball", "c"):
                assert [node.name for node in await store.nodes_of(service, after, 2)] == [
                    name for name in names if name > after
                ][:2]
            for reader in (None, nouns.JULIET, nouns.ROMEO):
                for edge, bound, (types, excluded) in product(Edge, ("", "ball"), RULES):
                    query = NodeQuery(
                        service=service,
                        reader=reader,
                        edge=edge,
                        bound=bound,
                        types=types,
                        excluded=excluded,
                        limit=2,
                    )
                    assert await store.shown(query) == self.kept.shown(query), query
                    if reader is not None and edge is Edge.OLDEST:  # a tally is of both edges
                        assert await store.tally(query) == self.kept.tally(query), query
        for node in nouns.NODES:
            assert await store.related(node) == {
                each
                for each, kept in self.kept.items()
                if node in (kept.config.parent, kept.config.link)
            }
        for jid in (nouns.JULIET, nouns.ROMEO, nouns.TATIANA.bare):
            assert await store.subscribed(jid) == {
                node
                for node, kept in self.kept.items()
                if any(each.bare == jid for each in kept.lasting)
            }
            affiliated = self.kept.affiliated(jid)
            assert await store.affiliated(jid) == affiliated
            assert len(affiliated) <= await store.affiliations(jid) <= 4 * len(affiliated)
            for rooms in ((nouns.GARDEN, nouns.BALL), (nouns.BALL,)):
                assert await store.active(jid, rooms) == self.kept.active(jid, rooms)
        wheres: tuple[JID | str, ...] = (nouns.ROOMS, nouns.JULIET, "ball")
        for where, at in product(wheres, (0.0, 2e9, 4e9)):
            aged = await store.aged(where, at, len(nouns.NODES))
            assert set(aged) == set(self.kept.aged(where, at))
        assert set(await store.occupied()) == {
            node for node, kept in self.kept.items() if kept.occupants
        }
        assert set(await store.purged_offline()) == {
            node for node, kept in self.kept.items() if kept.purged_offline
        }
        for at in (0.0, 1_600_000_000.25, 4e9):
            over = {node for node, kept in self.kept.items() if kept.is_due(at)}
            assert set(await store.due(at, len(nouns.NODES))) == over
            assert len(await store.due(at, 1)) == min(len(over), 1)


class FileMachine(StoreMachine):
    """The same on a file, which may be closed and opened again."""

    def __init__(self) -> None:
        self.folder = TemporaryDirectory()
        super().__init__()

    async def open(self) -> SQLiteStore:
        return await SQLiteStore.open(Path(self.folder.name) / "folkmoot.db")

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()

    @rule()
    def restart(self) -> None:
        self.run(self.store.aclose())
        self.store = self.run(self.open())
        self.batch.clear()
        self.coming = deepcopy(self.kept)


_EFFORT = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

TestEphemeral = StoreMachine.TestCase
TestEphemeral.settings = _EFFORT
TestFile = FileMachine.TestCase
TestFile.settings = _EFFORT
