"""Two servers that federate over loopback, our component at one, and people of both.

What the component is attached to is `verona.lit`, the other is `mantua.lit`. Each takes the other
by dialback (XEP-0220) over TLS, or by its certificate (XEP-0178), at an address of 127.0.0.0/8 of
its own, so that the port is 5269 as everywhere; all they know of DNS is a file of names.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from folkmoot.client import SpacesClient
from folkmoot.config import Address
from folkmoot.demo.actor import Actor as Guest
from tests.hosts.annex import ROOMS, SPACES, Annex, annexed
from tests.hosts.authority import Authority
from tests.hosts.folk import enter
from tests.hosts.host import DOMAIN, PASSWORD, Federation, Host

AFAR: Final = "mantua.lit"
PORT: Final = 5269
CONFIG: Final = """
[spaces]
node_creators = ["juliet@verona.lit", "juliet@mantua.lit"]
room_creators = ["juliet@verona.lit", "juliet@mantua.lit"]
"""
"""`everyone` would be those of the one server alone."""


class League:
    """Both servers. annex: the component at the one, with its people. afar: the other."""

    def __init__(self, annex: Annex, afar: Host) -> None:
        self.annex = annex
        self.afar = afar
        self._guests: list[Guest] = []

    @property
    def doors(self) -> Mapping[str, Address]:
        """Where the people of each domain log in."""
        hosts = (self.annex.host, self.afar)
        return {each.domain: Address("127.0.0.1", each.clients) for each in hosts}

    async def resident(self, name: str) -> Guest:
        """Somebody of the server's people that the component is attached to."""
        return await self.annex.guest(name)

    async def pilgrim(self, name: str, *, resource: str = "demo") -> Guest:
        """Somebody of the other server's."""
        client = SpacesClient(f"{name}@{AFAR}/{resource}", PASSWORD)
        client.ca_certs = self.afar.certificate
        guest = Guest(client)
        self._guests.append(guest)
        await enter(self.afar, guest)
        return guest

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """The other server is killed with -9, and up again when the block ends."""
        await self.afar.kill()
        try:
            yield
        finally:
            await self.afar.restart()

    async def empties(self) -> None:
        """Everybody logs out."""
        await self.annex.empties()
        while self._guests:
            await self._guests.pop().leaves()


@asynccontextmanager
async def federated(
    home: type[Host], afar: type[Host], data: Path, authority: Authority | None
) -> AsyncIterator[League]:
    """A component at a server of one kind, which federates with one of another kind.

    data: an empty directory. authority: as in `Federation`.
    """
    here, there = _addresses(2)
    hosts = f"{here} {DOMAIN} {SPACES} {ROOMS}\n{there} {AFAR}\n"
    other = afar(AFAR, Federation(there, hosts, authority))
    starting = asyncio.ensure_future(other.start())
    try:
        host = home(DOMAIN, Federation(here, hosts, authority))
        async with annexed(host, data / "component", "--config", configured(data)) as annex:
            await starting
            league = League(annex, other)
            yield league
            await league.empties()
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await other.stop()


def configured(data: Path) -> str:
    """Make the component's directory, and a file of its configuration; gives its name."""
    (data / "component").mkdir()
    config = data / "folkmoot.toml"
    config.write_text(CONFIG)
    return str(config)


def _addresses(count: int) -> list[str]:
    """Addresses of loopback where nobody has the port at the moment."""
    sockets: list[socket.socket] = []
    while len(sockets) < count:
        address = ".".join(str(random.randint(2, 250)) for _ in range(3))
        try:
            sockets.append(socket.create_server((f"127.{address}", PORT)))
        except OSError:
            continue
    found = [each.getsockname()[0] for each in sockets]
    for each in sockets:
        each.close()
    return found
