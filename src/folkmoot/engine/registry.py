"""Who hears that somebody's standing with a room changed, or is asked for (XEP-0045 1.35.5, §7.10).

What an occupant is, everybody hears by their presence (`occupancy`); here is the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.affiliates import candidates, told_as
from folkmoot.engine.events import AffiliationChanged, SubscriptionChanged
from folkmoot.engine.model import Affiliation, NodeId, Via
from folkmoot.engine.notifications import (
    AbsentTold,
    AffiliationTold,
    Notification,
    RegistrationAnswered,
    RegistrationAsked,
)
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import RegistrationChanged, StandingChanged, Trickled
from folkmoot.engine.sight import as_held, is_broadcast, moderates, seen
from folkmoot.engine.standings import Change
from folkmoot.engine.versions import step
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

ASKED_MAX: Final = 100
"""How many owners and admins are asked to answer a request."""


def changed(event: RegistrationChanged, view: View) -> Iterator[Notification]:
    """Owners and admins are asked; who asked hears it if they said no."""
    if event.after is not None and event.after.pending:
        yield RegistrationAsked(
            via=Via.MUC,
            node=event.node,
            to=tuple(islice(_staff(view, event.node), ASKED_MAX)),
            registrant=event.jid,
            nick=event.after.nick,
            said=event.said,
        )
    elif event.after is None and event.before is not None and event.before.pending:
        to = () if event.by.bare == event.jid else (event.jid,)
        if to:
            yield RegistrationAnswered(via=Via.MUC, node=event.node, to=to, nick=event.before.nick)


def _staff(view: View, node: NodeId) -> Iterator[JID]:
    """Owners and admins, by rows here or above."""
    return (jid for jid in candidates(view, node) if view.affiliation(node, jid) in access.STAFF)


def affiliated(event: AffiliationChanged, view: View) -> Iterator[Notification]:
    """Somebody who is not there: to those who may know who belongs to the room, and to themself.

    A room that is still being made tells nobody: they could not come in.
    """
    record = view.found(event.node)
    if record.config.room is None or record.config.room.locked:
        return
    if event.was is event.now or _is_there(record, event.jid):
        return
    if event.moved is not None:
        change = Change(event.node, event.moved.number)
        moves = (event.was, event.now)
        yield from _absent(record, event.jid, moves, change, record.inside, view)
    if not event.invited and event.by.bare != event.jid:
        let_in = record.config.private and event.was is Affiliation.NONE
        yield AffiliationTold(
            via=Via.MUC,
            node=event.node,
            to=(event.jid,),
            jid=event.jid,
            affiliation=event.now,
            config=record.config,
            inviter=event.by.bare if let_in and event.now in access.MEMBERS else None,
        )


def trickled(event: Trickled, view: View) -> Iterator[Notification]:
    """The same in rooms below a space: to those who may know, and keep track (XEP-0463 §5.2.2)."""
    change = Change(event.node, event.number)
    for room, was, now in event.rooms:
        record = view.found(room)
        if record.config.room is not None and not record.config.room.locked:
            yield from _absent(record, event.jid, (was, now), change, record.trackers, view)


def unseen(event: StandingChanged | SubscriptionChanged, view: View) -> Iterator[Notification]:
    """The same of an occupant whose presence is for moderators alone, to others who keep track."""
    record = view.found(event.node)
    if isinstance(event, StandingChanged):
        held = record.subscriptions.get(event.occupant)
    else:
        held = event.before if event.after is None else None
    if event.change is None or held is None or held.occupant is None:
        return
    shown = as_held(record, held, view, reveal=False)
    role = event.role if isinstance(event, SubscriptionChanged) else None
    if not is_broadcast(record, role or shown.role):
        jid, moves = held.subscriber.bare, (None, shown.affiliation)
        to = [
            each
            for each in record.trackers
            if each.bare != jid and not moderates(record, each, view)
        ]
        yield from _absent(record, jid, moves, event.change, to, view)


def _absent(
    record: Node,
    jid: JID,
    moves: tuple[Affiliation | None, Affiliation],
    change: Change,
    inside: Iterable[JID],
    view: View,
) -> Iterator[AbsentTold]:
    """Somebody is something else now: to those of some occupants for whom it is another thing.

    moves: what they were, where that counts, and are. Who may know who is a member hears no more
    of a ban than that they are none any longer.
    """
    staff, others = list[JID](), list[JID]()
    for each in inside:
        if _may_list(record, each, Affiliation.OUTCAST, view):
            staff.append(each)
        elif _may_list(record, each, Affiliation.MEMBER, view):
            others.append(each)
    for to, bans in ((staff, True), (others, False)):
        was, now = moves[0] and told_as(moves[0], bans=bans), told_as(moves[1], bans=bans)
        if to and was is not now:
            yield AbsentTold(
                via=Via.MUC,
                node=record.id,
                to=tuple(to),
                jid=jid,
                affiliation=now,
                step=step(view, record.id, change),
            )


def _may_list(record: Node, jid: JID, wanted: Affiliation, view: View) -> bool:
    room, shown = record.config.room, seen(record, jid, view, reveal=False)
    assert room is not None and shown.role is not None
    return access.refuses_list(room, shown.affiliation, shown.role, wanted) is None


def _is_there(record: Node, jid: JID) -> bool:
    return any(record.subscriptions[each].occupant for each in record.addresses(jid))
