"""Who plays the story, and where: a server's doors, and people with accounts on it."""

from __future__ import annotations

import secrets
import ssl
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import aiohttp  # noqa: F401  # so that no step waits for it to be loaded

from folkmoot.admin import Admin
from folkmoot.client import NotConnected, SpacesClient, log_in
from folkmoot.config import Address
from folkmoot.demo.actor import Actor, Unexpected
from folkmoot.lock import Holder
from folkmoot.xmpp.jid import JID

PASSWORD_BYTES: Final = 12
KEY_LENGTH: Final = 8
"""As long as the keys Movim makes."""

_ANYWHERE: Final = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
_KEY: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. name: what the telling calls them, and their nick in rooms."""

    name: str
    account: JID
    password: str


@dataclass(frozen=True, slots=True)
class Place:
    """A running server: its domains, and where its doors are."""

    domain: JID
    tcp: Address | None
    http: Address | None

    @staticmethod
    def of(holder: Holder) -> Place:
        """The place that a server's lock file tells of."""
        listening = holder.listening
        return Place(JID.parse(holder.domain), listening.get("tcp"), listening.get("http"))

    def moved(self, holder: Holder) -> Place:
        """The same server, started anew: its own doors may be elsewhere, another's are not."""
        return Place.of(holder) if holder.listening else self

    @property
    def spaces(self) -> JID:
        """The service of spaces."""
        return JID.parse(f"spaces.{self.domain}")

    @property
    def rooms(self) -> JID:
        """The service of rooms."""
        return JID.parse(f"rooms.{self.domain}")

    async def enter(self, person: Person, *, web: bool = False) -> Actor:
        """Log in, by WebSocket or by TCP with STARTTLS, where there is the choice.

        Raises NotConnected, NotLoggedIn.
        """
        client = SpacesClient(f"{person.account}/demo", person.password, ssl_context=unverified())
        actor = Actor(client)
        if self.http is not None and (web or self.tcp is None):
            at = reachable(self.http)
            client.websocket = f"ws://{at}/xmpp-websocket"
        elif self.tcp is not None:
            at = reachable(self.tcp)
        else:
            raise NotConnected("the server has no door that is open to clients")
        await log_in(client, at.host, at.port, direct_tls=False)
        return actor

    def by(self, *, web: bool = False) -> str:
        """What `enter` does, in words."""
        if self.http is not None and (web or self.tcp is None):
            return "WebSocket, SCRAM"
        return "TCP, STARTTLS, SCRAM"


def reachable(address: Address) -> Address:
    """Where a client on this machine connects to reach a listener."""
    return Address(_ANYWHERE.get(address.host, address.host), address.port)


def unverified() -> ssl.SSLContext:
    """A client's TLS that takes any certificate.

    It is for a server on this machine, which at first has only a certificate it made itself.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def random_key() -> str:
    """A key as Movim makes them: the name of a space, which whoever knows it may ask to join."""
    return "".join(secrets.choice(_KEY) for _ in range(KEY_LENGTH))


def people(place: Place, names: Iterable[str], *, ending: str = "") -> tuple[Person, ...]:
    """People who have no accounts yet. ending: of the names of their accounts."""
    return tuple(
        Person(
            name,
            JID.parse(f"{name}{ending}@{place.domain}"),
            secrets.token_urlsafe(PASSWORD_BYTES),
        )
        for name in names
    )


async def settle(admin: Admin, cast: Iterable[Person]) -> None:
    """Make the accounts. Raises AdminError; Unexpected where one is there already."""
    wanted = [(person.account, person.password) for person in cast]
    added = 0
    async for progress in admin.add_users(wanted):
        added = progress.added
    if added != len(wanted):
        raise Unexpected("an account of such a name was there before")
