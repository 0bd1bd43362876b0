"""What occupants' clients ask each other through a room: XEP-0045 1.35.5, §6.6, §17.4."""

from __future__ import annotations

from tests.facades.muc.coven import (
    COVEN,
    HAG,
    WICCAROCKS,
    configures,
    enters,
    grants,
    joined,
    opened,
    refused,
    succeeded,
)
from tests.stage import Stage, holds
from tests.stage import element as stanza

VERSION = "jabber:iq:version"
ASK = f"<iq type='get' id='v1' to='{COVEN}/thirdwitch'><query xmlns='{VERSION}'/></iq>"


async def test_a_request_and_its_answer(stage: Stage) -> None:
    """§17.4: neither learns the other's address, and the id is the asker's own again."""
    await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    wicca = await joined(stage, WICCAROCKS, "secondwitch")
    other = await stage.client("wiccarocks@shakespeare.lit/pda")
    await enters(other, "secondwitch")
    for each in (hag, wicca, other):
        await each.drains()
    await wicca.sends(ASK)
    asked = await hag.receives(f"""
        <iq type='get' from='{COVEN}/secondwitch'><query xmlns='{VERSION}'/></iq>""")
    assert "wiccarocks" not in str(asked)
    await hag.sends(f"""
        <iq type='result' id='{asked.get("id")}' to='{COVEN}/secondwitch'>
          <query xmlns='{VERSION}'><name>Cauldron</name></query></iq>""")
    answer = await wicca.receives(f"""
        <iq type='result' id='v1' from='{COVEN}/thirdwitch'>
          <query xmlns='{VERSION}'><name>Cauldron</name></query></iq>""")
    assert "hag66" not in str(answer)
    await other.receives_nothing()


async def test_an_error_for_an_answer(stage: Stage) -> None:
    """§17.4: it is passed on, and is no sign that somebody has left (§18.1.2)."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    await crone.sends(ASK.replace("get", "set"))
    asked = await hag.receives(f"<iq type='set' from='{COVEN}/firstwitch'/>")
    await hag.sends(f"""
        <iq type='error' id='{asked.get("id")}' to='{COVEN}/firstwitch'>
          <error type='cancel'>
            <item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>""")
    refused(await crone.receives("<iq type='error' id='v1'/>"), "item-not-found")
    await crone.receives_nothing()


async def test_answers_nobody_waits_for(stage: Stage) -> None:
    """An answer without a question, from inside or outside, or for a device that is gone."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    outsider = await stage.client(WICCAROCKS)
    await crone.drains()
    await crone.sends(ASK)
    asked = await hag.receives("<iq/>")
    for id in ("v1", "nobody/v1", "/"):
        await hag.sends(f"<iq type='result' id='{id}' to='{COVEN}/firstwitch'/>")
    await outsider.sends(f"<iq type='result' id='{asked.get('id')}' to='{COVEN}/firstwitch'/>")
    await hag.sends(f"<iq type='result' id='{asked.get('id')}' to='heath@chat.shakespeare.lit/x'/>")
    await crone.receives_nothing()
    await hag.receives_nothing()
    await outsider.receives_nothing()


async def test_requests_to_nobody(stage: Stage) -> None:
    """§6.6, §17.4: nobody of that nick, from outside, or no such room."""
    hag = await stage.client(HAG)
    refused(await hag.asks(ASK), "not-acceptable", "cancel")
    await opened(stage)
    refused(await hag.asks(ASK), "not-acceptable", "cancel")
    await enters(hag, "thirdwitch")
    refused(await hag.asks(ASK.replace("thirdwitch", "oldhag")), "item-not-found")
    refused(await hag.asks(ASK.replace(COVEN, "chat.shakespeare.lit")), "service-unavailable")


async def test_rooms_without_queries(stage: Stage) -> None:
    """`allow_query_users`: then one asks nobody but oneself."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    succeeded(await configures(crone, {"allow_query_users": "0"}))
    await hag.drains()
    refused(await crone.asks(ASK), "forbidden", "auth")
    ping = f"<iq type='get' id='p' to='{COVEN}/firstwitch'><ping xmlns='urn:xmpp:ping'/></iq>"
    succeeded(await crone.asks(ping))
    await hag.receives_nothing()


async def test_pinging_another(stage: Stage) -> None:
    """XEP-0410 §3.3: for oneself the room answers; another's client is asked."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.sends(
        f"<iq type='get' id='p' to='{COVEN}/thirdwitch'><ping xmlns='urn:xmpp:ping'/></iq>"
    )
    await hag.receives(f"<iq from='{COVEN}/firstwitch'><ping xmlns='urn:xmpp:ping'/></iq>")


async def test_an_occupants_vcard(stage: Stage) -> None:
    """XEP-0054 §3.3: it is the account's, whichever device is there."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    ask = f"<iq type='get' id='c' to='{COVEN}/thirdwitch'><vCard xmlns='vcard-temp'/></iq>"
    refused(await crone.asks(ask), "item-not-found")
    await hag.asks(
        "<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Third Witch</FN></vCard></iq>"
    )
    answer = await crone.asks(ask)
    assert holds(
        answer,
        stanza(f"""
            <iq type='result' from='{COVEN}/thirdwitch'>
              <vCard xmlns='vcard-temp'><FN>Third Witch</FN></vCard></iq>"""),
    )
    outsider = await stage.client(WICCAROCKS)
    refused(await outsider.asks(ask), "not-acceptable")


async def test_a_buggy_client_knows_but_a_nick(stage: Stage) -> None:
    """§9.1, §17.4: an affiliation goes with a JID; for a moderator an occupant's nick will do."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    refused(await grants(hag, "affiliation='outcast' nick='firstwitch'"), "forbidden")
    refused(await grants(crone, "affiliation='outcast' nick='oldhag'"), "item-not-found")
    succeeded(await grants(crone, "affiliation='outcast' nick='thirdwitch'"))
    await hag.hears(f"<presence from='{COVEN}/thirdwitch' type='unavailable'/>")
    outsider = await stage.client(WICCAROCKS)
    refused(await grants(outsider, "affiliation='member' nick='firstwitch'"), "not-acceptable")
