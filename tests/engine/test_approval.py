"""Being let in: asking, the doors to an answer, and other access models (XEP-0060 1.30.0, §8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from folkmoot.engine.commands import (
    Approve,
    Configure,
    RequestPending,
    SetAffiliations,
    SetSubscriptions,
    Subscribe,
)
from folkmoot.engine.configuration import Access, SendLast
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import Cause
from folkmoot.engine.model import Affiliation, NodeId, State, Via
from folkmoot.engine.notifications import (
    ApprovalAnswered,
    ApprovalAsked,
    Notification,
    Published,
    SubscriptionTold,
)
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    GERTRUDE,
    HAMLET,
    HORATIO,
    OPHELIA,
    SOLILOQUIES,
    Stand,
    device,
    presence,
)


def subscribing(jid: JID, node: NodeId = SOLILOQUIES, **more: Any) -> Subscribe:
    """A command to subscribe."""
    return replace(Subscribe(actor=jid, node=node, subscriber=jid, via=Via.PUBSUB), **more)


def states_told(told: list[Notification], subscriber: JID) -> list[State]:
    """The states an entity's subscription was said to have, in turn."""
    return [
        State.NONE if each.after is None else each.after.state
        for each in told
        if isinstance(each, SubscriptionTold) and each.subscriber == subscriber
    ]


async def authorize(stand: Stand) -> NodeId:
    """A node where owners let people in, with two of them."""
    await stand.leaf(access=Access.AUTHORIZE)
    await stand.affiliate(SOLILOQUIES, HAMLET, {GERTRUDE: Affiliation.OWNER})
    await stand.forget_told()
    return SOLILOQUIES


async def test_every_owner_is_asked(stand: Stand) -> None:
    """XEP-0060 §6.1.4, §8.6: pending, and an owner's answer lets in."""
    await authorize(stand)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.PENDING
    (asked,) = await stand.hears(ApprovalAsked)
    assert (set(asked.to), asked.subscriber) == ({HAMLET, GERTRUDE}, HORATIO)
    await stand.publish(SOLILOQUIES, id="one")
    approve = Approve(actor=HAMLET, node=SOLILOQUIES, subscriber=HORATIO, allow=True)
    await stand.run(approve)
    (told,) = await stand.hears(SubscriptionTold, by=[HORATIO])
    assert told.after and told.after.state is State.SUBSCRIBED
    (answered,) = await stand.hears(ApprovalAnswered)
    assert (answered.to, answered.allowed, answered.by) == ((GERTRUDE,), True, HAMLET)
    await stand.publish(SOLILOQUIES, id="two")
    assert [each.item.id for each in await stand.hears(Published, by=[HORATIO])] == ["two"]


async def test_a_late_second_answer_changes_nothing(stand: Stand) -> None:
    await authorize(stand)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(Approve(actor=HAMLET, node=SOLILOQUIES, subscriber=HORATIO, allow=True))
    late = Approve(actor=GERTRUDE, node=SOLILOQUIES, subscriber=HORATIO, allow=False)
    assert await stand.run(late) == ()
    assert await stand.state(SOLILOQUIES, HORATIO) is State.SUBSCRIBED
    unasked = Approve(actor=HAMLET, node=SOLILOQUIES, subscriber=OPHELIA, allow=True)
    assert await stand.run(unasked) == ()
    assert await stand.state(SOLILOQUIES, OPHELIA) is State.NONE


async def test_denial_is_told_and_the_asker_may_ask_again(stand: Stand) -> None:
    await authorize(stand)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    command = subscribing(HORATIO)
    await stand.refused(command, Reason.PENDING)
    await stand.run(Approve(actor=GERTRUDE, node=SOLILOQUIES, subscriber=HORATIO, allow=False))
    (told,) = await stand.hears(SubscriptionTold, by=[HORATIO])
    assert (told.after, told.cause) == (None, Cause.DENIED)
    (answered,) = await stand.hears(ApprovalAnswered)
    assert (answered.to, answered.allowed) == ((HAMLET,), False)
    await stand.run(command)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.PENDING


async def test_who_asked_may_change_their_mind(stand: Stand) -> None:
    await authorize(stand)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.unsubscribe(SOLILOQUIES, HORATIO)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE


async def test_only_owners_answer(stand: Stand) -> None:
    await authorize(stand)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    for actor in (HORATIO, OPHELIA):
        command = Approve(actor=actor, node=SOLILOQUIES, subscriber=HORATIO, allow=True)
        await stand.refused(command, Reason.FORBIDDEN)
    nowhere = Approve(actor=HAMLET, node=DENMARK, subscriber=HORATIO, allow=True)
    await stand.refused(nowhere, Reason.NODE_NOT_FOUND)


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("door", ["form", "subscriptions", "affiliations"])
async def test_the_doors_are_one(stand: Stand, door: str, allow: bool) -> None:
    """Form, owner <subscriptions/> and owner <affiliations/> are doors to one command."""
    await stand.space(send_last=SendLast.ON_SUB)
    await stand.publish(DENMARK, id="one")
    await stand.affiliate(DENMARK, HAMLET, {GERTRUDE: Affiliation.OWNER})
    await stand.subscribe(DENMARK, HORATIO)
    await stand.forget_told()
    state = State.SUBSCRIBED if allow else State.NONE
    standing = Affiliation.MEMBER if allow else Affiliation.NONE
    await stand.run(
        {
            "form": Approve(actor=HAMLET, node=DENMARK, subscriber=HORATIO, allow=allow),
            "subscriptions": SetSubscriptions(actor=HAMLET, node=DENMARK, states={HORATIO: state}),
            "affiliations": SetAffiliations(
                actor=HAMLET, node=DENMARK, affiliations={HORATIO: standing}
            ),
        }[door]
    )
    assert await stand.state(DENMARK, HORATIO) is state
    assert await stand.standing(DENMARK, HORATIO) is standing
    assert states_told(await stand.heard_by(HORATIO), HORATIO) == [state]
    assert bool(await stand.hears(Published, by=[HORATIO])) is allow
    (answered,) = await stand.hears(ApprovalAnswered)
    assert (answered.to, answered.allowed) == ((GERTRUDE,), allow)


@pytest.mark.parametrize("standing", [Affiliation.OWNER, Affiliation.MEMBER])
async def test_members_and_owners_need_not_ask(stand: Stand, standing: Affiliation) -> None:
    """XEP-0060 §6.1.4; ejabberd lets an owner wait at their own door."""
    await authorize(stand)
    await stand.affiliate(SOLILOQUIES, HAMLET, {HORATIO: standing})
    await stand.subscribe(SOLILOQUIES, HORATIO)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.SUBSCRIBED
    assert not await stand.hears(ApprovalAsked)


async def test_an_owner_has_the_open_requests_sent_again(stand: Stand) -> None:
    """XEP-0060 §8.7."""
    await authorize(stand)
    for jid in (HORATIO, OPHELIA):
        await stand.subscribe(SOLILOQUIES, jid)
    await stand.forget_told()
    await stand.run(RequestPending(actor=device(GERTRUDE), node=SOLILOQUIES))
    told = await stand.hears(ApprovalAsked, by=[device(GERTRUDE)])
    assert [each.subscriber for each in told] == [HORATIO, OPHELIA]
    by_a_stranger = RequestPending(actor=HORATIO, node=SOLILOQUIES)
    await stand.refused(by_a_stranger, Reason.FORBIDDEN)


# --- an owner sets others' subscriptions


async def test_an_owner_sets_subscriptions(stand: Stand) -> None:
    """XEP-0060 §8.8.2: each subject is told each time."""
    await stand.leaf(access=Access.AUTHORIZE)
    for state in (State.SUBSCRIBED, State.PENDING, State.SUBSCRIBED, State.NONE):
        command = SetSubscriptions(actor=HAMLET, node=SOLILOQUIES, states={HORATIO: state})
        await stand.run(command)
        assert await stand.run(command) == ()
        assert await stand.state(SOLILOQUIES, HORATIO) is state
    assert states_told(await stand.heard_by(HORATIO), HORATIO) == [
        State.SUBSCRIBED,
        State.PENDING,
        State.SUBSCRIBED,
        State.NONE,
    ]


async def test_what_an_owner_cannot_set(stand: Stand) -> None:
    """XEP-0060 §8.8.2.3; all of the states or none."""
    await stand.leaf(access=Access.WHITELIST)
    await stand.affiliate(SOLILOQUIES, HAMLET, {OPHELIA: Affiliation.OUTCAST})

    def setting(actor: JID = HAMLET, **states: State) -> SetSubscriptions:
        jids = {JID.parse(f"{name}@shakespeare.lit"): state for name, state in states.items()}
        return SetSubscriptions(actor=actor, node=SOLILOQUIES, states=jids)

    subscribed = State.SUBSCRIBED
    await stand.refused(setting(horatio=State.UNCONFIGURED), Reason.BAD_CONFIG, "subscription")
    await stand.refused(setting(hamlet=subscribed, horatio=subscribed), Reason.CLOSED_NODE)
    await stand.refused(setting(ophelia=subscribed), Reason.OUTCAST)
    await stand.refused(setting(actor=HORATIO, horatio=subscribed), Reason.FORBIDDEN)
    assert await stand.run(setting(horatio=State.NONE)) == ()
    nowhere = SetSubscriptions(actor=HAMLET, node=DENMARK, states={})
    await stand.refused(nowhere, Reason.NODE_NOT_FOUND)


async def test_nobody_puts_themself_on_anothers_roster(stand: Stand) -> None:
    """Owning one's presence node does not make others hear it (RFC 6121 §3.1)."""
    await stand.befriend(HORATIO, HAMLET)
    states = {OPHELIA: State.SUBSCRIBED}
    command = SetSubscriptions(actor=HAMLET, node=presence(HAMLET), states=states)
    await stand.refused(command, Reason.FORBIDDEN)


async def test_owners_hear_of_subscribers_where_the_node_says_so(stand: Stand) -> None:
    """XEP-0060 §16.4.3 `pubsub#notify_sub`."""
    await stand.leaf(notify_sub=True)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.unsubscribe(SOLILOQUIES, HORATIO)
    assert states_told(await stand.heard_by(HAMLET), HORATIO) == [State.SUBSCRIBED, State.NONE]


# --- another access model


async def test_an_open_door_lets_in_who_waits(stand: Stand) -> None:
    """XEP-0060 §8.2: and a closed one puts out who is no member."""
    await stand.leaf(access=Access.AUTHORIZE)
    await stand.affiliate(SOLILOQUIES, HAMLET, {GERTRUDE: Affiliation.MEMBER})
    for jid in (HORATIO, GERTRUDE):
        await stand.subscribe(SOLILOQUIES, jid)

    async def become(access: Access) -> None:
        settings = {"access": access}
        await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings=settings))

    await become(Access.OPEN)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.SUBSCRIBED
    await become(Access.AUTHORIZE)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.SUBSCRIBED, "once let in"
    await become(Access.WHITELIST)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE
    assert await stand.state(SOLILOQUIES, GERTRUDE) is State.SUBSCRIBED
    assert states_told(await stand.heard_by(HORATIO), HORATIO) == [State.SUBSCRIBED, State.NONE]
    causes = [each.cause for each in await stand.hears(SubscriptionTold, by=[HORATIO])]
    assert causes == [Cause.APPROVED, Cause.CLOSED]


async def test_a_closed_door_denies_who_waits(stand: Stand) -> None:
    await stand.leaf(access=Access.AUTHORIZE)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    settings = {"access": Access.WHITELIST}
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings=settings))
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE
