"""The server whose component we are: what it lets us do for its accounts, and what is done with it.

Off unless the operator wants it (`component.personal`): whatever the server says is then a stanza
like any other.
"""

from __future__ import annotations

from folkmoot.behalf.delegation import Delegation
from folkmoot.engine.services import Services
from folkmoot.links import Link, Links
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


class Patron:
    """That server, as far as it is to be believed."""

    def __init__(self, services: Services, links: Links) -> None:
        self._services = services
        self.delegation = Delegation(services, links.abroad)

    def opened(self, sender: JID, to: JID, stanza: Element) -> tuple[JID, Element] | None:
        """What a stanza that arrives asks for, and who does; None: there is nothing more to do.

        Raises StanzaError where it is refused.
        """
        services = self._services
        if not services.personal or sender != services.domain or to != services.pubsub:
            return sender, stanza
        if self.delegation.announced(stanza):
            return None
        return self.delegation.opened(stanza) or (sender, stanza)

    def closed(self, answer: Element) -> Element:
        """An answer as the server is to have it."""
        return self.delegation.closed(answer)

    def detached(self, link: Link) -> None:
        """A link is down."""
        if link.domain == self._services.pubsub:
            self.delegation.lost()
