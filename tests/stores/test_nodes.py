"""Nodes and who belongs to them."""

from __future__ import annotations

from folkmoot.engine.events import Cause, SubscriptionChanged
from folkmoot.engine.model import Contact, NodeId, State, Subscription, Via
from folkmoot.engine.store import Store
from folkmoot.stores.sqlite import SQLiteStore

from .nouns import BALCONY, BALL, GARDEN, JULIET, PRESENCE, ROMEO, ROOMS, VERONA, created


def subscribed(node: NodeId, subscription: Subscription) -> SubscriptionChanged:
    return SubscriptionChanged(
        node=node,
        subscriber=subscription.subscriber,
        before=None,
        after=subscription,
        by=subscription.subscriber,
        cause=Cause.ASKED,
    )


async def test_a_sqlite_store_is_a_store(store: SQLiteStore) -> None:
    protocol: Store = store
    assert await protocol.node(GARDEN) is None


async def test_an_account_has_what_its_resources_subscribe_to(store: SQLiteStore) -> None:
    """XEP-0060 §6.1: a full JID may subscribe; §5.6 lists it for the account."""
    await store.commit(
        [
            *map(created, (VERONA, GARDEN, BALL)),
            subscribed(GARDEN, Subscription(BALCONY, State.SUBSCRIBED, Via.PUBSUB)),
            subscribed(VERONA, Subscription(BALCONY, State.SUBSCRIBED, Via.PUBSUB)),
            subscribed(VERONA, Subscription(JULIET, State.PENDING, Via.PUBSUB)),
        ]
    )
    assert await store.subscribed(JULIET) == {GARDEN, VERONA}
    assert await store.subscribed(ROMEO) == frozenset()
    assert await store.affiliated(JULIET) == {GARDEN, VERONA, BALL}


async def test_a_contact_is_kept_with_its_subscription(store: SQLiteStore) -> None:
    """RFC 6121 §2.1.2: name and groups."""
    romeo = Subscription(
        ROMEO,
        State.SUBSCRIBED,
        Via.PRESENCE,
        deliver=False,
        contact=Contact(name="Ромео", groups=("Friends", "Montague")),
    )
    await store.commit([created(PRESENCE), subscribed(PRESENCE, romeo)])
    node = await store.node(PRESENCE)
    assert node is not None
    assert node.subscriptions == {ROMEO: romeo}


async def test_nodes_of_a_service_by_name(store: SQLiteStore) -> None:
    await store.commit([*map(created, (VERONA, GARDEN, BALL))])
    assert await store.nodes_of(ROOMS, "", 10) == (BALL, GARDEN)
    assert await store.nodes_of(ROOMS, "ball", 10) == (GARDEN,)
    assert await store.nodes_of(ROOMS, "", 1) == (BALL,)


async def test_a_batch_of_nothing_is_no_work(store: SQLiteStore) -> None:
    await store.commit([])
