"""docs/extensions/sync.md: rooms of Prosody and ejabberd, kept in line with spaces of ours."""

from __future__ import annotations

import pytest

from tests.hosts.folk import Folk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_room_is_brought_in_line_and_stays_so(folks: Folk) -> None:
    """Everyone in the space when the room is listed, and every change from then on."""
    await folks.makes_room(deputy="owner", mercutio="member")
    await folks.makes_space(juliet="owner", romeo="publisher", tybalt="outcast")
    await folks.lists()
    everyone = {"juliet": "owner", "romeo": "admin", "tybalt": "outcast", "mercutio": "member"}
    await folks.comes_to(**everyone)
    await folks.is_in("in line")
    await folks.puts(romeo="member", tybalt="none", paris="member")
    del everyone["tybalt"]
    await folks.comes_to(**everyone | {"romeo": "member", "paris": "member"})
