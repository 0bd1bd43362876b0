"""Through which facade each occupant of a room hears: that by which they entered.

Most rooms have occupants of one kind alone, and nothing is looked at hearer by hearer then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from folkmoot.engine.events import Event, SubscriptionChanged
from folkmoot.engine.model import Via
from folkmoot.engine.notifications import Notification, Spoken, Welcomed
from folkmoot.engine.record import Node
from folkmoot.engine.sight import moderates, veiled
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def parted(told: Notification, event: Event, view: View) -> Iterator[Notification]:
    """What occupants are told, once for each facade that has any of them.

    event: what it follows from, perhaps somebody's leaving, who is told of it all the same.
    """
    record = view.node(told.node) if told.via is Via.MUC else None
    gone = _gone(event)
    if record is None or not (record.hearers(Via.EVENTING) or gone):
        yield told
        return
    if told.to is record.inside:
        here, there = record.hearers(Via.MUC), record.hearers(Via.EVENTING)
    else:
        there = tuple(jid for jid in told.to if jid == gone or _is_eventing(record, jid))
        others = frozenset(there)
        here = tuple(jid for jid in told.to if jid not in others) if there else told.to
    if here:
        yield replace(told, to=here)
    if there:
        yield from _as_seen(replace(told, via=Via.EVENTING, to=there), record, view)


def _gone(event: Event) -> JID | None:
    """Who had entered through pubsub, and is not in the room any longer."""
    if not isinstance(event, SubscriptionChanged) or event.after is not None:
        return None
    before = event.before
    return event.subscriber if before is not None and before.via is Via.EVENTING else None


def _is_eventing(record: Node, jid: JID) -> bool:
    held = record.subscriptions.get(jid)
    return held is not None and held.via is Via.EVENTING


def _as_seen(told: Notification, record: Node, view: View) -> Iterator[Notification]:
    """The same, with who said something only for those who may see real JIDs (XEP-0045 §4.2)."""
    room = record.config.room
    if room is None or room.whois_anyone or not isinstance(told, Spoken | Welcomed):
        yield told
        return
    sees = tuple(jid for jid in told.to if moderates(record, jid, view))
    knowing = frozenset(sees)
    blind = tuple(jid for jid in told.to if jid not in knowing)
    if sees:
        yield replace(told, to=sees)
    if blind and isinstance(told, Spoken):
        yield replace(told, to=blind, item=veiled(record, told.item))
    elif blind and isinstance(told, Welcomed):
        subject = None if told.subject is None else veiled(record, told.subject)
        history = tuple(veiled(record, item) for item in told.history)
        yield replace(told, to=blind, history=history, subject=subject)
