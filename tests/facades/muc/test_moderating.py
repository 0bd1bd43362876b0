"""Kicking, voice and role lists: XEP-0045 1.35.5, §7.13, §8.2-8.6, §9.6-9.8."""

from __future__ import annotations

import pytest

from tests.facades.muc.coven import (
    COVEN,
    HAG,
    HECATE,
    WICCAROCKS,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.stage import Client, Stage

USER = "http://jabber.org/protocol/muc#user"
ADMIN = "http://jabber.org/protocol/muc#admin"


async def listed(client: Client, item: str) -> list[dict[str, str]]:
    """A list of §8.5 or §9.5, as the attributes of its items."""
    answer = await client.asks(f"""
        <iq type='get' id='list' to='{COVEN}'><query xmlns='{ADMIN}'><item {item}/></query></iq>""")
    query = succeeded(answer).child(ADMIN, "query")
    assert query is not None
    return [{str(attr): value for attr, value in each.attrs.items()} for each in query.elements]


async def test_kicking(stage: Stage) -> None:
    """§8.2, Examples 89 to 92: on all devices, with who did it and why."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    phone = await joined(stage, "hag66@shakespeare.lit/phone", "thirdwitch")
    hecate = await joined(stage, HECATE, "Hecate")
    for each in (crone, hag, phone):
        await each.drains()
    succeeded(await grants(crone, "nick='thirdwitch' role='none'", "Avaunt, you cullion!"))
    kicked = f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'>
            <item affiliation='none' role='none'>
              <actor nick='firstwitch'/>
              <reason>Avaunt, you cullion!</reason>
            </item>
            %s<status code='307'/>
          </x>
        </presence>"""
    for each in (hag, phone):
        await each.receives(kicked % "<status code='110'/>")
    for each in (crone, hecate):
        await each.receives(kicked % "")
        await each.receives_nothing()
    assert len(await enters(hag, "thirdwitch")) == 4


@pytest.mark.parametrize(
    "item",
    [
        "nick='thirdwitch' role='none'",
        "nick='thirdwitch' role='visitor'",
        "jid='hag66@shakespeare.lit' affiliation='outcast'",
        "jid='hag66@shakespeare.lit' affiliation='member'",
    ],
)
async def test_who_asks_hears_first_that_it_is_done(stage: Stage, item: str) -> None:
    """§8.2, §8.4, §9.1, §9.3: success, and then what everybody hears of it."""
    crone = await opened(stage)
    await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await crone.sends(f"""
        <iq type='set' id='x' to='{COVEN}'><query xmlns='{ADMIN}'><item {item}/></query></iq>""")
    await crone.receives(f"<iq type='result' id='x' from='{COVEN}'/>")
    await crone.receives(f"<presence from='{COVEN}/thirdwitch'/>")


async def test_kicking_somebody_who_stands_higher(stage: Stage) -> None:
    """§8.2, Example 93; and mere occupants kick nobody."""
    crone = await opened(stage)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await joined(stage, HAG, "thirdwitch")
    refused(await grants(wicca, "nick='thirdwitch' role='none'"), "forbidden", "auth")
    await grants(crone, "nick='secondwitch' role='moderator'")
    refused(await grants(wicca, "nick='firstwitch' role='none'"), "not-allowed", "cancel")
    succeeded(await grants(wicca, "nick='thirdwitch' role='none'"))


async def test_only_who_is_there_is_kicked(stage: Stage) -> None:
    """§8.2: a nick nobody has; and an outsider who asks."""
    crone = await opened(stage)
    refused(await grants(crone, "nick='fourthwitch' role='none'"), "item-not-found")
    hag = await stage.client(HAG)
    refused(await grants(hag, "nick='firstwitch' role='none'"), "forbidden")


async def test_kicking_oneself(stage: Stage) -> None:
    """§8.2: whoever has had enough leaves (§7.14)."""
    crone = await opened(stage)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await grants(crone, "nick='secondwitch' role='moderator'")
    for each, nick in ((crone, "firstwitch"), (wicca, "secondwitch")):
        refused(await grants(each, f"nick='{nick}' role='none'"), "conflict", "cancel")


async def test_granting_and_revoking_voice(stage: Stage) -> None:
    """§8.3, §8.4: Examples 94 to 101."""
    crone = await opened(stage, moderatedroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    for role in ("participant", "visitor"):
        succeeded(await grants(crone, f"nick='thirdwitch' role='{role}'", "A worthy witch"))
        for each, code in ((crone, ""), (hag, "<status code='110'/>")):
            await each.receives(f"""
                <presence from='{COVEN}/thirdwitch'>
                  <x xmlns='{USER}'>
                    <item affiliation='none' role='{role}'><reason>A worthy witch</reason></item>
                    {code}
                  </x>
                </presence>""")


async def test_a_voice_outlasts_a_visit(stage: Stage) -> None:
    """§5.1: a moderated room knows who may speak when they come back, under whatever nick."""
    crone = await opened(stage, moderatedroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    await grants(crone, "nick='thirdwitch' role='participant'")
    await hag.sends(f"<presence type='unavailable' to='{COVEN}/thirdwitch'/>")
    await hag.drains()
    assert "role='participant'" in str((await enters(hag, "oldhag"))[1])
    await hag.sends(f"<message type='groupchat' to='{COVEN}'><body>!</body></message>")
    await hag.receives(f"<message from='{COVEN}/oldhag'><body>!</body></message>")


async def test_a_warning_is_for_who_enters(stage: Stage) -> None:
    """§7.2.3, §7.2.12: in the initial presence; who only changes has been told."""
    crone = await opened(stage, whois="anyone")
    hag = await stage.client(HAG)
    entering = str(await enters(hag, "thirdwitch"))
    assert all(f"<status code='{code}'/>" in entering for code in (100, 110, 170)), entering
    succeeded(await grants(crone, "nick='thirdwitch' role='visitor'"))
    changed = str(await hag.drains())
    assert "<status code='110'/>" in changed
    assert "'100'" not in changed and "'170'" not in changed


async def test_voice_is_not_revoked_from_staff(stage: Stage) -> None:
    """§8.4, Example 102; §8.5, Example 107: and then nothing of the list is changed."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    answer = await crone.asks(f"""
        <iq type='set' id='voicetest' to='{COVEN}'>
          <query xmlns='{ADMIN}'>
            <item nick='thirdwitch' role='visitor'/>
            <item nick='firstwitch' role='visitor'/>
          </query>
        </iq>""")
    refused(answer, "not-allowed", "cancel")
    await hag.receives_nothing()


async def test_the_voice_list(stage: Stage) -> None:
    """§8.5, Examples 103 to 106."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await joined(stage, HECATE, "Hecate")
    assert await listed(crone, "role='participant'") == [
        {"affiliation": "none", "jid": HECATE, "nick": "Hecate", "role": "participant"},
        {"affiliation": "none", "jid": HAG, "nick": "thirdwitch", "role": "participant"},
    ]
    await hag.drains()
    succeeded(
        await crone.asks(f"""
            <iq type='set' id='voice4' to='{COVEN}'>
              <query xmlns='{ADMIN}'>
                <item nick='Hecate' role='visitor'/>
                <item nick='thirdwitch' role='visitor'><reason>Mumbles</reason></item>
              </query>
            </iq>""")
    )
    visitors = await listed(crone, "role='visitor'")
    assert {each["nick"] for each in visitors} == {"thirdwitch", "Hecate"}
    # Two reasons were given, and the one for the other is not told.
    assert "Mumbles" not in str(await hag.receives(f"<presence from='{COVEN}/Hecate'/>"))


async def test_moderators_are_made_by_admins(stage: Stage) -> None:
    """§9.6, §9.7, Examples 137 to 143; §9.8."""
    crone = await opened(stage)
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    hag = await joined(stage, HAG, "thirdwitch")
    succeeded(await grants(crone, "nick='secondwitch' role='moderator'"))
    await hag.hears(f"""
        <presence from='{COVEN}/secondwitch'>
          <x xmlns='{USER}'><item affiliation='none' role='moderator'/></x>
        </presence>""")
    refused(await grants(wicca, "nick='thirdwitch' role='moderator'"), "forbidden")
    refused(await grants(wicca, "nick='firstwitch' role='participant'"), "not-allowed")
    assert [each["nick"] for each in await listed(wicca, "role='moderator'")] == [
        "firstwitch",
        "secondwitch",
    ]
    succeeded(await grants(crone, "nick='secondwitch' role='participant'"))
    refused(
        await wicca.asks(f"""
            <iq type='get' id='list' to='{COVEN}'>
              <query xmlns='{ADMIN}'><item role='moderator'/></query></iq>"""),
        "forbidden",
    )


async def test_asking_for_voice(stage: Stage) -> None:
    """§7.13, Example 79; §8.6, Examples 108 and 109."""
    crone = await opened(stage, moderatedroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await joined(stage, HECATE, "Hecate")
    for each in (crone, hag):
        await each.drains()
    await hag.sends(f"""
        <message id='yd53c486' to='{COVEN}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
            <field var='muc#role'><value>participant</value></field>
          </x>
        </message>""")
    await crone.receives(f"""
        <message from='{COVEN}'>
          <x xmlns='jabber:x:data' type='form'>
            <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
            <field var='muc#role'><value>participant</value></field>
            <field var='muc#jid'><value>{HAG}</value></field>
            <field var='muc#roomnick'><value>thirdwitch</value></field>
            <field var='muc#request_allow' type='boolean'><value>false</value></field>
          </x>
        </message>""")
    await hecate.receives_nothing()
    answer = f"""
        <message id='approve' to='{COVEN}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
            <field var='muc#role'><value>participant</value></field>
            <field var='muc#roomnick'><value>thirdwitch</value></field>
            <field var='muc#request_allow'><value>%s</value></field>
          </x>
        </message>"""
    await hecate.sends(answer % "true")
    refused(await hecate.receives("<message/>"), "forbidden")
    await crone.sends(answer % "false")
    await hag.receives_nothing()
    await crone.sends(answer % "true")
    await hag.receives(f"""
        <presence from='{COVEN}/thirdwitch'>
          <x xmlns='{USER}'><item role='participant'/></x>
        </presence>""")


async def test_a_late_answer_takes_nothing_away(stage: Stage) -> None:
    """§8.6: a request that another moderator has answered, with voice or with more than that."""
    crone = await opened(stage, moderatedroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    for role in ("participant", "moderator"):
        await grants(crone, f"nick='thirdwitch' role='{role}'")
        await hag.drains()
        await crone.sends(f"""
            <message to='{COVEN}'>
              <x xmlns='jabber:x:data' type='submit'>
                <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
                <field var='muc#roomnick'><value>thirdwitch</value></field>
                <field var='muc#request_allow'><value>1</value></field>
              </x>
            </message>""")
        await hag.receives_nothing()
        assert [each["nick"] for each in await listed(crone, f"role='{role}'")][-1] == "thirdwitch"


@pytest.mark.parametrize(
    "x",
    [
        "<x xmlns='jabber:x:data' type='submit'/>",
        """<x xmlns='jabber:x:data' type='submit'>
           <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
           <field var='muc#role'><value>moderator</value></field></x>""",
        """<x xmlns='jabber:x:data' type='submit'>
           <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
           <field var='muc#request_allow'><value>1</value></field></x>""",
    ],
)
async def test_asking_for_what_is_not_to_be_had(stage: Stage, x: str) -> None:
    """§7.13: a form asks for voice, and says for whom it is granted."""
    crone = await opened(stage)
    await crone.sends(f"<message to='{COVEN}'>{x}</message>")
    refused(await crone.receives("<message/>"), "bad-request")


@pytest.mark.parametrize(
    "items",
    [
        "",
        "<item/>",
        "<item role='none'/>",
        "<item nick='thirdwitch' role='witch'/>",
        "<item jid='hag66@shakespeare.lit' affiliation='witch'/>",
        "<item jid='hag66@shakespeare.lit' affiliation='publisher'/>",
        "<item affiliation='member'/>",
        "<item nick='thirdwitch' jid='hag66@shakespeare.lit' role='none' affiliation='none'/>",
        "<item nick='thirdwitch' role='none'/><item jid='a@b' affiliation='none'/>",
    ],
)
async def test_requests_that_make_no_sense(stage: Stage, items: str) -> None:
    """§17.4: a role goes with a nick, an affiliation with a JID, and not both at once."""
    crone = await opened(stage)
    answer = await crone.asks(f"""
        <iq type='set' id='x' to='{COVEN}'><query xmlns='{ADMIN}'>{items}</query></iq>""")
    refused(answer, "bad-request", "modify")


@pytest.mark.parametrize(
    "items",
    [
        "",
        "<item/>",
        "<item role='none'/>",
        "<item affiliation='none'/>",
        "<item role='visitor' affiliation='member'/>",
        "<item role='visitor'/><item role='participant'/>",
    ],
)
async def test_lists_that_nobody_has(stage: Stage, items: str) -> None:
    """§8.5, §9.5: one list of those who have a role, or an affiliation."""
    crone = await opened(stage)
    answer = await crone.asks(f"""
        <iq type='get' id='x' to='{COVEN}'><query xmlns='{ADMIN}'>{items}</query></iq>""")
    refused(answer, "bad-request", "modify")


async def test_administration_is_the_rooms(stage: Stage) -> None:
    """§8, §9: requests go to the room itself."""
    crone = await opened(stage)
    for to, condition in (
        (f"{COVEN}/firstwitch", "bad-request"),
        ("chat.shakespeare.lit", "service-unavailable"),
    ):
        answer = await crone.asks(f"""
            <iq type='get' id='x' to='{to}'>
              <query xmlns='{ADMIN}'><item role='visitor'/></query></iq>""")
        refused(answer, condition)
    answer = await grants(crone, "role='none' nick='&#10;'")
    refused(answer, "jid-malformed", "modify")
