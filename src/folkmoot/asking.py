"""What a service of ours asks of addresses elsewhere: an iq, and its answer within some time.

The way out is a link: a stream to another server (XEP-0114). Without one nobody is reached.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from typing import Final, Protocol

from folkmoot.engine.services import Services
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT, read_error
from folkmoot.xmpp.xml import Element

QUESTIONS_MAX: Final = 1_000
"""How many questions may be open at one time."""


ID_BYTES: Final = 12
"""How much chance is in the ids of questions: nobody guesses 96 bits."""


class Link(Protocol):
    """A way to other servers."""

    def send(self, stanza: Element) -> None:
        """Send a stanza that says from whom and to whom it is, in the namespace of clients."""


class _Elsewhere:
    """The stream of somebody of another server: there is none, all answers go through the link."""

    framed = False

    def send(self, data: bytes) -> None:
        """Nothing: no session of such a stream is ever found by its address."""

    def close(self, error: StreamError | None = None) -> None:
        """Nothing: the other server keeps the stream."""


ELSEWHERE: Final = _Elsewhere()


class Unreachable(Exception):
    """Nobody answered: there is no way there, or it took too long. The text says why."""


class Asking:
    """Questions in the name of the pubsub service, and what else crosses the link.

    sender: its address. link: the way out, None where there is none.
    """

    def __init__(self, services: Services) -> None:
        self.sender = services.pubsub
        self.link: Link | None = None
        self._ours = frozenset(
            each.domain for each in (services.domain, services.pubsub, services.rooms)
        )
        self._prefix = secrets.token_urlsafe(ID_BYTES)
        self._numbers = itertools.count(1)
        self._open: dict[str, tuple[JID, asyncio.Future[Element]]] = {}

    async def ask(
        self, to: JID, type: str, payload: Element, seconds: float, sender: JID | None = None
    ) -> Element | None:
        """The child of the result of an iq, None where it has none.

        sender: another address of the service's domain to ask in the name of.
        Raises StanzaError, as the other side says it; Unreachable.
        """
        if self.link is None:
            raise Unreachable("this server has no link to others")
        if len(self._open) >= QUESTIONS_MAX:
            raise Unreachable("too many questions are open")
        id = f"{self._prefix}-{next(self._numbers)}"
        answer: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._open[id] = (to, answer)
        attrs = {"type": type, "id": id, "from": str(sender or self.sender), "to": str(to)}
        try:
            self.link.send(Element(CLIENT, "iq", attrs, payload))
            async with asyncio.timeout(seconds):
                stanza = await answer
        except TimeoutError:
            raise Unreachable(f"no answer within {seconds:g} seconds") from None
        finally:
            del self._open[id]
        if stanza.get("type") == "error":
            raise read_error(stanza)
        return stanza.first

    def arrived(self, stanza: Element) -> JID | None:
        """Take a stanza that comes through the link; who sent it, where it is to be handled.

        An answer is taken from who was asked alone. Nobody comes in the name of somebody of ours,
        or to another service.
        """
        try:
            sender, to = (JID.parse(stanza.get(each, "")) for each in ("from", "to"))
        except InvalidJID:
            return None
        if sender.domain in self._ours or to.domain != self.sender.domain:
            return None
        if stanza.name != "iq" or stanza.get("type") not in ("result", "error"):
            return sender
        asked, answer = self._open.get(stanza.get("id", ""), (None, None))
        if answer is not None and sender == asked and not answer.done():
            answer.set_result(stanza)
        return None

    def pass_on(self, to: JID, stanza: Element) -> None:
        """Send a stanza of the service to somebody of another server, where there is a way."""
        ours = stanza.get("from", "").partition("/")[0] == str(self.sender)
        if ours and self.link is not None and to.domain not in self._ours:
            self.link.send(stanza)

    def lost(self) -> None:
        """The link is gone, and with it every answer."""
        self.link = None
        for _, answer in self._open.values():
            if not answer.done():
                answer.set_exception(Unreachable("the link to other servers was lost"))
