"""The incremental parser of XML streams: RFC 6120 §4, §11.

XML 1.0 (fifth edition) and Namespaces in XML 1.0 (third edition), in the subset RFC 6120 §11.1
leaves of them: no comments, no processing instructions, no DTD, no entities but the predefined.
"""

from __future__ import annotations

import re
from codecs import utf_8_decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from xml.parsers import expat

from folkmoot.xmpp.element import XML_LANG, XML_NS, Attr, Element, serialize
from folkmoot.xmpp.errors import StreamError

__all__ = [
    "XML_LANG",
    "XML_NS",
    "Attr",
    "Element",
    "Limits",
    "StreamClosed",
    "StreamEvent",
    "StreamOpened",
    "StreamParser",
    "parse",
    "serialize",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one stream may ask of the parser; past any of them the stream ends.

    stanza_bytes_max: from a stanza's first byte to its end tag; also what precedes the header. Of
        its namespaces, too, each counted wherever it has to be declared once prefixes are gone:
        a stanza passed on is then not many times as long as it came.
    tag_bytes_max: of one tag with all its attributes, the stream header among them.
    depth_max: elements within one another, the stanza counted.
    elements_max: elements in one stanza, itself counted.
    attributes_max: attributes of one element, namespace declarations not counted.
    name_chars_max: of a name with its namespace.
    """

    stanza_bytes_max: int = 262_144
    tag_bytes_max: int = 65_536
    depth_max: int = 64
    elements_max: int = 16_384
    attributes_max: int = 64
    name_chars_max: int = 512


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The stream's root tag, as an element without children (RFC 6120 §4.2)."""

    header: Element


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """The stream's root element has ended (RFC 6120 §4.4)."""


StreamEvent = StreamOpened | Element | StreamClosed | StreamError

PARSER_BYTES_MAX = 524_288
"""Past this a stream gets a fresh expat parser, between two stanzas.

Expat remembers every name and prefix it has met for as long as it lives, and makes some six bytes
of each byte of them: a stream could otherwise fill the memory.
"""

SLICE_BYTES_MAX = 16_384
"""What expat is given at once: its buffer keeps the size of the largest piece it was ever given."""

TEXT_BYTES = 1024
"""Text expat gathers before it tells of it; longer text comes in more than one piece."""

_SEPARATOR = "\x01"  # XML cannot hold it, so no namespace can either (Movim's holds a brace).
_WHITESPACE = " \t\r\n"
_TAG = re.compile(rb"<[^>'\"]*(?:(?:'[^']*'|\"[^\"]*\")[^>'\"]*)*>")

NAMES_MAX = 4096
"""How many names are remembered in their two parts, for all streams together."""

_CONDITIONS = {
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "restricted-xml",
    expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]: "unsupported-encoding",
    expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING]: "unsupported-encoding",
    expat.errors.codes[expat.errors.XML_ERROR_UNDECLARING_PREFIX]: "bad-namespace-prefix",
    expat.errors.codes[expat.errors.XML_ERROR_RESERVED_PREFIX_XML]: "bad-namespace-prefix",
    expat.errors.codes[expat.errors.XML_ERROR_RESERVED_PREFIX_XMLNS]: "bad-namespace-prefix",
    expat.errors.codes[expat.errors.XML_ERROR_RESERVED_NAMESPACE_URI]: "bad-namespace-prefix",
}
"""Expat's errors that are not plain `not-well-formed`, as an unbound prefix is (§4.9.3.13)."""

_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
_CHARACTER_BYTES_MAX = 4


@lru_cache(NAMES_MAX)
def _split(name: str) -> tuple[str, str]:
    """Namespace and local name of what expat calls an element or an attribute."""
    ns, _, local = name.rpartition(_SEPARATOR)
    return ns, local


def _attr(name: Attr) -> Attr:
    return _split(name) if isinstance(name, str) and _SEPARATOR in name else name


_new = Element.__new__


class StreamParser:
    """The bytes of one XML stream to its header, its stanzas and its end (RFC 6120 §4, §11).

    Sans-IO. Whatever is fed, `feed` answers with events and raises nothing; how the bytes are
    cut into feeds does not matter. A StreamError is the last event there is, and so is
    StreamClosed. Stanzas are the children of the root, whatever their names.
    """

    __slots__ = (
        "_cut",
        "_declared",
        "_element_count",
        "_events",
        "_fed_bytes",
        "_header",
        "_limits",
        "_over",
        "_parser",
        "_slice_bytes",
        "_stack",
        "_stanza_start",
    )

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._slice_bytes = min(SLICE_BYTES_MAX, limits.tag_bytes_max)
        self.reset()

    def reset(self) -> None:
        """Begin a new stream on the same connection, after TLS or SASL (RFC 6120 §4.3.3).

        Whatever the old stream had begun to say is forgotten.
        """
        self._events: list[StreamEvent] = []
        self._stack: list[Element] = []
        self._header: bytes | None = None
        self._over = False
        self._stanza_start = 0
        self._element_count = 0
        self._declared = 0
        self._renew()

    def feed(self, data: bytes) -> list[StreamEvent]:
        """The events these bytes complete, in order; an empty list once the stream is over."""
        events = self._events
        start = 0
        while start < len(data) and not self._over:
            end = min(start + self._slice_bytes, len(data))
            if self._fed_bytes == 0:
                # Expat guesses the encoding by the first bytes: it must not see more at times.
                end = start + 1
            elif self._fed_bytes > PARSER_BYTES_MAX:
                # A stanza ends with ">": cut there to find the place for a fresh parser.
                end = data.find(b">", start, end) + 1 or end
            self._parse(data[start:end])
            start = end
        self._events = []
        return events

    def close(self) -> None:
        """Let go of what parsing takes: the stream is over, whether it was told so or not."""
        if not self._over:
            self._over = True
            self._events, self._stack = [], []
            self._release()

    def _renew(self) -> None:
        """Take a fresh expat parser, as deep in the stream as the old one."""
        self._parser = parser = expat.ParserCreate("utf-8", _SEPARATOR, intern=None)
        if hasattr(parser, "SetReparseDeferralEnabled"):
            # Expat 2.6 would hold back what it has until more comes; a stanza must not wait.
            parser.SetReparseDeferralEnabled(False)
        self._fed_bytes = 0
        self._cut = b""
        if self._header:
            self._fed_bytes = len(self._header)
            parser.Parse(self._header)
        parser.buffer_size = TEXT_BYTES
        parser.buffer_text = True
        # The dictionary of attributes becomes the element's own, whose type knows namespaces.
        parser.StartElementHandler = cast(Callable[[str, dict[str, str]], None], self._start)
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.XmlDeclHandler = self._declaration
        parser.CommentHandler = self._restricted
        parser.ProcessingInstructionHandler = self._restricted
        parser.StartDoctypeDeclHandler = self._restricted

    def _parse(self, data: bytes, *, last: bool = False) -> None:
        parser = self._parser
        try:
            if self._fed_bytes == 0 and data == b"\xef":
                # Expat would pass over a byte order mark, which here is a character (§11.6).
                raise StreamError("not-well-formed", "a character before the stream header")
            self._fed_bytes += len(data)
            parser.Parse(data, last)
            self._check_bytes(data)
        except StreamError as error:
            self._finish(error)
        except expat.ExpatError as error:
            condition = self._condition(error.code, data)
            broken = StreamError(condition, expat.ErrorString(error.code))
            try:
                parser.buffer_text = False  # tells of the text before the error, if it has any
            except StreamError as earlier:
                broken = earlier
            self._finish(broken)
        if self._over:
            self._release()

    def _release(self) -> None:
        """Let go of expat's parser at once: it and its handlers hold one another."""
        del self._parser

    def _finish(self, event: StreamError | StreamClosed) -> None:
        """Let the event be the last one, whatever else expat finds in what it was given."""
        if not self._over:
            self._events.append(event)
            self._over = True

    def _check_bytes(self, data: bytes) -> None:
        """Refuse what has grown too long while still incomplete; renew a worn parser.

        All sizes are counted to the beginning of a tag, so that they come out the same however
        the stream was cut into feeds.
        """
        whole_bytes = self._parser.CurrentByteIndex
        cut_bytes = self._fed_bytes - whole_bytes
        if cut_bytes:
            seen = self._cut + data[-_CHARACTER_BYTES_MAX:]
            self._cut = seen[-min(cut_bytes, _CHARACTER_BYTES_MAX) :]
        else:
            self._cut = b""
        if cut_bytes >= self._limits.tag_bytes_max:
            raise StreamError("policy-violation", "a tag is too long")
        if self._stack or self._header is None:
            if whole_bytes - self._stanza_start > self._limits.stanza_bytes_max:
                raise StreamError("policy-violation", "a stanza is too long")
        elif self._header and self._fed_bytes > PARSER_BYTES_MAX and not cut_bytes:
            self._renew()

    def _check_tag(self) -> None:
        """Refuse a tag that came in pieces and is too long, now that it is whole."""
        self._cut = b""
        if len(self._tag()) > self._limits.tag_bytes_max:
            raise StreamError("policy-violation", "a tag is too long")

    def _tag(self) -> bytes:
        """The tag that expat is telling of, as it was sent."""
        found = _TAG.match(self._parser.GetInputContext() or b"")
        return found.group() if found else b""

    def _condition(self, code: int, data: bytes) -> str:
        """The stream error condition (RFC 6120 §4.9.3) for an error that expat found in `data`.

        Expat has one code for whatever cannot stand where it stands; if that is no UTF-8 either,
        this is what the sender has to know.
        """
        if code == _INVALID_TOKEN:
            seen = self._cut + data
            at = self._parser.ErrorByteIndex - self._fed_bytes + len(seen)
            try:
                utf_8_decode(seen[at : at + _CHARACTER_BYTES_MAX])
            except UnicodeDecodeError as error:
                if error.start == 0:
                    return "unsupported-encoding"
        return _CONDITIONS.get(code, "not-well-formed")

    def _start(self, name: str, attributes: dict[Attr, str]) -> None:
        limits = self._limits
        stack = self._stack
        if self._cut:
            self._check_tag()
        if len(attributes) > limits.attributes_max:
            raise StreamError("policy-violation", "too many attributes")
        if len(name) > limits.name_chars_max:
            raise StreamError("policy-violation", "a name is too long")
        element = _new(Element)
        element.ns, element.name = _split(name)
        element.attrs = attributes
        element.children = []
        namespaced = False
        for attr in attributes:
            if len(attr) > limits.name_chars_max:
                raise StreamError("policy-violation", "a name is too long")
            if _SEPARATOR in attr:
                namespaced = True
        if namespaced:
            element.attrs = {_attr(attr): value for attr, value in attributes.items()}
            self._declared += sum(len(attr[0]) for attr in element.attrs if type(attr) is tuple)
        if stack:
            if element.ns != stack[-1].ns:
                self._declared += len(element.ns)
            if self._declared > limits.stanza_bytes_max:
                raise StreamError("policy-violation", "a stanza is too long without prefixes")
            self._element_count += 1
            if self._element_count > limits.elements_max:
                raise StreamError("policy-violation", "too many elements in a stanza")
            if len(stack) >= limits.depth_max:
                raise StreamError("policy-violation", "too many elements within one another")
            stack[-1].children.append(element)
        elif self._header is None:
            self._open(element)
            return
        else:
            self._stanza_start = self._parser.CurrentByteIndex
            self._element_count = 1
            self._declared = 0
        stack.append(element)

    def _open(self, header: Element) -> None:
        tag = self._tag()
        if not tag or b"\0" in tag:
            # Expat knows UTF-16 when it sees it, whatever encoding it was told of.
            raise StreamError("unsupported-encoding", "the encoding is UTF-8")
        if self._parser.CurrentByteIndex > self._limits.stanza_bytes_max:
            raise StreamError("policy-violation", "too much before the stream header")
        self._header = tag
        self._events.append(StreamOpened(header))

    def _end(self, name: str) -> None:
        if self._cut:
            self._check_tag()
        stack = self._stack
        if not stack:
            self._finish(StreamClosed())
            return
        element = stack.pop()
        if not stack:
            stanza_bytes = self._parser.CurrentByteIndex - self._stanza_start
            if stanza_bytes > self._limits.stanza_bytes_max:
                raise StreamError("policy-violation", "a stanza is too long")
            self._events.append(element)

    def _text(self, text: str) -> None:
        if self._stack:
            children = self._stack[-1].children
            if children and isinstance(last := children[-1], str):
                children[-1] = last + text
            else:
                children.append(text)
        elif text.strip(_WHITESPACE):
            raise StreamError("not-well-formed", "text between stanzas")

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise StreamError("unsupported-encoding", "the encoding is UTF-8")

    def _restricted(self, *_: object) -> None:
        raise StreamError("restricted-xml", "no comments, processing instructions or DTDs")


def parse(text: str | bytes, limits: Limits = Limits()) -> Element:
    """One whole element, under a stream's rules and limits; StreamError where it breaks them."""
    data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    match _ElementParser(limits).feed(data):
        case [Element() as element]:
            return element
        case [*_, StreamError() as error]:
            raise error
        case _:
            raise StreamError("not-well-formed", "no element")


class _ElementParser(StreamParser):
    """A stream that has no header and is one stanza, fed at once."""

    __slots__ = ()

    def reset(self) -> None:
        super().reset()
        self._header = b""

    def feed(self, data: bytes) -> list[StreamEvent]:
        events = super().feed(data)
        if not self._over:
            self._events = events
            self._parse(b"", last=True)
        if not self._over:
            self._release()
        return events
