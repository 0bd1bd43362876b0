"""Stanzas of a session: RFC 6120 §7, §8; every input again, cut at every byte, and in frames."""

import pytest

from folkmoot.streams.events import BindWanted, RegistrationWanted
from folkmoot.streams.features import BIND, TLS
from folkmoot.streams.negotiation import State
from folkmoot.streams.registration import REGISTER
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.xml import StreamClosed, StreamOpened
from tests.streams.conversation import (
    END,
    HEADER,
    JULIET,
    Conversation,
    condition,
    session,
    stanza_condition,
)

BALCONY = "juliet@im.example.com/balcony"


@pytest.fixture(params=["whole", "cut", "framed"])
def talk(request: pytest.FixtureRequest) -> Conversation:
    """A session over TCP, over TCP a byte at a time, or over WebSocket."""
    return session(framed=request.param == "framed", cut=request.param == "cut")


def client(text: str) -> str:
    """A stanza that names its namespace, as frames need it; over TCP it does no harm."""
    name, rest = text.split(maxsplit=1) if " " in text else (text.rstrip("/>"), "/>")
    return f"{name} xmlns='jabber:client' {rest}"


@pytest.mark.parametrize(
    "text",
    [
        "<message/>",
        "<message type='unheard-of' to='a@example.net'/>",
        "<presence/>",
        "<presence type='subscribe' to='romeo@example.net'/>",
        "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='set' id='1'> <query xmlns='jabber:iq:register'/> </iq>",
        "<iq type='result' id='1'/>",
        "<iq type='error' id='1'><a/><error type='cancel'/></iq>",
        f"<message from='{BALCONY}'/>",
        "<message from='JULIET@im.example.com'/>",
    ],
)
def test_stanzas_that_pass(text: str, talk: Conversation) -> None:
    """RFC 6120 §8.1.2.1: `from` is always the sender's full JID."""
    assert talk.says(client(text)) == []
    (stanza,) = talk.stanzas
    assert stanza.get("from") == BALCONY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>", "bad-request"),  # §8.1.3
        ("<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "bad-request"),  # §8.1.4
        ("<iq id='1' type='ask'><ping xmlns='urn:xmpp:ping'/></iq>", "bad-request"),
        ("<iq id='1' type='get'/>", "bad-request"),  # §8.2.3
        ("<iq id='1' type='set'><a xmlns='a'/><b xmlns='b'/></iq>", "bad-request"),
        ("<iq id='1' type='get'>text</iq>", "bad-request"),
        ("<presence type='available'/>", "bad-request"),  # RFC 6121 §4.7.1
        ("<message to=''/>", "jid-malformed"),  # §8.3.3.8
        ("<presence to='@'/>", "jid-malformed"),
        ("<iq id='1' type='get' to='a@/b'><a xmlns='a'/></iq>", "jid-malformed"),
        (f"<iq id='1' type='set'><bind xmlns='{BIND}'/></iq>", "not-allowed"),
    ],
)
def test_stanzas_refused(text: str, expected: str, talk: Conversation) -> None:
    """RFC 6120 §8.3: an error goes back, and the stream goes on."""
    refused = talk.hears_one(client(text))
    assert stanza_condition(refused) == expected
    assert refused.get("to") == BALCONY
    assert refused.name == text[1:].split()[0]
    assert talk.stanzas == []
    talk.says(client("<presence/>"))
    assert len(talk.stanzas) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<iq type='result'/>",
        "<iq type='error' to='@' id='1'/>",
        "<message type='error' to='@'/>",
        "<presence type='error' to='@'/>",
    ],
)
def test_answers_are_never_answered(text: str, talk: Conversation) -> None:
    """RFC 6120 §8.3.1: what is wrong with them is passed over."""
    assert talk.says(client(text)) == []
    assert talk.stanzas == []


@pytest.mark.parametrize("sender", ["romeo@example.net", "juliet@im.example.com/garden", "@", ""])
def test_stanzas_from_somebody_else(sender: str, talk: Conversation) -> None:
    """RFC 6120 §8.1.2.1, §4.9.3.9."""
    error, _end = talk.says(client(f"<message from='{sender}'/>"))
    assert condition(error) == "invalid-from"
    assert talk.error == "invalid-from"
    assert talk.stanzas == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<message xmlns='jabber:server'/>", "invalid-namespace"),
        ("<a xmlns='jabber:client'/>", "unsupported-stanza-type"),
        ("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "unsupported-stanza-type"),
        (f"<starttls xmlns='{TLS}'/>", "unsupported-stanza-type"),
    ],
)
def test_what_is_no_stanza(text: str, expected: str, talk: Conversation) -> None:
    """RFC 6120 §4.9.3.10, §4.9.3.24."""
    error, _end = talk.says(text)
    assert condition(error) == expected


def test_a_session_asked_for_is_there_already(talk: Conversation) -> None:
    """RFC 3921 §3, for clients older than RFC 6121."""
    ns = "urn:ietf:params:xml:ns:xmpp-session"
    answer = talk.hears_one(client(f"<iq type='set' id='s'><session xmlns='{ns}'/></iq>"))
    assert (answer.get("type"), answer.get("id"), answer.children) == ("result", "s", [])
    assert talk.stanzas == []


@pytest.mark.parametrize("cut", [False, True])
def test_stanzas_keep_their_order(cut: bool) -> None:
    """RFC 6120 §10.1, however they are cut."""
    talk = session(cut=cut)
    talk.says("".join(f"<message id='{number}'/>" for number in range(20)))
    assert [stanza.get("id") for stanza in talk.stanzas] == [str(number) for number in range(20)]


# Resource binding, §7.


def logged_in() -> Conversation:
    """A client that has yet to bind a resource."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    talk.log_in()
    talk.says(HEADER)
    return talk


def test_the_server_chooses_a_resource() -> None:
    """RFC 6120 §7.6."""
    talk = logged_in()
    (answer,) = talk.bind("")
    assert isinstance(answer, Element)
    assert talk.events[-1] == BindWanted(JULIET, None)
    assert answer.first is not None
    name = answer.first.child(BIND, "jid")
    assert name is not None
    assert name.text == "juliet@im.example.com/chosen"


def test_a_resource_that_is_taken() -> None:
    """RFC 6120 §7.7.2.2: conflict, and the client may ask for another."""
    talk = logged_in()
    (refused,) = talk.bind("taken")
    assert stanza_condition(refused) == "conflict"
    talk.bind("balcony")
    assert talk.stream.state is State.BOUND


@pytest.mark.parametrize(
    "text",
    [
        f"<iq type='set' id='1'><bind xmlns='{BIND}'><resource>a&#9;b</resource></bind></iq>",
        f"<iq type='set' id='1'><bind xmlns='{BIND}'><resource>{'x' * 1024}</resource></bind></iq>",
        f"<iq type='get' id='1'><bind xmlns='{BIND}'/></iq>",
        f"<iq type='set'><bind xmlns='{BIND}'/></iq>",
        f"<iq type='set' id='1'><bind xmlns='{BIND}'/><bind xmlns='{BIND}'/></iq>",
    ],
)
def test_resources_that_cannot_be_bound(text: str) -> None:
    """RFC 6120 §7.7.2.1: bad-request."""
    talk = logged_in()
    assert stanza_condition(talk.hears_one(text)) == "bad-request"
    assert talk.stream.state is State.BINDING


# Registration, XEP-0077.


def register(username: str, password: str) -> str:
    """XEP-0077 Example 4."""
    return (
        f"<iq type='set' id='reg2'><query xmlns='{REGISTER}'><username>{username}</username>"
        f"<password>{password}</password></query></iq>"
    )


FORM = f"<iq type='get' id='reg1' to='im.example.com'><query xmlns='{REGISTER}'/></iq>"


def test_registration() -> None:
    """XEP-0077 §3.1, §8: announced, explained, done, and then one can log in."""
    talk = Conversation(secure=True, registration=True)
    _, features = talk.says(HEADER)
    assert isinstance(features, Element)
    assert features.child("http://jabber.org/features/iq-register", "register") is not None

    form = talk.hears_one(FORM)
    assert (form.get("type"), form.get("id"), form.get("from")) == (
        "result",
        "reg1",
        "im.example.com",
    )
    assert form.first is not None
    assert [field.name for field in form.first.elements] == ["instructions", "username", "password"]

    done = talk.hears_one(register("Romeo", "calliope"))
    assert done == Element("jabber:client", "iq", {"type": "result", "id": "reg2"})
    assert talk.events[-1] == RegistrationWanted("romeo", "calliope")
    assert talk.log_in(username="romeo", password="calliope").name == "success"


@pytest.mark.parametrize(
    ("username", "password", "expected"),
    [
        ("juliet", "another", "conflict"),  # Example 6
        ("romeo", "", "not-acceptable"),  # Example 7
        ("", "calliope", "not-acceptable"),
        ("ro/meo", "calliope", "not-acceptable"),
    ],
)
def test_registrations_refused(username: str, password: str, expected: str) -> None:
    """XEP-0077 §3.1."""
    talk = Conversation(secure=True, registration=True)
    talk.says(HEADER)
    assert stanza_condition(talk.hears_one(register(username, password))) == expected
    assert stanza_condition(talk.hears_one(register("juliet", "again"))) == "conflict"


def test_no_registration_in_the_clear() -> None:
    """XEP-0077 §11: the password could be read on the way."""
    talk = Conversation(starttls=True, registration=True)
    talk.says(HEADER)
    assert stanza_condition(talk.hears_one(FORM)) == "policy-violation"
    assert stanza_condition(talk.hears_one(register("romeo", "x"))) == "policy-violation"


def test_no_registration_where_there_is_none() -> None:
    """XEP-0077 §3.1.1: service-unavailable."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    assert stanza_condition(talk.hears_one(FORM)) == "service-unavailable"


# WebSocket, RFC 7395.

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
OPEN = f"<open xmlns='{FRAMING}' to='im.example.com' version='1.0'/>"


def framed() -> Conversation:
    """A WebSocket whose stream has yet to open."""
    return Conversation(framed=True, secure=True)


def test_frames_of_a_stream() -> None:
    """RFC 7395 §3.4, §3.6: `<open/>` is answered by `<open/>`, `<close/>` by `<close/>`."""
    talk = framed()
    opened, features = talk.says(OPEN)
    assert isinstance(opened, Element)
    assert (opened.ns, opened.name) == (FRAMING, "open")
    assert opened.get("from") == "im.example.com"
    assert opened.get("id")
    assert isinstance(features, Element)
    assert (features.ns, features.name) == ("http://etherx.jabber.org/streams", "features")
    assert features.child(TLS, "starttls") is None  # §3.9
    assert talk.says(f"<close xmlns='{FRAMING}'/>") == [Element(FRAMING, "close")]
    assert talk.error is None


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("<open to='im.example.com' version='1.0'/>", "invalid-namespace"),  # §3.3.2
        (f"<open xmlns='{FRAMING}' to='example.org' version='1.0'/>", "host-unknown"),
        (" " + OPEN, "not-well-formed"),  # §3.3.3
        (OPEN + OPEN, "not-well-formed"),
        (OPEN[:-2], "not-well-formed"),
        ("", "not-well-formed"),
        ("<message xmlns='jabber:client'/>", "not-authorized"),
        (HEADER, "not-well-formed"),
        (HEADER + END, "unsupported-stanza-type"),
    ],
)
def test_frames_refused(frame: str, expected: str) -> None:
    """RFC 7395 §3.5: `<open/>`, the error, `<close/>`, a frame each."""
    talk = framed()
    opened, error, closed = talk.says(frame)
    assert isinstance(opened, Element)
    assert opened.name == "open"
    assert condition(error) == expected
    assert closed == Element(FRAMING, "close")


def test_a_stream_opens_once() -> None:
    """RFC 7395 §3.4, §3.7: a second `<open/>` is for after SASL."""
    talk = session(framed=True)
    error, _ = talk.says(OPEN)
    assert condition(error) == "bad-format"


def test_the_close_of_tcp() -> None:
    """RFC 6120 §4.4, at any time, also in place of what was asked for."""
    talk = Conversation(secure=True)
    heard = talk.says(HEADER + END)
    assert isinstance(heard[0], StreamOpened)
    assert heard[-1] == StreamClosed()
    assert talk.error is None
