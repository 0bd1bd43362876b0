"""What a publisher does: XEP-0060 1.30.0, §7."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.engine.commands import Entry, Publish, Retract
from folkmoot.engine.events import ItemPublished
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.form_table import unknown
from folkmoot.facades.pubsub.config import FIXED, ROWS, read_config, read_form
from folkmoot.facades.pubsub.errors import bad, specific
from folkmoot.facades.pubsub.ns import PUBSUB
from folkmoot.facades.pubsub.reading import items_named, node_named
from folkmoot.facades.spaces import listed
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import read_boolean
from folkmoot.xmpp.xml import Element


async def publish(request: Request) -> Iterable[Element]:
    """Publish an item; the answer names it (§7.1)."""
    node = node_named(request, request.payload)
    item = _single(request.payload)
    payloads = item.elements
    if len(payloads) > 1:
        raise bad("invalid-payload", "an item holds one element")
    payload = payloads[0] if payloads else None
    item_id = item.get("id", "")
    events = await request.run(
        Publish(
            actor=request.actor,
            node=node,
            entry=Entry(
                id=item_id, payload=payload, lists=listed(item_id, payload, request.services)
            ),
            expects=_expectations(request),
        )
    )
    published = next(event.item for event in events if isinstance(event, ItemPublished))
    told = Element(PUBSUB, "item", {"id": published.id})
    named = Element(PUBSUB, "publish", {"node": node.name}, told)
    return (Element(PUBSUB, "pubsub", None, named),)


def _single(publish_element: Element) -> Element:
    """The one item of a request; several at a time are for a service that says `multi-items`."""
    items = publish_element.childs(PUBSUB, "item")
    if not items:
        raise bad("item-required")
    if len(items) > 1:
        raise StanzaError("not-allowed", extension=specific("max-items-exceeded"))
    return items[0]


def _expectations(request: Request) -> dict[str, object]:
    """What publish-options ask of the node: preconditions, never overrides (§7.1.5)."""
    outer = request.stanza.first
    options = None if outer is None else outer.child(PUBSUB, "publish-options")
    form = read_form(options)
    if form is None:
        return {}
    field = unknown(ROWS, form)
    if field and field not in FIXED:
        extension = specific("precondition-not-met")
        raise StanzaError("conflict", f"{field} is not known here", extension=extension)
    return read_config(form)


async def retract(request: Request) -> Iterable[Element]:
    """Delete items (§7.2)."""
    node = node_named(request, request.payload)
    item_ids = items_named(request.payload)
    if not item_ids:
        raise bad("item-required")
    notify = read_boolean(request.payload.get("notify", "false"))
    await request.run(Retract(actor=request.actor, node=node, item_ids=item_ids, notify=notify))
    return ()


ROUTES = (
    Route("iq", "set", (PUBSUB, "pubsub", "publish"), publish, feature="publish"),
    Route("iq", "set", (PUBSUB, "pubsub", "retract"), retract, feature="delete-items"),
)
