"""The whole story of `folkmoot demo`, by users of Prosody and ejabberd."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import pytest
from rich.console import Console

from folkmoot.config import Address
from folkmoot.demo.cast import Person, Place
from folkmoot.demo.performance import NAMES
from folkmoot.demo.story import Story
from folkmoot.demo.survival import survive
from folkmoot.demo.telling import Telling
from folkmoot.xmpp.jid import JID
from tests.hosts.annex import Annex
from tests.hosts.folk import person
from tests.hosts.host import DOMAIN, PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEMO_SECONDS_MAX: Final = 60.0


async def demo(annex: Annex, *arguments: str, passwords: str = "") -> tuple[int | None, str, str]:
    """The exit status of `folkmoot demo`, what it said, and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "folkmoot", "demo", "--data", str(annex.child.data), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEMO_SECONDS_MAX):
        said, complained = await process.communicate(passwords.encode())
    return process.returncode, said.decode(), complained.decode()


async def test_the_story_as_three_users_of_the_host(annex: Annex) -> None:
    """`--as`, three times: every chapter but the killing, and what was made goes again."""
    arguments = [each for name in NAMES for each in ("--as", str(person(name)))]
    arguments += ["--port", str(annex.host.clients), "--password-stdin"]
    before = await annex.ask("list", {})
    status, said, complained = await demo(annex, *arguments, passwords=f"{PASSWORD}\n" * 3)
    assert (status, complained) == (0, ""), said
    assert "deletes room and space" in said
    assert await annex.ask("list", {}) == before


async def test_the_whole_story_with_a_kill(annex: Annex) -> None:
    """Killed with -9 in the middle of publishes under a host that goes on, and started again."""
    place = Place(JID.parse(DOMAIN), Address("127.0.0.1", annex.host.clients), None)
    cast = [Person(name, person(name), PASSWORD) for name in NAMES]
    telling = Telling(Console())
    story = Story(telling, place, cast, None)
    try:
        await story.play()
        await survive(story, annex)
        assert telling.end()
    finally:
        await story.log_out(*cast)
        await annex.child.kill()
        await annex.start()
