"""What all connections of a server share."""

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from folkmoot.listeners.host import Host
from folkmoot.listeners.limits import Admission, ListenerLimits
from folkmoot.streams.settings import StreamSettings

if TYPE_CHECKING:
    from folkmoot.listeners.connection import Connection

ID_BYTES = 18


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


class Reception:
    """One for each server and loop; made inside the loop."""

    __slots__ = ("admission", "flusher", "host", "limits", "loop", "random_id", "settings")

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
