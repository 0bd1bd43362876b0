"""A client's way to a server, element by element: RFC 6120 over TCP, RFC 7395 over WebSocket.

Whoever the server is, its certificate is not verified: a wire is for this machine's own server,
which at first has only a certificate it made itself.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from typing import Final, Protocol

import aiohttp

from folkmoot.config import Address
from folkmoot.streams.features import TLS
from folkmoot.streams.framing import FRAMING, STREAMS
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.xml import (
    Element,
    StreamClosed,
    StreamEvent,
    StreamOpened,
    StreamParser,
    parse,
    serialize,
)

READ_BYTES: Final = 65_536
CLOSE_SECONDS_MAX: Final = 2.0
"""How long the other end has to close the connection as well."""

_ANYWHERE: Final = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class Ended(Exception):
    """The server has ended the stream, or the connection is lost; the text says how."""


class Wire(Protocol):
    """A stream in both directions."""

    async def open(self, domain: str) -> None:
        """Begin a stream, or begin it anew after SASL; the features are the next element."""

    async def send(self, element: Element) -> None:
        """Send an element. Raises OSError where the connection is lost."""

    async def receive(self) -> Element:
        """The next element. Raises Ended."""

    async def close(self) -> None:
        """End the stream and the connection."""


def reachable(address: Address) -> Address:
    """Where a client on this machine connects to reach a listener."""
    return Address(_ANYWHERE.get(address.host, address.host), address.port)


def unverified() -> ssl.SSLContext:
    """A client's TLS that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TcpWire:
    """A stream over TCP; see `Wire`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = StreamParser()
        self._heard: deque[StreamEvent] = deque()

    @classmethod
    async def starttls(cls, address: Address, domain: str) -> TcpWire:
        """Connect, and turn to TLS before anything is said that matters (RFC 6120 §5)."""
        at = reachable(address)
        wire = cls(*await asyncio.open_connection(at.host, at.port))
        await wire.open(domain)
        await wire.receive()
        await wire.send(Element(TLS, "starttls"))
        answer = await wire.receive()
        if answer.name != "proceed":
            raise Ended(f"no TLS: {answer}")
        await wire._writer.start_tls(unverified(), server_hostname=domain)
        return wire

    @classmethod
    async def direct_tls(cls, address: Address, domain: str) -> TcpWire:
        """Connect with TLS from the first byte (XEP-0368 1.1.0)."""
        at = reachable(address)
        return cls(
            *await asyncio.open_connection(
                at.host, at.port, ssl=unverified(), server_hostname=domain
            )
        )

    async def open(self, domain: str) -> None:
        self._parser.reset()
        self._heard.clear()
        # The header is an element whose end comes with the end of the stream (RFC 6120 §4.2).
        header = serialize(Element(STREAMS, "stream", {"to": domain, "version": "1.0"}))
        self._writer.write(header.removesuffix("/>").encode() + b">")

    async def send(self, element: Element) -> None:
        if self._writer.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._writer.write(serialize(element).encode())
        await self._writer.drain()

    async def receive(self) -> Element:
        while True:
            while self._heard:
                match self._heard.popleft():
                    case Element() as element:
                        return element
                    case StreamClosed():
                        raise Ended("the server has closed the stream")
                    case StreamError() as error:
                        raise Ended(f"the server has sent what no stream can hold: {error}")
                    case StreamOpened():
                        pass
            self._heard.extend(self._parser.feed(await self._read()))

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError as error:
            raise Ended(f"the connection is lost: {error}") from error
        if not data:
            raise Ended("the server has closed the connection")
        return data

    async def close(self) -> None:
        if not self._writer.is_closing():
            self._writer.write(b"</stream>")
            self._writer.close()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), CLOSE_SECONDS_MAX)


class WebSocketWire:
    """A stream over WebSocket; see `Wire`."""

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket

    @classmethod
    async def connect(cls, address: Address) -> WebSocketWire:
        """Connect to the WebSocket of a server's HTTP listener (RFC 7395 §3.1). Raises Ended."""
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        try:
            url = f"ws://{reachable(address)}/xmpp-websocket"
            timeout = aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS_MAX)
            socket = await session.ws_connect(url, protocols=("xmpp",), timeout=timeout)
        except aiohttp.ClientError as error:
            await session.close()
            raise Ended(f"no WebSocket: {error}") from error
        except BaseException:
            await session.close()
            raise
        return cls(session, socket)

    async def open(self, domain: str) -> None:
        await self.send(Element(FRAMING, "open", {"to": domain, "version": "1.0"}))

    async def send(self, element: Element) -> None:
        await self._socket.send_str(serialize(element))

    async def receive(self) -> Element:
        while True:
            message = await self._socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise Ended("the server has closed the connection")
            element = parse(message.data)
            if element.ns != FRAMING:
                return element
            if element.name == "close":
                raise Ended("the server has closed the stream")

    async def close(self) -> None:
        with suppress(OSError):
            await self.send(Element(FRAMING, "close"))
        await self._socket.close()
        await self._session.close()
