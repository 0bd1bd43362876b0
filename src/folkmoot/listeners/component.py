"""The socket of a component's stream (XEP-0114 1.6): it connects, and again when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from folkmoot.streams.component import Arrived, Attached, ComponentStream, Detached
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

RECONNECT_SECONDS_MIN: Final = 0.5
RECONNECT_SECONDS_MAX: Final = 30.0
"""How long a lost link waits before it connects again; twice as long after each failure."""

HANDSHAKE_SECONDS_MAX: Final = 20.0
"""How long a server may take until it takes us for its component."""

SEND_BUFFER_BYTES_MAX: Final = 64 * 1_048_576
"""What may wait for a server that reads too slowly; past it the link is dropped."""

READ_BYTES: Final = 65_536

log = structlog.get_logger()


class Home(Protocol):
    """Whose stanzas a link carries."""

    def attached(self, link: ComponentLink) -> None:
        """Stanzas pass from here on."""

    def detached(self, link: ComponentLink) -> None:
        """And no longer."""

    def arrived(self, stanza: Element) -> None:
        """A stanza from elsewhere; the server vouches for who sent it."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the server is, and what it knows the component by. domain: of the component."""

    domain: JID
    host: str
    port: int
    secret: str = field(repr=False)


class ComponentLink:
    """A component's connection to its server, kept up until it is cancelled.

    chance: gives a number from 0 to 1; so much of the waiting time is chance.
    """

    def __init__(self, home: Home, settings: LinkSettings, chance: Callable[[], float]) -> None:
        self._home = home
        self._settings = settings
        self._chance = chance
        self._stream: ComponentStream | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        """Connect, carry stanzas, and connect again, until cancelled."""
        wait = RECONNECT_SECONDS_MIN
        while True:
            try:
                if await self._once():
                    wait = RECONNECT_SECONDS_MIN
            except (OSError, TimeoutError, StreamError) as error:
                log.warning("the link is down", domain=str(self._settings.domain), why=str(error))
            await asyncio.sleep(wait * (1.0 - self._chance() / 2))
            wait = min(2 * wait, RECONNECT_SECONDS_MAX)

    def send(self, stanza: Element) -> None:
        """Send a stanza; what cannot be sent any more is lost, as with any stream."""
        if self._stream is not None and self._writer is not None:
            self._stream.send(stanza)
            self._flush(self._writer)

    async def _once(self) -> bool:
        """One connection, from beginning to end; whether the server took us in."""
        settings = self._settings
        stream = ComponentStream(settings.domain, settings.secret)
        async with asyncio.timeout(HANDSHAKE_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(settings.host, settings.port)
        self._stream, self._writer = stream, writer
        attached = False
        try:
            self._flush(writer)
            async with asyncio.timeout(HANDSHAKE_SECONDS_MAX) as patience:
                while data := await reader.read(READ_BYTES):
                    for event in stream.receive(data):
                        match event:
                            case Attached():
                                attached = True
                                patience.reschedule(None)
                                log.info("the link is up", domain=str(settings.domain))
                                self._home.attached(self)
                            case Arrived(stanza):
                                self._home.arrived(stanza)
                            case Detached(error):
                                if error is not None:
                                    raise error
                                return attached
                    self._flush(writer)
            return attached
        finally:
            if attached:
                self._home.detached(self)
            stream.end()
            self._flush(writer)
            self._stream = self._writer = None
            writer.close()

    def _flush(self, writer: asyncio.StreamWriter) -> None:
        if self._stream is None or writer.transport.is_closing():
            return
        writer.writelines(self._stream.frames())
        if writer.transport.get_write_buffer_size() > SEND_BUFFER_BYTES_MAX:
            writer.transport.abort()
