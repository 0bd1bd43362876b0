"""A server of ours in a process of its own, and the people on it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from folkmoot.control import RemoteAdmin
from folkmoot.demo.actor import Actor as Guest
from folkmoot.demo.cast import Person, Place
from folkmoot.demo.child import Child
from folkmoot.lock import Holder
from folkmoot.xmpp.jid import JID
from tests.clients.actors import Actor

PASSWORD: Final = "wherefore art thou"


class Town:
    """A running server, the accounts made on it and who is logged in.

    holder: what the server says of itself.
    """

    def __init__(self, child: Child, holder: Holder) -> None:
        self.child = child
        self.holder = holder
        self._ending = secrets.token_hex(3)
        self._accounts: set[JID] = set()
        self._actors: list[Guest] = []

    @classmethod
    async def founded(cls, data: Path, *arguments: str) -> Town:
        """A server of its own on a data directory; whoever founds it has to `fall`."""
        child = Child(data, *arguments)
        return cls(child, await child.start())

    @property
    def place(self) -> Place:
        """Its domains and its doors."""
        return Place.of(self.holder)

    @property
    def admin(self) -> RemoteAdmin:
        """What the command line asks of it."""
        assert self.holder.control is not None
        return RemoteAdmin(self.holder.control)

    @property
    def certificate(self) -> Path:
        """The one the server has made for itself."""
        return self.child.data / "certificate.pem"

    def named(self, name: str) -> JID:
        """The account of that name in this test."""
        return JID.parse(f"{name}-{self._ending}@{self.place.domain}")

    async def account(self, name: str) -> JID:
        """Somebody's account, which is made if there is none yet."""
        jid = self.named(name)
        if jid not in self._accounts:
            async for _ in self.admin.add_users([(jid, PASSWORD)]):
                pass
            self._accounts.add(jid)
        return jid

    async def actor(
        self,
        name: str,
        *,
        resource: str = "home",
        mechanism: str | None = None,
        direct: bool = False,
        available: bool = True,
    ) -> Actor:
        """Somebody who is logged in; the account is made if there is none yet.

        available: whether they have asked for the roster, and sent their presence.
        """
        jid = (await self.account(name)).with_resource(resource)
        actor = Actor(jid, PASSWORD, self.certificate, mechanism)
        self._actors.append(actor)
        address = self.holder.listening["tls_direct" if direct else "tcp"]
        await actor.log_in(address, direct=direct)
        if available:
            await actor.appear()
        return actor

    async def guest(self, name: str, *, web: bool = False) -> Guest:
        """Somebody who is there with `folkmoot.client`, as in the demo."""
        person = Person(name, await self.account(name), PASSWORD)
        guest = await self.place.enter(person, web=web)
        self._actors.append(guest)
        await guest.appear()
        return guest

    async def rises_again(self) -> None:
        """The server is killed, and started again."""
        await self.child.kill()
        await self.empties()
        self.holder = await self.child.start()

    async def empties(self) -> None:
        """Everybody logs out."""
        while self._actors:
            await self._actors.pop().leaves()

    async def falls(self) -> None:
        """Everybody logs out, and the server ends."""
        await self.empties()
        await self.child.kill()
