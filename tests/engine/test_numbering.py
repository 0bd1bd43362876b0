"""Numbers of changes, and versions made of them: XEP-0463 0.2.0, with values alone."""

from __future__ import annotations

import pytest

from folkmoot.engine.access import refuses_guest, refuses_list
from folkmoot.engine.commands import Configure, SetAffiliations
from folkmoot.engine.configuration import EVERY_ROLE, Access, NodeConfig, RoomConfig
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import AffiliationChanged, SubscriptionChanged
from folkmoot.engine.model import Affiliation, Role
from folkmoot.engine.notifications import AbsentTold
from folkmoot.engine.record import STANDINGS_MAX, Node
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.versions import changed_since, version
from tests.engine.stand import (
    DENMARK,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    POLONIUS,
    Stand,
    device,
)

OWNER, ADMIN, MEMBER = Affiliation.OWNER, Affiliation.ADMIN, Affiliation.MEMBER
NONE, OUTCAST = Affiliation.NONE, Affiliation.OUTCAST


async def test_what_follows_comes_right_behind(stand: Stand) -> None:
    """§5.2.2: with the number of the change it follows from."""
    await stand.room()
    for jid in (HAMLET, HORATIO, OPHELIA):
        await stand.enter(HALL, device(jid))
    wishes = {HORATIO: ADMIN, POLONIUS: MEMBER, OPHELIA: OUTCAST}
    events = await stand.run(SetAffiliations(actor=HAMLET, node=HALL, affiliations=wishes))
    found = [
        (type(each), each.version)
        for each in events
        if isinstance(each, AffiliationChanged | StandingChanged | SubscriptionChanged)
    ]
    assert found == [
        (AffiliationChanged, 1),
        (StandingChanged, 1),
        (AffiliationChanged, 2),
        (AffiliationChanged, 3),
        (SubscriptionChanged, 3),
    ]
    (told,) = await stand.hears(AbsentTold)
    assert (told.jid, told.affiliation) == (POLONIUS, MEMBER)
    record = await stand.node(HALL)
    assert record.version == 3
    assert list(record.standings) == [HORATIO, POLONIUS, OPHELIA]


async def test_coming_and_going_is_no_change_of_standing(stand: Stand) -> None:
    """An occupant's subscription has no number; that to a space has one."""
    await stand.space()
    await stand.room(settings={"parent": DENMARK})
    await stand.list(DENMARK, HALL)
    before = await stand.ask(version, HALL)
    await stand.enter(HALL, device(HAMLET))
    assert await stand.ask(version, HALL) == before
    await stand.member(DENMARK, HORATIO)
    assert await stand.ask(version, HALL) != before
    assert await stand.ask(changed_since, HALL, before) == frozenset({HORATIO})
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={"parent": None}))
    assert await stand.ask(changed_since, HALL, before) is None


def test_no_more_is_remembered(stand: Stand) -> None:
    """The newest changes, and the number of the last one."""
    record = Node(HALL, NodeConfig(), HAMLET, 0.0)
    assert record.version == 0
    for number in range(1, STANDINGS_MAX + 2):
        record.put_standing(HAMLET.with_resource(str(number)), number)
    assert record.version == STANDINGS_MAX + 1
    assert min(record.standings.values()) == 2


@pytest.mark.parametrize(
    ("standing", "role", "wanted", "whois", "roles", "told"),
    [
        (OWNER, Role.MODERATOR, OUTCAST, False, (), True),
        (ADMIN, Role.MODERATOR, OWNER, False, (), True),
        (MEMBER, Role.PARTICIPANT, MEMBER, True, EVERY_ROLE, True),
        (MEMBER, Role.PARTICIPANT, MEMBER, True, (Role.MODERATOR,), False),
        (MEMBER, Role.MODERATOR, MEMBER, True, (Role.MODERATOR,), True),
        (MEMBER, Role.MODERATOR, MEMBER, False, EVERY_ROLE, False),
        (MEMBER, Role.PARTICIPANT, OUTCAST, True, EVERY_ROLE, False),
        (NONE, Role.MODERATOR, MEMBER, True, EVERY_ROLE, False),
        (OUTCAST, Role.PARTICIPANT, MEMBER, True, EVERY_ROLE, False),
    ],
)
def test_who_may_ask_for_a_list(
    standing: Affiliation,
    role: Role,
    wanted: Affiliation,
    whois: bool,
    roles: tuple[Role, ...],
    told: bool,
) -> None:
    """XEP-0045 §5.2.1, §9.5."""
    room = RoomConfig(whois_anyone=whois, list_roles=roles)
    refused = refuses_list(room, standing, role, wanted)
    assert refused is (None if told else Reason.FORBIDDEN)


@pytest.mark.parametrize(
    ("standing", "private", "members", "guest", "reason"),
    [
        (NONE, False, False, NONE, None),
        (NONE, False, False, OUTCAST, Reason.OUTCAST),
        (NONE, True, True, NONE, Reason.FORBIDDEN),
        (MEMBER, True, False, NONE, Reason.FORBIDDEN),
        (MEMBER, True, True, NONE, None),
        (ADMIN, True, False, NONE, None),
        (ADMIN, True, False, OUTCAST, Reason.OUTCAST),
    ],
)
def test_who_may_invite(
    standing: Affiliation,
    private: bool,
    members: bool,
    guest: Affiliation,
    reason: Reason | None,
) -> None:
    """XEP-0045 §5.1.1, §7.8.2, §9.5."""
    config = NodeConfig(
        access=Access.WHITELIST if private else Access.OPEN,
        room=RoomConfig(allow_invites=members),
    )
    assert refuses_guest(config, standing, guest) is reason
