"""The stage on tour: what is written for tests/stage.py, played by clients of a real host.

A stanza is sent as it is written, but for names: the domains of the text are those of the host,
and what is to be there only once is another one at each performance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from slixmpp.exceptions import IqError
from slixmpp.xmlstream.tostring import tostring

from folkmoot.client.namespaces import restored
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, parse, serialize
from tests.clients.actors import PATIENCE_SECONDS
from tests.hosts.annex import ROOMS, SPACES, Annex
from tests.hosts.host import DOMAIN
from tests.hosts.host import ROOMS as THEIR_ROOMS
from tests.stage import Client, Line, element


class Tour:
    """Where clients come from, as a Stage is."""

    def __init__(self, annex: Annex, domain: str, rooms: str, once: Mapping[str, str]) -> None:
        """domain, rooms: what the texts call them. once: names in them, and those of this time."""
        self.annex = annex
        self._domain = domain
        self._names = [(rooms, str(ROOMS)), (f"muc.{domain}", THEIR_ROOMS), *once.items()]

    def away(self, text: str) -> str:
        """A text, as it is said to the host."""
        for ours, theirs in self._names:
            text = text.replace(ours, theirs)
        return re.sub(rf"\b{re.escape(self._domain)}\b", DOMAIN, text)

    def home(self, text: str) -> str:
        """What the host says, as the texts have it."""
        for ours, theirs in self._names:
            text = text.replace(theirs, ours)
        return text.replace(DOMAIN, self._domain)

    async def client(self, jid: str, *, available: bool = False) -> Client:
        """Somebody logs in at the host."""
        at = JID.parse(jid)
        guest = await self.annex.guest(at.local, resource=at.resource, available=available)
        return Player(self, at, guest.xmpp)


class Player(Client):
    """A client of slixmpp that says what it is told to, and keeps what it hears."""

    def __init__(self, tour: Tour, jid: JID, xmpp: Any) -> None:
        self.jid = jid
        self.line = Line()
        self._tour = tour
        self._xmpp = xmpp
        self._asked: set[str | None] = set()
        xmpp.add_filter("in", self._hear)

    def _hear(self, stanza: Any) -> Any:
        answer = stanza.name == "iq" and stanza["type"] in ("result", "error")
        if not answer or stanza["id"] in self._asked:
            text = self._tour.home(restored(tostring(stanza.xml, top_level=True)))
            self.line.takes(parse(text))
        return stanza

    async def sends(self, xml: str | Element) -> None:
        """Send a stanza, and wait until whom it is for has taken it."""
        text = xml if isinstance(xml, str) else serialize(xml, CLIENT)
        stanza = element(text)
        self._asked.add(stanza.get("id"))
        self._xmpp.send_raw(self._tour.away(text.strip()))
        to = JID.parse(self._tour.away(stanza.get("to", "")) or DOMAIN)
        await self._ask_after(to.domain)

    async def drains(self) -> list[Element]:
        """All that has come so far, or is on its way from either service or the host."""
        for service in (str(SPACES), str(ROOMS), DOMAIN):
            await self._ask_after(service)
        came = list(self.line.inbox)
        self.line.inbox.clear()
        return came

    async def _ask_after(self, service: str) -> None:
        with suppress(IqError):  # an answer is an answer
            await self._xmpp.plugin["xep_0199"].ping(service, timeout=PATIENCE_SECONDS)

    async def leaves(self) -> None:
        """Log out."""
        await self._xmpp.disconnect()
