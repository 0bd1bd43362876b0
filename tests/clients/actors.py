"""Somebody who uses slixmpp, and what has come to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import slixmpp

from folkmoot.client import Listening, log_in
from folkmoot.config import Address
from folkmoot.demo import actor
from folkmoot.demo.actor import PATIENCE_SECONDS, body, presence
from folkmoot.demo.cast import reachable
from folkmoot.xmpp.jid import JID

__all__ = ["PATIENCE_SECONDS", "Actor", "body", "codes", "condition", "first", "left", "presence"]

EVENTS: Final = (
    "message_error",
    "message_xform",
    "groupchat_message",
    "groupchat_presence",
    "groupchat_subject",
    "roster_update",
    "pubsub_publish",
    "pubsub_subscription",
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
    "xep_0203",
)


class Actor(actor.Actor):
    """A client that is slixmpp and nothing of ours; `log_in` connects it."""

    def __init__(
        self, jid: JID, password: str, certificate: Path, mechanism: str | None = None
    ) -> None:
        """certificate: the server's, which nothing else is taken for."""
        client: Any = slixmpp.ClientXMPP(str(jid), password, sasl_mech=mechanism)
        client.ca_certs = certificate
        for plugin in PLUGINS:
            client.register_plugin(plugin)
        super().__init__(client, *EVENTS)

    async def log_in(self, address: Address, *, direct: bool = False) -> None:
        """Connect and log in; nothing more is sent."""
        at = reachable(address)
        await log_in(self.xmpp, at.host, at.port, direct_tls=direct)

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


async def first(events: Listening, kind: type[Any]) -> Any:
    """The next event of a kind, in time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await events.first(kind)


def condition(error: slixmpp.exceptions.IqError) -> str:
    """Why a request was refused."""
    return str(error.iq["error"]["condition"])


def left(room: JID, nick: str) -> Callable[[Any], bool]:
    """Whether a presence from a room says that somebody has left it."""
    return presence(room.with_resource(nick), "unavailable")


def codes(stanza: Any) -> set[int]:
    """The status codes of a presence from a room."""
    return set(stanza["muc"]["status_codes"])
