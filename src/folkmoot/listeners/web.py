"""What the server says over HTTP: WebSocket, how to find it (XEP-0156 1.4.0), and a page."""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Final

from aiohttp import web

from folkmoot.listeners.limits import ListenerLimits
from folkmoot.listeners.reception import Reception
from folkmoot.listeners.tls import Tls
from folkmoot.listeners.websocket import WebSockets
from folkmoot.xmpp.element import Element, serialize
from folkmoot.xmpp.errors import StreamError

WEBSOCKET_PATH: Final = "/xmpp-websocket"
XRD: Final = "http://docs.oasis-open.org/ns/xri/xrd-1.0"
RELATION: Final = "urn:xmpp:alt-connections:websocket"
ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{domain}</title>
<style>body {{ font: 1rem/1.5 system-ui; max-width: 36em; margin: 4em auto }}</style>
<h1>{domain}</h1>
<p>This is <b>Folkmoot</b>, an XMPP server with Spaces: communities of many rooms, with one
membership and one moderation.
<p>To come in, use an XMPP client with an account at <b>{domain}</b>.
Programs find their way by <a href="/.well-known/host-meta">host-meta</a>; WebSocket is at
<code>{url}</code>.
</html>
"""


def websocket_url(request: web.Request, limits: ListenerLimits) -> str:
    """Where a client that made this request finds the WebSocket.

    Only who asks from this machine, with no proxy between, is told of a connection without TLS.
    """
    near = limits.trusts(request.remote or "") and "X-Forwarded-For" not in request.headers
    scheme = "ws" if near and not request.secure else "wss"
    return f"{scheme}://{request.host}{WEBSOCKET_PATH}"


def routes(
    reception: Reception, websockets: WebSockets, *, url: str | None = None, page: bool = True
) -> list[web.RouteDef]:
    """The routes of the listener.

    url: the WebSocket's, as clients reach it; None to make it of each request's host.
    page: whether `/` says what this is.
    """

    def where(request: web.Request) -> str:
        return url or websocket_url(request, reception.limits)

    async def host_meta(request: web.Request) -> web.Response:
        link = Element(XRD, "Link", {"rel": RELATION, "href": where(request)})
        document = serialize(Element(XRD, "XRD", None, link))
        return web.Response(
            text=f"<?xml version='1.0' encoding='utf-8'?>\n{document}\n",
            content_type="application/xrd+xml",
            headers=ANY_ORIGIN,
        )

    async def host_meta_json(request: web.Request) -> web.Response:
        links = [{"rel": RELATION, "href": where(request)}]
        return web.json_response({"links": links}, headers=ANY_ORIGIN)

    async def index(request: web.Request) -> web.Response:
        domain = escape(str(reception.settings.domain))
        text = _PAGE.format(domain=domain, url=escape(where(request)))
        return web.Response(text=text, content_type="text/html")

    return [
        web.get(WEBSOCKET_PATH, websockets.serve),
        web.get("/.well-known/host-meta", host_meta),
        web.get("/.well-known/host-meta.json", host_meta_json),
        *([web.get("/", index)] if page else []),
    ]


class WebListener:
    """A port for HTTP. `open` it inside the reception's loop.

    application: with `routes`, and whatever else is served on that port.
    tls: made with `load_tls(..., protocol=HTTP)`; None for a port that a reverse proxy stands
        before, or that is only reached from this machine.
    """

    def __init__(
        self, application: web.Application, websockets: WebSockets, tls: Tls | None = None
    ) -> None:
        self._websockets = websockets
        self._tls = tls
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False)
        self._site: web.TCPSite | None = None

    async def open(self, host: str | None, port: int) -> None:
        """Begin to listen. host: an address or a name; None for all addresses. Raises OSError."""
        await self._runner.setup()
        context = None if self._tls is None else self._tls.context
        self._site = web.TCPSite(self._runner, host, port, ssl_context=context)
        await self._site.start()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens: an IP address and a port, never 0, for each socket."""
        return [address[:2] for address in self._runner.addresses]

    async def close(self, error: StreamError | None = None) -> None:
        """Accept nobody any more, end all streams, and wait until their connections are closed."""
        site, self._site = self._site, None
        if site is not None:
            await site.stop()
        await self._websockets.close(error)
        await self._runner.cleanup()
