"""Taking back what was said in a room: XEP-0424 0.4.2 by its author, XEP-0425 0.3.0 by others.

What is left is a tombstone: an item with the id, the place and the time of the one that was there,
and nothing of what it said. What says so is an item too, for those who were not there.
"""

from __future__ import annotations

from dataclasses import replace

from folkmoot.engine import access
from folkmoot.engine.decide.occupants import acting, room_of
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event, ItemPublished, ItemReplaced
from folkmoot.engine.identity import occupant_id
from folkmoot.engine.model import Affiliation, Item, NodeId, Retraction
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import Moderate, Notice
from folkmoot.engine.room_events import SubjectChanged
from folkmoot.engine.store import ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element


def moderate(command: Moderate, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """What somebody said is taken back by a moderator, and the room says so (XEP-0425 §3)."""
    record, by = view.found(command.node), command.actor
    actor = acting(record, room_of(record), by, view)
    if reason := access.refuses_moderation(actor, Affiliation.NONE):
        raise Refused(reason)  # before it is told whether there is such a message
    found = _said(record, command.item_id, view)
    if found is None:
        raise Refused(Reason.ITEM_NOT_FOUND)
    if reason := access.refuses_moderation(actor, view.affiliation(command.node, found.publisher)):
        raise Refused(reason)
    retraction = Retraction(
        at=stamp.at,
        id=stamp.id,
        moderator=occupant_id(record, by, view),
        nick=record.nick(by),
        reason=command.reason,
    )
    return moderated(record, found, retraction, by, command.notice)


def moderated(
    record: Node, item: Item, retraction: Retraction, by: JID, notice: Notice
) -> tuple[Event, ...]:
    """An item is a tombstone, and the room says so, to who is there and who looks it up."""
    node = record.id
    said = Item(retraction.id, by, retraction.at, notice(node, item.id, retraction))
    return (
        ItemReplaced(node=node, item=tombstone(item, retraction)),
        ItemPublished(node=node, item=said, persist=True),
        *_unsaid(record, item, replace(said, nick=retraction.nick)),
    )


def taken_back(node: NodeId, message: Item, item_id: str, view: View) -> tuple[Event, ...]:
    """What follows of a message that takes back another: nothing, where that is not its author's.

    Whoever is an author is told by the account (XEP-0424 §5).
    """
    record = view.found(node)
    found = _said(record, item_id, view) if item_id else None
    if found is None or found.publisher.bare != message.publisher.bare:
        return ()
    said = None if message.payload is None else message.payload.get("id")
    retraction = Retraction(at=message.published, id=said or message.id)
    replaced = ItemReplaced(node=node, item=tombstone(found, retraction))
    return (replaced, *_unsaid(record, found, message))


def _unsaid(record: Node, item: Item, by: Item) -> tuple[Event, ...]:
    """No subject, where what was taken back is the room's (XEP-0045 §8.1).

    by: what took it back.
    """
    if record.subject is None or record.subject.id != item.id:
        return ()
    payload = Element(CLIENT, "message", None, Element(CLIENT, "subject"))
    none = replace(by, id=f"{by.id}-subject", payload=payload)
    return (
        ItemPublished(node=record.id, item=none, persist=room_of(record).archive),
        SubjectChanged(node=record.id, item=none),
    )


def _said(record: Node, item_id: str, view: View) -> Item | None:
    """What an occupant said, and nobody took back yet; not what the room says of its own."""
    newest = (each for each in record.recent or () if each.id == item_id)
    found = next(newest, None)
    if found is None:
        page = view.page(ItemQuery(node=record.id, ids=(item_id,), counted=False))
        found = page.items[0] if page.items else None
    if found is None or not found.nick or found.retraction is not None:
        return None
    return found


def tombstone(item: Item, retraction: Retraction) -> Item:
    """What is left: the id its author gave it, and that it was taken back."""
    payload = item.payload
    if payload is not None:
        id = {name: value for name, value in payload.attrs.items() if name == "id"}
        payload = Element(payload.ns, payload.name, id)
    return replace(item, payload=payload, retraction=retraction)
