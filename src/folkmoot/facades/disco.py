"""Service discovery: XEP-0030 2.5.0, with the forms of XEP-0128 1.0.1.

What is at an address differs, how it is asked and said does not: a place says what it is with
`facade`, and its own facade adds what its nodes are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from folkmoot.facades.facade import Errors, Facade, Request, Route
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Form
from folkmoot.xmpp.xml import Element

INFO: Final = "http://jabber.org/protocol/disco#info"
ITEMS: Final = "http://jabber.org/protocol/disco#items"


@dataclass(frozen=True, slots=True)
class Identity:
    """What something is (XEP-0030 §3.1)."""

    category: str
    type: str
    name: str = ""


def info(
    node: str, identities: Iterable[Identity], features: Iterable[str], forms: Iterable[Form] = ()
) -> Element:
    """A disco#info answer; features are told once each, in order."""
    query = Element(INFO, "query", {"node": node or None})
    for identity in identities:
        attrs = {
            "category": identity.category,
            "type": identity.type,
            "name": identity.name or None,
        }
        query.append(Element(INFO, "identity", attrs))
    for feature in sorted(set(features)):
        query.append(Element(INFO, "feature", {"var": feature}))
    for form in forms:
        query.append(form.element())
    return query


def items(node: str, jids: Sequence[tuple[str, str]]) -> Element:
    """A disco#items answer of addresses, each with a name."""
    told = (Element(ITEMS, "item", {"jid": jid, "name": name or None}) for jid, name in jids)
    return Element(ITEMS, "query", {"node": node or None}, *told)


def told_features(query: Element) -> frozenset[str]:
    """The features in somebody's disco#info answer."""
    return frozenset(each.get("var", "") for each in query.childs(INFO, "feature"))


Asked = Callable[[Request], Awaitable[Iterable[Element]]]
Of = Callable[[Request, str], Awaitable[Iterable[Element]]]


def facade(
    identities: tuple[Identity, ...],
    features: tuple[str, ...],
    listed: Asked,
    errors: Errors,
    *,
    node_info: Of | None = None,
    node_items: Of | None = None,
) -> Facade:
    """The discovery of one place.

    listed: its disco#items. node_info, node_items: of a node; without them there is none.
    """

    async def answer_info(request: Request) -> Iterable[Element]:
        node = request.payload.get("node")
        if not node:
            return (info("", identities, (*features, INFO, ITEMS)),)
        return await _of(node_info, request, node)

    async def answer_items(request: Request) -> Iterable[Element]:
        node = request.payload.get("node")
        return await (_of(node_items, request, node) if node else listed(request))

    return Facade(
        "disco",
        (
            Route("iq", "get", (INFO, "query"), answer_info),
            Route("iq", "get", (ITEMS, "query"), answer_items),
        ),
        errors,
    )


async def _of(answer: Of | None, request: Request, node: str) -> Iterable[Element]:
    if answer is None:
        raise StanzaError("item-not-found", "there is no such node")
    return await answer(request, node)
