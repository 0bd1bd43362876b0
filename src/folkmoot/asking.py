"""What a service of ours asks of addresses elsewhere: an iq, and its answer within some time.

The way out is a link: a stream to another server (XEP-0114). Without one nobody is reached.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from typing import Final, NamedTuple

from folkmoot.links import Links, carry
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, read_error
from folkmoot.xmpp.xml import Element

QUESTIONS_MAX: Final = 1_000
"""How many questions may be open at one time."""

ID_BYTES: Final = 12
"""How much chance is in the ids of questions: nobody guesses 96 bits."""


class Unreachable(Exception):
    """Nobody answered: there is no way there, or it took too long. The text says why."""


class _Question(NamedTuple):
    to: JID
    sender: JID
    answer: asyncio.Future[Element]


class Asking:
    """Questions in the name of our services. sender: who asks unless it is said otherwise."""

    def __init__(self, sender: JID, links: Links) -> None:
        self.sender = sender
        self._links = links
        self._prefix = secrets.token_urlsafe(ID_BYTES)
        self._numbers = itertools.count(1)
        self._open: dict[str, _Question] = {}

    async def ask(
        self, to: JID, type: str, payload: Element, seconds: float, sender: JID | None = None
    ) -> Element | None:
        """The child of the result of an iq, None where it has none.

        sender: another address of ours to ask in the name of.
        Raises StanzaError, as the other side says it; Unreachable.
        """
        sender = sender or self.sender
        link = self._links.of(sender)
        if link is None:
            raise Unreachable("this server has no link to others")
        if not link.up:
            raise Unreachable("the link to other servers is down")
        if len(self._open) >= QUESTIONS_MAX:
            raise Unreachable("too many questions are open")
        id = f"{self._prefix}-{next(self._numbers)}"
        answer: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._open[id] = _Question(to, sender, answer)
        attrs = {"type": type, "id": id, "from": str(sender), "to": str(to)}
        try:
            carry(link, Element(CLIENT, "iq", attrs, payload))
            # Not `asyncio.timeout`, which ends the task it is begun in: see `eager`.
            await asyncio.wait((answer,), timeout=seconds)
            if not answer.done():
                raise Unreachable(f"no answer within {seconds:g} seconds")
            stanza = answer.result()
        finally:
            del self._open[id]
        if stanza.get("type") == "error":
            raise read_error(stanza)
        return stanza.first

    def answered(self, sender: JID, to: JID, stanza: Element) -> bool:
        """Whether a stanza is an answer to a question of ours, or pretends to be one.

        It is taken from who was asked alone. What we ask ourselves is answered by coming back.
        """
        id = stanza.get("id", "")
        if not id.startswith(self._prefix):
            return False
        question = self._open.get(id)
        if question is None or (sender, to) != (question.to, question.sender):
            return True
        if sender != to and stanza.get("type") not in ("result", "error"):
            return True
        if not question.answer.done():
            question.answer.set_result(stanza)
        return True

    def lost(self, domain: JID) -> None:
        """The link of a domain of ours is down, and with it every answer."""
        for question in self._open.values():
            if question.sender.domain == domain.domain and not question.answer.done():
                question.answer.set_exception(Unreachable("the link to other servers was lost"))
