"""What of an event the owners of a space may look up later (docs/extensions/audit.md).

Every change of standing, list or configuration of a space is written down, in the batch that
changes it: who, what, before, after, when.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from enum import Enum

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.events import (
    AffiliationChanged,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
    lasting,
)
from folkmoot.engine.model import Affiliation, Hat, NodeId, State, Subscription, Ticket
from folkmoot.engine.room_events import HatsChanged
from folkmoot.engine.space_events import Audited, InviteChanged, Matter, Moderated
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, serialize


def audited(events: Sequence[Event], view: View, stamp: Stamp) -> tuple[Audited, ...]:
    """The rows for those events that are of a space; it has to be one before or after them.

    A space that is deleted takes its rows along, those of its last hour too.
    """
    gone = {event.node for event in events if isinstance(event, NodeDeleted)}
    made: set[NodeId] = set()
    rows: list[Audited] = []
    for event in events:
        if event.node in gone:
            continue
        if isinstance(event, NodeCreated) and event.config.is_space:
            made.add(event.node)
        config = view.config(event.node)
        space = event.node in made or (config is not None and config.is_space)
        if space or (isinstance(event, NodeConfigured) and event.after.is_space):
            rows.extend(
                Audited(
                    node=event.node,
                    at=stamp.at,
                    by=by.bare,
                    matter=matter,
                    subject=subject,
                    before=before,
                    after=after,
                )
                for by, matter, subject, before, after in _changes(event)
            )
    return tuple(rows)


Change = tuple[JID, Matter, str, str | None, str]


def _changes(event: Event) -> Iterator[Change]:
    """Who changed what of which subject, from what to what."""
    match event:
        case NodeCreated(config=config, creator=by):
            yield by, Matter.CREATED, event.node.name, "", config.access.value
        case NodeConfigured(before=before, after=after, by=by):
            yield from _settings(before, after, by)
        case AffiliationChanged(jid=jid, before=before_row, after=after_row, by=by):
            was, became = _row(before_row), _row(after_row)
            if was != became:
                yield by, Matter.AFFILIATION, str(jid), was, became
        case SubscriptionChanged(subscriber=subscriber, by=by):
            was, became = _state(event.before), _state(event.after)
            if was != became:
                yield by, Matter.SUBSCRIPTION, str(subscriber), was, became
        case ItemPublished(item=item, persist=True, evicted=evicted):
            yield event.by or item.publisher, Matter.ITEM, item.id, None, _payload(item.payload)
            for item_id in evicted:
                yield item.publisher, Matter.ITEM, item_id, None, ""
        case ItemsRetracted(item_ids=item_ids, by=by):
            for item_id in item_ids:
                yield by, Matter.ITEM, item_id, None, ""
        case InviteChanged(before=before_ticket, after=after_ticket, by=by):
            ticket = after_ticket or before_ticket
            subject = "" if ticket is None else ticket.id
            yield by, Matter.INVITE, subject, _uses(before_ticket), _uses(after_ticket)
        case Moderated(jid=jid, by=by, matter=matter):
            if event.messages or matter is not Matter.RETRACTION:
                yield by, matter, str(jid), "", _moderation(event)
        case HatsChanged(jid=jid, before=hats_before, after=hats_after, by=by):
            yield by, Matter.HATS, str(jid), _plain(hats_before), _plain(hats_after)
        case NodePurged(by=by):
            yield by, Matter.PURGED, event.node.name, "", ""
        case _:
            return


def _settings(before: NodeConfig, after: NodeConfig, by: JID) -> Iterator[Change]:
    """A row for each field that has another value."""
    for field in fields(NodeConfig):
        was, became = getattr(before, field.name), getattr(after, field.name)
        if was != became:
            yield by, Matter.CONFIGURATION, field.name, _plain(was), _plain(became)


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case Enum():
            return str(value.value)
        case NodeId(service, name):
            return f"{service}/{name}"
        case bool():
            return "true" if value else "false"
        case tuple():
            return " ".join(map(_plain, value))
        case Hat(uri=uri):
            return uri
        case _:
            return str(value)


def _row(affiliation: Affiliation | None) -> str:
    return "" if affiliation is None else affiliation.value


def _state(subscription: Subscription | None) -> str:
    """A subscription that lasts; an occupant's, which ends with their stream, is no standing."""
    held = lasting(subscription)
    return (State.NONE if held is None else held.state).value


def _moderation(event: Moderated) -> str:
    said = f"{event.messages} messages, " if event.messages else ""
    return f"{said}{event.rooms} rooms" + (f": {event.reason}" if event.reason else "")


def _uses(ticket: Ticket | None) -> str:
    return "" if ticket is None else f"used {ticket.used} of {ticket.uses}"


def _payload(payload: Element | None) -> str:
    return "" if payload is None else serialize(payload)
