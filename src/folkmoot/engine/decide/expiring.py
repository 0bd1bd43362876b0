"""What ends, or is due, by itself: items, leases, digests (XEP-0060 1.30.0, §12.19, §16.4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from folkmoot.engine.commands import Expire
from folkmoot.engine.decide import digests
from folkmoot.engine.decide.items import overdue
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.decide.terms import lapsed
from folkmoot.engine.events import Event, SubscriptionChanged
from folkmoot.engine.view import View


def expire(command: Expire, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of all on a node whose time is up, and what is due; there need be no node."""
    record = view.node(command.node)
    if record is None:
        return ()
    events = (*overdue(record, view, stamp), *lapsed(record, view, stamp))
    return (*events, *digests.due(record, events, view, stamp, crowded=command.crowded))


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
