"""The end of an account: its nodes, and its place on those of others."""

from __future__ import annotations

from folkmoot.engine.commands import Forget
from folkmoot.engine.decide.lowering import ended
from folkmoot.engine.decide.nodes import deleted
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import AffiliationChanged, Cause, Event
from folkmoot.engine.model import Affiliation
from folkmoot.engine.view import View


def forget(command: Forget, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """All that was an account's is gone; a node it owned alone goes with it."""
    account = command.actor.bare
    if account != command.node.service:
        raise Refused(Reason.FORBIDDEN)
    own = view.nodes_of(account)
    rows, held = view.affiliated(account), view.subscribed(account)
    view.require([*own, *rows, *held])
    events: list[Event] = [deleted(node, view, account) for node in own]
    for node in sorted(rows, key=str):
        row = view.explicit(node, account)
        if view.config(node) is None or row is None or node in own:
            continue
        gone = AffiliationChanged(
            node=node,
            jid=account,
            before=row,
            after=None,
            was=view.affiliation(node, account),
            now=Affiliation.NONE,
            by=account,
        )
        if row is Affiliation.OWNER and not view.supposing([gone]).owners(node):
            events.append(deleted(node, view, account))
        else:
            events.append(gone)
    ends = {event.node for event in events if not isinstance(event, AffiliationChanged)}
    for node in sorted(held - ends, key=str):
        gone_here = view.subscriptions(node, account)
        events.extend(ended(node, each, account, Cause.DELETED) for each in gone_here)
    return tuple(events)
