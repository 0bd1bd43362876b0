"""What a batch comes to: few statements, each row once, in an order that is right."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import (
    AffiliationChanged,
    ApprovalRequested,
    ApprovalSettled,
    Cause,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
    kept,
)
from folkmoot.engine.model import Affiliation, NodeId, State, Subscription, Via
from folkmoot.engine.room_events import StandingChanged, SubjectChanged
from folkmoot.stores import statements
from folkmoot.stores.batch import Step, steps

from .nouns import BALCONY, BALL, GARDEN, JULIET, ROMEO, VERONA, created, item, published

LASTING = Subscription(JULIET, State.SUBSCRIBED, Via.PUBSUB)
PASSING = Subscription(BALCONY, State.SUBSCRIBED, Via.MUC, temporary=True)


def changed(before: Subscription | None, after: Subscription | None) -> SubscriptionChanged:
    return SubscriptionChanged(
        node=GARDEN, subscriber=JULIET, before=before, after=after, by=JULIET, cause=Cause.ASKED
    )


def affiliated(node: NodeId, affiliation: Affiliation | None) -> AffiliationChanged:
    return AffiliationChanged(
        node=node,
        jid=ROMEO,
        before=None,
        after=affiliation,
        was=Affiliation.NONE,
        now=Affiliation.NONE,
        by=JULIET,
    )


def run(*events: Event) -> list[Step]:
    return steps(events, itertools.count(1))


def shape(batch: Sequence[Step]) -> list[tuple[str, int]]:
    return [(statement, len(rows)) for statement, rows in batch]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (created(GARDEN), True),
        (NodeConfigured(node=GARDEN, before=NodeConfig(), after=NodeConfig(), by=JULIET), True),
        (NodeDeleted(node=GARDEN, config=NodeConfig(), subscriptions=(), by=JULIET), True),
        (published(GARDEN, "a"), True),
        (ItemPublished(node=GARDEN, item=item("a"), persist=False), False),
        (ItemsRetracted(node=GARDEN, item_ids=("a",), by=JULIET, tell=True), True),
        (NodePurged(node=GARDEN, by=JULIET), True),
        (changed(None, LASTING), True),
        (changed(LASTING, None), True),
        (changed(LASTING, PASSING), True),
        (changed(None, PASSING), False),
        (changed(PASSING, None), False),
        (affiliated(GARDEN, None), True),
        (ApprovalRequested(node=GARDEN, subscription=LASTING), False),
        (ApprovalSettled(node=GARDEN, subscriber=ROMEO, allowed=True, by=JULIET), False),
        (SubjectChanged(node=GARDEN, item=item("a")), True),
        (StandingChanged(node=GARDEN, occupant=ROMEO, by=JULIET), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_kept_is_written(event: Event, expected: bool) -> None:
    assert kept(event) is expected
    assert bool(run(event)) is expected


def test_many_items_are_one_statement() -> None:
    nodes = itertools.cycle((VERONA, GARDEN, BALL))
    batch = run(*(published(next(nodes), str(number)) for number in range(256)))
    assert shape(batch) == [(statements.items.PUT_ITEM, 256)]
    assert [row["sequence"] for row in batch[0][1]] == list(range(1, 257))


def test_an_item_published_over_and_over_is_one_row() -> None:
    batch = run(published(GARDEN, "a"), published(GARDEN, "b"), published(GARDEN, "a", "Last"))
    assert sorted(shape(batch)) == sorted(
        [(statements.items.PUT_ITEM, 1), (statements.items.PUT_MOVED_ITEM, 1)]
    )
    (row,) = (row for _, rows in batch for row in rows if row["id"] == "a")
    assert (row["sequence"], row["created"], row["anew"]) == (3, 1, False)
    assert "Last" in str(row["payload"])


def test_evictions_do_not_break_up_the_statement() -> None:
    batch = run(
        *(
            replace(published(GARDEN, str(number)), evicted=(f"old{number}",))
            for number in range(32)
        )
    )
    assert shape(batch) == [(statements.items.PUT_ITEM, 32), (statements.items.DELETE_ITEM, 32)]


def test_a_purge_comes_after_what_was_said_before_it_and_before_what_comes_after() -> None:
    batch = run(published(GARDEN, "a"), NodePurged(node=GARDEN, by=JULIET), published(GARDEN, "b"))
    assert shape(batch) == [
        (statements.items.PUT_ITEM, 1),
        (statements.items.DELETE_ITEMS, 1),
        (statements.items.PUT_ITEM, 1),
    ]


def test_a_node_is_there_before_anything_hangs_on_it() -> None:
    batch = run(published(VERONA, "a"), created(GARDEN), created(BALL), published(BALL, "b"))
    assert shape(batch) == [
        (statements.nodes.CREATE_NODE, 2),
        (statements.people.PUT_AFFILIATION, 2),
        (statements.items.PUT_ITEM, 2),
    ]


def test_the_last_word_on_an_affiliation_counts() -> None:
    batch = run(affiliated(GARDEN, Affiliation.MEMBER), affiliated(GARDEN, None))
    assert shape(batch) == [(statements.people.DELETE_AFFILIATION, 1)]


def test_an_account_s_node_has_no_owner_s_row() -> None:
    batch = run(replace(created(GARDEN), owner=None))
    assert shape(batch) == [(statements.nodes.CREATE_NODE, 1)]
