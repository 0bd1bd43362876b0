"""Items in another order than that of publication: XEP-0413 0.2.1, Order-By."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from folkmoot.engine.store import Edge, ItemPage, ItemQuery, Order
from folkmoot.facades.pubsub.ns import PUBSUB
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import read_boolean
from folkmoot.xmpp.xml import Element

NS: Final = "urn:xmpp:order-by:1"

FEATURES: Final = (NS, f"{NS}@{PUBSUB}")
"""That there is such a thing here, and of which protocol's lists (§6)."""

_FIELDS: Final = {order.value: order for order in Order}
_OTHER_EDGE: Final = {Edge.OLDEST: Edge.NEWEST, Edge.NEWEST: Edge.OLDEST}


@dataclass(frozen=True, slots=True)
class Ordering:
    """The order a list is wanted in. descending: from its end (§4.4)."""

    by: Order
    descending: bool

    def query(self, query: ItemQuery) -> ItemQuery:
        """A query for a page of the list in this order."""
        query = replace(query, order=self.by)
        if not self.descending:
            return query
        return replace(query, edge=_OTHER_EDGE[query.edge], after=query.before, before=query.after)

    def page(self, page: ItemPage) -> ItemPage:
        """What the answer to such a query is in this order."""
        if not self.descending:
            return page
        index = page.count - page.index - len(page.items) if page.items else 0
        return replace(page, items=page.items[::-1], index=index)


def read_ordering(outer: Element) -> Ordering | None:
    """The order that a request asks for beside its list; None where it names none.

    No two items stand in one place of either order, so that the first decides, and of the others
    only is known that they could be followed (§7). Raises StanzaError: bad-request without a field
    or for a direction that is none; feature-not-implemented for a field that is not known here.
    """
    read = [_read(element) for element in outer.childs(NS, "order")]
    return read[0] if read else None


def _read(element: Element) -> Ordering:
    by = element.get("by")
    if not by:
        raise StanzaError("bad-request", "by which field to order is not said")
    if by not in _FIELDS:
        raise StanzaError("feature-not-implemented", f"items are not ordered by {by}")
    try:
        descending = read_boolean(element.get("desc", "false"))
    except StanzaError as error:
        raise StanzaError("bad-request", "desc: true or false") from error
    return Ordering(_FIELDS[by], descending)
