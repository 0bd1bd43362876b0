"""Stanzas laid out for a narrow column, where several stand side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Final
from xml.sax.saxutils import escape

from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, serialize

_BEFORE_ATTRIBUTE: Final = re.compile(r" (?=[^\s=<>]+=')")
"""Where a tag may be broken; within the quotes there is no quote, but its reference."""


def fitted(stanza: Element, width: int) -> Iterator[str]:
    """The lines of a stanza in which all is of one namespace, none longer than it has to be.

    What is alone in something shares its line; a tag that is too long goes on in the next line,
    between two attributes.
    """
    return _fitted(stanza, "", width)


def _fitted(element: Element, indent: str, width: int) -> Iterator[str]:
    whole = indent + serialize(element, CLIENT)
    if len(whole) <= width:
        yield whole
        return
    if not element.children:
        yield from _broken(whole.strip(), indent, width)
        return
    chain, opening, closing = [element], _tag(element), f"</{element.name}>"
    while (inner := _alone(chain[-1])) is not None:
        longer, end = opening + _tag(inner), f"</{inner.name}>{closing}"
        if len(indent) + max(len(longer), len(end)) > width:
            break
        chain, opening, closing = [*chain, inner], longer, end
    yield from _broken(opening, indent, width)
    inside = f"{indent}  "
    for child in chain[-1].children:
        if isinstance(child, Element):
            yield from _fitted(child, inside, width)
        elif child.strip():
            yield from (_placed(line, inside, width) for line in wrap(escape(child), width))
    yield _placed(closing, indent, width)


def _tag(element: Element) -> str:
    bare = serialize(Element(element.ns, element.name, element.attrs), CLIENT)
    return f"{bare.removesuffix('/>')}>"


def _alone(element: Element) -> Element | None:
    """What is the only thing in an element, where elements are in it in turn."""
    inner = element.first
    return inner if len(element.children) == 1 and inner is not None and inner.first else None


def _broken(tag: str, indent: str, width: int) -> Iterator[str]:
    name, *attributes = _BEFORE_ATTRIBUTE.split(tag)
    line = _placed(name, indent, width)
    for part in attributes:
        if len(line) + 1 + len(part) <= width:
            line = f"{line} {part}"
        else:
            yield line
            line = _placed(part, f"{indent}    ", width)
    yield line


def _placed(text: str, indent: str, width: int) -> str:
    """A line as far in as it should be, or as there is room for it."""
    return indent[: max(width - len(text), 0)] + text
