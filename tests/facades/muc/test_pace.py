"""Slow rooms (XEP-0500 0.1.1), and what a flood is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from folkmoot.engine.pace import PACES, SLOW_SECONDS_MAX, Pace, Rate
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.stage import Client, Stage, element, staged

SLOW = {"muc#roomconfig_slow_mode_duration": "20"}


async def says(client: Client, inside: str = "<body>!</body>", to: str = COVEN) -> None:
    type = "chat" if "/" in to else "groupchat"
    await client.sends(f"<message id='m' type='{type}' to='{to}'>{inside}</message>")


async def test_a_room_is_made_slow(stage: Stage) -> None:
    """§5.1, Example 1, and its validation; §5.2, Example 2; all hear of it (104)."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    succeeded(await configures(crone, SLOW))
    await hag.receives("""
        <message><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>
        </message>""")
    await crone.asks(
        f"""<iq type='get' id='config1' to='{COVEN}'>
              <query xmlns='http://jabber.org/protocol/muc#owner'/></iq>""",
        f"""<iq><query xmlns='http://jabber.org/protocol/muc#owner'>
              <x xmlns='jabber:x:data' type='form'>
                <field var='muc#roomconfig_slow_mode_duration' type='text-single'>
                  <validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:integer'>
                    <range min='0' max='{SLOW_SECONDS_MAX}'/>
                  </validate>
                  <value>20</value>
                </field></x></query></iq>""",
    )
    await hag.asks(
        f"""<iq type='get' id='ik3vs715' to='{COVEN}'>
              <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""",
        """<iq><query xmlns='http://jabber.org/protocol/disco#info'>
              <x xmlns='jabber:x:data' type='result'>
                <field var='muc#roominfo_slow_mode_duration' type='text-single'>
                  <value>20</value></field></x></query></iq>""",
    )


@pytest.mark.parametrize("value", ["-1", "1.5", "soon", "", str(SLOW_SECONDS_MAX + 1), "9" * 30])
async def test_what_is_no_duration(stage: Stage, value: str) -> None:
    """§8."""
    crone = await opened(stage)
    answer = await configures(crone, {"muc#roomconfig_slow_mode_duration": value})
    refused(answer, "not-acceptable")
    assert "slow_mode_duration" in str(answer)


async def test_people_wait(stage: Stage) -> None:
    """§6, Example 3: on whatever device and under whatever nick (§8); chat states do not count."""
    crone = await opened(stage)
    await configures(crone, SLOW)
    hag = await joined(stage, HAG, "thirdwitch")
    phone = await joined(stage, "hag66@shakespeare.lit/phone", "old hag")
    await hag.drains()
    await says(hag)
    await hag.receives(f"<message from='{COVEN}/thirdwitch'><body>!</body></message>")
    await crone.drains()
    await phone.drains()
    stage.clock.at += 19
    for each in (hag, phone):
        await says(each)
        answer = await each.receives("<message id='m' type='error'/>")
        refused(answer, "policy-violation", "wait")
        assert "20 seconds" in str(answer)
    await says(hag, "<composing xmlns='http://jabber.org/protocol/chatstates'/>")
    await crone.receives(
        "<message><composing/></message>".replace(
            "<composing/>", "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
        )
    )
    await crone.receives_nothing()
    stage.clock.at += 1
    await says(phone)
    await crone.receives(f"<message from='{COVEN}/old hag'><body>!</body></message>")


async def test_owners_and_admins_do_not_wait(stage: Stage) -> None:
    """§6: room administrators and owners are not limited; moderators of less standing are."""
    crone = await opened(stage)
    await configures(crone, SLOW)
    hag = await joined(stage, HAG, "thirdwitch")
    succeeded(await grants(crone, "nick='thirdwitch' role='moderator'"))
    for _ in range(2):
        await says(crone)
        await says(hag)
    refused(await hag.hears("<message type='error'/>"), "policy-violation")
    succeeded(await grants(crone, "jid='hag66@shakespeare.lit' affiliation='admin'"))
    await hag.drains()
    await crone.drains()
    await says(hag)
    await crone.receives(f"<message type='groupchat' from='{COVEN}/thirdwitch'/>")


# --- floods


def strict(*paces: Pace) -> Mapping[Pace, Rate]:
    return {**PACES, **{pace: Rate(1, 2) for pace in paces}}


async def test_a_flood_of_messages_is_refused() -> None:
    """RFC 6120 §8.3.3.12: with a text; private ones count too; later it goes on."""
    async with staged(paces=strict(Pace.MESSAGES)) as stage:
        crone = await opened(stage)
        hag = await joined(stage, HAG, "thirdwitch")
        await crone.drains()
        await says(hag)
        await says(hag, to=f"{COVEN}/firstwitch")
        await crone.receives(f"<message from='{COVEN}/thirdwitch' type='groupchat'/>")
        await crone.receives(f"<message from='{COVEN}/thirdwitch' type='chat'/>")
        await hag.drains()
        for to in (COVEN, f"{COVEN}/firstwitch"):
            await says(hag, to=to)
            answer = await hag.receives("<message type='error'/>")
            refused(answer, "policy-violation", "wait")
            assert "messages" in str(answer)
        await crone.receives_nothing()
        await says(crone)
        await crone.receives(f"<message from='{COVEN}/firstwitch'/>")
        stage.clock.at += 1
        await says(hag)
        await crone.receives(f"<message from='{COVEN}/thirdwitch'/>")


@pytest.mark.accounts_here
async def test_a_flood_of_what_the_room_passes_on_is_refused() -> None:
    """Each invitation counts, and each request for voice, as what is said does."""
    async with staged(paces=strict(Pace.MESSAGES)) as stage:
        await opened(stage, moderatedroom="1")
        hag = await joined(stage, HAG, "thirdwitch")
        guest = await stage.client("hecate@shakespeare.lit/broom", available=True)
        invite = "<invite to='hecate@shakespeare.lit'/>"
        user = "http://jabber.org/protocol/muc#user"
        ask = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>"
        voice = f"<x xmlns='jabber:x:data' type='submit'>{ask}</x>"
        await hag.drains()
        await hag.sends(f"<message to='{COVEN}'><x xmlns='{user}'>{invite * 2}</x></message>")
        for _ in range(2):
            await guest.hears(f"<message from='{COVEN}'/>")
        for inside in (f"<x xmlns='{user}'>{invite}</x>", voice):
            await hag.sends(f"<message to='{COVEN}'>{inside}</message>")
            refused(await hag.receives("<message type='error'/>"), "policy-violation", "wait")
        await guest.receives_nothing()


@pytest.mark.accounts_here
async def test_who_floods_is_read_more_slowly() -> None:
    """What is refused so takes its time, on the stream of who sent it alone."""
    async with staged(paces=strict(Pace.MESSAGES)) as stage:
        await opened(stage)
        hag = await joined(stage, HAG, "thirdwitch")
        router, said = (
            stage.core.router,
            f"<message to='{COVEN}' type='groupchat'><body/></message>",
        )
        taken = [router.receive(hag.jid, element(said)) for _ in range(3)]
        assert taken[:2] == [None, None]
        assert taken[2] is not None
        await taken[2]


async def test_a_busy_room_says_so() -> None:
    """RFC 6120 §8.3.3.18: it is nobody's fault alone; other rooms notice nothing."""
    async with staged(paces=strict(Pace.MESSAGES_OF_ALL)) as stage:
        crone = await opened(stage)
        hag = await joined(stage, HAG, "thirdwitch")
        heath = "heath@chat.shakespeare.lit"
        await enters(crone, "firstwitch", room=heath)
        await configures(crone, {}, heath)
        await says(crone)
        await says(hag)
        await crone.drains()
        await says(crone)
        refused(await crone.receives("<message type='error'/>"), "resource-constraint", "wait")
        await says(crone, to=heath)
        await crone.receives(f"<message from='{heath}/firstwitch'/>")


async def test_floods_of_presence_nicks_and_entries_are_refused() -> None:
    """Leaving is always possible."""
    async with staged(paces=strict(Pace.PRESENCES, Pace.NICKS, Pace.ENTRIES)) as stage:
        crone = await opened(stage)
        hag = await joined(stage, HAG, "thirdwitch")
        for what, nicks in (("presences", ("thirdwitch",) * 3), ("nicks", ("a", "b", "c"))):
            await crone.drains()
            await hag.drains()
            for nick in nicks:
                await hag.sends(f"<presence to='{COVEN}/{nick}'/>")
            answer = await hag.hears("<presence type='error'/>")
            refused(answer, "policy-violation", "wait")
            assert what in str(answer)
        for _ in range(2):
            await hag.sends(f"<presence to='{COVEN}/b' type='unavailable'/>")
            came = await enters(hag, "b")
        refused(came[-1], "policy-violation", "wait")
        assert "entries" in str(came[-1])
        stage.clock.at += 1
        assert len(await enters(hag, "b")) > 1


async def test_a_room_that_too_many_enter() -> None:
    async with staged(paces=strict(Pace.PRESENCES_OF_ALL)) as stage:
        crone = await opened(stage)
        await enters(crone, "firstwitch")
        await joined(stage, HAG, "thirdwitch")
        phone = await stage.client(CRONE.replace("desktop", "phone"))
        refused((await enters(phone, "firstwitch"))[-1], "resource-constraint", "wait")
