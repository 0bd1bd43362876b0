"""XML elements, their one builder and the serializer: RFC 6120 §4.8, §8.4, §11.

XML 1.0 (fifth edition), Namespaces in XML 1.0 (third edition).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol, overload

XML_NS = "http://www.w3.org/XML/1998/namespace"
XML_LANG = (XML_NS, "lang")

Attr = str | tuple[str, str]
"""An attribute's name: as it is when in no namespace, else namespace and local name."""


class Attributes(Protocol):
    """What the builder takes attributes from: any mapping of their names to values or None."""

    def items(self) -> Iterable[tuple[Attr, str | None]]: ...


class Element:
    """An XML element: namespace, local name, attributes, children (elements and text).

    Mutable while it is built, and treated as immutable once handed on. Two elements are equal
    when they say the same XML: the order of attributes and the cutting of text do not matter.
    """

    __slots__ = ("attrs", "children", "name", "ns")

    ns: str
    name: str
    attrs: dict[Attr, str]
    children: list[Element | str]

    def __init__(
        self,
        ns: str,
        name: str,
        attrs: Attributes | None = None,
        *children: Element | str,
    ) -> None:
        """The one builder; an attribute whose value is None is left out."""
        self.ns = ns
        self.name = name
        given = () if attrs is None else attrs.items()
        self.attrs = {attr: value for attr, value in given if value is not None}
        self.children = list(children)

    @overload
    def get(self, attr: Attr) -> str | None: ...
    @overload
    def get(self, attr: Attr, default: str) -> str: ...
    def get(self, attr: Attr, default: str | None = None) -> str | None:
        """An attribute's value, `default` where it is absent."""
        return self.attrs.get(attr, default)

    def child(self, ns: str, name: str) -> Element | None:
        """The first child element so named."""
        for child in self.children:
            if isinstance(child, Element) and child.name == name and child.ns == ns:
                return child
        return None

    def childs(self, ns: str, name: str) -> list[Element]:
        """All child elements so named, in order."""
        return [child for child in self.elements if child.name == name and child.ns == ns]

    @property
    def elements(self) -> list[Element]:
        """The child elements in order, text left out."""
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def first(self) -> Element | None:
        """The first child element."""
        for child in self.children:
            if isinstance(child, Element):
                return child
        return None

    @property
    def text(self) -> str:
        """The element's own text, that of its child elements left out."""
        return "".join([child for child in self.children if isinstance(child, str)])

    def append(self, child: Element | str) -> None:
        """Add a child after the others."""
        self.children.append(child)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return (
            self.name == other.name
            and self.ns == other.ns
            and self.attrs == other.attrs
            and _merged(self.children) == _merged(other.children)
        )

    def __repr__(self) -> str:
        return serialize(self)


def _merged(children: list[Element | str]) -> list[Element | str]:
    """The same children, adjacent text joined and empty text dropped."""
    merged: list[Element | str] = []
    for child in children:
        if isinstance(child, Element):
            merged.append(child)
        elif merged and isinstance(merged[-1], str):
            merged[-1] += child
        elif child:
            merged.append(child)
    return merged


_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_VALUE = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "'": "&apos;",
        '"': "&quot;",
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)
_IN_TEXT = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_VALUE = re.compile("[&<>'\"\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape_text(text: str) -> str:
    """Text as it stands between tags; ValueError on a character XML 1.0 cannot hold (§2.2)."""
    if _IN_TEXT.search(text) is None:
        return text
    return _checked(text).translate(_TEXT)


def escape_value(text: str) -> str:
    """Text as it stands between an attribute's quotes; ValueError as for `escape_text`.

    Tab and line ends become character references, so that they outlive the normalisation of
    attribute values (XML 1.0 §3.3.3).
    """
    if _IN_VALUE.search(text) is None:
        return text
    return _checked(text).translate(_VALUE)


def _checked(text: str) -> str:
    if (found := _NEVER.search(text)) is not None:
        raise ValueError(f"XML cannot hold U+{ord(found.group()):04X}")
    return text


def serialize(element: Element, ns: str = "") -> str:
    """An element as XML, on its own or where `ns` is the default namespace in scope.

    Elements are written with default namespaces only, since prefixes are lost on many a reader.
    Raises ValueError on a character XML cannot hold; names are trusted.
    """
    parts: list[str] = []
    _write(element, ns, parts.append)
    return "".join(parts)


def _write(element: Element, scope: str, put: Callable[[str], None]) -> None:
    ns, name = element.ns, element.name
    if ns == scope:
        put(f"<{name}")
    elif ns == XML_NS:
        # This namespace must not be declared as a default: its prefix is bound everywhere.
        name, ns = f"xml:{name}", scope
        put(f"<{name}")
    else:
        put(f"<{name} xmlns='{escape_value(ns)}'")
    prefixes = 0
    for attr, value in element.attrs.items():
        if isinstance(attr, str):
            put(f" {attr}='{escape_value(value)}'")
        elif attr[0] == XML_NS:
            put(f" xml:{attr[1]}='{escape_value(value)}'")
        else:
            prefixes += 1
            prefix = f"a{prefixes}"
            put(f" xmlns:{prefix}='{escape_value(attr[0])}'")
            put(f" {prefix}:{attr[1]}='{escape_value(value)}'")
    if not element.children:
        put("/>")
        return
    put(">")
    for child in element.children:
        if isinstance(child, str):
            put(escape_text(child))
        else:
            _write(child, ns, put)
    put(f"</{name}>")
