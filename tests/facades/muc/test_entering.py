"""Entering a room, and who hears of it: XEP-0045 1.35.5, §7.1, §7.2, §10.1."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.nicks import DEVICES_PER_NICK_MAX
from folkmoot.xmpp.jid import JID
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
    succeeded,
)
from tests.stage import SERVICES, Stage, staged

MUC = "http://jabber.org/protocol/muc"
ENTER = f"""
    <presence id='n13mt3l' to='{COVEN}/thirdwitch'>
      <x xmlns='http://jabber.org/protocol/muc'/>
    </presence>"""


async def test_a_room_is_made_for_who_enters_first(stage: Stage) -> None:
    """§10.1.1, Examples 153 and 154: the creator owns it, and it waits for a configuration."""
    crone = await stage.client(CRONE)
    await crone.sends(f"""
        <presence to='{COVEN}/firstwitch'><x xmlns='http://jabber.org/protocol/muc'/></presence>""")
    await crone.receives(f"""
        <presence from='{COVEN}/firstwitch'>
          <x xmlns='http://jabber.org/protocol/muc#user'>
            <item affiliation='owner' role='moderator'/>
            <status code='110'/>
            <status code='201'/>
          </x>
        </presence>""")
    subject = await crone.receives(f"<message from='{COVEN}' type='groupchat'><subject/></message>")
    assert subject.child("jabber:client", "body") is None
    await crone.receives_nothing()


async def test_a_locked_room_does_not_exist(stage: Stage) -> None:
    """§7.2.10, Example 31."""
    crone = await stage.client(CRONE)
    await enters(crone, "firstwitch")
    hag = await stage.client(HAG)
    await hag.sends(ENTER)
    refused(
        await hag.receives(f"<presence from='{COVEN}/thirdwitch' id='n13mt3l'/>"), "item-not-found"
    )
    await configures(crone, {})
    await hag.sends(ENTER)
    await hag.hears(f"<presence from='{COVEN}/thirdwitch' id='n13mt3l'/>")


async def test_others_come_first_then_oneself(stage: Stage) -> None:
    """§7.2.2, Examples 20 to 22: the order, the roles, and one's own id back."""
    crone = await opened(stage)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await grants(crone, "affiliation='admin' jid='wiccarocks@shakespeare.lit'")
    await crone.drains()
    await wicca.drains()
    hag = await stage.client(HAG)
    await hag.sends(ENTER)
    first = await hag.receives(f"""
        <presence from='{COVEN}/firstwitch'>
          <x xmlns='http://jabber.org/protocol/muc#user'>
            <item affiliation='owner' role='moderator'/>
          </x>
        </presence>""")
    assert "jid" not in str(first.child("http://jabber.org/protocol/muc#user", "x"))
    await hag.receives(f"""
        <presence from='{COVEN}/secondwitch'>
          <x xmlns='http://jabber.org/protocol/muc#user'>
            <item affiliation='admin' role='moderator'/>
          </x>
        </presence>""")
    await hag.receives(f"""
        <presence from='{COVEN}/thirdwitch' id='n13mt3l'>
          <x xmlns='http://jabber.org/protocol/muc#user'>
            <item affiliation='none' role='participant'/>
            <status code='110'/>
          </x>
        </presence>""")
    for moderator in (crone, wicca):
        await moderator.receives(f"""
            <presence from='{COVEN}/thirdwitch'>
              <x xmlns='http://jabber.org/protocol/muc#user'>
                <item affiliation='none' jid='{HAG}' role='participant'/>
              </x>
            </presence>""")


async def test_real_addresses_are_for_moderators(stage: Stage) -> None:
    """§7.2.4: a semi-anonymous room."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    assert not any("hag66" in str(each) or "crone1" in str(each) for each in came)
    heard = await hag.receives(f"<presence from='{COVEN}/Hecate'/>")
    assert "hecate@" not in str(heard).replace(f"{COVEN}/Hecate", "")


async def test_a_non_anonymous_room_says_so(stage: Stage) -> None:
    """§7.2.3, Examples 23 and 24."""
    crone = await opened(stage, whois="anyone")
    hag = await stage.client(HAG)
    await hag.sends(ENTER)
    await hag.receives(f"""
        <presence from='{COVEN}/firstwitch'>
          <x xmlns='http://jabber.org/protocol/muc#user'><item jid='{CRONE}'/></x>
        </presence>""")
    own = await hag.receives(f"<presence from='{COVEN}/thirdwitch'/>")
    assert all(f"<status code='{code}'/>" in str(own) for code in (100, 110))
    await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch'>
          <x xmlns='http://jabber.org/protocol/muc#user'><item jid='{HAG}'/></x>
        </presence>""")


async def test_a_nick_is_needed(stage: Stage) -> None:
    """§7.2.1, Example 19; §17.1: nor may it be invisible, or what no resourcepart may be."""
    hag = await stage.client(HAG)
    for nick in ("", "/ ", "/&#x2800; &#x2800;", "/&#x378;"):
        await hag.sends(f"""
            <presence to='{COVEN}{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>""")
        refused(await hag.receives("<presence/>"), "jid-malformed", "modify")


async def test_a_password(stage: Stage) -> None:
    """§7.2.5, Examples 25 and 26."""
    await opened(stage, passwordprotectedroom="1", roomsecret="cauldronburn")
    hag = await stage.client(HAG)
    for inside in ("", "<password>cauldronboil</password>"):
        (answer,) = await enters(hag, "thirdwitch", inside)
        refused(answer, "not-authorized", "auth")
    came = await enters(hag, "thirdwitch", "<password>cauldronburn</password>")
    assert "<status code='110'/>" in str(came[1])


async def test_a_members_only_room(stage: Stage) -> None:
    """§7.2.6, Example 27."""
    crone = await opened(stage, membersonly="1")
    hag = await stage.client(HAG)
    (answer,) = await enters(hag, "thirdwitch")
    refused(answer, "registration-required", "auth")
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    assert len(await enters(hag, "thirdwitch")) == 3


async def test_an_outcast_stays_outside(stage: Stage) -> None:
    """§7.2.7, Example 28."""
    crone = await opened(stage)
    await grants(crone, "affiliation='outcast' jid='hag66@shakespeare.lit'")
    hag = await stage.client(HAG)
    (answer,) = await enters(hag, "thirdwitch")
    refused(answer, "forbidden", "auth")


async def test_a_nick_belongs_to_one_person(stage: Stage) -> None:
    """§7.2.8, Example 29."""
    await opened(stage)
    hag = await stage.client(HAG)
    (answer,) = await enters(hag, "firstwitch")
    refused(answer, "conflict", "cancel")


@pytest.mark.parametrize(
    "nick", ["first witch ", "first  witch", "first\u00a0witch", "ｆirst witch"]
)
async def test_a_nick_that_looks_like_another(stage: Stage, nick: str) -> None:
    """§7.2.8, §14.6: only spaces, or forms of its letters, tell it from that of somebody else."""
    crone = await opened(stage)
    await crone.sends(f"<presence to='{COVEN}/first witch'/>")
    hag = await stage.client(HAG)
    (answer,) = await enters(hag, nick)
    refused(answer, "conflict", "cancel")
    await enters(hag, "First Witch")
    await hag.sends(f"<presence to='{COVEN}/{nick}'/>")
    refused(await hag.receives("<presence/>"), "conflict", "cancel")
    await crone.drains()
    await crone.sends(f"<presence to='{COVEN}/{nick}'/>")
    await crone.hears(f"<presence from='{COVEN}/{JID.parse(COVEN).with_resource(nick).resource}'/>")


async def test_a_person_may_be_there_with_two_devices(stage: Stage) -> None:
    """§7.2.8: messages reach both, and both may speak; others see one occupant."""
    crone = await opened(stage)
    pda = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    laptop = await stage.client("hag66@shakespeare.lit/laptop")
    came = await enters(laptop, "thirdwitch")
    assert [each.get("from") for each in came[:2]] == [f"{COVEN}/firstwitch", f"{COVEN}/thirdwitch"]
    await pda.receives(f"<presence from='{COVEN}/thirdwitch'/>")
    await crone.receives(f"<presence from='{COVEN}/thirdwitch'/>")
    await laptop.sends(f"<message type='groupchat' to='{COVEN}'><body>Both</body></message>")
    for each in (crone, pda, laptop):
        await each.receives(f"<message from='{COVEN}/thirdwitch'><body>Both</body></message>")
    await laptop.sends(f"<presence type='unavailable' to='{COVEN}/thirdwitch'/>")
    await laptop.receives(f"<presence type='unavailable' from='{COVEN}/thirdwitch'/>")
    still = await crone.receives(f"<presence from='{COVEN}/thirdwitch'/>")
    assert still.get("type") is None
    assert HAG in str(still)


async def test_another_device_has_the_role_of_the_nick(stage: Stage) -> None:
    """§8.4, §7.2.8: who has no voice has none on another device either."""
    crone = await opened(stage)
    await joined(stage, HAG, "thirdwitch")
    succeeded(await grants(crone, "nick='thirdwitch' role='visitor'"))
    await crone.drains()
    laptop = await stage.client("hag66@shakespeare.lit/laptop")
    for nick in ("thirdwitch", "oldhag", "thirdwitch"):
        await laptop.sends(f"<presence to='{COVEN}/{nick}'><x xmlns='{MUC}'/></presence>")
    await crone.hears(f"<presence from='{COVEN}/oldhag'/>")
    for each in (crone, laptop):
        *_, last = [here for here in await each.drains() if here.name == "presence"]
        assert "role='visitor'" in str(last), last
    await laptop.sends(f"<message type='groupchat' to='{COVEN}'><body>Hail!</body></message>")
    refused(await laptop.receives("<message type='error'/>"), "forbidden")


async def test_devices_have_one_role(stage: Stage) -> None:
    """§5.1, §7.2.8: a nick is one occupant, whose role holds for a device that comes later."""
    crone = await opened(stage, moderatedroom="1")
    await joined(stage, HAG, "thirdwitch")
    await grants(crone, "nick='thirdwitch' role='participant'")
    phone = await joined(stage, "hag66@shakespeare.lit/phone", "thirdwitch")
    tablet = await joined(stage, "hag66@shakespeare.lit/tablet", "oldhag")
    await tablet.sends(f"<presence to='{COVEN}/thirdwitch'/>")
    await crone.drains()
    for device in (phone, tablet):
        await device.drains()
        await device.sends(f"<message type='groupchat' to='{COVEN}'><body>!</body></message>")
        await device.receives(f"<message from='{COVEN}/thirdwitch'><body>!</body></message>")
    await crone.drains()
    await grants(crone, "nick='thirdwitch' role='visitor'")
    await crone.drains()
    await joined(stage, "hag66@shakespeare.lit/watch", "thirdwitch")
    await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch'>
          <x xmlns='http://jabber.org/protocol/muc#user'><item role='visitor'/></x>
        </presence>""")


async def test_a_nick_has_only_so_many_devices(stage: Stage) -> None:
    """§7.2.8: at the limit the answer is a proper error."""
    await opened(stage)
    for number in range(DEVICES_PER_NICK_MAX):
        await joined(stage, f"hag66@shakespeare.lit/{number}", "thirdwitch")
    one_more = await stage.client("hag66@shakespeare.lit/more")
    (answer,) = await enters(one_more, "thirdwitch")
    refused(answer, "resource-constraint", "wait")


async def test_a_full_room(stage: Stage) -> None:
    """§7.2.9, Example 30: the staff finds room all the same."""
    crone = await opened(stage, maxusers="2")
    await joined(stage, HAG, "thirdwitch")
    hecate = await stage.client(HECATE)
    (answer,) = await enters(hecate, "Hecate")
    refused(answer, "service-unavailable", "wait")
    await grants(crone, "affiliation='admin' jid='hecate@shakespeare.lit'")
    assert len(await enters(hecate, "Hecate")) == 4


async def test_another_device_takes_no_room(stage: Stage) -> None:
    """§7.2.8, §7.2.9: who is in a full room may be there with one device more, under their nick."""
    await opened(stage, maxusers="2")
    await joined(stage, HAG, "thirdwitch")
    phone = await stage.client("hag66@shakespeare.lit/phone")
    (answer,) = await enters(phone, "oldhag")
    refused(answer, "service-unavailable", "wait")
    assert "<status code='110'/>" in str(await enters(phone, "thirdwitch"))


async def test_not_everybody_may_make_rooms() -> None:
    """§10.1.1, Example 152."""
    creators = frozenset({JID.parse("crone1@shakespeare.lit")})
    async with staged(SERVICES, room_creators=creators) as stage:
        hag = await stage.client(HAG)
        (answer,) = await enters(hag, "thirdwitch")
        refused(answer, "not-allowed", "cancel")


async def test_nobody_makes_rooms_without_end() -> None:
    """The limit of nodes for each account holds for rooms."""
    async with staged(SERVICES, nodes_per_account_max=1) as stage:
        crone = await opened(stage)
        (answer,) = await enters(crone, "firstwitch", room="heath@chat.shakespeare.lit")
        refused(answer, "resource-constraint", "wait")


async def test_who_enters_again_is_told_all_again(stage: Stage) -> None:
    """§7.2.1, §17.3: a client that has lost track."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    again = await enters(hag, "thirdwitch")
    assert [each.get("from") for each in again] == [
        f"{COVEN}/firstwitch",
        f"{COVEN}/thirdwitch",
        COVEN,
    ]


async def test_presence_from_outside_is_answered_by_a_kick(stage: Stage) -> None:
    """§7.2.18, Example 43: also where there is no such room."""
    hag = await stage.client(HAG)
    for _ in range(2):
        await hag.sends(f"<presence to='{COVEN}/thirdwitch'/>")
        await hag.receives(f"""
            <presence from='{COVEN}/thirdwitch' to='{HAG}' type='unavailable'>
              <x xmlns='http://jabber.org/protocol/muc#user'>
                <item affiliation='none' role='none'>
                  <reason>You are not in the room.</reason>
                </item>
                <status code='110'/>
                <status code='307'/>
                <status code='333'/>
              </x>
            </presence>""")
        await opened(stage)


@pytest.mark.parametrize(
    "forged",
    [
        "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner'/></x>",
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='somebody'/>",
        f"<delay xmlns='urn:xmpp:delay' from='{COVEN}' stamp='2002-10-13T23:58:37Z'/>",
        f"<stanza-id xmlns='urn:xmpp:sid:0' by='{COVEN}' id='forged'/>",
    ],
)
async def test_only_the_room_speaks_for_the_room(stage: Stage, forged: str) -> None:
    """§17.3: what would be taken for the room's own words does not pass; other things do."""
    crone = await opened(stage)
    hag = await stage.client(HAG)
    caps = "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v' hash='sha-1'/>"
    await hag.sends(f"""
        <presence to='{COVEN}/thirdwitch'>
          <x xmlns='http://jabber.org/protocol/muc'/>{forged}{caps}<show>away</show>
        </presence>""")
    heard = await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch'>{caps}<show>away</show>
          <x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none'/></x>
        </presence>""")
    assert len(heard.childs("http://jabber.org/protocol/muc#user", "x")) == 1
    assert [each.get("id") for each in heard.childs("urn:xmpp:occupant-id:0", "occupant-id")] != [
        "somebody"
    ]
    assert len(heard.elements) == 4


async def test_presence_goes_to_a_room(stage: Stage) -> None:
    """§7.2.1: the service itself is no room."""
    hag = await stage.client(HAG)
    await hag.sends("<presence to='chat.shakespeare.lit'/>")
    refused(await hag.receives("<presence/>"), "jid-malformed")
