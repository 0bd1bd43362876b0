"""Which of several subscriptions a notification is for: XEP-0131 1.2, as XEP-0060 §12.16 has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.facades import disco
from folkmoot.xmpp.stanza import CLIENT, Wording
from folkmoot.xmpp.xml import Element, serialize

SHIM: Final = "http://jabber.org/protocol/shim"
SUBID: Final = "SubID"

_END: Final = b"</message>"


def noted(wording: Wording, subids: Iterable[str]) -> Wording:
    """A message with its headers, which are the last of it (XEP-0060 §7.1.2.4, Example 104).

    What is the same for all is serialised once, whatever the subids of each.
    """
    said = (Element(SHIM, "header", {"name": SUBID}, subid) for subid in subids)
    headers = serialize(Element(SHIM, "headers", None, *said), CLIENT).encode()
    return wording._replace(tail=wording.tail.removesuffix(_END) + headers + _END)


def headers_info(node: str) -> Element | None:
    """The headers there are, at the node for them (§3.2); None of any other node."""
    if node != SHIM:
        return None
    identity = disco.Identity("pubsub", "service")
    return disco.info(node, (identity,), (SHIM, f"{SHIM}#{SUBID}"))
