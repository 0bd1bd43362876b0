"""Rooms and spaces for people of another server: what is of the links, and not of a protocol.

What protocols do over links is played by their own tests (tests/facades/conftest.py), against real
servers in tests/hosts.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot import echo, lanes, links, rollcall
from folkmoot.engine.pace import PACES, Pace, Rate
from folkmoot.links import Links
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, STANZAS, error_reply, reply, wording
from folkmoot.xmpp.xml import Element
from tests.facades.test_any_stanza import stanzas
from tests.stage import PATIENCE_SECONDS, SERVICES, Stage, Wire, element, staged

ROOM = "coven@chat.shakespeare.lit"
MUC = "http://jabber.org/protocol/muc"
ROOMS = SERVICES.rooms
WITCHES = ("firstwitch", "secondwitch", "thirdwitch")


class Host(Wire):
    """Another server's end of the rooms' link, with three witches in a room.

    says: what it answers to a question for somebody, None: nothing. echoes: what it makes of a
    stanza of the service to itself.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(ROOMS)
        self.stage = stage
        self.says: Callable[[JID, Element], Element | None] = lambda jid, iq: reply(iq)
        self.echoes: Callable[[Element], Element | None] = lambda stanza: stanza
        self.came = asyncio.Event()
        stage.core.router.elsewhere.links.add(self)

    def write(self, stanza: bytes) -> None:
        super().write(stanza)
        self.came.set()
        asked = self.sent[-1]
        if asked.name == "iq" and asked.get("type") == "get":
            to = JID.parse(asked.get("to", ""))
            answer = self.echoes(asked) if to == ROOMS else self.says(to, asked)
            if answer is not None:
                asyncio.get_running_loop().call_soon(
                    self.stage.core.router.elsewhere.arrived, self, answer
                )

    async def brings(self, nick: str, xml: str) -> None:
        """A stanza of one of them."""
        stanza = element(xml)
        stanza.attrs["from"] = str(witch(nick))
        self.stage.core.router.elsewhere.arrived(self, stanza)
        await self.stage.core.router.idle()
        await self.stage.core.engine.told()

    async def gather(self) -> None:
        """They enter the room, which the first makes."""
        form = "<x xmlns='jabber:x:data' type='submit'/>"
        for nick in WITCHES:
            await self.brings(nick, f"<presence to='{ROOM}/{nick}'><x xmlns='{MUC}'/></presence>")
            if nick == WITCHES[0]:
                await self.brings(
                    nick,
                    f"<iq type='set' id='c' to='{ROOM}'><query xmlns='{MUC}#owner'>{form}</query>"
                    "</iq>",
                )
        self.sent.clear()

    async def attaches(self) -> None:
        """The link comes up, and all that follows from it is done."""
        self.sent.clear()
        self.stage.core.router.elsewhere.attached(self)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.stage.core.router.idle()
        await self.stage.core.engine.told()

    async def hears(self, wanted: Callable[[Element], bool], times: int = 1) -> None:
        """Wait until so many stanzas of a kind have come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while sum(map(wanted, self.sent)) < times:
                self.came.clear()
                await self.came.wait()

    def gone(self) -> list[tuple[str | None, str | None]]:
        """Who was told of whose going, since the link came up."""
        return [
            (each.get("to"), each.get("from"))
            for each in self.sent
            if each.name == "presence" and each.get("type") == "unavailable"
        ]

    def occupants(self) -> list[JID]:
        """Who is in the room."""
        ((_, record),) = ((each.id, each) for each in self.stage.core.engine.nodes)
        return [jid for jid in record.subscriptions if jid.resource]


def witch(nick: str) -> JID:
    """Her address, which says her nick."""
    return JID.parse(f"{nick}@verona.lit/heath")


def refusal(condition: str) -> Callable[[JID, Element], Element | None]:
    """What is answered for the third witch; the others answer pings."""

    def says(jid: JID, iq: Element) -> Element | None:
        if jid != witch("thirdwitch"):
            return reply(iq)
        return error_reply(iq, StanzaError(condition))

    return says


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with staged(room_creators=frozenset({witch(WITCHES[0]).bare})) as stage:
        made = Host(stage)
        await made.gather()
        yield made


@pytest.mark.parametrize("condition", rollcall.GONE)
async def test_who_is_gone_is_let_go_of(host: Host, condition: str) -> None:
    """Nobody told us, so each is asked; the others hear it once, and she does not."""
    host.says = refusal(condition)
    await host.attaches()
    assert host.occupants() == [witch("firstwitch"), witch("secondwitch")]
    assert sorted(host.gone()) == sorted(
        (str(witch(nick)), f"{ROOM}/thirdwitch") for nick in WITCHES[:2]
    )
    assert [
        each.elements[0].name for each in host.sent if each.get("to") == str(witch(WITCHES[2]))
    ] == [
        "ping",
        "query",
    ], "what knows no pings may still be a client"


@pytest.mark.parametrize("condition", ["feature-not-implemented", "remote-server-timeout"])
async def test_who_may_be_there_stays(host: Host, condition: str) -> None:
    """An error that a client gives, or one that passes."""
    host.says = refusal(condition)
    await host.attaches()
    assert len(host.occupants()) == 3
    assert host.gone() == []


async def test_a_client_that_knows_no_pings(host: Host) -> None:
    """It says what a server says of nobody, and answers what it is."""

    def says(jid: JID, iq: Element) -> Element | None:
        if iq.elements[0].name == "ping":
            return error_reply(iq, StanzaError("service-unavailable"))
        return reply(iq)

    host.says = says
    await host.attaches()
    assert len(host.occupants()) == 3


async def test_who_says_nothing_stays(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """ANSWER_SECONDS_MAX: the way may be slow."""
    monkeypatch.setattr(rollcall, "ANSWER_SECONDS_MAX", 0.0)
    host.says = lambda jid, iq: None
    await host.attaches()
    assert len(host.occupants()) == 3


async def test_who_comes_back_meanwhile_stays(host: Host) -> None:
    """The answer about her is older than her presence."""
    host.says = refusal("gone")
    router = host.stage.core.router
    router.elsewhere.attached(host)
    await host.hears(lambda each: each.elements[0].name == "query")
    presence = f"<presence from='{witch(WITCHES[2])}' to='{ROOM}/{WITCHES[2]}'/>"
    asyncio.get_running_loop().call_soon(
        asyncio.get_running_loop().call_soon, router.elsewhere.arrived, host, element(presence)
    )
    await router.idle()
    assert len(host.occupants()) == 3


async def test_many_are_asked_a_few_at_a_time(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """AT_ONCE_MAX."""
    monkeypatch.setattr(rollcall, "AT_ONCE_MAX", 1)
    open_now, most = 0, 0

    def says(jid: JID, iq: Element) -> Element | None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        answer = reply(iq)

        def answers() -> None:
            nonlocal open_now
            open_now -= 1
            host.stage.core.router.elsewhere.arrived(host, answer)

        asyncio.get_running_loop().call_soon(answers)
        return None

    host.says = says
    await host.attaches()
    assert (most, open_now) == (1, 0)


async def test_the_link_goes_down_meanwhile(host: Host) -> None:
    """Nothing is known then, and nothing is done."""
    router = host.stage.core.router
    host.says = lambda jid, iq: None
    router.elsewhere.attached(host)
    await host.hears(lambda each: each.name == "iq", 3)
    host.up = False
    router.elsewhere.detached(host)
    await router.idle()
    assert len(host.occupants()) == 3


# --- errors that come back


def error_of(condition: str, kind: str = "cancel", stanza: str = "message") -> str:
    """What comes back for something that the first witch's words told."""
    said = f"<error type='{kind}'><{condition} xmlns='{STANZAS}'/></error>"
    return f"<{stanza} type='error' to='{ROOM}/firstwitch'>{said}</{stanza}>"


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("gone", "cancel"),
        ("item-not-found", "cancel"),
        ("recipient-unavailable", "wait"),
        ("redirect", "modify"),
        ("remote-server-not-found", "cancel"),
        ("remote-server-timeout", "wait"),
    ],
)
async def test_what_says_that_nobody_is_there(host: Host, condition: str, kind: str) -> None:
    """XEP-0045 §18.1.2: all of its conditions; she is told as well, in case it passes."""
    await host.brings("thirdwitch", error_of(condition, kind))
    assert host.occupants() == [witch("firstwitch"), witch("secondwitch")]
    assert {to for to, _ in host.gone()} == {str(witch(nick)) for nick in WITCHES}


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("bad-request", "modify"),
        ("feature-not-implemented", "cancel"),
        ("not-acceptable", "modify"),
        ("policy-violation", "modify"),
        ("resource-constraint", "wait"),
        ("undefined-condition", "cancel"),
        ("unexpected-request", "wait"),
    ],
)
async def test_what_says_that_somebody_had_it(host: Host, condition: str, kind: str) -> None:
    """XEP-0045 §18.1.2: none of its conditions; nobody is put out, and nobody asked."""
    await host.brings("thirdwitch", error_of(condition, kind))
    assert len(host.occupants()) == 3
    assert host.sent == []


async def test_who_is_doubted_and_gone(host: Host) -> None:
    """RFC 6121 §8.5.3.2.3: what comes to a resource that is no more; its server says it again."""
    host.says = refusal("service-unavailable")
    await host.brings("thirdwitch", error_of("service-unavailable"))
    assert host.occupants() == [witch("firstwitch"), witch("secondwitch")]
    assert {to for to, _ in host.gone()} == {str(witch(nick)) for nick in WITCHES[:2]}


async def test_who_is_doubted_and_there(host: Host) -> None:
    """XEP-0191 §3.4: she has blocked the first witch, and her server says so; she stays."""
    for _ in range(2):
        await host.brings("thirdwitch", error_of("service-unavailable"))
    assert len(host.occupants()) == 3
    assert [each.elements[0].name for each in host.sent] == ["ping", "ping"]


async def test_who_is_doubted_is_asked_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much comes back while the answer is on its way; and AT_ONCE_MAX at one time."""
    host.says = lambda jid, iq: None
    router = host.stage.core.router
    for nick in WITCHES:
        stanza = element(error_of("service-unavailable"))
        stanza.attrs["from"] = str(witch(nick))
        for _ in range(3):
            router.elsewhere.arrived(host, stanza)
        monkeypatch.setattr(rollcall, "AT_ONCE_MAX", 2)
    assert [each.get("to") for each in host.sent] == [str(witch(nick)) for nick in WITCHES[:2]]
    router.elsewhere.detached(host)
    await router.idle()
    assert len(host.occupants()) == 3


async def test_who_comes_back_while_doubted_stays(host: Host) -> None:
    """The answer about her is older than her presence."""
    router = host.stage.core.router

    def says(jid: JID, iq: Element) -> Element | None:
        if iq.elements[0].name == "query":
            presence = f"<presence from='{witch(WITCHES[2])}' to='{ROOM}/{WITCHES[2]}'/>"
            router.elsewhere.arrived(host, element(presence))
        return error_reply(iq, StanzaError("service-unavailable"))

    host.says = says
    await host.brings("thirdwitch", error_of("service-unavailable"))
    assert len(host.occupants()) == 3


async def test_a_stranger_is_not_doubted(host: Host) -> None:
    """An error of somebody who is in no room asks nobody anything."""
    stanza = element(error_of("service-unavailable"))
    stanza.attrs["from"] = "hecate@verona.lit/heath"
    host.stage.core.router.elsewhere.arrived(host, stanza)
    await host.stage.core.router.idle()
    assert host.sent == []


async def test_the_spaces_have_nobody_to_ask(host: Host) -> None:
    """Only rooms have occupants."""
    wire = Wire()
    host.stage.core.router.elsewhere.links.add(wire)
    host.stage.core.router.elsewhere.attached(wire)
    await asyncio.sleep(0)
    host.stage.core.router.elsewhere.detached(wire)
    await host.stage.core.router.idle()
    assert {each.get("to") for each in wire.sent} == {str(SERVICES.pubsub)}, "only itself"


# --- who else there is


async def test_nobody_else_has_the_name(host: Host) -> None:
    """All that the service says to itself comes back."""
    with capture_logs() as logs:
        await host.attaches()
    found = host.stage.core.router.elsewhere.links
    assert [found.shared(each) for each in found] == [False]
    assert not [each for each in logs if each["log_level"] == "error"]
    assert sum(each.get("to") == str(ROOMS) for each in host.sent) == echo.ECHOES


async def test_another_process_has_the_name(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets a part, as ejabberd has it; here every other stanza. Alone again, all is well."""
    monkeypatch.setattr(echo, "ECHO_SECONDS_MAX", 0.05)
    turns = itertools.cycle((True, False))
    host.echoes = lambda stanza: stanza if next(turns) else None
    with capture_logs() as logs:
        await host.attaches()
    (error,) = [each for each in logs if each["log_level"] == "error"]
    assert "another process is attached" in error["event"]
    found = host.stage.core.router.elsewhere.links
    assert [found.shared(each) for each in found] == [True]
    host.echoes = lambda stanza: stanza
    await host.attaches()
    assert [found.shared(each) for each in found] == [False]


async def test_a_server_without_echoes(host: Host) -> None:
    """It says no, which says nothing of others; and what comes of another process is not ours."""
    host.echoes = lambda stanza: error_reply(stanza, StanzaError("not-allowed"))
    await host.attaches()
    found = host.stage.core.router.elsewhere.links
    assert [found.shared(each) for each in found] == [False]
    host.sent.clear()
    ping = "<ping xmlns='urn:xmpp:ping'/>"
    other = f"<iq type='get' id='other-1' from='{ROOMS}' to='{ROOMS}'>{ping}</iq>"
    host.stage.core.router.elsewhere.arrived(host, element(other))
    await host.stage.core.router.idle()
    assert host.sent == []


# --- what goes out


async def test_a_stanza_takes_the_link_of_whom_it_is_from() -> None:
    """And none, where that has no link, or where it is for somebody here."""
    wire = Wire(ROOMS)
    made = Links(SERVICES)
    message = Element(CLIENT, "message", {"from": ROOM, "type": "groupchat"})
    made.tell(wording(message), (witch("firstwitch"),))
    made.add(wire)
    here = JID.parse("hamlet@shakespeare.lit/castle")
    made.tell(wording(message), (witch("firstwitch"), here))
    assert [each.get("to") for each in wire.sent] == [str(witch("firstwitch"))]
    for sender, to in ((str(SERVICES.pubsub), "romeo@verona.lit"), (ROOM, str(here)), ("", "")):
        made.send(Element(CLIENT, "message", {"from": sender, "to": to}))
    assert len(wire.sent) == 1


@pytest.mark.parametrize("size", [0, 1])
async def test_an_answer_that_is_too_large(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """STANZA_BYTES_MAX: an error that says what to do, not the end of the link."""
    wire = Wire(ROOMS)
    made = Links(SERVICES)
    made.add(wire)
    attrs = {"type": "result", "id": "1", "from": ROOM, "to": str(witch("firstwitch"))}
    answer = Element(CLIENT, "iq", attrs, Element("urn:x", "x"))
    monkeypatch.setattr(links, "STANZA_BYTES_MAX", len(str(answer)) + 200)
    if size:
        answer.append(Element("urn:x", "x", None, "x" * 400))
    made.send(answer)
    (sent,) = wire.sent
    assert (sent.get("type"), sent.get("id"), sent.get("to")) == (
        "error" if size else "result",
        "1",
        str(witch("firstwitch")),
    )
    assert ("page by page" in str(sent)) is bool(size)


async def test_a_message_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end the link, and with it every room."""
    wire = Wire(ROOMS)
    made = Links(SERVICES)
    made.add(wire)
    monkeypatch.setattr(links, "STANZA_BYTES_MAX", 200)
    message = Element(CLIENT, "message", {"from": ROOM}, Element(CLIENT, "body", None, "x" * 200))
    made.tell(wording(message), (witch("firstwitch"),))
    assert wire.sent == []


async def test_too_much_from_one_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    """LANE_MAX: what waits behind a flood is refused at once, with what to do; others go on."""
    monkeypatch.setattr(lanes, "LANE_MAX", 1)
    paces = {**PACES, Pace.MESSAGES: Rate(1, 1)}
    makers = frozenset({witch(WITCHES[0]).bare})
    async with staged(room_creators=makers, paces=paces) as stage:
        host = Host(stage)
        await host.gather()
        router = stage.core.router
        for number, nick in enumerate((WITCHES[0],) * 4 + (WITCHES[1],)):
            stanza = element(
                f"<message type='groupchat' id='{number}' to='{ROOM}'><body>Hail</body></message>"
            )
            stanza.attrs["from"] = str(witch(nick))
            router.elsewhere.arrived(host, stanza)
        await router.idle()
        await stage.core.engine.told()
        first = [each for each in host.sent if each.get("to") == str(witch(WITCHES[0]))]
        heard = [each.get("id") for each in first if each.get("type") == "groupchat"]
        assert heard == ["0", "4"], "the second waits for her turn, and is too fast as well"
        (full,) = [each for each in first if "too much waits" in str(each)]
        assert full.get("id") == "3"
        assert "resource-constraint" in str(full)
        assert {each.get("id") for each in first if each.get("type") == "error"} == {"1", "2", "3"}


async def test_accounts_are_nobody_here() -> None:
    """Where they are another server's, what is said in their name comes through a link alone."""
    async with staged(accounts=False) as stage:
        services = stage.core.engine.services
        juliet = JID.parse("juliet@shakespeare.lit")
        assert not services.local(juliet)
        assert services.may_create(juliet, services.pubsub)
        assert not services.may_create(JID.parse("romeo@verona.lit"), services.rooms)
        client = await stage.client("juliet@shakespeare.lit/balcony", available=True)
        ns = "http://jabber.org/protocol/pubsub"
        create = f"<pubsub xmlns='{ns}'><create node='moot'/></pubsub>"
        to = services.pubsub
        await client.asks(f"<iq type='set' id='c' to='{to}'>{create}</iq>", "<iq type='result'/>")


# --- a host that lies, or has lost its mind

LIARS: Final = (
    None,
    "",
    "@",
    "verona.lit",
    "romeo@verona.lit",
    str(witch("firstwitch")),
    str(witch("secondwitch")),
    str(SERVICES.pubsub),
    ROOM,
    f"{ROOM}/firstwitch",
    "hamlet@shakespeare.lit/castle",
)
TARGETS: Final = (None, "@", str(ROOMS), ROOM, f"{ROOM}/firstwitch", f"{ROOM}/nobody")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(stanzas(), st.sampled_from(LIARS), st.sampled_from(TARGETS)),
        min_size=1,
        max_size=8,
    )
)
def test_any_stanza_in_any_name(script: list[tuple[Element, str | None, str | None]]) -> None:
    """Nothing is a bug, nobody here hears of it, an iq has one answer, and the room goes on."""

    async def play() -> None:
        makers = frozenset({witch(WITCHES[0]).bare})
        async with staged(room_creators=makers) as stage:
            hamlet = await stage.client("hamlet@shakespeare.lit/castle", available=True)
            host = Host(stage)
            await host.gather()
            for stanza, sender, to in script:
                stanza.attrs |= {"from": sender or "", "to": to or "", "id": "any"}
                host.sent.clear()
                stage.core.router.elsewhere.arrived(host, stanza)
                await stage.core.router.idle()
                await stage.core.engine.told()
                answers = [e for e in host.sent if e.name == "iq" and e.get("id") == "any"]
                assert len(answers) <= 1
                for each in host.sent:
                    assert (each.get("from") or "").partition("/")[0] in (ROOM, str(ROOMS))
                    assert "internal-server-error" not in str(each)
            await hamlet.receives_nothing()
            ping = "<ping xmlns='urn:xmpp:ping'/>"
            host.sent.clear()
            await host.brings(WITCHES[2], f"<iq type='get' id='after' to='{ROOMS}'>{ping}</iq>")
            assert [(e.get("id"), e.get("type")) for e in host.sent] == [("after", "result")]

    with capture_logs() as logs:
        asyncio.run(play())
    assert not [each for each in logs if each["log_level"] == "error"]
