"""The socket of a component's stream (XEP-0114 1.6): it connects, and again when it is lost."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from folkmoot.listeners.tcp import keep_alive
from folkmoot.streams.component import Arrived, Attached, ComponentStream, Detached, State
from folkmoot.streams.offers import OFFERS_MAX, Offer, read_offers
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

HELD_BYTES_MAX: Final = 16 * 1_048_576
"""What is held for a server while its link is down; past it the oldest stanzas are lost."""

READ_BYTES: Final = 65_536

log = structlog.get_logger()


class Home(Protocol):
    """Whose stanzas a link carries."""

    def attached(self, link: ComponentLink) -> None:
        """Stanzas pass from here on."""

    def detached(self, link: ComponentLink) -> None:
        """And no longer."""

    def arrived(self, link: ComponentLink, stanza: Element) -> None:
        """A stanza from elsewhere; the server vouches for who sent it."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the server is, and what it knows the component by.

    domain: of the component. server: of the server's accounts, where that is known.
    """

    domain: JID
    host: str
    port: int
    secret: str = field(repr=False)
    server: JID | None = None


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link fares.

    since: when it came up, in seconds since 1970; None: it is down. trouble: why it is or last was;
    condition: of the stream error that says so, else "". times_lost: how often it was up and ended.
    held: stanzas that wait for it. dropped: those that were too much, ever.
    offers: what the server has offered since it is up.
    """

    settings: LinkSettings
    since: float | None
    trouble: str
    condition: str
    times_lost: int
    held: int
    dropped: int
    offers: frozenset[Offer]


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
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._lost = 0
        self._flushing = False
        self._why, self._condition = "it has not been up yet", ""
        self._since: float | None = None
        self._times_lost = self._dropped = 0
        self._offers: set[Offer] = set()

    @property
    def domain(self) -> JID:
        """Whose stream it is."""
        return self._settings.domain

    @property
    def up(self) -> bool:
        """Whether stanzas pass."""
        return self._stream is not None and self._stream.state is State.ATTACHED

    @property
    def trouble(self) -> str:
        """Why it is down, as far as anybody knows; "" while it is up."""
        return "" if self.up else self._why

    def state(self) -> LinkState:
        """How it fares, for who runs it."""
        return LinkState(
            settings=self._settings,
            since=self._since,
            trouble=self._why,
            condition=self._condition,
            times_lost=self._times_lost,
            held=len(self._held),
            dropped=self._dropped + self._lost,
            offers=frozenset(self._offers),
        )

    def write(self, stanza: bytes) -> None:
        """Send a stanza that names no namespace of its own.

        It leaves at the end of this turn of the loop; while the link is down it is held.
        """
        stream = self._stream
        if stream is None or stream.state is not State.ATTACHED:
            self._hold(stanza)
            return
        stream.write(stanza)
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _hold(self, stanza: bytes) -> None:
        self._held.append(stanza)
        self._held_bytes += len(stanza)
        while self._held_bytes > HELD_BYTES_MAX:
            self._held_bytes -= len(self._held.popleft())
            self._lost += 1

    async def run(self) -> None:
        """Connect, carry stanzas, and connect again, until cancelled."""
        wait = RECONNECT_SECONDS_MIN
        while True:
            try:
                if await self._once():
                    wait = RECONNECT_SECONDS_MIN
            except (OSError, TimeoutError, StreamError) as error:
                self._down(explained(error), error)
                log.warning("the link is down", domain=str(self.domain), why=self.trouble)
            await asyncio.sleep(wait * (1.0 - self._chance() / 2))
            wait = min(2 * wait, RECONNECT_SECONDS_MAX)

    async def _once(self) -> bool:
        """One connection, from beginning to end; whether the server took us in."""
        settings = self._settings
        stream = ComponentStream(settings.domain, settings.secret)
        async with asyncio.timeout(HANDSHAKE_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(settings.host, settings.port)
        keep_alive(writer.get_extra_info("socket"))
        self._stream, self._writer = stream, writer
        attached = False
        try:
            self._flush()
            async with asyncio.timeout(HANDSHAKE_SECONDS_MAX) as patience:
                while data := await reader.read(READ_BYTES):
                    for event in stream.receive(data):
                        match event:
                            case Attached():
                                attached = True
                                patience.reschedule(None)
                                self._attach()
                            case Arrived(stanza):
                                self._note(stanza)
                                self._home.arrived(self, stanza)
                            case Detached(error):
                                if error is not None:
                                    raise error
                                return attached
                    self._flush()
            return attached
        finally:
            stream.end()
            self._flush()
            self._stream = self._writer = None
            writer.close()
            self._since = None
            if attached:
                self._down("the server ended the stream")
                self._times_lost += 1
                self._home.detached(self)

    def _down(self, why: str, error: Exception | None = None) -> None:
        self._why = why
        self._condition = error.condition if isinstance(error, StreamError) else ""

    def _attach(self) -> None:
        """Stanzas pass; what was held goes first."""
        self._since = time.time()
        self._offers.clear()
        log.info("the link is up", domain=str(self.domain), held=len(self._held), lost=self._lost)
        self._dropped += self._lost
        self._lost = self._held_bytes = 0
        while self._held:
            self.write(self._held.popleft())
        self._home.attached(self)

    def _note(self, stanza: Element) -> None:
        """Remember what the server offers; nobody else's word counts."""
        server = self._settings.server
        if server is not None and stanza.get("from") == str(server):
            self._offers.update(read_offers(stanza)[: OFFERS_MAX - len(self._offers)])

    def _flush(self) -> None:
        self._flushing = False
        if self._stream is None or self._writer is None or self._writer.transport.is_closing():
            return
        self._writer.writelines(self._stream.frames())
        if self._writer.transport.get_write_buffer_size() > SEND_BUFFER_BYTES_MAX:
            log.warning("the server reads too slowly", domain=str(self.domain))
            self._writer.transport.abort()


_WHY: Final = {
    "not-authorized": "the server knows another secret for it",
    "host-unknown": "the server has no component of this name",
    "conflict": "another process is attached under this name",
}
"""What the usual stream errors of a server mean here."""


def explained(error: OSError | TimeoutError | StreamError) -> str:
    """Why a link is down, in a line."""
    if isinstance(error, StreamError):
        said = ": ".join(dict.fromkeys(filter(None, (error.condition, error.text))))
        why = _WHY.get(error.condition)
        return f"{why} ({said})" if why else f"the server says {said}"
    if isinstance(error, TimeoutError):
        return f"no answer within {HANDSHAKE_SECONDS_MAX:g} seconds"
    # What asyncio says of an address that was tried is for programmers.
    named = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
    return f"cannot connect: {named or error}"
