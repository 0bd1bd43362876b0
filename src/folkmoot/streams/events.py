"""What a stream tells the one who drives it, and what it asks (RFC 6120 §4 to §8).

An event whose name ends in `Wanted` is a question: nothing more is read from the stream until the
method that its docstring names has answered it.
"""

from dataclasses import dataclass

from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID


@dataclass(frozen=True, slots=True)
class StartTLS:
    """Send what there is to send, read nothing more, negotiate TLS, then call `secured`."""


@dataclass(frozen=True, slots=True)
class CredentialsWanted:
    """Somebody logs in as `username`, a prepared localpart. Answer: `credentials` or `refuse`."""

    username: str


@dataclass(frozen=True, slots=True)
class PasswordCheckWanted:
    """Is the password the one these credentials were made from? Answer: `password_checked`.

    `sasl.verify` knows; it takes milliseconds, so ask it in a thread.
    """

    password: str
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The client has proved that it may act for `account`, a bare JID."""

    account: JID
    mechanism: str


@dataclass(frozen=True, slots=True)
class AuthenticationFailed:
    """The proof was wrong. Other SASL failures, which teach nothing of a password, pass untold."""

    username: str


@dataclass(frozen=True, slots=True)
class BindWanted:
    """The client asks for a resource, prepared; None where it leaves the choice to the server.

    Answer: `bound` or `bind_refused`.
    """

    account: JID
    resource: str | None


@dataclass(frozen=True, slots=True)
class RegistrationWanted:
    """Somebody wants an account (XEP-0077 §3.1); `username` is a prepared localpart.

    Answer: `registered` or `registration_refused`.
    """

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Received:
    """A stanza of the bound client: well formed, its `from` set to the client's full JID."""

    stanza: Element


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream is over. Send what there is to send, then close the connection.

    error: None if the client closed the stream, else the error that it was told.
    """

    error: StreamError | None


StreamEvent = (
    StartTLS
    | CredentialsWanted
    | PasswordCheckWanted
    | Authenticated
    | AuthenticationFailed
    | BindWanted
    | RegistrationWanted
    | Received
    | Ended
)
