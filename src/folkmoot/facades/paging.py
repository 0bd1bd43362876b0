"""Lists in answers: as much of one as a stanza should hold, page by page (XEP-0059 1.0).

What is larger may not arrive: a server takes stanzas of a certain size from other servers, and
from its components, and ends the stream for one that is larger.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import Page, PageRequest
from folkmoot.xmpp.xml import Element, serialize

ANSWER_BYTES_MAX: Final = 180_000
"""What the entries of an answer come to, so that the stanza stays below 200 KiB; an entry that is
larger goes alone."""


def fitting(entries: Sequence[Element], *, forwards: bool = True) -> slice:
    """Which of some entries one answer holds: the first of them, or the last; one at least."""
    fits, left = 0, ANSWER_BYTES_MAX
    for each in entries if forwards else reversed(entries):
        left -= len(serialize(each, each.ns).encode())
        if fits and left < 0:
            break
        fits += 1
    return slice(0, fits) if forwards else slice(len(entries) - fits, len(entries))


def cut(
    rows: Sequence[tuple[str, Element]], asked: PageRequest | None, *, most: int | None = None
) -> tuple[Sequence[Element], tuple[Element, ...]]:
    """A page of a list: what fits into an answer, and its `<set/>`.

    There is none where nobody asks for a page and all there are fit.
    rows: the entries, in the order of the names that go with them. most: entries of a page.
    Raises StanzaError(bad-request) for a page between two names.
    """
    names = [name for name, _ in rows]
    start, end, backwards = 0, len(rows), False
    if asked is not None:
        if asked.before is not None and asked.after is not None:
            raise StanzaError("bad-request", "a page begins or ends beside a name, not both")
        if asked.index is not None:
            start = min(asked.index, end)
        elif asked.after is not None:
            start = bisect_right(names, asked.after)
        elif asked.before is not None:
            backwards = True
            end = bisect_left(names, asked.before) if asked.before else end
        most = asked.max if most is None or asked.max is None else min(asked.max, most)
    if most is not None:
        start, end = (max(start, end - most), end) if backwards else (start, min(start + most, end))
    entries = [entry for _, entry in rows[start:end]]
    part = fitting(entries, forwards=not backwards)
    shown = entries[part]
    if asked is None and len(shown) == len(rows):
        return shown, ()
    some = names[start:end][part]
    first, last, index = (some[0], some[-1], start + part.start) if some else (None, None, None)
    return shown, (Page(tuple(shown), first, last, index, len(rows)).element(),)
