"""What is told of before: XEP-0045 1.35.5, §7.2.13-7.2.15."""

from __future__ import annotations

import pytest

from folkmoot.engine.configuration import HISTORY_ITEMS_MAX
from folkmoot.facades.muc.occupant import read_recall
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element, parse
from tests.facades.muc.coven import COVEN, HECATE, configures, enters, opened
from tests.stage import Client, Stage

VERSES = (
    "Thrice the brinded cat hath mew'd.",
    "Thrice and once the hedge-pig whined.",
    "Harpier cries 'Tis time, 'tis time.",
)


async def spoken(stage: Stage) -> Client:
    """A room in which there were some verses, a minute after each other."""
    crone = await opened(stage)
    for verse in VERSES:
        await crone.sends(f"<message type='groupchat' to='{COVEN}'><body>{verse}</body></message>")
        stage.clock.at += 60
    await crone.drains()
    return crone


def bodies(came: list[Element]) -> list[str]:
    """What was said in some stanzas."""
    return [body.text for each in came for body in each.childs("jabber:client", "body")]


async def test_history_is_delayed_and_before_the_subject(stage: Stage) -> None:
    """§7.2.13, Example 33; §7.2.15, Example 40."""
    crone = await spoken(stage)
    await crone.sends(f"""
        <message type='groupchat' to='{COVEN}'><subject>Fire Burn!</subject></message>""")
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    assert [each.name for each in came] == ["presence"] * 2 + ["message"] * 4
    assert bodies(came) == list(VERSES)
    first, subject = came[2], came[-1]
    assert first.get("from") == f"{COVEN}/firstwitch"
    delay = first.child("urn:xmpp:delay", "delay")
    assert delay is not None
    assert delay.attrs == {"from": COVEN, "stamp": "2004-05-18T20:00:00Z"}
    assert first.child("urn:xmpp:sid:0", "stanza-id") is not None
    assert "<subject>Fire Burn!</subject>" in str(subject)
    assert f"<delay xmlns='urn:xmpp:delay' from='{COVEN}'" in str(subject)
    assert "stanza-id" not in str(subject)


async def test_a_room_without_a_subject_says_so(stage: Stage) -> None:
    """§7.2.15, Example 41: an empty subject; one that was cleared is delayed."""
    crone = await opened(stage)
    hecate = await stage.client(HECATE)
    never = (await enters(hecate, "Hecate"))[-1]
    assert [child.name for child in never.elements] == ["subject"]
    await crone.sends(f"<message type='groupchat' to='{COVEN}'><subject/></message>")
    cleared = (await enters(hecate, "Hecate"))[-1]
    assert [child.name for child in cleared.elements] == ["subject", "occupant-id", "delay"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("", 3),
        ("maxstanzas='2'", 2),
        ("maxstanzas='0'", 0),
        ("maxstanzas='65000'", 3),
        ("seconds='180'", 3),
        ("seconds='120'", 2),
        ("seconds='1'", 0),
        ("since='1970-01-01T00:00:00Z'", 3),
        ("since='2004-05-18T20:01:00Z'", 2),
        ("since='2004-05-18T20:01:00Z' seconds='60'", 1),
        ("since='2004-05-18T20:02:00Z' seconds='180' maxstanzas='2'", 1),
        ("maxchars='65000'", 3),
        ("maxchars='0'", 0),
        ("maxchars='10'", 0),
    ],
)
async def test_as_much_history_as_is_wanted(stage: Stage, asked: str, told: int) -> None:
    """§7.2.14, Examples 35 to 39: the newest messages that are within every bound."""
    await spoken(stage)
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate", f"<history {asked}/>")
    assert bodies(came) == list(VERSES[len(VERSES) - told :])


async def test_characters_are_those_of_whole_stanzas(stage: Stage) -> None:
    """§7.2.14: the largest number of stanzas that is no longer than maxchars."""
    await spoken(stage)
    hecate = await stage.client(HECATE)
    full = [each for each in await enters(hecate, "Hecate") if "<body" in str(each)]
    lengths = [len(str(each)) - len(" xmlns='jabber:client'") for each in full]
    for chars, told in ((lengths[2], 1), (lengths[2] - 1, 0), (sum(lengths), 3)):
        came = await enters(hecate, "Hecate", f"<history maxchars='{chars}'/>")
        assert bodies(came) == list(VERSES[len(VERSES) - told :])


@pytest.mark.parametrize(
    "between",
    [
        "<subject>Fire Burn!</subject>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/><thread>cauldron</thread>",
    ],
    ids=["subject", "marker"],
)
async def test_only_messages_count(stage: Stage, between: str) -> None:
    """§7.2.13, §7.2.14: a bound is of messages, and subjects and markers (XEP-0333) are none."""
    crone = await spoken(stage)
    for _ in range(20):
        await crone.sends(f"<message type='groupchat' to='{COVEN}'>{between}</message>")
        heard = await crone.receives(f"<message type='groupchat'>{between}</message>")
        assert heard.child("urn:xmpp:sid:0", "stanza-id") is not None, "the archive has it"
    hecate = await stage.client(HECATE)
    assert bodies(await enters(hecate, "Hecate", "<history maxstanzas='2'/>")) == list(VERSES[1:])
    came = await enters(hecate, "Hecate")
    assert bodies(came) == list(VERSES)
    assert "displayed" not in str(came)


async def test_a_room_has_its_own_bound(stage: Stage) -> None:
    """§16.5.3, muc#maxhistoryfetch, up to HISTORY_ITEMS_MAX."""
    crone = await spoken(stage)
    await configures(crone, {"muc#maxhistoryfetch": "1"})
    hecate = await stage.client(HECATE)
    assert bodies(await enters(hecate, "Hecate")) == [VERSES[-1]]
    answer = await configures(crone, {"muc#maxhistoryfetch": str(HISTORY_ITEMS_MAX + 1)})
    assert answer.get("type") == "error"
    for number in range(HISTORY_ITEMS_MAX + 1):
        stage.clock.at += 1
        await crone.sends(f"<message type='groupchat' to='{COVEN}'><body>{number}</body></message>")
    await configures(crone, {"muc#maxhistoryfetch": str(HISTORY_ITEMS_MAX)})
    await hecate.drains()
    told = bodies(await enters(hecate, "Hecate"))
    assert told == [str(number) for number in range(1, HISTORY_ITEMS_MAX + 1)]


@pytest.mark.parametrize(
    "unkept",
    [
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<body>psst</body><no-store xmlns='urn:xmpp:hints'/>",
        "<body>psst</body><no-permanent-store xmlns='urn:xmpp:hints'/>",
        "",
    ],
)
async def test_what_is_not_kept_is_heard_once(stage: Stage, unkept: str) -> None:
    """XEP-0085 and XEP-0334 §4: told to those who are there, under no archive id."""
    crone = await opened(stage)
    await crone.sends(f"<message id='m' type='groupchat' to='{COVEN}'>{unkept}</message>")
    heard = await crone.receives(f"<message id='m' from='{COVEN}/firstwitch'>{unkept}</message>")
    assert "stanza-id" not in str(heard)
    hecate = await stage.client(HECATE)
    assert bodies(await enters(hecate, "Hecate")) == []


@pytest.mark.parametrize(
    "history", ["maxchars='-1'", "seconds='long'", "maxstanzas='99999999999'", "since='yesterday'"]
)
def test_history_that_makes_no_sense(history: str) -> None:
    """§7.2.14: the attributes are numbers, and a date of XEP-0082."""
    asked = parse(f"<x xmlns='http://jabber.org/protocol/muc'><history {history}/></x>")
    with pytest.raises(StanzaError, match="bad-request"):
        read_recall(asked)
