"""Spaces: XEP-0503 0.3.0. What makes a node a space, what its items list, and whose room is whose.

A space is a pubsub node, and all that is done with it is XEP-0060; here is only what the items of
one mean, and how an entity says which space it is in (§5.5).
"""

from __future__ import annotations

from operator import is_
from typing import Final

from folkmoot.engine.model import NodeId, room_abroad
from folkmoot.engine.services import Services
from folkmoot.facades.form_table import node_uri
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element

NS: Final = "urn:xmpp:spaces:0"
BOOKMARKS: Final = "urn:xmpp:bookmarks:1"
INVITE: Final = "urn:folkmoot:invite:0"
SUBSCRIPTION: Final = "urn:xmpp:pubsub:subscription:0"
NOTIFICATION_SETTINGS: Final = "urn:xmpp:notification-settings:"
AUDIO_ROOM: Final = ("{https://movim.eu}bookmarks-conference-call", "conference-call")

TOKEN_CHARS_MAX: Final = 256
"""The longest token that is looked at; ours are shorter."""

_KINDS: Final = ((BOOKMARKS, "conference"), (SUBSCRIPTION, "subscription"))


def listed(item_id: str, payload: Element | None, services: Services) -> NodeId | None:
    """The node that an item puts on a space's list (§5.4): a room or another node, else None.

    A room is `<conference/>` (XEP-0402), its JID the item's id; a node is `<subscription/>`
    (XEP-0330). An item whose words make no sense lists nothing, and is kept as it is.
    """
    if payload is None:
        return None
    try:
        if (payload.ns, payload.name) == (BOOKMARKS, "conference"):
            room = JID.parse(item_id)
            if not room.local or not room.is_bare:
                return None
            if room.domain == services.rooms.domain:
                return NodeId(services.rooms, room.local)
            if room.domain not in (services.domain.domain, services.pubsub.domain):
                return room_abroad(room)
        elif (payload.ns, payload.name) == (SUBSCRIPTION, "subscription"):
            node = payload.get("node")
            if node:
                return NodeId(JID.parse(payload.get("server", "")).bare, node)
    except InvalidJID:
        return None
    return None


def shared(payload: Element | None) -> Element | None:
    """An item as everybody in a space may have it: less what is its editor's own.

    Clients keep the item of a space and their own bookmark in one, and publish both: their nick
    and how loud a room is to be (XEP-0492) would be everybody's. What they say of the room stays,
    a password too, which is the room's. Movim writes its mark of audio rooms once for each edit.
    Nothing else is touched; the very same element where there is nothing to leave out.
    """
    if payload is None or (payload.ns, payload.name) not in _KINDS:
        return payload
    children: list[Element | str] = []
    for child in payload.children:
        if isinstance(child, Element):
            if child.name == "nick" and child.ns == payload.ns == BOOKMARKS:
                continue
            if child.name == "extensions" and child.ns == payload.ns:
                child = _shared_extensions(child)
        children.append(child)
    return _with(payload, children)


def _shared_extensions(extensions: Element) -> Element:
    children: list[Element | str] = []
    for child in extensions.children:
        if isinstance(child, Element):
            if child.name == "notify" and child.ns.startswith(NOTIFICATION_SETTINGS):
                continue
            if (child.ns, child.name) == AUDIO_ROOM and child in children:
                continue
        children.append(child)
    return _with(extensions, children)


def _with(element: Element, children: list[Element | str]) -> Element:
    same = len(children) == len(element.children) and all(map(is_, children, element.children))
    return element if same else Element(element.ns, element.name, element.attrs, *children)


def read_invite(subscription: Element) -> str:
    """The token that goes with a `<subscribe/>`; "" where there is none worth looking at."""
    found = subscription.child(INVITE, "invite")
    token = "" if found is None else found.get("token", "")
    return token if len(token) <= TOKEN_CHARS_MAX else ""


def membership(chain: tuple[NodeId, ...]) -> tuple[Form, ...]:
    """How disco#info says which space an entity is in (§5.5): once both halves agree.

    chain: the entity's node and those it is in; without a second one there is nothing to say.
    """
    if len(chain) < 2:
        return ()
    parent = Field("parent", values=(node_uri(chain[1]),), label="Space parent")
    return (Form("result", NS, (parent,)),)
