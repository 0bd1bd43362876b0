"""A client and a server that talk in memory, the server's questions answered at once."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from importlib import import_module
from itertools import count
from typing import Any

from folkmoot.streams.events import (
    BindWanted,
    CredentialsWanted,
    Ended,
    PasswordCheckWanted,
    Received,
    RegistrationWanted,
    StartTLS,
    StreamEvent,
)
from folkmoot.streams.features import SASL, Channel, Features
from folkmoot.streams.negotiation import Events, ServerStream, State
from folkmoot.streams.sasl import derive, verify
from folkmoot.streams.settings import StreamSettings
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Limits, StreamClosed, StreamOpened, StreamParser, parse

DOMAIN = JID.parse("im.example.com")
JULIET = JID.parse("juliet@im.example.com")
SECRET = b"a secret of the server"
PASSWORD = "r0m30myr0m30"
CREDENTIALS = derive(PASSWORD, b"salt of juliet's", 4096)
HEADER = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='im.example.com'"
    " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='im.example.com' version='1.0'/>"
END = "</stream:stream>"
LIMITS = Limits()
END_POINT = {"tls-server-end-point": b"the hash of a certificate"}

Heard = StreamOpened | Element | StreamClosed

# By its name: scramp has no types that a strict checker would take.
ScramClient: Any = import_module("scramp").ScramClient


class Conversation:
    """What a client says and hears, and the events it causes on the server.

    cut: give the server every byte on its own.
    """

    def __init__(
        self,
        *,
        framed: bool = False,
        secure: bool = False,
        starttls: bool = False,
        bindings: Mapping[str, bytes] | None = None,
        cleartext: bool = False,
        registration: bool = False,
        limits: Limits = LIMITS,
        cut: bool = False,
    ) -> None:
        features = Features(cleartext=cleartext, registration=registration)
        settings = StreamSettings(DOMAIN, SECRET, features, limits)
        ids = count(1)
        channel = Channel(framed=framed, secure=secure, starttls=starttls)
        self.stream = ServerStream(settings, channel, lambda: f"id{next(ids)}", bindings or {})
        self.accounts = {"juliet": CREDENTIALS}
        self.events: list[StreamEvent] = []
        self._bindings_after_tls = END_POINT
        self._framed = framed
        self._cut = cut and not framed
        self._ear = StreamParser()

    @property
    def stanzas(self) -> list[Element]:
        """The stanzas that came through."""
        return [event.stanza for event in self.events if isinstance(event, Received)]

    @property
    def error(self) -> str | None:
        """The condition the stream ended with; None if it ended in peace."""
        (ended,) = (event for event in self.events if isinstance(event, Ended))
        return None if ended.error is None else ended.error.condition

    @property
    def over(self) -> bool:
        """Whether the stream has ended."""
        return self.stream.state is State.ENDED

    def says(self, text: str | bytes) -> list[Heard]:
        """The client says something; gives what it hears then."""
        data = text if isinstance(text, bytes) else text.encode()
        heard: list[Heard] = []
        for piece in [data[i : i + 1] for i in range(len(data))] if self._cut else [data]:
            self._act(self.stream.receive(piece), heard)
            heard += self._hear()
        return heard

    def hears_one(self, text: str) -> Element:
        """The client says something and hears exactly one element."""
        (element,) = self.says(text)
        assert isinstance(element, Element)
        return element

    def _act(self, events: Events, heard: list[Heard]) -> None:
        for event in events:
            assert not self.events or not isinstance(self.events[-1], Ended), "after the end"
            self.events.append(event)
            self._act(self._answer(event, heard), heard)

    def _answer(self, event: StreamEvent, heard: list[Heard]) -> Events:
        stream = self.stream
        match event:
            case StartTLS():
                heard += self._hear()
                self._ear.reset()
                stream.secured(self._bindings_after_tls)
            case CredentialsWanted(username):
                return stream.credentials(self.accounts.get(username))
            case PasswordCheckWanted(password, credentials):
                return stream.password_checked(right=verify(password, credentials))
            case BindWanted(account, resource):
                if resource == "taken":
                    return stream.bind_refused(StanzaError("conflict"))
                return stream.bound(account.with_resource(resource or "chosen"))
            case RegistrationWanted(username, password):
                if username in self.accounts:
                    return stream.registration_refused(StanzaError("conflict"))
                self.accounts[username] = derive(password, bytes(16), 4096)
                return stream.registered()
        return ()

    def _hear(self) -> list[Heard]:
        heard: list[Heard] = []
        for frame in self.stream.frames():
            if self._framed:
                heard.append(parse(frame))
                continue
            for piece in self._ear.feed(frame):
                assert not isinstance(piece, StreamError), f"the server sent {frame!r}"
                heard.append(piece)
                if isinstance(piece, Element) and (piece.ns, piece.name) == (SASL, "success"):
                    self._ear.reset()
        return heard

    # Steps that many tests take.

    def log_in(
        self,
        mechanism: str = "SCRAM-SHA-256",
        username: str = "juliet",
        password: str = PASSWORD,
        binding: tuple[str, bytes] | None = None,
    ) -> Element:
        """SASL with scramp's client; gives `<success/>`, its proof checked, or `<failure/>`."""
        if mechanism == "PLAIN":
            return self.hears_one(auth("PLAIN", f"\0{username}\0{password}"))
        client = ScramClient(
            [mechanism], username, password, channel_binding=binding, c_nonce="clientnonce"
        )
        challenge = self.hears_one(auth(mechanism, client.get_client_first()))
        if challenge.name != "challenge":
            return challenge
        client.set_server_first(content(challenge))
        outcome = self.hears_one(response(client.get_client_final()))
        if outcome.name == "success":
            client.set_server_final(content(outcome))
        return outcome

    def bind(self, resource: str = "balcony") -> list[Heard]:
        """Ask for a resource."""
        wish = f"<resource>{resource}</resource>" if resource else ""
        return self.says(
            "<iq xmlns='jabber:client' type='set' id='bind'>"
            f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{wish}</bind></iq>"
        )


def session(*, framed: bool = False, cut: bool = False, limits: Limits = LIMITS) -> Conversation:
    """A conversation of juliet@im.example.com/balcony, from where stanzas pass."""
    conversation = Conversation(framed=framed, secure=True, cut=cut, limits=limits)
    conversation.says(OPEN if framed else HEADER)
    assert conversation.log_in().name == "success"
    conversation.says(OPEN if framed else HEADER)
    conversation.bind()
    assert conversation.stream.state is State.BOUND
    return conversation


def auth(mechanism: str, message: str | None = None) -> str:
    """`<auth/>`, with its initial response or without."""
    encoded = "" if message is None else b64encode(message.encode()).decode() or "="
    return f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{encoded}</auth>"


def response(message: str) -> str:
    """`<response/>`."""
    return f"<response xmlns='{SASL}'>{b64encode(message.encode()).decode()}</response>"


def content(element: Element) -> str:
    """The message in a SASL element."""
    return b64decode(element.text).decode()


def condition(element: Heard) -> str:
    """The first child's name: the condition of a failure or a stream error."""
    assert isinstance(element, Element)
    assert element.first is not None
    return element.first.name


def stanza_condition(element: Heard) -> str:
    """The condition of an error stanza."""
    assert isinstance(element, Element)
    assert element.get("type") == "error"
    error = element.child("jabber:client", "error")
    assert error is not None
    return condition(error)
