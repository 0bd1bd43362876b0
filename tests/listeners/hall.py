"""A small host, and everything that a test of the listeners needs to stand before it."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from folkmoot.listeners.certificates import ensure_certificate
from folkmoot.listeners.connection import Connection
from folkmoot.listeners.limits import ListenerLimits
from folkmoot.listeners.reception import Reception
from folkmoot.listeners.tcp import TcpListener
from folkmoot.listeners.tls import Tls, load_tls
from folkmoot.streams.features import Features
from folkmoot.streams.sasl import derive
from folkmoot.streams.settings import StreamSettings
from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import stamp
from folkmoot.xmpp.xml import StreamClosed, StreamOpened, StreamParser

DOMAIN = JID.parse("localhost")
PASSWORD = "r0m30myr0m30"
CREDENTIALS = derive(PASSWORD, bytes(16), 4096)
PATIENCE_SECONDS = 20.0
HEADER = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='localhost' version='1.0'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
END = "</stream:stream>"


class Hall:
    """A host with accounts and sessions; `take` is what becomes of a stanza."""

    def __init__(self) -> None:
        self.accounts: dict[str, Credentials] = {"juliet": CREDENTIALS, "romeo": CREDENTIALS}
        self.sessions: dict[JID, Connection] = {}
        self.received: list[Element] = []
        self.losses: list[tuple[JID, StreamError | None]] = []
        self.peaceful: list[bool] = []
        self.take: Callable[[JID, Element], Awaitable[None] | None] = lambda jid, stanza: None
        self._changed = asyncio.Event()

    async def credentials(self, local: str) -> Credentials | None:
        return self.accounts.get(local)

    async def register(self, local: str, password: str) -> None:
        if local in self.accounts:
            raise StanzaError("conflict")
        self.accounts[local] = derive(password, bytes(16), 4096)

    def bind(self, connection: Connection, account: JID, resource: str | None) -> JID:
        jid = account.with_resource(resource or "chosen")
        if jid.resource == "taken":
            raise StanzaError("conflict")
        if jid in self.sessions:
            self.sessions[jid].close(StreamError("conflict"))
        assert jid not in self.sessions, "close() has not lost the session it replaces"
        self.sessions[jid] = connection
        self._changed.set()
        return jid

    def receive(self, jid: JID, stanza: Element) -> Awaitable[None] | None:
        assert jid in self.sessions
        self.received.append(stanza)
        self._changed.set()
        return self.take(jid, stanza)

    def lost(self, jid: JID, error: StreamError | None, *, in_peace: bool) -> None:
        del self.sessions[jid]
        self.losses.append((jid, error))
        self.peaceful.append(in_peace)
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what happens here has made a condition true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def tell(self, jid: JID, body: str) -> None:
        """Send a session a message."""
        connection = self.sessions[jid]
        address = stamp(jid, framed=connection.framed)
        connection.send(b"<message" + address + f"><body>{body}</body></message>".encode())


@dataclass
class Place:
    """A host, its reception, and the listeners opened in a test."""

    hall: Hall
    reception: Reception
    tls: Tls
    certificate: Path
    listeners: list[TcpListener]

    async def listen(self, *, direct: bool = False, tls: bool = True) -> TcpListener:
        """Open a listener on a free port of this machine."""
        listener = TcpListener(self.reception, self.tls if tls else None, direct=direct)
        await listener.open("127.0.0.1", 0)
        self.listeners.append(listener)
        return listener

    async def close(self) -> None:
        """Close what was opened."""
        for listener in self.listeners:
            await listener.close()


def place(tmp_path: Path, *, cleartext: bool = True, **limits: Any) -> Place:
    """A place of a test's own, with other limits than usual where they are named."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    ensure_certificate(certificate, key, "localhost", datetime.now(UTC))
    hall = Hall()
    features = Features(cleartext=cleartext, registration=True)
    settings = StreamSettings(DOMAIN, b"a secret of the server", features)
    bounds = replace(ListenerLimits(close_seconds_max=1.0), **limits)
    reception = Reception(hall, settings, bounds)
    return Place(hall, reception, load_tls(certificate, key), certificate, [])


Heard = StreamOpened | Element | StreamClosed | StreamError | None


class Client:
    """A client over TCP that says what it is told to say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._parser = StreamParser()
        self._heard: list[Heard] = []

    @staticmethod
    async def connect(listener: TcpListener, context: ssl.SSLContext | None = None) -> "Client":
        """Connect to a listener."""
        host, port = listener.addresses[0]
        name = "localhost" if context is not None else None
        return Client(*await asyncio.open_connection(host, port, ssl=context, server_hostname=name))

    def say(self, text: str) -> None:
        """Send text."""
        self.writer.write(text.encode())

    async def hear(self) -> Heard:
        """What the server says next; None at the end of the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._heard:
                data = await self.reader.read(65_536)
                if not data:
                    return None
                self._heard += self._parser.feed(data)
        return self._heard.pop(0)

    async def hear_element(self) -> Element:
        """The element that the server says next."""
        heard = await self.hear()
        assert isinstance(heard, Element), heard
        return heard

    async def hear_error(self) -> str:
        """The stream error that comes next, and the end of stream and connection after it."""
        error = await self.hear_element()
        assert error.name == "error"
        assert error.first is not None
        assert isinstance(await self.hear(), StreamClosed)
        await self.hear_nothing_more()
        return error.first.name

    async def hear_nothing_more(self) -> None:
        """The server closes the connection, and so does the client."""
        assert await self.hear() is None
        await self.leave()

    async def leave(self) -> None:
        """Close the connection without a word."""
        self.writer.close()
        await asyncio.wait((asyncio.ensure_future(self.writer.wait_closed()),))

    async def open(self) -> Element:
        """Open a stream; gives its features."""
        self._parser.reset()
        self.say(HEADER)
        assert isinstance(await self.hear(), StreamOpened)
        return await self.hear_element()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Turn to TLS (RFC 6120 §5)."""
        self.say(f"<starttls xmlns='{TLS}'/>")
        assert await self.hear() == Element(TLS, "proceed")
        await self.writer.start_tls(context, server_hostname="localhost")

    async def plain(self, username: str = "juliet", password: str = PASSWORD) -> Element:
        """Log in; gives `<success/>` or `<failure/>`."""
        message = b64encode(f"\0{username}\0{password}".encode()).decode()
        self.say(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{message}</auth>")
        return await self.hear_element()

    async def bind(self, resource: str = "balcony") -> Element:
        """Ask for a resource."""
        self.say(
            f"<iq type='set' id='bind'><bind xmlns='{BIND}'><resource>{resource}</resource></bind>"
            "</iq>"
        )
        return await self.hear_element()


async def session(
    listener: TcpListener, username: str = "juliet", resource: str = "balcony"
) -> Client:
    """A client that is logged in, over a listener that allows it in the clear."""
    client = await Client.connect(listener)
    await client.open()
    assert (await client.plain(username)).name == "success"
    await client.open()
    assert (await client.bind(resource)).get("type") == "result"
    return client


def trusting(certificate: Path, **attributes: Any) -> ssl.SSLContext:
    """A client's TLS that trusts a certificate, and nothing else."""
    context = ssl.create_default_context(cafile=certificate)
    for name, value in attributes.items():
        setattr(context, name, value)
    return context
