"""Addresses of rooms and occupants, and what of a stanza passes through a room (XEP-0045 §17)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.model import NodeId
from folkmoot.facades import hats
from folkmoot.facades.archiving import MARKERS, given_by, says_something
from folkmoot.facades.facade import Request
from folkmoot.facades.muc.ns import (
    DELAY,
    MODERATE,
    MUC,
    OCCUPANT_ID,
    OLD_MODERATE,
    RETRACT,
    USER,
)
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import XML_LANG, Attr, Element

_ROOMS_OWN: Final = frozenset({MUC, USER, OCCUPANT_ID, MODERATE, OLD_MODERATE, hats.NS})
"""What is the room's alone to say, or said to it alone (§17.3; XEP-0421 §4; XEP-0425 §5; XEP-0317
§3.1)."""


def room_asked(request: Request) -> NodeId:
    """The room a stanza is for, by the room's own address.

    Raises StanzaError: service-unavailable at the service, bad-request at an occupant.
    """
    if request.to.resource:
        raise StanzaError("bad-request", "that is for the room, not for an occupant")
    return room_of(request)


def room_of(request: Request) -> NodeId:
    """The room that a stanza is for, or an occupant of it.

    Raises StanzaError(service-unavailable) at the service itself.
    """
    if not request.to.local:
        raise StanzaError("service-unavailable", "that is for a room")
    return NodeId(request.services.rooms, request.to.local)


def room_address(room: NodeId) -> str:
    """A room's JID."""
    return f"{room.name}@{room.service}"


def room_jid(room: NodeId) -> JID:
    """The same, to be compared with others."""
    return JID(room.name, room.service.domain)


def occupant_address(room: NodeId, nick: str) -> str:
    """The JID an occupant has in a room."""
    return f"{room.name}@{room.service}/{nick}"


def passed_on(stanza: Element, room: NodeId) -> Element:
    """What of an occupant's stanza others get to see: its id, language and children.

    Children stay as they are, whatever they are: a call's (Muji, XEP-0272 0.2.0, §3) among them.

    Left out is what would be taken for the room's own words: its extended presence, its ids
    (XEP-0359 §3), delays from it (XEP-0203 §4) and its tombstones (XEP-0424 §4); also where that is
    in one of the children, such as the moderator in a retraction.
    """
    attrs: dict[Attr, str | None] = {"id": stanza.get("id"), XML_LANG: stanza.get(XML_LANG)}
    children = [_honest(child) for child in stanza.elements if not _is_rooms_own(child, room)]
    return Element(CLIENT, stanza.name, attrs, *children)


def _honest(child: Element) -> Element:
    """The same, without what is the room's to say."""
    if not any(isinstance(each, Element) and each.ns in _ROOMS_OWN for each in child.children):
        return child
    left = (each for each in child.children if isinstance(each, str) or each.ns not in _ROOMS_OWN)
    return Element(child.ns, child.name, child.attrs, *left)


def _is_rooms_own(child: Element, room: NodeId) -> bool:
    if child.ns == DELAY:
        return child.get("from") == room_address(room)
    if child.ns == RETRACT:
        return child.name == "retracted"
    return child.ns in _ROOMS_OWN or given_by(child) == room_jid(room)


def is_subject(message: Element) -> bool:
    """Whether a message sets the subject, and says nothing besides (§8.1)."""
    return message.child(CLIENT, "subject") is not None and not any(
        message.child(CLIENT, name) is not None for name in ("body", "thread")
    )


def is_replayed(message: Element | None) -> bool:
    """Whether a message is for those who come later, too (§7.2.13).

    That somebody has read something (XEP-0333) is not, or it would stand in the place of what
    there is to be read.
    """
    if message is None or is_subject(message):
        return False
    marks = any(child.ns == MARKERS for child in message.elements)
    return not marks or says_something(message, MARKERS)


def occupant_id(id: str) -> Element:
    """By what somebody is known in a room (XEP-0421 §3)."""
    return Element(OCCUPANT_ID, "occupant-id", {"id": id})


def user_element(*children: Element, codes: Iterable[int] = ()) -> Element:
    """What a room says of its own (§19.2): children, then status codes."""
    statuses = (Element(USER, "status", {"code": str(code)}) for code in codes)
    return Element(USER, "x", None, *children, *statuses)


def read_text(parent: Element, name: str) -> str:
    """The text of a child of the same namespace; "" where there is none."""
    child = parent.child(parent.ns, name)
    return "" if child is None else child.text
