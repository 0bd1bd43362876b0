"""What ends by itself: items and leases (XEP-0060 1.30.0, §12.19, §16.4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from folkmoot.engine.commands import Expire
from folkmoot.engine.decide.items import overdue
from folkmoot.engine.decide.lowering import ended, follow
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.events import Cause, Event, SubscriptionChanged
from folkmoot.engine.record import Node
from folkmoot.engine.view import View


def expire(command: Expire, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of all on a node whose time is up; there need be no node."""
    record = view.node(command.node)
    if record is None:
        return ()
    return (*overdue(record, view, stamp), *_lapsed(record, view, stamp))


def _lapsed(record: Node, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of the leases of a node that are over (XEP-0060 §12.19).

    What an owner made of somebody stays, as it does where notifications come back.
    """
    over = record.lapsed(stamp.at)
    events = [ended(record.id, each, record.id.service, Cause.EXPIRED) for each in over]
    if not events:
        return ()
    after, by = view.supposing(events), record.id.service
    jids = {each.subscriber.bare for each in over}
    lowered = sorted(
        (j for j in jids if view.affiliation(record.id, j) is not after.affiliation(record.id, j)),
        key=str,
    )
    return (*events, *(follow(view, after, record.id, by, entities=lowered) if lowered else ()))


def unsent(events: Iterable[Event], view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The same events; but a newest item whose time is up is sent to nobody."""
    return tuple(
        replace(event, last=None)
        if isinstance(event, SubscriptionChanged)
        and event.last is not None
        and (config := view.config(event.node)) is not None
        and 0 < config.item_seconds <= stamp.at - event.last.published
        else event
        for event in events
    )
