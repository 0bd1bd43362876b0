"""What requests of XEP-0060 have in common: a node, a JID, items."""

from __future__ import annotations

from folkmoot.engine.model import NodeId
from folkmoot.facades.facade import Request
from folkmoot.facades.pubsub.errors import bad
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element


def node_named(request: Request, element: Element) -> NodeId:
    """The node a request is about. Raises StanzaError: nodeid-required."""
    name = element.get("node")
    if not name:
        raise bad("nodeid-required")
    return request.node(name)


def jid_named(element: Element) -> JID:
    """The entity a request is about. Raises StanzaError: jid-required, invalid-jid."""
    text = element.get("jid")
    if not text:
        raise bad("jid-required")
    try:
        return JID.parse(text)
    except InvalidJID as error:
        raise bad("invalid-jid", str(error)) from error


def items_named(element: Element) -> tuple[str, ...]:
    """The ids of the items a request is about. Raises StanzaError: item-required."""
    ids = tuple(item.get("id", "") for item in element.childs(element.ns, "item"))
    if not all(ids):
        raise bad("item-required")
    return ids
