"""Private XML storage: XEP-0049 1.2.

What is stored under a namespace is the item `current` of the account's node of that name, which is
for its owner alone; so a client that finds it there and one that asks for it here see the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.commands import Entry
from folkmoot.engine.model import KEPT_BY_SERVER, NodeId
from folkmoot.facades import bookmarks
from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.personal import CURRENT, ERRORS, PRIVATE, is_own, keep, named, private
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element, serialize

NS: Final = "jabber:iq:private"
FEATURES: Final = (NS,)

PRIVATE_BYTES_MAX: Final = 131_072
"""The most that is stored under one namespace, in bytes of XML."""

_RESERVED: Final = ("jabber:", "http://jabber.org/")
_OTHERS: Final = KEPT_BY_SERVER | {"", "vcard-temp", bookmarks.NODE}
"""Names of nodes whose items have a meaning of their own, or a protocol of their own (§2.3)."""


async def retrieve(request: Request) -> Iterable[Element]:
    """What is stored under the namespace of the element inside, else that element, empty (§2.3)."""
    _hold_own(request)
    asked = request.payload.elements
    if len(asked) != 1:
        raise StanzaError("bad-request", "one element is asked for at a time")
    name = _named(asked)
    if name == bookmarks.OLD:
        return (Element(NS, "query", None, await bookmarks.retrieve(request)),)
    item = await request.ask(named, request.actor, NodeId(request.actor.bare, name), CURRENT)
    stored = None if item is None else item.payload
    if stored is None or stored.ns not in (name, NS):
        return (Element(NS, "query", None, Element(name, asked[0].name)),)
    return (stored if stored.ns == NS else Element(NS, "query", None, stored),)


async def store(request: Request) -> Iterable[Element]:
    """Store what is inside, in place of what was stored under its namespace (§2.3)."""
    _hold_own(request)
    elements = request.payload.elements
    if not elements:
        raise StanzaError("not-acceptable", "there is nothing to store")
    name = _named(elements)
    if sum(len(serialize(each).encode()) for each in elements) > PRIVATE_BYTES_MAX:
        raise StanzaError("policy-violation", f"longer than {PRIVATE_BYTES_MAX} bytes")
    if name == bookmarks.OLD:
        if len(elements) > 1:
            raise StanzaError("not-acceptable", "there is one list of bookmarks")
        await bookmarks.store(request, elements[0])
        return ()
    whole = elements[0] if len(elements) == 1 else Element(NS, "query", None, *elements)
    await request.ask(private, request.actor.bare, name, whole)
    await keep(request, name, (Entry(id=CURRENT, payload=whole),), PRIVATE)
    return ()


def _hold_own(request: Request) -> None:
    if not is_own(request):
        raise StanzaError("forbidden", "the private data of another account")


def _named(elements: list[Element]) -> str:
    """The one namespace of the elements; raises StanzaError not-acceptable."""
    name = elements[0].ns
    if any(each.ns != name for each in elements):
        raise StanzaError("not-acceptable", "one namespace at a time")
    if name in _OTHERS or name.startswith(_RESERVED):
        raise StanzaError("not-acceptable", "this namespace is reserved")
    return name


FACADE: Final = Facade(
    "private storage",
    (
        Route("iq", "get", (NS, "query"), retrieve, feature=NS),
        Route("iq", "set", (NS, "query"), store, feature=NS),
    ),
    ERRORS,
)
