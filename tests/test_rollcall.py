"""Who is still in a room: all are asked when a link comes up, one when an error leaves it open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from folkmoot import rollcall
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import STANZAS, error_reply, reply
from folkmoot.xmpp.xml import Element
from tests.heath import ROOM, WITCHES, Host, gathered, refusal, witch
from tests.stage import SERVICES, Wire, element


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with gathered() as made:
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


@pytest.mark.parametrize("silent", [False, True])
async def test_many_are_asked_a_few_at_a_time(
    host: Host, monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    """AT_ONCE_MAX, whether the link comes up or all have been silent."""
    monkeypatch.setattr(rollcall, "AT_ONCE_MAX", 1)
    monkeypatch.setattr(rollcall, "TURNS", 1)
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
    if silent:
        assert await turns(host, 1) == ["fst"]
    else:
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


# --- silence


async def turns(host: Host, count: int) -> list[str]:
    """Let time go by; who was asked in each TURN_SECONDS of it, by a letter."""
    found = []
    for _ in range(count):
        host.sent.clear()
        await host.stage.core.router.elsewhere.turn()
        pings = [each for each in host.sent if "ping" in str(each)]
        found.append("".join(each.get("to", "")[0] for each in pings))
    return found


async def test_who_is_silent_is_asked_once_in_a_round(host: Host) -> None:
    """ROUND_SECONDS, of which everybody has a part: no more than are there for each turn."""
    asked = await turns(host, rollcall.TURNS)
    assert sorted(filter(None, asked)) == ["f", "s", "t"]
    assert sorted(filter(None, await turns(host, rollcall.TURNS))) == ["f", "s", "t"]
    assert host.occupants() == [witch(nick) for nick in WITCHES]


async def test_a_server_is_gone_without_a_word(host: Host) -> None:
    """In a room where nothing is said; within a round the others hear that she is gone."""
    host.says = refusal("remote-server-not-found")
    await turns(host, rollcall.TURNS)
    await host.stage.core.engine.told()
    assert host.occupants() == [witch("firstwitch"), witch("secondwitch")]
    assert await turns(host, rollcall.TURNS) == ["f", "s", *[""] * (rollcall.TURNS - 2)]


async def test_who_speaks_is_not_asked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor who has left since the round began."""
    monkeypatch.setattr(rollcall, "TURNS", 3)
    assert await turns(host, 1) == ["f"]
    await host.brings(
        "secondwitch", f"<message type='groupchat' to='{ROOM}'><body>Hail</body></message>"
    )
    await host.brings("thirdwitch", f"<presence type='unavailable' to='{ROOM}/thirdwitch'/>")
    assert await turns(host, 3) == ["", "", "f"]


async def test_a_server_is_not_reached(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may pass; who is not reached two rounds in a row is let go of."""
    monkeypatch.setattr(rollcall, "TURNS", 1)
    host.says = refusal("remote-server-timeout")
    await turns(host, 1)
    host.says = lambda jid, iq: reply(iq)
    await turns(host, 1)
    host.says = refusal("remote-server-timeout")
    await turns(host, 1)
    presence = f"<presence to='{ROOM}/thirdwitch'/>"
    await host.brings("thirdwitch", presence)
    await turns(host, 1)
    assert len(host.occupants()) == 3, "she answered once, and spoke once"
    await turns(host, 1)
    assert host.occupants() == [witch("firstwitch"), witch("secondwitch")]


async def test_nobody_is_asked_while_the_link_is_down(host: Host) -> None:
    """When it is up they all are."""
    host.up = False
    assert await turns(host, rollcall.TURNS) == [""] * rollcall.TURNS
    host.up = True
    assert "".join(await turns(host, rollcall.TURNS)) == "fst"


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
