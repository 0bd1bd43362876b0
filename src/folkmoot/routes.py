"""Where a stanza goes: what is at the address it is to, and whose facade takes it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from folkmoot.engine.model import Via
from folkmoot.engine.services import Services
from folkmoot.facades.facade import Facade, Route
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


class Place(Enum):
    """What is at an address."""

    SERVER = "server"
    PUBSUB = "pubsub"
    ROOMS = "rooms"
    OCCUPANT = "occupant"
    """Somebody in a room, as the place of an iq; what else is sent there, rooms take."""
    ACCOUNT = "account"
    DELEGATED = "delegated"
    """An account of the server whose component we are, where its own nodes are ours."""


@dataclass(frozen=True, slots=True)
class Served:
    """The facades of each place, first come first served, and those that word notifications."""

    at: Mapping[Place, tuple[Facade, ...]]
    via: Mapping[Via, tuple[Facade, ...]]


_Table = dict[tuple[str, ...], tuple[Facade, Route]]


class Routes:
    """The facades behind the addresses of a server."""

    def __init__(self, services: Services, served: Served) -> None:
        self._services = services
        self._tables: dict[Place, _Table] = {}
        for place, facades in served.at.items():
            table = self._tables.setdefault(place, {})
            for facade in facades:
                for route in facade.routes:
                    table.setdefault((route.kind, route.type, *route.path), (facade, route))

    def place(self, jid: JID) -> Place | None:
        """What is at an address; None: it is not served here. Raises StanzaError item-not-found."""
        services = self._services
        domain = jid.domain
        if services.accounts and domain == services.domain.domain:
            return Place.ACCOUNT if jid.local else Place.SERVER
        if services.delegated(jid):
            return Place.DELEGATED
        if domain == services.rooms.domain:
            return Place.ROOMS
        if domain == services.pubsub.domain:
            if jid.local:
                raise StanzaError("item-not-found", "nodes have no addresses of their own")
            return Place.PUBSUB
        return None

    def find(self, place: Place, stanza: Element) -> tuple[Facade, Route, Element] | None:
        """The route for a stanza: the most exact there is, and the element it was found by."""
        table = self._tables[place]
        kind, type = stanza.name, stanza.get("type", "")
        if kind != "iq":
            found = table.get((kind, type))
            if found is None and kind == "message":
                found = table.get((kind, ""))  # an unknown type means normal (RFC 6121 §5.2.2)
            return None if found is None else (*found, stanza)
        outer = stanza.first
        inner = None if outer is None else outer.first
        if outer is not None and inner is not None:
            found = table.get((kind, type, outer.ns, outer.name, inner.name))
            if found is not None:
                return (*found, inner)
        if outer is not None:
            found = table.get((kind, type, outer.ns, outer.name))
            if found is not None:
                return (*found, outer)
        found = table.get((kind, type))
        return None if found is None else (*found, stanza)
