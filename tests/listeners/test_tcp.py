"""Clients over TCP: RFC 6120 §4, §5; XEP-0368."""

import asyncio
import hashlib
import ssl
from typing import Any

import pytest

from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import StreamClosed
from tests.listeners.conftest import MakePlace
from tests.listeners.hall import END, HEADER, TLS, Client, session, trusting
from tests.streams.conversation import ScramClient, auth, content, response

BALCONY = JID.parse("juliet@localhost/balcony")


def names(features: Element) -> list[str]:
    """The mechanisms offered."""
    offer = features.child("urn:ietf:params:xml:ns:xmpp-sasl", "mechanisms")
    return [] if offer is None else [name.text for name in offer.elements]


async def log_in_bound(client: Client, mechanism: str, binding: tuple[str, bytes]) -> None:
    """SCRAM that proves, too, that nobody is between client and server."""
    scram: Any = ScramClient([mechanism], "juliet", "r0m30myr0m30", channel_binding=binding)
    client.say(auth(mechanism, scram.get_client_first()))
    scram.set_server_first(content(await client.hear_element()))
    client.say(response(scram.get_client_final()))
    outcome = await client.hear_element()
    assert outcome.name == "success"
    scram.set_server_final(content(outcome))


async def test_starttls(make_place: MakePlace) -> None:
    """RFC 6120 §5.4, then SCRAM bound to the certificate (RFC 5929 §4), then a stanza each way."""
    place = make_place(cleartext=False)
    client = await Client.connect(await place.listen())
    features = await client.open()
    assert features.elements == [Element(TLS, "starttls", None, Element(TLS, "required"))]
    await client.start_tls(trusting(place.certificate))
    assert "SCRAM-SHA-256-PLUS" in names(await client.open())
    der = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    end_point = ("tls-server-end-point", hashlib.sha256(der).digest())
    await log_in_bound(client, "SCRAM-SHA-256-PLUS", end_point)
    await client.open()
    await client.bind()
    connection = place.hall.sessions[BALCONY]
    assert (connection.secure, connection.framed) == (True, False)
    assert connection.remote == "127.0.0.1"

    client.say("<message><body>O Romeo</body></message>")
    await place.hall.until(lambda: len(place.hall.received) == 1)
    place.hall.tell(BALCONY, "I take thee at thy word")
    answer = await client.hear_element()
    assert answer.get("to") == str(BALCONY)

    client.say(END)
    assert isinstance(await client.hear(), StreamClosed)
    await client.hear_nothing_more()
    assert place.hall.losses == [(BALCONY, None)]


async def test_direct_tls(make_place: MakePlace) -> None:
    """XEP-0368 §3: TLS from the first byte, with ALPN `xmpp-client`; no STARTTLS inside."""
    place = make_place(cleartext=False)
    context = trusting(place.certificate)
    context.set_alpn_protocols(["xmpp-client"])
    client = await Client.connect(await place.listen(direct=True), context)
    assert client.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "xmpp-client"
    features = await client.open()
    assert features.child(TLS, "starttls") is None
    assert (await client.plain()).name == "success"
    client.say(END)
    await client.leave()


async def test_the_channel_binding_of_tls_1_2(make_place: MakePlace) -> None:
    """RFC 5929 §3: `tls-unique`, which TLS 1.3 does not have."""
    place = make_place()
    context = trusting(place.certificate, maximum_version=ssl.TLSVersion.TLSv1_2)
    client = await Client.connect(await place.listen(direct=True), context)
    features = await client.open()
    announced = features.child("urn:xmpp:sasl-cb:0", "sasl-channel-binding")
    assert announced is not None
    assert [one.get("type") for one in announced.elements] == ["tls-unique", "tls-server-end-point"]
    unique = client.writer.get_extra_info("ssl_object").get_channel_binding("tls-unique")
    await log_in_bound(client, "SCRAM-SHA-1-PLUS", ("tls-unique", unique))
    await client.leave()


async def test_tls_that_comes_to_nothing(make_place: MakePlace) -> None:
    """RFC 6120 §5.4.3.2: the connection is closed, and counted out."""
    place = make_place(connections_max=1)
    listener = await place.listen()
    client = await Client.connect(listener)
    await client.open()
    client.say(f"<starttls xmlns='{TLS}'/>")
    assert await client.hear() == Element(TLS, "proceed")
    client.say("this is no handshake")
    await client.reader.read()
    await client.leave()
    await (await session(listener)).leave()


async def test_closing_the_listener_in_the_midst_of_a_handshake(make_place: MakePlace) -> None:
    """RFC 6120 §5.4.2.3: after `<proceed/>` nothing is said in the clear, not even why."""
    place = make_place(connections_max=1)
    listener = await place.listen()
    client = await Client.connect(listener)
    await client.open()
    client.say(f"<starttls xmlns='{TLS}'/>")
    assert await client.hear() == Element(TLS, "proceed")
    await listener.close(StreamError("system-shutdown"))
    assert await client.reader.read() == b""
    await client.leave()
    await (await session(await place.listen())).leave()


async def test_no_tls_without_a_certificate(make_place: MakePlace) -> None:
    """RFC 6120 §5.3.1: nothing is offered that cannot be had."""
    place = make_place()
    client = await Client.connect(await place.listen(tls=False))
    features = await client.open()
    assert features.child(TLS, "starttls") is None
    await client.leave()
    with pytest.raises(ValueError, match="certificate"):
        await place.listen(tls=False, direct=True)


async def test_a_stream_error_comes_through(make_place: MakePlace) -> None:
    """RFC 6120 §4.9.1.1, also if the client is still sending."""
    client = await Client.connect(await make_place().listen())
    await client.open()
    client.say("<message/>" + "x" * 200_000)
    assert await client.hear_error() == "not-authorized"


async def test_header_and_log_in_in_one_packet(make_place: MakePlace) -> None:
    """RFC 6120 §4.3.3 aside, what arrives together is read in order."""
    place = make_place()
    client = await Client.connect(await place.listen())
    client.say(HEADER + auth("PLAIN", "\0juliet\0wrong") + auth("PLAIN", "\0juliet\0r0m30myr0m30"))
    heard = [await client.hear() for _ in range(4)]
    assert [one.name for one in heard if isinstance(one, Element)] == [
        "features",
        "failure",
        "success",
    ]
    await client.leave()


async def test_a_resource_refused(make_place: MakePlace) -> None:
    """RFC 6120 §7.7.2.2."""
    client = await Client.connect(await make_place().listen())
    await client.open()
    await client.plain()
    await client.open()
    refused = await client.bind("taken")
    assert refused.get("type") == "error"
    assert (await client.bind("balcony")).get("type") == "result"
    await client.leave()


async def test_a_session_that_replaces_another(make_place: MakePlace) -> None:
    """RFC 6120 §7.7.2.2, case 1: the old stream ends with conflict."""
    place = make_place()
    listener = await place.listen()
    old = await session(listener)
    new = await session(listener)
    assert await old.hear_error() == "conflict"
    ((jid, error),) = place.hall.losses
    assert jid == BALCONY
    assert error is not None
    assert error.condition == "conflict"
    place.hall.tell(BALCONY, "still here")
    assert (await new.hear_element()).name == "message"
    await new.leave()
    await place.hall.until(lambda: len(place.hall.losses) == 2)


async def test_registration(make_place: MakePlace) -> None:
    """XEP-0077 §3.1: then one logs in."""
    client = await Client.connect(await make_place().listen())
    await client.open()
    for expected in ("result", "error"):
        client.say(
            "<iq type='set' id='r'><query xmlns='jabber:iq:register'>"
            "<username>benvolio</username><password>x</password></query></iq>"
        )
        assert (await client.hear_element()).get("type") == expected
    assert (await client.plain("benvolio", "x")).name == "success"
    await client.leave()


async def test_a_client_that_vanishes(make_place: MakePlace) -> None:
    """RFC 6120 §4.4: what it had sent is acted on; then the host has lost it, once."""
    place = make_place()
    client = await session(await place.listen())
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    place.hall.take = lambda jid, stanza: wait()
    client.say("<message id='1'/><message id='2'/><message id='3'/>")
    await place.hall.until(lambda: len(place.hall.received) == 1)
    await client.leave()
    gate.set()
    await place.hall.until(lambda: len(place.hall.losses) == 1)
    assert [stanza.get("id") for stanza in place.hall.received] == ["1", "2", "3"]


@pytest.mark.parametrize("direct", [False, True])
async def test_closing_the_listener(make_place: MakePlace, direct: bool) -> None:
    """RFC 6120 §4.9.3.19: system-shutdown for everyone, those without a session too."""
    place = make_place()
    listener = await place.listen(direct=direct)
    context = trusting(place.certificate) if direct else None
    clients = [await Client.connect(listener, context) for _ in range(3)]
    for client in clients:
        await client.open()
    closing = asyncio.ensure_future(listener.close(StreamError("system-shutdown")))
    for client in clients:
        assert await client.hear_error() == "system-shutdown"
    await closing
    assert listener.addresses == []


async def test_closing_a_listener_on_a_client_that_stays(make_place: MakePlace) -> None:
    """It stays for close_seconds_max and no longer."""
    place = make_place(close_seconds_max=0.05)
    listener = await place.listen()
    client = await session(listener)
    await listener.close(StreamError("system-shutdown"))
    assert place.hall.sessions == {}
    await client.leave()
