"""What a room keeps, and how long: XEP-0313 1.1.3, §3; XEP-0334 1.0.0, §4."""

from __future__ import annotations

from itertools import pairwise

import pytest

from folkmoot.core import Stamps
from folkmoot.engine import engine
from folkmoot.engine.services import Bounds
from folkmoot.xmpp.xml import Element
from tests.facades.mam.asking import MAM
from tests.facades.mam.test_rooms import SID, VERSES, all_of, says, spoken
from tests.facades.muc.coven import (
    COVEN,
    HAG,
    HECATE,
    configures,
    enters,
    grants,
    opened,
    refused,
)
from tests.stage import Client, Stage, holds, staged
from tests.stage import element as stanza

# --- what (§3, §6.1.2)


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        ("<body>!</body>", True),
        ("<subject>Fire Burn and Cauldron Bubble!</subject>", True),
        ("<displayed xmlns='urn:xmpp:chat-markers:0' id='m'/>", True),
        ("<reactions xmlns='urn:xmpp:reactions:0' id='m'><reaction>x</reaction></reactions>", True),
        ("<body>?</body><replace xmlns='urn:xmpp:message-correct:0' id='m'/>", True),
        ("<retract xmlns='urn:xmpp:message-retract:1' id='m'/>", True),
        ("<composing xmlns='http://jabber.org/protocol/chatstates'/>", False),
        (
            "<paused xmlns='http://jabber.org/protocol/chatstates'/>"
            f"<origin-id xmlns='{SID}' id='o'/>",
            False,
        ),
        ("<body>!</body><no-store xmlns='urn:xmpp:hints'/>", False),
        ("<body>!</body><no-permanent-store xmlns='urn:xmpp:hints'/>", False),
        (
            "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
            "<store xmlns='urn:xmpp:hints'/>",
            True,
        ),
    ],
)
async def test_what_is_kept(stage: Stage, inside: str, kept: bool) -> None:
    """§3: what has meaning tomorrow; hints as XEP-0334 §4 has them."""
    crone = await opened(stage)
    live = await says(crone, inside)
    assert (live.child(SID, "stanza-id") is not None) is kept
    found = await all_of(crone)
    assert len(found.results) == int(kept)
    assert all(holds(each, stanza(f"<message>{inside}</message>")) for each in found.messages)


async def test_a_subject_is_archived_and_not_told_as_history(stage: Stage) -> None:
    """§6.1.2: subject changes are in the archive; who enters hears the one in force, once."""
    crone = await opened(stage)
    for subject in ("Fire", "Burn"):
        await says(crone, f"<subject>{subject}</subject>")
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    assert ["<subject>" in str(each) for each in came] == [False, False, True]
    found = await all_of(hecate)
    subjects = [each.child("jabber:client", "subject") for each in found.messages]
    assert [each.text for each in subjects if each is not None] == ["Fire", "Burn"]


async def test_whispers_are_in_no_archive(stage: Stage) -> None:
    """§6.1.2: private messages MUST NOT be in it; nor what the room refused."""
    crone, _ = await spoken(stage)
    await crone.sends(f"<message type='chat' to='{COVEN}/secondwitch'><body>psst</body></message>")
    hag = await stage.client(HAG)
    await hag.sends(f"<message type='groupchat' to='{COVEN}'><body>Let me in</body></message>")
    assert (await all_of(crone)).bodies == list(VERSES)


async def features(client: Client) -> set[str]:
    """What a room says that it can do."""
    ns = "http://jabber.org/protocol/disco#info"
    answer = await client.asks(f"<iq type='get' id='i' to='{COVEN}'><query xmlns='{ns}'/></iq>")
    return {each.get("var", "") for each in answer.elements[0].childs(ns, "feature")}


async def test_a_room_may_keep_nothing(stage: Stage) -> None:
    """§7: it then says nothing of an archive, and answers nothing; the ids it gives are none."""
    crone, _ = await spoken(stage)
    assert {MAM, MAM + "#extended", SID} <= await features(crone)
    await configures(crone, {"enablearchiving": "0"})
    assert not {MAM, MAM + "#extended"} & await features(crone)
    live = await says(crone, "<body>Off the record</body>")
    assert live.child(SID, "stanza-id") is None
    refused((await all_of(crone)).answer, "feature-not-implemented", "cancel")
    hecate = await stage.client(HECATE)
    assert "<body>" not in str(await enters(hecate, "Hecate"))
    await configures(crone, {"enablearchiving": "1"})
    assert (await all_of(crone)).bodies == list(VERSES)


async def test_who_comes_is_warned_where_anybody_may_look_it_up(stage: Stage) -> None:
    """XEP-0045 §7.2.12, status 170; §10.2.1, 170 and 171 when that changes."""
    crone = await opened(stage)
    hecate = await stage.client(HECATE)

    def warned(came: list[Element]) -> bool:
        return any("<status code='170'/>" in str(each) for each in came)

    assert warned(await enters(hecate, "Hecate"))
    await configures(crone, {"membersonly": "1"})
    hag = await stage.client(HAG)
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    assert "<status code='171'/>" in str(await crone.drains())
    assert not warned(await enters(hag, "thirdwitch"))
    await configures(crone, {"membersonly": "0"})
    assert warned(await hag.drains())


async def test_ids_cannot_be_guessed() -> None:
    """§3: each is unpredictable; XEP-0359 §6: and says nothing of the archive."""
    stamp = Stamps()
    given = [stamp().id for _ in range(1_000)]
    assert len(set(given)) == len(given) and {len(each) for each in given} == {16}
    assert sorted(given) != given
    assert all(before[:8] != after[:8] for before, after in pairwise(given))


# --- how long


async def test_so_many_messages_and_no_more() -> None:
    """§3.2: the oldest go, without gaps; who enters is not told of them either."""
    async with staged(room_archive=Bounds(items=3)) as stage:
        crone, _ = await spoken(stage)
        await stage.core.engine.trim()
        assert (await all_of(crone)).bodies == list(VERSES[1:])
        await stage.core.engine.trim()
        hecate = await stage.client(HECATE)
        assert str(await enters(hecate, "Hecate")).count("<body>") == 3


async def test_so_long_and_no_longer() -> None:
    """§3.2: also in a room where nobody says anything any more."""
    async with staged(room_archive=Bounds(seconds=100)) as stage:
        crone, _ = await spoken(stage)
        await stage.core.engine.trim()
        assert (await all_of(crone)).bodies == list(VERSES[3:])
        stage.clock.at += 100
        await stage.core.engine.trim()
        assert (await all_of(crone)).bodies == []


async def test_an_archive_shrinks_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """TRIM_ITEMS_MAX and DUE_NODES_MAX are reached, and all goes that has to."""
    monkeypatch.setattr(engine, "TRIM_ITEMS_MAX", 1)
    monkeypatch.setattr(engine, "DUE_NODES_MAX", 1)
    async with staged(room_archive=Bounds(items=1)) as stage:
        crone, _ = await spoken(stage)
        await stage.core.engine.trim()
        assert (await all_of(crone)).bodies == [VERSES[3]]


async def test_without_a_bound_all_stays(stage: Stage) -> None:
    crone, _ = await spoken(stage)
    stage.clock.at += 1e9
    await stage.core.engine.trim()
    assert (await all_of(crone)).bodies == list(VERSES)
