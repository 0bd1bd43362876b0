"""A slixmpp client with spaces, and the shortest way to one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import slixmpp

from folkmoot.client.errors import NotConnected, NotLoggedIn, SpacesError
from folkmoot.client.namespaces import AnyNamespace
from folkmoot.client.plugin import Spaces
from folkmoot.client.websocket import OverWebSocket

LOGIN_SECONDS: Final = 30.0
"""How long a log-in may take."""
DIRECT_TLS_PORT: Final = 5223
"""The port at which TLS comes first (XEP-0368 1.1.0)."""


class SpacesClient(OverWebSocket, AnyNamespace, slixmpp.ClientXMPP):
    """A client that can do spaces, and reads what Movim sends."""

    def __init__(self, jid: str, password: str, **options: Any) -> None:
        """options: those of slixmpp's ClientXMPP."""
        super().__init__(jid, password, **options)
        self.register_plugin("xep_0503")

    @property
    def spaces(self) -> Spaces:
        """What is done with spaces."""
        plugins: Any = self.plugin
        spaces: Spaces = plugins["xep_0503"]
        return spaces


async def log_in(
    client: Any, host: str | None = None, port: int | None = None, *, direct_tls: bool | None = None
) -> None:
    """Connect a client of slixmpp and log in, once; nothing is sent after that.

    host and port: where to connect, if DNS does not say. direct_tls: whether TLS comes first there;
    None for at DIRECT_TLS_PORT alone. Raises NotLoggedIn, NotConnected.
    """
    if getattr(client, "websocket", None):
        host, port = client.boundjid.host, 443  # which keeps slixmpp from asking DNS, and no more
    if port is not None:
        client.enable_direct_tls = port == DIRECT_TLS_PORT if direct_tls is None else direct_tls
        client.enable_starttls = not client.enable_direct_tls
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    why = "it gives no answer"

    def fail(error: SpacesError) -> None:
        if not answered.done():
            answered.set_exception(error)

    def remember(reason: object) -> None:
        nonlocal why
        why = str(reason)

    handlers = {
        "session_start": lambda _: None if answered.done() else answered.set_result(None),
        "failed_all_auth": lambda _: fail(NotLoggedIn(f"{client.boundjid.bare} is not let in")),
        "connection_failed": remember,
        "reconnect_delay": lambda _: fail(NotConnected(why)),
        "ssl_invalid_chain": lambda error: fail(NotConnected(f"its certificate: {error}")),
        "disconnected": lambda reason: fail(NotConnected(str(reason or why))),
    }
    for event, handler in handlers.items():
        client.add_event_handler(event, handler)
    try:
        client.connect(host, port)
        async with asyncio.timeout(LOGIN_SECONDS):
            await answered
    except BaseException as error:
        client.cancel_connection_attempt()
        client.abort()
        await ended(client)
        if isinstance(error, TimeoutError):
            raise NotConnected(f"no log-in in {LOGIN_SECONDS:.0f} seconds: {why}") from None
        raise
    finally:
        for event, handler in handlers.items():
            client.del_event_handler(event, handler)


async def ended(client: Any) -> None:
    """Let go of what slixmpp leaves behind: a task that waits for more to send."""
    sending = client._run_out_filters
    if sending is not None:
        sending.cancel()
        await asyncio.wait((sending,))


@asynccontextmanager
async def connected(
    jid: str,
    password: str,
    *,
    host: str | None = None,
    port: int | None = None,
    direct_tls: bool | None = None,
    websocket: str | None = None,
    ca_certs: Path | None = None,
) -> AsyncIterator[Spaces]:
    """Spaces, as long as one is logged in; who is within is available, and hears of things.

    host, port, direct_tls: see `log_in`. websocket: a URL to connect to instead (RFC 7395).
    ca_certs: whom to trust beside those the system does. Raises NotLoggedIn, NotConnected.
    """
    client = SpacesClient(jid, password)
    client.ca_certs = ca_certs
    client.websocket = websocket
    await log_in(client, host, port, direct_tls=direct_tls)
    try:
        client.send_presence()
        yield client.spaces
    finally:
        await client.disconnect()
        await ended(client)
