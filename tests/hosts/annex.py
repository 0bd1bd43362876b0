"""`folkmoot component` in a process of its own, at a host whose users it gives spaces and rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from slixmpp.exceptions import IqError

from folkmoot.client import SpacesClient
from folkmoot.control import RemoteAdmin
from folkmoot.demo.actor import Actor as Guest
from folkmoot.demo.child import COMPONENT, Child
from folkmoot.lock import Holder
from folkmoot.settings import SECRET_FILE
from folkmoot.xmpp.jid import JID
from tests.clients.actors import PATIENCE_SECONDS, Actor, condition
from tests.hosts.folk import enter, person
from tests.hosts.host import DOMAIN, PASSWORD, SECRET, Host

SPACES: Final = JID.parse(f"spaces.{DOMAIN}")
ROOMS: Final = JID.parse(f"rooms.{DOMAIN}")

AWAY: Final = frozenset({"remote-server-not-found", "remote-server-timeout", "service-unavailable"})
"""What a host says of a component that is not there, or has only just come."""


class Annex:
    """A component of ours at a host, and who is logged in at the host.

    child: the component's process. ask: what the command line asks of it about spaces.
    """

    def __init__(self, host: Host, data: Path, *flags: str) -> None:
        """data: an empty directory. flags: more of `folkmoot component`."""
        self.host = host
        (data / SECRET_FILE).write_text(SECRET)
        at = str(host.attachment.at)
        self.child = Child(data, "--domain", DOMAIN, "--at", at, *flags, command=COMPONENT)
        self._admin: RemoteAdmin
        self._guests: list[Guest] = []

    async def start(self) -> Holder:
        """Run it, until the host's users reach both of its domains. Raises ChildFailed."""
        holder = await self.child.start()
        assert holder.control is not None
        self._admin = RemoteAdmin(holder.control)
        nurse = await self.actor("nurse", resource="doorstep")
        async with asyncio.timeout(PATIENCE_SECONDS):
            for service in (SPACES, ROOMS):
                while not await is_there(nurse, service):
                    await nurse.is_up_to_date()
        await nurse.leaves()
        self._guests.remove(nurse)
        return holder

    async def kill(self) -> None:
        """End it with -9."""
        await self.child.kill()

    async def stop(self) -> int:
        """Ask it to end; gives its exit status."""
        return await self.child.stop()

    async def rises_again(self) -> None:
        """It is killed, and started again; the host goes on, and so do its users."""
        await self.kill()
        await self.start()

    async def ask(self, verb: str, words: Mapping[str, str]) -> Mapping[str, Any]:
        """What `folkmoot space VERB` asks."""
        return await self._admin.ask("space", verb, words)

    async def lacking(self) -> list[str]:
        """What `folkmoot check` says that accounts' own nodes lack."""
        lacking: list[str] = (await self._admin.ask("link", "show", {}))["lacking"]
        return lacking

    async def actor(self, name: str, *wanted: str, resource: str = "home") -> Actor:
        """Somebody of the host's people, with slixmpp and nothing of ours.

        wanted: nodes of accounts that their client announces an interest in (XEP-0163 §4.2).
        """
        actor = Actor(person(name).with_resource(resource), PASSWORD, self.host.certificate)
        if wanted:
            actor.xmpp.register_plugin("xep_0115")
        for each in wanted:
            actor.xmpp.plugin["xep_0030"].add_feature(f"{each}+notify")
        await self._enter(actor)
        return actor

    async def guest(self, name: str, *, resource: str = "demo", available: bool = True) -> Guest:
        """Somebody of the host's people, with `folkmoot.client`."""
        jid = person(name).with_resource(resource)
        client = SpacesClient(str(jid), PASSWORD)
        client.ca_certs = self.host.certificate
        guest = Guest(client)
        await self._enter(guest, available=available)
        return guest

    async def _enter(self, guest: Guest, *, available: bool = True) -> None:
        self._guests.append(guest)
        await enter(self.host, guest, available=available)

    async def empties(self) -> None:
        """Everybody logs out."""
        while self._guests:
            await self._guests.pop().leaves()


async def is_there(actor: Actor, service: JID) -> bool:
    """Whether the host passes on what is for a service. Raises IqError for another refusal."""
    try:
        await actor.asks("get", service, "<ping xmlns='urn:xmpp:ping'/>")
    except IqError as error:
        if condition(error) in AWAY:
            return False
        raise
    return True


@asynccontextmanager
async def annexed(host: Host, data: Path, *flags: str) -> AsyncIterator[Annex]:
    """A component at a host that does not run yet, in an empty directory."""
    host.attachment = replace(host.attachment, spaces=str(SPACES), rooms=str(ROOMS))
    async with host:
        annex = Annex(host, data, *flags)
        async with annex.child:
            await annex.start()
            yield annex
            await annex.empties()
