"""Questions to services, and the one place that waits for answers: RFC 6120 §8.2.3."""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeVar
from xml.etree.ElementTree import Element

from slixmpp.jid import JID
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher.idsender import MatchIDSender

from folkmoot.client.errors import BadAnswer, NoAnswer, TooMuch, refusal
from folkmoot.client.model import PUBSUB, SpaceAddress
from folkmoot.client.reading import OWNER, RSM
from folkmoot.client.writing import element, page_after

ANSWER_SECONDS: Final = 30.0
"""How long an answer is waited for."""
ENTRIES_MAX: Final = 10_000
"""How many nodes of a service, or items of a space, are taken; each is in memory."""

T = TypeVar("T")


class Asking:
    """Asks on a stream of slixmpp. Whoever waits when the stream ends has NoAnswer at once."""

    def __init__(self, stream: Any) -> None:
        """stream: a client or a component."""
        self.stream = stream
        self._waiting: set[asyncio.Future[Any]] = set()

    @property
    def own(self) -> JID:
        """One's own address."""
        own: JID = self.stream.boundjid
        return own

    def lose(self) -> None:
        """The stream has ended: nothing more will be answered."""
        for future in tuple(self._waiting):
            if not future.done():
                future.set_exception(NoAnswer("the stream has ended"))

    async def come(self, future: asyncio.Future[T]) -> T:
        """Wait for something that has been asked for. Raises NoAnswer, and what it is given."""
        if not self.stream.is_connected():
            future.cancel()
            raise NoAnswer("there is no stream")
        self._waiting.add(future)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await future
        except TimeoutError:
            raise NoAnswer(f"no answer in {ANSWER_SECONDS:.0f} seconds") from None
        finally:
            self._waiting.discard(future)

    async def ask(self, type: str, to: JID, payload: Element) -> Element:
        """The answer, an iq, to a request. Raises Refused, NoAnswer.

        slixmpp's own `Iq.send` never ends for an error whose condition it does not know.
        """
        iq: Any = self.stream.make_iq(ito=to, itype=type)
        iq.append(payload)
        answered: asyncio.Future[Element] = asyncio.get_running_loop().create_future()

        def answer(stanza: Any) -> None:
            if answered.done():
                return
            if stanza["type"] == "error":
                answered.set_exception(refusal(stanza.xml))
            elif stanza["type"] == "result":
                answered.set_result(stanza.xml)

        peers = {"id": iq["id"], "self": self.own, "peer": to}
        handler: Any = Callback(f"answer {iq['id']}", MatchIDSender(peers), answer)
        self.stream.register_handler(handler)
        self.stream.send(iq)
        try:
            return await self.come(answered)
        finally:
            self.stream.remove_handler(handler.name)

    async def disco(self, to: JID, what: str, *inside: Element, node: str | None = None) -> Element:
        """What disco tells (XEP-0030). Raises BadAnswer, too."""
        return found(
            await self.ask("get", to, element(what, "query", *inside, node=node)), what, "query"
        )

    async def pubsub(self, type: str, to: JID, *payload: Element) -> Element:
        """The answer to a request of XEP-0060."""
        return await self.ask(type, to, element(PUBSUB, "pubsub", *payload))

    async def owner(self, type: str, address: SpaceAddress, *payload: Element) -> Element:
        """The answer to a request of owners (XEP-0060 §8)."""
        return await self.ask(type, address.service, element(OWNER, "pubsub", *payload))

    async def rows(self, address: SpaceAddress, what: str) -> Element:
        """An owner's list of `affiliations` or `subscriptions` (§8.8.1, §8.9.1), all its pages."""
        rows, page = element(OWNER, what), list[Element]()
        while True:
            asked = element(OWNER, what, node=address.node)
            answer = found(await self.owner("get", address, asked, *page), OWNER, "pubsub")
            before = len(rows)
            rows.extend(found(answer, OWNER, what))
            after = next_page(answer, len(rows), before)
            if after is None:
                return rows
            page = [after]


def found(parent: Element, namespace: str, name: str) -> Element:
    """A child that has to be there. Raises BadAnswer."""
    child = parent.find(f"{{{namespace}}}{name}")
    if child is None:
        raise BadAnswer(f"an answer has no <{name} xmlns='{namespace}'/>")
    return child


def next_page(answer: Element | None, found: int, before: int) -> Element | None:
    """How to ask for the next page, None after the last (XEP-0059 §2.2). Raises TooMuch.

    A service that does not page says nothing of it, and one that never ends brings nothing new.
    """
    if found > ENTRIES_MAX:
        raise TooMuch(f"there are more than {ENTRIES_MAX}")
    told = None if answer is None else answer.find(f"{{{RSM}}}set")
    if told is None or found == before:
        return None
    last, count = told.findtext(f"{{{RSM}}}last"), told.findtext(f"{{{RSM}}}count", "")
    if not last or count == str(found):
        return None
    return page_after(last)
