"""What of a message is worth keeping, and the id it is kept under.

XEP-0313 1.1.3 §3, §6.1; hints of XEP-0334 1.0.0; ids of XEP-0359 0.7.0. Receipts (XEP-0184 1.4.0)
and displayed markers (XEP-0333 1.0.0) say something, and are passed on, copied and kept as such.
"""

from __future__ import annotations

from typing import Final

from folkmoot.engine.services import Services
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

MAM: Final = "urn:xmpp:mam:2"
FULL_TEXT: Final = "urn:xmpp:fulltext:0"
FEATURES: Final = (MAM, MAM + "#extended", FULL_TEXT)
"""What disco#info says of an address, or a node, that has an archive (XEP-0313 §7, XEP-0431 §2)."""

HINTS: Final = "urn:xmpp:hints"
STANZA_IDS: Final = "urn:xmpp:sid:0"
DELAY: Final = "urn:xmpp:delay"
CHAT_STATES: Final = "http://jabber.org/protocol/chatstates"
MARKERS: Final = "urn:xmpp:chat-markers:0"

ACCOUNT_FEATURES: Final = (*FEATURES, STANZA_IDS)
"""The same of an account, whose ids nobody else gives (XEP-0359 §5); of rooms see there."""

_PASSING: Final = frozenset({CHAT_STATES, HINTS, STANZA_IDS, DELAY})
"""Namespaces of what says nothing to somebody who reads it tomorrow."""

_NEVER_KEPT: Final = ("no-store", "no-permanent-store")


def hints(message: Element) -> frozenset[str]:
    """What the sender of a message wishes to happen to it (XEP-0334 §4)."""
    return frozenset(each.name for each in message.elements if each.ns == HINTS)


def says_something(message: Element, *besides: str) -> bool:
    """Whether a message still says something tomorrow: more than that somebody is typing.

    besides: namespaces that are not looked for either.
    """
    thread = (CLIENT, "thread")
    return any(
        each.ns not in _PASSING and each.ns not in besides and (each.ns, each.name) != thread
        for each in message.elements
    )


def is_kept(message: Element) -> bool:
    """Whether a message belongs in an archive; its sender has the last word (XEP-0334 §4)."""
    wished = hints(message)
    if not wished.isdisjoint(_NEVER_KEPT):
        return False
    return "store" in wished or says_something(message)


def stanza_id(by: str, id: str) -> Element:
    """The id under which an archive keeps a message (XEP-0359 §2.1)."""
    return Element(STANZA_IDS, "stanza-id", {"by": by, "id": id})


def given_by(child: Element) -> JID | None:
    """The address that a child of a message says it is an id by; None for anything else."""
    if child.ns != STANZA_IDS or child.name != "stanza-id":
        return None
    try:
        return JID.parse(child.get("by", ""))
    except InvalidJID:
        return None


def cleaned(message: Element, services: Services) -> Element:
    """A message of a client, without the ids that only this server gives (XEP-0359 §3).

    Those by anybody here: what is said in a room comes to accounts, which have ids of their own.
    """
    children = (
        child
        for child in message.children
        if isinstance(child, str) or (by := given_by(child)) is None or not services.here(by)
    )
    return Element(message.ns, message.name, message.attrs, *children)
