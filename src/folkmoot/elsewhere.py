"""Other servers: the links to them, what comes through these, and what is asked of whom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Protocol

import structlog

from folkmoot import echo
from folkmoot.asking import Asking
from folkmoot.behalf.patron import Patron
from folkmoot.engine.engine import Engine
from folkmoot.engine.services import Services
from folkmoot.facades.facade import Answer, Outgoing
from folkmoot.lanes import Full, Lanes
from folkmoot.links import Link, Links
from folkmoot.rollcall import DOUBTFUL, RollCall
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import read_error
from folkmoot.xmpp.xml import Element

log = structlog.get_logger()


class Desk(Protocol):
    """Who does what stanzas ask for: the router."""

    async def handle(self, sender: JID, stanza: Element) -> None:
        """Handle a stanza of somebody who has no stream here; raises nothing."""

    def refuse(self, sender: JID, stanza: Element, error: StanzaError) -> None:
        """Say no to one."""

    def begin(self, coroutine: Coroutine[Any, None, None]) -> None:
        """Do something that nobody waits for."""

    def later(self, rest: Awaitable[None]) -> None:
        """Do the rest of something that has begun."""


class Elsewhere:
    """The home of all links. patron: the server whose component we are."""

    def __init__(self, services: Services, desk: Desk) -> None:
        self.links = Links(services)
        self.asking = Asking(services.pubsub, self.links)
        self.patron = Patron(services, self.links, self.asking)
        self._services = services
        self._desk = desk
        self._lanes = Lanes(desk.handle)
        self._roll: RollCall

    def attach(self, engine: Engine[Outgoing | Answer]) -> None:
        """The engine whose rooms have occupants elsewhere."""
        self._roll = RollCall(engine, self.asking)
        self.patron.attach(engine, self._desk.begin)

    def attached(self, link: Link) -> None:
        """A link is up; who is still in its domain's rooms, and who else has it, is found out."""
        self._desk.begin(self._roll.call(link.domain))
        self._desk.begin(self._listen(link))

    async def _listen(self, link: Link) -> None:
        if await echo.is_shared(self.asking, link):
            log.error(
                "another process is attached under this name, and gets a part of what is for it:"
                " stop one of the two",
                domain=str(link.domain),
            )

    async def turn(self) -> None:
        """Find out who is still in rooms of those who have been silent, a few at each call."""
        link = self.links.of(self._services.rooms)
        if link is not None and link.up:
            await self._roll.turn()

    async def shared(self) -> Sequence[JID]:
        """Under which of our services' names another process is attached as well, asked now."""
        held = map(self.links.of, (self._services.pubsub, self._services.rooms))
        links = [each for each in held if each is not None]
        found = await asyncio.gather(*(echo.is_shared(self.asking, each) for each in links))
        return [each.domain for each, shared in zip(links, found, strict=True) if shared]

    def detached(self, link: Link) -> None:
        """And down again."""
        self.asking.lost(link.domain)
        self.patron.detached(link)

    def arrived(self, link: Link, stanza: Element) -> None:
        """A stanza that comes through a link, whose server vouches for who sent it.

        Nobody comes in the name of somebody of ours, or to another domain than the link's.
        """
        try:
            sender, to = (JID.parse(stanza.get(each, "")) for each in ("from", "to"))
        except InvalidJID:
            return
        if to.domain != link.domain.domain or self.asking.answered(sender, to, stanza):
            return
        if not self.links.abroad(sender):
            return
        try:
            found = self.patron.opened(sender, to, stanza)
        except StanzaError as error:
            self._desk.refuse(sender, stanza, error)
        else:
            if found is not None:
                self._take(*found, link.domain)

    def _take(self, sender: JID, stanza: Element, service: JID) -> None:
        """Handle a stanza to a service, in its turn."""
        if stanza.get("type") != "error":
            self._roll.heard(sender)
        elif stanza.name == "message" and read_error(stanza).condition == DOUBTFUL:
            self._desk.begin(self._roll.doubt(sender, service))
        try:
            rest = self._lanes.take(sender, stanza)
        except Full:
            error = StanzaError("resource-constraint", "too much waits: slow down")
            self._desk.refuse(sender, stanza, error)
        else:
            if rest is not None:
                self._desk.later(rest)
