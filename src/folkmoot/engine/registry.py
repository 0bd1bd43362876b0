"""Who hears that somebody's standing with a room changed, or is asked for (XEP-0045 1.35.5, §7.10).

What an occupant is, everybody hears by their presence (`occupancy`); here is the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.affiliates import candidates
from folkmoot.engine.events import AffiliationChanged
from folkmoot.engine.model import Affiliation, NodeId, Via
from folkmoot.engine.notifications import (
    AbsentTold,
    AffiliationTold,
    Notification,
    RegistrationAnswered,
    RegistrationAsked,
)
from folkmoot.engine.occupancy import step
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import RegistrationChanged
from folkmoot.engine.sight import seen
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
    others = tuple(jid for jid in record.inside if _may_list(record, jid, event.now, view))
    if others:
        yield AbsentTold(
            via=Via.MUC,
            node=event.node,
            to=others,
            jid=event.jid,
            affiliation=event.now,
            step=step(view, event),
        )
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


def _may_list(record: Node, jid: JID, wanted: Affiliation, view: View) -> bool:
    room, shown = record.config.room, seen(record, jid, view, reveal=False)
    assert room is not None and shown.role is not None
    return access.refuses_list(room, shown.affiliation, shown.role, wanted) is None


def _is_there(record: Node, jid: JID) -> bool:
    return any(record.subscriptions[each].occupant for each in record.addresses(jid))
