"""Who hears of what: nobody outside, and nobody more than they may see (XEP-0045 1.35.5 §4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from folkmoot.engine import questions
from folkmoot.engine.commands import Approve, Configure, Delete, SetDelivery, Subscribe, Unsubscribe
from folkmoot.engine.configuration import Access
from folkmoot.engine.model import Affiliation, Role, Via
from folkmoot.engine.notifications import (
    AffiliationTold,
    ApprovalAsked,
    Configured,
    Deleted,
    Notification,
    OccupantTold,
    Published,
    Seen,
    Spoken,
    SubscriptionTold,
    Welcomed,
)
from folkmoot.engine.room_commands import SetRoles
from folkmoot.engine.store import ItemQuery
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SOLILOQUIES,
    Stand,
    device,
    presence,
)

PRINCE, FRIEND, LADY = device(HAMLET), device(HORATIO), device(OPHELIA)


def shown(told: list[Notification], to: JID) -> list[Seen]:
    """Every occupant an address was shown, itself left out."""
    seen: list[Seen] = []
    for each in told:
        if to not in each.to:
            continue
        if isinstance(each, Welcomed):
            seen.extend(each.others)
        elif isinstance(each, OccupantTold) and not each.own:
            seen.append(each.seen)
    return seen


async def company(stand: Stand, **settings: Any) -> None:
    """A room with its owner and two others in it."""
    await stand.room(settings=settings)
    for jid in (PRINCE, FRIEND, LADY):
        await stand.enter(HALL, jid)


async def test_who_has_several_subscriptions_costs_no_notification_more(stand: Stand) -> None:
    """XEP-0060 §6.1.6: an item is worded once for all who hear it alike, however they are noted."""
    await stand.leaf()
    for jid in (GERTRUDE, HORATIO, OPHELIA):
        await stand.subscribe(SOLILOQUIES, jid)
    for jid in (HORATIO, OPHELIA):
        await stand.subscribe(SOLILOQUIES, jid, options={"expires": 1_000.0})
    await stand.publish(SOLILOQUIES)
    (told,) = await stand.hears(Published)
    subscriptions = (await stand.node(SOLILOQUIES)).subscriptions
    assert told.to == (GERTRUDE,)
    assert told.named == {
        jid: tuple(each.subid for each in subscriptions[jid].terms) for jid in (HORATIO, OPHELIA)
    }


@pytest.mark.parametrize("anyone", [False, True])
async def test_real_jids(stand: Stand, anyone: bool) -> None:
    """XEP-0045 §7.2.3, §7.2.4: moderators see them, others where the room is non-anonymous."""
    await company(stand, **{"room.whois_anyone": anyone})
    await stand.settled()
    assert {each.jid for each in shown(stand.told, PRINCE)} == {FRIEND, LADY}
    for jid, others in ((FRIEND, {PRINCE, LADY}), (LADY, {PRINCE, FRIEND})):
        assert {each.jid for each in shown(stand.told, jid)} == (others if anyone else {None})


async def test_each_sees_their_own_jid(stand: Stand) -> None:
    await company(stand)
    for told in await stand.hears(OccupantTold):
        assert not told.own or told.seen.jid in told.to
    for welcome in await stand.hears(Welcomed):
        assert (welcome.seen.jid,) == welcome.to


async def test_a_moderator_sees_from_then_on(stand: Stand) -> None:
    """§9.6: and no longer, once they are none."""
    await company(stand)
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"horatio": Role.MODERATOR}))
    await stand.forget_told()
    await stand.rename(HALL, LADY, "lady")
    assert {each.jid for each in await seen_by(stand, FRIEND)} == {LADY}
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"horatio": Role.PARTICIPANT}))
    await stand.forget_told()
    await stand.rename(HALL, LADY, "ophelia")
    assert {each.jid for each in await seen_by(stand, FRIEND)} == {None}


async def seen_by(stand: Stand, jid: JID) -> list[Seen]:
    await stand.settled()
    return shown(stand.told, jid)


@pytest.mark.parametrize("door", ["room", "space"])
async def test_whoever_is_demoted_sees_no_more(stand: Stand, door: str) -> None:
    """By a row here, or in the space; others who go in the same command go unseen."""
    await stand.space()
    await stand.room(space=DENMARK)
    place, word = (HALL, Affiliation.ADMIN) if door == "room" else (DENMARK, Affiliation.PUBLISHER)
    await stand.affiliate(place, HAMLET, {HORATIO: word})
    for jid in (PRINCE, FRIEND, LADY):
        await stand.enter(HALL, jid)
    await stand.affiliate(place, HAMLET, {HORATIO: Affiliation.NONE})
    await stand.forget_told()
    await stand.unsubscribe(HALL, LADY)
    assert {each.jid for each in await seen_by(stand, FRIEND)} == {None}
    assert {each.jid for each in await seen_by(stand, PRINCE)} == {LADY}


async def test_a_room_that_hides_jids_again(stand: Stand) -> None:
    """§10.2.1: what was remembered of occupants is not what is shown from then on."""
    await company(stand, **{"room.whois_anyone": True})
    settings = {"room.whois_anyone": False}
    await stand.run(Configure(actor=HAMLET, node=HALL, settings=settings))
    await stand.forget_told()
    await stand.rename(HALL, LADY, "lady")
    assert {each.jid for each in await seen_by(stand, FRIEND)} == {None}


async def test_one_more_device_is_no_news_of_somebody_else(stand: Stand) -> None:
    """A second device is told who is there, and its owner's other device of itself only."""
    await company(stand)
    await stand.forget_told()
    court = device(OPHELIA, "court")
    await stand.enter(HALL, court)
    (welcome,) = await stand.hears(Welcomed, by=[court])
    assert [each.nick for each in welcome.others] == ["hamlet", "horatio"]
    assert {each.nick for each in await seen_by(stand, LADY)} == set()
    assert [each.own for each in await stand.hears(OccupantTold, by=[LADY])] == [True]


async def test_the_wording_is_one_for_each_class_of_hearers(stand: Stand) -> None:
    """However many hear, there are two ways an occupant looks, and their own."""
    await company(stand)
    for jid in (GERTRUDE, POLONIUS):
        await stand.enter(HALL, device(jid))
    await stand.forget_told()
    await stand.rename(HALL, LADY, "ophelia")
    told = await stand.hears(OccupantTold)
    assert [(len(each.to), each.own) for each in told] == [(1, False), (3, False), (1, True)]


@pytest.mark.parametrize("anyone", [False, True])
async def test_what_is_said_is_an_occupants_also_for_who_subscribes(
    stand: Stand, anyone: bool
) -> None:
    """An item has a publisher; in a semi-anonymous room it is nobody's real JID."""
    await company(stand, **{"room.whois_anyone": anyone})
    await stand.subscribe(HALL, GERTRUDE)
    await stand.publish(HALL, FRIEND)
    (told,) = await stand.hears(Published, by=[GERTRUDE])
    page = await stand.ask(questions.items, GERTRUDE, ItemQuery(node=HALL))
    expected = FRIEND if anyone else JID.parse("hall@rooms.shakespeare.lit/horatio")
    assert [each.publisher for each in (told.item, *page.items)] == [expected] * 2


async def test_who_entered_through_pubsub_hears_by_it(stand: Stand) -> None:
    """XEP-0207 §5: one notification for each facade that has occupants, and nobody hears twice."""
    await company(stand)
    await stand.publish(HALL, by=PRINCE)
    (told,) = await stand.hears(Spoken)
    assert told.to is (await stand.node(HALL)).inside  # as it is kept: nobody is asked anything
    for jid in (device(GERTRUDE), device(POLONIUS)):
        await stand.enter(HALL, jid, via=Via.EVENTING)
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"gertrude": Role.MODERATOR}))
    await stand.forget_told()
    await stand.publish(HALL, by=FRIEND)
    here = JID.parse("hall@rooms.shakespeare.lit/horatio")
    assert [(each.via, each.to, each.item.publisher) for each in await stand.hears(Spoken)] == [
        (Via.MUC, (PRINCE, FRIEND, LADY), FRIEND),
        (Via.EVENTING, (device(GERTRUDE),), FRIEND),
        (Via.EVENTING, (device(POLONIUS),), here),
    ]
    await stand.forget_told()
    await stand.run(Unsubscribe(actor=device(POLONIUS), node=HALL, subscriber=device(POLONIUS)))
    heard = [(each.via, jid) for each in await stand.hears(OccupantTold) for jid in each.to]
    assert sorted(heard, key=str) == sorted(
        [
            *((Via.MUC, jid) for jid in (PRINCE, FRIEND, LADY)),
            *((Via.EVENTING, device(jid)) for jid in (GERTRUDE, POLONIUS)),
        ],
        key=str,
    )


async def test_through_which_facade_one_entered_last_is_kept(stand: Stand) -> None:
    """Whoever enters again hears in the words of that time, whatever becomes of the server."""
    await company(stand)
    for via in (Via.EVENTING, Via.MUC):
        await stand.enter(HALL, FRIEND, via=via)
        await stand.settled()
        kept = {each.subscriber: each.via for each in stand.store.kept[HALL].occupants}
        assert kept == {PRINCE: Via.MUC, FRIEND: via, LADY: Via.MUC}


# --- pubsub


async def test_who_hears_of_an_item(stand: Stand) -> None:
    """Who is subscribed, wants to hear, and is not only waiting to be let in."""
    await stand.leaf(access=Access.AUTHORIZE)
    for jid in (HORATIO, OPHELIA, GERTRUDE, POLONIUS):
        await stand.subscribe(SOLILOQUIES, jid)
    for jid in (HORATIO, OPHELIA, GERTRUDE):
        await stand.run(Approve(actor=HAMLET, node=SOLILOQUIES, subscriber=jid, allow=True))
    await stand.run(SetDelivery(actor=OPHELIA, node=SOLILOQUIES, subscriber=OPHELIA, deliver=False))
    await stand.publish(SOLILOQUIES)
    (told,) = await stand.hears(Published)
    assert told.to == (HORATIO, GERTRUDE)


async def test_a_silent_node(stand: Stand) -> None:
    """XEP-0060 §16.4.3: `deliver_notifications`, `notify_delete`, `notify_config` off."""
    await stand.leaf(deliver_notifications=False, notify_delete=False, notify_config=False)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.publish(SOLILOQUIES)
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings={"title": "Hush"}))
    await stand.run(Delete(actor=HAMLET, node=SOLILOQUIES))
    await stand.settled()
    assert not stand.told


async def test_occupants_hear_of_another_configuration_whatever_subscribers_do(
    stand: Stand,
) -> None:
    """XEP-0045 §10.2.1."""
    await company(stand)
    await stand.subscribe(HALL, GERTRUDE)
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={"title": "Hall"}))
    (told,) = await stand.hears(Configured)
    assert (told.via, set(told.to)) == (Via.MUC, {PRINCE, FRIEND, LADY})


async def test_each_occupant_of_a_destroyed_room_is_told_of_themself(stand: Stand) -> None:
    """XEP-0045 §10.9."""
    await company(stand)
    await stand.run(Delete(actor=HAMLET, node=HALL, reason="closed", redirect="tower@rooms"))
    told = await stand.hears(Deleted)
    assert {(each.to, each.seen and each.seen.nick) for each in told} == {
        ((PRINCE,), "hamlet"),
        ((FRIEND,), "horatio"),
        ((LADY,), "ophelia"),
    }
    assert {(each.reason, each.redirect) for each in told} == {("closed", "tower@rooms")}


async def test_rooms_tell_strangers_of_rows_in_their_own_words(stand: Stand) -> None:
    """XEP-0060 §8.9.4 is pubsub's word; a room's are those of XEP-0045 §9.3."""
    await company(stand)
    await stand.affiliate(HALL, HAMLET, {POLONIUS: Affiliation.MEMBER})
    (told,) = await stand.hears(AffiliationTold)
    assert (told.via, told.to) == (Via.MUC, (POLONIUS,))


async def test_a_subscription_is_told_in_the_words_it_was_made_in(stand: Stand) -> None:
    """`via` goes from a subscription to all that is told because of it."""
    node = presence(HAMLET)
    await stand.run(Subscribe(actor=HORATIO, node=node, subscriber=HORATIO, via=Via.PRESENCE))
    (asked,) = await stand.hears(ApprovalAsked)
    assert (asked.via, asked.to) == (Via.PRESENCE, (HAMLET,))
    await stand.run(Approve(actor=HAMLET, node=node, subscriber=HORATIO, allow=True))
    assert {each.via for each in await stand.hears(SubscriptionTold)} == {Via.PRESENCE}


async def test_nobody_who_is_subscribed_hears_of_a_publish_elsewhere(stand: Stand) -> None:
    """One node's subscribers are not another's, also where one is in the other."""
    await stand.space()
    await stand.leaf(parent=DENMARK)
    await stand.list(DENMARK, SOLILOQUIES)
    await stand.member(DENMARK, HORATIO)
    await stand.forget_told()
    await stand.publish(SOLILOQUIES)
    await stand.settled()
    assert not stand.told
