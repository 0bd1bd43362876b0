"""Bans, members, admins and owners: XEP-0045 1.35.5, §9.1-9.5, §10.3-10.8."""

from __future__ import annotations

import pytest

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
from tests.facades.muc.test_moderating import listed
from tests.stage import Stage

USER = "http://jabber.org/protocol/muc#user"
ADMIN = "http://jabber.org/protocol/muc#admin"


async def test_banning(stage: Stage) -> None:
    """§9.1, Examples 110 to 114; §9.2, Examples 116 and 117."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "cambridge")
    hecate = await joined(stage, HECATE, "Hecate")
    for each in (crone, hag):
        await each.drains()
    succeeded(await grants(crone, "affiliation='outcast' jid='hag66@shakespeare.lit'", "Treason"))
    for each, code in ((hag, "<status code='110'/>"), (crone, ""), (hecate, "")):
        await each.receives(f"""
            <presence from='{COVEN}/cambridge' type='unavailable'>
              <x xmlns='{USER}'>
                <item affiliation='outcast' role='none'>
                  <actor nick='firstwitch'/>
                  <reason>Treason</reason>
                </item>
                {code}<status code='301'/>
              </x>
            </presence>""")
    await hag.receives_nothing()
    assert await listed(crone, "affiliation='outcast'") == [
        {"affiliation": "outcast", "jid": "hag66@shakespeare.lit"}
    ]
    succeeded(await grants(crone, "affiliation='none' jid='hag66@shakespeare.lit'"))
    assert len(await enters(hag, "cambridge")) == 4


async def test_banning_somebody_who_stands_higher(stage: Stage) -> None:
    """§9.1, Example 115; and nobody bans themself."""
    crone = await opened(stage)
    await grants(crone, "affiliation='admin' jid='wiccarocks@shakespeare.lit'")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    ban = "affiliation='outcast' jid='%s@shakespeare.lit'"
    refused(await grants(wicca, ban % "crone1"), "not-allowed", "cancel")
    for each in (wicca, crone):
        refused(await grants(each, ban % each.jid.local), "conflict", "cancel")
    hag = await stage.client(HAG)
    refused(await grants(hag, ban % "hecate"), "forbidden", "auth")


async def test_banning_a_server(stage: Stage) -> None:
    """§9.2: user@domain is matched first, then the domain; who has a row of their own stays."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "cambridge")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await grants(crone, "affiliation='member' jid='wiccarocks@shakespeare.lit'")
    for each in (crone, hag, wicca):
        await each.drains()
    succeeded(await grants(crone, "affiliation='outcast' jid='shakespeare.lit'", "Spam"))
    for each in (hag, crone, wicca):
        await each.hears(f"""
            <presence from='{COVEN}/cambridge' type='unavailable'>
              <x xmlns='{USER}'>
                <item affiliation='outcast' role='none'><reason>Spam</reason></item>
                <status code='301'/>
              </x>
            </presence>""")
        await each.receives_nothing()
    (answer,) = await enters(hag, "cambridge")
    refused(answer, "forbidden", "auth")
    assert await listed(crone, "affiliation='outcast'") == [
        {"affiliation": "outcast", "jid": "shakespeare.lit"}
    ]
    # An exception, though it is what the hag would be otherwise; and the end of the ban.
    succeeded(await grants(crone, "affiliation='none' jid='hag66@shakespeare.lit'"))
    assert len(await enters(hag, "cambridge")) == 4
    hecate = await stage.client(HECATE)
    (answer,) = await enters(hecate, "Hecate")
    refused(answer, "forbidden", "auth")
    succeeded(await grants(crone, "affiliation='none' jid='shakespeare.lit'"))
    assert len(await enters(hecate, "Hecate")) > 1


async def test_all_of_a_list_or_nothing(stage: Stage) -> None:
    """§9.2: one change that is prohibited, and none is made."""
    crone = await opened(stage)
    answer = await crone.asks(f"""
        <iq type='set' id='ban3' to='{COVEN}'>
          <query xmlns='{ADMIN}'>
            <item affiliation='outcast' jid='lordscroop@shakespeare.lit'/>
            <item affiliation='outcast' jid='crone1@shakespeare.lit'/>
          </query>
        </iq>""")
    refused(answer, "conflict")
    assert await listed(crone, "affiliation='outcast'") == []


async def test_granting_and_revoking_membership(stage: Stage) -> None:
    """§9.3, §9.4: Examples 120 to 127."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    for affiliation in ("member", "none"):
        succeeded(await grants(crone, f"affiliation='{affiliation}' jid='hag66@shakespeare.lit'"))
        for each in (crone, hag):
            await each.receives(f"""
                <presence from='{COVEN}/thirdwitch'>
                  <x xmlns='{USER}'>
                    <item affiliation='{affiliation}' jid='{HAG}' role='participant'/>
                  </x>
                </presence>""")


async def test_who_is_no_member_any_longer_has_to_go(stage: Stage) -> None:
    """§9.4, Example 128: once, with status 321."""
    crone = await opened(stage, membersonly="1")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await grants(crone, "affiliation='none' jid='hag66@shakespeare.lit'")
    for each in (hag, crone):
        await each.receives(f"""
            <presence from='{COVEN}/thirdwitch' type='unavailable'>
              <x xmlns='{USER}'>
                <item affiliation='none' role='none'><actor nick='firstwitch'/></item>
                <status code='321'/>
              </x>
            </presence>""")
        await each.receives_nothing()


async def test_a_room_that_becomes_members_only(stage: Stage) -> None:
    """§10.2: who is no member has to go, with status 322."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await configures(crone, {"membersonly": "1"})
    await hag.hears(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'><item role='none'/><status code='110'/><status code='322'/></x>
        </presence>""")
    await crone.hears(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'><status code='322'/></x>
        </presence>""")


async def test_the_member_list(stage: Stage) -> None:
    """§9.5, Examples 129 to 132; in a non-anonymous room for members, too."""
    crone = await opened(stage, whois="anyone")
    hag = await stage.client(HAG)
    asked = f"""
        <iq type='get' id='l' to='{COVEN}'>
          <query xmlns='{ADMIN}'><item affiliation='%s'/></query></iq>"""
    refused(await hag.asks(asked % "member"), "forbidden")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit/pda'")
    row = {"affiliation": "member", "jid": "hag66@shakespeare.lit"}
    for each in (crone, hag):
        assert await listed(each, "affiliation='member'") == [row]
    refused(await hag.asks(asked % "outcast"), "forbidden")
    await configures(crone, {"whois": "moderators"})
    refused(await hag.asks(asked % "member"), "forbidden")


@pytest.mark.parametrize("affiliation", ["owner", "admin"])
async def test_granting_and_revoking_staff(stage: Stage, affiliation: str) -> None:
    """§10.3-10.8, Examples 172 to 200: the role goes with it."""
    crone = await opened(stage)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await crone.drains()
    for wanted, role in ((affiliation, "moderator"), ("member", "participant")):
        succeeded(await grants(crone, f"affiliation='{wanted}' jid='wiccarocks@shakespeare.lit'"))
        for each in (crone, wicca):
            await each.receives(f"""
                <presence from='{COVEN}/secondwitch'>
                  <x xmlns='{USER}'><item affiliation='{wanted}' role='{role}'/></x>
                </presence>""")
        await wicca.drains()
        rows = await listed(crone, f"affiliation='{wanted}'")
        assert {"affiliation": wanted, "jid": "wiccarocks@shakespeare.lit"} in rows


async def test_staff_is_made_by_owners(stage: Stage) -> None:
    """§10.3, §10.6: an admin makes neither admins nor owners."""
    crone = await opened(stage)
    await grants(crone, "affiliation='admin' jid='wiccarocks@shakespeare.lit'")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    for affiliation in ("owner", "admin"):
        answer = await grants(wicca, f"affiliation='{affiliation}' jid='hag66@shakespeare.lit'")
        refused(answer, "not-allowed", "cancel")


async def test_a_room_keeps_an_owner(stage: Stage) -> None:
    """§10.2, §10.4: the last one stays; who is one of two may go."""
    crone = await opened(stage)
    mine = "affiliation='admin' jid='crone1@shakespeare.lit'"
    refused(await grants(crone, mine), "conflict", "cancel")
    await grants(crone, "affiliation='owner' jid='wiccarocks@shakespeare.lit'")
    succeeded(await grants(crone, mine))
