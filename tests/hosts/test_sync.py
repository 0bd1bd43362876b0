"""docs/extensions/sync.md: rooms of Prosody and ejabberd, kept in line with spaces of ours."""

from __future__ import annotations

import pytest

from folkmoot.abroad import schedule
from folkmoot.abroad.visit import Policy
from tests.hosts.folk import Folk, folk
from tests.hosts.host import Host

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVERYONE = {"juliet": "owner", "romeo": "admin", "tybalt": "outcast", "mercutio": "member"}


async def moot(folks: Folk) -> None:
    """A room with a member of its own, and a space of its owner's, which lists it."""
    await folks.makes_room(deputy="owner", mercutio="member")
    await folks.makes_space(juliet="owner", romeo="publisher", tybalt="outcast")
    await folks.lists()
    await folks.comes_to(**EVERYONE)
    await folks.is_in("in line")


async def test_a_room_is_brought_in_line_and_stays_so(folks: Folk) -> None:
    """Everyone in the space when the room is listed, and every change from then on."""
    await moot(folks)
    await folks.puts(romeo="member", tybalt="none", paris="member")
    await folks.comes_to(juliet="owner", romeo="member", mercutio="member", paris="member")


async def test_what_was_given_is_taken_back(folks: Folk) -> None:
    """Once the room is listed no longer it is as it was, and nothing more is known of it."""
    await moot(folks)
    await folks.puts(mercutio="publisher")
    await folks.comes_to(**EVERYONE | {"mercutio": "admin"})
    await folks.sets("romeo", "member")  # by the room's own owner: no longer ours to take back
    await folks.unlists()
    await folks.comes_to(romeo="member", mercutio="member")
    await folks.is_in("")


async def test_a_space_that_is_not_the_rooms_rules_nothing(folks: Folk) -> None:
    """Paris owns a space and nothing of the room; the nurse has let the service in, not him.

    Nor does it help him to make her an owner of the space, which she does not know.
    """
    await folks.makes_room(deputy="owner")
    await folks.makes_space("paris", tybalt="owner", nurse="owner")
    await folks.lists("paris")
    found = await folks.is_in("failing")
    assert "paris@verona.lit, who listed it, is neither owner nor admin" in found["reason"]
    assert await folks.has() == {}
    await folks.sets("paris", "admin")
    assert await folks.retries("in line")
    await folks.comes_to(paris="owner", tybalt="owner")
    await folks.puts("paris", romeo="member")
    await folks.comes_to(paris="owner", tybalt="owner", romeo="member")


async def test_a_room_may_name_its_space(folks: Folk) -> None:
    """By its description, where no owner of the space has anything to say in the room."""
    await folks.makes_room(deputy="owner")
    await folks.describes(f"Of xmpp:{folks.service}?;node={folks.space} since today")
    await folks.makes_space("paris", romeo="member")
    await folks.lists("paris")
    await folks.comes_to(paris="owner", romeo="member")


async def test_an_admin_gives_what_an_admin_can(folks: Folk) -> None:
    """Members and bans; who is to be more is told of, with the room's own words."""
    await folks.makes_room(service="admin")
    await folks.describes(f"xmpp:{folks.service}?;node={folks.space}")
    await folks.makes_space(juliet="owner", romeo="member", tybalt="outcast")
    await folks.lists()
    await folks.comes_to(romeo="member", tybalt="outcast")
    found = await folks.is_in("failing")
    failing = {each["jid"]: each["reason"] for each in found["people"]}
    assert "the room says" in failing["juliet@verona.lit"]
    # Prosody shows no admin who the owners are, so neither do we know that the nurse is one.
    assert failing.keys() <= {"juliet@verona.lit", "nurse@verona.lit"}


async def test_a_room_that_has_not_let_us_in(folks: Folk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owners are told once that it keeps failing; what waits is done when it is let in."""
    monkeypatch.setattr("folkmoot.abroad.tending.FAILURES_UNTOLD_MAX", 2)
    monkeypatch.setattr(schedule, "RETRY_SECONDS_MIN", 0.01)
    await folks.makes_room()
    await folks.makes_space(juliet="owner", romeo="member")
    await folks.lists()
    juliet = await folks.actor("juliet")
    told = await juliet.hears("message", lambda each: str(folks.room) in each["body"])
    assert f"not in line with the space {folks.space}: the room says forbidden" in told["body"]
    found = await folks.is_in("failing")
    assert (found["waiting"], found["failing"], found["met"]) == (3, 0, 0)
    await folks.sets("deputy", "owner")
    await folks.comes_to(juliet="owner", romeo="member")
    await folks.is_in("in line")
    assert not [each for each in juliet.heard if "not in line" in str(each)], "once"


async def test_strangers_are_removed_where_the_operator_says_so(host: Host) -> None:
    """`sync.strangers`: members and admins of whom the space says nothing; owners stay."""
    async with folk(host, "strange", Policy(remove_strangers=True)) as folks:
        await folks.makes_room(deputy="owner", mercutio="member", paris="admin", tybalt="outcast")
        await folks.makes_space(romeo="member")
        await folks.lists()
        await folks.comes_to(romeo="member", tybalt="outcast")
        await folks.is_in("in line")
