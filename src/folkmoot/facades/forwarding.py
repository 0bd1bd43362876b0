"""One message inside another: Stanza Forwarding, XEP-0297 1.0; with its time by XEP-0203 2.0."""

from __future__ import annotations

from typing import Final

from folkmoot.facades.archiving import DELAY
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.xml import Element

FORWARD: Final = "urn:xmpp:forward:0"


def forwarded(message: Element, at: float | None = None) -> Element:
    """A message to be passed on as it is. at: when it was sent, None where that is now."""
    told = Element(FORWARD, "forwarded")
    if at is not None:
        told.append(Element(DELAY, "delay", {"stamp": format_date(at)}))
    told.append(message)
    return told
