"""A component's stream to the server it belongs to: XEP-0114 1.6, `jabber:component:accept`.

Sans-IO: bytes go in, events come out, and what is to be sent is fetched with `frames`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from folkmoot.streams.framing import STREAMS, DocumentFraming, Piece, stream_error
from folkmoot.streams.stanzas import NAMES
from folkmoot.xmpp.element import escape_value
from folkmoot.xmpp.errors import STREAM_CONDITIONS, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, Limits, StreamClosed, StreamOpened

COMPONENT: Final = "jabber:component:accept"

LIMITS: Final = Limits(
    stanza_bytes_max=16_777_216, elements_max=262_144, attributes_max=256, depth_max=256
)
"""What one stanza of the server may ask of the parser: a room's lists come whole."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The server takes us for the component from here on."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A stanza for the component, in the namespace of clients."""

    stanza: Element


@dataclass(frozen=True, slots=True)
class Detached:
    """The stream is over. error: why, as the server says it or as we do; None: in peace."""

    error: StreamError | None


ComponentEvent = Attached | Arrived | Detached


class State(Enum):
    """Where a stream is."""

    OPENING = "waits for the server's stream header"
    PROVING = "has sent the handshake"
    ATTACHED = "stanzas pass"
    ENDED = "is over"


class ComponentStream:
    """One stream of a component, which begins it.

    domain: the component's. secret: what the server knows it by.
    """

    def __init__(self, domain: JID, secret: str, limits: Limits = LIMITS) -> None:
        self._secret = secret
        self._framing = DocumentFraming(limits, COMPONENT)
        self._frames: list[bytes] = [
            f"<?xml version='1.0'?><stream:stream xmlns='{COMPONENT}' xmlns:stream='{STREAMS}'"
            f" to='{escape_value(str(domain))}'>".encode()
        ]
        self.state = State.OPENING

    def receive(self, data: bytes) -> list[ComponentEvent]:
        """Read what the server sent: any stretch of the stream."""
        events: list[ComponentEvent] = []
        for piece in self._framing.read(data) if self.state is not State.ENDED else ():
            try:
                events.extend(self._step(piece))
            except StreamError as error:
                self.end(error)
                events.append(Detached(error))
            if self.state is State.ENDED:
                break
        return events

    def frames(self) -> list[bytes]:
        """What to send now, taken out of the stream."""
        frames, self._frames = self._frames, []
        return frames

    def write(self, stanza: bytes) -> None:
        """Say a stanza, whose root names no namespace; nothing is said where none may pass."""
        if self.state is State.ATTACHED:
            self._frames.append(stanza)

    def end(self, error: StreamError | None = None) -> None:
        """End the stream from our side."""
        if self.state is State.ENDED:
            return
        if error is not None:
            self._frames.append(stream_error(error, framed=False))
        self._frames.append(self._framing.closing())
        self._framing.close()
        self.state = State.ENDED

    def _step(self, piece: Piece) -> list[ComponentEvent]:
        if isinstance(piece, StreamOpened):
            return self._prove(piece.header)
        if isinstance(piece, StreamError):
            raise piece
        if isinstance(piece, StreamClosed):
            self.end()
            return [Detached(None)]
        if (piece.ns, piece.name) == (STREAMS, "error"):
            self.end()
            return [Detached(_told(piece))]
        if self.state is State.OPENING:
            raise StreamError("bad-format", "a stream needs an id")
        if self.state is State.PROVING and (piece.ns, piece.name) == (COMPONENT, "handshake"):
            self.state = State.ATTACHED
            return [Attached()]
        if self.state is not State.ATTACHED or piece.ns != COMPONENT or piece.name not in NAMES:
            return []  # features and the like; a server may say more than it has to
        return [Arrived(_in(piece, COMPONENT, CLIENT))]

    def _prove(self, header: Element) -> list[ComponentEvent]:
        """The handshake: the stream's id and the secret, hashed (§3).

        Prosody gives no id where an error follows: that one says more.
        """
        id = header.get("id")
        if not id:
            return []
        digest = hashlib.sha1(f"{id}{self._secret}".encode(), usedforsecurity=False).hexdigest()
        self._frames.append(self._framing.element(Element(COMPONENT, "handshake", None, digest)))
        self.state = State.PROVING
        return []


def _told(error: Element) -> StreamError:
    """A stream error as the server says it (RFC 6120 §4.9)."""
    conditions = [each.name for each in error.elements if each.name != "text"]
    texts = [each.text for each in error.elements if each.name == "text"]
    condition = conditions[0] if conditions else ""
    known = condition in STREAM_CONDITIONS
    return StreamError(condition if known else "undefined-condition", "".join(texts) or condition)


def _in(element: Element, old: str, new: str) -> Element:
    """A stanza in another namespace, with what in it is of the stanza's own.

    A stanza that is only forwarded in it stays as it is: what is around it is of another namespace.
    """
    if element.ns != old:
        return element
    children = (
        _in(child, old, new) if isinstance(child, Element) else child for child in element.children
    )
    return Element(new, element.name, element.attrs, *children)
