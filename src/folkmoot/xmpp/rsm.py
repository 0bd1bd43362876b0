"""Result set management: XEP-0059 1.0."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError

RSM = "http://jabber.org/protocol/rsm"

NUMBER_MAX = 2_147_483_647
"""The largest `xs:int`, which is what the schema (§8) lets a number be."""

_NUMBER = re.compile(r"\+?0*([0-9]{1,10})")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a result set is wanted.

    max: how many items at most, 0 to be told the count alone (§2.7), None where not limited.
    after: the id of the item before the page (§2.2); None is the beginning.
    before: the id of the item after the page (§2.3); "" asks for the last page (§2.5).
    index: where in the whole set the page begins, from 0 (§2.6).
    """

    max: int | None = None
    after: str | None = None
    before: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One part of a result set.

    first, last: the ids of its first and last item, None where it is empty.
    index: where in the whole set it begins, from 0; None where unknown.
    count: how many items the whole set has; None where unknown.
    """

    items: tuple[T, ...]
    first: str | None = None
    last: str | None = None
    index: int | None = None
    count: int | None = None

    def element(self) -> Element:
        """The `<set/>` that goes with the items (§2.2)."""
        page = Element(RSM, "set")
        if self.first is not None:
            index = None if self.index is None else str(self.index)
            page.append(Element(RSM, "first", {"index": index}, self.first))
        if self.last is not None:
            page.append(Element(RSM, "last", None, self.last))
        if self.count is not None:
            page.append(Element(RSM, "count", None, str(self.count)))
        return page


def read_set(parent: Element) -> PageRequest | None:
    """The page that a request's `<set/>` asks for, None where it has none.

    An empty `<after/>` is the beginning. Raises StanzaError bad-request for a `<max/>` or an
    `<index/>` that is no number from 0 to NUMBER_MAX.
    """
    asked = parent.child(RSM, "set")
    if asked is None:
        return None
    return PageRequest(
        max=_read_number(asked, "max"),
        after=_read_text(asked, "after") or None,
        before=_read_text(asked, "before"),
        index=_read_number(asked, "index"),
    )


def _read_text(asked: Element, name: str) -> str | None:
    child = asked.child(RSM, name)
    return None if child is None else child.text


def _read_number(asked: Element, name: str) -> int | None:
    text = _read_text(asked, name)
    if text is None:
        return None
    digits = _NUMBER.fullmatch(text.strip())
    if digits is None or int(digits[1]) > NUMBER_MAX:
        raise StanzaError("bad-request", f"not a number for <{name}/>")
    return int(digits[1])
