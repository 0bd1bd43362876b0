"""One client's connection: a stream, the line it travels on, and the host behind it."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from typing import Final, Protocol

import structlog

from folkmoot.listeners.reception import STANZAS_AT_ONCE_MAX, Reception
from folkmoot.streams.events import (
    Authenticated,
    AuthenticationFailed,
    BindWanted,
    CredentialsWanted,
    Ended,
    PasswordCheckWanted,
    Received,
    RegistrationWanted,
    StartTLS,
    StreamEvent,
)
from folkmoot.streams.features import Channel
from folkmoot.streams.negotiation import Events, ServerStream
from folkmoot.streams.sasl import verify
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError, StreamError

READ_BYTES_MAX: Final = 16_384
"""What of one client is read in a turn of the loop: its flood delays nobody else, and few stanzas
wait parsed while one of them takes its time."""

log = structlog.get_logger()


class Line(Protocol):
    """What a connection travels on: TCP or WebSocket."""

    def write(self, frames: list[bytes]) -> int:
        """Send frames in order; gives how many bytes now wait for the client to read."""

    def pause(self) -> None:
        """Read no more for now; what was read already may still come."""

    def resume(self) -> None:
        """Read on."""

    async def start_tls(self) -> Mapping[str, bytes]:
        """Make TLS of the line; gives its channel bindings. Raises OSError."""

    def finish(self) -> None:
        """Let out what was written, then hang up, within close_seconds_max."""

    def abort(self) -> None:
        """Hang up at once."""


class Connection:
    """A client's way to the host, and the host's to the client.

    For the host: `send`, `close`, and what the connection is: `framed` (each stanza travels alone,
    so it names its namespace), `secure`, `remote` (the client's address).
    The line calls `receive` and, at the end, `lost`.
    """

    __slots__ = (
        "_ended",
        "_events",
        "_left",
        "_line",
        "_lost",
        "_pending",
        "_reception",
        "_stream",
        "_task",
        "_timer",
        "_unread",
        "framed",
        "remote",
        "secure",
    )

    def __init__(
        self,
        reception: Reception,
        line: Line,
        channel: Channel,
        remote: str,
        bindings: Mapping[str, bytes],
    ) -> None:
        self.framed = channel.framed
        self.secure = channel.secure
        self.remote = remote
        self._reception = reception
        self._line = line
        self._stream = ServerStream(reception.settings, channel, reception.random_id, bindings)
        self._pending: list[bytes] = []
        self._events: Iterator[StreamEvent] = iter(())
        self._unread = b""
        self._left = STANZAS_AT_ONCE_MAX
        self._task: asyncio.Future[Events | None] | None = None
        self._ended = False
        self._lost = False
        self._timer: asyncio.TimerHandle | None = reception.loop.call_later(
            reception.limits.negotiation_seconds_max, self._too_slow
        )

    # For the host.

    def send(self, data: bytes) -> None:
        """Send one stanza; nothing happens if the stream has ended.

        It leaves at the end of this turn of the loop, in the order of the calls.
        """
        if not self._pending:
            if self._ended:
                return
            self._reception.flusher.mark(self)
        self._pending.append(data)

    def close(self, error: StreamError | None = None) -> None:
        """End the stream, with an error or in peace; the host has lost it before this returns."""
        if self._ended:
            return
        self._stream.end(error)
        self._finish(error)

    # For the line.

    def receive(self, data: bytes) -> None:
        """Take what the client sent: any stretch of TCP, one whole WebSocket message."""
        if self._ended:
            return  # its stream is over; this is what was on its way
        if self._task is not None:
            self._unread += data
            self._line.pause()
            return
        self._unread = data
        if not self.framed:  # a WebSocket's next message may have come with the one before
            self._left = self._reception.turns.share
        self._advance()

    async def idle(self) -> None:
        """Wait until all that was received has been acted on."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    def lost(self) -> None:
        """The line is gone. What came before is still acted on."""
        self._lost = True
        self._advance()

    # For the flusher.

    def flush(self) -> None:
        """Write what was sent; a client that lets too much of it wait is let go."""
        pending, self._pending = self._pending, []
        if not pending or self._lost:
            return
        if self._line.write(pending) > self._reception.limits.send_buffer_bytes_max:
            self.close(StreamError("resource-constraint", "too much waits to be read"))

    # Within.

    def _advance(self) -> None:
        """Act on events and read on, until something takes time or there is nothing left."""
        while self._task is None and not self._ended:
            event = next(self._events, None)
            if event is not None:
                self._act(event)
                self._left -= 1
                if not self._left:
                    self._give_way()
            elif self._unread:
                self._follow(self._stream.receive(self._next_bytes()))
                if self._unread:
                    self._give_way()
            else:
                break
        if self._lost and self._task is None:
            self._finish(None)

    def _give_way(self) -> None:
        """Others have their turn before the rest."""
        self._left = STANZAS_AT_ONCE_MAX
        if self._task is None and not self._ended:
            self._wait(self._reception.turns.next())

    def _next_bytes(self) -> bytes:
        unread = self._unread
        if self.framed or len(unread) <= READ_BYTES_MAX:
            self._unread = b""
            return unread
        self._unread = unread[READ_BYTES_MAX:]
        return unread[:READ_BYTES_MAX]

    def _follow(self, events: Iterable[StreamEvent]) -> None:
        """Take the events of a step of the stream, and send what the step said."""
        self._events = iter(events)
        for frame in self._stream.frames():
            self.send(frame)

    def _act(self, event: StreamEvent) -> None:
        match event:
            case Received(stanza):
                self._hand_on(stanza)
            case CredentialsWanted():
                self._wait(self._look_up(event))
            case PasswordCheckWanted():
                self._wait(self._check(event))
            case Authenticated(account, mechanism):
                log.debug(
                    "logged in", account=str(account), mechanism=mechanism, remote=self.remote
                )
            case AuthenticationFailed(username):
                self._reception.admission.failures.add(self.remote)
                log.info("log-in failed", username=username, remote=self.remote)
            case BindWanted():
                self._bind(event)
            case StartTLS():
                self._unread = b""  # whatever came in the clear behind <starttls/>
                self._line.pause()
                self.flush()
                self._wait(self._secure())
            case RegistrationWanted():
                self._wait(self._register(event))
            case Ended(error):
                self._finish(error)

    def _hand_on(self, stanza: Element) -> None:
        if self._stream.jid is not None:
            taking = self._reception.host.receive(self._stream.jid, stanza)
            if taking is not None:
                self._wait(taking)

    def _bind(self, event: BindWanted) -> None:
        try:
            jid = self._reception.host.bind(self, event.account, event.resource)
        except StanzaError as error:
            self._follow(self._stream.bind_refused(error))
            return
        self._stop_timer()
        self._follow(self._stream.bound(jid))

    async def _look_up(self, event: CredentialsWanted) -> Events:
        if self._reception.admission.failures.full(self.remote):
            return self._stream.refuse("temporary-auth-failure")
        return self._stream.credentials(await self._reception.host.credentials(event.username))

    async def _check(self, event: PasswordCheckWanted) -> Events:
        right = await asyncio.to_thread(verify, event.password, event.credentials)
        return self._stream.password_checked(right=right)

    async def _register(self, event: RegistrationWanted) -> Events:
        registrations = self._reception.admission.registrations
        if registrations.full(self.remote):
            error = StanzaError("resource-constraint", "too many accounts from this address")
            return self._stream.registration_refused(error)
        registrations.add(self.remote)  # now, for others of them may be under way
        try:
            await self._reception.host.register(event.username, event.password)
        except StanzaError as error:
            registrations.take_back(self.remote)
            return self._stream.registration_refused(error)
        log.info("registered", username=event.username, remote=self.remote)
        return self._stream.registered()

    async def _secure(self) -> Events:
        try:
            bindings = await self._line.start_tls()
        except OSError as error:
            log.info("TLS failed", remote=self.remote, reason=str(error))
            self._line.abort()
            return ()
        self.secure = True
        self._stream.secured(bindings)
        return ()

    def _wait(self, work: Awaitable[Events | None]) -> None:
        """Let something be done that takes time; nothing more is acted on before its end."""
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._waited)

    def _waited(self, task: asyncio.Future[Events | None]) -> None:
        self._task = None
        if task.cancelled():
            return  # the loop is ending
        failure = task.exception()
        if failure is not None:
            log.error("a bug ended a stream", remote=self.remote, exc_info=failure)
            self.close(StreamError("internal-server-error"))
            return
        if not self._ended:
            self._line.resume()
            self._follow(task.result() or self._events)
        self._advance()

    def _too_slow(self) -> None:
        self.close(StreamError("connection-timeout", "no session was begun in time"))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self, error: StreamError | None) -> None:
        """The stream is over: say what is left to say, and tell the host. Once."""
        if self._ended:
            return
        self._ended = True
        self._stream.end()
        self._stop_timer()
        frames = self._pending + self._stream.frames()
        self._pending = []
        self._unread = b""
        if not self._lost:
            self._line.write(frames)
            self._line.finish()
        if self._stream.jid is not None:
            in_peace = error is None and not self._lost
            self._reception.host.lost(self._stream.jid, error, in_peace=in_peace)
