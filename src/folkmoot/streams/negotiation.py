"""A client's stream as the server sees it, from first byte to last (RFC 6120; XEP-0077 2.4).

`ServerStream` knows no socket, no clock and no accounts. Bytes go in, events come out, and what the
client must be sent is fetched with `frames`. Whatever depends on more than the stream is asked for
in an event and answered by a method; until then the stream reads nothing more.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

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
from folkmoot.streams.features import BIND, SASL, SESSION, TLS, Channel
from folkmoot.streams.framing import (
    STREAMS,
    DocumentFraming,
    Framing,
    MessageFraming,
    Piece,
)
from folkmoot.streams.login import Login, Proven, Step
from folkmoot.streams.outlet import Outlet
from folkmoot.streams.registration import REGISTER, read_registration, registration_form
from folkmoot.streams.sasl import SASLFailure
from folkmoot.streams.settings import StreamSettings
from folkmoot.streams.stanzas import address, check, may_be_answered, misplaced, read_bind, stamp
from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, error_reply, reply
from folkmoot.xmpp.xml import Element, StreamClosed, StreamOpened

SASL_FAILURES_MAX: Final = 5
"""Log-ins refused on one connection before its stream ends (RFC 6120 §6.4.5: 2 to 5)."""

Events = tuple[StreamEvent, ...]
_NOTHING: Final[Events] = ()
_NO_BINDINGS: Final[Mapping[str, bytes]] = {}
_VERSION: Final = re.compile(r"[1-9][0-9]{0,3}\.[0-9]{1,4}")
_SASL_STEPS: Final = {"auth": Login.auth, "response": Login.response, "abort": Login.abort}


class State(Enum):
    """Where a stream is. `_TABLE` says what may come next."""

    OPENING = "waits for the client's stream header"
    LOGIN = "knows nobody yet: TLS, SASL or registration come next"
    BINDING = "has an account, but no resource yet"
    BOUND = "is a session: stanzas pass"
    ENDED = "is over"


class ServerStream:
    """One client's stream, with its restarts.

    channel: what the connection is at its start. bindings: the data of the channel's bindings.
    random_id: gives a new unguessable id at each call, printable ASCII without a comma.
    """

    __slots__ = (
        "_account",
        "_asked",
        "_channel",
        "_framing",
        "_login",
        "_out",
        "_random_id",
        "_request",
        "_routes",
        "_settings",
        "_unread",
        "jid",
        "state",
    )

    def __init__(
        self,
        settings: StreamSettings,
        channel: Channel,
        random_id: Callable[[], str],
        bindings: Mapping[str, bytes] = _NO_BINDINGS,
    ) -> None:
        self._settings = settings
        self._random_id = random_id
        framing = MessageFraming if channel.framed else DocumentFraming
        self._framing: Framing = framing(settings.limits)
        self._out = Outlet(self._framing, settings.domain, random_id)
        self._channel = channel
        self._login: Login | None = None
        self._begin_login(bindings)
        self._account: JID | None = None
        self._asked: type[StreamEvent] | None = None
        self._request: Element | None = None  # the iq whose answer is asked for
        self._unread: list[Piece] = []
        self.jid: JID | None = None
        self._enter(State.OPENING)

    # What whoever drives the stream calls.

    def receive(self, data: bytes) -> Events:
        """Read what the client sent: any stretch of a TCP stream, one whole WebSocket message."""
        if self.state is State.ENDED:
            return _NOTHING
        pieces = self._framing.read(data)
        if self._asked is not None:
            self._unread += pieces
            return _NOTHING
        return self._take(pieces)

    def frames(self) -> list[bytes]:
        """What to send now, taken out of the stream; over WebSocket, a message each."""
        return self._out.take()

    def end(self, error: StreamError | None = None) -> None:
        """End the stream from our side, with an error or in peace; no event comes of it."""
        if self.state is State.ENDED:
            return
        self._out.close(error)
        self._framing.close()
        self._asked = self._request = self._login = None
        self._unread = []
        self._enter(State.ENDED)

    def secured(self, bindings: Mapping[str, bytes]) -> None:
        """Answer StartTLS: TLS stands, and a new stream begins inside it (RFC 6120 §5.4.3.3).

        bindings: the data of the channel bindings of this TLS connection, by name (RFC 5929).
        """
        if not self._answers(StartTLS):
            return
        self._unread = []  # anyone could have put this behind <starttls/> on the way
        self._channel = self._channel._replace(secure=True, starttls=False)
        self._begin_login(bindings)
        self._restart()

    def credentials(self, credentials: Credentials | None) -> Events:
        """Answer CredentialsWanted; None if there is no such account."""
        if not self._answers(CredentialsWanted):
            return _NOTHING
        return self._log_in(lambda login: login.credentials(credentials)) + self._go_on()

    def password_checked(self, *, right: bool) -> Events:
        """Answer PasswordCheckWanted."""
        if not self._answers(PasswordCheckWanted):
            return _NOTHING
        return self._log_in(lambda login: login.password_checked(right=right)) + self._go_on()

    def refuse(self, condition: str) -> Events:
        """Answer CredentialsWanted with a SASL failure, such as temporary-auth-failure (§6.5)."""
        if not self._answers(CredentialsWanted):
            return _NOTHING
        return self._fail(SASLFailure(condition)) + self._go_on()

    def bound(self, jid: JID) -> Events:
        """Answer BindWanted: the client is `jid`, a full JID of its account."""
        if self._asked is BindWanted:
            self.jid = jid
            self._enter(State.BOUND)
        name = Element(BIND, "jid", None, str(jid))
        return self._settle(BindWanted, lambda iq: reply(iq, Element(BIND, "bind", None, name)))

    def bind_refused(self, error: StanzaError) -> Events:
        """Answer BindWanted with a refusal; the client may ask again."""
        return self._settle(BindWanted, lambda iq: error_reply(iq, error))

    def registered(self) -> Events:
        """Answer RegistrationWanted: the account is there."""
        return self._settle(RegistrationWanted, reply)

    def registration_refused(self, error: StanzaError) -> Events:
        """Answer RegistrationWanted with a refusal; the client may ask again."""
        return self._settle(RegistrationWanted, lambda iq: error_reply(iq, error))

    # Questions and their answers.

    def _ask(self, event: StreamEvent, request: Element | None = None) -> Events:
        self._asked, self._request = type(event), request
        return (event,)

    def _answers(self, question: type[StreamEvent]) -> bool:
        """Take an answer: False if the stream has ended since. RuntimeError if nobody asked."""
        if self.state is State.ENDED:
            return False
        if self._asked is not question:
            raise RuntimeError(f"{question.__name__} was not asked")
        self._asked = self._request = None
        return True

    def _settle(self, question: type[StreamEvent], word: Callable[[Element], Element]) -> Events:
        """Take the answer to a question that an iq asked, and answer that."""
        request = self._request
        if not self._answers(question) or request is None:
            return _NOTHING
        self._out.send(word(request))
        return self._go_on()

    def _go_on(self) -> Events:
        """Read what came while a question was open."""
        if self._asked is not None or not self._unread:
            return _NOTHING
        unread, self._unread = self._unread, []
        return self._take(unread)

    # Reading.

    def _take(self, pieces: list[Piece]) -> Events:
        events: list[StreamEvent] = []
        for at, piece in enumerate(pieces, 1):
            try:
                events += self._step(piece)
            except StanzaError as error:
                if isinstance(piece, Element) and may_be_answered(piece):
                    self._out.send(error_reply(piece, error))
            except StreamError as error:
                self.end(error)
                events.append(Ended(error))
            if self.state is State.ENDED:
                break
            if self._asked is not None:
                self._unread = pieces[at:]
                break
        return tuple(events)

    def _step(self, piece: Piece) -> Events:
        if isinstance(piece, Element):
            return self._routes.get((piece.ns, piece.name), ServerStream._unexpected)(self, piece)
        if isinstance(piece, StreamOpened):
            return self._open(piece.header)
        if isinstance(piece, StreamClosed):
            self.end()
            return (Ended(None),)
        raise piece

    def _unexpected(self, element: Element) -> Events:
        """An element that has no place here (RFC 6120 §4.9.3)."""
        if element.ns == STREAMS and element.name == "error":
            self.end()  # §4.9.1.1: what follows their error is the end of the stream
            return (Ended(None),)
        raise misplaced(element)

    # The stream itself.

    def _open(self, header: Element) -> Events:
        """The client's stream header: check it, answer it, say what comes next (§4.7)."""
        if self.state is not State.OPENING:
            raise StreamError("bad-format", "the stream is open")
        self._out.open(header.get("from"))
        if address(header.get("to")) != self._settings.domain:
            raise StreamError("host-unknown")
        if _VERSION.fullmatch(header.get("version", "")) is None:
            raise StreamError("unsupported-version")
        features = self._settings.features
        if self._account is None:
            self._out.send_worded(features.before_login(self._channel))
            self._enter(State.LOGIN)
        else:
            self._out.send_worded(features.after_login(framed=self._channel.framed))
            self._enter(State.BINDING)
        return _NOTHING

    def _restart(self) -> None:
        self._framing.restart()
        self._out.restart()
        self._enter(State.OPENING)

    def _enter(self, state: State) -> None:
        self.state = state
        self._routes = _TABLE[state]

    # TLS (§5) and SASL (§6).

    def _start_tls(self, _element: Element) -> Events:
        if not self._channel.starttls:
            self._out.send(Element(TLS, "failure"))
            self.end()  # §5.4.2.2
            return (Ended(None),)
        self._out.send(Element(TLS, "proceed"))
        return self._ask(StartTLS())

    def _begin_login(self, bindings: Mapping[str, bytes]) -> None:
        self._channel = self._channel._replace(bindings=tuple(bindings))
        self._login = Login(self._settings, self._channel, bindings, self._random_id)

    def _sasl(self, element: Element) -> Events:
        step = _SASL_STEPS[element.name]
        return self._log_in(lambda login: step(login, element))

    def _log_in(self, step: Callable[[Login], Step]) -> Events:
        if self._login is None:
            raise StreamError("not-authorized")
        try:
            outcome = step(self._login)
        except SASLFailure as failure:
            return self._fail(failure)
        if isinstance(outcome, Element):
            self._out.send(outcome)
            return _NOTHING
        if not isinstance(outcome, Proven):
            return self._ask(outcome)
        self._out.send(outcome.success)
        self._account = outcome.account
        self._login = None
        self._restart()
        return (Authenticated(outcome.account, outcome.mechanism),)

    def _fail(self, failure: SASLFailure) -> Events:
        login = self._login
        if login is None:
            return _NOTHING
        username = login.username
        self._out.send(login.failure(failure))
        told: Events = _NOTHING
        if failure.condition == "not-authorized":
            told = (AuthenticationFailed(username),)
        if login.failures < SASL_FAILURES_MAX:
            return told
        error = StreamError("policy-violation", "too many log-ins failed")
        self.end(error)
        return (*told, Ended(error))

    # Registration (XEP-0077) and resource binding (§7).

    def _register(self, iq: Element) -> Events:
        query = iq.child(REGISTER, "query")
        if query is None:
            raise StreamError("not-authorized")
        check(iq)
        features = self._settings.features
        if not features.registration:
            raise StanzaError("service-unavailable")
        if not features.login_allowed(self._channel):
            raise StanzaError("policy-violation", "begin TLS first")
        if iq.get("type") == "set":
            return self._ask(read_registration(query), iq)
        self._out.send(reply(iq, registration_form()))
        return _NOTHING

    def _bind(self, iq: Element) -> Events:
        bind = iq.child(BIND, "bind")
        if bind is None or self._account is None:
            raise StreamError("not-authorized")  # §7.1: no stanzas before a resource
        check(iq)
        return self._ask(BindWanted(self._account, read_bind(iq, bind)), iq)

    # Stanzas (§8).

    def _stanza(self, stanza: Element) -> Events:
        if self.jid is None:
            raise StreamError("not-authorized")
        stamp(stanza, self.jid)
        check(stanza)
        return (Received(stanza),)

    def _iq(self, iq: Element) -> Events:
        events = self._stanza(iq)
        payload = iq.first
        if payload is not None and iq.get("type") == "set":
            if payload.ns == SESSION:
                self._out.send(reply(iq))
                return _NOTHING
            if payload.ns == BIND:
                raise StanzaError("not-allowed", "one resource for each stream")
        return events


Handler = Callable[[ServerStream, Element], Events]

_TABLE: Final[Mapping[State, Mapping[tuple[str, str], Handler]]] = {
    State.OPENING: {},
    State.LOGIN: {
        (TLS, "starttls"): ServerStream._start_tls,
        (SASL, "auth"): ServerStream._sasl,
        (SASL, "response"): ServerStream._sasl,
        (SASL, "abort"): ServerStream._sasl,
        (CLIENT, "iq"): ServerStream._register,
    },
    State.BINDING: {
        (CLIENT, "iq"): ServerStream._bind,
    },
    State.BOUND: {
        (CLIENT, "message"): ServerStream._stanza,
        (CLIENT, "presence"): ServerStream._stanza,
        (CLIENT, "iq"): ServerStream._iq,
    },
    State.ENDED: {},
}
"""What may come next in each state; `_unexpected` says what becomes of all else."""
