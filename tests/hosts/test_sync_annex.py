"""Rooms of the host's own, in spaces of its component: tests/hosts/test_sync.py, in two processes.

Space, room and people are all the host's users' own; nothing but the component is ours.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hosts import test_sync
from tests.hosts.annex import SPACES, Annex
from tests.hosts.folk import Folk

pytestmark = pytest.mark.asyncio(loop_scope="session")

_NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def folks(annex: Annex) -> AsyncIterator[Folk]:
    """The host's people."""
    found = Folk(annex.host, annex.ask, f"annex-{next(_NUMBERS)}", SPACES)
    yield found
    await found.leave()


test_a_room_is_brought_in_line_and_stays_so = test_sync.test_a_room_is_brought_in_line_and_stays_so
test_what_was_given_is_taken_back = test_sync.test_what_was_given_is_taken_back
test_a_space_that_is_not_the_rooms = test_sync.test_a_space_that_is_not_the_rooms_rules_nothing
test_a_room_may_name_its_space = test_sync.test_a_room_may_name_its_space
test_an_admin_gives_what_an_admin_can = test_sync.test_an_admin_gives_what_an_admin_can


async def test_what_could_not_be_done_is_said(annex: Annex, folks: Folk) -> None:
    """`folkmoot space sync`: the room, its state and why; and once it lets us in, it is done."""
    await folks.makes_room()
    await folks.makes_space(juliet="owner", romeo="member")
    await folks.lists()
    await folks.is_in("failing")
    said = await sync(annex, folks.space)
    assert said.startswith(f"{folks.room}  {folks.space}  failing (0 met, 3 waiting, 0 failing)\n")
    assert "    the room says forbidden" in said
    assert "; next try " in said
    await folks.sets("deputy", "owner")
    await folks.retries("in line")
    await folks.comes_to(juliet="owner", romeo="member")


async def sync(annex: Annex, *arguments: str) -> str:
    """What the command line says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "folkmoot", "space", "sync", *arguments),
        *("--data", str(annex.child.data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    assert (process.returncode, complained) == (0, b""), complained
    return said.decode()
