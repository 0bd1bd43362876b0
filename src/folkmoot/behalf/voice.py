"""What is said in the name of the server's accounts (XEP-0356 0.4.1, §5): messages, if we may."""

from __future__ import annotations

from folkmoot.engine.services import Services
from folkmoot.facades import privilege as words
from folkmoot.facades.privilege import Grants
from folkmoot.links import Links
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID


class Voice:
    """A link for what is from an account: the one to the server, with words around each message.

    Nothing else passes: what an account is asked is answered where it was asked. Nor is anything
    held while the link is down, since what there is by then is told to those who come.
    """

    framed = False

    def __init__(self, services: Services, links: Links) -> None:
        self._services = services
        self._links = links
        self._around: tuple[bytes, bytes] | None = None

    def allow(self, grants: Grants) -> None:
        """Say what may be said from here on."""
        services = self._services
        around = words.around(grants.version, services.pubsub, services.domain)
        self._around = around if grants.messages else None

    @property
    def domain(self) -> JID:
        """Of the accounts."""
        return self._services.domain

    @property
    def up(self) -> bool:
        """Whether a message passes."""
        link = self._links.of(self._services.pubsub)
        return self._around is not None and link is not None and link.up

    def write(self, stanza: bytes) -> None:
        """Have the server say a stanza, where it is a message."""
        link = self._links.of(self._services.pubsub)
        message = words.spoken(stanza)
        if link is not None and link.up and message is not None and self._around is not None:
            head, tail = self._around
            link.write(head + message + tail)

    send = write

    def close(self, error: StreamError | None = None) -> None:
        """Nothing: the server keeps the streams of its accounts."""
