"""Resources of the server's accounts, as far as it shows us their presence (XEP-0356 0.4.1, §7).

What each has an interest in is learnt as for streams here (XEP-0163 §4.2), and what is told to it
leaves as a message of the account whose node it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from folkmoot.behalf.voice import Voice
from folkmoot.capabilities import Capabilities
from folkmoot.engine.services import Services
from folkmoot.facades.facade import Outgoing
from folkmoot.facades.presence import read_priority
from folkmoot.sessions import Session, Sessions
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

DEVICES_MAX: Final = 100_000
"""How many resources of accounts are known."""

DEVICES_ELSEWHERE_MAX: Final = 20_000
DEVICES_PER_DOMAIN_MAX: Final = 5_000
"""How many others, in all and of each domain: anybody may send presence to a service."""


class Devices:
    """Who is there. voice: says what is told to them."""

    def __init__(self, services: Services, voice: Voice) -> None:
        self._services = services
        self._voice = voice
        self._sessions = Sessions()
        self._capabilities = Capabilities(services.pubsub)
        self._domains = Counter[str]()
        self._elsewhere = 0

    def appeared(self, jid: JID, presence: Element) -> tuple[Session | None, Element | None]:
        """A resource is available, from here on in what is told.

        Gives it, and the question what it can do where that is not known; None, where there is no
        room for more.
        """
        session = self._sessions.get(jid)
        if session is None:
            session = self._added(jid)
            if session is None:
                return None, None
        session.presence = presence
        try:
            session.priority = read_priority(presence)
        except StanzaError:
            session.priority = 0
        return session, self._capabilities.announced(session, presence)

    def _added(self, jid: JID) -> Session | None:
        foreign = not self._services.delegated(jid)
        crowded = self._domains[jid.domain] >= DEVICES_PER_DOMAIN_MAX if foreign else False
        most = DEVICES_ELSEWHERE_MAX if foreign else DEVICES_MAX
        held = self._elsewhere if foreign else len(self._sessions) - self._elsewhere
        if crowded or held >= most:
            return None
        session = Session(jid, self._voice)
        try:
            self._sessions.add(session)
        except StanzaError:
            return None
        if foreign:
            self._elsewhere += 1
            self._domains[jid.domain] += 1
        return session

    def answered(self, jid: JID, iq: Element) -> Session | None:
        """A resource says what it can do; None: it does not, or was not asked."""
        session = self._sessions.get(jid)
        if session is not None:
            self._capabilities.answered(session, iq)
        return session

    def gone(self, jid: JID) -> bool:
        """A resource is available no more; whether it was."""
        if self._sessions.remove(jid) is None:
            return False
        if not self._services.delegated(jid):
            self._elsewhere -= 1
            self._domains[jid.domain] -= 1
            if not self._domains[jid.domain]:
                del self._domains[jid.domain]
        return True

    def of(self, account: JID) -> Iterable[Session]:
        """The resources of an account."""
        return tuple(self._sessions.of(account))

    def deliver(self, outgoing: Outgoing) -> None:
        """Tell those who said that they want to hear of it."""
        self._sessions.deliver(outgoing)

    def lost(self) -> None:
        """The link is down: nobody is known to be there."""
        self._sessions = Sessions()
        self._domains.clear()
        self._elsewhere = 0
