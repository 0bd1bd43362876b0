"""Clients over WebSocket (RFC 7395)."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import WSMsgType, web

from folkmoot.listeners.connection import Connection
from folkmoot.listeners.limits import ListenerLimits
from folkmoot.listeners.reception import Reception
from folkmoot.streams.features import Channel
from folkmoot.xmpp.errors import StreamError

SUBPROTOCOL: Final = "xmpp"
PING_SECONDS: Final = 60.0
"""How often a WebSocket that says nothing is asked whether it is still there (RFC 7395 §3.8)."""
_SPARE_BYTES: Final = 4096


def client_address(request: web.Request, limits: ListenerLimits) -> str:
    """Where a request comes from: what a trusted proxy says of it, else the other end itself."""
    peer = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and limits.trusts(peer):
        return forwarded.rpartition(",")[2].strip()
    return peer


def is_secure(request: web.Request, limits: ListenerLimits) -> bool:
    """Whether nobody on the way can read a request: TLS, or a proxy or client on this machine."""
    return request.secure or limits.trusts(request.remote or "")


class WebSockets:
    """The clients that came over WebSocket; `serve` is for the route `/xmpp-websocket`."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one client, from the handshake (§3.1) to its end."""
        reception, limits = self._reception, self._reception.limits
        secure = is_secure(request, limits)
        if not secure and not reception.settings.features.cleartext:
            raise web.HTTPForbidden(text="Use wss://, so that nobody can read along.\n")
        if SUBPROTOCOL not in _offered(request):
            raise web.HTTPBadRequest(text="This is XMPP over WebSocket (RFC 7395).\n")
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            heartbeat=PING_SECONDS,
            timeout=limits.close_seconds_max,
            # A little more than a stanza may have, so that who sends one too large hears why.
            max_msg_size=reception.settings.limits.stanza_bytes_max + _SPARE_BYTES,
            compress=False,
            decode_text=False,
        )
        address = client_address(request, limits)
        refusal = reception.admission.enter(address)
        if refusal is not None:
            raise web.HTTPServiceUnavailable(text=f"{refusal.text}\n")
        try:
            await socket.prepare(request)
            # No channel binding: browsers have none, and a proxy may have ended the TLS.
            channel = Channel(framed=True, secure=secure, starttls=False)
            await self._converse(socket, request, channel, address)
        finally:
            reception.admission.leave(address)
        return socket

    async def _converse(
        self,
        socket: web.WebSocketResponse[bool],
        request: web.Request,
        channel: Channel,
        address: str,
    ) -> None:
        line = WebSocketLine(socket, request, self._reception)
        connection = Connection(self._reception, line, channel, address, {})
        self._connections.add(connection)
        self._empty.clear()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    connection.receive(message.data)
                    await connection.idle()
                else:  # §3.2
                    connection.close(StreamError("bad-format", "only text messages are XMPP"))
        finally:
            connection.lost()
            await line.close()
            self._connections.discard(connection)
            if not self._connections:
                self._empty.set()

    async def close(self, error: StreamError | None = None) -> None:
        """End all streams, and wait until their connections are closed: close_seconds_max."""
        for connection in tuple(self._connections):
            connection.close(error)
        await self._empty.wait()


def _offered(request: web.Request) -> list[str]:
    offer = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
    return [protocol.strip() for protocol in offer.split(",")]


class WebSocketLine:
    """One WebSocket; each frame is a message (§3.3.3)."""

    __slots__ = (
        "_deadline",
        "_finishing",
        "_reception",
        "_request",
        "_socket",
        "_waiting",
        "_waiting_bytes",
        "_writer",
    )

    def __init__(
        self, socket: web.WebSocketResponse[bool], request: web.Request, reception: Reception
    ) -> None:
        self._socket = socket
        self._request = request
        self._reception = reception
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._finishing = False
        self._deadline: asyncio.TimerHandle | None = None

    def write(self, frames: list[bytes]) -> int:
        self._waiting += frames
        self._waiting_bytes += sum(map(len, frames))
        if self._writer is None:
            self._writer = self._reception.loop.create_task(self._write())
        transport = self._request.transport
        return self._waiting_bytes + (transport.get_write_buffer_size() if transport else 0)

    async def _write(self) -> None:
        """Send what waits, as fast as the client reads, and then close if that was all."""
        try:
            while self._waiting:
                frames, self._waiting = self._waiting, []
                for frame in frames:
                    await self._socket.send_frame(frame, WSMsgType.TEXT)
                    self._waiting_bytes -= len(frame)
            if self._finishing:
                await self._socket.close()
        except ConnectionError:
            self._waiting.clear()  # whoever reads the socket notices, too, that it is gone
        finally:
            self._writer = None

    def pause(self) -> None:
        """Nothing: a message is read when the one before it has been acted on."""

    def resume(self) -> None:
        """Nothing, like `pause`."""

    async def start_tls(self) -> Mapping[str, bytes]:
        raise ConnectionError("TLS is not begun inside a WebSocket")  # §3.9

    def finish(self) -> None:
        self._finishing = True
        self._deadline = self._reception.loop.call_later(
            self._reception.limits.close_seconds_max, self.abort
        )
        self.write([])

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def close(self) -> None:
        """Wait until what is still to be written is written, or cannot be."""
        if self._writer is not None:
            await asyncio.wait((self._writer,))
        if self._deadline is not None:
            self._deadline.cancel()
