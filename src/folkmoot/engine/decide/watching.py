"""Hearing that something is said in rooms one is not in: XEP-0437 0.2.0.

A resource watches the rooms it belongs in, for as long as it is there: rooms that have a row for
it, and those of spaces it is in; a room it leaves is one more. Of each it hears once that something
was said, and again only after it has been in the room. Nothing of this is kept but when those who
belong in a room were last there: where something was said since, who begins to watch hears at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.events import Event, NodeDeleted, SubscriptionChanged
from folkmoot.engine.model import NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import Unwatch, Watch
from folkmoot.engine.room_events import Noticed, OccupantsLost, Reminded, Visited, Watched
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

WATCHED_ROOMS_MAX: Final = 200
"""How many rooms one resource watches; they are looked for in no more spaces than that."""


def watch(command: Watch, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The rooms somebody belongs in are watched, besides those that are already (§3.1).

    They hear at once in which of these something was said since they were there (§4).
    """
    actor = command.actor
    watched = view.watched(actor)
    known = _first(
        node
        for node in view.affiliated(actor) | view.subscribed(actor)
        if not view.services.owned(node)
    )
    view.require(known)
    rooms = {node for node in known if node.service == command.node.service}
    for node in known:
        config = view.config(node)
        if config is not None and config.is_space:
            rooms |= {each for each in view.listed(node) if each.service == command.node.service}
    near = _first(rooms - watched)
    view.require(near)
    more = (node for node in near if _belongs(node, actor, view))
    begun = tuple(islice(more, WATCHED_ROOMS_MAX - len(watched)))
    events = tuple(Watched(node=node, jid=actor, on=True) for node in begun)
    outside = [node for node in begun if actor not in view.found(node).subscriptions]
    active = view.active(actor, outside)
    if not active:
        return events
    told = tuple(node for node in outside if node in active)
    return (*events, Reminded(node=told[0], rooms=told, jid=actor))


def departed(node: NodeId, jid: JID, view: View) -> tuple[Event, ...]:
    """Who watches rooms, and leaves one that they belong in, watches that one as well."""
    watched = view.watched(jid)
    known = not watched or node in watched or len(watched) >= WATCHED_ROOMS_MAX
    if known or not _belongs(node, jid, view):
        return ()
    return (Watched(node=node, jid=jid, on=True),)


def visits(events: Sequence[Event], view: View) -> tuple[Event, ...]:
    """That somebody who belongs in a room was there until now, where they leave it (§4)."""
    gone = {event.node for event in events if isinstance(event, NodeDeleted)}
    left: dict[NodeId, dict[JID, None]] = {}
    for event in events:
        if event.node in gone:
            continue
        if isinstance(event, OccupantsLost):
            jids = [each.subscriber.bare for each in event.occupants]
        elif isinstance(event, SubscriptionChanged) and event.after is None:
            occupies = event.before is not None and event.before.occupant is not None
            jids = [event.subscriber.bare] if occupies else []
        else:
            continue
        members = (jid for jid in jids if view.affiliation(event.node, jid) in access.MEMBERS)
        left.setdefault(event.node, {}).update(dict.fromkeys(members))
    return tuple(Visited(node=node, jids=tuple(jids)) for node, jids in left.items() if jids)


def _first(nodes: Iterable[NodeId]) -> list[NodeId]:
    """As many as one resource may have looked at, always the same ones."""
    return sorted(nodes, key=str)[:WATCHED_ROOMS_MAX]


def _belongs(node: NodeId, jid: JID, view: View) -> bool:
    member = view.affiliation(node, jid) in access.MEMBERS
    return member and _may_enter(node, jid, view)


def _may_enter(node: NodeId, jid: JID, view: View) -> bool:
    config = view.config(node)
    if config is None or config.room is None or config.room.locked:
        return False
    return access.refuses_entry(config, view.stance(node, jid)) is None


def unwatch(command: Unwatch, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Nothing is watched any more (§3.2)."""
    actor = command.actor
    watched = sorted(view.watched(actor), key=str)
    return tuple(Watched(node=node, jid=actor, on=False) for node in watched)


def noticed(record: Node, view: View) -> tuple[Event, ...]:
    """Who hears that something is said in a room; who may not enter any more does not (§4)."""
    if not record.unaware:
        return ()
    to = tuple(jid for jid in record.unaware if _may_enter(record.id, jid, view))
    return (Noticed(node=record.id, to=to),)
