"""The audit trail of a space, for its owners, page by page (docs/extensions/audit.md, version 0.1).

Paged with XEP-0059 1.0; newest first, so a page after a row is what was before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.space_events import Audited
from folkmoot.engine.store import AuditQuery
from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.paging import fitting
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.reading import node_named
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import Page, PageRequest, read_set
from folkmoot.xmpp.xml import Element

NS: Final = "urn:folkmoot:audit:0"

ROWS_PER_PAGE_MAX: Final = 100
"""How many rows one answer has, whatever was asked for."""

_NUMBER_MAX: Final = 2**63 - 1


async def audit(request: Request) -> Iterable[Element]:
    """Who changed what, when, newest first."""
    node = node_named(request)
    asked = read_set(request.payload) or PageRequest()
    page = await request.engine.audit(request.actor, _query(AuditQuery(node=node), asked))
    entries = [_row(*row) for row in page.rows]
    part = fitting(entries, forwards=asked.before is None)
    told = Element(NS, "audit", {"node": node.name}, *entries[part])
    rows = page.rows[part]
    first, last = (str(rows[0][0]), str(rows[-1][0])) if rows else (None, None)
    told.append(Page(rows, first, last, page.index + part.start, page.count).element())
    return (told,)


def _query(query: AuditQuery, asked: PageRequest) -> AuditQuery:
    if asked.index is not None:
        raise StanzaError("feature-not-implemented", "a page begins beside a row")
    return AuditQuery(
        node=query.node,
        after=_number(asked.after),
        before=_number(asked.before),
        oldest=asked.before is not None,
        limit=ROWS_PER_PAGE_MAX if asked.max is None else min(asked.max, ROWS_PER_PAGE_MAX),
    )


def _number(text: str | None) -> int:
    """The number of a row; 0 for none. Raises StanzaError item-not-found (XEP-0059 §2.2)."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < len(str(_NUMBER_MAX))):
        raise StanzaError("item-not-found", "there is no such row")
    return int(text)


def _row(number: int, row: Audited) -> Element:
    told = Element(
        NS,
        "row",
        {
            "id": str(number),
            "by": str(row.by),
            "at": format_date(row.at),
            "what": row.matter.value,
            "of": row.subject,
        },
    )
    for name, value in (("before", row.before), ("after", row.after)):
        if value:
            told.append(Element(NS, name, None, value))
    return told


FACADE: Final = Facade("audit", (Route("iq", "get", (NS, "audit"), audit),), ERRORS)

FEATURES: Final = (NS,)
