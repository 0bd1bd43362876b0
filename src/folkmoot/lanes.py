"""Stanzas that many senders share a stream for: in order for each sender (RFC 6120 §10.1).

A stanza may have to wait until what it is about is loaded. Those behind it of the same sender wait
with it; those of others go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from folkmoot.eager import begin
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

LANE_MAX: Final = 500
"""How many stanzas of one sender may wait."""

WAITING_MAX: Final = 20_000
"""And of all senders together."""

Handle = Callable[[JID, Element], Coroutine[Any, Any, None]]


class Lanes:
    """What waits, by who sent it. handle: does what a stanza asks for, and raises nothing."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._lanes: dict[JID, deque[Element]] = {}
        self._waiting = 0

    def take(self, sender: JID, stanza: Element) -> Awaitable[None] | None:
        """Handle a stanza in its turn; the rest of the work where it is not done at once.

        Raises Full: too much waits already.
        """
        lane = self._lanes.get(sender)
        if lane is None:
            rest = begin(self._handle(sender, stanza))
            return None if rest is None else self._follow(sender, rest)
        if len(lane) >= LANE_MAX or self._waiting >= WAITING_MAX:
            raise Full
        lane.append(stanza)
        self._waiting += 1
        return None

    def _follow(self, sender: JID, rest: Awaitable[None]) -> Coroutine[Any, Any, None]:
        self._lanes[sender] = deque()
        return self._empty(sender, rest)

    async def _empty(self, sender: JID, rest: Awaitable[None]) -> None:
        lane = self._lanes[sender]
        try:
            await rest
            while lane:
                stanza = lane.popleft()
                self._waiting -= 1
                await self._handle(sender, stanza)
        finally:
            self._waiting -= len(lane)
            del self._lanes[sender]


class Full(Exception):
    """A stanza is one too many."""
