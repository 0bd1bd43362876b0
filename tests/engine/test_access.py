"""Who may do what, by table (XEP-0060 1.30.0 §4; XEP-0045 1.35.5 §5; inheritance is ours)."""

from __future__ import annotations

from itertools import product

import pytest

from folkmoot.engine.access import (
    MEMBERS,
    RANK,
    STAFF,
    Stance,
    Standing,
    affiliation,
    may_message,
    refuses_affiliation,
    refuses_archive,
    refuses_change_of_item,
    refuses_entry,
    refuses_items,
    refuses_moderation,
    refuses_publish,
    refuses_role,
    refuses_stay,
    role,
    sees_jids,
)
from folkmoot.engine.configuration import (
    Access,
    Audience,
    Inherit,
    NodeConfig,
    PublishModel,
    RoomConfig,
)
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import CHAIN_NODES_MAX, Affiliation, Role, State

OWNER, ADMIN, PUBLISHER = Affiliation.OWNER, Affiliation.ADMIN, Affiliation.PUBLISHER
PUBLISH_ONLY, MEMBER = Affiliation.PUBLISH_ONLY, Affiliation.MEMBER
NONE, OUTCAST = Affiliation.NONE, Affiliation.OUTCAST
MODERATOR, PARTICIPANT, VISITOR = Role.MODERATOR, Role.PARTICIPANT, Role.VISITOR


def here(row: Affiliation | None = None, *, inherit: Inherit = Inherit.ALL) -> Standing:
    """Standing on a node."""
    return Standing(explicit=row, inherit=inherit)


def room(row: Affiliation | None = None, *, inherit: Inherit = Inherit.ALL) -> Standing:
    """Standing in a room."""
    return Standing(explicit=row, inherit=inherit, room=True)


SUBSCRIBED = Standing(admitted=True)
"""Let into a space, without a row."""

SHUNNED = Standing(shunned=True)
"""Of a server that is banned."""


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        # One node: its row, or what a subscription to a space gives.
        ([here()], NONE),
        *[([here(each)], each) for each in Affiliation],
        ([SUBSCRIBED], MEMBER),
        ([Standing(explicit=NONE, admitted=True)], NONE),
        ([Standing(explicit=PUBLISHER, admitted=True)], PUBLISHER),
        # A space and a node in it: the nearer row wins.
        *[([here(), here(each)], each) for each in Affiliation],
        ([here(PUBLISHER), here(MEMBER)], PUBLISHER),
        ([here(MEMBER), here(PUBLISHER)], MEMBER),
        ([here(NONE), here(PUBLISHER)], NONE),
        ([here(OUTCAST), here(PUBLISHER)], OUTCAST),
        ([here(OWNER), here(MEMBER)], OWNER),
        # Outcast and owner stick.
        *[([here(each), here(OUTCAST)], OUTCAST) for each in Affiliation],
        *[([here(each), here(OWNER)], OWNER) for each in Affiliation],
        ([here(), here(NONE), here(OWNER)], OWNER),
        ([here(OWNER), here(), here(OUTCAST)], OUTCAST),
        # A space's words, said in a room.
        ([room(), here(OWNER)], OWNER),
        ([room(), here(PUBLISHER)], ADMIN),
        ([room(), here(PUBLISH_ONLY)], NONE),
        ([room(), here(MEMBER)], MEMBER),
        ([room(), SUBSCRIBED], MEMBER),
        ([room(), here(NONE)], NONE),
        ([room(), here(OUTCAST)], OUTCAST),
        ([room(NONE), SUBSCRIBED], NONE),
        ([room(ADMIN), SUBSCRIBED], ADMIN),
        ([room(), here(), here(PUBLISHER)], ADMIN),
        # A room takes less.
        ([room(inherit=Inherit.STAFF), SUBSCRIBED], NONE),
        ([room(inherit=Inherit.STAFF), here(MEMBER)], NONE),
        ([room(inherit=Inherit.STAFF), here(PUBLISHER)], ADMIN),
        ([room(inherit=Inherit.STAFF), here(OWNER)], OWNER),
        ([room(inherit=Inherit.STAFF), here(OUTCAST)], OUTCAST),
        ([room(MEMBER, inherit=Inherit.STAFF), here(MEMBER)], MEMBER),
        ([room(inherit=Inherit.NONE), here(OWNER)], NONE),
        ([room(inherit=Inherit.NONE), SUBSCRIBED], NONE),
        ([room(inherit=Inherit.NONE), here(OUTCAST)], OUTCAST),
        ([room(OWNER, inherit=Inherit.NONE), here(OUTCAST)], OUTCAST),
        ([room(OWNER, inherit=Inherit.NONE), here(NONE)], OWNER),
        # The ban of a server counts for whoever has no row, and is no staff from above.
        ([SHUNNED], OUTCAST),
        ([Standing(shunned=True, admitted=True)], OUTCAST),
        ([SHUNNED, here(MEMBER)], OUTCAST),
        *[([SHUNNED, here(each)], each) for each in (PUBLISHER, OWNER)],
        ([room(), SHUNNED], OUTCAST),
        ([room(OWNER), SHUNNED], OUTCAST),
        ([room(MEMBER), here(), SHUNNED], OUTCAST),
        # What a node in the middle does not take, those below do not get.
        ([room(), here(inherit=Inherit.NONE), here(OWNER)], NONE),
        ([room(), here(MEMBER, inherit=Inherit.NONE), here(OWNER)], MEMBER),
    ],
)
def test_affiliation_is_handed_down(chain: list[Standing], expected: Affiliation) -> None:
    """Outcast and owner stick; otherwise the nearer row wins; subscribed is member."""
    assert affiliation(chain) is expected


def test_affiliation_reaches_the_end_of_the_longest_chain() -> None:
    chain = [room(), *[here()] * (CHAIN_NODES_MAX - 2), here(OUTCAST)]
    assert len(chain) == CHAIN_NODES_MAX
    assert affiliation(chain) is OUTCAST


def entry(access: Access, standing: Affiliation, *, hears: bool, grouped: bool) -> Reason | None:
    """The table of XEP-0060 §4.5 and §6.1.3, said in another way than the rule says it."""
    if standing is OUTCAST:
        return Reason.OUTCAST
    if standing is PUBLISH_ONLY:
        return Reason.FORBIDDEN
    if standing is not NONE:
        return None
    return {
        Access.OPEN: None,
        Access.PRESENCE: None if hears else Reason.PRESENCE_REQUIRED,
        Access.ROSTER: None if grouped else Reason.NOT_IN_ROSTER_GROUP,
        Access.AUTHORIZE: Reason.PENDING,
        Access.WHITELIST: Reason.CLOSED_NODE,
    }[access]


@pytest.mark.parametrize(
    ("access", "standing", "hears", "grouped"),
    [*product(Access, Affiliation, (False, True), (False, True))],
)
def test_subscribing(access: Access, standing: Affiliation, hears: bool, grouped: bool) -> None:
    """XEP-0060 §6.1.3; members and owners subscribe without asking (§6.1.4)."""
    config = NodeConfig(access=access)
    stance = Stance(standing, State.NONE, hears, grouped)
    expected = entry(access, standing, hears=hears, grouped=grouped)
    assert refuses_entry(config, stance) is expected


@pytest.mark.parametrize(("access", "standing", "state"), [*product(Access, Affiliation, State)])
def test_staying_and_reading(access: Access, standing: Affiliation, state: State) -> None:
    """XEP-0060 §6.5.9: who may subscribe may read; where asking comes first, only the subscribed.

    Whoever was let in need not ask again to stay.
    """
    config, stance = NodeConfig(access=access), Stance(standing, state)
    refused = refuses_entry(config, stance)
    if refused is Reason.PENDING:
        assert refuses_stay(config, stance) is None
        assert refuses_items(config, stance) is (
            None if state is State.SUBSCRIBED else Reason.NOT_SUBSCRIBED
        )
    else:
        assert refuses_stay(config, stance) is refused
        assert refuses_items(config, stance) is refused


@pytest.mark.parametrize(
    ("model", "standing", "state"), [*product(PublishModel, Affiliation, State)]
)
def test_publishing(model: PublishModel, standing: Affiliation, state: State) -> None:
    """XEP-0060 §4.1 table 1, §16.4.3 `pubsub#publish_model`."""
    refused = refuses_publish(NodeConfig(publish=model), Stance(standing, state))
    open_to_them = {
        PublishModel.OPEN: True,
        PublishModel.PUBLISHERS: False,
        PublishModel.SUBSCRIBERS: state is State.SUBSCRIBED,
    }[model]
    if standing is OUTCAST:
        assert refused is Reason.OUTCAST
    elif standing in (OWNER, ADMIN, PUBLISHER, PUBLISH_ONLY) or open_to_them:
        assert refused is None
    else:
        assert refused is Reason.FORBIDDEN


@pytest.mark.parametrize(("standing", "own"), [*product(Affiliation, (False, True))])
def test_replacing_and_deleting_items(standing: Affiliation, own: bool) -> None:
    """XEP-0060 §4.1, §7.2.3.1: a publisher deletes no other's item, a publish-only its own."""
    allowed = standing is OWNER or (own and standing is not OUTCAST)
    refused = refuses_change_of_item(Stance(standing), own=own)
    assert refused is (None if allowed else Reason.FORBIDDEN)


@pytest.mark.parametrize(
    ("moderated", "standing", "given", "expected"),
    [
        (False, NONE, None, PARTICIPANT),
        (False, MEMBER, None, PARTICIPANT),
        (True, NONE, None, VISITOR),
        (True, MEMBER, None, PARTICIPANT),
        (True, NONE, PARTICIPANT, PARTICIPANT),
        (False, NONE, VISITOR, VISITOR),
        (False, MEMBER, MODERATOR, MODERATOR),
        *[
            (moderated, standing, given, MODERATOR)
            for moderated in (False, True)
            for standing in (OWNER, ADMIN)
            for given in (None, *Role)
        ],
    ],
)
def test_roles(moderated: bool, standing: Affiliation, given: Role | None, expected: Role) -> None:
    """XEP-0045 §5.1.2: the initial role, and what a moderator made of it since."""
    assert role(RoomConfig(moderated=moderated), standing, given) is expected


@pytest.mark.parametrize(("anyone", "hearer"), [*product((False, True), Role)])
def test_real_jids(anyone: bool, hearer: Role) -> None:
    """XEP-0045 §4.2: semi-anonymous, non-anonymous."""
    assert sees_jids(RoomConfig(whois_anyone=anyone), hearer) is (anyone or hearer is MODERATOR)


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (Audience.ANYONE, {VISITOR, PARTICIPANT, MODERATOR}),
        (Audience.PARTICIPANTS, {PARTICIPANT, MODERATOR}),
        (Audience.MODERATORS, {MODERATOR}),
        (Audience.NOBODY, set()),
    ],
)
def test_private_messages(who: Audience, allowed: set[Role]) -> None:
    """XEP-0045 §16.5.3 `muc#roomconfig_allowpm`."""
    config = RoomConfig(private_messages=who)
    assert {each for each in Role if may_message(config, each)} == allowed


@pytest.mark.parametrize(
    ("actor", "target", "wanted"), [*product(Affiliation, Affiliation, Affiliation)]
)
def test_affiliating_at_a_node(
    actor: Affiliation, target: Affiliation, wanted: Affiliation
) -> None:
    """XEP-0060 §8.9.2: it is the owners' to do."""
    refused = refuses_affiliation(actor, target, wanted, room=False)
    assert refused is (None if actor is OWNER else Reason.FORBIDDEN)


@pytest.mark.parametrize(
    ("actor", "target", "wanted"),
    [*product((OWNER, ADMIN, MEMBER, NONE, OUTCAST), repeat=3)],
)
def test_affiliating_in_a_room(
    actor: Affiliation, target: Affiliation, wanted: Affiliation
) -> None:
    """XEP-0045 §5.2.1 table 4: admins ban, unban, and make members; the rest is the owners'."""
    refused = refuses_affiliation(actor, target, wanted, room=True)
    if actor is OWNER:
        assert refused is None
    elif actor is not ADMIN:
        assert refused is Reason.FORBIDDEN
    elif {target, wanted} & {OWNER, ADMIN}:
        assert refused is Reason.OUTRANKED
    else:
        assert refused is None


KICK = None


@pytest.mark.parametrize(
    ("actor", "target", "wanted", "expected"),
    [
        # Only moderators have a say.
        ((NONE, PARTICIPANT), (NONE, VISITOR), PARTICIPANT, Reason.FORBIDDEN),
        ((MEMBER, PARTICIPANT), (NONE, PARTICIPANT), KICK, Reason.FORBIDDEN),
        ((NONE, VISITOR), (NONE, VISITOR), KICK, Reason.FORBIDDEN),
        # §8.2-8.4: kick, grant and revoke voice, among those no higher.
        ((NONE, MODERATOR), (NONE, VISITOR), PARTICIPANT, None),
        ((NONE, MODERATOR), (NONE, PARTICIPANT), VISITOR, None),
        ((MEMBER, MODERATOR), (NONE, PARTICIPANT), KICK, None),
        ((MEMBER, MODERATOR), (MEMBER, PARTICIPANT), KICK, None),
        ((NONE, MODERATOR), (MEMBER, PARTICIPANT), KICK, Reason.OUTRANKED),
        ((NONE, MODERATOR), (MEMBER, PARTICIPANT), VISITOR, Reason.OUTRANKED),
        # Moderators are made and unmade by admins and owners, §9.6, §9.7.
        ((NONE, MODERATOR), (NONE, PARTICIPANT), MODERATOR, Reason.FORBIDDEN),
        ((MEMBER, MODERATOR), (NONE, MODERATOR), KICK, Reason.OUTRANKED),
        ((ADMIN, MODERATOR), (MEMBER, PARTICIPANT), MODERATOR, None),
        ((ADMIN, MODERATOR), (MEMBER, MODERATOR), PARTICIPANT, None),
        ((OWNER, MODERATOR), (MEMBER, MODERATOR), KICK, None),
        # What an owner or admin is follows from what they are.
        ((OWNER, MODERATOR), (ADMIN, MODERATOR), PARTICIPANT, Reason.OUTRANKED),
        ((OWNER, MODERATOR), (OWNER, MODERATOR), VISITOR, Reason.OUTRANKED),
        ((ADMIN, MODERATOR), (OWNER, MODERATOR), KICK, Reason.OUTRANKED),
        ((ADMIN, MODERATOR), (ADMIN, MODERATOR), KICK, Reason.OUTRANKED),
        ((OWNER, MODERATOR), (OWNER, MODERATOR), KICK, Reason.OUTRANKED),
        ((OWNER, MODERATOR), (ADMIN, MODERATOR), KICK, None),
    ],
)
def test_giving_roles(
    actor: tuple[Affiliation, Role],
    target: tuple[Affiliation, Role],
    wanted: Role | None,
    expected: Reason | None,
) -> None:
    """XEP-0045 §5.1.1 table 2, §8.2-8.4, §9.6, §9.7."""
    assert refuses_role(RoomConfig(), actor, target, wanted) is expected


@pytest.mark.parametrize(
    ("room", "affiliation", "present", "expected"),
    [
        (RoomConfig(), NONE, False, None),
        (RoomConfig(), OUTCAST, True, Reason.OUTCAST),
        (RoomConfig(password="x"), NONE, False, Reason.WRONG_PASSWORD),
        (RoomConfig(password="x"), MEMBER, False, Reason.WRONG_PASSWORD),
        (RoomConfig(password="x"), NONE, True, None),
        (RoomConfig(password="x"), ADMIN, False, None),
        (RoomConfig(locked=True), ADMIN, True, Reason.ROOM_LOCKED),
        (RoomConfig(locked=True), OWNER, False, None),
        (RoomConfig(archive=False), OWNER, True, Reason.NOT_PERSISTENT),
    ],
)
def test_looking_up_what_was_said(
    room: RoomConfig, affiliation: Affiliation, present: bool, expected: Reason | None
) -> None:
    """XEP-0313 §6.1.2: who may enter may."""
    stance = Stance(affiliation)
    assert refuses_archive(NodeConfig(room=room), stance, present=present) is expected
    closed = refuses_archive(
        NodeConfig(room=room, access=Access.WHITELIST), Stance(NONE), present=present
    )
    assert closed is Reason.CLOSED_NODE


@pytest.mark.parametrize(
    ("actor", "author", "expected"),
    [
        ((OWNER, MODERATOR), OWNER, None),
        ((OWNER, MODERATOR), OUTCAST, None),
        ((ADMIN, MODERATOR), OWNER, Reason.OUTRANKED),
        ((NONE, MODERATOR), NONE, None),
        ((NONE, MODERATOR), MEMBER, Reason.OUTRANKED),
        ((MEMBER, PARTICIPANT), NONE, Reason.FORBIDDEN),
        ((NONE, VISITOR), NONE, Reason.FORBIDDEN),
    ],
)
def test_moderating(
    actor: tuple[Affiliation, Role], author: Affiliation, expected: Reason | None
) -> None:
    """XEP-0425 §3, §3.2."""
    assert refuses_moderation(actor, author) is expected


def test_every_affiliation_has_a_rank() -> None:
    assert set(RANK) == set(Affiliation)
    assert sorted(RANK.values()) == list(range(len(Affiliation)))
    assert STAFF < MEMBERS
    assert min(RANK[each] for each in MEMBERS) > max(
        RANK[each] for each in set(Affiliation) - MEMBERS
    )
