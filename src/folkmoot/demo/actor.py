"""Somebody with a client of slixmpp, and what has come to them and was not asked for yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import slixmpp

from folkmoot.client import Event, Spaces
from folkmoot.client.connection import ended
from folkmoot.xmpp.jid import JID

PATIENCE_SECONDS: Final = 10.0
"""How long somebody waits for what should come."""


class Unexpected(Exception):
    """Something else came than what was expected, or nothing; the text says what."""


class Actor:
    """A client of slixmpp and what it hears; who makes it logs it in.

    xmpp: the client. heard: what has come, by the name of slixmpp's event.
    """

    def __init__(self, xmpp: Any, *events: str) -> None:
        """events: what is heard beside what `folkmoot.client` tells."""
        self.xmpp = xmpp
        # Requests for presence are part of the play.
        xmpp.auto_authorize = None
        xmpp.auto_subscribe = False
        xmpp.register_plugin("xep_0199")
        self.heard: list[tuple[str, Any]] = []
        self._came = asyncio.Event()
        for event in ("space_event", "presence", "message", "stream_error", *events):
            xmpp.add_event_handler(event, self._hearing(event))

    @property
    def jid(self) -> JID:
        """The full JID it is bound to."""
        return JID.parse(str(self.xmpp.boundjid))

    @property
    def account(self) -> JID:
        """Its bare JID."""
        return self.jid.bare

    @property
    def own(self) -> slixmpp.JID:
        """Its bare JID, as slixmpp has it."""
        return slixmpp.JID(self.xmpp.boundjid.bare)

    @property
    def spaces(self) -> Spaces:
        """What it does with spaces."""
        spaces: Spaces = self.xmpp.plugin["xep_0503"]
        return spaces

    def _hearing(self, event: str) -> Callable[[Any], None]:
        def hear(what: Any) -> None:
            self.heard.append((event, what))
            self._came.set()

        return hear

    async def appear(self) -> None:
        """Ask for the roster, and become available."""
        await self.xmpp.get_roster(timeout=PATIENCE_SECONDS)
        self.xmpp.send_presence()
        await self.is_up_to_date()

    async def is_up_to_date(self, service: str = "") -> None:
        """All has come that was told before now, by one's own domain or another service."""
        to = service or self.account.domain
        await self.xmpp.plugin["xep_0199"].ping(to, timeout=PATIENCE_SECONDS)

    async def hears(self, event: str, where: Callable[[Any], bool] = lambda what: True) -> Any:
        """The first that has come, or comes, of an event; others stay. Raises Unexpected."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    for place, (name, what) in enumerate(self.heard):
                        if name == event and where(what):
                            del self.heard[place]
                            return what
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            came = "".join(f"\n  {name}: {what}" for name, what in self.heard) or " nothing"
            raise Unexpected(f"{self.jid} waited for {event}, but heard{came}") from None

    async def hears_of(self, wanted: Event) -> None:
        """This is told, or has been. Raises Unexpected."""
        try:
            await self.hears("space_event", lambda told: bool(told == wanted))
        except Unexpected as error:
            raise Unexpected(f"{error}\nwanted: {wanted}") from None

    async def befriends(self, other: Actor) -> None:
        """Ask to see somebody's presence, and have it shown (RFC 6121 §3.1)."""
        self.xmpp.send_presence_subscription(pto=str(other.account))
        await other.hears("presence", presence(self.account, "subscribe"))
        other.xmpp.send_presence_subscription(pto=str(self.account), ptype="subscribed")
        await self.hears("presence", presence(other.account, "subscribed"))
        await self.hears("presence", presence(other.jid))

    async def leaves(self) -> None:
        """Log out."""
        if self.xmpp.is_connected():
            await self.xmpp.disconnect()
        await ended(self.xmpp)


def presence(sender: JID, type: str = "available") -> Callable[[Any], bool]:
    """Whether a presence is somebody's, of this type."""
    return lambda stanza: bool(str(stanza["from"]) == str(sender) and stanza["type"] == type)


def body(text: str) -> Callable[[Any], bool]:
    """Whether a message says this."""
    return lambda message: bool(message["body"] == text)
