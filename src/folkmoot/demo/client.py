"""A small XMPP client: it logs in, sends, asks, and waits for what it expects: RFC 6120.

It keeps what comes, in order, until somebody asks for it.
"""

from __future__ import annotations

import asyncio
import itertools
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from importlib import import_module
from typing import Any, Final

from folkmoot.demo.wire import Ended, Wire
from folkmoot.streams.features import BIND, SASL
from folkmoot.streams.framing import STREAMS
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, error_reply, reply
from folkmoot.xmpp.xml import Element

PATIENCE_SECONDS: Final = 10.0
"""How long a client waits for what should come."""

PING: Final = "urn:xmpp:ping"
ROSTER: Final = "jabber:iq:roster"

# By its name: scramp has no types that a strict checker would take.
_ScramClient: Any = import_module("scramp").ScramClient


class Unexpected(Exception):
    """Something else came than what was expected, or nothing; the text says what."""


class Way(Enum):
    """Which way a stanza went."""

    SENT = "→"
    RECEIVED = "←"


Watch = Callable[[Way, Element], None]
"""Told of every stanza that a client sends or receives."""


def holds(found: Element, pattern: Element) -> bool:
    """Whether all that is in the pattern is in what was found; more may be."""
    if (found.ns, found.name) != (pattern.ns, pattern.name):
        return False
    if any(found.get(attr) != value for attr, value in pattern.attrs.items()):
        return False
    if pattern.text and pattern.text != found.text:
        return False
    rest = iter(found.elements)
    return all(any(holds(child, each) for child in rest) for each in pattern.elements)


class Client:
    """A logged-in client; `log_in` makes one.

    inbox: what has come and was not asked for yet; answers to iqs never get there.
    """

    def __init__(self, wire: Wire, jid: JID, watch: Watch | None = None) -> None:
        self.jid = jid
        self.inbox: list[Element] = []
        self._wire = wire
        self._watch = watch or (lambda way, stanza: None)
        self._ids = itertools.count(1)
        self._asked: dict[str, asyncio.Future[Element]] = {}
        self._came = asyncio.Event()
        self._how_ended = ""
        self._reading = asyncio.create_task(self._read())

    async def send(self, stanza: Element) -> None:
        """Send a stanza. Raises Unexpected where the connection is lost."""
        self._watch(Way.SENT, stanza)
        try:
            await self._wire.send(stanza)
        except OSError as error:
            raise Unexpected(f"the connection is lost: {error}") from error

    async def ask(self, iq: Element) -> Element:
        """Send a request and give its answer. Raises Unexpected for an error."""
        answer = await self._answer(iq)
        if answer.get("type") == "error":
            raise Unexpected(f"the answer is an error: {condition(answer)}")
        return answer

    async def refusal(self, iq: Element) -> str:
        """Send a request that is to be refused; gives why. Raises Unexpected for a result."""
        answer = await self._answer(iq)
        if answer.get("type") != "error":
            raise Unexpected("it was allowed")
        return condition(answer)

    async def _answer(self, iq: Element) -> Element:
        return await self.answer(await self.begin(iq))

    async def begin(self, iq: Element) -> asyncio.Future[Element]:
        """Send a request without waiting; gives the future of its answer, result or error."""
        iq.attrs["id"] = asked = f"{iq.name}{next(self._ids)}"
        self._asked[asked] = answer = asyncio.get_running_loop().create_future()
        await self.send(iq)
        return answer

    async def answer(self, asked: asyncio.Future[Element]) -> Element:
        """Wait for the answer to what was begun. Raises Unexpected if none comes."""
        if self._reading.done():
            asked.cancel()
            raise Unexpected(self._how_ended)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asked
        except TimeoutError:
            raise Unexpected(f"no answer in {PATIENCE_SECONDS:.0f} seconds") from None

    async def expect(self, pattern: Element) -> Element:
        """The first stanza to have come, or to come, that holds a pattern. Raises Unexpected."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (found := self._find(pattern)) is None:
                    if self._reading.done():
                        raise Unexpected(self._how_ended)
                    self._came.clear()
                    await self._came.wait()
                return found
        except TimeoutError:
            came = "\n".join(str(each) for each in self.inbox) or "nothing"
            raise Unexpected(f"wanted: {pattern}\ncame: {came}") from None

    def _find(self, pattern: Element) -> Element | None:
        for place, stanza in enumerate(self.inbox):
            if holds(stanza, pattern):
                return self.inbox.pop(place)
        return None

    async def sync(self) -> None:
        """Wait until all has come that was told before now."""
        ping = Element(PING, "ping")
        to = {"type": "get", "to": self.jid.domain}
        await self.ask(Element(CLIENT, "iq", to, ping))

    def heard_from(self, *domains: str) -> list[Element]:
        """What has come from services, and was not asked for."""
        return [
            stanza
            for stanza in self.inbox
            if (sender := stanza.get("from")) and JID.parse(sender).domain in domains
        ]

    async def close(self) -> None:
        """Log out."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        with suppress(ConnectionError):
            await self._wire.close()

    async def ended(self) -> str:
        """Wait until the server ends the stream; gives how."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._reading
        return self._how_ended

    async def _read(self) -> None:
        try:
            while True:
                stanza = await self._wire.receive()
                if stanza.ns == STREAMS:
                    raise Ended(f"the server has ended the stream: {_condition_of(stanza)}")
                await self._take(stanza)
        except (Ended, OSError) as ended:
            self._how_ended = str(ended)
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(Unexpected(str(ended)))
                    answer.exception()  # whoever has begun it may not wait for it any more
        finally:
            self._came.set()

    async def _take(self, stanza: Element) -> None:
        self._watch(Way.RECEIVED, stanza)
        if stanza.name == "iq":
            if stanza.get("type") in ("result", "error"):
                answer = self._asked.pop(stanza.get("id", ""), None)
                if answer is not None and not answer.done():
                    answer.set_result(stanza)
                return
            await self._serve(stanza)
        self.inbox.append(stanza)
        self._came.set()

    async def _serve(self, iq: Element) -> None:
        """Answer a request: roster pushes are taken in, nothing else is (RFC 6120 §8.2.3)."""
        if iq.first is not None and iq.first.ns == ROSTER:
            await self.send(reply(iq))
        else:
            await self.send(error_reply(iq, StanzaError("service-unavailable")))


def condition(stanza: Element) -> str:
    """Why a stanza was refused: the condition, and beside it the protocol's own, if any."""
    error = stanza.child(CLIENT, "error")
    if error is None:
        return "no error"
    names = [each.name for each in error.elements if each.name != "text"]
    return " ".join(reversed(names))


def _condition_of(error: Element) -> str:
    return error.first.name if error.first is not None else "without saying why"


async def log_in(
    wire: Wire,
    account: JID,
    password: str,
    *,
    resource: str = "demo",
    mechanism: str = "SCRAM-SHA-256",
    watch: Watch | None = None,
) -> Client:
    """Log in by SCRAM and bind a resource (RFC 6120 §6, §7). Raises Unexpected."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await wire.open(account.domain)
            offered = await wire.receive()
            await _authenticate(wire, _mechanism(offered, mechanism), account, password)
            await wire.open(account.domain)
            await wire.receive()
            jid = await _bind(wire, resource)
    except Ended as ended:
        raise Unexpected(str(ended)) from ended
    except TimeoutError:
        raise Unexpected(f"no log-in in {PATIENCE_SECONDS:.0f} seconds") from None
    return Client(wire, jid, watch)


def _mechanism(features: Element, wanted: str) -> str:
    mechanisms = features.child(SASL, "mechanisms")
    offered = [each.text for each in mechanisms.elements] if mechanisms is not None else []
    if wanted not in offered:
        raise Unexpected(f"{wanted} is not offered, but {offered or 'nothing'}")
    return wanted


async def _authenticate(wire: Wire, mechanism: str, account: JID, password: str) -> None:
    scram = _ScramClient([mechanism], account.local, password)
    await wire.send(_sasl("auth", scram.get_client_first(), {"mechanism": mechanism}))
    scram.set_server_first(await _sasl_answer(wire, "challenge"))
    await wire.send(_sasl("response", scram.get_client_final()))
    scram.set_server_final(await _sasl_answer(wire, "success"))


def _sasl(name: str, message: str, attrs: dict[str, str] | None = None) -> Element:
    return Element(SASL, name, attrs, b64encode(message.encode()).decode())


async def _sasl_answer(wire: Wire, wanted: str) -> str:
    answer = await wire.receive()
    if answer.name != wanted:
        raise Unexpected(f"the log-in failed: {_condition_of(answer)}")
    return b64decode(answer.text).decode()


async def _bind(wire: Wire, resource: str) -> JID:
    wish = Element(BIND, "resource", None, resource)
    bind = Element(BIND, "bind", None, wish)
    await wire.send(Element(CLIENT, "iq", {"type": "set", "id": "bind"}, bind))
    answer = await wire.receive()
    bound = answer.child(BIND, "bind")
    jid = bound.child(BIND, "jid") if bound is not None else None
    if jid is None:
        raise Unexpected(f"no resource was bound: {condition(answer)}")
    return JID.parse(jid.text)
