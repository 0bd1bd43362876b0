"""XMPP over WebSocket for slixmpp: RFC 7395. A frame is an element; slixmpp sees a transport."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    import aiohttp

FRAMING: Final = "urn:ietf:params:xml:ns:xmpp-framing"
STREAMS: Final = "http://etherx.jabber.org/streams"
CLIENT: Final = "jabber:client"
CLOSE_SECONDS: Final = 2.0
"""How long the other end has to close the connection as well."""

_HEADER: Final = ("from", "id", "version")
_TAG: Final = re.compile(r"<[^\s/>]+")


class OverWebSocket:
    """Beside slixmpp's ClientXMPP, and before it.

    websocket: the URL to connect to, ws: or wss:, and not to what DNS or `connect` says; None for
    a connection as slixmpp makes it. Without TLS, no password is sent, only SCRAM is used.
    """

    websocket: str | None = None

    async def _attempt_connection(
        self, host: str, port: int, tls: bool, server_hostname: str | None
    ) -> bool:
        """What slixmpp's `connect` does for each address; whether there is a connection."""
        stream: Any = self
        if self.websocket is None:
            slixmpps: Any = super()
            return bool(await slixmpps._attempt_connection(host, port, tls, server_hostname))
        import aiohttp  # which few clients need

        stream.plugin["feature_mechanisms"].unencrypted_scram = True
        stream._connect_loop_wait += 1
        session = aiohttp.ClientSession()
        try:
            secure = stream.get_ssl_context() if self.websocket.startswith("wss:") else True
            socket = await session.ws_connect(self.websocket, protocols=("xmpp",), ssl=secure)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            await session.close()
            stream.event("connection_failed", error)
            return False
        stream.connection_made(_Frames(stream, session, socket))
        return True


class _Frames(asyncio.Transport):
    """What slixmpp writes to, and what reads for it."""

    def __init__(
        self,
        stream: Any,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
    ) -> None:
        super().__init__()
        self._stream = stream
        self._session = session
        self._socket = socket
        self._to_send: asyncio.Queue[str] = asyncio.Queue()
        self._closing = False
        self._writing = asyncio.ensure_future(self._write())
        self._reading = asyncio.ensure_future(self._read())

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What aiohttp knows of the socket below."""
        return self._socket.get_extra_info(name, default)

    def write(self, data: Any) -> None:
        """Send what slixmpp has written: a header, a footer, an element, or a blank."""
        written = bytes(data).decode()
        if written.startswith("<stream:stream"):
            to = quoteattr(self._stream.boundjid.host)
            self._to_send.put_nowait(f"<open xmlns='{FRAMING}' to={to} version='1.0'/>")
        elif written == self._stream.stream_footer:
            self._to_send.put_nowait(f"<close xmlns='{FRAMING}'/>")
        elif tag := _TAG.match(written):
            declared = " xmlns=" in written[: written.index(">")]
            named = tag[0] if declared else f"{tag[0]} xmlns='{CLIENT}'"
            self._to_send.put_nowait(named + written[tag.end() :])

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._closing

    def close(self) -> None:
        """Let go of the connection."""
        if not self._closing:
            self._closing = True
            if asyncio.current_task() is not self._reading:  # which sees it itself
                self._reading.cancel()

    abort = close

    async def _write(self) -> None:
        with suppress(OSError):  # whoever reads hears of it, too
            while True:
                await self._socket.send_str(await self._to_send.get())

    async def _read(self) -> None:
        with suppress(asyncio.CancelledError, ElementTree.ParseError):
            async for frame in self._socket:
                if isinstance(frame.data, str):
                    self._stream.data_received(_streamed(frame.data))
                if self._closing:
                    break
        self._closing = True
        self._writing.cancel()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close()
        await self._session.close()
        self._stream.connection_lost(None)


def _streamed(frame: str) -> str:
    """A frame as it would stand in a stream: `<open/>` and `<close/>` are its ends (§3.3.2)."""
    tag = _TAG.match(frame)
    if tag is None or tag[0] not in ("<open", "<close"):
        return frame
    if tag[0] == "<close":
        return "</s:stream>"
    told = ElementTree.fromstring(frame).attrib
    header = "".join(f" {key}={quoteattr(told[key])}" for key in _HEADER if key in told)
    return f"<s:stream xmlns='{CLIENT}' xmlns:s='{STREAMS}'{header}>"
