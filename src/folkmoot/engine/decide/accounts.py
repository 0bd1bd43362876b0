"""The end of an account: its nodes, and its place on those of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from folkmoot.engine.commands import Forget
from folkmoot.engine.decide.lowering import ended, follow, follow_all, topmost
from folkmoot.engine.decide.nodes import deleted
from folkmoot.engine.decide.relationships import kin
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import AffiliationChanged, Cause, Event, NodeDeleted
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.room_events import (
    HatsChanged,
    RegistrationChanged,
    VisitsForgotten,
    VoiceChanged,
)
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def forget(command: Forget, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """All that was an account's is gone; a node that nobody else owns goes with it."""
    account = command.actor.bare
    if account != command.node.service:
        raise Refused(Reason.FORBIDDEN)
    own, rows, held = view.nodes_of(account), view.affiliated(account), view.subscribed(account)
    view.require([*own, *rows, *held])
    view.related(*own)  # what is below each: asked for at once, not once for each decision
    events: list[Event] = [
        deleted(node, view, account) for node in own if view.node(node) is not None
    ]
    for node in sorted(rows - set(own), key=str):
        events.extend(_without_rows(node, account, view))
        if (registration := view.found(node).registrations.get(account)) is not None:
            events.append(
                RegistrationChanged(
                    node=node, jid=account, before=registration, after=None, by=account
                )
            )
    after = view.supposing(events)
    for node in (each for row in sorted(rows, key=str) for each in (row, *view.below(row))):
        if after.config(node) is not None and not after.owners(node):
            for gone in (node, *kin(node, view)):
                if after.config(gone) is not None:
                    events.append(deleted(gone, view, account))
                    after.suppose(events[-1])
    for node in sorted(held, key=str):
        if after.config(node) is not None:
            for each in view.subscriptions(node, account):
                events.append(replace(ended(node, each, account, Cause.DELETED), after=None))
                after.suppose(events[-1])
    forgotten = VisitsForgotten(node=command.node, jid=account)
    return (*events, *_following(events, account, view, after), forgotten)


def _without_rows(node: NodeId, account: JID, view: View) -> Iterator[Event]:
    record, row = view.node(node), view.explicit(node, account)
    if row is not None:
        yield AffiliationChanged(
            node=node,
            jid=account,
            before=row,
            after=None,
            was=view.affiliation(node, account),
            now=Affiliation.NONE,
            by=account,
        )
    hats = () if record is None else record.wearers.get(account, ())
    if hats:
        yield HatsChanged(node=node, jid=account, before=hats, after=(), by=account)
    if record is not None and account in record.voices:
        yield VoiceChanged(node=node, jid=account, after=None)


def _following(events: Sequence[Event], account: JID, before: View, after: View) -> list[Event]:
    """What the end of its nodes and of its ownership means for others."""
    ends = {event.node for event in events if isinstance(event, NodeDeleted)}
    following: list[Event] = []
    for node in topmost(ends, before, after):
        following.extend(follow_all(before, after, node, account, here=False))
    after = after.supposing(following)
    for event in events:
        if isinstance(event, AffiliationChanged):
            found = follow(before, after, event.node, account, entities=[account])
            after = after.supposing(found)
            following.extend(found)
    return following
