"""What a service of ours asks of addresses elsewhere: an iq, and its answer within some time.

The way out is a link: a stream to another server (XEP-0114). Without one nobody is reached.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Final, Protocol

from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT, read_error
from folkmoot.xmpp.xml import Element

QUESTIONS_MAX: Final = 1_000
"""How many questions may be open at one time."""


class Link(Protocol):
    """A way to other servers."""

    def send(self, stanza: Element) -> None:
        """Send a stanza that says from whom and to whom it is, in the namespace of clients."""


class Unreachable(Exception):
    """Nobody answered: there is no way there, or it took too long. The text says why."""


class Asking:
    """Questions in the name of one service.

    sender: its address. link: the way out, None where there is none.
    """

    def __init__(self, sender: JID, unguessable: str) -> None:
        """unguessable: what every id of this run begins with."""
        self.sender = sender
        self.link: Link | None = None
        self._prefix = unguessable
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

    def answered(self, stanza: Element) -> bool:
        """Take an iq that may be an answer: True where it is one, from whom it has to be."""
        asked, answer = self._open.get(stanza.get("id", ""), (None, None))
        try:
            sender = JID.parse(stanza.get("from", ""))
        except InvalidJID:
            return False
        if answer is None or sender != asked:
            return False
        if not answer.done():
            answer.set_result(stanza)
        return True

    def lost(self) -> None:
        """The link is gone, and with it every answer."""
        self.link = None
        for _, answer in self._open.values():
            if not answer.done():
                answer.set_exception(Unreachable("the link to other servers was lost"))
