"""Publishing, retracting and purging items (XEP-0060 1.30.0, §7, §8.5; XEP-0045 §7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import Entry, Publish, Purge, Retract
from folkmoot.engine.decide.configuring import unmet
from folkmoot.engine.decide.lowering import follow_all
from folkmoot.engine.decide.nodes import created, hold_owner
from folkmoot.engine.decide.occupants import speaker
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event, ItemPublished, ItemsRetracted, NodePurged
from folkmoot.engine.model import (
    MESSAGES_NODE,
    Affiliation,
    Item,
    Node,
    NodeConfig,
    NodeId,
)
from folkmoot.engine.services import Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import serialize

ITEM_ID_CHARS_MAX: Final = 1_023
"""The longest item id; as long as a part of a JID (RFC 7622 §3.1), which ids often are."""


def publish(command: Publish, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """An item, on a node that may have to be made for it (XEP-0060 §7.1.4)."""
    node, entry = command.node, command.entry
    config = view.config(node)
    made: tuple[Event, ...] = ()
    if config is None:
        if view.services.kind(node.service) is not Kind.ACCOUNT:
            raise Refused(Reason.NODE_NOT_FOUND)
        event = created(node, command.actor, command.expects, view, stamp)
        made, config = (event,), event.config
    elif field := unmet(config, command.expects):
        raise Refused(Reason.PRECONDITION, field)
    if config.room is not None:
        return (_spoken(command, view, stamp),)
    if made:
        stance = access.Stance(Affiliation.OWNER)
        record = None
    else:
        stance = view.stance(node, command.actor)
        record = view.found(node)
    if reason := access.refuses_publish(config, stance):
        raise Refused(reason)
    _hold_payload(config, entry)
    item = Item(entry.id or stamp.id, command.actor, stamp.at, entry.payload)
    persist = config.persist_items and config.max_items > 0
    evicted: tuple[str, ...] = ()
    if record is not None and persist:
        heads = view.heads(record)
        holder = heads.get(item.id)
        if holder is not None:
            own = holder.bare == command.actor.bare
            if reason := access.refuses_change_of_item(stance, own=own):
                raise Refused(reason)
        evicted = _evicted(record, heads, item.id, view)
    published = ItemPublished(
        node=node, item=item, persist=persist, evicted=evicted, lists=entry.lists
    )
    children = () if record is None else (record.listed.get(item.id), entry.lists)
    return (*made, published, *_relisted(record, published, children, view, command.actor))


def _spoken(command: Publish, view: View, stamp: Stamp) -> ItemPublished:
    """A message to a room, by an occupant with a voice."""
    nick = speaker(command.node, command.actor, view)
    if command.entry.payload is None:
        raise Refused(Reason.PAYLOAD_REQUIRED)
    item = Item(stamp.id, command.actor, stamp.at, command.entry.payload, nick)
    return ItemPublished(node=command.node, item=item, persist=command.entry.keep)


def _hold_payload(config: NodeConfig, entry: Entry) -> None:
    if len(entry.id) > ITEM_ID_CHARS_MAX:
        raise Refused(Reason.PAYLOAD_TOO_BIG, "id")
    if entry.payload is None:
        if config.persist_items or config.deliver_payloads:
            raise Refused(Reason.PAYLOAD_REQUIRED)
    elif (
        # A stanza is no longer than the default bound, so only a lower one has to be measured.
        config.payload_bytes_max < NodeConfig().payload_bytes_max
        and len(serialize(entry.payload).encode()) > config.payload_bytes_max
    ):
        raise Refused(Reason.PAYLOAD_TOO_BIG)


def _evicted(record: Node, heads: Mapping[str, JID], item_id: str, view: View) -> tuple[str, ...]:
    """The oldest items, as many as have to make way for one more."""
    surplus = len(heads) + (item_id not in heads) - record.config.max_items
    if surplus <= 0:
        return ()
    if record.id.name == MESSAGES_NODE and view.services.owned(record.id):
        raise Refused(Reason.NODE_FULL)  # a message that waits to be read makes way for none
    older = (each for each in heads if each != item_id)
    return tuple(each for _, each in zip(range(surplus), older, strict=False))


def _relisted(
    record: Node | None, event: Event, children: Iterable[NodeId | None], view: View, by: JID
) -> tuple[Event, ...]:
    """What follows for everyone in nodes that an item listed before, or lists from now on."""
    if record is None or not any(children):
        return ()
    after = view.supposing([event])
    touched = [child for child in dict.fromkeys(children) if child is not None]
    view.require(touched)
    events: list[Event] = []
    for child in touched:
        if view.chain(child) != after.chain(child):
            events.extend(follow_all(view, after, child, by))
    return tuple(events)


def retract(command: Retract, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Items are deleted, by who published them or by an owner (XEP-0060 §7.2)."""
    record = view.found(command.node)
    config = record.config
    if not command.item_ids:
        raise Refused(Reason.ITEM_REQUIRED)
    if config.room is not None:
        raise Refused(Reason.FORBIDDEN)
    stance = view.stance(command.node, command.actor)
    if not config.persist_items and record.live is None:
        raise Refused(Reason.NOT_PERSISTENT)
    if config.persist_items:
        holders = view.heads(record)
    else:
        holders = {each: item.publisher for each, item in (record.live or {}).items()}
    for item_id in command.item_ids:
        holder = holders.get(item_id)
        own = holder is not None and holder.bare == command.actor.bare
        if holder is None and access.refuses_publish(config, stance) is None:
            raise Refused(Reason.ITEM_NOT_FOUND)
        if reason := access.refuses_change_of_item(stance, own=own):
            raise Refused(reason)
    event = ItemsRetracted(
        node=command.node,
        item_ids=tuple(dict.fromkeys(command.item_ids)),
        by=command.actor,
        tell=command.notify or config.notify_retract,
        persist=config.persist_items,
        parting=command.parting,
    )
    children = [record.listed.get(item_id) for item_id in event.item_ids]
    return (event, *_relisted(record, event, children, view, command.actor))


def purge(command: Purge, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """All items are deleted, by an owner (XEP-0060 §8.5)."""
    record = view.found(command.node)
    hold_owner(command.node, command.actor, view)
    if not record.config.persist_items:
        raise Refused(Reason.NOT_PERSISTENT)
    event = NodePurged(node=command.node, by=command.actor)
    children = list(record.listed.values())
    return (event, *_relisted(record, event, children, view, command.actor))
