"""Who may do what: affiliation handed down, access and publish models, roles (XEP-0060 1.30.0, §4).

Every rule about rights is here, and is a function of values: `Stance` is all that a rule may know
of an entity at a node. Answers are None for yes, or the `Reason` for no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from folkmoot.engine.configuration import (
    Access,
    Audience,
    Inherit,
    Inviters,
    Keep,
    NodeConfig,
    Preferences,
    PublishModel,
    RoomConfig,
)
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Affiliation, Role, State
from folkmoot.xmpp.jid import JID

RANK: Final = {
    Affiliation.OUTCAST: 0,
    Affiliation.NONE: 1,
    Affiliation.PUBLISH_ONLY: 2,
    Affiliation.MEMBER: 3,
    Affiliation.PUBLISHER: 4,
    Affiliation.ADMIN: 5,
    Affiliation.OWNER: 6,
}
"""Affiliations from least to most."""

STAFF: Final = frozenset({Affiliation.OWNER, Affiliation.ADMIN, Affiliation.PUBLISHER})
MEMBERS: Final = STAFF | {Affiliation.MEMBER}


@dataclass(frozen=True, slots=True)
class Standing:
    """One entity's standing on one node of a chain.

    explicit: its row. shunned: it has none, and its server is banned (XEP-0045 §9.2).
    admitted: it has an approved subscription, and the node is a space.
    inherit: what this node takes from the one above. room: whether words change to a room's.
    """

    explicit: Affiliation | None = None
    admitted: bool = False
    shunned: bool = False
    inherit: Inherit = Inherit.ALL
    room: bool = False


def affiliation(chain: Sequence[Standing]) -> Affiliation:
    """What an entity is on `chain[0]`, its ancestors' rows counted.

    Going down, outcast and owner stick; otherwise the nearer row wins, or the ban of a server on
    whoever has none and is no staff, and an approved subscription to a space counts as member.

    chain: one entity's standing on 1 to CHAIN_NODES_MAX nodes, the node first, its root last.
    Source: XEP-0060 §4.1; inheritance is ours, docs/extensions/inheritance.md.
    """
    found = Affiliation.NONE
    for standing in reversed(chain):
        found = _handed_down(found, standing)
        if found is Affiliation.OUTCAST or found is Affiliation.OWNER:
            continue
        if standing.explicit is not None:
            found = standing.explicit
        elif standing.shunned and found not in STAFF:
            found = Affiliation.OUTCAST
        elif standing.admitted and found is Affiliation.NONE:
            found = Affiliation.MEMBER
    return found


def _handed_down(above: Affiliation, standing: Standing) -> Affiliation:
    """What a node takes of the standing above it: bans always, the rest as it is configured."""
    if above is Affiliation.OUTCAST:
        return above
    if standing.inherit is Inherit.NONE:
        return Affiliation.NONE
    if standing.inherit is Inherit.STAFF and above not in STAFF:
        return Affiliation.NONE
    return in_room(above) if standing.room else above


def in_room(above: Affiliation) -> Affiliation:
    """What a space's word for an entity comes to in a room."""
    if above is Affiliation.PUBLISHER:
        return Affiliation.ADMIN
    return Affiliation.NONE if above is Affiliation.PUBLISH_ONLY else above


@dataclass(frozen=True, slots=True)
class Stance:
    """All that a rule may know of one entity at one node.

    state: of its subscription, the furthest where it has several.
    hears: it is subscribed to an owner's presence. grouped: and in an allowed roster group.
    above: the same at the nodes above, each with that node's configuration (XEP-0496).
    """

    affiliation: Affiliation
    state: State = State.NONE
    hears: bool = False
    grouped: bool = False
    above: tuple[tuple[NodeConfig, Stance], ...] = ()


def refuses_entry(config: NodeConfig, stance: Stance) -> Reason | None:
    """Whether an entity may not subscribe; PENDING means that it has to ask an owner first.

    Members of a node subscribe without asking; who may not look into a node above this one may
    not at all. Source: XEP-0060 §4.5, §6.1.3, §6.1.4; XEP-0496 §4.4.
    """
    reason = _refuses_entry_here(config, stance)
    if reason is not None and reason is not Reason.PENDING:
        return reason
    above = (refuses_items(*each) for each in stance.above)
    return next((refused for refused in above if refused is not None), reason)


def _refuses_entry_here(config: NodeConfig, stance: Stance) -> Reason | None:
    if stance.affiliation is Affiliation.OUTCAST:
        return Reason.OUTCAST
    if stance.affiliation is Affiliation.PUBLISH_ONLY:
        return Reason.FORBIDDEN
    if stance.affiliation in MEMBERS:
        return None
    match config.access:
        case Access.OPEN:
            return None
        case Access.PRESENCE:
            return None if stance.hears else Reason.PRESENCE_REQUIRED
        case Access.ROSTER:
            return None if stance.grouped else Reason.NOT_IN_ROSTER_GROUP
        case Access.AUTHORIZE:
            return Reason.PENDING
        case Access.WHITELIST:
            return Reason.CLOSED_NODE


def refuses_stay(config: NodeConfig, stance: Stance) -> Reason | None:
    """Whether a subscription that stands has to end; who was let in once need not ask again."""
    reason = refuses_entry(config, stance)
    return None if reason is Reason.PENDING else reason


def refuses_items(config: NodeConfig, stance: Stance) -> Reason | None:
    """Whether an entity may not retrieve items (XEP-0060 §6.5.9)."""
    reason = refuses_entry(config, stance)
    if reason is not Reason.PENDING:
        return reason
    return None if stance.state is State.SUBSCRIBED else Reason.NOT_SUBSCRIBED


def refuses_archive(config: NodeConfig, stance: Stance, *, present: bool) -> Reason | None:
    """Whether an entity may not look up what was published, or said in a room.

    Who may enter may (XEP-0313 §6.1.2); a password opens it for none but those who are in already.
    present: the entity is in the room.
    """
    if refused := refuses_items(config, stance):
        return refused
    room = config.room
    if room is None:
        return None if config.persist_items else Reason.NOT_PERSISTENT
    staff = stance.affiliation in (Affiliation.OWNER, Affiliation.ADMIN)
    if room.locked and stance.affiliation is not Affiliation.OWNER:
        return Reason.ROOM_LOCKED
    if room.password and not (present or staff):
        return Reason.WRONG_PASSWORD
    return None if room.archive else Reason.NOT_PERSISTENT


def keeps(preferences: Preferences, default: Keep, other: JID) -> bool | None:
    """Whether an account keeps what it exchanges with an address; None: if it is on the roster.

    default: what holds for accounts that say nothing. A JID that both lists name is not kept.
    Source: XEP-0441 0.2.0, §2.1, §2.3.1.
    """
    addresses = {str(other), str(other.bare)}
    if not addresses.isdisjoint(preferences.never):
        return False
    if not addresses.isdisjoint(preferences.always):
        return True
    chosen = preferences.default or default
    return None if chosen is Keep.ROSTER else chosen is Keep.ALWAYS


def refuses_invite(config: NodeConfig, affiliation: Affiliation) -> Reason | None:
    """Whether an entity may not make and see invites (docs/extensions/invites.md).

    Into a room: its staff, and members where they may invite (XEP-0488 0.1.0, §7).
    """
    allowed = [Affiliation.OWNER]
    if config.room is not None:
        allowed.append(Affiliation.ADMIN)
        if config.room.allow_invites:
            allowed.append(Affiliation.MEMBER)
    elif config.inviters is Inviters.PUBLISHERS:
        allowed.append(Affiliation.PUBLISHER)
    return None if affiliation in allowed else Reason.FORBIDDEN


def may_see_invite(affiliation: Affiliation, *, own: bool) -> bool:
    """Whether who may make invites sees, and revokes, one that is there (XEP-0488 §3.6, §3.7)."""
    return own or affiliation is not Affiliation.MEMBER


def refuses_publish(config: NodeConfig, stance: Stance) -> Reason | None:
    """Whether an entity may not publish, here or above (XEP-0060 §7.1.3.1, XEP-0496 §4.4)."""
    reasons = (_refuses_publish_here(*each) for each in ((config, stance), *stance.above))
    return next((reason for reason in reasons if reason is not None), None)


def _refuses_publish_here(config: NodeConfig, stance: Stance) -> Reason | None:
    if stance.affiliation is Affiliation.OUTCAST:
        return Reason.OUTCAST
    if stance.affiliation in STAFF or stance.affiliation is Affiliation.PUBLISH_ONLY:
        return None
    if config.publish is PublishModel.OPEN:
        return None
    if config.publish is PublishModel.SUBSCRIBERS and stance.state is State.SUBSCRIBED:
        return None
    return Reason.FORBIDDEN


def refuses_change_of_item(stance: Stance, *, own: bool) -> Reason | None:
    """Whether an entity may not replace or delete an item that is there (XEP-0060 §7.2.3.1).

    Owners may; everybody else touches only what they published themselves.
    """
    if stance.affiliation is Affiliation.OWNER:
        return None
    return None if own and stance.affiliation is not Affiliation.OUTCAST else Reason.FORBIDDEN


def role(room: RoomConfig, standing: Affiliation, given: Role | None) -> Role:
    """What an occupant may do (XEP-0045 §5.1.2): owners and admins moderate, always.

    given: what a moderator made of them while they are here.
    """
    if standing in (Affiliation.OWNER, Affiliation.ADMIN, Affiliation.PUBLISHER):
        return Role.MODERATOR
    if given is not None:
        return given
    if room.moderated and standing is not Affiliation.MEMBER:
        return Role.VISITOR
    return Role.PARTICIPANT


def sees_jids(room: RoomConfig, hearer: Role) -> bool:
    """Whether occupants of this role see real JIDs (XEP-0045 §4.2, `muc#roomconfig_whois`)."""
    return room.whois_anyone or hearer is Role.MODERATOR


def may_message(room: RoomConfig, sender: Role) -> bool:
    """Whether an occupant may send private messages (`muc#roomconfig_allowpm`)."""
    match room.private_messages:
        case Audience.ANYONE:
            return True
        case Audience.PARTICIPANTS:
            return sender is not Role.VISITOR
        case Audience.MODERATORS:
            return sender is Role.MODERATOR
        case Audience.NOBODY:
            return False


def refuses_moderation(actor: tuple[Affiliation, Role], author: Affiliation) -> Reason | None:
    """Whether an actor may not take back what somebody said in a room (XEP-0425 0.3.0, §3).

    actor: affiliation and role. Moderators may, but not what somebody said who stands above them,
    as they cannot kick them either.
    """
    if actor[1] is not Role.MODERATOR:
        return Reason.FORBIDDEN
    return Reason.OUTRANKED if RANK[author] > RANK[actor[0]] else None


def refuses_hats(affiliation: Affiliation) -> Reason | None:
    """Whether an entity may not say which hats there are (XEP-0317 §3.2, §3.3)."""
    return None if affiliation is Affiliation.OWNER else Reason.FORBIDDEN


def refuses_wearing(affiliation: Affiliation) -> Reason | None:
    """Whether an entity may not say who wears a hat, nor see the list (XEP-0317 §3.5 to §3.7)."""
    allowed = (Affiliation.OWNER, Affiliation.ADMIN)
    return None if affiliation in allowed else Reason.FORBIDDEN


def refuses_guest(config: NodeConfig, standing: Affiliation, guest: Affiliation) -> Reason | None:
    """Whether an occupant may not invite somebody (XEP-0045 §5.1.1, §7.8.2, §9.5).

    Everybody may, but where only members enter: there it is to make a member of somebody who is
    nothing yet, which is for owners and admins, and for members where the room lets them.
    """
    room = config.room
    assert room is not None
    inviting = MEMBERS if room.allow_invites else STAFF
    if config.private and standing not in inviting:
        return Reason.FORBIDDEN
    return Reason.OUTCAST if guest is Affiliation.OUTCAST else None


def refuses_list(
    room: RoomConfig, standing: Affiliation, role: Role, wanted: Affiliation
) -> Reason | None:
    """Whether an entity may not ask who has an affiliation in a room (XEP-0045 §5.2.1, §9.5).

    Owners and admins may. Members may ask who else is one where addresses are no secret, unless
    those of their role may not (`muc#roomconfig_getmemberlist`); nobody else asks who is banned.
    """
    if standing in STAFF:
        return None
    told = room.whois_anyone and wanted is not Affiliation.OUTCAST
    if standing is Affiliation.MEMBER and told and role in room.list_roles:
        return None
    return Reason.FORBIDDEN


def refuses_affiliation(
    actor: Affiliation, target: Affiliation, wanted: Affiliation, *, room: bool
) -> Reason | None:
    """Whether an actor may not make of an entity what it wants (XEP-0060 §8.9.2, XEP-0045 §5.2.1).

    Owners may all. A room's admins also ban, unban and make members, of those below them.
    """
    if actor is Affiliation.OWNER:
        return None
    if not room or actor is not Affiliation.ADMIN:
        return Reason.FORBIDDEN
    above = RANK[Affiliation.ADMIN]
    if RANK[target] >= above or RANK[wanted] >= above:
        return Reason.OUTRANKED
    return None


def refuses_stewardship(actor: Affiliation, target: Affiliation) -> Reason | None:
    """Whether an actor may not moderate an entity in all of a space, or in one room of it.

    Staff may, towards those who stand below them (docs/extensions/moderation.md).
    """
    if actor not in STAFF:
        return Reason.FORBIDDEN
    return None if RANK[target] < RANK[actor] else Reason.OUTRANKED


def refuses_role(
    room: RoomConfig,
    actor: tuple[Affiliation, Role],
    target: tuple[Affiliation, Role],
    wanted: Role | None,
) -> Reason | None:
    """Whether an occupant may not give another a role, None being the door (XEP-0045 §8, §9.6-7).

    actor, target: affiliation and role of each. Nobody acts on someone who stands above them, and
    only admins and owners make moderators or unmake them.
    """
    if actor[1] is not Role.MODERATOR:
        return Reason.FORBIDDEN
    if wanted is not None and role(room, target[0], wanted) is not wanted:
        return Reason.OUTRANKED  # what an owner or admin is follows from what they are
    staff = RANK[actor[0]] >= RANK[Affiliation.ADMIN]
    if Role.MODERATOR in (wanted, target[1]) and not (staff and RANK[actor[0]] > RANK[target[0]]):
        return Reason.OUTRANKED if staff or wanted is not Role.MODERATOR else Reason.FORBIDDEN
    return Reason.OUTRANKED if RANK[target[0]] > RANK[actor[0]] else None
