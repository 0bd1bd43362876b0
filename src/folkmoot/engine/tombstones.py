"""What is left of a message that a moderator took back (XEP-0424 0.4.2 §4, XEP-0425 0.3.0 §4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine.model import Item
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.xml import Attr, Element

RETRACT: Final = "urn:xmpp:message-retract:1"
MODERATE: Final = "urn:xmpp:message-moderate:1"


def tombstone(item: Item, at: float, id: str, by: str, reason: str) -> Item:
    """The same item with nothing of what it said: id, place, time and nick are its own still.

    at: when it was taken back, in seconds since 1970. id: of the message that says so. by: the
    moderator's address in the room, "" where nobody there may know it.
    """
    moderated = Element(MODERATE, "moderated", {"by": by or None})
    attrs: dict[Attr, str | None] = {"stamp": format_date(at), "id": id}
    retracted = Element(RETRACT, "retracted", attrs, moderated)
    if reason:
        retracted.append(Element(RETRACT, "reason", None, reason))
    said = item.payload
    assert said is not None, "what is said in a room has words"
    return replace(item, payload=Element(said.ns, said.name, {"id": said.get("id")}, retracted))


def is_tombstone(item: Item) -> bool:
    """Whether a message was taken back already."""
    return item.payload is not None and item.payload.child(RETRACT, "retracted") is not None
