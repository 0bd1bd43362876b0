"""Numbers of changes, and versions made of them: XEP-0463 0.2.0, with values alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from folkmoot.engine.access import refuses_guest, refuses_list
from folkmoot.engine.commands import Approve, Configure, SetAffiliations
from folkmoot.engine.configuration import EVERY_ROLE, Access, NodeConfig, RoomConfig
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import AffiliationChanged, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, Role
from folkmoot.engine.notifications import AbsentTold, OccupantTold
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.standings import PAST_MAX, STANDINGS_MAX, Change, Moved, Was, moved
from folkmoot.engine.versions import past, version
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


def numbers(events: Sequence[Event]) -> list[tuple[type[Event], int]]:
    """Events that are changes of standing, or follow from one, with its number."""
    found: list[tuple[type[Event], int]] = []
    for each in events:
        if isinstance(each, AffiliationChanged | SubscriptionChanged) and each.moved:
            found.append((type(each), each.moved.number))
        elif isinstance(each, StandingChanged | SubscriptionChanged) and each.change:
            found.append((type(each), each.change.number))
    return found


async def test_what_follows_comes_right_behind(stand: Stand) -> None:
    """§5.2.2: with the number of the change it follows from."""
    await stand.room()
    for jid in (HAMLET, HORATIO, OPHELIA):
        await stand.enter(HALL, device(jid))
    wishes = {HORATIO: ADMIN, POLONIUS: MEMBER, OPHELIA: OUTCAST}
    events = await stand.run(SetAffiliations(actor=HAMLET, node=HALL, affiliations=wishes))
    assert numbers(events) == [
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
    then = await stand.ask(past, HALL, before)
    assert then is not None
    assert then.changed() == frozenset({HORATIO})
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={"parent": None}))
    assert await stand.ask(past, HALL, before) is None


async def test_what_becomes_of_an_entity_is_one_change(stand: Stand) -> None:
    """§5.2.2: by a row, a subscription and what follows in a room, in one command."""
    await stand.space()
    await stand.room(space=DENMARK)
    await stand.member(DENMARK, HORATIO)
    for jid in (HORATIO, POLONIUS):
        await stand.subscribe(DENMARK, jid)
    await stand.enter(HALL, device(HORATIO))
    before = (await stand.node(DENMARK)).version
    wishes = {HORATIO: OUTCAST, POLONIUS: MEMBER}
    events = await stand.run(SetAffiliations(actor=HAMLET, node=DENMARK, affiliations=wishes))
    assert numbers(events) == [
        (AffiliationChanged, before + 1),
        (SubscriptionChanged, before + 1),
        (SubscriptionChanged, before + 1),
        (AffiliationChanged, before + 2),
        (SubscriptionChanged, before + 2),
    ]
    (ended,) = await stand.hears(OccupantTold, by=[device(HORATIO)])
    assert ended.step is not None
    assert ended.step.until == await stand.ask(version, HALL, Change(DENMARK, before + 1))
    assert (await stand.node(DENMARK)).version == before + 2


async def test_what_is_no_change_has_no_number(stand: Stand) -> None:
    """§5.2.1: who knows the version has nothing to ask; a member who subscribes is a member."""
    await stand.space()
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: MEMBER})
    before = (await stand.node(DENMARK)).version
    assert numbers(await stand.subscribe(DENMARK, HORATIO)) == []
    assert (await stand.node(DENMARK)).version == before
    events = await stand.unsubscribe(DENMARK, HORATIO)
    assert {number for _, number in numbers(events)} == {before + 1}


async def test_what_an_entity_was(stand: Stand) -> None:
    """§6: at each version that is remembered, by rows and subscriptions here and above."""
    await stand.space()
    await stand.room(space=DENMARK)
    was: dict[str, Affiliation] = {}
    for node, wanted in (
        (DENMARK, MEMBER),
        (HALL, ADMIN),
        (DENMARK, OUTCAST),
        (DENMARK, NONE),
        (HALL, NONE),
        (DENMARK, MEMBER),
    ):
        was[await stand.ask(version, HALL)] = await stand.standing(HALL, HORATIO)
        await stand.affiliate(node, HAMLET, {HORATIO: wanted})
    await stand.affiliate(DENMARK, HAMLET, {HORATIO: NONE})
    await stand.subscribe(DENMARK, HORATIO)
    await stand.run(Approve(actor=HAMLET, node=DENMARK, subscriber=HORATIO, allow=True))
    was[await stand.ask(version, HALL)] = await stand.standing(HALL, HORATIO)
    await stand.unsubscribe(DENMARK, HORATIO)
    assert [*was.values()] == [NONE, MEMBER, ADMIN, OUTCAST, ADMIN, NONE, MEMBER]
    for known, standing in was.items():
        then = await stand.ask(past, HALL, known)
        assert then is not None
        assert then.affiliation(HORATIO) is standing
        assert then.affiliation(HAMLET) is OWNER


def test_so_much_of_an_entity_is_remembered() -> None:
    """PAST_MAX changes; what it was before them is forgotten, not guessed."""
    found: Moved | None = None
    rows = [(MEMBER, None)[number % 2] for number in range(PAST_MAX + 2)]
    for number, row in enumerate(rows, 1):
        found = moved(found, Was(number, row, admitted=False))
    assert found is not None
    assert (found.number, found.known, len(found.past)) == (PAST_MAX + 2, 2, PAST_MAX)
    assert [found.at(number) for number in (0, 1)] == [None, None]
    told = [found.at(number) for number in range(2, found.number)]
    assert [each and each.row for each in told] == rows[2:]
    assert Moved(7, known=7).at(6) is None


def test_no_more_is_remembered(stand: Stand) -> None:
    """The newest changes, and the number of the last one."""
    record = Node(HALL, NodeConfig(), HAMLET, 0.0)
    assert record.version == 0
    for number in range(1, STANDINGS_MAX + 2):
        record.put_standing(HAMLET.with_resource(str(number)), Moved(number))
    assert record.version == STANDINGS_MAX + 1
    assert next(iter(record.standings.values())).number == 2


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
