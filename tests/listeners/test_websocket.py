"""Clients over WebSocket, with aiohttp's client at the other end: RFC 7395, XEP-0156."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from folkmoot.listeners.limits import ListenerLimits
from folkmoot.listeners.tls import HTTP, load_tls
from folkmoot.listeners.web import WebListener, routes
from folkmoot.listeners.websocket import WebSockets, client_address
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import parse
from tests.listeners.conftest import MakePlace
from tests.listeners.hall import BIND, PASSWORD, PATIENCE_SECONDS, SASL, Place, trusting

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
OPEN = f"<open xmlns='{FRAMING}' to='localhost' version='1.0'/>"
CLOSE = f"<close xmlns='{FRAMING}'/>"
BALCONY = JID.parse("juliet@localhost/balcony")

Serve = Callable[..., Awaitable[WebListener]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Opens web listeners for places, and closes them behind the test."""
    opened: list[WebListener] = []

    async def open_one(place: Place, *, tls: bool = False, **options: Any) -> WebListener:
        websockets = WebSockets(place.reception)
        application = web.Application()
        application.add_routes(routes(place.reception, websockets, **options))
        key = place.certificate.with_name("key.pem")
        wrapped = load_tls(place.certificate, key, HTTP) if tls else None
        listener = WebListener(application, websockets, wrapped)
        await listener.open("127.0.0.1", 0)
        opened.append(listener)
        return listener

    yield open_one
    for listener in opened:
        await listener.close()


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A client of HTTP."""
    async with aiohttp.ClientSession() as client:
        yield client


def url(listener: WebListener, path: str = "/xmpp-websocket", *, tls: bool = False) -> str:
    """The address of a path."""
    _, port = listener.addresses[0]
    return f"http{'s' if tls else ''}://localhost:{port}{path}"


class Socket:
    """A client's WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def hear(self) -> Element:
        """The one element of the next message."""
        return parse(await self.socket.receive_str(timeout=PATIENCE_SECONDS))

    async def ask(self, text: str) -> Element:
        """Send a message; gives the next that comes."""
        await self.socket.send_str(text)
        return await self.hear()

    async def open(self) -> Element:
        """Open a stream; gives its features."""
        opened = await self.ask(OPEN)
        assert (opened.ns, opened.name) == (FRAMING, "open")
        return await self.hear()

    async def hear_error(self) -> str:
        """The stream error that comes next; `<close/>` and the end of the WebSocket after it."""
        error = await self.hear()
        assert (error.name, error.ns) == ("error", "http://etherx.jabber.org/streams")
        assert error.first is not None
        await self.hear_end()
        return error.first.name

    async def hear_end(self) -> None:
        """`<close/>`, and the end of the WebSocket (§3.6)."""
        assert await self.hear() == Element(FRAMING, "close")
        end = await self.socket.receive(timeout=PATIENCE_SECONDS)
        assert end.type is aiohttp.WSMsgType.CLOSE
        assert end.data == aiohttp.WSCloseCode.OK


async def connect(browser: aiohttp.ClientSession, listener: WebListener, **options: Any) -> Socket:
    """A WebSocket, its stream not yet open."""
    socket = await browser.ws_connect(url(listener), protocols=("xmpp",), **options)
    assert socket.protocol == "xmpp"
    return Socket(socket)


async def session(browser: aiohttp.ClientSession, listener: WebListener) -> Socket:
    """A session of juliet@localhost/balcony."""
    client = await connect(browser, listener)
    await client.open()
    message = b64encode(f"\0juliet\0{PASSWORD}".encode()).decode()
    success = await client.ask(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{message}</auth>")
    assert success.name == "success"
    await client.open()
    bound = await client.ask(
        f"<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='{BIND}'>"
        "<resource>balcony</resource></bind></iq>"
    )
    assert bound.get("type") == "result"
    return client


async def test_a_session(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """RFC 7395 §3.3.3, §3.6: each stanza is a message of its own that names its namespace."""
    place = make_place(cleartext=False)
    client = await session(browser, await serve(place))
    connection = place.hall.sessions[BALCONY]
    assert (connection.framed, connection.secure) == (True, True)
    await client.socket.send_str("<message xmlns='jabber:client'><body>Ay me!</body></message>")
    await place.hall.until(lambda: len(place.hall.received) == 1)
    for number in range(50):
        place.hall.tell(BALCONY, str(number))
    for number in range(50):
        message = await client.hear()
        assert (message.ns, message.name) == ("jabber:client", "message")
        assert message.first is not None
        assert message.first.text == str(number)
    await client.socket.send_str(CLOSE)
    await client.hear_end()
    assert place.hall.losses == [(BALCONY, None)]


async def test_a_session_over_tls(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """RFC 7395 §3.9: TLS is the WebSocket's, and never the stream's."""
    place = make_place(cleartext=False, trusted=())
    listener = await serve(place, tls=True)
    context = trusting(place.certificate)
    socket = await browser.ws_connect(url(listener, tls=True), protocols=("xmpp",), ssl=context)
    client = Socket(socket)
    features = await client.open()
    assert features.child("urn:ietf:params:xml:ns:xmpp-tls", "starttls") is None
    assert features.child(SASL, "mechanisms") is not None
    await client.socket.close()


async def test_stanzas_wait_for_the_one_before(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """The next message is read when the host is done with the last."""
    place = make_place()
    client = await session(browser, await serve(place))
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    place.hall.take = lambda jid, stanza: wait()
    for number in range(3):
        await client.socket.send_str(f"<message xmlns='jabber:client' id='{number}'/>")
    await place.hall.until(lambda: len(place.hall.received) == 1)
    assert (await session_of_romeo(browser, place, serve)).name == "success"
    assert len(place.hall.received) == 1
    gate.set()
    await place.hall.until(lambda: len(place.hall.received) == 3)
    assert [stanza.get("id") for stanza in place.hall.received] == ["0", "1", "2"]
    await client.socket.close()
    await place.hall.until(lambda: place.hall.losses == [(BALCONY, None)])


async def session_of_romeo(browser: aiohttp.ClientSession, place: Place, serve: Serve) -> Element:
    """Another client that logs in, while the first has to wait."""
    other = await connect(browser, await serve(place))
    await other.open()
    message = b64encode(f"\0romeo\0{PASSWORD}".encode()).decode()
    outcome = await other.ask(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{message}</auth>")
    await other.socket.close()
    return outcome


@pytest.mark.parametrize(
    ("protocols", "expected"), [((), 400), (("chat",), 400), (("chat", "xmpp"), 101)]
)
async def test_the_handshake(
    make_place: MakePlace,
    serve: Serve,
    browser: aiohttp.ClientSession,
    protocols: tuple[str, ...],
    expected: int,
) -> None:
    """RFC 7395 §3.1: the client has to offer `xmpp`."""
    listener = await serve(make_place())
    try:
        socket = await browser.ws_connect(url(listener), protocols=protocols)
        status = 101
        await socket.close()
    except aiohttp.WSServerHandshakeError as error:
        status = error.status
    assert status == expected


async def test_no_websocket_in_the_clear(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """RFC 7395 §3.9: from another machine only with TLS, unless the operator allows it."""
    listener = await serve(make_place(cleartext=False, trusted=()))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await connect(browser, listener)
    assert refusal.value.status == 403
    allowed = await connect(browser, await serve(make_place(cleartext=True, trusted=())))
    await allowed.socket.close()


async def test_too_many_connections(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """connections_max: 503 for the next."""
    place = make_place(connections_max=1)
    listener = await serve(place)
    client = await session(browser, listener)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await connect(browser, listener)
    assert refusal.value.status == 503
    await client.socket.close()
    await place.hall.until(lambda: len(place.hall.losses) == 1)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"<message xmlns='jabber:client'/>", "bad-format"),  # §3.2
        ("no XML", "not-well-formed"),
        (f"<message xmlns='jabber:client'>{'x' * 262_144}</message>", "policy-violation"),
    ],
)
async def test_messages_refused(
    make_place: MakePlace,
    serve: Serve,
    browser: aiohttp.ClientSession,
    message: str | bytes,
    expected: str,
) -> None:
    """RFC 7395 §3.2, §3.5; RFC 6120 §13.12."""
    place = make_place()
    client = await session(browser, await serve(place))
    if isinstance(message, bytes):
        await client.socket.send_bytes(message)
    else:
        await client.socket.send_str(message)
    assert await client.hear_error() == expected
    ((_, error),) = place.hall.losses
    assert error is not None
    assert error.condition == expected


async def test_a_client_that_does_not_read(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """send_buffer_bytes_max: the stream ends with resource-constraint."""
    place = make_place(send_buffer_bytes_max=65_536, close_seconds_max=0.1)
    listener = await serve(place)
    slow = await session(browser, listener)
    turns = 0
    while BALCONY in place.hall.sessions:
        place.hall.tell(BALCONY, "x" * 100_000)
        async with browser.get(url(listener, "/")) as response:
            assert response.status == 200  # and nobody else waits
        turns += 1
    ((jid, error),) = place.hall.losses
    assert jid == BALCONY
    assert error is not None
    assert error.condition == "resource-constraint"
    await slow.socket.close()


async def test_closing_the_listener(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """RFC 6120 §4.9.3.19: system-shutdown."""
    place = make_place()
    listener = await serve(place)
    client = await session(browser, listener)
    closing = asyncio.ensure_future(listener.close(StreamError("system-shutdown")))
    assert await client.hear_error() == "system-shutdown"
    await closing
    assert place.hall.sessions == {}


async def test_host_meta(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """XEP-0156 Example 1 and 2, readable by any web client (§3)."""
    listener = await serve(make_place(), url="wss://example.org/xmpp-websocket")
    async with browser.get(url(listener, "/.well-known/host-meta")) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.content_type == "application/xrd+xml"
        document = parse(await response.read())
    xrd = "http://docs.oasis-open.org/ns/xri/xrd-1.0"
    assert (document.ns, document.name) == (xrd, "XRD")
    attrs = {
        "rel": "urn:xmpp:alt-connections:websocket",
        "href": "wss://example.org/xmpp-websocket",
    }
    assert document.child(xrd, "Link") == Element(xrd, "Link", attrs)
    async with browser.get(url(listener, "/.well-known/host-meta.json")) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert await response.json() == {"links": [attrs]}


@pytest.mark.parametrize(
    ("headers", "scheme"), [({}, "ws"), ({"X-Forwarded-For": "192.0.2.1"}, "wss")]
)
async def test_host_meta_of_the_host_asked(
    make_place: MakePlace,
    serve: Serve,
    browser: aiohttp.ClientSession,
    headers: dict[str, str],
    scheme: str,
) -> None:
    """XEP-0156 §2.2: only `wss://`, except for who is on this machine already."""
    listener = await serve(make_place())
    async with browser.get(
        url(listener, "/.well-known/host-meta.json"), headers=headers
    ) as response:
        (link,) = (await response.json())["links"]
    assert link["href"] == url(listener).replace("http", scheme)


async def test_the_page_says_what_this_is(
    make_place: MakePlace, serve: Serve, browser: aiohttp.ClientSession
) -> None:
    """And leaves its place to a web client where there is one."""
    place = make_place()
    async with browser.get(url(await serve(place), "/")) as response:
        assert "Folkmoot" in await response.text()
    async with browser.get(url(await serve(place, page=False), "/")) as response:
        assert response.status == 404


async def test_the_address_behind_a_proxy(
    make_place: MakePlace, browser: aiohttp.ClientSession
) -> None:
    """X-Forwarded-For is believed from a trusted proxy, its last entry, and from nobody else."""
    place = make_place()
    seen: list[str] = []
    application = web.Application()

    async def look(request: web.Request) -> web.Response:
        trusting_nobody = ListenerLimits(trusted=())
        seen.extend(client_address(request, one) for one in (ListenerLimits(), trusting_nobody))
        return web.Response()

    application.add_routes([web.get("/", look)])
    listener = WebListener(application, WebSockets(place.reception))
    await listener.open("127.0.0.1", 0)
    forwarded = {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}
    async with browser.get(url(listener, "/"), headers=forwarded) as response:
        assert response.status == 200
    assert seen == ["192.0.2.1", "127.0.0.1"]
    await listener.close()
