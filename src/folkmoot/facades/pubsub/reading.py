"""What requests of XEP-0060 1.30.0 have in common: a node, a JID, items, what goes with them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from folkmoot.engine.model import KEPT_BY_SERVER, PRESENCE_NODE, NodeId
from folkmoot.facades.facade import Request
from folkmoot.facades.paging import cut
from folkmoot.facades.pubsub.conditions import bad
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.rsm import read_set
from folkmoot.xmpp.xml import Element


def is_served(request: Request, node: NodeId) -> bool:
    """Whether a node is spoken of in this protocol.

    An account's presence and its messages are nodes as well, but have a protocol of their own; who
    speaks of presence in this one does so through `facades/eventing`.
    """
    if request.eventing and node.name == PRESENCE_NODE:
        return True
    return node.name not in KEPT_BY_SERVER or not request.services.owned(node)


def node_id(request: Request, name: str | None) -> NodeId:
    """The node of a name. Raises StanzaError: nodeid-required, not-allowed."""
    if not name:
        raise bad("nodeid-required")
    node = request.node(name)
    if not is_served(request, node):
        raise StanzaError("not-allowed", "the server itself keeps this node")
    return node


def node_named(request: Request) -> NodeId:
    """The node a request is about. Raises StanzaError: nodeid-required, not-allowed."""
    return node_id(request, request.payload.get("node"))


def jid_named(element: Element) -> JID:
    """The entity an element is about. Raises StanzaError: jid-required, invalid-jid."""
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


def listed(request: Request, told: Element, rows: Mapping[str, Element]) -> Element:
    """The answer to a request for a list, or as much of it as an answer holds (XEP-0059).

    told: the list, still empty. rows: by what orders them, which is also what a page begins beside.
    """
    outer = request.stanza.elements[0]
    entries, part = cut(sorted(rows.items()), read_set(outer))
    told.children.extend(entries)
    return Element(outer.ns, "pubsub", None, told, *part)


def beside(request: Request, name: str) -> Element | None:
    """What goes with a request: a later child of `<pubsub/>`, which says no node or JID again.

    Raises StanzaError bad-request where it does (§6.3.7, §8.1.3).
    """
    outer = request.stanza.first
    found = None if outer is None else outer.child(outer.ns, name)
    if found is not None and (found.get("node") is not None or found.get("jid") is not None):
        raise StanzaError("bad-request", f"<{name}/> goes with the request's own node")
    return found


def once(named: Iterable[Hashable]) -> None:
    """Nothing, where nobody is spoken of twice.

    Raises StanzaError bad-request (§8.8.2.4, §8.9.2.4).
    """
    seen = set()
    for each in named:
        if each in seen:
            raise StanzaError("bad-request", "somebody is named twice")
        seen.add(each)
