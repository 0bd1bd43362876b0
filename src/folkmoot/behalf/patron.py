"""The server whose component we are: what it lets us do for its accounts, and what comes of it.

Off unless the operator wants it (`component.personal`): whatever the server says is then a stanza
like any other. What it does not grant is not done, and what it does not show lets nobody in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final

import structlog

from folkmoot.asking import Asking
from folkmoot.behalf.delegation import Delegation
from folkmoot.behalf.devices import Devices
from folkmoot.behalf.rosters import ReadRosters
from folkmoot.behalf.voice import Voice
from folkmoot.engine.engine import Engine
from folkmoot.engine.services import Services
from folkmoot.facades import delegation, pep, privilege
from folkmoot.facades.facade import Answer, Outgoing
from folkmoot.facades.privilege import Grants, Seen
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB
from folkmoot.links import Link, Links, carry
from folkmoot.sessions import Session
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import reply
from folkmoot.xmpp.xml import Element

log = structlog.get_logger()


class Patron:
    """That server, as far as it is to be believed.

    delegation: what it hands on to us. rosters: those of its accounts.
    """

    def __init__(self, services: Services, links: Links, asking: Asking) -> None:
        self.delegation = Delegation(services, links.abroad)
        self.rosters = ReadRosters(asking, self._introduce)
        self._services = services
        self._links = links
        self._voice = Voice(services, links)
        self._devices = Devices(services, self._voice)
        if services.personal:
            links.add(self._voice)
        self._engine: Engine[Outgoing | Answer]
        self._begin: Callable[[Coroutine[Any, None, None]], None]

    def attach(
        self,
        engine: Engine[Outgoing | Answer],
        begin: Callable[[Coroutine[Any, None, None]], None],
    ) -> None:
        """The engine that reads its rosters. begin: does something that nobody waits for."""
        self._engine = engine
        self._begin = begin

    @property
    def grants(self) -> Grants:
        """What it grants us, by now."""
        return self.rosters.grants

    def shortfalls(self) -> tuple[str, ...]:
        """What it keeps to itself that accounts' own nodes need, in words for its operator.

        Nothing, where they are not to be here.
        """
        if not self._services.personal:
            return ()
        return shortfalls(self.delegation.delegated, self.grants)

    def opened(self, sender: JID, to: JID, stanza: Element) -> tuple[JID, Element] | None:
        """What a stanza that arrives asks for, and who does; None: there is nothing more to do.

        Raises StanzaError where it is refused.
        """
        services = self._services
        if not services.personal or to != services.pubsub:
            return sender, stanza
        if sender == services.domain:
            if self.delegation.announced(stanza) or self._granted(stanza):
                return None
            return self._handed_on(sender, stanza)
        if self._seen(sender, stanza) or self._pushed(sender, stanza):
            return None
        return sender, stanza

    def _handed_on(self, sender: JID, stanza: Element) -> tuple[JID, Element] | None:
        forwarded = delegation.read_forwarded(stanza)
        if forwarded is None:
            return sender, stanza
        try:
            return self.delegation.opened(stanza, forwarded)
        except StanzaError as error:
            self._links.send(delegation.refused(stanza, forwarded, error))
        return None

    def answered(self, answer: Element) -> bool:
        """Whether an answer is to what the server handed on, which has it then."""
        closed = self.delegation.closed(answer)
        if closed is not None:
            link = self._links.of(self._services.pubsub)
            if link is not None:
                carry(link, closed.result, closed.refused)
        return closed is not None

    def deliver(self, outgoing: Outgoing) -> None:
        """Tell those resources of its accounts that said they want to hear of it."""
        self._devices.deliver(outgoing)

    def detached(self, link: Link) -> None:
        """A link is down: all that it let us do is over, until it says so again."""
        if link.domain == self._services.pubsub:
            self.delegation.lost()
            self.rosters.lost()
            self._devices.lost()
            self._voice.allow(self.grants)

    def _granted(self, message: Element) -> bool:
        """It says what it grants, in place of what it said before."""
        grants = privilege.read_grants(message)
        if grants is None:
            return False
        self.rosters.lost()
        self.rosters.grants = grants
        self._voice.allow(grants)
        if grants.presence is Seen.NOBODY:
            self._devices.lost()
        log.info("the server grants", grants=grants)
        return True

    # --- presence

    def _seen(self, sender: JID, stanza: Element) -> bool:
        """Whether a stanza is of a resource's coming and going, or says what it can do."""
        if self.grants.presence is Seen.NOBODY or sender.is_bare:
            return False
        if stanza.name == "iq" and stanza.get("type") in ("result", "error"):
            session = self._devices.answered(sender, stanza)
            self._inform(session)
            return session is not None
        if stanza.name != "presence" or stanza.get("type") not in (None, "unavailable"):
            return False
        if stanza.get("type") is None:
            if self._services.delegated(sender) or self.grants.presence is Seen.CONTACTS:
                session, question = self._devices.appeared(sender, stanza)
                if question is not None:
                    self._links.send(question)
                self._inform(session)
        elif self._devices.gone(sender):
            self._begin(self._engine.depart(sender))
        return True

    def _inform(self, session: Session | None) -> None:
        """What there is of all that it has an interest in, once it is known what that is."""
        if session is not None:
            came, fresh = session.informs()
            wanted = pep.interests(fresh)
            if came or wanted:
                self._begin(pep.welcome(self._engine, session.jid, wanted, came=came))

    # --- rosters

    def _pushed(self, sender: JID, iq: Element) -> bool:
        """Whether a stanza says that a roster has changed."""
        if not self.grants.pushes or not (sender.is_bare and self._services.delegated(sender)):
            return False
        if not privilege.is_push(iq):
            return False
        self._links.send(reply(iq))
        self._begin(self.rosters.changed(sender))
        return True

    def _introduce(self, account: JID, contact: JID) -> None:
        """Who has been let in to an account's presence is told what there is (XEP-0163 §4.3.4)."""
        for session in self._devices.of(contact):
            if wanted := pep.interests(session.features):
                self._begin(pep.introduce(self._engine, session.jid, account, wanted))


_WITHOUT: Final[tuple[tuple[Callable[[Grants], bool], str, str], ...]] = (
    (lambda grants: grants.messages, "message=outgoing", "nobody is told what is published"),
    (lambda grants: grants.presence is not Seen.NOBODY, "presence", "no device says what it wants"),
    (lambda grants: grants.rosters, "roster=get", "nobody but its owner sees what is for contacts"),
)


def shortfalls(delegated: Collection[str], grants: Grants) -> tuple[str, ...]:
    """What accounts' own nodes need and is not delegated or granted, and what that means."""
    missing = [ns for ns in (PUBSUB, OWNER) if ns not in delegated]
    told = [f"{ns} is not delegated: the server answers itself" for ns in missing]
    told += [f"{name} is not granted: {what}" for has, name, what in _WITHOUT if not has(grants)]
    return tuple(told)
