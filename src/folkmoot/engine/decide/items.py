"""Publishing, retracting and purging items (XEP-0060 1.30.0, §7, §8.5; XEP-0045 §7.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from typing import Final

from folkmoot.engine import access, pictures
from folkmoot.engine.access import Stance
from folkmoot.engine.commands import Depart, Entry, Publish, Purge, Retract
from folkmoot.engine.configuration import STANZA_TYPE, NodeConfig, NodeFull
from folkmoot.engine.decide import retractions
from folkmoot.engine.decide.configuring import unmet
from folkmoot.engine.decide.lowering import follow_all, topmost
from folkmoot.engine.decide.nodes import created, hold_changeable, hold_owner
from folkmoot.engine.decide.occupants import speaker
from folkmoot.engine.decide.pacing import paced
from folkmoot.engine.decide.relationships import spelled_out
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.decide.watching import noticed
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import (
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodePurged,
)
from folkmoot.engine.model import MESSAGES_NODE, Affiliation, Item, NodeId
from folkmoot.engine.pace import Pace
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import Spent
from folkmoot.engine.services import Kind
from folkmoot.engine.store import PAGE_ITEMS_MAX, ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, serialize

ITEM_ID_CHARS_MAX: Final = 1_023
"""The longest item id; as long as a part of a JID (RFC 7622 §3.1), which ids often are."""


def publish(command: Publish, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Items, on a node that may have to be made for them (XEP-0060 §7.1.4); all or none."""
    node, by = command.node, command.actor
    hold_changeable(node, view)
    made = _made(command, view, stamp)
    config = made[0].config if made else view.found(node).config
    if config.room is not None:
        return _spoken(config, command, view, stamp)
    stance = view.supposing(made).stance(node, by)
    if reason := access.refuses_publish(config, stance):
        raise Refused(reason)
    entries = _entries(config, command, stamp)
    live = view.services.is_presence(node)
    if live and [entry.id for entry in entries] != [by.resource]:
        raise Refused(Reason.FORBIDDEN)  # a resource speaks for itself
    persist = config.keeps_items
    evicted = _evicted(config, command, entries, stance, view) if persist and not made else ()
    published = tuple(
        ItemPublished(
            node=node,
            item=Item(entry.id, by, stamp.at, entry.payload),
            persist=persist,
            live=live,
            evicted=evicted if entry is entries[0] else (),
            lists=entry.lists if persist else None,
        )
        for entry in entries
    )
    spent = () if made else _spent(view.found(node), by, len(entries), view, stamp)
    events: tuple[Event, ...] = (*made, *published, *spent)
    return (*events, *relisted(events, node, view, by))


def _entries(config: NodeConfig, command: Publish, stamp: Stamp) -> tuple[Entry, ...]:
    """What is to be published, each with an id and as the node has its items (§7.1.3.7)."""
    if command.entry is None:
        if config.persist_items:
            raise Refused(Reason.ITEM_REQUIRED)
        if config.deliver_payloads:
            raise Refused(Reason.PAYLOAD_REQUIRED)
        return (Entry(id=stamp.id, payload=None),)
    if not config.persist_items and not config.deliver_payloads:
        raise Refused(Reason.ITEM_FORBIDDEN)
    entries = (command.entry, *command.more)
    if config.is_space:
        entries = tuple(map(_of_a_space, entries))
    if config.persist_items and len(entries) > max(config.max_items, 1):
        raise Refused(Reason.NODE_FULL, "batch")
    for entry in entries:
        hold_payload(config, entry)
    chosen = (stamp.id, *(f"{stamp.id}-{number}" for number in range(2, len(entries) + 1)))
    return tuple(
        replace(entry, id=entry.id or id) for entry, id in zip(entries, chosen, strict=True)
    )


def _spent(record: Node, by: JID, count: int, view: View, stamp: Stamp) -> tuple[Spent, ...]:
    """Items count, but for those that a protocol of their own has the server keep."""
    paces: tuple[Pace, ...] = (Pace.ITEMS,)
    if view.services.kind(record.id.service) is Kind.PUBSUB:
        paces = (Pace.ITEMS, Pace.ITEMS_OF_ALL)
    elif not view.services.is_personal(record.id):
        return ()
    return (paced(record, by, view, stamp, *paces, count=count),)


def _of_a_space(entry: Entry) -> Entry:
    """An item as everybody in a space has it."""
    payload = entry.payload if entry.shared is None else entry.shared
    return replace(entry, id=pictures.kept_under(entry.id), payload=payload)


def _made(command: Publish, view: View, stamp: Stamp) -> tuple[NodeCreated, ...]:
    """The node itself, where it is an account's and not there yet."""
    config = view.config(command.node)
    if config is None:
        if view.services.kind(command.node.service) is not Kind.ACCOUNT:
            raise Refused(Reason.NODE_NOT_FOUND)
        stanzas = any(
            _is_stanza(entry.payload) for entry in (command.entry, *command.more) if entry
        )
        made = created(command.node, command.actor, command.expects, view, stamp, stanzas=stanzas)
        return (made,)
    if field := unmet(config, spelled_out(command.node, command.expects)):
        raise Refused(Reason.PRECONDITION, field)
    return ()


def _is_stanza(payload: Element | None) -> bool:
    return payload is not None and payload.ns == STANZA_TYPE


def _spoken(config: NodeConfig, command: Publish, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A message to a room, by an occupant with a voice; it may take back an earlier one."""
    assert config.room is not None
    nick = speaker(command.node, command.actor, view)
    record, entry = view.found(command.node), command.entry
    if entry is None:
        raise Refused(Reason.PAYLOAD_REQUIRED)
    hold_payload(config, entry)
    item = Item(stamp.id, command.actor, stamp.at, entry.payload, nick)
    gone = retractions.taken_back(command.node, item, entry.retracts, view)
    keep = config.room.archive and (entry.keep or bool(gone))
    said = ItemPublished(node=command.node, item=item, persist=keep)
    paces = (Pace.MESSAGES, Pace.MESSAGES_OF_ALL)
    spent = paced(record, command.actor, view, stamp, *paces, words=entry.words)
    return (spent, *gone, said, *(noticed(record, view) if entry.words else ()))


def hold_payload(config: NodeConfig, entry: Entry) -> None:
    """Nothing, for an item the node may have; its id is of bounded length (§7.1.3.5)."""
    if len(entry.id) > ITEM_ID_CHARS_MAX:
        raise Refused(Reason.PAYLOAD_TOO_BIG, "id")
    if entry.payload is None:
        if config.deliver_payloads:
            raise Refused(Reason.PAYLOAD_REQUIRED)
    elif (
        # A stanza is no longer than the default bound, so only a lower one has to be measured.
        config.payload_bytes_max < NodeConfig().payload_bytes_max
        and len(serialize(entry.payload).encode()) > config.payload_bytes_max
    ):
        raise Refused(Reason.PAYLOAD_TOO_BIG)


def _evicted(
    config: NodeConfig, command: Publish, entries: Sequence[Entry], stance: Stance, view: View
) -> tuple[str, ...]:
    """The oldest items, as many as have to make way."""
    heads = view.heads(view.found(command.node))
    ids = {entry.id for entry in entries}
    replaced = [item_id for item_id in ids if item_id in heads]
    for item_id in replaced:
        own = heads[item_id].bare == command.actor.bare
        if reason := access.refuses_change_of_item(stance, own=own):
            raise Refused(reason)
    surplus = len(heads) + len(ids) - len(replaced) - config.max_items
    if surplus > 0 and command.node.name == MESSAGES_NODE and view.services.owned(command.node):
        raise Refused(Reason.NODE_FULL)  # a message that waits to be read makes way for none
    if surplus > 0 and config.node_full is NodeFull.REJECT:
        raise Refused(Reason.NODE_FULL)
    older = (each for each in heads if each not in ids)
    return tuple(islice(older, max(surplus, 0)))


def relisted(events: Sequence[Event], node: NodeId, view: View, by: JID) -> tuple[Event, ...]:
    """What follows for everyone in nodes that a node listed before, or lists from now on."""
    if not any(view.relists(each) for each in events):
        return ()  # most items list nothing, and what is published so touches no other node
    after = view.supposing(events)
    touched = view.relisted(node, after)
    view.require(touched)
    moved = [child for child in touched if view.chain(child) != after.chain(child)]
    return tuple(
        following
        for child in topmost(moved, view, after)
        for following in follow_all(view, after, child, by)
    )


def retract(command: Retract, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Items are deleted, by who published them or by an owner (XEP-0060 §7.2)."""
    hold_changeable(command.node, view)
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
    item_ids = dict.fromkeys(command.item_ids)
    if config.is_space:
        item_ids = dict.fromkeys(map(pictures.kept_under, item_ids))
    for item_id in item_ids:
        holder = holders.get(item_id)
        own = holder is not None and holder.bare == command.actor.bare
        if holder is None and access.refuses_publish(config, stance) is None:
            raise Refused(Reason.ITEM_NOT_FOUND)
        if reason := access.refuses_change_of_item(stance, own=own):
            raise Refused(reason)
    event = ItemsRetracted(
        node=command.node,
        item_ids=tuple(item_ids),
        by=command.actor,
        tell=command.notify or config.notify_retract,
        persist=config.persist_items,
        parting=command.parting,
    )
    events = (event, *(_released(event, view) if command.release else ()))
    return (*events, *relisted(events, command.node, view, command.actor))


def _released(event: ItemsRetracted, view: View) -> Iterator[NodeConfigured]:
    """The other half of the rooms that a node no longer lists, as far as it is the actor's."""
    touched = view.relisted(event.node, view.supposing([event]))
    view.require(touched)
    for room in sorted(touched, key=str):
        config = view.config(room)
        if config is None or config.room is None or config.parent != event.node:
            continue
        if view.affiliation(room, event.by) is Affiliation.OWNER:
            after = replace(config, parent=None)
            yield NodeConfigured(node=room, before=config, after=after, by=event.by)


def overdue(record: Node, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of the oldest items of a node, as far as a page goes, that have lasted long enough.

    Told like any retraction (XEP-0060 §16.4.4, `pubsub#item_expire`).
    """
    config, node = record.config, record.id
    if not config.item_seconds or not config.persist_items or config.room is not None:
        return ()
    last = stamp.at - config.item_seconds
    oldest = ItemQuery(node=node, limit=1, counted=False)
    if not any(item.published <= last for item in view.page(oldest).items):
        return ()
    page = view.page(replace(oldest, limit=PAGE_ITEMS_MAX)).items
    over = tuple(item.id for item in takewhile(lambda item: item.published <= last, page))
    by = node.service
    event = ItemsRetracted(node=node, item_ids=over, by=by, tell=config.notify_retract)
    return (event, *relisted([event], node, view, by))


def depart(command: Depart, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """What some resources published goes with them (XEP-0060 §16.4.4, `pubsub#purge_offline`).

    Where that is all there is, the node is purged; else what they published is retracted.
    """
    node, record = command.node, view.node(command.node)
    config = None if record is None else record.config
    if record is None or config is None or not config.purge_offline or not config.persist_items:
        return ()
    heads, gone = view.heads(record), frozenset(command.publishers)
    item_ids = tuple(item_id for item_id, publisher in heads.items() if publisher in gone)
    if not item_ids:
        return ()
    by, tell = node.service, config.notify_retract
    event = (
        NodePurged(node=node, by=by)
        if len(item_ids) == len(heads)
        else ItemsRetracted(node=node, item_ids=item_ids, by=by, tell=tell)
    )
    return (event, *relisted([event], node, view, by))


def purge(command: Purge, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """All items are deleted, by an owner (XEP-0060 §8.5)."""
    hold_changeable(command.node, view)
    record = view.found(command.node)
    hold_owner(command.node, command.actor, view)
    if not record.config.persist_items:
        raise Refused(Reason.NOT_PERSISTENT)
    event = NodePurged(node=command.node, by=command.actor)
    return (event, *relisted([event], command.node, view, command.actor))
