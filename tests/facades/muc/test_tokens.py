"""Tokens that let others into a room: XEP-0488 0.1.0."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.invites import (
    INVITE_SECONDS,
    INVITE_SECONDS_MAX,
    INVITE_USES_MAX,
    INVITES_PER_NODE_MAX,
)
from folkmoot.xmpp.xml import Element
from tests.facades.muc.coven import (
    COVEN,
    HAG,
    HECATE,
    WICCAROCKS,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.stage import Client, Stage

NS = "urn:xmpp:muc-token-invite:0"


async def token(by: Client, attrs: str = "") -> Element:
    """§3.2, Examples 1 and 2."""
    answer = await by.asks(
        f"<iq type='set' to='{COVEN}' id='request1'><request xmlns='{NS}' {attrs}/></iq>"
    )
    found = succeeded(answer).child(NS, "token")
    assert found is not None
    return found


async def listed(by: Client) -> list[Element]:
    """§3.6, Example 7."""
    answer = await by.asks(f"<iq type='get' to='{COVEN}' id='request3'><tokens xmlns='{NS}'/></iq>")
    found = succeeded(answer).child(NS, "tokens")
    assert found is not None
    return found.elements


async def revokes(by: Client, text: str) -> Element:
    """§3.7, Example 8."""
    return await by.asks(
        f"<iq type='set' to='{COVEN}' id='request4'><revoke xmlns='{NS}'>{text}</revoke></iq>"
    )


async def comes(client: Client, password: str, nick: str = "thirdwitch") -> Element:
    """§3.5: as with a password; gives the last presence that came of it."""
    came = await enters(client, nick, f"<password>{password}</password>")
    return [each for each in came if each.name == "presence"][-1]


def let_in(presence: Element) -> bool:
    return presence.get("type") is None and "affiliation='member'" in str(presence)


async def test_a_stranger_comes_with_a_token(stage: Stage) -> None:
    """§3.2, §3.5: and is a member from then on, who needs no token again."""
    crone = await opened(stage, membersonly="1")
    made = await token(crone)
    hag = await stage.client(HAG)
    refused((await enters(hag, "thirdwitch"))[-1], "registration-required")
    assert let_in(await comes(hag, made.text))
    await crone.hears(f"""
        <presence from='{COVEN}/thirdwitch'><x xmlns='http://jabber.org/protocol/muc#user'>
          <item affiliation='member' role='participant'/></x></presence>""")
    await hag.sends(f"<presence type='unavailable' to='{COVEN}/thirdwitch'/>")
    await hag.drains()
    assert (await enters(hag, "thirdwitch"))[0].get("type") is None
    await crone.asks(
        f"""<iq type='get' to='{COVEN}' id='info'>
              <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""",
        f"""<iq><query xmlns='http://jabber.org/protocol/disco#info'>
              <feature var='{NS}'/></query></iq>""",
    )


async def test_a_token_has_bounds(stage: Stage) -> None:
    """§3.3, Examples 4 and 5: ours where none are asked for, and where they are too wide."""
    crone = await opened(stage, membersonly="1")
    for attrs, delay, counter in (
        ("", INVITE_SECONDS, INVITE_USES_MAX),
        ("delay='60' counter='5'", 60, 5),
        ("delay='4294967295' counter='4294967295'", INVITE_SECONDS_MAX, INVITE_USES_MAX),
    ):
        made = await token(crone, attrs)
        assert (made.get("delay"), made.get("counter")) == (str(delay), str(counter))


async def test_a_token_is_used_up(stage: Stage) -> None:
    """§3.3, §3.6: the counter says what is left; §3.5: then it is over, and the error says so."""
    crone = await opened(stage, membersonly="1")
    made = await token(crone, "counter='2'")
    hag, wicca, hecate = [await stage.client(jid) for jid in (HAG, WICCAROCKS, HECATE)]
    assert let_in(await comes(hag, made.text, "a"))
    assert [each.get("counter") for each in await listed(crone)] == ["1"]
    await hag.leaves()
    hag = await stage.client(HAG)
    assert let_in(await comes(hag, made.text, "a"))  # §4: who belongs here uses nothing up
    assert let_in(await comes(wicca, made.text, "b"))
    answer = await comes(hecate, made.text, "c")
    refused(answer, "not-authorized", "auth")
    assert f"<expired-token xmlns='{NS}'/>" in str(answer)
    assert await listed(crone) == []


async def test_a_token_ends(stage: Stage) -> None:
    """§3.3: with time; §3.7: when it is revoked; and when who made it may not invite any more."""
    crone = await opened(stage, membersonly="1")
    hag = await stage.client(HAG)
    made = await token(crone, "delay='60'")
    stage.clock.at += 20
    assert [each.get("delay") for each in await listed(crone)] == ["40"]
    stage.clock.at += 40
    refused(await comes(hag, made.text), "not-authorized")
    made = await token(crone)
    succeeded(await revokes(crone, made.text))
    refused(await comes(hag, made.text), "not-authorized")
    succeeded(await grants(crone, "jid='wiccarocks@shakespeare.lit' affiliation='admin'"))
    made = await token(await stage.client(WICCAROCKS))
    succeeded(await grants(crone, "jid='wiccarocks@shakespeare.lit' affiliation='none'"))
    refused(await comes(hag, made.text), "not-authorized")


async def test_a_list_lets_nobody_in(stage: Stage) -> None:
    """§7: only the digest of a token is kept, so a list has its id, by which it can be revoked."""
    crone = await opened(stage, membersonly="1")
    made = await token(crone)
    (told,) = await listed(crone)
    assert told.text != made.text
    assert told.get("creator") == "crone1@shakespeare.lit"
    refused(await comes(await stage.client(HAG), told.text), "not-authorized")
    succeeded(await revokes(crone, told.text))
    assert await listed(crone) == []
    refused(await revokes(crone, told.text), "item-not-found", "cancel")
    refused(await revokes(crone, ""), "bad-request")


async def test_who_may(stage: Stage) -> None:
    """§3.2, Example 3; §3.7, Example 10; §7: `allowinvites` lets members, who see their own."""
    crone = await opened(stage, membersonly="1")
    succeeded(await grants(crone, "jid='hag66@shakespeare.lit' affiliation='member'"))
    hag, hecate = await joined(stage, HAG, "thirdwitch"), await stage.client(HECATE)
    ask = f"<iq type='set' to='{COVEN}' id='r'><request xmlns='{NS}'/></iq>"
    see = f"<iq type='get' to='{COVEN}' id='r'><tokens xmlns='{NS}'/></iq>"
    for each in (hag, hecate):
        refused(await each.asks(ask), "forbidden", "auth")
        refused(await each.asks(see), "forbidden", "auth")
        refused(await revokes(each, "x"), "forbidden", "auth")
    await configures(crone, {"allowinvites": "1"})
    theirs, mine = await token(crone), await token(hag)
    assert len(await listed(crone)) == 2
    assert [each.get("creator") for each in await listed(hag)] == ["hag66@shakespeare.lit"]
    refused(await revokes(hag, theirs.text), "item-not-found", "cancel")
    succeeded(await revokes(crone, mine.text))
    refused(await hecate.asks(ask), "forbidden", "auth")


async def test_a_ban_stays(stage: Stage) -> None:
    """A token is no pardon; and none is needed where all may enter, but it makes a member."""
    crone = await opened(stage)
    made = await token(crone)
    hag, hecate = await stage.client(HAG), await stage.client(HECATE)
    succeeded(await grants(crone, "jid='hag66@shakespeare.lit' affiliation='outcast'"))
    refused(await comes(hag, made.text), "forbidden")
    assert let_in(await comes(hecate, made.text))


async def test_a_token_stands_for_a_password(stage: Stage) -> None:
    """§3.5; what is neither is a wrong password, of which nothing more is said."""
    crone = await opened(stage, passwordprotectedroom="1", roomsecret="cauldron")
    made = await token(crone)
    hag = await stage.client(HAG)
    answer = await comes(hag, "wrong")
    refused(answer, "not-authorized")
    assert "expired-token" not in str(answer)
    assert let_in(await comes(hag, made.text))


@pytest.mark.parametrize("attrs", ["delay='0'", "counter='0'", "delay='-1'", "counter='x'"])
async def test_what_makes_no_sense(stage: Stage, attrs: str) -> None:
    crone = await opened(stage)
    asked = f"<iq type='set' to='%s' id='r'><request xmlns='{NS}' {attrs}/></iq>"
    refused(await crone.asks(asked % COVEN), "bad-request")
    refused(await crone.asks(asked % "chat.shakespeare.lit"), "service-unavailable")


async def test_there_are_only_so_many(stage: Stage) -> None:
    crone = await opened(stage)
    for _ in range(INVITES_PER_NODE_MAX):
        await token(crone)
    asked = f"<iq type='set' to='{COVEN}' id='r'><request xmlns='{NS}'/></iq>"
    refused(await crone.asks(asked), "resource-constraint")
