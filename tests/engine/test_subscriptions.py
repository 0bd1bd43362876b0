"""Subscribing and leaving (XEP-0060 1.30.0, §6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from folkmoot.engine import questions
from folkmoot.engine.commands import (
    SetContact,
    SetDelivery,
    SetSubscriptions,
    Subscribe,
    Unsubscribe,
)
from folkmoot.engine.configuration import Access, SendLast
from folkmoot.engine.decide.approving import STATES_MAX
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Affiliation, Contact, NodeId, State, Subscription, Via
from folkmoot.engine.notifications import Published, SubscriptionTold
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    SERVICES,
    SOLILOQUIES,
    Stand,
    device,
    presence,
    running,
)


def subscribing(jid: JID, node: NodeId = SOLILOQUIES, **more: Any) -> Subscribe:
    """A command to subscribe."""
    return replace(Subscribe(actor=jid, node=node, subscriber=jid, via=Via.PUBSUB), **more)


async def test_anybody_subscribes_to_an_open_node(stand: Stand) -> None:
    """XEP-0060 §6.1.2: with the bare JID or a full one."""
    await stand.leaf()
    for jid in (HORATIO, device(OPHELIA), FORTINBRAS):
        await stand.subscribe(SOLILOQUIES, jid)
    held = (await stand.node(SOLILOQUIES)).subscriptions
    assert {jid: each.state for jid, each in held.items()} == dict.fromkeys(
        (HORATIO, device(OPHELIA), FORTINBRAS), State.SUBSCRIBED
    )
    assert len({each.subid for each in held.values()}) == 3


async def test_nobody_subscribes_another(stand: Stand) -> None:
    """XEP-0060 §6.1.3.1: the JIDs do not match."""
    await stand.leaf()
    command = subscribing(HORATIO, subscriber=OPHELIA)
    await stand.refused(command, Reason.INVALID_SUBSCRIBER)
    await stand.run(subscribing(device(HORATIO), subscriber=HORATIO))


async def test_a_temporary_subscription_is_a_streams(stand: Stand) -> None:
    """XEP-0060 §12.4: it has to know whose end is its own."""
    await stand.leaf()
    lasting = subscribing(HORATIO, temporary=True)
    await stand.refused(lasting, Reason.INVALID_SUBSCRIBER)
    await stand.subscribe(SOLILOQUIES, device(HORATIO), temporary=True)
    assert stand.engine.temporary(device(HORATIO)) == (SOLILOQUIES,)
    assert stand.engine.temporary(device(HORATIO, "court")) == ()
    await stand.settled()
    assert not stand.store.kept[SOLILOQUIES].subscriptions


async def test_a_lasting_subscription_does_not_end_with_a_stream(stand: Stand) -> None:
    """Another device's is temporary; this one's is not."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, device(HORATIO), temporary=True)
    await stand.subscribe(SOLILOQUIES, device(HORATIO, "court"))
    assert stand.engine.temporary(device(HORATIO, "court")) == ()


async def test_a_temporary_subscription_becomes_a_lasting_one(stand: Stand) -> None:
    """Whoever asks for one outright has it also when the stream is gone; not the other way."""
    await stand.leaf()
    for temporary in (True, False, True):
        await stand.subscribe(SOLILOQUIES, device(HORATIO), temporary=temporary)
    assert stand.engine.temporary(device(HORATIO)) == ()
    await stand.settled()
    assert device(HORATIO) in stand.store.kept[SOLILOQUIES].subscriptions


async def test_in_a_room_a_full_jid_is_an_occupants(stand: Stand) -> None:
    """Else a subscription would let in who has no password, or takes an occupant's place."""
    await stand.room()
    command = subscribing(device(HORATIO), HALL)
    await stand.refused(command, Reason.INVALID_SUBSCRIBER)
    states = {device(HORATIO): State.SUBSCRIBED}
    setting = SetSubscriptions(actor=HAMLET, node=HALL, states=states)
    await stand.refused(setting, Reason.INVALID_SUBSCRIBER)
    await stand.subscribe(HALL, HORATIO)


async def test_subscribing_twice_changes_nothing(stand: Stand) -> None:
    """XEP-0060 §6.1.6: the subscription there is."""
    await stand.leaf()
    (first,) = await stand.subscribe(SOLILOQUIES, HORATIO)
    (second,) = await stand.subscribe(SOLILOQUIES, HORATIO)
    assert getattr(first, "after", None) == getattr(second, "after", None)
    assert not await stand.hears(SubscriptionTold)


async def test_who_is_kept_out(stand: Stand) -> None:
    """XEP-0060 §6.1.3.2 to 9."""
    await stand.leaf(access=Access.WHITELIST)
    rows = {OPHELIA: Affiliation.OUTCAST, GERTRUDE: Affiliation.PUBLISH_ONLY}
    await stand.affiliate(SOLILOQUIES, HAMLET, rows)
    await stand.refused(subscribing(HORATIO), Reason.CLOSED_NODE)
    await stand.refused(subscribing(OPHELIA), Reason.OUTCAST)
    await stand.refused(subscribing(GERTRUDE), Reason.FORBIDDEN)
    await stand.refused(subscribing(HORATIO, DENMARK), Reason.NODE_NOT_FOUND)
    await stand.affiliate(SOLILOQUIES, HAMLET, {HORATIO: Affiliation.MEMBER})
    await stand.subscribe(SOLILOQUIES, HORATIO)


async def test_a_node_has_so_many_subscribers() -> None:
    """subscriptions_per_node_max: XEP-0060 §6.1.3.9; by whatever door."""
    services = replace(SERVICES, subscriptions_per_node_max=1)
    async with running(Stand(services=services)) as stand:
        await stand.leaf()
        await stand.subscribe(SOLILOQUIES, HORATIO)
        await stand.subscribe(SOLILOQUIES, HORATIO)
        await stand.refused(subscribing(OPHELIA), Reason.TOO_MANY_SUBSCRIPTIONS)
        states = {OPHELIA: State.SUBSCRIBED}
        command = SetSubscriptions(actor=HAMLET, node=SOLILOQUIES, states=states)
        await stand.refused(command, Reason.TOO_MANY_SUBSCRIPTIONS)


async def test_a_request_sets_so_many_states(stand: Stand) -> None:
    await stand.leaf()
    jids = [JID.parse(f"player{number}@shakespeare.lit") for number in range(STATES_MAX + 1)]
    states = dict.fromkeys(jids, State.SUBSCRIBED)
    command = SetSubscriptions(actor=HAMLET, node=SOLILOQUIES, states=states)
    await stand.refused(command, Reason.TOO_MANY_SUBSCRIPTIONS)


@pytest.mark.parametrize(
    ("send_last", "persist", "sent"),
    [
        (SendLast.NEVER, True, []),
        (SendLast.ON_SUB, True, ["two"]),
        (SendLast.ON_SUB, False, []),
        (SendLast.ON_SUB_AND_PRESENCE, True, ["two"]),
    ],
)
async def test_the_last_item_is_sent_at_once(
    stand: Stand, send_last: SendLast, persist: bool, sent: list[str]
) -> None:
    """XEP-0060 §6.1.7."""
    await stand.leaf(send_last=send_last, persist_items=persist)
    for name in ("one", "two"):
        await stand.publish(SOLILOQUIES, id=name)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    told = await stand.hears(Published, by=[HORATIO])
    assert [(each.item.id, each.last) for each in told] == [(name, True) for name in sent]


# --- presence and roster groups


async def test_presence_lets_in_and_its_end_puts_out(stand: Stand) -> None:
    """XEP-0060 §4.5 `presence`: whoever does not hear the owner does not hear the node."""
    node = NodeId(HAMLET, "tune")
    await stand.leaf(node)
    await stand.refused(subscribing(HORATIO, node), Reason.PRESENCE_REQUIRED)
    await stand.befriend(HORATIO, HAMLET)
    await stand.subscribe(node, HORATIO)
    await stand.run(Unsubscribe(actor=HORATIO, node=presence(HAMLET), subscriber=HORATIO))
    assert await stand.state(node, HORATIO) is State.NONE
    assert [each.node for each in await stand.hears(SubscriptionTold, by=[HORATIO])][-1] == node


async def test_a_roster_group_lets_in_and_leaving_it_puts_out(stand: Stand) -> None:
    """XEP-0060 §4.5 `roster`."""
    node = NodeId(HAMLET, "secrets")
    await stand.leaf(node, access=Access.ROSTER, roster_groups=("friends",))
    await stand.befriend(HORATIO, HAMLET)
    await stand.refused(subscribing(HORATIO, node), Reason.NOT_IN_ROSTER_GROUP)
    groups = {"friends": ("friends", "scholars"), "others": ("scholars",)}
    contact = Contact("Horatio", groups["friends"])
    await stand.run(SetContact(actor=HAMLET, node=presence(HORATIO), contact=contact))
    await stand.subscribe(node, HORATIO)
    contact = Contact("Horatio", groups["others"])
    await stand.run(SetContact(actor=HAMLET, node=presence(HORATIO), contact=contact))
    assert await stand.state(node, HORATIO) is State.NONE


async def test_who_hears_one_owner_goes_with_that_owner(stand: Stand) -> None:
    """At a node of several owners, hearing any of them is enough; and then one is no owner."""
    await stand.leaf(access=Access.PRESENCE)
    await stand.affiliate(SOLILOQUIES, HAMLET, {GERTRUDE: Affiliation.OWNER})
    await stand.befriend(HORATIO, GERTRUDE)
    await stand.befriend(OPHELIA, HAMLET)
    for jid in (HORATIO, OPHELIA):
        await stand.subscribe(SOLILOQUIES, jid)
    await stand.affiliate(SOLILOQUIES, HAMLET, {GERTRUDE: Affiliation.NONE})
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE
    assert await stand.state(SOLILOQUIES, OPHELIA) is State.SUBSCRIBED


# --- leaving


async def test_who_leaves_hears_no_more(stand: Stand) -> None:
    """XEP-0060 §6.2."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.unsubscribe(SOLILOQUIES, HORATIO)
    await stand.publish(SOLILOQUIES)
    assert not await stand.hears(Published)
    command = Unsubscribe(actor=HORATIO, node=SOLILOQUIES, subscriber=HORATIO)
    await stand.refused(command, Reason.NOT_SUBSCRIBED)
    others = Unsubscribe(actor=HORATIO, node=SOLILOQUIES, subscriber=OPHELIA)
    await stand.refused(others, Reason.INVALID_SUBSCRIBER)
    nowhere = Unsubscribe(actor=HORATIO, node=DENMARK, subscriber=HORATIO)
    await stand.refused(nowhere, Reason.NODE_NOT_FOUND)


async def test_who_leaves_a_space_is_no_member_of_it(stand: Stand) -> None:
    await stand.space()
    await stand.member(DENMARK, HORATIO)
    await stand.unsubscribe(DENMARK, HORATIO)
    assert await stand.standing(DENMARK, HORATIO) is Affiliation.NONE
    assert await stand.row(DENMARK, HORATIO) is None


async def test_who_leaves_with_one_device_stays_with_the_other(stand: Stand) -> None:
    """The row goes with the last subscription."""
    await stand.space()
    await stand.member(DENMARK, HORATIO)
    await stand.subscribe(DENMARK, device(HORATIO))
    await stand.unsubscribe(DENMARK, device(HORATIO))
    assert await stand.standing(DENMARK, HORATIO) is Affiliation.MEMBER
    assert await stand.state(DENMARK, HORATIO) is State.SUBSCRIBED


async def test_whoever_was_shut_out_stays_so_when_they_leave(stand: Stand) -> None:
    """A row that says `none`, or outcast, is not theirs to be rid of."""
    await stand.space()
    await stand.space(SOLILOQUIES, parent=DENMARK)
    await stand.list(DENMARK, SOLILOQUIES)
    await stand.member(DENMARK, HORATIO)
    await stand.affiliate(SOLILOQUIES, HAMLET, {HORATIO: Affiliation.NONE})
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.unsubscribe(SOLILOQUIES, HORATIO)
    assert await stand.row(SOLILOQUIES, HORATIO) is Affiliation.NONE
    assert await stand.standing(SOLILOQUIES, HORATIO) is Affiliation.NONE


async def test_the_last_owner_does_not_leave_a_space(stand: Stand) -> None:
    """Nor does one of two who go together, by whatever door."""
    await stand.space()
    await stand.subscribe(DENMARK, HAMLET)
    command = Unsubscribe(actor=HAMLET, node=DENMARK, subscriber=HAMLET)
    await stand.refused(command, Reason.LAST_OWNER)
    await stand.affiliate(DENMARK, HAMLET, {GERTRUDE: Affiliation.OWNER})
    await stand.subscribe(DENMARK, GERTRUDE)
    both = dict.fromkeys((HAMLET, GERTRUDE), State.NONE)
    going = SetSubscriptions(actor=HAMLET, node=DENMARK, states=both)
    await stand.refused(going, Reason.LAST_OWNER)
    await stand.unsubscribe(DENMARK, HAMLET)
    assert await stand.standing(DENMARK, HAMLET) is Affiliation.NONE


async def test_options_are_the_subscribers(stand: Stand) -> None:
    """XEP-0060 §6.3: `pubsub#deliver`."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)

    def delivery(actor: JID, subscriber: JID, deliver: bool = False) -> SetDelivery:
        return SetDelivery(actor=actor, node=SOLILOQUIES, subscriber=subscriber, deliver=deliver)

    await stand.refused(delivery(OPHELIA, HORATIO), Reason.INVALID_SUBSCRIBER)
    await stand.refused(delivery(OPHELIA, OPHELIA), Reason.NOT_SUBSCRIBED)
    await stand.run(delivery(HORATIO, HORATIO))
    await stand.publish(SOLILOQUIES, id="one")
    await stand.run(delivery(HORATIO, HORATIO, deliver=True))
    await stand.publish(SOLILOQUIES, id="two")
    told = await stand.hears(Published, by=[HORATIO])
    assert [each.item.id for each in told] == ["two"]


async def test_an_occupant_has_no_options(stand: Stand) -> None:
    await stand.room()
    horatio = device(HORATIO)
    await stand.enter(HALL, horatio)
    command = SetDelivery(actor=horatio, node=HALL, subscriber=horatio, deliver=False)
    await stand.refused(command, Reason.NOT_SUBSCRIBED)


async def test_ones_own_subscriptions(stand: Stand) -> None:
    """XEP-0060 §5.6: of one service, under any of one's addresses."""
    await stand.leaf()
    await stand.leaf(DENMARK)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.subscribe(DENMARK, device(HORATIO))
    service = SOLILOQUIES.service
    held = await stand.ask(questions.own_subscriptions, HORATIO, service, "")
    assert [(node, each.subscriber) for node, each in held] == [
        (DENMARK, device(HORATIO)),
        (SOLILOQUIES, HORATIO),
    ]
    (only,) = await stand.ask(questions.own_subscriptions, HORATIO, service, "soliloquies")
    assert only[1] == Subscription(HORATIO, State.SUBSCRIBED, Via.PUBSUB, subid=only[1].subid)
