"""Rooms as the engine has them: entering, being there, leaving (XEP-0045 1.35.5, §7-§10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from folkmoot.engine.commands import (
    Configure,
    Create,
    Entry,
    Publish,
    SetAffiliations,
    Unsubscribe,
)
from folkmoot.engine.configuration import HISTORY_ITEMS_MAX, Access
from folkmoot.engine.decide.nicks import DEVICES_PER_NICK_MAX
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import Cause
from folkmoot.engine.model import Affiliation, NodeId, Occupant, Role, State, Via
from folkmoot.engine.notifications import Deleted, OccupantTold, Published, Spoken, Welcomed
from folkmoot.engine.room_commands import ChangePresence, ChangeSubject, SetRoles
from folkmoot.xmpp.jid import JID
from tests.engine.stand import (
    DENMARK,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HERE,
    HORATIO,
    OPHELIA,
    POLONIUS,
    SERVICES,
    SOLILOQUIES,
    WORDS,
    Stand,
    device,
    entry,
    running,
)

PRINCE, QUEEN, FRIEND = device(HAMLET), device(GERTRUDE), device(HORATIO)


async def configure(stand: Stand, settings: dict[str, Any]) -> None:
    await stand.run(Configure(actor=HAMLET, node=HALL, settings=settings))


def saying(jid: JID) -> Publish:
    return Publish(actor=jid, node=HALL, entry=Entry(payload=WORDS))


def renaming(jid: JID, nick: str) -> ChangePresence:
    return ChangePresence(actor=jid, node=HALL, occupant=Occupant(nick, HERE))


def inviting(jid: JID, guest: JID) -> SetAffiliations:
    affiliations = {guest: Affiliation.MEMBER}
    return SetAffiliations(actor=jid, node=HALL, affiliations=affiliations, invited=True)


# --- entering


async def test_an_invitation_makes_members_where_it_takes_one(stand: Stand) -> None:
    """XEP-0045 §7.8.2: not in a room that is open, whose occupants all may invite."""
    await stand.room(settings={"access": Access.OPEN, "room.allow_invites": True})
    await stand.affiliate(HALL, HAMLET, {HORATIO: Affiliation.MEMBER})
    await stand.refused(inviting(FRIEND, OPHELIA), Reason.NOT_SUBSCRIBED)
    await stand.enter(HALL, FRIEND)
    await stand.refused(inviting(FRIEND, OPHELIA), Reason.FORBIDDEN)
    await configure(stand, {"access": Access.WHITELIST})
    await stand.run(inviting(FRIEND, OPHELIA))
    await stand.enter(HALL, device(OPHELIA))


async def test_entering_makes_the_room(stand: Stand) -> None:
    """XEP-0045 §10.1.1: locked, with who came as its owner, who is told that it is new."""
    await stand.enter(HALL, PRINCE)
    (welcome,) = await stand.hears(Welcomed, by=[PRINCE])
    assert (welcome.created, welcome.others) == (True, ())
    assert (welcome.seen.affiliation, welcome.seen.role) == (Affiliation.OWNER, Role.MODERATOR)
    await stand.refused(entry(HALL, FRIEND), Reason.ROOM_LOCKED)
    await configure(stand, {})
    await stand.enter(HALL, FRIEND)


async def test_newcomer_and_company_meet(stand: Stand) -> None:
    """XEP-0045 §7.2.2: who is there, in the order they came; and they see who comes."""
    await stand.room()
    for jid in (PRINCE, QUEEN):
        await stand.enter(HALL, jid)
    await stand.forget_told()
    await stand.enter(HALL, FRIEND)
    (welcome,) = await stand.hears(Welcomed, by=[FRIEND])
    assert [each.nick for each in welcome.others] == ["hamlet", "gertrude"]
    assert not welcome.created
    told = [each for each in await stand.hears(OccupantTold) if not each.own]
    assert {jid for each in told for jid in each.to} == {PRINCE, QUEEN}
    assert {each.seen.nick for each in told} == {"horatio"}


async def test_what_was_said_is_told_again(stand: Stand) -> None:
    """XEP-0045 §7.2.14; also after a restart, and with the subject as it is (§7.2.15)."""
    await stand.room(settings={"room.history_items": 2})
    await stand.enter(HALL, PRINCE)
    for _ in range(3):
        await stand.publish(HALL, PRINCE)
    await stand.run(ChangeSubject(actor=PRINCE, node=HALL, payload=WORDS))
    await stand.enter(HALL, FRIEND)
    (welcome,) = await stand.hears(Welcomed, by=[FRIEND])
    said = [each.item.id for each in await stand.hears(Spoken)]
    assert [each.id for each in welcome.history] == said
    assert welcome.history_items_max == 2
    assert welcome.subject is not None and welcome.subject.id == said[3]
    await stand.settled()
    async with running(Stand(stand.store)) as again:
        await again.enter(HALL, QUEEN)
        (told,) = await again.hears(Welcomed, by=[QUEEN])
        assert (told.history, told.subject) == (welcome.history, welcome.subject)


async def test_a_room_remembers_so_much(stand: Stand) -> None:
    await stand.room(settings={"room.history_items": HISTORY_ITEMS_MAX})
    await stand.enter(HALL, PRINCE)
    for _ in range(HISTORY_ITEMS_MAX + 1):
        await stand.publish(HALL, PRINCE)
    recent = (await stand.node(HALL)).recent
    assert recent is not None and len(recent) == HISTORY_ITEMS_MAX
    assert (await stand.node(HALL)).heads is None


@pytest.mark.parametrize("nick", ["", " "])
async def test_a_nick_is_needed(stand: Stand, nick: str) -> None:
    """XEP-0045 §7.2.2.1, §17.1."""
    await stand.room()
    command = entry(HALL, FRIEND, "horatio")
    assert command.occupant is not None
    unnamed = replace(command, occupant=replace(command.occupant, nick=nick))
    await stand.refused(unnamed, Reason.NICK_NEEDED)


async def test_a_nick_is_one_persons(stand: Stand) -> None:
    """XEP-0045 §7.2.8; their other devices may share it."""
    await stand.room()
    await stand.enter(HALL, PRINCE, "prince")
    await stand.refused(entry(HALL, FRIEND, "prince"), Reason.NICK_IN_USE)
    await stand.enter(HALL, device(HAMLET, "court"), "prince")
    node = await stand.node(HALL)
    assert (node.nicks, len(node.occupants("prince"))) == (("prince",), 2)


async def test_a_nick_has_so_many_devices(stand: Stand) -> None:
    await stand.room()
    for number in range(DEVICES_PER_NICK_MAX):
        await stand.enter(HALL, device(HAMLET, str(number)))
    one_more = entry(HALL, device(HAMLET, "one more"))
    await stand.refused(one_more, Reason.TOO_MANY_SUBSCRIPTIONS)


async def test_who_is_kept_out(stand: Stand) -> None:
    """XEP-0045 §7.2.5 to 7, §7.2.9."""
    await stand.room(access=Access.WHITELIST)
    await stand.refused(entry(HALL, FRIEND), Reason.CLOSED_NODE)
    await stand.affiliate(HALL, HAMLET, {POLONIUS: Affiliation.OUTCAST})
    await stand.refused(entry(HALL, device(POLONIUS)), Reason.OUTCAST)
    await configure(stand, {"access": Access.AUTHORIZE})
    await stand.refused(entry(HALL, FRIEND), Reason.PENDING)
    await configure(stand, {"access": Access.OPEN, "room.password": "swordfish"})
    for password in ("", "shellfish"):
        wrong = entry(HALL, FRIEND, password=password)
        await stand.refused(wrong, Reason.WRONG_PASSWORD)
    await stand.enter(HALL, FRIEND, password="swordfish")
    await stand.enter(HALL, PRINCE)
    await configure(stand, {"room.password": "", "room.occupants_max": 2})
    await stand.refused(entry(HALL, QUEEN), Reason.ROOM_FULL)
    await stand.affiliate(HALL, HAMLET, {GERTRUDE: Affiliation.ADMIN})
    await stand.enter(HALL, QUEEN)


async def test_what_a_pending_subscriber_may_not(stand: Stand) -> None:
    """To have asked is no key to the door."""
    await stand.room(access=Access.AUTHORIZE)
    await stand.subscribe(HALL, HORATIO)
    assert await stand.state(HALL, HORATIO) is State.PENDING
    await stand.refused(entry(HALL, FRIEND), Reason.PENDING)


async def test_where_there_are_no_rooms_nobody_enters(stand: Stand) -> None:
    """An occupant is in a room, whatever else there is of that name."""
    await stand.leaf()
    for node in (SOLILOQUIES, DENMARK, NodeId(HAMLET, "tune"), NodeId(FORTINBRAS, "hall")):
        await stand.refused(entry(node, PRINCE), Reason.NODE_NOT_FOUND)


async def test_nobody_enters_for_another(stand: Stand) -> None:
    await stand.room()
    for_another = replace(entry(HALL, FRIEND), subscriber=QUEEN)
    await stand.refused(for_another, Reason.INVALID_SUBSCRIBER)
    await stand.refused(entry(HALL, HORATIO), Reason.INVALID_SUBSCRIBER)


async def test_who_is_there_and_enters_again_is_told_all_anew(stand: Stand) -> None:
    """A client that lost its state joins again (§7.2.10); what it is in the room stays."""
    await stand.room(settings={"room.moderated": True})
    await stand.enter(HALL, PRINCE)
    await stand.enter(HALL, FRIEND)
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"horatio": Role.PARTICIPANT}))
    await stand.forget_told()
    await stand.enter(HALL, FRIEND)
    (welcome,) = await stand.hears(Welcomed, by=[FRIEND])
    assert (welcome.seen.role, len(welcome.others)) == (Role.PARTICIPANT, 1)


# --- being there


async def test_a_message_reaches_all(stand: Stand) -> None:
    """XEP-0045 §7.4: the sender too; and those who subscribe, as an item."""
    await stand.room()
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    await stand.subscribe(HALL, OPHELIA)
    await stand.publish(HALL, FRIEND)
    (told,) = await stand.hears(Spoken)
    assert (set(told.to), told.item.nick) == ({PRINCE, FRIEND}, "horatio")
    (item,) = await stand.hears(Published, by=[OPHELIA])
    assert item.via is Via.PUBSUB


async def test_who_has_no_voice(stand: Stand) -> None:
    """XEP-0045 §7.4, §8.3: nor does who is not there."""
    await stand.room(settings={"room.moderated": True})
    await stand.enter(HALL, PRINCE)
    await stand.enter(HALL, FRIEND)
    await stand.refused(saying(FRIEND), Reason.NO_VOICE)
    await stand.refused(saying(QUEEN), Reason.NOT_SUBSCRIBED)
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"horatio": Role.PARTICIPANT}))
    await stand.run(saying(FRIEND))


async def test_the_subject_is_the_moderators_unless_it_is_everybodys(stand: Stand) -> None:
    """XEP-0045 §8.1, `muc#roomconfig_changesubject`."""
    await stand.room()
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    changing = ChangeSubject(actor=FRIEND, node=HALL, payload=WORDS)
    await stand.refused(changing, Reason.FORBIDDEN)
    await configure(stand, {"room.change_subject": True})
    await stand.run(changing)
    subject = (await stand.node(HALL)).subject
    assert subject is not None and subject.nick == "horatio"


async def test_another_nick(stand: Stand) -> None:
    """XEP-0045 §7.6: the old one goes and says the new one, which then comes."""
    await stand.room()
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    await stand.refused(renaming(FRIEND, "hamlet"), Reason.NICK_IN_USE)
    await stand.refused(renaming(FRIEND, ""), Reason.NICK_NEEDED)
    await stand.refused(renaming(QUEEN, "queen"), Reason.NOT_SUBSCRIBED)
    await stand.forget_told()
    await stand.run(renaming(FRIEND, "scholar"))
    told = await stand.hears(OccupantTold, by=[PRINCE])
    assert [(each.seen.nick, each.left, each.new_nick) for each in told] == [
        ("horatio", True, "scholar"),
        ("scholar", False, ""),
    ]
    assert (await stand.node(HALL)).nicks == ("hamlet", "scholar")


async def test_roles_are_given_to_who_is_there(stand: Stand) -> None:
    """XEP-0045 §8.2: kicked, by whom and why; all that is asked or none of it."""
    await stand.room()
    for jid in (PRINCE, FRIEND, QUEEN):
        await stand.enter(HALL, jid)
    absent = SetRoles(actor=PRINCE, node=HALL, roles={"horatio": None, "yorick": None})
    await stand.refused(absent, Reason.NOT_IN_ROOM)
    by_a_participant = SetRoles(actor=FRIEND, node=HALL, roles={"gertrude": None})
    await stand.refused(by_a_participant, Reason.FORBIDDEN)
    by_a_stranger = SetRoles(actor=device(OPHELIA), node=HALL, roles={"gertrude": None})
    await stand.refused(by_a_stranger, Reason.FORBIDDEN)
    upwards = SetRoles(actor=PRINCE, node=HALL, roles={"hamlet": Role.VISITOR})
    await stand.refused(upwards, Reason.OUTRANKED)
    await stand.forget_told()
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={"horatio": None}, reason="no"))
    (own,) = await stand.hears(OccupantTold, by=[FRIEND])
    assert (own.own, own.left, own.cause) == (True, True, Cause.KICKED)
    assert (own.by, own.reason) == ("hamlet", "no")
    assert (await stand.node(HALL)).nicks == ("hamlet", "gertrude")


async def test_a_stream_that_is_gone_takes_its_occupant_with_it(stand: Stand) -> None:
    await stand.room()
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    assert stand.engine.temporary(FRIEND) == (HALL,)
    await stand.forget_told()
    await stand.run(Unsubscribe(actor=FRIEND, node=HALL, subscriber=FRIEND, lost=True))
    (told,) = await stand.hears(OccupantTold, by=[PRINCE])
    assert (told.left, told.cause) == (True, Cause.LOST)
    assert stand.engine.temporary(FRIEND) == ()


# --- rooms for as long as somebody is there


async def test_a_temporary_room_ends_with_its_last_occupant(stand: Stand) -> None:
    """XEP-0045 §4.2; those who subscribe to it are told."""
    await stand.room(settings={"room.persistent": False})
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    await stand.subscribe(HALL, OPHELIA)
    await stand.unsubscribe(HALL, PRINCE)
    assert await stand.record(HALL) is not None
    await stand.unsubscribe(HALL, FRIEND)
    assert await stand.record(HALL) is None
    assert await stand.hears(Deleted, by=[OPHELIA])
    await stand.settled()
    assert not stand.store.kept


async def test_a_room_nobody_was_in_does_not_end_with_a_subscription(stand: Stand) -> None:
    await stand.room(settings={"room.persistent": False})
    await stand.subscribe(HALL, OPHELIA)
    await stand.unsubscribe(HALL, OPHELIA)
    assert await stand.record(HALL) is not None


async def test_a_room_that_puts_everybody_out_ends_unless_it_is_to_stay(stand: Stand) -> None:
    """What the same form says of staying counts."""
    await stand.room(settings={"room.persistent": False})
    await stand.enter(HALL, FRIEND)
    await configure(stand, {"access": Access.WHITELIST, "room.persistent": True})
    assert await stand.record(HALL) is not None
    await configure(stand, {"access": Access.OPEN, "room.persistent": False})
    await stand.enter(HALL, FRIEND)
    await stand.affiliate(HALL, HAMLET, {HORATIO: Affiliation.OUTCAST})
    assert await stand.record(HALL) is None


async def test_a_persistent_room_waits(stand: Stand) -> None:
    await stand.room()
    await stand.enter(HALL, FRIEND)
    await stand.unsubscribe(HALL, FRIEND)
    assert await stand.record(HALL) is not None


async def test_a_room_has_so_many_occupants() -> None:
    """subscriptions_per_node_max counts occupants too."""
    services = replace(SERVICES, subscriptions_per_node_max=1)
    async with running(Stand(services=services)) as stand:
        await stand.run(Create(actor=HAMLET, node=HALL))
        await configure(stand, {"room.persistent": True})
        await stand.enter(HALL, FRIEND)
        await stand.refused(entry(HALL, PRINCE), Reason.TOO_MANY_SUBSCRIPTIONS)
        await stand.enter(HALL, FRIEND)
