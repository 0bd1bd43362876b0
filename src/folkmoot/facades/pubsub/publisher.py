"""What a publisher does: XEP-0060 1.30.0, §7, and §12.11 for several items at once."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.engine.commands import Entry, Publish, Retract
from folkmoot.engine.events import ItemPublished
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.pubsub.conditions import bad
from folkmoot.facades.pubsub.config import read_expectations, read_form
from folkmoot.facades.pubsub.ns import PUBSUB
from folkmoot.facades.pubsub.reading import beside, items_named, node_named
from folkmoot.facades.spaces import listed, shared
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import read_boolean
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element


async def publish(request: Request) -> Iterable[Element]:
    """Publish an item, or several, all or none; the answer names them (§7.1, §12.11)."""
    node = node_named(request)
    items = request.payload.childs(PUBSUB, "item")
    entries = [_entry(request, item) for item in items]
    named = [entry.id for entry in entries if entry.id]
    if len(named) != len(set(named)):
        raise StanzaError("bad-request", "an item is named twice")
    events = await request.run(
        Publish(
            actor=request.actor,
            node=node,
            entry=entries[0] if entries else None,
            more=tuple(entries[1:]),
            expects=read_expectations(read_form(beside(request, "publish-options"))),
        )
    )
    told = Element(PUBSUB, "publish", {"node": node.name})
    if items:
        published = (event.item.id for event in events if isinstance(event, ItemPublished))
        for entry, item_id in zip(entries, published, strict=True):
            told.append(Element(PUBSUB, "item", {"id": entry.id or item_id}))
    return (Element(PUBSUB, "pubsub", None, told),)


def _entry(request: Request, item: Element) -> Entry:
    """One item as it was sent. Raises StanzaError invalid-payload (§7.1.3.6)."""
    payloads = item.elements
    if len(payloads) > 1:
        raise bad("invalid-payload", "an item holds one element")
    payload = payloads[0] if payloads else None
    if payload is not None and payload.ns == CLIENT:
        _hold_sender(request, payload)
    item_id = item.get("id", "")
    return Entry(
        id=item_id,
        payload=payload,
        lists=listed(item_id, payload, request.services),
        shared=shared(payload),
    )


def _hold_sender(request: Request, stanza: Element) -> None:
    """Nothing, where a stanza that is published says no other sender than its own (XEP-0207)."""
    mine = (str(request.actor), str(request.actor.bare))
    if stanza.get("from", mine[0]) not in mine:
        raise bad("invalid-payload", f"this is from {request.actor}")


async def retract(request: Request) -> Iterable[Element]:
    """Delete an item, or several, all or none (§7.2, §12.11)."""
    node = node_named(request)
    item_ids = items_named(request.payload)
    if not item_ids:
        raise bad("item-required")
    notify = _read_notify(request.payload)
    await request.run(Retract(actor=request.actor, node=node, item_ids=item_ids, notify=notify))
    return ()


def _read_notify(retraction: Element) -> bool:
    try:
        return read_boolean(retraction.get("notify", "false"))
    except StanzaError as error:
        raise StanzaError("bad-request", f"notify: {error.text}") from error


ROUTES = (
    Route("iq", "set", (PUBSUB, "pubsub", "publish"), publish, feature="publish"),
    Route("iq", "set", (PUBSUB, "pubsub", "retract"), retract, feature="delete-items"),
)
