"""Another server, in memory, whose components our services are: it has the accounts, we the rest.

With it every test of a service can be played over links. Real servers: tests/hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import error_reply, reply
from folkmoot.xmpp.xml import Element
from tests.stage import Client, Wire

if TYPE_CHECKING:
    from tests.stage import Stage

CARD = "vcard-temp"
PING = "urn:xmpp:ping"


class Guest(Client):
    """A client of the host."""

    def __init__(self, host: Host, stage: Stage, jid: JID) -> None:
        super().__init__(stage, jid)
        self.host = host
        self.present = False
        self.directed: set[str] = set()

    def _bind(self) -> None:
        """Nothing: the host has the stream."""

    async def sends(self, xml: str | Element) -> None:
        """Send a stanza to whom the host hands it on, and wait until they have taken it."""
        stanza = self.stanza(xml)
        self.host.takes(self, stanza)
        await self._stage.core.router.idle()

    async def leaves(self) -> None:
        """The stream is lost; the host says so to all this client sent presence to."""
        self.line.open = False
        self.host.loses(self)
        await self._stage.core.router.idle()


class Host:
    """Routes between its clients and the links; what it does itself is little."""

    def __init__(self, stage: Stage) -> None:
        services = stage.core.engine.services
        self._stage = stage
        self._guests: dict[JID, Guest] = {}
        self._cards: dict[JID, Element] = {}
        self._wires = {each: Bridge(each, self) for each in (services.pubsub, services.rooms)}
        for wire in self._wires.values():
            stage.core.router.elsewhere.links.add(wire)

    def client(self, jid: JID) -> Guest:
        """Somebody logs in."""
        guest = self._guests[jid] = Guest(self, self._stage, jid)
        return guest

    def takes(self, guest: Guest, stanza: Element) -> None:
        """A stanza of a client."""
        to = stanza.get("to")
        if stanza.name == "presence" and stanza.get("type") in (None, "unavailable"):
            self._appears(guest, stanza, to)
        if to is None:
            if stanza.name == "iq":
                self._keeps(guest, stanza)
            return
        try:
            domain = JID("", JID.parse(to).domain, "")
        except InvalidJID:
            self._refuses(guest, stanza, "jid-malformed")
            return
        wire = self._wires.get(domain)
        if wire is not None:
            self._stage.core.router.elsewhere.arrived(wire, stanza)
        else:
            self.brings(stanza)

    def _keeps(self, guest: Guest, iq: Element) -> None:
        """What an account asks of itself: to keep its vCard (XEP-0054)."""
        card = iq.child(CARD, "vCard")
        if card is None or iq.get("type") != "set":
            self._refuses(guest, iq, "service-unavailable")
            return
        self._cards[guest.jid.bare] = card
        guest.line.takes(reply(iq))

    def _asked(self, iq: Element, account: JID) -> Element:
        """The answer to an iq for an account."""
        if iq.child(CARD, "vCard") is None or iq.get("type") != "get":
            return error_reply(iq, StanzaError("service-unavailable"))
        if account not in self._cards:
            return error_reply(iq, StanzaError("item-not-found"))
        return reply(iq, self._cards[account])

    def _appears(self, guest: Guest, presence: Element, to: str | None) -> None:
        available = presence.get("type") is None
        if to is None:
            guest.present = available
            if not available:
                self._parts(guest)
        elif available:
            guest.directed.add(to)
        else:
            guest.directed.discard(to)

    def loses(self, guest: Guest) -> None:
        """A stream ends."""
        guest.present = False
        self._guests.pop(guest.jid, None)
        self._parts(guest)

    def _parts(self, guest: Guest) -> None:
        """RFC 6121 §4.6.3."""
        directed, guest.directed = guest.directed, set()
        for to in directed:
            attrs = {"from": str(guest.jid), "to": to, "type": "unavailable"}
            self.takes(guest, Element("jabber:client", "presence", attrs))

    def _refuses(self, guest: Guest, stanza: Element, condition: str) -> None:
        if stanza.get("type") not in ("error", "result"):
            guest.line.takes(error_reply(stanza, StanzaError(condition)))

    def brings(self, stanza: Element) -> None:
        """A stanza for a client, or for an account; to nobody, it comes back (RFC 6121 §8.5)."""
        to = JID.parse(stanza.get("to", ""))
        if to.resource:
            found = [self._guests[to]] if to in self._guests else []
        elif stanza.name == "iq":
            found = []
        else:
            found = [each for each in self._guests.values() if each.jid.bare == to and each.present]
        if found and to.resource and _asks_whether_one_is_there(stanza):
            self._returns(reply(stanza))
            return
        for each in found:
            each.line.takes(stanza)
        if found or stanza.name == "presence" or stanza.get("type") in ("error", "result"):
            return
        if to.is_bare and stanza.name == "iq":
            self._returns(self._asked(stanza, to))
        elif to.resource:
            self._returns(error_reply(stanza, StanzaError("service-unavailable")))

    def _returns(self, answer: Element) -> None:
        """What a component is answered."""
        wire = self._wires.get(JID("", JID.parse(answer.get("to", "")).domain, ""))
        if wire is not None:
            self._stage.core.router.elsewhere.arrived(wire, answer)


def _asks_whether_one_is_there(stanza: Element) -> bool:
    """Whether it is a ping of a service itself (XEP-0199 §4.2), which any client answers."""
    asks = stanza.name == "iq" and stanza.get("type") == "get"
    by_service = "@" not in stanza.get("from", "").partition("/")[0]
    return asks and by_service and stanza.child(PING, "ping") is not None


class Bridge(Wire):
    """One link, which ends at the host."""

    def __init__(self, domain: JID, host: Host) -> None:
        super().__init__(domain)
        self._host = host

    def write(self, stanza: bytes) -> None:
        super().write(stanza)
        self._host.brings(self.sent[-1])
