"""Changing nick and presence, and leaving: XEP-0045 1.35.5, §7.6, §7.7, §7.14, §11.1, §18.1.2."""

from __future__ import annotations

import pytest

from tests.facades.muc.coven import (
    COVEN,
    HAG,
    HECATE,
    configures,
    enters,
    joined,
    opened,
    refused,
)
from tests.stage import Stage

USER = "http://jabber.org/protocol/muc#user"


async def test_changing_nick(stage: Stage) -> None:
    """§7.6, Examples 49 and 50: the old nick goes with a word about the new one."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    hecate = await joined(stage, HECATE, "Hecate")
    for each in (crone, hag):
        await each.drains()
    await hag.sends(f"<presence id='ifd1c35' to='{COVEN}/oldhag'/>")
    for each, jid in ((crone, f"jid='{HAG}'"), (hecate, "")):
        gone = await each.receives(f"""
            <presence from='{COVEN}/thirdwitch' type='unavailable'>
              <x xmlns='{USER}'>
                <item affiliation='none' {jid} nick='oldhag' role='participant'/>
                <status code='303'/>
              </x>
            </presence>""")
        told = await each.receives(f"""
            <presence from='{COVEN}/oldhag'>
              <x xmlns='{USER}'><item affiliation='none' {jid} role='participant'/></x>
            </presence>""")
        assert "actor" not in str(gone) + str(told)
    await hag.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'>
            <item nick='oldhag'/><status code='110'/><status code='303'/>
          </x>
        </presence>""")
    await hag.receives(f"""
        <presence from='{COVEN}/oldhag' id='ifd1c35'>
          <x xmlns='{USER}'><status code='110'/></x>
        </presence>""")
    for each in (crone, hag, hecate):
        await each.receives_nothing()


async def test_a_nick_that_another_device_goes_by(stage: Stage) -> None:
    """§7.6, §7.2.8: whoever changes nick alone is told that the old one is still there."""
    await opened(stage)
    await joined(stage, HAG, "thirdwitch")
    laptop = await joined(stage, "hag66@shakespeare.lit/laptop", "thirdwitch")
    await laptop.sends(f"<presence to='{COVEN}/oldhag'/>")
    await laptop.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'><item nick='oldhag'/><status code='110'/><status code='303'/></x>
        </presence>""")
    other = await laptop.receives(
        f"<presence from='{COVEN}/thirdwitch'><x xmlns='{USER}'/></presence>"
    )
    assert "110" not in str(other)
    await laptop.receives(f"""
        <presence from='{COVEN}/oldhag'><x xmlns='{USER}'><status code='110'/></x></presence>""")
    await laptop.receives_nothing()


async def test_entering_again_with_another_nick(stage: Stage) -> None:
    """§7.6 by way of §7.2.1: whoever is in the room already changes nick."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    came = await enters(hag, "oldhag")
    assert came[0].get("type") == "unavailable"
    assert [each.get("from") for each in came[1:]] == [
        f"{COVEN}/firstwitch",
        f"{COVEN}/oldhag",
        COVEN,
    ]
    await crone.receives(f"<presence from='{COVEN}/thirdwitch' type='unavailable'/>")
    await crone.receives(f"<presence from='{COVEN}/oldhag'/>")


async def test_a_nick_that_is_taken(stage: Stage) -> None:
    """§7.6, Example 52; §17.1: nor may it be invisible."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await hag.sends(f"<presence id='ifd1c35' to='{COVEN}/firstwitch'/>")
    refused(await hag.receives("<presence id='ifd1c35'/>"), "conflict", "cancel")
    await hag.sends(f"<presence to='{COVEN}/ '/>")
    refused(await hag.receives("<presence/>"), "jid-malformed")


async def test_changing_availability(stage: Stage) -> None:
    """§7.7, Examples 54 and 55."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "oldhag")
    await crone.drains()
    await hag.sends(f"""
        <presence id='kr7v143h' to='{COVEN}/oldhag'>
          <show>xa</show><status>gone where the goblins go</status>
        </presence>""")
    await crone.receives(f"""
        <presence from='{COVEN}/oldhag'>
          <show>xa</show>
          <status>gone where the goblins go</status>
          <x xmlns='{USER}'><item affiliation='none' jid='{HAG}' role='participant'/></x>
        </presence>""")
    await hag.receives(f"""
        <presence from='{COVEN}/oldhag' id='kr7v143h'>
          <show>xa</show>
          <x xmlns='{USER}'><status code='110'/></x>
        </presence>""")
    hecate = await stage.client(HECATE)
    came = await enters(hecate, "Hecate")
    assert "<show>xa</show>" in str(came[1])


async def test_leaving(stage: Stage) -> None:
    """§7.14, Examples 80 to 83."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(f"""
        <presence to='{COVEN}/thirdwitch' type='unavailable'>
          <status>gone where the goblins go</status>
          <x xmlns='{USER}'><item affiliation='owner'/></x>
        </presence>""")
    own = await hag.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <status>gone where the goblins go</status>
          <x xmlns='{USER}'>
            <item affiliation='none' jid='{HAG}' role='none'/>
            <status code='110'/>
          </x>
        </presence>""")
    assert len(own.childs(USER, "x")) == 1
    told = await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <status>gone where the goblins go</status>
          <x xmlns='{USER}'><item affiliation='none' jid='{HAG}' role='none'/></x>
        </presence>""")
    assert "status code" not in str(told)
    await crone.sends(f"<message type='groupchat' to='{COVEN}'><body>Gone?</body></message>")
    await hag.receives_nothing()


async def test_who_is_not_in_a_room_leaves_it_in_silence(stage: Stage) -> None:
    """§17.3: unavailable presence of somebody without a role is ignored."""
    hag = await stage.client(HAG)
    for _ in range(2):
        await hag.sends(f"<presence to='{COVEN}/thirdwitch' type='unavailable'/>")
        await hag.receives_nothing()
        await opened(stage)


@pytest.mark.accounts_here
async def test_a_lost_stream(stage: Stage) -> None:
    """§11.1, Example 206."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.leaves()
    await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'><item role='none'/><status code='333'/></x>
        </presence>""")


@pytest.mark.accounts_here
async def test_a_closed_stream(stage: Stage) -> None:
    """§7.14: whoever says goodbye to their server leaves, and nothing was wrong."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.logs_out()
    gone = await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'><item role='none'/></x>
        </presence>""")
    assert "status" not in str(gone)


@pytest.mark.parametrize(
    "error",
    [
        """<message type='error' to='{}'><error type='cancel'>
           <gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>""",
        """<message type='error' to='{}'><error type='wait'>
           <recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
           </error></message>""",
        "<presence type='error' to='{}'/>",
    ],
)
async def test_a_ghost_has_to_go(stage: Stage, error: str) -> None:
    """§18.1.2: what the room sent could not be delivered."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(error.format(f"{COVEN}/firstwitch"))
    await crone.receives(f"""
        <presence from='{COVEN}/thirdwitch' type='unavailable'>
          <x xmlns='{USER}'><status code='333'/></x>
        </presence>""")


async def test_an_error_from_somebody_who_is_there(stage: Stage) -> None:
    """§18.1.2: other errors say that somebody had it, and did not like it."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await hag.sends(f"""
        <message type='error' to='{COVEN}/firstwitch'><error type='cancel'>
        <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>""")
    await crone.receives_nothing()


async def test_a_temporary_room_ends_with_the_last_occupant(stage: Stage) -> None:
    """§4.2, §7.14; a persistent one stays."""
    crone = await opened(stage)
    await crone.sends(f"<presence to='{COVEN}/firstwitch' type='unavailable'/>")
    await crone.drains()
    assert "<status code='201'/>" in str(await enters(crone, "firstwitch"))
    await configures(crone, {"persistentroom": "1"})
    await crone.sends(f"<presence to='{COVEN}/firstwitch' type='unavailable'/>")
    await crone.drains()
    assert "<status code='201'/>" not in str(await enters(crone, "firstwitch"))


async def test_a_room_that_was_never_opened_ends_with_its_owner(stage: Stage) -> None:
    """§10.1.3: the owner becomes unavailable before submitting the form."""
    crone = await stage.client("crone1@shakespeare.lit/desktop")
    await enters(crone, "firstwitch")
    await crone.leaves()
    hag = await stage.client(HAG)
    assert "<status code='201'/>" in str(await enters(hag, "thirdwitch"))


async def test_pinging_oneself(stage: Stage) -> None:
    """XEP-0410 §3, Examples 1 and 2: the room answers for who is in it."""
    hag = await stage.client(HAG)
    ping = f"""
        <iq type='get' id='s2c1' to='{COVEN}/%s'><ping xmlns='urn:xmpp:ping'/></iq>"""
    refused(await hag.asks(ping % "thirdwitch"), "not-acceptable", "cancel")
    await opened(stage)
    refused(await hag.asks(ping % "thirdwitch"), "not-acceptable", "cancel")
    await enters(hag, "thirdwitch")
    assert (await hag.asks(ping % "thirdwitch")).get("type") == "result"
    refused(await hag.asks(ping % "oldhag"), "item-not-found")
    for to in (COVEN, "chat.shakespeare.lit"):
        answer = await hag.asks(
            f"<iq type='get' id='p' to='{to}'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
        assert answer.get("type") == "result"
