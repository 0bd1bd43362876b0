"""Somebody who looks at a component as its users do, by way of the server it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from folkmoot.client import Spaces, connected
from folkmoot.client.asking import Asking

AWAY: Final = "see that it runs, and what is said here of its link"
"""What helps where nothing answers."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. way: how to connect, as `connected` takes it."""

    jid: str
    password: str = field(repr=False)
    way: dict[str, Any] = field(default_factory=dict)
    ca_file: Path | None = None

    @property
    def domain(self) -> str:
        """Of the account."""
        return self.jid.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Place:
    """The domains: of the server's accounts, of spaces and of rooms."""

    domain: str
    spaces: str
    rooms: str


class Guest:
    """A user who is logged in."""

    def __init__(self, user: User, spaces: Spaces) -> None:
        self.user = user
        self.spaces = spaces
        self.nick = f"{user.jid.partition('@')[0]}-{secrets.token_urlsafe(3)}"
        stream: Any = spaces.xmpp
        self.asking = Asking(stream)
        stream.add_event_handler("disconnected", lambda _: self.asking.lose())


@asynccontextmanager
async def logged_in(user: User) -> AsyncIterator[Spaces]:
    async with connected(user.jid, user.password, ca_certs=user.ca_file, **user.way) as spaces:
        yield spaces
