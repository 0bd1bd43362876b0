"""What passes a connection and how fast: order, slow readers, slow handlers, and every limit."""

import asyncio
import socket
from collections import Counter

import pytest

from folkmoot.listeners.connection import READ_BYTES_MAX
from folkmoot.listeners.reception import STANZAS_AT_ONCE_MAX
from folkmoot.listeners.tcp import TcpListener
from folkmoot.xmpp.element import Element
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import StreamClosed
from tests.listeners.conftest import MakePlace
from tests.listeners.hall import END, PASSWORD, Client, Place, session
from tests.streams.conversation import stanza_condition

BALCONY = JID.parse("juliet@localhost/balcony")
ORCHARD = JID.parse("romeo@localhost/balcony")

SOME_TURNS = 20
"""Of the loop: what something takes that is begun at once, and has to come through a socket."""

FLOODERS, EACH = 20, 500


async def test_what_is_sent_in_one_turn_keeps_its_order(make_place: MakePlace) -> None:
    """RFC 6120 §10.1."""
    place = make_place()
    client = await session(await place.listen())
    for number in range(100):
        place.hall.tell(BALCONY, str(number))
    heard = [await client.hear_element() for _ in range(100)]
    assert [one.first and one.first.text for one in heard] == [str(n) for n in range(100)]
    await client.leave()


async def test_nothing_is_sent_after_the_end(make_place: MakePlace) -> None:
    """RFC 6120 §4.4: what was sent before the end comes before it, what is sent after never."""
    place = make_place()
    client = await session(await place.listen())
    connection = place.hall.sessions[BALCONY]
    place.hall.tell(BALCONY, "last words")
    connection.close()
    connection.close(StreamError("reset"))
    connection.send(b"<message/>")
    assert (await client.hear_element()).name == "message"
    assert isinstance(await client.hear(), StreamClosed)
    await client.hear_nothing_more()
    assert place.hall.losses == [(BALCONY, None)]


async def test_stanzas_wait_for_the_one_before(make_place: MakePlace) -> None:
    """While the host is at work on a stanza, the next is not handed on, and replies wait too."""
    place = make_place()
    client = await session(await place.listen())
    done: list[asyncio.Future[None]] = []

    def take(jid: JID, stanza: Element) -> asyncio.Future[None]:
        done.append(asyncio.get_running_loop().create_future())
        return done[-1]

    place.hall.take = take
    client.say("<message id='1'/><iq type='get'/><message id='2'/>")
    await place.hall.until(lambda: len(done) == 1)
    client.say("<message id='3'/>")
    for number in range(3):
        await place.hall.until(lambda: not done[-1].done())
        assert len(place.hall.received) == number + 1
        done[-1].set_result(None)
    assert stanza_condition(await client.hear_element()) == "bad-request"
    assert [stanza.get("id") for stanza in place.hall.received] == ["1", "2", "3"]
    await client.leave()


async def test_a_client_faster_than_the_host_is_not_read(make_place: MakePlace) -> None:
    """What a client sends meanwhile waits on its side of the line, and then comes in order."""
    place = make_place()
    listener = await place.listen()
    client = await session(listener)
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    place.hall.take = lambda jid, stanza: wait()
    count = 1_000
    body = f"<body>{'x' * 16_000}</body>"
    for number in range(count):
        client.say(f"<message id='{number}'>{body}</message>")
    sending = asyncio.ensure_future(client.writer.drain())
    await place.hall.until(lambda: len(place.hall.received) == 1)
    other = await session(listener, "romeo")  # many turns of the loop, and nobody else waits
    assert not sending.done()
    assert len(place.hall.received) == 1
    gate.set()
    await place.hall.until(lambda: len(place.hall.received) == count)
    await sending
    assert [stanza.get("id") for stanza in place.hall.received] == [str(n) for n in range(count)]
    for one in (client, other):
        await one.leave()


async def test_a_flood_delays_nobody(make_place: MakePlace) -> None:
    """STANZAS_AT_ONCE_MAX: in each turn of the loop everyone is read."""
    place = make_place()
    listener = await place.listen()
    flooder, other = await session(listener), await session(listener, "romeo")
    flooder.say("<presence/>" * 20_000)
    other.say("<message/>")
    await place.hall.until(lambda: len(place.hall.received) == 20_001)
    names = [stanza.name for stanza in place.hall.received]
    assert names.index("message") < SOME_TURNS * STANZAS_AT_ONCE_MAX
    for client in (flooder, other):
        await client.leave()


async def test_many_who_flood_take_turns(make_place: MakePlace) -> None:
    """One of them in a turn of the loop, and each keeps its order (RFC 6120 §10.1)."""
    place = make_place()
    listener = await place.listen()
    quiet = await session(listener, "romeo")
    flooders = [await session(listener, resource=f"r{number}") for number in range(FLOODERS)]
    for flooder in flooders:
        flooder.say("".join(f"<message id='{number}'/>" for number in range(EACH)))
    said: list[tuple[JID, Element]] = []
    place.hall.take = lambda jid, stanza: said.append((jid, stanza))
    await place.hall.until(lambda: len(said) > FLOODERS * STANZAS_AT_ONCE_MAX)
    before = len(said)
    quiet.say("<presence/>")
    await place.hall.until(lambda: len(said) == FLOODERS * EACH + 1)
    names = [stanza.name for _, stanza in said]
    assert names.index("presence") - before < SOME_TURNS * STANZAS_AT_ONCE_MAX
    shares: dict[JID, list[str | None]] = {}
    for jid, stanza in said:
        shares.setdefault(jid, []).append(stanza.get("id"))
    shares.pop(ORCHARD)
    assert list(shares.values()) == [[str(number) for number in range(EACH)]] * FLOODERS
    first = Counter(jid for jid, _ in said[:before])
    assert max(first.values()) - min(first.values()) <= 2 * STANZAS_AT_ONCE_MAX
    for client in (quiet, *flooders):
        await client.leave()


async def test_what_is_long_is_read_in_turns(make_place: MakePlace) -> None:
    """READ_BYTES_MAX: a stanza that is not over yet delays nobody."""
    place = make_place()
    listener = await place.listen()
    lengthy, other = await session(listener), await session(listener, "romeo")
    lengthy.say(f"<message><body>{'x' * 10 * READ_BYTES_MAX}</body></message>")
    other.say("<presence/>")
    await place.hall.until(lambda: len(place.hall.received) == 2)
    assert [stanza.name for stanza in place.hall.received] == ["presence", "message"]
    for client in (lengthy, other):
        await client.leave()


async def slow_session(listener: TcpListener) -> Client:
    """Juliet's session, on a socket that takes little before it is read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, listener.addresses[0])
    client = Client(*await asyncio.open_connection(sock=sock, limit=1024))
    await client.open()
    await client.plain()
    await client.open()
    await client.bind()
    return client


async def overflow(place: Place, listener: TcpListener) -> int:
    """Send juliet, who does not read, and romeo, who does, until juliet is let go; how often."""
    quick = await session(listener, "romeo")
    sent = 0
    while BALCONY in place.hall.sessions:
        for jid in (BALCONY, ORCHARD):
            place.hall.tell(jid, "x" * 10_000)
        sent += 1
        assert (await quick.hear_element()).name == "message"
    await quick.leave()
    return sent


async def test_a_client_that_does_not_read(make_place: MakePlace) -> None:
    """send_buffer_bytes_max: its stream ends with resource-constraint, and no other is slowed."""
    place = make_place(send_buffer_bytes_max=65_536, close_seconds_max=20.0)
    listener = await place.listen()
    slow = await slow_session(listener)
    sent = await overflow(place, listener)
    jid, error = place.hall.losses[0]
    assert jid == BALCONY
    assert error is not None
    assert error.condition == "resource-constraint"
    # What it was sent before still comes, and then the reason.
    for _ in range(sent):
        assert (await slow.hear_element()).name == "message"
    assert await slow.hear_error() == "resource-constraint"


async def test_a_client_that_never_reads_again(make_place: MakePlace) -> None:
    """close_seconds_max: then the connection ends whatever waits on it."""
    place = make_place(send_buffer_bytes_max=65_536, close_seconds_max=0.05)
    listener = await place.listen()
    slow = await slow_session(listener)
    await overflow(place, listener)
    await listener.close()
    await slow.leave()


async def test_a_bug_in_the_host_ends_that_stream_alone(make_place: MakePlace) -> None:
    """RFC 6120 §4.9.3.8: internal-server-error, and the host has lost the session."""
    place = make_place()
    listener = await place.listen()
    client, other = await session(listener), await session(listener, "romeo")

    async def fail() -> None:
        raise LookupError("a bug")

    place.hall.take = lambda jid, stanza: fail() if jid == BALCONY else None
    client.say("<message/>")
    assert await client.hear_error() == "internal-server-error"
    assert [jid for jid, _ in place.hall.losses] == [BALCONY]
    other.say("<message/>")
    await place.hall.until(lambda: len(place.hall.received) == 2)
    await other.leave()


async def test_who_is_too_slow_to_begin_a_session(make_place: MakePlace) -> None:
    """negotiation_seconds_max: connection-timeout, but never for who has a session."""
    place = make_place(negotiation_seconds_max=0.2)
    listener = await place.listen()
    quick = await session(listener)
    idle = await Client.connect(listener)
    assert await idle.hear() is not None  # the header that an error needs
    assert await idle.hear_error() == "connection-timeout"
    place.hall.tell(BALCONY, "still here")
    assert (await quick.hear_element()).name == "message"
    await quick.leave()


async def refused(place: Place, listener: TcpListener) -> str:
    """The error that a new connection ends with at once."""
    client = await Client.connect(listener)
    assert await client.hear() is not None
    return await client.hear_error()


async def test_too_many_connections(make_place: MakePlace) -> None:
    """connections_max: resource-constraint for the next, until one has gone."""
    place = make_place(connections_max=2)
    listener = await place.listen()
    first, second = await session(listener), await session(listener, "romeo")
    assert await refused(place, listener) == "resource-constraint"
    await first.leave()
    await place.hall.until(lambda: len(place.hall.losses) == 1)
    third = await session(listener)
    for client in (second, third):
        await client.leave()


async def test_too_many_connections_from_an_address(make_place: MakePlace) -> None:
    """connections_per_address_max: policy-violation for the next."""
    place = make_place(connections_per_address_max=1, trusted=())
    listener = await place.listen()
    client = await session(listener)
    assert await refused(place, listener) == "policy-violation"
    await client.leave()
    await place.hall.until(lambda: len(place.hall.losses) == 1)
    await (await session(listener)).leave()


async def test_too_many_failed_log_ins(make_place: MakePlace) -> None:
    """failures_max: temporary-auth-failure (RFC 6120 §6.5.11), the right password included."""
    place = make_place(failures_max=3)
    listener = await place.listen()
    for _ in range(3):
        client = await session(listener)  # who succeeds is not counted
        await client.leave()
    for _ in range(3):
        client = await Client.connect(listener)
        await client.open()
        failure = await client.plain(password="wrong")
        assert failure.first is not None
        assert failure.first.name == "not-authorized"
        await client.leave()
    client = await Client.connect(listener)
    await client.open()
    failure = await client.plain(password=PASSWORD)
    assert failure.first is not None
    assert failure.first.name == "temporary-auth-failure"
    await client.leave()


async def test_too_many_registrations(make_place: MakePlace) -> None:
    """registrations_per_hour_max: resource-constraint, from whatever connection."""
    place = make_place(registrations_per_hour_max=2)
    listener = await place.listen()
    conditions = []
    for username in ("mercutio", "juliet", "benvolio", "tybalt"):
        client = await Client.connect(listener)
        await client.open()
        client.say(
            "<iq type='set' id='r'><query xmlns='jabber:iq:register'>"
            f"<username>{username}</username><password>x</password></query></iq>"
        )
        answer = await client.hear_element()
        conditions.append("" if answer.get("type") == "result" else stanza_condition(answer))
        await client.leave()
    assert conditions == ["", "conflict", "", "resource-constraint"]
    assert "tybalt" not in place.hall.accounts


@pytest.mark.parametrize("ending", [END, "", "<stream:error/>", "</wrong>"])
async def test_a_session_is_lost_once(make_place: MakePlace, ending: str) -> None:
    """However it ends, with what it had sent before acted on."""
    place = make_place()
    client = await session(await place.listen())
    client.say("<message/>" + ending)
    await client.writer.drain()
    if not ending:
        await client.leave()
    await place.hall.until(lambda: len(place.hall.losses) == 1)
    assert len(place.hall.received) == 1
    while await client.hear() is not None:
        continue
    await client.leave()
    assert len(place.hall.losses) == 1
    assert place.hall.peaceful == [ending in (END, "<stream:error/>")]
