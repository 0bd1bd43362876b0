"""Namespace delegation: XEP-0355 0.5. What another server has us answer for its accounts.

In both of its namespaces: ejabberd still speaks the one from before 0.5, Prosody's module that of
0.5. Their stanzas differ in nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from folkmoot.facades import disco, pubsub
from folkmoot.facades.facade import Request
from folkmoot.facades.forwarding import FORWARD, forwarded
from folkmoot.facades.pep import IDENTITY
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.stanza import CLIENT, error_reply, reply
from folkmoot.xmpp.xml import Element

VERSIONS: Final = ("urn:xmpp:delegation:1", "urn:xmpp:delegation:2")
FEATURES: Final = (VERSIONS[-1],)

INFO_OF_NODES: Final = f"{VERSIONS[-1]}:bare:disco#info:*"
ITEMS_OF_ACCOUNTS: Final = f"{VERSIONS[-1]}:bare:disco#items:*"
"""What is said for discovery that is not the server's own to answer (§7.2.4, §7.2.5)."""

SERVED: Final = {
    PUBSUB: frozenset({PUBSUB}),
    OWNER: frozenset({OWNER}),
    disco.INFO: frozenset({disco.INFO, INFO_OF_NODES}),
    disco.ITEMS: frozenset({disco.ITEMS, ITEMS_OF_ACCOUNTS}),
}
"""The namespaces of iqs that are answered, and by which words of a server they are delegated."""

BESIDE_PUBSUB: Final = ("urn:xmpp:bookmarks:1#compat-pep",)
"""What an account has besides XEP-0060: the old list of bookmarks (XEP-0402 1.2.0, §5.3)."""

_NESTING: Final = re.compile(r"urn:xmpp:delegation:[12]:(bare)?:(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """An iq that a server hands on. version: the namespace it is handed on in."""

    version: str
    iq: Element


def read_delegated(message: Element) -> frozenset[str] | None:
    """The namespaces a server says it delegates (§4.2); None where it says nothing of that."""
    found = _delegation(message)
    if message.name != "message" or found is None:
        return None
    return frozenset(each.get("namespace", "") for each in found.childs(found.ns, "delegated"))


def read_forwarded(iq: Element) -> Forwarded | None:
    """What a server hands on for an answer (§4.3); None where that is not what the stanza is.

    Raises StanzaError bad-request where it is that, but with no iq that asks for an answer in it.
    """
    found = _delegation(iq)
    if iq.name != "iq" or iq.get("type") != "set" or found is None:
        return None
    outer = found.child(FORWARD, "forwarded")
    inner = None if outer is None else outer.child(CLIENT, "iq")
    if inner is None or inner.get("type") not in ("get", "set") or len(inner.elements) != 1:
        raise StanzaError("bad-request", "what is delegated is one iq that asks for something")
    return Forwarded(found.ns, inner)


def _delegation(stanza: Element) -> Element | None:
    found = (stanza.child(version, "delegation") for version in VERSIONS)
    return next((each for each in found if each is not None), None)


def answered(asked: Element, version: str, answer: Element) -> Element:
    """The answer to what was handed on with the iq `asked` (§4.3): a result, whichever it is."""
    return reply(asked, Element(version, "delegation", None, forwarded(answer)))


def refused(asked: Element, found: Forwarded, error: StanzaError) -> Element:
    """That it is refused: in a result, for an error outside ejabberd tells nobody."""
    return answered(asked, found.version, error_reply(found.iq, error))


def nested(node: str) -> Element | None:
    """What a server is to say of itself, or of every account, for a namespace (§7.2.1, §7.2.2).

    None: of this node nothing is known here. What is told stands with the namespace of XEP-0060
    alone, since servers put together what they are told.
    """
    match = _NESTING.fullmatch(node)
    if match is None or match[2] not in SERVED:
        return None
    if match[2] != PUBSUB:
        return disco.info(node, (), ())
    beside = BESIDE_PUBSUB if match[1] else ()
    return disco.info(node, (IDENTITY,), (*pubsub.ACCOUNT_FEATURES, *beside))


def beside(otherwise: disco.Of) -> disco.Of:
    """What is found out of nodes, these among them."""

    async def node_info(request: Request, node: str) -> Iterable[Element]:
        told = nested(node)
        return await otherwise(request, node) if told is None else (told,)

    return node_info
