"""Two servers that federate over loopback, our component at one, and people of both.

What the component is attached to is `verona.lit`, the other is `mantua.lit`. Each takes the other
by dialback (XEP-0220) over TLS, at an address of 127.0.0.0/8 of its own, so that the port is 5269
as everywhere; all they know of DNS is a file of names.
"""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from folkmoot.demo.actor import Actor as Guest
from folkmoot.xmpp.jid import JID
from tests.clients.actors import Actor
from tests.hosts.annex import ROOMS, SPACES, Annex, annexed
from tests.hosts.folk import enter
from tests.hosts.host import DOMAIN, PASSWORD, Federation, Host

AFAR: Final = "mantua.lit"
PORT: Final = 5269


class League:
    """Both servers. annex: the component at the one, with its people. afar: the other."""

    def __init__(self, annex: Annex, afar: Host) -> None:
        self.annex = annex
        self.afar = afar
        self._guests: list[Guest] = []

    async def pilgrim(self, name: str, *, resource: str = "home") -> Actor:
        """Somebody of the other server's people."""
        jid = JID.parse(f"{name}@{AFAR}/{resource}")
        actor = Actor(jid, PASSWORD, self.afar.certificate)
        self._guests.append(actor)
        await enter(self.afar, actor)
        return actor

    async def empties(self) -> None:
        """Everybody logs out."""
        await self.annex.empties()
        while self._guests:
            await self._guests.pop().leaves()


@asynccontextmanager
async def federated(home: type[Host], afar: type[Host], data: Path) -> AsyncIterator[League]:
    """A component at a server of one kind, which federates with one of another kind."""
    here, there = _addresses(2)
    hosts = f"{here} {DOMAIN} {SPACES} {ROOMS}\n{there} {AFAR}\n"
    other = afar(AFAR, Federation(there, hosts))
    try:
        await other.start()
        async with annexed(home(DOMAIN, Federation(here, hosts)), data) as annex:
            league = League(annex, other)
            yield league
            await league.empties()
    finally:
        await other.stop()


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
