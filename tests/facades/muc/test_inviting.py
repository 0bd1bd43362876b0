"""Mediated invitations: XEP-0045 1.35.5, §7.8.2."""

from __future__ import annotations

import pytest

from folkmoot.facades.muc.invitation import INVITATIONS_MAX
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    WICCAROCKS,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
)
from tests.facades.muc.test_moderating import listed
from tests.stage import Stage

USER = "http://jabber.org/protocol/muc#user"

INVITE = f"""
    <message id='nzd143v8' to='{COVEN}'>
      <x xmlns='{USER}'>
        <invite to='hecate@shakespeare.lit'>
          <reason>Hey Hecate, this is the place for all good witches!</reason>
        </invite>
      </x>
    </message>"""


async def test_an_invitation_and_how_it_is_declined(stage: Stage) -> None:
    """Examples 56 to 59; in a room that tells real addresses, and has a password."""
    crone = await opened(
        stage, whois="anyone", passwordprotectedroom="1", roomsecret="cauldronburn"
    )
    hecate = await stage.client(HECATE, available=True)
    await crone.sends(INVITE)
    await hecate.receives(f"""
        <message from='{COVEN}' id='nzd143v8'>
          <x xmlns='{USER}'>
            <invite from='crone1@shakespeare.lit'>
              <reason>Hey Hecate, this is the place for all good witches!</reason>
            </invite>
            <password>cauldronburn</password>
          </x>
        </message>""")
    await hecate.sends(f"""
        <message id='jk2vs61v' to='{COVEN}'>
          <x xmlns='{USER}'>
            <decline to='crone1@shakespeare.lit'>
              <reason>Sorry, I'm too busy right now.</reason>
            </decline>
          </x>
        </message>""")
    await crone.receives(f"""
        <message from='{COVEN}' id='jk2vs61v'>
          <x xmlns='{USER}'>
            <decline from='hecate@shakespeare.lit'>
              <reason>Sorry, I'm too busy right now.</reason>
            </decline>
          </x>
        </message>""")


async def test_a_semi_anonymous_inviter(stage: Stage) -> None:
    """§7.8.2: the address in the room serves for both."""
    crone = await opened(stage)
    hecate = await stage.client(HECATE, available=True)
    await crone.sends(INVITE)
    told = await hecate.receives(f"""
        <message><x xmlns='{USER}'><invite from='{COVEN}/firstwitch'/></x></message>""")
    assert "crone1" not in str(told)
    await hecate.sends(f"""
        <message to='{COVEN}'><x xmlns='{USER}'><decline to='{COVEN}/firstwitch'/></x></message>""")
    await crone.receives(f"""
        <message><x xmlns='{USER}'><decline from='hecate@shakespeare.lit'/></x></message>""")


async def test_who_declines_learns_nothing(stage: Stage) -> None:
    """Whether somebody is in a room is not for strangers to find out."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await stage.client(HECATE)
    for host in ("nobody@shakespeare.lit", f"{COVEN}/nobody", "hag66@shakespeare.lit"):
        await hecate.sends(f"""
            <message to='{COVEN}'><x xmlns='{USER}'><decline to='{host}'/></x></message>""")
    await hecate.receives_nothing()
    await hag.receives(f"<message><x xmlns='{USER}'><decline/></x></message>")


async def test_a_decline_reaches_a_member_who_has_left(stage: Stage) -> None:
    """§7.8.2: at the bare address; and from a banned guest it is not passed on."""
    crone = await opened(stage, persistentroom="1")
    hecate = await stage.client(HECATE)
    declined = f"""
        <message to='{COVEN}'><x xmlns='{USER}'><decline to='{CRONE}'/></x></message>"""
    await crone.sends("<presence/>")
    await crone.sends(f"<presence type='unavailable' to='{COVEN}/firstwitch'/>")
    await crone.drains()
    await hecate.sends(declined)
    await crone.receives(f"<message from='{COVEN}'><x xmlns='{USER}'><decline/></x></message>")
    await grants(crone, "affiliation='outcast' jid='hecate@shakespeare.lit'")
    await hecate.sends(declined)
    refused(await hecate.receives("<message/>"), "forbidden")


async def test_members_only_rooms_admit_who_is_invited(stage: Stage) -> None:
    """§7.8.2, §9.5, Example 135: if an admin does; who is more already stays what they are."""
    crone = await opened(stage, membersonly="1")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    hag = await joined(stage, HAG, "thirdwitch")
    await hag.sends(INVITE)
    refused(await hag.receives("<message/>"), "forbidden", "auth")
    await grants(crone, "nick='thirdwitch' role='moderator'")
    await hag.drains()
    await hag.sends(INVITE)
    refused(await hag.receives("<message/>"), "forbidden", "auth")
    await crone.sends(INVITE)
    await crone.sends(INVITE.replace("hecate", "crone1"))
    assert "crone1@shakespeare.lit" in str(await listed(crone, "affiliation='owner'"))
    await configures(crone, {"allowinvites": "1"})
    await hag.sends(INVITE.replace("hecate", "wiccarocks"))
    assert "wiccarocks@shakespeare.lit" in str(await listed(crone, "affiliation='member'"))
    hecate = await stage.client(HECATE)
    assert "code='110'" in str(await enters(hecate, "Hecate"))


async def test_who_may_invite(stage: Stage) -> None:
    """§5.1.1, Table 3: any occupant of an open room, and occupants alone; nobody who is banned."""
    crone = await opened(stage, moderatedroom="1")
    wicca = await stage.client(WICCAROCKS)
    hecate = await stage.client(HECATE, available=True)
    await wicca.sends(INVITE)
    refused(await wicca.receives("<message/>"), "not-acceptable")
    await enters(wicca, "secondwitch")
    await wicca.sends(INVITE)
    await wicca.receives_nothing()
    await hecate.receives(f"<message from='{COVEN}'><x xmlns='{USER}'><invite/></x></message>")
    assert await listed(crone, "affiliation='member'") == []
    await grants(crone, "affiliation='outcast' jid='hecate@shakespeare.lit'")
    await wicca.sends(INVITE)
    refused(await wicca.receives("<message/>"), "forbidden")


@pytest.mark.parametrize(
    "guest", [COVEN, f"{COVEN}/firstwitch", "chat.shakespeare.lit", "pubsub.shakespeare.lit"]
)
async def test_nobody_is_invited(stage: Stage, guest: str) -> None:
    """§7.8.2: a JID that does not exist as somebody's; and then nobody is a member by it."""
    crone = await opened(stage, membersonly="1")
    await crone.sends(INVITE.replace("hecate@shakespeare.lit", guest))
    refused(await crone.receives("<message id='nzd143v8'/>"), "item-not-found", "cancel")
    assert await listed(crone, "affiliation='member'") == []


async def test_invitations_that_make_no_sense(stage: Stage) -> None:
    """§7.8.2: for somebody, and for no more than INVITATIONS_MAX at once."""
    crone = await opened(stage)
    many = "<invite to='hecate@shakespeare.lit'/>" * (INVITATIONS_MAX + 1)
    for inside, condition in (("<invite/>", "bad-request"), (many, "bad-request")):
        await crone.sends(f"<message to='{COVEN}'><x xmlns='{USER}'>{inside}</x></message>")
        refused(await crone.receives("<message/>"), condition)
    await crone.sends(f"<message to='{COVEN}'><x xmlns='{USER}'><invite to='@'/></x></message>")
    refused(await crone.receives("<message/>"), "jid-malformed")
