"""Words for clients that know no payload: XEP-0060 1.30.0, §16.4.2, `pubsub#include_body`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.model import Item
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

ATOM: Final = "http://www.w3.org/2005/Atom"
BODY_CHARS_MAX: Final = 1_000
"""The longest body; the payload beside it has the whole."""

_SAID: Final = ("title", "summary", "content")


def body_element(config: NodeConfig, items: Iterable[Item], node: str) -> Element:
    """What items say, each after the other; what more than one of them says is there once."""
    text = "\n".join(dict.fromkeys(_words(config, item, node) for item in items))
    return Element(CLIENT, "body", None, text[:BODY_CHARS_MAX])


def _words(config: NodeConfig, item: Item, node: str) -> str:
    """What an item says, where it is an entry of a feed; else where there is something new."""
    entry = item.payload
    said = [] if entry is None or entry.ns != ATOM else [entry.child(ATOM, each) for each in _SAID]
    lines = [each.text.strip() for each in said if each is not None and each.text.strip()]
    return "\n".join(lines) or f"New in {config.title or node}"
