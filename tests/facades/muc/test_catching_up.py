"""What was said in rooms since one was there: XEP-0437 0.2.0, §4."""

from __future__ import annotations

from pathlib import Path

import pytest

from folkmoot.facades import paging
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    configures,
    enters,
    grants,
    joined,
    opened,
    succeeded,
)
from tests.facades.muc.test_hats import becomes, in_a_space
from tests.facades.muc.test_watching import ACTIVE, SERVICE, says, watches
from tests.stage import Client, Clock, Stage, staged

CAVE, HEATH, LAIR = f"cave@{SERVICE}", f"heath@{SERVICE}", f"lair@{SERVICE}"
RAI = "urn:xmpp:rai:0"


def rooms(stanzas: list[Element]) -> list[set[str]]:
    """The rooms that each notification names."""
    told = (each.child(RAI, "rai") for each in stanzas)
    return [{name.text for name in rai.childs(RAI, "activity")} for rai in told if rai is not None]


async def caught_up(client: Client) -> list[set[str]]:
    """What comes of beginning to watch."""
    await watches(client)
    return rooms(await client.drains())


async def goes(client: Client, nick: str = "thirdwitch", room: str = COVEN) -> None:
    """Out of the room."""
    await client.sends(f"<presence to='{room}/{nick}' type='unavailable'/>")
    await client.drains()


async def with_rooms(stage: Stage, *names: str) -> Client:
    """The owner of some rooms, who is in all of them; Hag is a member of each."""
    crone = await stage.client(CRONE)
    for room in names:
        await enters(crone, "firstwitch", room=room)
        await configures(crone, {}, room)
        member = "jid='hag66@shakespeare.lit' affiliation='member'"
        succeeded(await grants(crone, member, room=room))
    return crone


async def test_rooms_where_something_was_said_since(stage: Stage) -> None:
    """§4: one notification, of those one was in before and those one never was in."""
    crone = await with_rooms(stage, COVEN, CAVE, HEATH, LAIR)
    for room in (COVEN, CAVE, HEATH):
        await says(crone, room=room)
    hag = await joined(stage, HAG, "thirdwitch")
    await goes(hag)
    await enters(hag, "thirdwitch", room=CAVE)
    await goes(hag, room=CAVE)
    assert await caught_up(hag) == [{HEATH}]
    await says(crone, room=COVEN)
    await hag.receives(ACTIVE % COVEN)
    phone = await stage.client(HAG.replace("pda", "phone"))
    assert await caught_up(phone) == [{COVEN, HEATH}]


async def test_each_room_once(stage: Stage) -> None:
    """§4: what is in the list is not told again, until one was in the room; nor is the list."""
    crone = await with_rooms(stage, COVEN)
    await says(crone)
    hag = await stage.client(HAG)
    assert await caught_up(hag) == [{COVEN}]
    await says(crone)
    assert await caught_up(hag) == []
    await enters(hag, "thirdwitch")
    await goes(hag)
    await says(crone)
    await hag.receives(ACTIVE % COVEN)
    await says(crone)
    await hag.sends(f"<presence to='{SERVICE}' type='unavailable'/>")
    assert await caught_up(hag) == [{COVEN}]


async def test_not_of_the_room_one_is_in(stage: Stage) -> None:
    """§3.1: the session, that is; another may be elsewhere."""
    crone = await with_rooms(stage, COVEN)
    await says(crone)
    hag = await joined(stage, HAG, "thirdwitch")
    assert await caught_up(hag) == []
    await says(crone)
    phone = await stage.client(HAG.replace("pda", "phone"))
    assert await caught_up(phone) == [{COVEN}]


async def test_what_is_no_message_is_no_activity(stage: Stage) -> None:
    """§4, as while one watches: a marker says nothing, and what is encrypted does."""
    crone = await with_rooms(stage, COVEN)
    hag = await stage.client(HAG)
    await says(crone, "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>")
    await says(crone, "<subject>Fire burn and cauldron bubble</subject>")
    assert await caught_up(hag) == []
    await hag.sends(f"<presence to='{SERVICE}' type='unavailable'/>")
    encrypted = "<encrypted xmlns='eu.siacs.conversations.axolotl'/>"
    await says(crone, f"{encrypted}<body>You cannot read this</body>")
    assert await caught_up(hag) == [{COVEN}]


async def test_only_of_rooms_one_may_enter(stage: Stage) -> None:
    """§4: nothing is told of others, nor of those where one is nobody."""
    crone = await with_rooms(stage, COVEN, CAVE)
    stranger, hag = await stage.client(HECATE), await stage.client(HAG)
    for room in (COVEN, CAVE):
        await says(crone, room=room)
    await grants(crone, "jid='hag66@shakespeare.lit' affiliation='outcast'", room=CAVE)
    assert await caught_up(stranger) == []
    assert await caught_up(hag) == [{COVEN}]


async def test_rooms_of_a_space(stage: Stage) -> None:
    """docs/extensions/inheritance.md: who belongs there by the space is remembered as well."""
    crone = await in_a_space(stage)
    await becomes(crone, "member", "hag66")
    await says(crone)
    hag = await joined(stage, HAG, "thirdwitch")
    await hag.leaves()
    hag = await stage.client(HAG)
    assert await caught_up(hag) == []
    await hag.sends(f"<presence to='{SERVICE}' type='unavailable'/>")
    await says(crone)
    assert await caught_up(hag) == [{COVEN}]


async def test_whoever_makes_one_leave(stage: Stage) -> None:
    """§4: a kick is an end of being there, too."""
    crone = await with_rooms(stage, COVEN)
    await says(crone)
    hag = await joined(stage, HAG, "thirdwitch")
    await grants(crone, "nick='thirdwitch' role='none'")
    await hag.drains()
    assert await caught_up(hag) == []


async def test_nothing_is_kept_of_strangers(stage: Stage) -> None:
    """§4: of affiliated users; a stranger who comes and goes leaves no row."""
    crone = await with_rooms(stage, COVEN)
    for jid in (HECATE, HAG):
        await goes(await joined(stage, jid, "thirdwitch"))
    await stage.core.engine.settled()
    with stage.store.database.reading() as reader:
        rows = reader.execute("SELECT jid FROM visits").fetchall()
    assert rows == [("hag66@shakespeare.lit",)]
    await crone.asks(f"""
        <iq type='set' to='{COVEN}' id='end'><query xmlns='http://jabber.org/protocol/muc#owner'>
          <destroy/></query></iq>""")
    await stage.core.engine.settled()
    with stage.store.database.reading() as reader:
        assert reader.execute("SELECT jid FROM visits").fetchall() == []


async def test_a_list_too_long_for_a_message(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """§4 asks for one notification; what is larger than a stanza may be comes in more."""
    crone = await with_rooms(stage, COVEN, CAVE, HEATH)
    for room in (COVEN, CAVE, HEATH):
        await says(crone, room=room)
    monkeypatch.setattr(paging, "ANSWER_BYTES_MAX", 120)
    told = await caught_up(await stage.client(HAG))
    assert [len(each) for each in told] == [2, 1]
    assert set().union(*told) == {COVEN, CAVE, HEATH}


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """§4: when somebody was there, what was said since, and whoever was there when it stopped."""
    path, clock = tmp_path / "folkmoot.db", Clock(1_084_910_400.0)
    async with staged(path=path, clock=clock) as stage:
        crone = await opened(stage, persistentroom="1")
        for room in (CAVE, HEATH):
            await enters(crone, "firstwitch", room=room)
            await configures(crone, {"persistentroom": "1"}, room)
        for room in (COVEN, CAVE, HEATH):
            member = "jid='hag66@shakespeare.lit' affiliation='member'"
            succeeded(await grants(crone, member, room=room))
            await says(crone, room=room)
        hag = await joined(stage, HAG, "thirdwitch")
        for room in (CAVE, HEATH):
            await enters(hag, "thirdwitch", room=room)
        for room in (COVEN, CAVE):
            await goes(hag, room=room)
        for room in (COVEN, HEATH):
            await says(crone, room=room)
    async with staged(path=path, clock=clock) as stage:
        hag = await stage.client(HAG)
        assert await caught_up(hag) == [{COVEN}]
        crone = await joined(stage, CRONE, "firstwitch", CAVE)
        await says(crone, room=CAVE)
        await hag.receives(ACTIVE % CAVE)
