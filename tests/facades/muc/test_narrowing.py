"""Presence that is not for everybody: XEP-0045 1.35.5, §7.2.2, muc#roomconfig_presencebroadcast."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.xml import Element
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
from tests.stage import Client, Stage

USER = "http://jabber.org/protocol/muc#user"
QUIET = {"moderatedroom": "1", "presencebroadcast": "moderator | participant"}


def told(stanzas: list[Element], nick: str, type: str = "") -> bool:
    """Whether there is presence of a nick among them."""
    return any(
        each.name == "presence"
        and each.get("from") == f"{COVEN}/{nick}"
        and each.get("type", "") == type
        for each in stanzas
    )


async def test_visitors_are_heard_by_moderators_alone(stage: Stage) -> None:
    """§7.2.2: entering, changing and leaving; each visitor hears of themself."""
    crone = await opened(stage, **QUIET)
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    assert told(came, "Hecate")
    assert told(came, "firstwitch")
    assert not told(came, "thirdwitch")
    await hag.receives_nothing()
    assert told(await crone.drains(), "Hecate")
    await hecate.sends(f"<presence to='{COVEN}/Hecate'><show>away</show></presence>")
    await hecate.receives(f"<presence from='{COVEN}/Hecate'><show>away</show></presence>")
    await crone.receives(f"<presence from='{COVEN}/Hecate'><show>away</show></presence>")
    await hecate.sends(f"<presence to='{COVEN}/Hecate' type='unavailable'/>")
    await hecate.receives(f"<presence from='{COVEN}/Hecate' type='unavailable'/>")
    await crone.receives(f"<presence from='{COVEN}/Hecate' type='unavailable'/>")
    await hag.receives_nothing()


async def test_a_voice_makes_somebody_seen(stage: Stage) -> None:
    """§8.3, §8.4: and without it they are as if they had left."""
    crone = await opened(stage, **QUIET)
    hag = await joined(stage, HAG, "thirdwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await wicca.drains()
    await grants(crone, "nick='thirdwitch' role='participant'")
    await wicca.receives(f"""
        <presence from='{COVEN}/thirdwitch'><x xmlns='{USER}'><item role='participant'/></x>
        </presence>""")
    await hag.drains()
    await grants(crone, "nick='thirdwitch' role='visitor'")
    await wicca.receives(f"<presence from='{COVEN}/thirdwitch' type='unavailable'/>")
    await hag.hears(f"<presence from='{COVEN}/thirdwitch'><x xmlns='{USER}'/></presence>")
    assert not told(await hag.drains(), "thirdwitch", "unavailable")


async def test_who_becomes_a_moderator_sees_all(stage: Stage) -> None:
    """§9.6, §9.7: and no longer sees those who are not for everybody."""
    crone = await opened(stage, **QUIET)
    await joined(stage, HAG, "thirdwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    await wicca.drains()
    await grants(crone, "nick='secondwitch' role='moderator'")
    assert told(await wicca.drains(), "thirdwitch")
    await grants(crone, "nick='secondwitch' role='participant'")
    came = await wicca.drains()
    assert told(came, "thirdwitch", "unavailable")
    assert not told(came, "firstwitch", "unavailable")


async def test_who_was_seen_is_seen_to_leave(stage: Stage) -> None:
    """§9.1, §10.2: an admin who is banned, or is nothing any more in a room for members."""
    crone = await opened(stage, **QUIET)
    hag = await joined(stage, HAG, "thirdwitch")
    row = "jid='wiccarocks@shakespeare.lit'"
    await grants(crone, f"{row} affiliation='admin'")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    assert told(await hag.drains(), "secondwitch")
    await grants(crone, f"{row} affiliation='outcast'")
    assert told(await hag.drains(), "secondwitch", "unavailable")
    for affiliation in ("none", "admin"):
        await grants(crone, f"{row} affiliation='{affiliation}'")
    await enters(wicca, "secondwitch")
    await grants(crone, "jid='hag66@shakespeare.lit' affiliation='member'")
    await hag.drains()
    await configures(crone, {"membersonly": "1", "roomadmins": ""})
    assert told(await hag.drains(), "secondwitch", "unavailable")


async def test_who_becomes_a_moderator_learns_who_everybody_is(stage: Stage) -> None:
    """§8, §4.2: real addresses come in presence; once, and not where they are known already."""
    crone = await opened(stage)
    await joined(stage, HAG, "thirdwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")

    def addresses(came: list[Element]) -> list[tuple[str, str]]:
        told = ((each, x) for each in came for x in each.childs(USER, "x"))
        return [
            (each.get("from", ""), item.get("jid", ""))
            for each, x in told
            for item in x.childs(USER, "item")
        ]

    own = (f"{COVEN}/secondwitch", WICCAROCKS)
    others = [(f"{COVEN}/firstwitch", CRONE), (f"{COVEN}/thirdwitch", HAG)]
    row = "jid='wiccarocks@shakespeare.lit'"
    for raised, lowered in (
        ("nick='secondwitch' role='moderator'", "nick='secondwitch' role='participant'"),
        (f"{row} affiliation='admin'", f"{row} affiliation='none'"),
    ):
        await wicca.drains()
        await grants(crone, raised)
        assert addresses(await wicca.drains()) == [own, *others]
        await grants(crone, lowered)
        assert addresses(await wicca.drains()) == [own]
    await configures(crone, {"whois": "anyone"})
    await wicca.drains()
    await grants(crone, f"{row} affiliation='admin'")
    assert addresses(await wicca.drains()) == [own]


async def test_another_configuration_shows_and_hides(stage: Stage) -> None:
    """§10.2: those who are there already."""
    crone = await opened(stage, moderatedroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    for each in (crone, hag, wicca):
        await each.drains()
    succeeded(await configures(crone, QUIET))
    came = await hag.drains()
    assert told(came, "secondwitch", "unavailable")
    assert not told(came, "thirdwitch", "unavailable")
    assert not told(await crone.drains(), "secondwitch", "unavailable")
    await configures(crone, {"presencebroadcast": "moderator | participant | visitor"})
    came = await hag.drains()
    assert told(came, "secondwitch")
    assert "jid=" not in str(came)


async def probes(client: Client, to: str) -> list[Element]:
    """A presence probe, and what comes of it."""
    await client.sends(f"<presence type='probe' id='p' to='{to}'/>")
    return await client.drains()


async def test_probes(stage: Stage) -> None:
    """§17.3: of one occupant, of all, of nobody; who is not seen is not there."""
    crone = await opened(stage, **QUIET)
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await joined(stage, HECATE, "Hecate")
    for each in (crone, hag, hecate):
        await each.drains()
    (shown,) = await probes(hag, f"{COVEN}/firstwitch")
    assert told([shown], "firstwitch")
    (shown,) = await probes(hag, f"{COVEN}/thirdwitch")
    assert "<status code='110'/>" in str(shown)
    for nick in ("oldhag", "Hecate"):
        (shown,) = await probes(hag, f"{COVEN}/{nick}")
        assert told([shown], nick, "unavailable")
    assert [each.get("from") for each in await probes(crone, COVEN)] == [
        f"{COVEN}/thirdwitch",
        f"{COVEN}/Hecate",
        f"{COVEN}/firstwitch",
    ]


async def test_probes_from_outside(stage: Stage) -> None:
    """§17.3: a probe is no way in, and tells nothing."""
    await opened(stage)
    hag = await stage.client(HAG)
    for to in (COVEN, f"{COVEN}/firstwitch"):
        (answer,) = await probes(hag, to)
        refused(answer, "not-acceptable")
    (answer,) = await probes(hag, "heath@chat.shakespeare.lit/x")
    refused(answer, "item-not-found")
    (answer,) = await probes(hag, "chat.shakespeare.lit")
    refused(answer, "service-unavailable")


async def test_what_visitors_may_change(stage: Stage) -> None:
    """`muc#roomconfig_allowvisitornickchange`, `muc#roomconfig_allowvisitorstatus`."""
    crone = await opened(
        stage, moderatedroom="1", allowvisitornickchange="0", allowvisitorstatus="0"
    )
    hag = await stage.client(HAG)
    await hag.sends(f"""
        <presence to='{COVEN}/thirdwitch'>
          <show>away</show><status>buy my potions</status>
          <x xmlns='http://jabber.org/protocol/muc'/></presence>""")
    seen = await crone.receives(f"<presence from='{COVEN}/thirdwitch'><show>away</show></presence>")
    assert "potions" not in str(seen)
    await hag.drains()
    await hag.sends(f"<presence to='{COVEN}/oldhag'/>")
    refused(await hag.receives("<presence type='error'/>"), "forbidden")
    await hag.sends(f"""
        <presence to='{COVEN}/oldhag'><x xmlns='http://jabber.org/protocol/muc'/></presence>""")
    refused(await hag.receives("<presence type='error'/>"), "forbidden")
    await crone.receives_nothing()
    await grants(crone, "nick='thirdwitch' role='participant'")
    await crone.drains()
    await hag.sends(f"<presence to='{COVEN}/oldhag'><status>old</status></presence>")
    await crone.hears(f"<presence from='{COVEN}/oldhag'><status>old</status></presence>")


async def test_rooms_where_nobody_asks_for_voice(stage: Stage) -> None:
    """`muc#roomconfig_allowvoicerequests`; disco says so."""
    crone = await opened(stage, moderatedroom="1", allowvoicerequests="0")
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(f"""
        <message to='{COVEN}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>
            <field var='muc#role'><value>participant</value></field>
          </x></message>""")
    refused(await hag.receives("<message type='error'/>"), "forbidden", "auth")
    await crone.receives_nothing()
    answer = await hag.asks(f"""
        <iq type='get' id='i' to='{COVEN}'>
          <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""")
    assert "muc#request" not in str(answer)


@pytest.mark.accounts_here
async def test_the_service_shuts_down(stage: Stage) -> None:
    """§11.2, Example 207: each occupant hears it of themself, status 332; by id (XEP-0421)."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    ids: dict[str, str | None] = {}
    for each, nick in ((crone, "firstwitch"), (hag, "thirdwitch")):
        await each.sends(f"<presence type='probe' to='{COVEN}/{nick}'/>")
        known = (await each.receives("<presence/>")).child("urn:xmpp:occupant-id:0", "occupant-id")
        assert known is not None
        ids[nick] = known.get("id")
    await stage.core.farewell()
    for each, nick in ((crone, "firstwitch"), (hag, "thirdwitch")):
        await each.receives(f"""
            <presence from='{COVEN}/{nick}' type='unavailable'>
              <x xmlns='{USER}'><item affiliation='none' role='none'/>
                <status code='110'/><status code='332'/></x>
              <occupant-id xmlns='urn:xmpp:occupant-id:0' id='{ids[nick]}'/></presence>""")
        await each.receives_nothing()
