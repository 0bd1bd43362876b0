"""A node with all it had elsewhere, made whole in one decision (docs/extensions/export.md)."""

from __future__ import annotations

from dataclasses import replace

from folkmoot.engine import access
from folkmoot.engine.access import Stance
from folkmoot.engine.commands import Entry, Restore
from folkmoot.engine.configuration import Access, NodeConfig
from folkmoot.engine.decide.affiliations import hold_sense
from folkmoot.engine.decide.items import hold_payload, relisted
from folkmoot.engine.decide.lowering import follow_all
from folkmoot.engine.decide.nodes import created, hold_owner
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import (
    AffiliationChanged,
    Cause,
    Event,
    ItemPublished,
    NodeConfigured,
    SubscriptionChanged,
)
from folkmoot.engine.model import Affiliation, NodeId, State
from folkmoot.engine.room_events import SubjectChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def restore(command: Restore, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """All that is to be restored, and what follows for those who are in nodes below already."""
    node, by = command.node, command.actor
    listed = (lists for _, lists in command.items if lists is not None)
    view.require([node, *(each.node for each in command.beside), *command.opens, *listed])
    events: list[Event] = []
    after = view.supposing(())
    for each in (*command.beside, command):
        for event in _restored(each, after, stamp):
            after.suppose(event)
            events.append(event)
    events.extend(_opened(command, after))
    if command.settings is None:
        return (*events, *relisted(events, node, view, by))
    return (*events, *follow_all(view, after, node, by, here=False))


def _restored(command: Restore, view: View, stamp: Stamp) -> tuple[Event, ...]:
    node = command.node
    if view.services.owned(node):
        raise Refused(Reason.FORBIDDEN)  # what is an account's moves with the account
    made: tuple[Event, ...] = ()
    config = view.config(node)
    if command.settings is not None:
        if config is not None:
            raise Refused(Reason.NODE_EXISTS)
        event = created(node, command.actor, command.settings, view, stamp)
        made, config = (event,), event.config
    elif config is None:
        raise Refused(Reason.NODE_NOT_FOUND)
    else:
        hold_owner(node, command.actor, view)
        locked = config.room is not None and config.room.locked
        if (command.affiliations or command.subscriptions) and not locked:
            raise Refused(Reason.FORBIDDEN)  # there may be somebody inside whom it concerns
    if config.room is not None and command.subscriptions:
        raise Refused(Reason.FORBIDDEN)  # who is in a room is there by a stream, and not for good
    hold_bounds(view, command)
    after = view.supposing(made)
    after.related(node)  # so that it is there before all that would be decided twice
    alone = bool(made) and _is_alone(node, config, after)
    rows = _rows(command, config, after, alone=alone)
    if not alone:
        after = after.supposing(rows)
    return (
        *made,
        *rows,
        *_items(command, config, view, stamp),
        *_subscriptions(command, config, after, stamp, alone=alone),
    )


def _is_alone(node: NodeId, config: NodeConfig, view: View) -> bool:
    """Whether what somebody is at a new node follows from their row and subscription there alone.

    So it need not be looked up, for ten thousand of them: this is all decided at one time.
    """
    presence = config.access in (Access.PRESENCE, Access.ROSTER)
    return view.line(node) == (node,) and not presence


def hold_bounds(view: View, command: Restore) -> None:
    """Nothing, where a node has room for so many people. Raises Refused(TOO_MANY_SUBSCRIPTIONS).

    Looks at none of them.
    """
    record = view.node(command.node)
    rows = len(command.affiliations) - (command.actor.bare in command.affiliations)
    rows += 1 if record is None else len(record.affiliations)
    if rows > view.services.affiliations_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS, "affiliations")
    held = 0 if record is None else len(record.subscriptions)
    if held + len(command.subscriptions) > view.services.subscriptions_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)


def _rows(
    command: Restore, config: NodeConfig, view: View, *, alone: bool
) -> list[AffiliationChanged]:
    node, by = command.node, command.actor
    rows = {jid: row for jid, row in command.affiliations.items() if jid != by.bare}
    for row in dict.fromkeys(rows.values()):
        hold_sense(config, row)
    if alone:
        return [
            AffiliationChanged(
                node=node,
                jid=jid.bare,
                before=None,
                after=row,
                was=Affiliation.NONE,
                now=row,
                by=by,
            )
            for jid, row in rows.items()
        ]
    events = [_row(node, jid, row, by, view) for jid, row in rows.items()]
    after = view.supposing(events)
    return [replace(event, now=after.affiliation(node, event.jid)) for event in events]


def _row(
    node: NodeId, jid: JID, row: Affiliation | None, by: JID, view: View
) -> AffiliationChanged:
    return AffiliationChanged(
        node=node,
        jid=jid.bare,
        before=view.explicit(node, jid),
        after=row,
        was=view.affiliation(node, jid),
        now=Affiliation.NONE,
        by=by,
    )


def _items(command: Restore, config: NodeConfig, view: View, stamp: Stamp) -> list[Event]:
    """Items before subscriptions: those who are subscribed with them are not told of each."""
    node, by = command.node, command.actor
    if config.room is None and command.items:
        if not config.persist_items:
            raise Refused(Reason.NOT_PERSISTENT)
        record = view.node(node)
        ids = {item.id for item, _ in command.items}
        ids.update(() if record is None else view.heads(record))
        if len(ids) > config.max_items:
            raise Refused(Reason.NODE_FULL)
    events: list[Event] = []
    for item, lists in command.items:
        hold_payload(config, Entry(payload=item.payload, id=item.id))
        item = replace(item, published=item.published or stamp.at)
        events.append(ItemPublished(node=node, item=item, persist=True, lists=lists, by=by))
    if command.subject is not None:
        if config.room is None:
            raise Refused(Reason.FORBIDDEN)
        subject = replace(command.subject, published=command.subject.published or stamp.at)
        events.append(SubjectChanged(node=node, item=subject))
    return events


def _subscriptions(
    command: Restore, config: NodeConfig, view: View, stamp: Stamp, *, alone: bool
) -> list[SubscriptionChanged]:
    """Subscriptions, of those alone who may have one.

    view: with the rows, without these; where the node is `alone`, nobody is looked up in it.
    """
    node = command.node
    rows = {**command.affiliations, command.actor.bare: Affiliation.OWNER}
    events: list[SubscriptionChanged] = []
    for number, each in enumerate(command.subscriptions, 1):
        jid = each.subscriber
        row = rows.get(jid.bare) if alone else view.explicit(node, jid)
        stance = Stance(row or Affiliation.NONE) if alone else view.stance(node, jid)
        admitted = config.is_space and each.state is State.SUBSCRIBED
        if admitted and row is None and stance.affiliation is Affiliation.NONE:
            stance = replace(stance, affiliation=Affiliation.MEMBER)  # by this very subscription
        if reason := access.refuses_stay(config, stance):
            raise Refused(reason, str(jid))
        events.append(
            SubscriptionChanged(
                node=node,
                subscriber=jid,
                before=None if alone else view.subscription(node, jid),
                after=replace(each, subid=f"{stamp.id}-{number}"),
                by=command.actor,
                cause=Cause.RESTORED,
            )
        )
    return events


def _opened(command: Restore, after: View) -> list[Event]:
    """Rooms that anybody may enter from now on whom their configuration lets in.

    What is found is true in `after` from here on.
    """
    by = command.actor
    events: list[Event] = []
    for room, row in command.opens.items():
        config = after.config(room)
        if config is None or config.room is None:
            raise Refused(Reason.NODE_NOT_FOUND)
        hold_owner(room, by, after)
        opened = replace(config, room=replace(config.room, locked=False))
        event = NodeConfigured(node=room, before=config, after=opened, by=by)
        after.suppose(event)
        events.append(event)
        if row is after.explicit(room, by):
            continue
        change = _row(room, by, row, by, after)
        after.suppose(change)
        now = after.affiliation(room, by)
        if now is Affiliation.OWNER or after.owners(room):
            events.append(replace(change, now=now))
        else:
            after.suppose(replace(change, after=change.before))
    return events
