"""A slixmpp client with spaces, and the shortest way to one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import slixmpp

from folkmoot.client.namespaces import AnyNamespace
from folkmoot.client.plugin import Spaces

LOGIN_SECONDS: Final = 30.0
"""How long `connected` tries."""


class NotLoggedIn(Exception):
    """The server did not take the password."""


class SpacesClient(AnyNamespace, slixmpp.ClientXMPP):
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


@asynccontextmanager
async def connected(
    jid: str,
    password: str,
    *,
    host: str | None = None,
    port: int | None = None,
    ca_certs: Path | None = None,
) -> AsyncIterator[Spaces]:
    """Spaces, as long as one is logged in; who is within is available, and hears of things.

    host and port: where to connect, if DNS does not say. ca_certs: whom to trust, if not those the
    system does. Raises NotLoggedIn; TimeoutError after LOGIN_SECONDS.
    """
    client = SpacesClient(jid, password)
    client.ca_certs = ca_certs
    answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def answer(taken: bool) -> None:
        if not answered.done():
            answered.set_result(taken)

    client.add_event_handler("session_start", lambda _: answer(True))
    client.add_event_handler("failed_all_auth", lambda _: answer(False))
    client.connect(host, port)
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            if not await answered:
                raise NotLoggedIn(jid)
        client.send_presence()
        yield client.spaces
    finally:
        await client.disconnect()
