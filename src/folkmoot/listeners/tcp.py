"""Clients over TCP: STARTTLS (RFC 6120 §5), or TLS from the first byte (XEP-0368 1.1.0)."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from typing import Final, cast

from folkmoot.listeners.connection import Connection
from folkmoot.listeners.reception import Reception
from folkmoot.listeners.tls import Tls
from folkmoot.streams.features import Channel
from folkmoot.streams.negotiation import ServerStream
from folkmoot.xmpp.errors import StreamError

BACKLOG: Final = 1024
"""Connections that the system completes ahead of us: many clients come back at once."""

IDLE_SECONDS_MAX: Final = 180
"""Silence after which the system asks whether a client's machine is still there."""
PROBE_SECONDS: Final = 30
PROBES_MAX: Final = 4


class TcpListener:
    """A port for clients. `open` it inside the reception's loop.

    tls: None to offer no TLS. direct: TLS begins with the first byte; needs `tls`.
    """

    def __init__(self, reception: Reception, tls: Tls | None, *, direct: bool = False) -> None:
        if direct and tls is None:
            raise ValueError("direct TLS needs a certificate")
        self.reception = reception
        self.tls = tls
        self.direct = direct
        self._server: asyncio.Server | None = None
        self._lines: set[TcpLine] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    async def open(self, host: str | None, port: int) -> None:
        """Begin to listen. host: an address or a name; None for all addresses. Raises OSError."""
        seconds = self.reception.limits.negotiation_seconds_max
        wrapped = self.tls is not None and self.direct
        self._server = await self.reception.loop.create_server(
            lambda: TcpLine(self),
            host,
            port,
            ssl=self.tls.context if self.tls is not None and self.direct else None,
            ssl_handshake_timeout=seconds if wrapped else None,
            ssl_shutdown_timeout=self.reception.limits.close_seconds_max if wrapped else None,
            backlog=BACKLOG,
        )

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens: an IP address and a port, never 0, for each socket."""
        if self._server is None:
            return []
        return [sock.getsockname()[:2] for sock in self._server.sockets]

    async def close(self, error: StreamError | None = None) -> None:
        """Accept nobody any more, end all streams, and wait until their connections are closed.

        This takes at most close_seconds_max.
        """
        if self._server is not None:
            self._server.close()
        for line in tuple(self._lines):
            line.end(error)
        await self._empty.wait()

    def add(self, line: "TcpLine") -> None:
        """Remember an open line."""
        self._lines.add(line)
        self._empty.clear()

    def discard(self, line: "TcpLine") -> None:
        """Forget a line that is gone."""
        self._lines.discard(line)
        if not self._lines:
            self._empty.set()


class TcpLine(asyncio.Protocol):
    """One TCP connection, and the TLS that may come over it."""

    __slots__ = (
        "_connection",
        "_deadline",
        "_listener",
        "_lost",
        "_remote",
        "_transport",
        "_upgrading",
    )

    def __init__(self, listener: TcpListener) -> None:
        self._listener = listener
        self._connection: Connection | None = None  # None: not let in
        self._deadline: asyncio.TimerHandle | None = None
        self._upgrading = False
        self._lost = False

    # For the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, only like them.
        self._transport = cast(asyncio.Transport, transport)
        listener, reception = self._listener, self._listener.reception
        peer = transport.get_extra_info("peername")
        self._remote = peer[0] if peer else ""
        secure, starttls = listener.direct, listener.tls is not None and not listener.direct
        channel = Channel(framed=False, secure=secure, starttls=starttls)
        refusal = reception.admission.enter(self._remote)
        if refusal is not None:
            stream = ServerStream(reception.settings, channel, reception.random_id)
            stream.end(refusal)
            self._transport.write(b"".join(stream.frames()))
            self._transport.close()
            return
        keep_alive(transport.get_extra_info("socket"))
        listener.add(self)
        bindings = self._bindings() if secure else {}
        self._connection = Connection(reception, self, channel, self._remote, bindings)

    def data_received(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        if self._deadline is not None:
            self._deadline.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.lost()
            self._listener.reception.admission.leave(self._remote)
            self._listener.discard(self)

    # For the listener.

    def end(self, error: StreamError | None) -> None:
        """End the stream, and the connection after it."""
        if self._connection is not None:
            self._connection.close(error)

    # For the connection.

    def write(self, frames: list[bytes]) -> int:
        if self._upgrading or self._transport.is_closing():
            return 0
        self._transport.write(b"".join(frames))
        return self._transport.get_write_buffer_size()

    def pause(self) -> None:
        # While TLS begins, its handshake is what has to be read.
        if not self._upgrading:
            self._transport.pause_reading()

    def resume(self) -> None:
        if not self._upgrading:
            self._transport.resume_reading()

    async def start_tls(self) -> Mapping[str, bytes]:
        listener = self._listener
        if listener.tls is None:
            raise ConnectionError("no certificate")
        self._upgrading = True
        try:
            transport = await listener.reception.loop.start_tls(
                self._transport,
                self,
                listener.tls.context,
                server_side=True,
                ssl_handshake_timeout=listener.reception.limits.negotiation_seconds_max,
                ssl_shutdown_timeout=listener.reception.limits.close_seconds_max,
            )
        finally:
            self._upgrading = False
        if transport is None:
            raise ConnectionError("the connection was closed meanwhile")
        self._transport = transport
        return self._bindings()

    def finish(self) -> None:
        if self._upgrading:
            self.abort()  # nothing can be said between <proceed/> and the end of the handshake
            return
        if self._transport.is_closing():
            return
        limits = self._listener.reception.limits
        self._deadline = self._listener.reception.loop.call_later(
            limits.close_seconds_max, self._transport.abort
        )
        if not self._transport.can_write_eof():
            self._transport.close()
            return
        # To close now, with something unread, would reset the connection, and what we said last
        # would be lost with it. The client reads to our end and closes; its end closes this.
        self._transport.write_eof()
        self._transport.resume_reading()

    def abort(self) -> None:
        self._transport.abort()
        # A transport that was to become TLS and did not tells nobody that it is gone.
        self.connection_lost(None)

    def _bindings(self) -> Mapping[str, bytes]:
        tls = self._listener.tls
        ssl_object = self._transport.get_extra_info("ssl_object")
        return {} if tls is None else tls.bindings(ssl_object)


def keep_alive(sock: socket.socket) -> None:
    """Find out about clients whose machine went without a word (RFC 6120 §4.6.1)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_SECONDS_MAX)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES_MAX)
