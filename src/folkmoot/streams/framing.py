"""The two shapes of a stream: one XML document over TCP (RFC 6120 §4), frames over WebSocket
(RFC 7395).

Only here does a stream's own XML get written as text: a stream header is no whole element, and
clients look for the prefix `stream:` that RFC 6120 §4.8.5 gives them.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, Protocol

from folkmoot.xmpp.element import escape_value
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import (
    XML_LANG,
    Attr,
    Element,
    Limits,
    StreamClosed,
    StreamOpened,
    StreamParser,
    parse,
    serialize,
)

STREAMS: Final = "http://etherx.jabber.org/streams"
STREAM_ERRORS: Final = "urn:ietf:params:xml:ns:xmpp-streams"
FRAMING: Final = "urn:ietf:params:xml:ns:xmpp-framing"

ENGLISH: Final[Mapping[Attr, str]] = {XML_LANG: "en"}
"""The language of the texts for developers that come with an error."""

Piece = StreamOpened | Element | StreamClosed | StreamError


class Framing(Protocol):
    """How a stream's parts become bytes and come out of them; one for each connection."""

    framed: ClassVar[bool]
    """Whether each stanza travels alone and so must name its own namespace."""

    def read(self, data: bytes) -> list[Piece]:
        """The pieces that `data` completes; an error is the last there is."""

    def restart(self) -> None:
        """The next piece begins a new stream on the same connection (RFC 6120 §4.3.3)."""

    def opening(self, sender: str, stream_id: str, to: str | None) -> bytes:
        """Our stream header (RFC 6120 §4.7)."""

    def element(self, element: Element) -> bytes:
        """One whole element below the stream."""

    def closing(self) -> bytes:
        """The end of our stream."""

    def close(self) -> None:
        """Nothing more is read; let go of what reading takes."""


def features(children: Iterable[Element], *, framed: bool) -> bytes:
    """The stream features (RFC 6120 §4.3.2)."""
    return _stream_element("features", children, framed=framed)


def stream_error(error: StreamError, *, framed: bool) -> bytes:
    """A stream error (RFC 6120 §4.9)."""
    children = [Element(STREAM_ERRORS, error.condition)]
    if error.text:
        children.append(Element(STREAM_ERRORS, "text", ENGLISH, error.text))
    return _stream_element("error", children, framed=framed)


def _stream_element(name: str, children: Iterable[Element], *, framed: bool) -> bytes:
    declaration = f" xmlns:stream='{STREAMS}'" if framed else ""
    content = "".join(serialize(child) for child in children)
    return f"<stream:{name}{declaration}>{content}</stream:{name}>".encode()


class DocumentFraming:
    """A stream over TCP: a document that both sides leave open.

    content: the namespace of the stanzas (RFC 6120 §4.8.2).
    """

    __slots__ = ("_content", "_parser")

    framed: ClassVar[bool] = False

    def __init__(self, limits: Limits, content: str = CLIENT) -> None:
        self._parser = StreamParser(limits)
        self._content = content

    def read(self, data: bytes) -> list[Piece]:
        pieces = self._parser.feed(data)
        if pieces and isinstance(pieces[0], StreamOpened):
            header = pieces[0].header
            if header.ns != STREAMS:
                return [StreamError("invalid-namespace")]
            if header.name != "stream":
                return [StreamError("bad-format", "the root element must be 'stream'")]
        return pieces

    def restart(self) -> None:
        self._parser.reset()

    def opening(self, sender: str, stream_id: str, to: str | None) -> bytes:
        addressee = f" to='{escape_value(to)}'" if to else ""
        return (
            "<?xml version='1.0'?>"
            f"<stream:stream xmlns='{self._content}' xmlns:stream='{STREAMS}'"
            f" from='{escape_value(sender)}'{addressee} id='{escape_value(stream_id)}'"
            " version='1.0' xml:lang='en'>"
        ).encode()

    def element(self, element: Element) -> bytes:
        return serialize(element, self._content).encode()

    def closing(self) -> bytes:
        return b"</stream:stream>"

    def close(self) -> None:
        self._parser.close()


class MessageFraming:
    """A stream over WebSocket: each message is one whole element (RFC 7395 §3.3)."""

    __slots__ = ("_limits",)

    framed: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def read(self, data: bytes) -> list[Piece]:
        if not data.startswith(b"<"):
            return [StreamError("not-well-formed", "a message must begin with '<'")]
        try:
            element = parse(data, self._limits)
        except StreamError as error:
            return [error]
        if element.name == "open" and element.ns in (FRAMING, STREAMS, ""):
            if element.ns != FRAMING:
                return [StreamError("invalid-namespace")]  # §3.3.2
            return [StreamOpened(element)]
        if element.ns == FRAMING and element.name == "close":
            return [StreamClosed()]
        return [element]

    def restart(self) -> None:
        """Nothing is kept between messages."""

    def opening(self, sender: str, stream_id: str, to: str | None) -> bytes:
        attrs: dict[Attr, str | None] = {"from": sender, "to": to, "id": stream_id}
        attrs |= {"version": "1.0", XML_LANG: "en"}
        return serialize(Element(FRAMING, "open", attrs)).encode()

    def element(self, element: Element) -> bytes:
        return serialize(element).encode()

    def closing(self) -> bytes:
        return serialize(Element(FRAMING, "close")).encode()

    def close(self) -> None:
        """Nothing is kept between messages."""
