"""Rooms and spaces for people of another server: what is of the links, and not of a protocol.

What protocols do over links is played by their own tests (tests/facades/conftest.py), against real
servers in tests/hosts.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from folkmoot import echo, lanes, links
from folkmoot.engine.pace import PACES, Pace, Rate
from folkmoot.links import Links
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, error_reply, wording
from folkmoot.xmpp.xml import Element
from tests.facades.test_any_stanza import stanzas
from tests.heath import ROOM, ROOMS, WITCHES, Host, gathered, witch
from tests.stage import SERVICES, Wire, element, staged


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with gathered() as made:
        yield made


# --- who else there is


async def test_nobody_else_has_the_name(host: Host) -> None:
    """All that the service says to itself comes back."""
    with capture_logs() as logs:
        await host.attaches()
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
    host.echoes = lambda stanza: stanza
    with capture_logs() as logs:
        await host.attaches()
    assert not [each for each in logs if each["log_level"] == "error"]


async def test_a_server_without_echoes(host: Host) -> None:
    """It says no, which says nothing of others; and what comes of another process is not ours."""
    host.echoes = lambda stanza: error_reply(stanza, StanzaError("not-allowed"))
    with capture_logs() as logs:
        await host.attaches()
    assert not [each for each in logs if each["log_level"] == "error"]
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
