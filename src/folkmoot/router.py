"""What becomes of a stanza: its facade handles it, or it goes on to somebody's stream.

And back: what is told, worded by its facade and delivered, in the order it was decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

import structlog

from folkmoot.capabilities import Capabilities
from folkmoot.eager import begin
from folkmoot.elsewhere import Elsewhere
from folkmoot.engine.commands import Retract, Unsubscribe
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import PRESENCE_NODE, NodeId, State, Via
from folkmoot.engine.notifications import PresenceTold, SubscriptionTold
from folkmoot.engine.room_commands import Unwatch
from folkmoot.engine.services import Services
from folkmoot.facades import carbons, messages, pep, presence, roster
from folkmoot.facades.facade import Answer, Outgoing, Reach, Request, Sender, Told
from folkmoot.links import NoStream
from folkmoot.routes import Place, Routes, Served
from folkmoot.sessions import DIRECTED_MAX, Connection, Session, Sessions
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT, error_reply, reply, stamp
from folkmoot.xmpp.xml import Element, parse

TOO_MUCH_SECONDS: Final = 0.1
"""How long nothing more is read of a stream that asks for too much: a flood slows its sender, who
is told to wait and does not, and nobody else."""

_TOO_MUCH: Final = ("policy-violation", "resource-constraint")
_NO_STREAM: Final = NoStream()

log = structlog.get_logger()


class Router:
    """All streams of a server, and the facades behind the addresses they write to."""

    def __init__(self, services: Services, served: Served) -> None:
        self._services = services
        self._via = served.via
        self._routes = Routes(services, served)
        self.sessions = Sessions()
        self.capabilities = Capabilities(services.domain)
        self.elsewhere = Elsewhere(services, self)
        self._tasks: set[asyncio.Future[None]] = set()
        self._engine: Engine[Outgoing | Answer]

    def attach(self, engine: Engine[Outgoing | Answer]) -> None:
        """The engine behind the facades; it tells through `tell`."""
        self._engine = engine
        self.elsewhere.attach(engine)

    # --- sessions come and go

    def bind(self, connection: Connection, jid: JID) -> None:
        """Begin a session; one that had the same full JID ends (RFC 6120 §7.7.2.2)."""
        older = self.sessions.get(jid)
        if older is not None:
            older.connection.close(StreamError("conflict", "another stream took this resource"))
        self.sessions.add(Session(jid, connection))

    def lost(self, jid: JID, *, in_peace: bool = False) -> None:
        """End a session: what was to last as long as it is over.

        in_peace: its client said goodbye, and so leaves where it was; else it is lost there.
        """
        session = self.sessions.remove(jid)
        if session is not None and (rest := begin(self._end(session, in_peace))) is not None:
            self.later(rest)

    def may_be_there(self, jid: JID) -> bool:
        """Whether a full JID has a stream; of others than our accounts nobody here knows."""
        return not self._services.local(jid) or self.sessions.get(jid) is not None

    async def idle(self) -> None:
        """Wait until nothing is under way that was begun on somebody's behalf."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _end(self, session: Session, in_peace: bool) -> None:
        jid, lost = session.jid, not in_peace
        for node in self._engine.temporary(jid):
            await self._try(Unsubscribe(actor=jid, node=node, subscriber=jid, lost=lost))
        await self._unwatch(session)
        gone = (session.jid.resource,)
        node = NodeId(session.jid.bare, PRESENCE_NODE)
        await self._try(Retract(actor=session.jid, node=node, item_ids=gone))
        if self.sessions.get(session.jid) is None:  # nobody has taken its place meanwhile
            await self._engine.depart(session.jid)
        await self._part(session)

    async def _unwatch(self, session: Session) -> None:
        if self._engine.watches(session.jid):
            node = NodeId(self._services.rooms, "")
            await self._try(Unwatch(actor=session.jid, node=node))

    async def _try(self, command: Retract | Unsubscribe | Unwatch) -> None:
        try:
            await self._engine.run(command)
        except Refused as refused:
            log.debug("nothing to end", node=command.node.name, reason=refused.reason.name)

    async def _part(self, session: Session, parting: Sequence[Element] = ()) -> None:
        """Unavailable to everyone the session sent presence to of its own (RFC 6121 §4.6.3)."""
        directed, session.directed = session.directed, set()
        for jid in directed:
            attrs = {"type": "unavailable", "from": str(session.jid), "to": str(jid)}
            await self._handle(session, Element(CLIENT, "presence", attrs, *parting))

    # --- stanzas in

    def receive(self, jid: JID, stanza: Element) -> Awaitable[None] | None:
        """Handle a stanza of a session; None: done, else it waits for something to be loaded."""
        session = self.sessions.get(jid)
        return None if session is None else begin(self._received(session, stanza))

    async def handle(self, sender: JID, stanza: Element) -> None:
        """Handle a stanza of somebody of another server, who has no stream here."""
        await self._received(Session(sender, _NO_STREAM), stanza)

    async def _received(self, session: Session, stanza: Element) -> None:
        error = await self._handle(session, stanza)
        if error is not None and error.type == "wait" and error.condition in _TOO_MUCH:
            await asyncio.sleep(TOO_MUCH_SECONDS)

    async def _handle(self, session: Session, stanza: Element) -> StanzaError | None:
        """Do what a stanza asks for; gives why it was refused, if it was."""
        try:
            await self._route(session, stanza)
        except StanzaError as error:
            self.refuse(session.jid, stanza, error)
            return error
        except Exception:  # a bug: it must not cost this stream, or another, its life
            log.exception("a stanza met a bug", stanza=stanza.name, type=stanza.get("type"))
            self.refuse(session.jid, stanza, StanzaError("internal-server-error"))
        return None

    def refuse(self, sender: JID, stanza: Element, error: StanzaError) -> None:
        """Say no; but never to an error, nor to a result (RFC 6120 §8.3.1)."""
        if stanza.get("type") not in ("error", "result"):
            self._engine.tell(Answer(sender, error_reply(stanza, error)))

    async def _instead(self, session: Session, stanza: Element) -> None:
        """Route what a request stands for. Raises StanzaError."""
        await self._route(session, stanza, eventing=True)

    async def _route(self, session: Session, stanza: Element, *, eventing: bool = False) -> None:
        to = self._address(session, stanza)
        place = self._routes.place(to)
        if place is None:
            raise StanzaError("remote-server-not-found", f"{to.domain} is not served here")
        if stanza.name == "iq" and place is Place.ACCOUNT and to.resource:
            self._pass_on(stanza, to)
            return
        if stanza.name == "iq" and place is Place.ROOMS and to.resource:
            place = Place.OCCUPANT
        found = self._routes.find(place, stanza)
        if found is None:
            if stanza.name != "iq":
                return  # what nobody waits for
            if stanza.get("type") in ("result", "error"):
                self.capabilities.answered(session, stanza)
                if session.informed is not None:
                    self._inform(session)
                return
            raise StanzaError("service-unavailable", "nothing here understands this request")
        facade, route, payload = found
        available = session.presence is not None
        sender = Sender(available, session.interested, session.priority, eventing)
        instead = partial(self._instead, session)
        request = Request(self._engine, stanza, session.jid, to, payload, instead, sender)
        before = session.eventing
        broadcast = stanza.get("to") is None or (eventing and not available)
        if stanza.name == "presence" and stanza.get("type") is None and broadcast:
            self.sessions.mark(session, eventing=eventing)  # words are told while it is handled
        try:
            children = await route.handler(request)
        except Refused as refused:
            self.sessions.mark(session, eventing=before)
            raise facade.error(refused) from refused
        except StanzaError:
            self.sessions.mark(session, eventing=before)
            raise
        self._note(session, stanza, to, payload)
        if stanza.name == "iq":
            if children is not None:
                self._engine.tell(Answer(session.jid, reply(stanza, *children)))
        elif stanza.name == "presence" and stanza.get("type") == "unavailable" and not to.resource:
            await self._withdraw(session, stanza, to)

    def _pass_on(self, stanza: Element, to: JID) -> None:
        """An iq from one stream to another, whoever they are (RFC 6121 §8.5.3.1)."""
        if self.sessions.get(to) is None:
            raise StanzaError("service-unavailable", "nobody is there")
        self._engine.tell(Answer(to, stanza))

    def _note(self, session: Session, stanza: Element, to: JID, payload: Element) -> None:
        """What the session has to remember of a stanza that was handled."""
        if stanza.name == "iq":
            if payload.ns == roster.NS and stanza.get("type") == "get":
                session.interested = True
            elif payload.ns == carbons.NS:
                session.copied = payload.name == "enable"
            return
        if stanza.name != "presence":
            return
        type = stanza.get("type", "")
        if stanza.get("to") is None:
            if type == "":
                question = self.capabilities.announced(session, stanza)
                if question is not None:
                    self._engine.tell(Answer(session.jid, question))
                self._inform(session)
            elif type == "unavailable":
                session.informed = None
        elif self._routes.place(to) is Place.ACCOUNT and type in ("", "unavailable"):
            if type == "unavailable":
                session.directed.discard(to)
            elif len(session.directed) < DIRECTED_MAX:
                session.directed.add(to)

    def _inform(self, session: Session) -> None:
        """What there is of all a resource has an interest in, once for as long as it is there.

        Again for what it announces later; not again for what it announced before (XEP-0163 §4.3.3).
        """
        came, fresh = session.informs()
        wanted = pep.interests(fresh)
        if came or wanted:
            self.begin(pep.welcome(self._engine, session.jid, wanted, came=came))

    async def _withdraw(self, session: Session, stanza: Element, to: JID) -> None:
        """Who is not available any more is so to rooms and to those it told of its own accord."""
        if stanza.get("to") is not None:
            return
        for node in self._engine.temporary(session.jid):
            await self._try(
                Unsubscribe(actor=session.jid, node=node, subscriber=session.jid, parting=stanza)
            )
        await self._unwatch(session)
        await self._engine.depart(session.jid)
        await self._part(session, stanza.elements)

    def _address(self, session: Session, stanza: Element) -> JID:
        text = stanza.get("to")
        if text is None:
            return session.jid.bare
        try:
            return JID.parse(text)
        except InvalidJID as error:
            raise StanzaError("jid-malformed", str(error)) from error

    # --- told, out

    def tell(self, told: Sequence[Told]) -> None:
        """Word what is told, and deliver it; everything in it is kept."""
        for each in told:
            try:
                if isinstance(each, Outgoing):
                    self._deliver(each)
                elif isinstance(each, Answer):
                    self._answer(each)
                else:
                    if isinstance(each, PresenceTold):
                        self._appear(each)
                    elif isinstance(each, SubscriptionTold) and each.via is Via.PRESENCE:
                        self._acquaint(each)
                    for facade in self._via[each.via]:
                        if facade.eventing and not self.sessions.eventing:
                            continue  # nobody would hear it
                        for outgoing in facade.word(each):
                            self._deliver(outgoing)
            except Exception:  # a bug in one wording: the others are told all the same
                log.exception("a notification met a bug", kind=type(each).__name__)

    def _appear(self, told: PresenceTold) -> None:
        """A resource that broadcasts presence is there from here on in what is told, or is gone."""
        session = self.sessions.get(told.resource)
        if session is not None and told.to[-1] == told.node.service:
            session.presence = told.presence
            session.priority = 0
            if told.presence is not None:
                session.priority = presence.read_priority(told.presence)

    def _acquaint(self, told: SubscriptionTold) -> None:
        """Who is let in to somebody's presence is told what they published (XEP-0163 §4.3.4)."""
        if told.after is None or told.after.state is not State.SUBSCRIBED:
            return
        for session in list(self.sessions.of(told.subscriber.bare)):
            if session.informed is not None and (wanted := pep.interests(session.features)):
                owner = told.node.service
                self.begin(pep.introduce(self._engine, session.jid, owner, wanted))

    def _answer(self, answer: Answer) -> None:
        session = self.sessions.get(answer.to)
        if session is not None:
            session.send(answer.stanza)
        elif not self.elsewhere.patron.answered(answer.stanza):
            self.elsewhere.links.send(answer.stanza)

    def _deliver(self, outgoing: Outgoing) -> None:
        if outgoing.wanted:
            self.elsewhere.patron.deliver(outgoing)
        seek = outgoing.reach is Reach.KEPT or self.elsewhere.links.any
        missed = self.sessions.deliver(outgoing, seek=seek)
        if not missed:
            return
        self.elsewhere.links.tell(outgoing.wording, missed)
        if outgoing.reach is Reach.KEPT:
            head, tail, _ = outgoing.wording
            for jid in filter(self._services.local, missed):
                self.begin(self._kept(jid, parse(head + stamp(jid, framed=True) + tail)))

    async def _kept(self, jid: JID, stanza: Element) -> None:
        """A message nobody is there to take is kept for the account, where that has sense."""
        try:
            await messages.keep(self._engine, jid.bare, stanza)
        except Refused as refused:
            log.info("a message was not kept", reason=refused.reason.name)

    def begin(self, coroutine: Coroutine[Any, None, None]) -> None:
        """Do something that nobody waits for."""
        if (rest := begin(coroutine)) is not None:
            self.later(rest)

    def later(self, rest: Awaitable[None]) -> None:
        task = asyncio.ensure_future(rest)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
