"""What an operator asks about links, and how it reaches `folkmoot check`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from folkmoot import echo, postmaster
from folkmoot.admin import AdminError
from folkmoot.asking import Asking
from folkmoot.check.running import Link, read_running
from folkmoot.config import Address
from folkmoot.listeners.component import ComponentLink, LinkSettings
from folkmoot.postmaster import Message, Postmaster
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.stanza import CLIENT, error_reply
from folkmoot.xmpp.xml import Element
from tests.heath import ROOMS, gathered
from tests.stage import SERVICES, Stage, Wire, staged


def office(stage: Stage) -> tuple[Postmaster, Asking]:
    """One with a link that has not been up yet."""
    elsewhere = stage.core.router.elsewhere
    settings = LinkSettings(SERVICES.pubsub, "127.0.0.1", 5347, "sycamore", SERVICES.domain)
    link = ComponentLink(elsewhere, settings, lambda: 0.0)
    return Postmaster(SERVICES, [link], elsewhere), elsewhere.asking


async def test_links_are_shown(stage: Stage) -> None:
    """As whoever asks reads them; the secret is not among it."""
    answer = await office(stage)[0].ask("show", {})
    assert "sycamore" not in str(answer)
    running = read_running(7, answer)
    assert (running.accounts, running.domain) == (True, "shakespeare.lit")
    assert (running.spaces, running.rooms) == ("pubsub.shakespeare.lit", "chat.shakespeare.lit")
    assert running.links == (
        Link(
            domain="pubsub.shakespeare.lit",
            at=Address("127.0.0.1", 5347),
            since=None,
            trouble="it has not been up yet",
            condition="",
            times_lost=0,
            held=0,
            dropped=0,
            offers=(),
        ),
    )


async def test_what_accounts_own_nodes_lack(stage: Stage) -> None:
    """Where they are wanted here, as the server has it at that moment; else nothing is said."""
    post = office(stage)[0]
    assert read_running(7, await post.ask("show", {})).lacking is None
    wanted = replace(SERVICES, personal=True, accounts=False)
    async with staged(wanted, accounts=False) as other:
        post = Postmaster(wanted, [], other.core.router.elsewhere)
        lacking = read_running(7, await post.ask("show", {})).lacking
    assert lacking is not None and lacking[2].startswith("message=outgoing is not granted")
    assert stage.core.router.elsewhere.patron.shortfalls() == ()


async def reached(stage: Stage, error: StanzaError | None) -> Message:
    """What is said where another server answers so."""
    wire = Wire()
    stage.core.router.elsewhere.links.add(wire)
    asked = asyncio.ensure_future(office(stage)[0].ask("reach", {"to": "verona.lit"}))
    await asyncio.sleep(0)
    (ping,) = wire.sent
    assert ping.get("to") == "verona.lit"
    attrs = {"type": "result", "id": ping.get("id"), "from": "verona.lit", "to": ping.get("from")}
    answer = Element(CLIENT, "iq", attrs) if error is None else error_reply(ping, error)
    stage.core.router.elsewhere.arrived(wire, answer)
    return await asked


async def test_a_server_elsewhere_answers(stage: Stage) -> None:
    """How long it took, and how it answers: an error is an answer."""
    answer = await reached(stage, None)
    assert (answer["seconds"] >= 0, answer["condition"]) == (True, "")
    answer = await reached(stage, StanzaError("service-unavailable"))
    assert answer["condition"] == "service-unavailable"


async def test_a_server_elsewhere_does_not(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """REACH_SECONDS_MAX; nor where there is no link."""
    asked, _ = office(stage)
    assert "no link" in (await asked.ask("reach", {"to": "verona.lit"}))["trouble"]
    stage.core.router.elsewhere.links.add(Wire())
    monkeypatch.setattr(postmaster, "REACH_SECONDS_MAX", 0.01)
    assert "no answer" in (await asked.ask("reach", {"to": "verona.lit"}))["trouble"]


async def test_another_process_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that came after our link did is found, too; and a link that is down is no such thing."""
    monkeypatch.setattr(echo, "ECHO_SECONDS_MAX", 0.05)
    async with gathered() as host:
        await host.attaches()
        post = Postmaster(SERVICES, [], host.stage.core.router.elsewhere)
        assert await post.ask("others", {}) == {"shared": []}
        host.echoes = lambda stanza: None
        assert await post.ask("others", {}) == {"shared": [str(ROOMS)]}
        host.up = False
        assert await post.ask("others", {}) == {"shared": []}


async def test_what_cannot_be_asked(stage: Stage) -> None:
    """Plain words."""
    asked, _ = office(stage)
    with pytest.raises(AdminError, match="another version"):
        await asked.ask("cut", {})
    for arguments in ({}, {"to": "@"}):
        with pytest.raises(AdminError, match="no address"):
            await asked.ask("reach", arguments)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"accounts": False, "domain": "", "spaces": "", "rooms": "", "links": [{}]},
        {"accounts": False, "domain": "", "spaces": "", "rooms": "", "links": 1},
    ],
)
def test_an_answer_of_another_version(answer: Message) -> None:
    """Is said to be one."""
    with pytest.raises(AdminError, match="process 7 answers as no version"):
        read_running(7, answer)
