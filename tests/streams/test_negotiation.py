"""A stream from header to session: RFC 6120 §4 to §7; every input again, cut at every byte."""

import pytest

from folkmoot.streams.events import Authenticated, AuthenticationFailed
from folkmoot.streams.features import BIND, CHANNEL_BINDING, SASL, TLS
from folkmoot.streams.framing import ENGLISH, STREAMS
from folkmoot.streams.negotiation import SASL_FAILURES_MAX, State
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Limits, StreamClosed, StreamOpened
from tests.streams.conversation import (
    CREDENTIALS,
    END,
    END_POINT,
    HEADER,
    JULIET,
    PASSWORD,
    Conversation,
    Heard,
    auth,
    condition,
    content,
    response,
    session,
)

STARTTLS = f"<starttls xmlns='{TLS}'/>"


@pytest.fixture(params=[False, True], ids=["whole", "cut"])
def cut(request: pytest.FixtureRequest) -> bool:
    """Whether the server is given each byte on its own."""
    return bool(request.param)


def mechanisms(features: Heard) -> list[str]:
    """The names in `<mechanisms/>`, in order."""
    assert isinstance(features, Element)
    offer = features.child(SASL, "mechanisms")
    return [] if offer is None else [name.text for name in offer.elements]


def stream_error(heard: list[Heard]) -> str:
    """The condition of the stream error that is followed by the end of the stream."""
    *_, error, end = heard
    assert isinstance(error, Element)
    assert (error.ns, error.name) == (STREAMS, "error")
    assert isinstance(end, StreamClosed)
    return condition(error)


def test_from_header_to_session(cut: bool) -> None:
    """RFC 6120 §9.1: STARTTLS, SCRAM, resource binding, and a stanza."""
    talk = Conversation(starttls=True, cut=cut)

    opened, features = talk.says(HEADER)
    assert isinstance(opened, StreamOpened)
    header = opened.header
    assert (header.ns, header.name) == (STREAMS, "stream")
    assert header.get("from") == "im.example.com"
    assert header.get("version") == "1.0"
    assert header.get("id")
    assert isinstance(features, Element)
    assert features.elements == [Element(TLS, "starttls", None, Element(TLS, "required"))]

    assert talk.hears_one(STARTTLS) == Element(TLS, "proceed")

    again, features = talk.says(HEADER)
    assert isinstance(again, StreamOpened)
    assert again.header.get("id") != header.get("id")  # §4.7.3
    assert mechanisms(features) == [
        "SCRAM-SHA-256-PLUS",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
        "PLAIN",
    ]
    assert isinstance(features, Element)
    assert features.child(TLS, "starttls") is None

    (binding,) = END_POINT.items()
    assert talk.log_in("SCRAM-SHA-256-PLUS", binding=binding).name == "success"
    assert talk.events[-1] == Authenticated(JULIET, "SCRAM-SHA-256-PLUS")

    _, features = talk.says(HEADER)
    assert isinstance(features, Element)
    assert features.child(BIND, "bind") is not None
    assert features.child("urn:xmpp:features:rosterver", "ver") is not None
    assert features.child("urn:xmpp:features:pre-approval", "sub") is not None
    session = features.child("urn:ietf:params:xml:ns:xmpp-session", "session")
    assert session is not None
    assert session.first is not None
    assert session.first.name == "optional"

    (bound,) = talk.bind("balcony")
    name = Element(BIND, "jid", None, "juliet@im.example.com/balcony")
    attrs = {"type": "result", "id": "bind"}
    assert bound == Element("jabber:client", "iq", attrs, Element(BIND, "bind", None, name))
    assert talk.stream.jid == JID.parse("juliet@im.example.com/balcony")

    assert talk.says("<message to='romeo@example.net'><body>Art thou?</body></message>") == []
    (message,) = talk.stanzas
    assert message.get("from") == "juliet@im.example.com/balcony"
    assert message.get("to") == "romeo@example.net"

    assert talk.says(END) == [StreamClosed()]
    assert talk.error is None


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"])
def test_each_mechanism(mechanism: str, cut: bool) -> None:
    """RFC 6120 §6.4; each without the channel binding that is offered too."""
    talk = Conversation(secure=True, bindings=END_POINT, cut=cut)
    talk.says(HEADER)
    assert talk.log_in(mechanism).name == "success"
    assert talk.events[-1] == Authenticated(JULIET, mechanism)


def test_a_wrong_password_and_no_account_look_the_same(cut: bool) -> None:
    """RFC 6120 §13.10: the same steps, the same words, and the same salt for the same name."""
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"):
        outcomes = []
        for username in ("juliet", "nobody"):
            talk = Conversation(secure=True, cut=cut)
            talk.says(HEADER)
            outcomes.append(talk.log_in(mechanism, username, "wrong"))
            assert talk.events[-1] == AuthenticationFailed(username)
        assert outcomes[0] == outcomes[1] == failure("not-authorized")


def test_the_salt_of_nobody_is_always_the_same() -> None:
    """RFC 6120 §13.10."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    salts = set()
    for _ in range(2):
        challenge = content(talk.hears_one(auth("SCRAM-SHA-1", "n,,n=nobody,r=x")))
        salts.add(challenge.split(",")[1])
        talk.says(f"<abort xmlns='{SASL}'/>")
    assert len(salts) == 1


def failure(name: str, text: str = "") -> Element:
    """`<failure/>` with a condition."""
    children = [Element(SASL, name)]
    if text:
        children.append(Element(SASL, "text", ENGLISH, text))
    return Element(SASL, "failure", None, *children)


@pytest.mark.parametrize(
    ("inputs", "condition_expected"),
    [
        ([auth("SCRAM-SHA-256", "n,,n=juliet,r=x"), f"<abort xmlns='{SASL}'/>"], "aborted"),
        ([f"<abort xmlns='{SASL}'/>"], "aborted"),
        ([f"<auth xmlns='{SASL}' mechanism='PLAIN'>!</auth>"], "incorrect-encoding"),
        ([auth("PLAIN", "juliet")], "malformed-request"),
        ([auth("SCRAM-SHA-1", "n,,r=x")], "malformed-request"),
        ([response("n,,n=juliet,r=x")], "malformed-request"),
        ([auth("SCRAM-SHA-1", "n,,n=juliet,r=x"), auth("PLAIN", "\0a\0b")], "malformed-request"),
        ([auth("SCRAM-SHA-1", "n,,n=juliet,r=x"), response("nonsense")], "malformed-request"),
        ([auth("EXTERNAL", "")], "invalid-mechanism"),
        ([f"<auth xmlns='{SASL}'/>"], "invalid-mechanism"),
        ([auth("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=a,r=x")], "invalid-mechanism"),
        ([auth("PLAIN", f"romeo@im.example.com\0juliet\0{PASSWORD}")], "invalid-authzid"),
        ([auth("PLAIN", f"@\0juliet\0{PASSWORD}")], "invalid-authzid"),
        ([auth("SCRAM-SHA-1", "n,a=romeo@im.example.com,n=juliet,r=x")], "invalid-authzid"),
        ([auth("SCRAM-SHA-1", "n,,n=juliet@im.example.com,r=x")], "not-authorized"),
    ],
)
def test_refused_log_ins(inputs: list[str], condition_expected: str, cut: bool) -> None:
    """RFC 6120 §6.5; afterwards the client may try again."""
    talk = Conversation(secure=True, cut=cut)
    talk.says(HEADER)
    for text in inputs:
        refused = talk.hears_one(text)
    assert condition(refused) == condition_expected
    assert talk.log_in().name == "success"


def test_an_identity_to_act_as_may_be_ones_own() -> None:
    """RFC 6120 §6.3.8."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    assert talk.hears_one(auth("PLAIN", f"{JULIET}\0juliet\0{PASSWORD}")).name == "success"


def test_without_an_initial_response() -> None:
    """RFC 6120 §6.4.2: an empty challenge asks for it."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    assert talk.hears_one(auth("PLAIN")) == Element(SASL, "challenge")
    assert talk.hears_one(response(f"\0juliet\0{PASSWORD}")).name == "success"


def test_a_try_begins_anew_after_a_failure() -> None:
    """RFC 6120 §6.4.5: what the failed try had come to is forgotten."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    talk.log_in("SCRAM-SHA-256", password="wrong")
    assert talk.hears_one(auth("PLAIN")) == Element(SASL, "challenge")
    assert talk.hears_one(response(f"\0juliet\0{PASSWORD}")).name == "success"


def test_a_name_is_prepared() -> None:
    """RFC 6120 §6.3.7, RFC 7622 §3.3: `JULIET` is `juliet`."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    assert talk.hears_one(auth("PLAIN", f"\0JULIET\0{PASSWORD}")).name == "success"
    assert talk.events[-1] == Authenticated(JULIET, "PLAIN")


def test_a_stripped_offer_of_channel_binding() -> None:
    """RFC 5802 §6: `y`, though -PLUS was offered."""
    talk = Conversation(secure=True, bindings=END_POINT)
    talk.says(HEADER)
    refused = talk.hears_one(auth("SCRAM-SHA-256", "y,,n=juliet,r=x"))
    assert refused == failure("not-authorized", "channel binding is supported")


def test_channel_binding_types_are_announced() -> None:
    """XEP-0440 Example 1."""
    both = {"tls-unique": b"finished", **END_POINT}
    _, features = Conversation(secure=True, bindings=both).says(HEADER)
    assert isinstance(features, Element)
    announced = features.child(CHANNEL_BINDING, "sasl-channel-binding")
    assert announced is not None
    assert [one.get("type") for one in announced.elements] == ["tls-unique", "tls-server-end-point"]
    _, features = Conversation(secure=True).says(HEADER)
    assert isinstance(features, Element)
    assert features.child(CHANNEL_BINDING, "sasl-channel-binding") is None


def test_no_log_in_before_tls(cut: bool) -> None:
    """RFC 6120 §5.3.1, §6.5.4: encryption-required, whatever the mechanism."""
    talk = Conversation(starttls=True, cut=cut)
    talk.says(HEADER)
    for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"):
        assert condition(talk.hears_one(auth(mechanism, "x"))) == "encryption-required"
    assert condition(talk.hears_one(auth("X-OTHER", "x"))) == "invalid-mechanism"


def test_log_in_in_the_clear_where_allowed() -> None:
    """RFC 6120 §5.3.1: then TLS is offered, not required."""
    talk = Conversation(starttls=True, cleartext=True)
    _, features = talk.says(HEADER)
    assert isinstance(features, Element)
    assert features.child(TLS, "starttls") == Element(TLS, "starttls")
    assert mechanisms(features) == ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]
    assert talk.log_in().name == "success"


def test_too_many_failures() -> None:
    """SASL_FAILURES_MAX (RFC 6120 §6.4.5): policy-violation."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    for _ in range(SASL_FAILURES_MAX - 1):
        assert condition(talk.log_in(password="wrong")) == "not-authorized"
    *heard, failed, error, end = talk.says(auth("PLAIN", "\0juliet\0wrong"))
    assert (heard, failed) == ([], failure("not-authorized"))
    assert stream_error([error, end]) == "policy-violation"
    assert talk.error == "policy-violation"


def test_tls_that_is_not_offered(cut: bool) -> None:
    """RFC 6120 §5.4.2.2: failure, and the end."""
    talk = Conversation(secure=True, cut=cut)
    talk.says(HEADER)
    assert talk.says(STARTTLS) == [Element(TLS, "failure"), StreamClosed()]
    assert talk.error is None


def test_nothing_sent_behind_starttls_in_the_clear_is_acted_on() -> None:
    """RFC 6120 §5.4.3.3: anyone on the way could have put it there."""
    talk = Conversation(starttls=True)
    talk.says(HEADER)
    stolen = auth("PLAIN", f"\0juliet\0{PASSWORD}")
    assert talk.says(STARTTLS + stolen + "<message") == [Element(TLS, "proceed")]
    opened, _ = talk.says(HEADER)
    assert isinstance(opened, StreamOpened)
    assert talk.log_in(username="nobody") == failure("not-authorized")
    assert talk.stream.state is State.LOGIN


def header(**changes: str | None) -> str:
    """The client's header with other attributes; None leaves one out."""
    attrs = {
        "xmlns": "jabber:client",
        "xmlns:stream": STREAMS,
        "to": "im.example.com",
        "version": "1.0",
        **{name.replace("_", ":"): value for name, value in changes.items()},
    }
    text = " ".join(f"{name}='{value}'" for name, value in attrs.items() if value is not None)
    return f"<stream:stream {text}>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (header(to="example.org"), "host-unknown"),  # §4.9.3.6
        (header(to="@"), "host-unknown"),
        (header(to=None), "host-unknown"),
        (header(to="juliet@im.example.com"), "host-unknown"),
        (header(version=None), "unsupported-version"),  # §4.9.3.25
        (header(version="0.9"), "unsupported-version"),
        (header(version="1"), "unsupported-version"),
        (header(version="1" * 5_000 + ".0"), "unsupported-version"),
        (header(xmlns_stream="http://wrong.example/"), "invalid-namespace"),  # §4.9.3.10
        (f"<stream xmlns='{STREAMS}' to='im.example.com' version='1.0' id='", None),
        (f"<other xmlns='{STREAMS}'>", "bad-format"),  # §4.9.3.1
        ("<!DOCTYPE x><x/>", "restricted-xml"),  # §4.9.3.18
        ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),  # §4.9.3.13
        ("<?xml version='1.0' encoding='latin-1'?><x>", "unsupported-encoding"),  # §4.9.3.22
    ],
)
def test_headers_refused(text: str, expected: str | None, cut: bool) -> None:
    """RFC 6120 §4.9.1.2: our header comes first, then the error, then the end."""
    talk = Conversation(cut=cut)
    heard = talk.says(text)
    if expected is None:
        assert heard == []
        return
    assert isinstance(heard[0], StreamOpened)
    assert len(heard) == 3
    assert stream_error(heard) == expected
    assert talk.error == expected
    assert talk.says(HEADER) == []


def test_a_newer_version_is_welcome() -> None:
    """RFC 6120 §4.7.5: we answer with ours."""
    opened, _ = Conversation().says(header(version="1.7"))
    assert isinstance(opened, StreamOpened)
    assert opened.header.get("version") == "1.0"


def test_who_says_where_the_stream_is_from_is_answered_there() -> None:
    """RFC 6120 §4.7.2: `to` is the bare JID of the client's `from`."""
    (opened, _) = Conversation().says(header(**{"from": "juliet@im.example.com/balcony"}))
    assert isinstance(opened, StreamOpened)
    assert opened.header.get("to") == "juliet@im.example.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<message to='a@b'/>", "not-authorized"),  # §4.9.3.12
        ("<presence/>", "not-authorized"),
        ("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "not-authorized"),
        ("<message xmlns='jabber:server'/>", "invalid-namespace"),  # §4.9.3.10
        ("<gossip/>", "unsupported-stanza-type"),  # §4.9.3.24
        ("<stream:features/>", "unsupported-stanza-type"),
        ("</message>", "not-well-formed"),
        ("<message><!-- psst --></message>", "restricted-xml"),
    ],
)
@pytest.mark.parametrize("logged_in", [False, True])
def test_elements_that_come_too_early(text: str, expected: str, logged_in: bool, cut: bool) -> None:
    """RFC 6120 §4.9.3, §7.1: stanzas are for clients with a resource."""
    talk = Conversation(secure=True, cut=cut)
    talk.says(HEADER)
    if logged_in:
        talk.log_in()
        talk.says(HEADER)
    assert stream_error(talk.says(text)) == expected


def test_an_error_of_the_clients_ends_the_stream(cut: bool) -> None:
    """RFC 6120 §4.9.1.1."""
    talk = session(cut=cut)
    ns = "urn:ietf:params:xml:ns:xmpp-streams"
    heard = talk.says(f"<stream:error><not-well-formed xmlns='{ns}'/></stream:error>")
    assert heard == [StreamClosed()]
    assert talk.error is None


def test_stanzas_larger_than_allowed(cut: bool) -> None:
    """RFC 6120 §13.12: policy-violation, and what came before is delivered."""
    talk = session(cut=cut, limits=Limits(stanza_bytes_max=2_000))
    heard = talk.says(f"<presence/><message><body>{'x' * 2_000}</body></message>")
    assert stream_error(heard) == "policy-violation"
    assert [stanza.name for stanza in talk.stanzas] == ["presence"]


def test_the_server_ends_a_stream() -> None:
    """RFC 6120 §4.9.3.19: the error, the end, and nothing after it."""
    talk = session()
    talk.stream.end(StreamError("system-shutdown"))
    error, end = talk.stream.frames()
    assert b"<system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" in error
    assert end == b"</stream:stream>"
    talk.stream.end(StreamError("reset"))
    assert talk.stream.frames() == []
    assert talk.says("<presence/>") == []
    assert talk.stanzas == []


def test_an_answer_that_comes_too_late_is_lost() -> None:
    """The stream ended while its question was open."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    stream = talk.stream
    stream.receive(auth("SCRAM-SHA-1", "n,,n=juliet,r=x").encode())
    stream.end()
    stream.frames()
    assert stream.credentials(CREDENTIALS) == ()
    assert stream.frames() == []


def test_an_answer_that_nobody_asked_for() -> None:
    """That is a bug of whoever drives the stream."""
    with pytest.raises(RuntimeError, match="CredentialsWanted was not asked"):
        Conversation().stream.credentials(None)


def test_what_comes_while_a_question_is_open_waits() -> None:
    """Everything is acted on in the order in which it was sent."""
    talk = Conversation(secure=True)
    talk.says(HEADER)
    stream = talk.stream
    first = stream.receive((auth("PLAIN", "\0a\0b") + auth("PLAIN", "\0c\0d")).encode())
    assert stream.receive(auth("PLAIN", "\0e\0f").encode()) == ()
    names = []
    events = list(first)
    while events:
        event = events.pop(0)
        names.append(getattr(event, "username", None))
        events += stream.refuse("temporary-auth-failure")
    assert names == ["a", "c", "e"]
    assert (
        stream.frames()
        == [f"<failure xmlns='{SASL}'><temporary-auth-failure/></failure>".encode()] * 3
    )
