"""How XEP-0207 1.0, §5, words what happens in a room: what XEP-0045 says of it, as an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.notifications import Notification, Spoken, Welcomed
from folkmoot.facades import muc
from folkmoot.facades.archiving import given_by
from folkmoot.facades.facade import Outgoing
from folkmoot.facades.muc.stanzas import room_jid
from folkmoot.facades.pubsub.bounces import notification_id
from folkmoot.facades.pubsub.notification import ADDRESS
from folkmoot.facades.pubsub.ns import EVENT
from folkmoot.xmpp.stanza import CLIENT, stamp, wording
from folkmoot.xmpp.xml import Element, parse


def word(notification: Notification) -> Iterable[Outgoing]:
    """What occupants are told, each stanza of it as the payload of an item (Listing 17)."""
    known = _known(notification)
    for each in muc.FACADE.word(notification):
        head, tail, _ = each.wording
        said = parse(head + stamp(None, framed=True) + tail)
        yield replace(each, wording=wording(_event(notification.node, said, known)))


def _known(notification: Notification) -> Mapping[str, Item]:
    """The items in a notification, by id; under "" the one of which no archive has an id."""
    match notification:
        case Spoken(item=item, kept=kept):
            return {item.id if kept else "": item}
        case Welcomed(history=history):
            return {item.id: item for item in history}
        case _:
            return {}


def _event(node: NodeId, said: Element, known: Mapping[str, Item]) -> Element:
    id = _kept_as(node, said)
    item = Element(EVENT, "item", {"id": id or None}, said)
    event = Element(EVENT, "event", None, Element(EVENT, "items", {"node": node.name}, item))
    attrs = {"from": str(node.service), "type": "headline", "id": notification_id(node)}
    spoken = known.get(id)
    return Element(CLIENT, "message", attrs, event, *(() if spoken is None else _replies(spoken)))


def _kept_as(node: NodeId, said: Element) -> str:
    """The id a message has in the room's archive; "" where it has none."""
    room = room_jid(node)
    ids = (each.get("id", "") for each in said.elements if given_by(each) == room)
    return next(ids, "")


def _replies(item: Item) -> Iterable[Element]:
    """Whom to reply to: who spoke, as the hearer may know them; of the room itself nobody."""
    if item.nick:
        address = Element(ADDRESS, "address", {"type": "replyto", "jid": str(item.publisher)})
        yield Element(ADDRESS, "addresses", None, address)
