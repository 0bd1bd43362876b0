"""Entering a room, being in it, and being shown the door (XEP-0045 1.35.5, §7-§9).

An occupant is a temporary subscription to the room's node, under the full JID, with a nick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import Subscribe
from folkmoot.engine.configuration import RoomConfig
from folkmoot.engine.decide import voices
from folkmoot.engine.decide.invites import presented
from folkmoot.engine.decide.lowering import changed, follow
from folkmoot.engine.decide.nicks import hold_name, hold_nick, own_nick
from folkmoot.engine.decide.nodes import created, deleted
from folkmoot.engine.decide.pacing import paced
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import (
    AffiliationChanged,
    Cause,
    Event,
    ItemPublished,
    SubscriptionChanged,
)
from folkmoot.engine.model import (
    Affiliation,
    Item,
    NodeId,
    Occupant,
    Recall,
    Role,
    State,
    Subscription,
)
from folkmoot.engine.pace import Pace
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import ChangePresence, ChangeSubject, SetRoles, Vacate, Whisper
from folkmoot.engine.room_events import OccupantsLost, SubjectChanged
from folkmoot.engine.services import Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

EXPIRED_TOKEN: Final = "token"
"""The detail of a refusal where a password can only have been an invite (XEP-0488 §4)."""


def enter(command: Subscribe, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """An occupant, in a room that is made where there is none (XEP-0045 §7.2, §10.1)."""
    occupant = command.occupant
    assert occupant is not None
    hold_name(occupant.nick)
    node, jid = command.node, command.subscriber
    if view.services.kind(node.service) is not Kind.ROOMS:
        raise Refused(Reason.NODE_NOT_FOUND)
    if view.config(node) is None:
        made = created(node, jid, {}, view, stamp)
        return (made, _entered(command, None, occupant, stamp))
    record = view.found(node)
    before = record.subscriptions.get(jid)
    own = own_nick(record, jid, view) if room_of(record).nicks_locked else ""
    assigned = own not in ("", occupant.nick)
    if assigned:
        occupant = replace(occupant, nick=own)
    invited: tuple[Event, ...] = ()
    if before is None:
        invited = _invited(command, record, view, stamp)
        _hold_entry(command, record, occupant, view.supposing(invited), invited=bool(invited))
    occupant = _as_allowed(record, jid, before, occupant, view)
    hold_nick(record, jid, occupant.nick, view)
    view.recent(record)  # what was said is told to those who enter
    spent = paced(record, jid, view, stamp, Pace.ENTRIES, Pace.PRESENCES_OF_ALL)
    event = _entered(command, before, occupant, stamp)
    return (spent, *invited, replace(event, assigned=assigned))


def _entered(
    command: Subscribe, before: Subscription | None, occupant: Occupant, stamp: Stamp
) -> SubscriptionChanged:
    # The subid names a device of an occupant to others, who must not learn its address.
    subid = stamp.id if before is None or before.occupant is None else before.subid
    jid, tracks = command.subscriber, command.recall.known is not None
    occupant = replace(occupant, tracks=tracks)
    return SubscriptionChanged(
        node=command.node,
        subscriber=jid,
        before=before,
        after=Subscription(
            jid, State.SUBSCRIBED, command.via, subid=subid, temporary=True, occupant=occupant
        ),
        by=jid,
        cause=Cause.ENTERED,
        recall=_dated(command.recall, stamp),
    )


def _dated(recall: Recall, stamp: Stamp) -> Recall:
    """The same bounds, how old a message may be said as a moment."""
    if recall.seconds_max is None:
        return recall
    oldest = stamp.at - recall.seconds_max
    since = oldest if recall.since is None else max(oldest, recall.since)
    return replace(recall, seconds_max=None, since=since)


def _invited(command: Subscribe, record: Node, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A member more, where a stranger comes with a token for a password (XEP-0488 0.1.0, §3.5)."""
    node, jid = record.id, command.subscriber.bare
    was = view.affiliation(node, jid)
    if was is not Affiliation.NONE:
        return ()  # who belongs here uses nothing up, and a ban stays one
    use = presented(node, command.password, view, stamp)
    if use is None:
        return ()
    before = view.explicit(node, jid)
    if before is None and len(record.affiliations) >= view.services.affiliations_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    member = AffiliationChanged(
        node=node,
        jid=jid,
        before=before,
        after=Affiliation.MEMBER,
        was=was,
        now=Affiliation.MEMBER,
        by=use.by,
    )
    following = follow(view, view.supposing([member]), node, use.by, entities=[jid])
    return (use, member, *following)


def _hold_entry(
    command: Subscribe, record: Node, occupant: Occupant, view: View, *, invited: bool
) -> None:
    """Nothing, for someone who may come in; the order of refusals is that of XEP-0045 §7.2."""
    room = room_of(record)
    stance = view.stance(record.id, command.subscriber)
    staff = stance.affiliation in (Affiliation.OWNER, Affiliation.ADMIN)
    if reason := access.refuses_entry(record.config, stance):
        if reason is Reason.CLOSED_NODE and command.password and not room.password:
            raise Refused(Reason.WRONG_PASSWORD, EXPIRED_TOKEN)
        raise Refused(reason)
    if room.locked and stance.affiliation is not Affiliation.OWNER:
        raise Refused(Reason.ROOM_LOCKED)
    if room.password and command.password != room.password and not (staff or invited):
        raise Refused(Reason.WRONG_PASSWORD)
    if len(record.subscriptions) >= view.services.subscriptions_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    full = room.occupants_max and len(record.nicks) >= room.occupants_max
    # One device more of somebody is nobody more; that the nick is theirs, hold_nick sees to.
    if full and not (staff or record.occupants(occupant.nick)):
        raise Refused(Reason.ROOM_FULL)


def room_of(record: Node) -> RoomConfig:
    """The configuration that only a room has. Raises Refused where the node is no room."""
    if record.config.room is None:
        raise Refused(Reason.NODE_NOT_FOUND)
    return record.config.room


def hold_open(record: Node) -> None:
    """Nothing, for a room in which something may be said: it is configured (XEP-0045 §17.2)."""
    if room_of(record).locked:
        raise Refused(Reason.ROOM_LOCKED)


def occupancy(record: Node, jid: JID) -> Occupant:
    """What a full JID is in a room. Raises Refused(NOT_SUBSCRIBED) where it is not in it."""
    subscription = record.subscriptions.get(jid)
    if subscription is None or subscription.occupant is None:
        raise Refused(Reason.NOT_SUBSCRIBED)
    return subscription.occupant


def speaker(node: NodeId, jid: JID, view: View) -> str:
    """The nick of an occupant who may speak to all (XEP-0045 §7.4)."""
    record = view.found(node)
    hold_open(record)
    occupant = occupancy(record, jid)
    if role_of(record, jid, occupant, view) is Role.VISITOR:
        raise Refused(Reason.NO_VOICE)
    return occupant.nick


def role_of(record: Node, jid: JID, occupant: Occupant, view: View) -> Role:
    """What an occupant may do."""
    return access.role(room_of(record), view.affiliation(record.id, jid), occupant.role)


def change_presence(command: ChangePresence, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Another nick or another presence; every device of the occupant keeps its own."""
    record = view.found(command.node)
    jid = command.actor
    old = occupancy(record, jid)
    nick = command.occupant.nick
    hold_name(nick)
    before = record.subscriptions[jid]
    occupant = _as_allowed(record, jid, before, command.occupant, view)
    if nick != old.nick:
        if room_of(record).nicks_locked and own_nick(record, jid, view) not in ("", nick):
            raise Refused(Reason.NICK_LOCKED)
        hold_nick(record, jid, nick, view)
    after = replace(before, occupant=occupant)
    pace = Pace.PRESENCES if nick == old.nick else Pace.NICKS
    spent = paced(record, jid, view, stamp, pace, Pace.PRESENCES_OF_ALL)
    return (spent, changed(command.node, before, after, jid, Cause.ASKED))


def _as_allowed(
    record: Node, jid: JID, before: Subscription | None, wanted: Occupant, view: View
) -> Occupant:
    """An occupant with the role given before, and of a visitor only what visitors may say.

    Who goes by the nick already is the same occupant, on another device (§7.2.8); who comes back
    may have been given one on another visit (§5.1).
    """
    room, old = room_of(record), None if before is None else before.occupant
    held = (record.subscriptions[each].occupant for each in record.occupants(wanted.nick))
    same = next(held, old)
    role = voices.known(record, room, jid) if same is None else same.role
    wanted = replace(wanted, role=role, tracks=wanted.tracks if old is None else old.tracks)
    if room.visitor_nicks and room.visitor_status:
        return wanted
    if role_of(record, jid, wanted, view) is not Role.VISITOR:
        return wanted
    if not room.visitor_nicks and old is not None and wanted.nick != old.nick:
        raise Refused(Reason.FORBIDDEN)
    if room.visitor_status:
        return wanted
    return replace(wanted, presence=_wordless(wanted.presence))


def _wordless(presence: Element) -> Element:
    """A presence without what somebody wrote in it."""
    children = (
        child
        for child in presence.children
        if isinstance(child, Element) and (child.ns, child.name) != (CLIENT, "status")
    )
    return Element(presence.ns, presence.name, presence.attrs, *children)


def left(
    node: NodeId,
    before: Subscription,
    by: JID,
    cause: Cause,
    *,
    reason: str = "",
    parting: Element | None = None,
) -> SubscriptionChanged:
    """An occupant is gone."""
    return SubscriptionChanged(
        node=node,
        subscriber=before.subscriber,
        before=before,
        after=None,
        by=by,
        cause=cause,
        reason=reason,
        parting=parting,
    )


def set_roles(command: SetRoles, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Other roles for all devices of some occupants, who without one have to go (§8.2-8.6).

    All of them or none.
    """
    record = view.found(command.node)
    room = room_of(record)
    actor = acting(record, room, command.actor, view)
    wishes = [
        (jid, wanted) for nick, wanted in command.roles.items() for jid in _present(record, nick)
    ]
    given = {jid.bare: wanted for jid, wanted in wishes if wanted is not None}
    return (
        *(_given(command, record, jid, wanted, actor, view) for jid, wanted in wishes),
        *voices.remembered(record, room, given, view),
    )


def _present(record: Node, nick: str) -> tuple[JID, ...]:
    addresses = record.occupants(nick)
    if not addresses:
        raise Refused(Reason.NOT_IN_ROOM)
    return addresses


def _given(
    command: SetRoles,
    record: Node,
    jid: JID,
    wanted: Role | None,
    actor: tuple[Affiliation, Role],
    view: View,
) -> SubscriptionChanged:
    before = record.subscriptions[jid]
    occupant = occupancy(record, jid)
    if wanted is None and jid.bare == command.actor.bare:
        raise Refused(Reason.ONESELF)
    target = (view.affiliation(record.id, jid), role_of(record, jid, occupant, view))
    if refused := access.refuses_role(room_of(record), actor, target, wanted):
        raise Refused(refused)
    if wanted is None:
        return left(record.id, before, command.actor, Cause.KICKED, reason=command.reason)
    after = replace(before, occupant=replace(occupant, role=wanted))
    event = changed(record.id, before, after, command.actor, Cause.SET)
    return replace(event, reason=command.reason)


def acting(record: Node, room: RoomConfig, actor: JID, view: View) -> tuple[Affiliation, Role]:
    """Affiliation and role of who acts; owners and admins need not be in the room."""
    standing = view.affiliation(record.id, actor)
    subscription = record.subscriptions.get(actor)
    occupant = None if subscription is None else subscription.occupant
    if occupant is None and standing not in (Affiliation.OWNER, Affiliation.ADMIN):
        raise Refused(Reason.FORBIDDEN)
    given = None if occupant is None else occupant.role
    return standing, access.role(room, standing, given)


def change_subject(command: ChangeSubject, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Another subject, from a moderator, or from any speaker where the room allows (§8.1)."""
    record = view.found(command.node)
    room = room_of(record)
    nick = speaker(command.node, command.actor, view)
    occupant = occupancy(record, command.actor)
    moderates = role_of(record, command.actor, occupant, view) is Role.MODERATOR
    if not moderates and not room.change_subject:
        raise Refused(Reason.FORBIDDEN)
    item = Item(stamp.id, command.actor, stamp.at, command.payload, nick)
    spent = paced(record, command.actor, view, stamp, Pace.MESSAGES, Pace.MESSAGES_OF_ALL)
    return (
        spent,
        ItemPublished(node=command.node, item=item, persist=command.keep and room.archive),
        SubjectChanged(node=command.node, item=item),
    )


def whisper(command: Whisper, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Something is about to be said to some only; who is not in the room is told so later."""
    record = view.found(command.node)
    hold_open(record)
    if not record.nick(command.actor):
        return ()
    return (paced(record, command.actor, view, stamp, Pace.MESSAGES, count=command.count),)


def vacate(command: Vacate, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of occupancies whose streams ended while nobody looked, such as in a restart."""
    record = view.found(command.node)
    held = map(record.subscriptions.get, dict.fromkeys(command.occupants))
    lost = tuple(each for each in held if each is not None and each.occupant is not None)
    return (OccupantsLost(node=command.node, occupants=lost, by=command.actor),) if lost else ()


def emptied(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """The end of rooms nobody is left in: temporary ones, and those never configured (§10.1)."""
    ended: dict[NodeId, set[JID]] = {}
    for event in events:
        if isinstance(event, SubscriptionChanged) and event.after is None:
            ended.setdefault(event.node, set()).add(event.subscriber)
        elif isinstance(event, OccupantsLost):
            ended.setdefault(event.node, set()).update(each.subscriber for each in event.occupants)
    if not ended:
        return ()
    after = view.supposing(events)
    ends: list[Event] = []
    for node, jids in ended.items():
        config = after.config(node)
        room = None if config is None else config.room
        if room is None or (room.persistent and not room.locked):
            continue
        held = view.found(node).subscriptions
        if not any(held[jid].occupant for jid in jids):
            continue
        left = tuple(each for jid, each in held.items() if jid not in jids)
        if not any(each.occupant for each in left):
            ends.append(replace(deleted(node, view, view.found(node).creator), subscriptions=left))
    return tuple(ends)
