"""What is supposed is found by its indexes as by looking through all of it; values alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import (
    AffiliationChanged,
    Cause,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeCreated,
    NodePurged,
    SubscriptionChanged,
)
from folkmoot.engine.model import Affiliation, Item, NodeId, State, Subscription, Via
from folkmoot.engine.reading import Reading
from folkmoot.engine.record import Node
from folkmoot.engine.supposed import Supposed
from folkmoot.engine.view import View
from folkmoot.engine.working_set import WorkingSet
from folkmoot.xmpp.jid import JID
from tests.engine.memory import MemoryStore
from tests.engine.stand import DENMARK, HALL, HAMLET, OPHELIA, SERVICES, TOWER, WORDS, device

PEOPLE = (HAMLET, OPHELIA)
ADDRESSES = (*PEOPLE, *map(device, PEOPLE))


def loaded() -> Node:
    """A space that lists a room under two names."""
    node = Node(DENMARK, NodeConfig(), HAMLET, 0.0)
    for item_id in ("a", "b"):
        node.put_listed(item_id, HALL)
    return node


def row(jid: JID, after: Affiliation | None) -> Event:
    none = Affiliation.NONE
    return AffiliationChanged(
        node=DENMARK, jid=jid, before=None, after=after, was=none, now=none, by=HAMLET
    )


def subscription(jid: JID, *, there: bool) -> Event:
    after = Subscription(jid, State.SUBSCRIBED, Via.PUBSUB) if there else None
    return SubscriptionChanged(
        node=DENMARK, subscriber=jid, before=None, after=after, by=HAMLET, cause=Cause.ASKED
    )


def listing(item_id: str, lists: NodeId | None) -> Event:
    item = Item(item_id, HAMLET, 1.0, WORDS)
    return ItemPublished(node=DENMARK, item=item, persist=True, lists=lists)


names = st.sampled_from("abc")
events = st.one_of(
    st.builds(row, st.sampled_from(PEOPLE), st.sampled_from((None, *Affiliation))),
    st.builds(subscription, st.sampled_from(ADDRESSES), there=st.booleans()),
    st.builds(listing, names, st.sampled_from((None, HALL, TOWER))),
    names.map(lambda name: ItemsRetracted(node=DENMARK, item_ids=(name,), by=HAMLET, tell=True)),
    st.just(NodePurged(node=DENMARK, by=HAMLET)),
)


def consistent(supposed: Supposed, record: Node) -> None:
    for jid in PEOPLE:
        addresses = {each for _, each in supposed.subscriptions if each.bare == jid}
        assert set(supposed.addresses.get((DENMARK, jid), ())) == addresses
        rows = {node for node, who in supposed.rows if who == jid}
        assert sorted(supposed.places.get(jid, ())) == sorted(rows)
        if supposed.rows.get((DENMARK, jid)) is Affiliation.OWNER:
            assert jid in supposed.owners[DENMARK]
    listed = supposed.listing(DENMARK, record)
    for child in (HALL, TOWER):
        assert supposed.lists(DENMARK, child, record) is (child in listed.values())
    for item_id in "abc":
        assert supposed.lists_by(DENMARK, item_id, record) is listed.get(item_id)


@given(st.lists(events, max_size=12), st.lists(events, max_size=6))
def test_indexes_hold_what_there_is(first: list[Event], more: list[Event]) -> None:
    """After any events; what a copy supposes further is nothing to the first."""
    supposed, record = Supposed(), loaded()
    for event in first:
        supposed.suppose(event, record)
        consistent(supposed, record)
    before = (supposed.copy().rows, supposed.copy().listed, supposed.copy().addresses)
    further = supposed.copy()
    for event in more:
        further.suppose(event, record)
        consistent(further, record)
    assert (supposed.rows, supposed.listed, supposed.addresses) == before
    consistent(supposed, record)


@given(st.lists(events, max_size=12))
def test_what_changes_a_list_is_known_beforehand(happened: list[Event]) -> None:
    """By the event alone and what its items list; an item that lists nothing is none of it."""
    store = MemoryStore()
    nodes = WorkingSet(store)
    nodes.apply(
        NodeCreated(node=DENMARK, config=NodeConfig(), creator=HAMLET, owner=HAMLET, at=0.0)
    )
    nodes.apply(listing("a", HALL))
    nodes.apply(listing("b", HALL))
    view = View(Reading(nodes, store), SERVICES)
    assert not view.relists(listing("c", None))
    assert not view.relists(row(OPHELIA, Affiliation.MEMBER))
    for event in happened:
        after = view.supposing([event])
        assert view.relists(event) or after.listed(DENMARK) == view.listed(DENMARK)
        assert view.relisted(DENMARK, after) == view.listed(DENMARK) ^ after.listed(DENMARK)
        listed = after.listed(DENMARK)
        for service in (DENMARK.service, HALL.service):
            beyond = {each for each in listed if each.service != service}
            assert set(after.listed_beyond(DENMARK, service)) == beyond
        view = after
