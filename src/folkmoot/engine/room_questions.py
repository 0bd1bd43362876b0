"""What can be asked about a room without anything changing (XEP-0045 1.35.5); see `questions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.affiliates import candidates, refuses_list
from folkmoot.engine.configuration import Access, NodeConfig
from folkmoot.engine.decide.nicks import own_nick
from folkmoot.engine.decide.nodes import hold_owner
from folkmoot.engine.decide.occupants import occupancy, role_of, room_of
from folkmoot.engine.decide.registrations import hold_registering
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import Affiliation, Item, NodeId, Occupant, Role
from folkmoot.engine.notifications import Seen
from folkmoot.engine.occupancy import others
from folkmoot.engine.record import Node
from folkmoot.engine.sight import seen
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

_STRANGERS: Final = (Affiliation.NONE, Affiliation.PUBLISH_ONLY)


@dataclass(frozen=True, slots=True)
class Affiliate:
    """Somebody who has an affiliation in a room; nick: reserved for them, or ""."""

    jid: JID
    affiliation: Affiliation
    nick: str


def affiliates(view: View, actor: JID, node: NodeId, wanted: Affiliation) -> tuple[Affiliate, ...]:
    """Who has an affiliation in a room, by address, for those who may ask (XEP-0045 §9.5).

    Those who have it from a space are among them, without a row each.
    """
    record = view.found(node)
    room_of(record)
    if reason := refuses_list(view, record, actor, wanted):
        raise Refused(reason)
    found = (jid for jid in candidates(view, node) if view.affiliation(node, jid) is wanted)
    return tuple(
        Affiliate(jid, wanted, own_nick(record, jid, view)) for jid in sorted(found, key=str)
    )


def lists(view: View, actor: JID, node: NodeId) -> Mapping[Affiliation, tuple[JID, ...]]:
    """Who has a row in a room for what, for an owner. Raises Refused(FORBIDDEN)."""
    hold_owner(node, actor, view)
    found: dict[Affiliation, list[JID]] = {}
    for jid, row in view.found(node).affiliations.items():
        found.setdefault(row, []).append(jid)
    return {row: tuple(sorted(jids)) for row, jids in found.items()}


def real_jid(view: View, actor: JID, node: NodeId, nick: str) -> JID:
    """The bare JID behind a nick, for somebody who moderates (XEP-0045 §4.2).

    Raises Refused: FORBIDDEN, NOT_IN_ROOM.
    """
    record = view.found(node)
    _hold_moderator(view, record, actor)
    to = record.occupants(nick)
    if not to:
        raise Refused(Reason.NOT_IN_ROOM)
    return to[-1].bare


def _hold_moderator(view: View, record: Node, actor: JID) -> None:
    """Nothing, for owners, admins, and moderators who are in the room."""
    if view.affiliation(record.id, actor) not in access.STAFF:
        mine = occupancy(record, actor)
        if role_of(record, actor, mine, view) is not Role.MODERATOR:
            raise Refused(Reason.FORBIDDEN)


def occupants(view: View, actor: JID, node: NodeId, role: Role) -> tuple[Seen, ...]:
    """The occupants of one role, for a moderator (XEP-0045 §8.5, §9.6)."""
    record = view.found(node)
    room_of(record)
    _hold_moderator(view, record, actor)
    shown = (seen(record, record.occupants(nick)[-1], view, reveal=True) for nick in record.nicks)
    return tuple(each for each in shown if each.role is role)


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one occupant to another: who speaks, and the full JIDs of who is spoken to.

    subid: what names the device that speaks. own: the full JIDs of who speaks.
    """

    sender: Seen
    to: tuple[JID, ...]
    subid: str = ""
    own: tuple[JID, ...] = ()


def line(view: View, actor: JID, node: NodeId, nick: str, *, message: bool) -> Line:
    """The way from an occupant to a nick (XEP-0045 §7.5, and for iq §17.4).

    Raises Refused: NOT_SUBSCRIBED where the actor is not in the room, NOT_IN_ROOM where nobody goes
    by the nick, FORBIDDEN where the room allows no private messages from this role.
    """
    record = view.found(node)
    room = room_of(record)
    mine = occupancy(record, actor)
    if message and not access.may_message(room, role_of(record, actor, mine, view)):
        raise Refused(Reason.FORBIDDEN)
    to = record.occupants(nick)
    if not to:
        raise Refused(Reason.NOT_IN_ROOM)
    if not message and not room.queries and actor not in to:
        raise Refused(Reason.FORBIDDEN)
    subid = record.subscriptions[actor].subid
    own = record.occupants(mine.nick)
    return Line(seen(record, actor, view, reveal=False), to, subid, own)


def device(view: View, actor: JID, node: NodeId, nick: str, subid: str) -> tuple[Seen, JID]:
    """The device of a nick that asked, for an occupant who answers (XEP-0045 §17.4).

    actor: who answers; an account, where what was asked is for that to say.
    Raises Refused: NOT_SUBSCRIBED, NOT_IN_ROOM where it is there no longer.
    """
    record = view.found(node)
    room_of(record)
    if actor.is_bare:
        devices = (jid for jid in record.subscriptions if jid.resource and jid.bare == actor)
        actor = next(devices, actor)
    occupancy(record, actor)
    for jid in record.occupants(nick):
        if record.subscriptions[jid].subid == subid:
            return seen(record, actor, view, reveal=False), jid
    raise Refused(Reason.NOT_IN_ROOM)


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is in a room as an occupant sees them: others, then themself."""

    others: tuple[Seen, ...]
    mine: Seen
    config: NodeConfig


def roster(view: View, actor: JID, node: NodeId) -> Roster:
    """Who an occupant has been told is in the room. Raises Refused(NOT_SUBSCRIBED)."""
    record = view.found(node)
    room_of(record)
    occupancy(record, actor)
    mine = seen(record, actor, view, reveal=True)
    return Roster(others(record, mine, view), mine, record.config)


def registration(view: View, actor: JID, node: NodeId) -> str:
    """The nick somebody is registered with, "" where they are not, and may be (XEP-0045 §7.10).

    Raises Refused: NODE_NOT_FOUND, ROOM_LOCKED, MAY_NOT_REGISTER.
    """
    hold_registering(node, actor, view)
    return own_nick(view.found(node), actor, view)


def requester(view: View, actor: JID, node: NodeId, nick: str) -> JID | None:
    """Who asks to be registered under a nick; None: nobody does. Raises Refused(FORBIDDEN)."""
    record = view.found(node)
    if view.affiliation(node, actor) not in access.STAFF:
        raise Refused(Reason.FORBIDDEN)
    found = (jid for jid, each in record.registrations.items() if each.pending)
    return next((jid for jid in found if record.registrations[jid].nick == nick), None)


def reserved_nick(view: View, actor: JID, node: NodeId) -> str:
    """The nick that is reserved for the asker, or "" (XEP-0045 §7.12)."""
    record = view.found(node)
    room_of(record)
    return own_nick(record, actor, view)


def own_occupancy(view: View, actor: JID, node: NodeId) -> Occupant:
    """What the asker's own device is in a room. Raises Refused: NODE_NOT_FOUND, NOT_SUBSCRIBED."""
    record = view.found(node)
    room_of(record)
    return occupancy(record, actor)


def newest(view: View, actor: JID, node: NodeId) -> Sequence[Item] | None:
    """The newest items of a room, oldest first, as far as anybody may know how many there are.

    None of a room that is not for everyone, is not there to stay, or keeps nothing of what is said
    (XEP-0502 §3.1, §9).
    """
    record = view.found(node)
    config, room = record.config, room_of(record)
    open_to_all = config.listed and config.access is Access.OPEN and not room.password
    return view.recent(record) if open_to_all and room.persistent and room.archive else None


def nicks(view: View, actor: JID, node: NodeId) -> tuple[str, ...]:
    """Who is in a room, by nick, for its members and for who is in it too (XEP-0045 §6.5)."""
    record = view.found(node)
    room_of(record)
    known = record.addresses(actor.bare) or view.affiliation(node, actor) in access.MEMBERS
    return record.nicks if known else ()


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that a room passes on (XEP-0045 §7.8.2).

    inviter: their JID is None where the room does not tell it. admits: who is invited has to be
    made a member first, or they find the door shut.
    """

    config: NodeConfig
    inviter: Seen
    admits: bool


def invitation(view: View, actor: JID, node: NodeId, guest: JID) -> Invitation:
    """An occupant's invitation to a room.

    Raises Refused: NOT_SUBSCRIBED where they are not in it, FORBIDDEN where inviting is not theirs
    to do, OUTCAST where the guest is banned, NO_ACCOUNT where they are a room or a service of ours.
    Whether there is such an account it does not tell.
    """
    record = view.found(node)
    room = room_of(record)
    occupancy(record, actor)
    if guest.domain in view.services.domains and not view.services.local(guest):
        raise Refused(Reason.NO_ACCOUNT)
    standing, own = view.affiliation(node, guest), view.affiliation(node, actor)
    if reason := access.refuses_guest(record.config, own, standing):
        raise Refused(reason)
    inviter = seen(record, actor, view, reveal=room.whois_anyone)
    return Invitation(record.config, inviter, record.config.private and standing in _STRANGERS)


def inviter(view: View, actor: JID, node: NodeId, host: JID) -> tuple[JID, ...]:
    """Where somebody hears that their invitation was declined.

    host: as the invitation named them, perhaps by their address in the room. Nowhere, where they
    are neither in the room nor a member of it: who declines must not learn which it is. Raises
    Refused(OUTCAST).
    """
    record = view.found(node)
    room_of(record)
    if view.affiliation(node, actor) is Affiliation.OUTCAST:
        raise Refused(Reason.OUTCAST)
    here = host.domain == node.service.domain and host.local == node.name
    to = record.occupants(host.resource) if here else record.addresses(host.bare)
    if not to and not here and view.affiliation(node, host) in access.MEMBERS:
        return (host.bare,)
    return to


def voice_request(view: View, actor: JID, node: NodeId) -> Line:
    """From a visitor who wants to speak to the moderators of a room (XEP-0045 §7.13, §8.6).

    The sender's JID is told. Raises Refused: NOT_SUBSCRIBED; FORBIDDEN where nobody may ask.
    """
    record = view.found(node)
    occupancy(record, actor)
    if not room_of(record).voice_requests:
        raise Refused(Reason.FORBIDDEN)
    shown = ((jid, seen(record, jid, view, reveal=True)) for jid in record.inside)
    moderators = tuple(jid for jid, each in shown if each.role is Role.MODERATOR)
    return Line(seen(record, actor, view, reveal=True), moderators)
