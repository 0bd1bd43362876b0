"""What a moderated room remembers of who may speak (XEP-0045 1.35.5, §5.1)."""

from __future__ import annotations

from folkmoot.engine.commands import Forget, Unsubscribe
from folkmoot.engine.decide.voices import VOICES_PER_ROOM_MAX
from folkmoot.engine.model import Affiliation, NodeId, Role
from folkmoot.engine.room_commands import SetRoles
from folkmoot.xmpp.jid import JID
from tests.engine.stand import GERTRUDE, HALL, HAMLET, HORATIO, Stand, device, running

PRINCE, QUEEN, FRIEND = device(HAMLET), device(GERTRUDE), device(HORATIO)
MODERATED = {"room.moderated": True}


async def role(stand: Stand, jid: JID) -> Role | None:
    """The role that somebody was given, in the room."""
    occupant = (await stand.node(HALL)).subscriptions[jid].occupant
    assert occupant is not None
    return occupant.role


async def gives(stand: Stand, nick: str, wanted: Role | None) -> None:
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles={nick: wanted}))


async def comes_back(stand: Stand, jid: JID) -> None:
    if jid in (await stand.node(HALL)).subscriptions:
        await stand.run(Unsubscribe(actor=jid, node=HALL, subscriber=jid))
    await stand.enter(HALL, jid)


async def test_a_voice_outlasts_a_visit(stand: Stand) -> None:
    """Also after a restart; being a moderator does not, being thrown out changes nothing of it."""
    await stand.room(settings=MODERATED)
    for jid in (PRINCE, QUEEN, FRIEND):
        await stand.enter(HALL, jid)
    await gives(stand, "gertrude", Role.PARTICIPANT)
    await gives(stand, "horatio", Role.MODERATOR)
    for jid in (QUEEN, FRIEND):
        await comes_back(stand, jid)
        assert await role(stand, jid) is Role.PARTICIPANT
    await gives(stand, "horatio", None)
    await stand.settled()
    async with running(Stand(stand.store)) as again:
        for jid in (PRINCE, QUEEN, FRIEND):
            await comes_back(again, jid)
        assert await role(again, QUEEN) is Role.PARTICIPANT
        assert await role(again, FRIEND) is Role.PARTICIPANT
        await gives(again, "gertrude", Role.VISITOR)
        await comes_back(again, QUEEN)
        assert (await again.node(HALL)).voices == {HORATIO: Role.PARTICIPANT}


async def test_a_voice_stays_lost(stand: Stand) -> None:
    """A member's, who has one otherwise; until they are a member anew (§5.1.3)."""
    await stand.room(settings=MODERATED)
    await stand.affiliate(HALL, HAMLET, {HORATIO: Affiliation.MEMBER})
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    await gives(stand, "horatio", Role.VISITOR)
    await comes_back(stand, FRIEND)
    assert await role(stand, FRIEND) is Role.VISITOR
    for standing in (Affiliation.NONE, Affiliation.MEMBER):
        await stand.affiliate(HALL, HAMLET, {HORATIO: standing})
    assert await role(stand, FRIEND) is None
    await comes_back(stand, FRIEND)
    assert await role(stand, FRIEND) is None


async def test_elsewhere_a_role_ends_with_a_visit(stand: Stand) -> None:
    """Only where it matters who may speak."""
    await stand.room()
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    await gives(stand, "horatio", Role.VISITOR)
    await comes_back(stand, FRIEND)
    assert await role(stand, FRIEND) is None


async def test_a_room_remembers_so_many(stand: Stand) -> None:
    """Of one more it does for their visit."""
    await stand.room(settings=MODERATED)
    for jid in (PRINCE, QUEEN, FRIEND):
        await stand.enter(HALL, jid)
    record = await stand.node(HALL)
    for number in range(VOICES_PER_ROOM_MAX - 1):
        record.put_voice(JID.parse(f"{number}@example.org"), Role.PARTICIPANT)
    roles = {"gertrude": Role.PARTICIPANT, "horatio": Role.PARTICIPANT}
    await stand.run(SetRoles(actor=PRINCE, node=HALL, roles=roles))
    assert len(record.voices) == VOICES_PER_ROOM_MAX
    assert await role(stand, FRIEND) is Role.PARTICIPANT
    assert HORATIO not in record.voices


async def test_nothing_is_remembered_of_an_account_that_is_gone(stand: Stand) -> None:
    """Whoever has the address next comes as a stranger."""
    await stand.room(settings=MODERATED)
    for jid in (PRINCE, FRIEND):
        await stand.enter(HALL, jid)
    await gives(stand, "horatio", Role.PARTICIPANT)
    await stand.settled()
    await stand.run(Forget(actor=HORATIO, node=NodeId(HORATIO, "")))
    await stand.settled()
    assert (await stand.node(HALL)).voices == stand.store.kept[HALL].voices == {}
