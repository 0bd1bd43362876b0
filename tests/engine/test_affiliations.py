"""Setting affiliations, and what they do to subscriptions (XEP-0060 1.30.0, §8.9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from folkmoot.engine import questions
from folkmoot.engine.commands import SetAffiliations, SetSubscriptions
from folkmoot.engine.configuration import Access
from folkmoot.engine.decide.affiliations import AFFILIATIONS_MAX
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import AffiliationChanged, Cause
from folkmoot.engine.model import Affiliation, NodeId, State
from folkmoot.engine.notifications import (
    AffiliationTold,
    ApprovalAnswered,
    OccupantTold,
    Published,
    Spoken,
    SubscriptionTold,
)
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
    running,
)

OWNER, MEMBER, NONE = Affiliation.OWNER, Affiliation.MEMBER, Affiliation.NONE
OUTCAST, PUBLISHER, ADMIN = Affiliation.OUTCAST, Affiliation.PUBLISHER, Affiliation.ADMIN
SUBSCRIBED = State.SUBSCRIBED


def setting(
    affiliations: dict[JID, Affiliation], by: JID = HAMLET, node: NodeId = SOLILOQUIES
) -> SetAffiliations:
    return SetAffiliations(actor=by, node=node, affiliations=affiliations)


async def test_a_row_for_each_and_each_is_told(stand: Stand) -> None:
    """XEP-0060 §8.9.2.1, §8.9.4; a row is the bare JID's."""
    await stand.leaf()
    await stand.run(setting({device(HORATIO): PUBLISHER, OPHELIA: MEMBER}))
    assert (await stand.node(SOLILOQUIES)).affiliations == {
        HAMLET: OWNER,
        HORATIO: PUBLISHER,
        OPHELIA: MEMBER,
    }
    told = await stand.hears(AffiliationTold)
    assert [(each.to, each.affiliation) for each in told] == [
        ((HORATIO,), PUBLISHER),
        ((OPHELIA,), MEMBER),
    ]


async def test_what_is_so_already_is_no_event(stand: Stand) -> None:
    await stand.leaf()
    await stand.run(setting({HORATIO: MEMBER}))
    assert await stand.run(setting({HORATIO: MEMBER, OPHELIA: NONE})) == ()


async def test_only_owners_affiliate(stand: Stand) -> None:
    """XEP-0060 §8.9.2.2."""
    await stand.leaf()
    await stand.run(setting({HORATIO: PUBLISHER}))
    for actor in (HORATIO, FORTINBRAS):
        await stand.refused(setting({OPHELIA: MEMBER}, actor), Reason.FORBIDDEN)
    await stand.refused(setting({}, node=DENMARK), Reason.NODE_NOT_FOUND)


async def test_each_protocol_has_its_own_words(stand: Stand) -> None:
    """XEP-0060 §4.1 knows no admins, XEP-0045 §5.2 no publishers."""
    await stand.leaf()
    await stand.room()
    await stand.refused(setting({HORATIO: ADMIN}), Reason.BAD_CONFIG, "affiliation")
    for foreign in (PUBLISHER, Affiliation.PUBLISH_ONLY):
        command = setting({HORATIO: foreign}, node=HALL)
        await stand.refused(command, Reason.BAD_CONFIG, "affiliation")


@pytest.mark.parametrize("node", [SOLILOQUIES, HALL])
async def test_there_is_always_an_owner(stand: Stand, node: NodeId) -> None:
    """Not even where several go in one request, which ejabberd and Prosody allow."""
    await (stand.room() if node is HALL else stand.leaf())
    await stand.refused(setting({HAMLET: MEMBER}, node=node), Reason.LAST_OWNER)
    await stand.run(setting({GERTRUDE: OWNER}, node=node))
    both = setting({HAMLET: NONE, GERTRUDE: NONE}, node=node)
    await stand.refused(both, Reason.LAST_OWNER)
    handing_over = setting({HAMLET: NONE, GERTRUDE: MEMBER, HORATIO: OWNER}, node=node)
    await stand.run(handing_over)
    assert await stand.standing(node, HORATIO) is OWNER


async def test_an_account_owns_what_is_at_its_address(stand: Stand) -> None:
    node = NodeId(HAMLET, "tune")
    await stand.leaf(node)
    await stand.refused(setting({HAMLET: NONE}, node=node), Reason.LAST_OWNER)
    assert await stand.run(setting({HAMLET: OWNER}, node=node)) == ()
    await stand.run(setting({GERTRUDE: OWNER}, node=node))
    await stand.refused(setting({HAMLET: MEMBER}, GERTRUDE, node), Reason.LAST_OWNER)


async def test_nobody_bans_themself(stand: Stand) -> None:
    await stand.leaf()
    await stand.run(setting({GERTRUDE: OWNER}))
    await stand.refused(setting({HAMLET: OUTCAST}), Reason.ONESELF)


async def test_a_request_sets_so_many_affiliations(stand: Stand) -> None:
    await stand.leaf()
    jids = [JID.parse(f"player{number}@shakespeare.lit") for number in range(AFFILIATIONS_MAX + 1)]
    await stand.refused(setting(dict.fromkeys(jids, MEMBER)), Reason.TOO_MANY_SUBSCRIPTIONS)
    await stand.run(setting(dict.fromkeys(jids[1:], MEMBER)))


async def test_a_node_has_so_many_affiliations() -> None:
    """affiliations_per_node_max; whoever is full up can still take rows away."""
    services = replace(SERVICES, affiliations_per_node_max=2)
    async with running(Stand(services=services)) as stand:
        await stand.leaf()
        await stand.run(setting({HORATIO: MEMBER}))
        await stand.refused(setting({OPHELIA: MEMBER}), Reason.TOO_MANY_SUBSCRIPTIONS)
        await stand.run(setting({HORATIO: PUBLISHER}))
        await stand.run(setting({HORATIO: NONE, OPHELIA: MEMBER}))
        await stand.run(setting({OPHELIA: NONE}))


# --- what it does to those inside


@pytest.mark.parametrize("access", list(Access))
async def test_a_ban_ends_delivery(stand: Stand, access: Access) -> None:
    """Whom ejabberd bans from an authorize node hears every new item."""
    await stand.leaf(access=access)
    await stand.run(setting({HORATIO: MEMBER}))
    for jid in (HORATIO, device(HORATIO)):
        await stand.subscribe(SOLILOQUIES, jid)
    await stand.run(setting({HORATIO: OUTCAST}))
    assert not (await stand.node(SOLILOQUIES)).addresses(HORATIO)
    told = await stand.hears(SubscriptionTold)
    assert {each.to for each in told} == {(HORATIO,), (device(HORATIO),)}
    assert {each.cause for each in told} == {Cause.BANNED}
    await stand.forget_told()
    await stand.publish(SOLILOQUIES)
    assert not await stand.heard_by(HORATIO)


async def test_a_member_no_longer_leaves_a_whitelist(stand: Stand) -> None:
    """Whom ejabberd and Prosody take off a whitelist hears every new item."""
    await stand.leaf(access=Access.WHITELIST)
    await stand.run(setting({HORATIO: MEMBER}))
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(setting({HORATIO: NONE}))
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE
    await stand.publish(SOLILOQUIES)
    assert not await stand.hears(Published)


async def test_at_a_node_that_is_no_space_none_leaves_who_was_let_in(stand: Stand) -> None:
    """XEP-0060 §4.1: affiliation and subscription are two things."""
    await stand.leaf(access=Access.AUTHORIZE)
    await stand.run(setting({HORATIO: MEMBER}))
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(setting({HORATIO: NONE}))
    assert await stand.state(SOLILOQUIES, HORATIO) is State.SUBSCRIBED
    assert await stand.standing(SOLILOQUIES, HORATIO) is NONE


@pytest.mark.parametrize("access", [Access.OPEN, Access.AUTHORIZE, Access.WHITELIST])
async def test_none_on_a_space_ends_the_subscription(stand: Stand, access: Access) -> None:
    """Movim's "remove" sends only that."""
    await stand.space(access=access)
    await stand.member(DENMARK, HORATIO)
    await stand.run(setting({HORATIO: NONE}, node=DENMARK))
    assert await stand.state(DENMARK, HORATIO) is State.NONE
    assert await stand.row(DENMARK, HORATIO) is None
    assert [each.affiliation for each in await stand.hears(AffiliationTold, by=[HORATIO])] == [
        MEMBER,
        NONE,
    ]


async def test_none_on_a_space_removes_whom_nothing_but_an_answer_let_in(stand: Stand) -> None:
    """There is no row to take away, and still somebody to remove."""
    await stand.space()
    await stand.run(SetSubscriptions(actor=HAMLET, node=DENMARK, states={HORATIO: SUBSCRIBED}))
    assert await stand.standing(DENMARK, HORATIO) is MEMBER
    (changed, _) = await stand.run(setting({HORATIO: NONE}, node=DENMARK))
    assert isinstance(changed, AffiliationChanged)
    assert (changed.before, changed.after, changed.was, changed.now) == (None, None, MEMBER, NONE)
    assert await stand.standing(DENMARK, HORATIO) is NONE


async def test_a_ban_on_a_space_denies_who_waits(stand: Stand) -> None:
    await stand.space()
    await stand.run(setting({GERTRUDE: OWNER}, node=DENMARK))
    await stand.subscribe(DENMARK, HORATIO)
    await stand.run(setting({HORATIO: OUTCAST}, node=DENMARK))
    assert await stand.state(DENMARK, HORATIO) is State.NONE
    (answered,) = await stand.hears(ApprovalAnswered)
    assert (answered.to, answered.allowed) == ((GERTRUDE,), False)


async def test_who_is_banned_hears_it_and_then_nothing(stand: Stand) -> None:
    """Their standing, their subscription, their occupancy: each once."""
    await stand.space()
    room = await stand.room(space=DENMARK)
    await stand.member(DENMARK, HORATIO)
    await stand.enter(room, device(HORATIO))
    await stand.enter(room, device(HAMLET))
    await stand.forget_told()
    await stand.run(setting({HORATIO: OUTCAST}, node=DENMARK))
    kinds = [type(each) for each in await stand.heard_by(HORATIO)]
    assert kinds == [AffiliationTold, SubscriptionTold, OccupantTold]
    await stand.forget_told()
    await stand.publish(DENMARK)
    await stand.publish(room, device(HAMLET))
    await stand.run(setting({OPHELIA: MEMBER}, node=DENMARK))
    assert not await stand.heard_by(HORATIO)
    assert await stand.hears(Spoken, by=[device(HAMLET)])


async def test_ones_own_affiliations(stand: Stand) -> None:
    """XEP-0060 §5.7: a space's member is one without a row."""
    await stand.space()
    await stand.leaf()
    await stand.member(DENMARK, HORATIO)
    await stand.run(setting({HORATIO: PUBLISHER}))
    await stand.run(setting({OPHELIA: OUTCAST}))
    service = DENMARK.service
    held = await stand.ask(questions.own_affiliations, HORATIO, service, "")
    assert held == ((DENMARK, MEMBER), (SOLILOQUIES, PUBLISHER))
    held = await stand.ask(questions.own_affiliations, OPHELIA, service, "soliloquies")
    assert held == ((SOLILOQUIES, OUTCAST),)
