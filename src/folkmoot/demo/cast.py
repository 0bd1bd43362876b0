"""Who plays the story, and where: a server's doors, and people with accounts on it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from folkmoot.admin import Admin
from folkmoot.config import Address
from folkmoot.demo.client import Client, Unexpected, Watch, log_in
from folkmoot.demo.wire import TcpWire, WebSocketWire, Wire
from folkmoot.lock import Holder
from folkmoot.xmpp.jid import JID

PASSWORD_BYTES: Final = 12
KEY_LENGTH: Final = 8
"""As long as the keys Movim makes."""

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

    @property
    def spaces(self) -> JID:
        """The service of spaces."""
        return JID.parse(f"spaces.{self.domain}")

    @property
    def rooms(self) -> JID:
        """The service of rooms."""
        return JID.parse(f"rooms.{self.domain}")

    async def enter(
        self, person: Person, watch: Watch | None = None, *, web: bool = False
    ) -> Client:
        """Log in, by WebSocket or by TCP with STARTTLS, where there is the choice.

        Raises Unexpected, OSError.
        """
        wire: Wire
        if self.http is not None and (web or self.tcp is None):
            wire = await WebSocketWire.connect(self.http)
        elif self.tcp is not None:
            wire = await TcpWire.starttls(self.tcp, self.domain.domain)
        else:
            raise Unexpected("the server has no door that is open to clients")
        try:
            return await log_in(wire, person.account, person.password, watch=watch)
        except BaseException:
            await wire.close()
            raise

    def by(self, *, web: bool = False) -> str:
        """What `enter` does, in words."""
        if self.http is not None and (web or self.tcp is None):
            return "WebSocket, SCRAM"
        return "TCP, STARTTLS, SCRAM"


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
