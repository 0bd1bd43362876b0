"""Somebody who uses slixmpp, and what has come to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import slixmpp

from folkmoot.config import Address
from folkmoot.demo.wire import reachable
from folkmoot.xmpp.jid import JID

PATIENCE_SECONDS: Final = 10.0
"""How long a test waits for what should come; it then fails."""

EVENTS: Final = (
    "message",
    "message_error",
    "message_xform",
    "groupchat_message",
    "groupchat_presence",
    "groupchat_subject",
    "presence",
    "roster_update",
    "pubsub_publish",
    "pubsub_subscription",
    "stream_error",
    "disconnected",
    "failed_auth",
)
"""What slixmpp tells of, and tests ask for."""

PLUGINS: Final = (
    "xep_0004",
    "xep_0030",
    "xep_0045",
    "xep_0059",
    "xep_0060",
    "xep_0199",
    "xep_0203",
)


class Actor:
    """A slixmpp client; `log_in` connects it.

    xmpp: the client itself. heard: what has come, by the name of its event, and was not asked for.
    """

    def __init__(
        self, jid: JID, password: str, certificate: Path, mechanism: str | None = None
    ) -> None:
        """certificate: the server's, which nothing else is taken for."""
        self.xmpp: Any = slixmpp.ClientXMPP(str(jid), password, sasl_mech=mechanism)
        self.xmpp.ca_certs = certificate
        # What it answers to requests for its presence is for the tests to say.
        self.xmpp.auto_authorize = None
        self.xmpp.auto_subscribe = False
        for plugin in PLUGINS:
            self.xmpp.register_plugin(plugin)
        self.heard: list[tuple[str, Any]] = []
        self._came = asyncio.Event()
        for event in EVENTS:
            self.xmpp.add_event_handler(event, self._hearing(event))

    @property
    def jid(self) -> JID:
        """The full JID it is bound to."""
        return JID.parse(str(self.xmpp.boundjid))

    @property
    def account(self) -> JID:
        """Its bare JID."""
        return self.jid.bare

    def _hearing(self, event: str) -> Callable[[Any], None]:
        def hear(what: Any) -> None:
            self.heard.append((event, what))
            self._came.set()

        return hear

    async def log_in(self, address: Address, *, direct: bool = False) -> None:
        """Connect and log in; nothing more is sent."""
        at = reachable(address)
        self.xmpp.enable_direct_tls = direct
        self.xmpp.enable_starttls = not direct
        started = self.xmpp.wait_until("session_start", timeout=PATIENCE_SECONDS)
        self.xmpp.connect(at.host, at.port)
        await started

    async def appear(self) -> None:
        """Ask for the roster, and become available."""
        await self.xmpp.get_roster()
        self.xmpp.send_presence()
        await self.is_up_to_date()

    async def is_up_to_date(self) -> None:
        """All has come that was told before now."""
        await self.xmpp.plugin["xep_0199"].ping(self.account.domain, timeout=PATIENCE_SECONDS)

    async def hears(self, event: str, where: Callable[[Any], bool] = lambda what: True) -> Any:
        """The first that has come, or comes, of an event; others stay to be asked for."""
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
            came = "".join(f"\n  {name}: {what}" for name, what in self.heard)
            raise AssertionError(f"{self.jid} waited for {event}, but heard{came}") from None

    async def asks(self, type: str, to: JID | None, xml: str) -> Any:
        """Send a request with this content; gives the answer, raises IqError for an error."""
        payload = ElementTree.fromstring(xml)
        iq = self.xmpp.make_iq(ito=str(to) if to else None, itype=type)
        iq.append(payload)
        return await iq.send(timeout=PATIENCE_SECONDS)

    async def enters(self, room: JID, nick: str, *, history: int = 0) -> Any:
        """Enter a room; gives what the room told on the way (XEP-0045 §7.2)."""
        return await self.xmpp.plugin["xep_0045"].join_muc_wait(
            slixmpp.JID(str(room)), nick, maxstanzas=history, timeout=PATIENCE_SECONDS
        )

    def says(self, to: JID, text: str, *, type: str = "chat") -> None:
        """Send a message."""
        self.xmpp.send_message(mto=str(to), mbody=text, mtype=type)

    async def leaves(self) -> None:
        """Log out."""
        if self.xmpp.is_connected():
            await self.xmpp.disconnect()


def condition(error: slixmpp.exceptions.IqError) -> str:
    """Why a request was refused."""
    return str(error.iq["error"]["condition"])


def body(text: str) -> Callable[[Any], bool]:
    """Whether a message says this."""
    return lambda message: bool(message["body"] == text)


def presence(sender: JID, type: str = "available") -> Callable[[Any], bool]:
    """Whether a presence is somebody's, of this type."""
    return lambda stanza: bool(str(stanza["from"]) == str(sender) and stanza["type"] == type)


def left(room: JID, nick: str) -> Callable[[Any], bool]:
    """Whether a presence from a room says that somebody has left it."""
    return presence(room.with_resource(nick), "unavailable")


def codes(stanza: Any) -> set[int]:
    """The status codes of a presence from a room."""
    return set(stanza["muc"]["status_codes"])
