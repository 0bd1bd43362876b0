"""The socket of a component's stream, against a server that a test plays."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from folkmoot.listeners import component
from folkmoot.listeners.component import ComponentLink, LinkSettings
from folkmoot.streams.offers import Kind, Offer
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, parse

PLAYS = JID.parse("plays.shakespeare.lit")
HEADER = (
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'"
    " xmlns='jabber:component:accept' from='plays.shakespeare.lit' id='{id}'>"
)
PATIENCE_SECONDS = 5.0


class Home:
    """Whose stanzas the link carries; what it was told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[object] = asyncio.Queue()
        self.link: ComponentLink

    def attached(self, link: ComponentLink) -> None:
        self.told.put_nowait("attached")

    def detached(self, link: ComponentLink) -> None:
        self.told.put_nowait("detached")

    def arrived(self, link: ComponentLink, stanza: Element) -> None:
        self.told.put_nowait(stanza)

    async def hears(self) -> object:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.told.get()


class Server:
    """A server that takes one component after the other."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.came.put_nowait((reader, writer))

    async def takes(self, id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The next connection, once its handshake has come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await self.came.get()
            await reader.readuntil(b"to='plays.shakespeare.lit'>")
            writer.write(HEADER.format(id=id).encode())
            digest = hashlib.sha1(f"{id}sycamore".encode()).hexdigest()
            await reader.readuntil(f"<handshake>{digest}</handshake>".encode())
        return reader, writer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    async with await server.open():
        yield server
        for writer in server.writers:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
async def home(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    """A component that connects to the server as long as the test lasts."""
    monkeypatch.setattr(component, "RECONNECT_SECONDS_MIN", 0.01)
    home = Home()
    host = JID.parse("shakespeare.lit")
    settings = LinkSettings(PLAYS, "127.0.0.1", server.port, "sycamore", host)
    assert "sycamore" not in repr(settings)
    home.link = ComponentLink(home, settings, lambda: 0.0)
    running = asyncio.ensure_future(home.link.run())
    yield home
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_stanzas_both_ways(server: Server, home: Home) -> None:
    """From the handshake on."""
    reader, writer = await server.takes("1")
    writer.write(b"<handshake/><iq type='result' id='q' from='montague.lit' to='plays'/>")
    assert await home.hears() == "attached"
    stanza = await home.hears()
    assert stanza == parse(
        f"<iq xmlns='{CLIENT}' type='result' id='q' from='montague.lit' to='plays'/>"
    )
    home.link.write(b"<iq id='a'/>")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await reader.readuntil(b"<iq id='a'/>")
    writer.close()


@pytest.mark.parametrize("ending", [b"</stream:stream>", b"<oops>&", b""])
async def test_a_lost_link_comes_back(server: Server, home: Home, ending: bytes) -> None:
    """However it ended."""
    _, writer = await server.takes("1")
    writer.write(b"<handshake/>" + ending)
    writer.close()
    assert [await home.hears(), await home.hears()] == ["attached", "detached"]
    home.link.write(b"<iq/>")
    _, writer = await server.takes("2")
    writer.write(b"<handshake/>")
    assert await home.hears() == "attached"
    writer.close()


async def test_a_secret_that_is_wrong(server: Server, home: Home) -> None:
    """Nobody is told that stanzas pass; it is tried again."""
    for id in ("1", "2"):
        _, writer = await server.takes(id)
        writer.write(
            b"<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            b"</stream:error></stream:stream>"
        )
        writer.close()
    assert home.told.empty()


async def test_a_server_that_reads_nothing(
    server: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEND_BUFFER_BYTES_MAX: past it the link is dropped, and comes back."""
    monkeypatch.setattr(component, "SEND_BUFFER_BYTES_MAX", 1_000)
    _, writer = await server.takes("1")
    writer.write(b"<handshake/>")
    assert await home.hears() == "attached"
    message = b"<message>" + b"x" * 1_000_000 + b"</message>"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while home.told.empty():
            home.link.write(message)
            await asyncio.sleep(0)
    assert await home.hears() == "detached"
    _, again = await server.takes("2")
    writer.close()
    again.close()


async def test_a_server_that_says_nothing(
    server: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HANDSHAKE_SECONDS_MAX: past it another connection is tried."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, writer = await server.came.get()
        monkeypatch.setattr(component, "HANDSHAKE_SECONDS_MAX", 0.05)
        writer.close()
        for _ in range(2):
            await server.came.get()
    assert home.told.empty()


async def test_what_is_told_meanwhile_is_held(server: Server, home: Home) -> None:
    """While the link is down; it comes first when the link is up, in its order."""
    home.link.write(b"<message id='0'/>")
    for id in ("1", "2"):
        reader, writer = await server.takes(id)
        writer.write(b"<handshake/>")
        assert await home.hears() == "attached"
        assert (home.link.up, home.link.trouble) == (True, "")
        home.link.write(f"<message id='{id}'/>".encode())
        async with asyncio.timeout(PATIENCE_SECONDS):
            expected = f"<message id='0'/><message id='{id}'/>".encode()
            assert await reader.readexactly(len(expected)) == expected
        writer.close()
        assert await home.hears() == "detached"
        assert (home.link.up, home.link.trouble) == (False, "the server ended the stream")
        home.link.write(b"<message id='0'/>")


async def test_more_is_told_than_can_be_held(
    server: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HELD_BYTES_MAX: the oldest stanzas are lost, whole, and the log says how many."""
    stanzas = [f"<message id='{number}'/>".encode() for number in range(4)]
    monkeypatch.setattr(component, "HELD_BYTES_MAX", 2 * len(stanzas[0]))
    for each in stanzas:
        home.link.write(each)
    reader, writer = await server.takes("1")
    with capture_logs() as logs:
        writer.write(b"<handshake/>")
        assert await home.hears() == "attached"
    (up,) = (each for each in logs if each["event"] == "the link is up")
    assert (up["held"], up["lost"]) == (2, 2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await reader.readexactly(2 * len(stanzas[0])) == b"".join(stanzas[2:])
    writer.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StreamError("not-authorized"), "the server knows another secret for it (not-authorized)"),
        (
            StreamError("conflict", "Component already connected"),
            "another process is attached under this name (conflict: Component already connected)",
        ),
        (StreamError("host-unknown"), "the server has no component of this name (host-unknown)"),
        (StreamError("reset", "bye"), "the server says reset: bye"),
        (TimeoutError(), "no answer within 20 seconds"),
        (ConnectionRefusedError(111, "Connection refused"), "cannot connect: Connection refused"),
        (OSError("Multiple exceptions: …"), "cannot connect: Multiple exceptions: …"),
    ],
)
def test_why_a_link_is_down(error: OSError | TimeoutError | StreamError, words: str) -> None:
    """In a line, for the log and whoever asks."""
    assert component.explained(error) == words


async def test_how_a_link_fares(server: Server, home: Home) -> None:
    """What `folkmoot check` asks: up since when, how often lost, why, and what waits."""
    link = home.link
    state = link.state()
    assert (state.since, state.times_lost, state.trouble) == (None, 0, "it has not been up yet")
    link.write(b"<iq/>")
    assert link.state().held == 1
    _, writer = await server.takes("1")
    before = time.time()
    writer.write(b"<handshake/>")
    assert await home.hears() == "attached"
    state = link.state()
    assert state.since is not None
    assert before <= state.since <= time.time()
    assert state.held == 0
    writer.write(
        b"<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
    )
    assert await home.hears() == "detached"
    _, writer = await server.takes("2")
    state = link.state()
    assert (state.since, state.times_lost, state.condition) == (None, 1, "conflict")
    assert state.trouble == "another process is attached under this name (conflict)"
    writer.write(b"<handshake/>")
    assert await home.hears() == "attached"
    assert (link.trouble, link.state().condition) == ("", "conflict"), "why it was last down"
    writer.close()


async def test_what_was_too_much_to_hold_is_counted(
    server: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past HELD_BYTES_MAX, ever: also once the link is up."""
    monkeypatch.setattr(component, "HELD_BYTES_MAX", 10)
    for _ in range(3):
        home.link.write(b"<iq/>")
    assert (home.link.state().held, home.link.state().dropped) == (2, 1)
    _, writer = await server.takes("1")
    writer.write(b"<handshake/>")
    assert await home.hears() == "attached"
    assert home.link.state().dropped == 1
    writer.close()


async def test_what_the_server_offers(server: Server, home: Home) -> None:
    """By its own word alone, and until the link is lost."""
    privilege = (
        "<message from='{}' to='plays'><privilege xmlns='urn:xmpp:privilege:2'>"
        "<perm access='{}' type='get'/></privilege></message>"
    )
    told = [privilege.format(*each) for each in (("shakespeare.lit", "roster"), ("other", "iq"))]
    told.append(privilege.format("iago@shakespeare.lit", "presence"))
    _, writer = await server.takes("1")
    writer.write(f"<handshake/>{''.join(told)}".encode())
    assert await home.hears() == "attached"
    for _ in told:
        assert isinstance(await home.hears(), Element)
    assert home.link.state().offers == {Offer(Kind.PRIVILEGE, "roster", "get")}
    writer.close()
    assert await home.hears() == "detached"
    _, writer = await server.takes("2")
    writer.write(b"<handshake/>")
    assert await home.hears() == "attached"
    assert not home.link.state().offers
    writer.close()
