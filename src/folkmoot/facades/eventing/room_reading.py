"""What a request to the rooms service is about: XEP-0207 1.0, §5; XEP-0060 1.30.0, §6.

Which room a node is, whose stream is its occupant, which options there are, and what is said.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

from folkmoot.engine.model import NodeId
from folkmoot.facades.facade import Request
from folkmoot.facades.muc import occupant
from folkmoot.facades.muc.ns import MUC
from folkmoot.facades.pubsub.conditions import bad
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.ns import PUBSUB, SUBSCRIBE_OPTIONS
from folkmoot.facades.pubsub.reading import jid_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

NICK: Final = "roomnick"
"""The option of a subscription that is the nick (Listing 13)."""

PASSWORD: Final = "roompassword"
"""The option that opens a room that has a password."""

HISTORY: Final = ("maxchars", "maxstanzas", "seconds", "since")
"""The options that bound what is told of what was said before (XEP-0045 §7.2.14)."""

TO_ENTER: Final = (NICK, PASSWORD, *HISTORY)

_TYPES: Final = {"message": (None, "groupchat"), "presence": (None,)}
"""What may be published to a room, and of which type."""


def hold_service(request: Request) -> None:
    """Nothing, where a request is to the service. Raises StanzaError service-unavailable."""
    if request.to.local:
        raise StanzaError("service-unavailable", "rooms are nodes of the service")


def room_named(request: Request) -> JID:
    """The address of the room whose node is named.

    Raises StanzaError: service-unavailable at a room itself, nodeid-required, item-not-found where
    no room can have such a name.
    """
    hold_service(request)
    return room_of(request, request.payload.get("node"))


def room_of(request: Request, name: str | None) -> JID:
    """The same of a name. Raises StanzaError nodeid-required, item-not-found."""
    if not name:
        raise bad("nodeid-required")
    service = request.services.rooms
    try:
        room = JID.parse(f"{name}@{service}")
    except InvalidJID as error:
        raise StanzaError("item-not-found", f"no room has this name: {error}") from error
    if room.domain != service.domain or room.resource:
        raise StanzaError("item-not-found", "no room has this name")
    return room


def node_of(room: JID) -> NodeId:
    """The node that a room is."""
    return NodeId(JID.parse(room.domain), room.local)


def hold_device(request: Request) -> None:
    """Nothing, where somebody asks for the very stream they ask on, which an occupant is."""
    if jid_named(request.payload) != request.actor:
        raise bad("invalid-jid", f"an occupant is a full JID, and yours is {request.actor}")


def options_with(request: Request) -> Element | None:
    """The options that go with a request; Listing 13 has them name node and JID once more."""
    outer = request.stanza.first
    found = None if outer is None else outer.child(PUBSUB, "options")
    if found is not None:
        for attr in ("node", "jid"):
            mine = request.payload.get(attr)
            if found.get(attr) not in (None, mine):
                raise StanzaError("bad-request", "the options are of another subscription")
    return found


def read_options(options: Element | None, offered: Container[str]) -> dict[str, str]:
    """The options that a form asks for. Raises StanzaError invalid-options."""
    form = read_form(options)
    if form is None:
        raise bad("invalid-options", "a data form is missing")
    if form.type != "submit" or form.form_type not in (None, SUBSCRIBE_OPTIONS):
        raise bad("invalid-options", "options are submitted")
    for field in form.fields:
        if field.var not in offered:
            raise bad("invalid-options", f"{field.var} is not offered here")
    return {field.var: field.value or "" for field in form.fields}


def entry(options: Mapping[str, str]) -> Element:
    """What goes with the presence one enters by. Raises StanzaError invalid-options."""
    x = Element(MUC, "x")
    if options.get(PASSWORD):
        x.append(Element(MUC, "password", None, options[PASSWORD]))
    bounds = {name: options[name] for name in HISTORY if name in options}
    if bounds:
        x.append(Element(MUC, "history", bounds))
    try:
        occupant.read_recall(x)
    except StanzaError as error:
        raise bad("invalid-options", error.text) from error
    return x


def said_in(item: Element, actor: JID, room: JID) -> Element:
    """The stanza in an item that is for a room. Raises StanzaError invalid-payload."""
    found = item.elements
    if len(found) != 1 or found[0].ns != CLIENT or found[0].name not in _TYPES:
        raise bad("invalid-payload", "a room holds messages, and who is there")
    said = found[0]
    if said.get("type") not in _TYPES[said.name]:
        raise bad("invalid-payload", "that is nothing one says to all")
    if said.get("from", str(actor)) != str(actor):
        raise bad("invalid-payload", f"this is from {actor}")
    if said.get("to", str(room)) != str(room):
        raise bad("invalid-payload", f"this is to {room}")
    return said
