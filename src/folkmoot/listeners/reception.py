"""What all connections of a server share."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from folkmoot.listeners.host import Host
from folkmoot.listeners.limits import Admission, ListenerLimits
from folkmoot.streams.settings import StreamSettings

if TYPE_CHECKING:
    from folkmoot.listeners.connection import Connection

ID_BYTES = 18

STANZAS_AT_ONCE_MAX: Final = 8
"""How many of one client's stanzas are acted on in a turn of the loop."""


def random_id() -> str:
    """An id that nobody can guess, for stream headers and SASL nonces."""
    return secrets.token_urlsafe(ID_BYTES)


class Flusher:
    """Writes what connections were given to send, once in a turn of the loop.

    A notification for a thousand hearers thus costs a thousand appends while it is worded, and
    whatever else they are sent in the same turn leaves in the same packet.
    """

    __slots__ = ("_dirty", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._dirty: list[Connection] = []

    def mark(self, connection: "Connection") -> None:
        """Flush a connection at the end of this turn; called once until it is flushed."""
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(connection)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for connection in dirty:
            connection.flush()


class Turns:
    """Streams that bring more than their share, each in its turn: one in a turn of the loop.

    However many flood, everybody else is read between two of them, and what is told leaves.
    """

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def share(self) -> int:
        """How many stanzas a stream may bring that has not waited; one, where others wait.

        Many may bring much in the same moment, and what each brings first has no turn to wait for.
        """
        return 1 if self._waiting else STANZAS_AT_ONCE_MAX

    def next(self) -> asyncio.Future[None]:
        """The turn after all that others wait for."""
        if not self._waiting:
            self._loop.call_soon(self._begin)
        turn = self._loop.create_future()
        self._waiting.append(turn)
        return turn

    def _begin(self) -> None:
        turn = self._waiting.popleft()
        if self._waiting:
            self._loop.call_soon(self._begin)
        if not turn.done():
            turn.set_result(None)


class Reception:
    """One for each server and loop; made inside the loop."""

    __slots__ = ("admission", "flusher", "host", "limits", "loop", "random_id", "settings", "turns")

    def __init__(
        self,
        host: Host,
        settings: StreamSettings,
        limits: ListenerLimits,
        random_id: Callable[[], str] = random_id,
    ) -> None:
        self.host = host
        self.settings = settings
        self.limits = limits
        self.random_id = random_id
        self.loop = asyncio.get_running_loop()
        self.admission = Admission(limits, self.loop.time)
        self.flusher = Flusher(self.loop)
        self.turns = Turns(self.loop)
