"""What the server delegates: its requests taken out of theirs, and the answers put back (XEP-0355).

The server alone is believed: nobody else has anything to delegate. It vouches for who asks, as it
does for all that comes through a link, but not in the name of our own services.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from folkmoot.engine.services import Services
from folkmoot.facades import delegation as words
from folkmoot.facades.delegation import Forwarded
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element

UNDER_WAY_MAX: Final = 20_000
"""How many requests that were handed on may wait for an answer."""

NAMESPACES_MAX: Final = 100
"""How many namespaces a server may say that it delegates; more are not remembered."""

ID_BYTES: Final = 12
"""How much chance is in the ids requests have here: nobody guesses 96 bits."""

log = structlog.get_logger()


class _Waiting(NamedTuple):
    """outer: what the server sent. found: what it handed on. between: who asks whom."""

    outer: Element
    found: Forwarded
    between: tuple[str, str]


class Closed(NamedTuple):
    """An answer for the server. refused: the same, where it cannot have this one."""

    result: Element
    refused: Callable[[StanzaError], Element]


class Delegation:
    """The requests that the server handed on. delegated: of which namespaces it said it does."""

    def __init__(self, services: Services, abroad: Callable[[JID], bool]) -> None:
        """abroad: whether an address is none of our services'."""
        self.delegated: frozenset[str] = frozenset()
        self._services = services
        self._abroad = abroad
        self._prefix = secrets.token_urlsafe(ID_BYTES)
        self._numbers = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}

    def announced(self, message: Element) -> bool:
        """Take up what the server says it delegates (§4.2); ejabberd says it one by one."""
        found = words.read_delegated(message)
        if found is None:
            return False
        if not found <= self.delegated:
            self.delegated = frozenset(sorted(self.delegated | found)[:NAMESPACES_MAX])
            log.info("the server delegates", namespaces=sorted(self.delegated))
        return True

    def opened(self, stanza: Element, found: Forwarded) -> tuple[JID, Element]:
        """Who asks in what the server hands on with a stanza, and what.

        The request is as if the account were here: it says whom it is to. It has an id of its own,
        by which its answer is known. Raises StanzaError where it is not to be answered.
        """
        sender, to = self._addresses(found.iq)
        (asked,) = found.iq.elements
        if self.delegated.isdisjoint(words.SERVED.get(asked.ns, ())):
            raise StanzaError("forbidden", f"{asked.ns} was not delegated")
        if len(self._waiting) >= UNDER_WAY_MAX:
            raise StanzaError("resource-constraint", "too much waits: slow down")
        id = f"{self._prefix}-{next(self._numbers)}"
        attrs = {**found.iq.attrs, "id": id, "from": str(sender), "to": str(to)}
        self._waiting[id] = _Waiting(stanza, found, (str(sender), str(to)))
        return sender, Element(found.iq.ns, "iq", attrs, *found.iq.children)

    def _addresses(self, iq: Element) -> tuple[JID, JID]:
        """Who asks, and which account. Prosody leaves out the one where it is the other's own."""
        try:
            sender = JID.parse(iq.get("from", ""))
            to = JID.parse(iq.get("to") or str(sender.bare))
        except InvalidJID as error:
            raise StanzaError("jid-malformed", str(error)) from error
        if not self._abroad(sender):
            raise StanzaError("forbidden", "nobody asks in the name of our services")
        if to.resource or not self._services.delegated(to):
            raise StanzaError("service-unavailable", "only accounts' own nodes are kept here")
        return sender, to

    def closed(self, answer: Element) -> Closed | None:
        """An answer to what was handed on, as the server is to have it; None: it is to another."""
        waiting = self._waiting.get(answer.get("id", ""))
        if waiting is None or (answer.get("to"), answer.get("from")) != waiting.between:
            return None
        del self._waiting[answer.get("id", "")]
        outer, found = waiting.outer, waiting.found
        attrs = {**answer.attrs, "id": found.iq.get("id")}
        told = Element(answer.ns, answer.name, attrs, *answer.children)
        result = words.answered(outer, found.version, told)
        return Closed(result, lambda error: words.refused(outer, found, error))

    def lost(self) -> None:
        """The link is down: nobody waits any more, and nothing is delegated."""
        self._waiting.clear()
        self.delegated = frozenset()
