"""The SASL negotiation of one stream (RFC 6120 §6): elements in, elements and events out."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from folkmoot.streams.events import CredentialsWanted, PasswordCheckWanted
from folkmoot.streams.features import SASL, Channel
from folkmoot.streams.framing import ENGLISH
from folkmoot.streams.sasl import (
    HASHES,
    PLAIN,
    PLUS,
    Plain,
    SASLFailure,
    Scram,
    decode,
    disguise,
    encode,
)
from folkmoot.streams.settings import StreamSettings
from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.jid import JID, InvalidJID, prepare_local

_KNOWN: Final = frozenset({PLAIN, *HASHES, *(name + PLUS for name in HASHES)})


class Proven(NamedTuple):
    """The client may act for `account`. success: the element that tells it so."""

    account: JID
    mechanism: str
    success: Element


Step = Element | CredentialsWanted | PasswordCheckWanted | Proven
"""What comes next: an element for the client, a question for the server, or the end."""


class Login:
    """The log-ins tried on one stream, one after the other.

    A method that raises SASLFailure has ended its try; `failure` words it.
    bindings: the data of the channel bindings announced for the channel.
    """

    __slots__ = (
        "_account",
        "_bindings",
        "_exchange",
        "_local",
        "_mechanisms",
        "_random_id",
        "_settings",
        "_started",
        "failures",
    )

    def __init__(
        self,
        settings: StreamSettings,
        channel: Channel,
        bindings: Mapping[str, bytes],
        random_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._mechanisms = settings.features.mechanisms(channel)
        self._bindings = bindings
        self._random_id = random_id
        self._exchange: Plain | Scram | None = None
        self._started = False
        self._account: JID | None = None
        self._local = ""
        self.failures = 0

    @property
    def username(self) -> str:
        """The localpart that the current try is for, prepared; "" before it is known."""
        return self._local

    def auth(self, element: Element) -> Step:
        """`<auth/>`: choose a mechanism and, mostly, begin with it (§6.4.2)."""
        if self._exchange is not None:
            raise SASLFailure("malformed-request", "answer the challenge first")
        mechanism = element.get("mechanism", "")
        if mechanism not in self._mechanisms:
            early = mechanism in _KNOWN and not self._mechanisms
            raise SASLFailure("encryption-required" if early else "invalid-mechanism")
        if mechanism == PLAIN:
            self._exchange = Plain()
        else:
            self._exchange = Scram(mechanism, self._bindings, self._random_id())
        text = element.text.strip()
        if not text:
            return Element(SASL, "challenge")  # no initial response: ask for it (RFC 4422 §5.1)
        return self._start(self._exchange, decode(text))

    def response(self, element: Element) -> Step:
        """`<response/>`: the answer to a challenge (§6.4.3)."""
        exchange = self._exchange
        if exchange is None:
            raise SASLFailure("malformed-request", "nothing was asked")
        message = decode(element.text.strip())
        if not self._started:
            return self._start(exchange, message)
        if isinstance(exchange, Plain):
            raise SASLFailure("malformed-request")
        return self._prove(exchange.finish(message))

    def abort(self, _element: Element) -> Step:
        """`<abort/>`: the client changed its mind (§6.4.4)."""
        raise SASLFailure("aborted")

    def credentials(self, credentials: Credentials | None) -> Step:
        """Go on with what CredentialsWanted asked for; None where there is no such account."""
        exchange = self._exchange
        known = credentials or disguise(self._settings.secret, self._local)
        if isinstance(exchange, Plain):
            return PasswordCheckWanted(exchange.password, known)
        if exchange is None:
            raise SASLFailure("malformed-request")
        return Element(SASL, "challenge", None, encode(exchange.challenge(known)))

    def password_checked(self, *, right: bool) -> Step:
        """Go on with what PasswordCheckWanted asked."""
        if not right:
            raise SASLFailure("not-authorized")
        return self._prove(b"")

    def failure(self, failure: SASLFailure) -> Element:
        """Word a failure, count it, and be ready for another try (§6.4.5)."""
        self.failures += 1
        self._exchange = None
        self._started = False
        self._local = ""
        children = [Element(SASL, failure.condition)]
        if failure.text:
            children.append(Element(SASL, "text", ENGLISH, failure.text))
        return Element(SASL, "failure", None, *children)

    def _start(self, exchange: Plain | Scram, message: bytes) -> Step:
        name = exchange.start(message)
        self._started = True
        try:
            self._local = prepare_local(name)
            self._account = JID.parse(f"{self._local}@{self._settings.domain}")
        except InvalidJID as error:
            # No account can be so called, and everybody can know that.
            raise SASLFailure("not-authorized") from error
        if exchange.authzid:
            try:
                authorized = JID.parse(exchange.authzid)
            except InvalidJID as error:
                raise SASLFailure("invalid-authzid") from error
            if authorized != self._account:
                raise SASLFailure("invalid-authzid")
        return CredentialsWanted(self._local)

    def _prove(self, final: bytes) -> Proven:
        if self._exchange is None or self._account is None:
            raise SASLFailure("malformed-request")
        content = (encode(final),) if final else ()
        success = Element(SASL, "success", None, *content)
        return Proven(self._account, self._exchange.mechanism, success)
