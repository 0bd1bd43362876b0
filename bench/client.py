"""A client that does little more than the protocol asks: RFC 6120, over TCP or direct TLS.

It reads stanzas while it logs in and asks for things, and only counts bytes while it is under load.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final, cast

from bench.place import ACCOUNT, DOMAIN, PASSWORD, Place
from bench.scram import MECHANISM, Scram
from bench.tally import STALL_SECONDS_MAX, Counter, Sampler, Stalled, Tally
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, Limits, StreamClosed, StreamEvent, StreamParser, serialize

SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND: Final = "urn:ietf:params:xml:ns:xmpp-bind"
RESOURCE: Final = "bench"

HEADER: Final = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
    f" xmlns:stream='http://etherx.jabber.org/streams' to='{DOMAIN}' version='1.0'>"
).encode()
"""The one thing that is no element of its own: the start tag of a stream (RFC 6120 §4.2)."""

UNREAD_BYTES_MAX: Final = 65_536
"""What may wait to be read by the server before a client that floods waits, too."""

LOG_INS_AT_ONCE: Final = 32
READ_LIMITS: Final = Limits(stanza_bytes_max=64 * 1024 * 1024, elements_max=1_000_000)
"""What the server says is taken as it comes."""

Wanted = Callable[[Element], bool]


class Refusal(Exception):
    """The server said no where a workload needs a yes."""


class Client(asyncio.Protocol):
    """One stream. jid: the full JID, once it is logged in."""

    def __init__(self) -> None:
        self.jid = ""
        self.refused: Element | None = None
        self._parser = StreamParser(READ_LIMITS)
        self._transport: asyncio.Transport
        self._ids = itertools.count()
        self._asked: dict[str, asyncio.Future[Element]] = {}
        self._hopes: list[tuple[Wanted, asyncio.Future[Element]]] = []

    @property
    def account(self) -> str:
        """The bare JID."""
        return self.jid.partition("/")[0]

    # --- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # uvloop's transports have the methods of asyncio's, but are no subclass of it.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        for event in self._parser.feed(data):
            self._hear(event)

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._give_up(Refusal(f"the server hung up on {self.jid or 'a client'}: {error}"))

    def send(self, stanza: bytes) -> None:
        """Send what is serialised already."""
        self._transport.write(stanza)

    def say(self, stanza: Element) -> None:
        """Send a stanza."""
        self.send(serialize(stanza, CLIENT).encode())

    @property
    def clear(self) -> bool:
        """Whether little of what was sent still waits here for the server to read."""
        waiting: int = self._transport.get_write_buffer_size()
        return waiting < UNREAD_BYTES_MAX

    def drop(self) -> None:
        """Hang up without a word."""
        self._transport.abort()

    # --- what comes

    def _hear(self, event: StreamEvent) -> None:
        match event:
            case Element():
                self._take(event)
            case StreamError() | StreamClosed():
                self._give_up(Refusal(f"the stream of {self.jid or 'a client'} ended: {event}"))

    def _take(self, stanza: Element) -> None:
        asked = self._asked.pop(stanza.get("id", ""), None) if stanza.name == "iq" else None
        if asked is not None:
            if not asked.done():
                asked.set_result(stanza)
            return
        for at, (wanted, hope) in enumerate(self._hopes):
            if wanted(stanza):
                del self._hopes[at]
                if not hope.done():
                    hope.set_result(stanza)
                return
        if stanza.get("type") == "error":
            self.refused = self.refused or stanza

    def _give_up(self, error: Refusal) -> None:
        for future in (*self._asked.values(), *(hope for _, hope in self._hopes)):
            if not future.done():
                future.set_exception(error)
        self._asked.clear()
        self._hopes.clear()

    def hope(self, wanted: Wanted) -> asyncio.Future[Element]:
        """The next stanza that is wanted, whenever it comes."""
        future: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._hopes.append((wanted, future))
        return future

    def answer(self, id: str) -> asyncio.Future[Element]:
        """The result or error of an iq that is about to be sent."""
        future: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._asked[id] = future
        return future

    async def ask(self, type: str, to: str | None, payload: Element) -> Element:
        """The result of a request. Raises Refusal, Stalled."""
        id = f"ask{next(self._ids)}"
        answer = self.answer(id)
        self.say(Element(CLIENT, "iq", {"type": type, "id": id, "to": to}, payload))
        return agreed(await soon(answer))

    # --- logging in

    async def log_in(self, name: str) -> None:
        """SCRAM-SHA-256 and a resource (RFC 6120 §6, §7). Raises Refusal, Stalled."""
        await self._open()
        scram = Scram(name, PASSWORD)
        challenge = await self._exchange(
            Element(SASL, "auth", {"mechanism": MECHANISM}, scram.first()), "challenge"
        )
        final = scram.final(challenge.text)
        await self._exchange(Element(SASL, "response", None, final), "success")
        self._parser.reset()
        await self._open()
        resource = Element(BIND, "resource", None, RESOURCE)
        bound = await self.ask("set", None, Element(BIND, "bind", None, resource))
        assert bound.first is not None and bound.first.first is not None
        self.jid = bound.first.first.text

    async def _open(self) -> None:
        features = self.hope(lambda stanza: True)
        self.send(HEADER)
        if (await soon(features)).name != "features":
            raise Refusal("the server has no features")

    async def _exchange(self, said: Element, wanted: str) -> Element:
        answer = self.hope(lambda stanza: True)
        self.say(said)
        heard = await soon(answer)
        if heard.name != wanted:
            raise Refusal(f"<{wanted}/> was needed and {heard} came")
        return heard

    async def appear(self) -> None:
        """Send presence, and hear it come back (RFC 6121 §4.2.2)."""
        mine = self.hope(lambda stanza: stanza.get("from") == self.jid)
        self.say(Element(CLIENT, "presence"))
        if (await soon(mine)).get("type") is not None:
            raise Refusal(f"the presence of {self.jid} was refused")

    # --- under load

    def count(self, tally: Tally, *, sampled: bool = False) -> None:
        """From here on only count what comes. Nothing but whole stanzas may have come so far."""
        self._transport.set_protocol(Sampler(tally) if sampled else Counter(tally))

    def read(self) -> None:
        """Read again. What was counted must have been whole stanzas."""
        self._transport.set_protocol(self)


def agreed(answer: Element) -> Element:
    """An answer that is no error. Raises Refusal."""
    if answer.get("type") == "error":
        raise Refusal(f"the server refused: {answer}")
    return answer


async def soon(answer: asyncio.Future[Element]) -> Element:
    """What has to come. Raises Stalled, and Refusal where the stream ends first."""
    try:
        await asyncio.wait((answer,), timeout=STALL_SECONDS_MAX)
    finally:
        late = answer.cancel()
    if late:
        raise Stalled(f"no answer came within {STALL_SECONDS_MAX:g} seconds")
    return answer.result()


async def connect(place: Place, *, tls: bool = False) -> Client:
    """A connection on which nothing was said yet."""
    at = place.tls if tls else place.tcp
    loop = asyncio.get_running_loop()
    context = _trusting() if tls else None
    _, client = await loop.create_connection(Client, at.host, at.port, ssl=context)
    return client


def _trusting() -> ssl.SSLContext:
    """TLS with whoever is there: the certificate was made a moment ago, for this one run."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def crowd(
    place: Place, numbers: Iterable[int], *, tls: bool = False
) -> AsyncIterator[Sequence[Client]]:
    """Clients logged in with presence, some at a time, in the order of their accounts' numbers."""
    waiting = iter(list(numbers))
    clients: dict[int, Client] = {}

    async def enter() -> None:
        for number in waiting:
            client = clients[number] = await connect(place, tls=tls)
            await client.log_in(ACCOUNT % number)
            await client.appear()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(LOG_INS_AT_ONCE):
                group.create_task(enter())
        yield [clients[number] for number in sorted(clients)]
    finally:
        for client in clients.values():
            client.drop()
