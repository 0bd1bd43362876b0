"""Registering with a room, and the nicks that are reserved by it (XEP-0045 1.35.5, §7.10, §9.9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.configuration import Registering
from folkmoot.engine.decide.affiliations import moved
from folkmoot.engine.decide.lowering import changed
from folkmoot.engine.decide.nicks import freed, hold_free, hold_name
from folkmoot.engine.decide.occupants import room_of
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Cause, Event
from folkmoot.engine.model import Affiliation, NodeId, Registration
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import Register, SettleRegistration, Unregister
from folkmoot.engine.room_events import RegistrationChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

REQUESTS_MAX: Final = 100
"""How many may wait at once for an admin of a room to answer."""


def hold_registering(node: NodeId, actor: JID, view: View) -> Registering:
    """How somebody may register with a room; who belongs to it needs nobody's leave."""
    record = view.found(node)
    room, standing = room_of(record), view.affiliation(node, actor)
    if room.locked and standing is not Affiliation.OWNER:
        raise Refused(Reason.ROOM_LOCKED)
    if standing in access.MEMBERS:
        return Registering.OPEN
    if standing is Affiliation.OUTCAST or room.registering is Registering.CLOSED:
        raise Refused(Reason.MAY_NOT_REGISTER)
    return room.registering


def register(command: Register, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A member with a nick of their own, or the wish to be one."""
    node, jid = command.node, command.actor.bare
    how = hold_registering(node, jid, view)
    record = view.found(node)
    before = record.registrations.get(jid)
    hold_name(command.nick)
    hold_free(record, jid, command.nick, view)
    pending = how is Registering.APPROVAL
    if pending:
        if before is not None and before.pending:
            raise Refused(Reason.PENDING)
        if sum(each.pending for each in record.registrations.values()) >= REQUESTS_MAX:
            raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    elif before is None and len(record.registrations) >= view.services.affiliations_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    event = RegistrationChanged(
        node=node,
        jid=jid,
        before=before,
        after=Registration(command.nick, pending),
        by=command.actor,
        said=command.said if pending else None,
    )
    if pending:
        return (event,)
    return _registered(record, event, view)


def _registered(record: Node, event: RegistrationChanged, view: View) -> tuple[Event, ...]:
    """A registration that holds, and what follows from it."""
    assert event.after is not None
    jid, by, nick = event.jid, event.by, event.after.nick
    ended, joined = freed(record, jid, nick, by), _joined(record, jid, by, view)
    return (*ended, event, *joined, *_renamed(record, jid, event, view))


def _joined(record: Node, jid: JID, by: JID, view: View) -> tuple[Event, ...]:
    """Membership, for somebody who has none, nor anything better."""
    if view.affiliation(record.id, jid) in access.MEMBERS:
        return ()
    return moved(record, {jid: Affiliation.MEMBER}, by, view)


def _renamed(record: Node, jid: JID, event: RegistrationChanged, view: View) -> tuple[Event, ...]:
    """The reserved nick for all devices in the room, where nobody goes by another one."""
    assert event.after is not None
    if not room_of(record).nicks_locked:
        return ()
    events: list[Event] = []
    for address in record.addresses(jid):
        before = record.subscriptions[address]
        if before.occupant is not None and before.occupant.nick != event.after.nick:
            after = replace(before, occupant=replace(before.occupant, nick=event.after.nick))
            move = changed(record.id, before, after, event.by, Cause.SET)
            events.append(replace(move, assigned=True))
    return tuple(events)


def unregister(command: Unregister, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """No reserved nick any longer, and no membership that nothing else gives.

    Owners and admins stay what they are. Raises Refused(MAY_NOT_REGISTER) where there is nothing
    to end.
    """
    node, jid = command.node, command.actor.bare
    record = view.found(node)
    room_of(record)
    if view.explicit(node, jid) is Affiliation.MEMBER:
        return moved(record, {jid: view.inherited(node, jid)}, command.actor, view)
    if (before := record.registrations.get(jid)) is None:
        raise Refused(Reason.MAY_NOT_REGISTER)
    return (RegistrationChanged(node=node, jid=jid, before=before, after=None, by=command.actor),)


def settle(command: SettleRegistration, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The answer to a request; a late second answer changes nothing.

    Raises Refused: FORBIDDEN, NICK_IN_USE where somebody was faster.
    """
    node, jid, by = command.node, command.registrant.bare, command.actor
    record = view.found(node)
    room_of(record)
    standing, target = view.affiliation(node, by), view.affiliation(node, jid)
    if access.refuses_affiliation(standing, target, Affiliation.MEMBER, room=True):
        raise Refused(Reason.FORBIDDEN)
    before = record.registrations.get(jid)
    if before is None or not before.pending:
        return ()
    event = RegistrationChanged(node=node, jid=jid, before=before, after=None, by=by)
    if not command.allow:
        return (event,)
    hold_free(record, jid, before.nick, view)
    event = replace(event, after=Registration(before.nick))
    return _registered(record, event, view)
