"""Our half of a stream: what the server says, in the order in which it leaves (RFC 6120 §4)."""

from collections.abc import Callable

from folkmoot.streams.framing import Framing, stream_error
from folkmoot.streams.stanzas import address
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID


class Outlet:
    """Gathers what is to be sent until `take` fetches it.

    random_id: gives a new unguessable id for each stream header.
    """

    __slots__ = ("_domain", "_frames", "_framing", "_opened", "_random_id")

    def __init__(self, framing: Framing, domain: JID, random_id: Callable[[], str]) -> None:
        self._framing = framing
        self._domain = domain
        self._random_id = random_id
        self._frames: list[bytes] = []
        self._opened = False

    def take(self) -> list[bytes]:
        """What was gathered, each part a WebSocket message of its own."""
        frames, self._frames = self._frames, []
        return frames

    def open(self, client: str | None) -> None:
        """Begin our stream with a header (§4.7).

        client: the `from` of the client's header; its bare JID goes into our `to` (§4.7.2).
        """
        jid = address(client)
        to = None if jid is None else str(jid.bare)
        self._frames.append(self._framing.opening(str(self._domain), self._random_id(), to))
        self._opened = True

    def restart(self) -> None:
        """Our stream is over without a word, and a new one follows (§4.3.3)."""
        self._opened = False

    def close(self, error: StreamError | None) -> None:
        """End our stream, with an error (§4.9) or in peace (§4.4)."""
        if not self._opened:
            self.open(None)  # §4.9.1.2: an error needs a stream around it
        if error is not None:
            self._frames.append(stream_error(error, framed=self._framing.framed))
        self._frames.append(self._framing.closing())

    def send(self, element: Element) -> None:
        """Say one element."""
        self._frames.append(self._framing.element(element))

    def send_worded(self, element: bytes) -> None:
        """Say an element that was worded before."""
        self._frames.append(element)
