"""Copies of one-to-one messages for an account's other devices: Message Carbons, XEP-0280 1.0.1.

Which streams asked for copies is for the router to remember, and who has a message already for
delivery to say; here is which messages are copied, and how a copy is worded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.facades.archiving import CHAT_STATES, hints
from folkmoot.facades.facade import Errors, Facade, Outgoing, Reach, Request, Route
from folkmoot.facades.forwarding import forwarded
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, Wording, wording
from folkmoot.xmpp.xml import Element

NS: Final = "urn:xmpp:carbons:2"
FEATURES: Final = (NS,)
"""`urn:xmpp:carbons:rules:0` is not among them: an error of this server's own, for an address that
is nowhere, is for the device that wrote there (§6.1, §6.2)."""

_OF_ROOMS: Final = "http://jabber.org/protocol/muc#user"

_TALK: Final = frozenset(
    {CHAT_STATES, "urn:xmpp:receipts", "urn:xmpp:chat-markers:0", "jabber:x:conference"}
)
"""Namespaces of what belongs to a conversation without a body, direct invitations among it."""


async def switch(request: Request) -> Iterable[Element]:
    """Ask for copies, or no longer (§4, §5); as often as one likes (§10.1)."""
    if request.to != request.actor.bare:
        raise StanzaError("not-allowed", "copies are of one's own messages")
    return ()


def is_copied(message: Element) -> bool:
    """Whether a message is one that all devices should have (§6.1)."""
    if message.child(NS, "private") is not None or _is_pinned(message):
        return False
    type = message.get("type", "normal")
    if type == "chat":
        return True
    if type in ("groupchat", "headline"):
        return False
    said = message.child(CLIENT, "body") is not None  # an error holds what it is about
    return said or any(each.ns in _TALK or is_invitation(each) for each in message.elements)


def is_invitation(child: Element) -> bool:
    """Whether somebody is invited, through a room, by what is in a message (XEP-0045 §7.8.2)."""
    return child.ns == _OF_ROOMS and child.child(_OF_ROOMS, "invite") is not None


def is_whisper(message: Element) -> bool:
    """Whether it comes from an occupant: their room gives it to all devices it has (§6.1)."""
    found = message.child(_OF_ROOMS, "x")
    return found is not None and not is_invitation(found)


def _is_pinned(message: Element) -> bool:
    """Whether its sender wants it at one device alone (XEP-0334 §4.3)."""
    return "/" in message.get("to", "") and "no-copy" in hints(message)


def sent(message: Element, sender: JID, to: JID) -> Outgoing:
    """What an account's other devices hear of a message that one of them sent (§8)."""
    return _copy("sent", message, sender.bare, frozenset({sender, to}))


def received(message: Element, to: JID) -> Outgoing:
    """What an account's devices hear of a message that came for others of them (§7)."""
    return _copy("received", message, to.bare, frozenset({to}))


def shared(message: Element, account: JID, devices: tuple[JID, ...]) -> Outgoing:
    """A copy of what one device sent, for others that are where it is: in a room (§6.1)."""
    return Outgoing(_wrapped("sent", message, account), devices, Reach.COPIED)


def _copy(way: str, message: Element, account: JID, but: frozenset[JID]) -> Outgoing:
    return Outgoing(_wrapped(way, message, account), (account,), Reach.COPIED, but=but)


def _wrapped(way: str, message: Element, account: JID) -> Wording:
    attrs = {"from": str(account), "type": message.get("type")}
    return wording(Element(CLIENT, "message", attrs, Element(NS, way, None, forwarded(message))))


def facade(errors: Errors) -> Facade:
    """What an account asks its own server for."""
    return Facade(
        "carbons",
        (
            Route("iq", "set", (NS, "enable"), switch),
            Route("iq", "set", (NS, "disable"), switch),
        ),
        errors,
    )
