"""Configuring and destroying a room: XEP-0045 1.35.5, §10.1, §10.2, §10.9."""

from __future__ import annotations

import pytest

from folkmoot.xmpp.forms import Form
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
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
OWNER = "http://jabber.org/protocol/muc#owner"


async def form(owner: Client) -> Form:
    """The form an owner is sent."""
    answer = await owner.asks(f"<iq type='get' id='c' to='{COVEN}'><query xmlns='{OWNER}'/></iq>")
    query = succeeded(answer).child(OWNER, "query")
    assert query is not None and query.first is not None
    return Form.read(query.first)


async def test_an_instant_room(stage: Stage) -> None:
    """§10.1.2, Example 155: the default configuration, and the door is open."""
    crone = await stage.client(CRONE)
    await enters(crone, "firstwitch")
    answer = await crone.asks(f"""
        <iq id='create1' to='{COVEN}' type='set'>
          <query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'/></query>
        </iq>""")
    succeeded(answer)
    hag = await stage.client(HAG)
    assert len(await enters(hag, "thirdwitch")) == 3
    await crone.receives(f"<presence from='{COVEN}/thirdwitch'/>")


async def test_a_reserved_room(stage: Stage) -> None:
    """§10.1.3, Examples 156 to 160: what was submitted is what the form says afterwards."""
    crone = await stage.client(CRONE)
    await enters(crone, "firstwitch")
    offered = await form(crone)
    assert offered.form_type == "http://jabber.org/protocol/muc#roomconfig"
    assert COVEN in offered.title
    fields = {
        "roomname": "A Dark Cave",
        "roomdesc": "The place for all good witches!",
        "lang": "en",
        "enablelogging": "0",
        "changesubject": "1",
        "allowinvites": "1",
        "allowpm": "participants",
        "maxusers": "10",
        "publicroom": "0",
        "persistentroom": "1",
        "moderatedroom": "1",
        "membersonly": "1",
        "passwordprotectedroom": "1",
        "roomsecret": "cauldronburn",
        "whois": "anyone",
        "muc#maxhistoryfetch": "50",
    }
    succeeded(await configures(crone, fields))
    kept = await form(crone)
    for var, value in fields.items():
        if var != "enablelogging":
            assert kept.value(var if "#" in var else f"muc#roomconfig_{var}") == value
    succeeded(await configures(crone, {"roomname": "A Darker Cave"}))
    assert (await form(crone)).value("muc#roomconfig_roomname") == "A Darker Cave"
    assert (await form(crone)).value("muc#roomconfig_roomsecret") == "cauldronburn"


async def test_cancelling_a_room(stage: Stage) -> None:
    """§10.1.3, Example 162: a new room is destroyed; §10.2: any other stays as it is."""
    crone = await stage.client(CRONE)
    cancel = f"""
        <iq id='create2' to='{COVEN}' type='set'>
          <query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='cancel'/></query>
        </iq>"""
    await enters(crone, "firstwitch")
    succeeded(await crone.asks(cancel))
    await crone.receives(f"""
        <presence from='{COVEN}/firstwitch' type='unavailable'>
          <x xmlns='{USER}'><destroy/></x>
        </presence>""")
    crone = await opened(stage, roomname="A Dark Cave")
    succeeded(await crone.asks(cancel))
    assert (await form(crone)).value("muc#roomconfig_roomname") == "A Dark Cave"


@pytest.mark.parametrize(
    "fields",
    [
        {"passwordprotectedroom": "1", "roomsecret": ""},
        {"passwordprotectedroom": "1"},
        {"membersonly": "perhaps"},
        {"whois": "nobody"},
        {"maxusers": "-1"},
        {"maxusers": "1000001"},
        {"muc#maxhistoryfetch": "101"},
        {"allowpm": "witches"},
        {"enablelogging": "1"},
        {"presencebroadcast": "witch"},
        {"getmemberlist": "witch"},
        {"roomowners": "@"},
        {"roomadmins": "/"},
        {"{urn:folkmoot:rooms:0}registration": "perhaps"},
        {"allow_query_users": "2"},
        {"pubsub": "https://shakespeare.lit/"},
        {"{urn:folkmoot:spaces:0}inherit": "most"},
        {"roomname": "x" * 5_000},
    ],
)
async def test_what_a_room_cannot_be(stage: Stage, fields: dict[str, str]) -> None:
    """§10.1.3, Example 161: and then nothing of the form holds."""
    crone = await opened(stage, lang="en")
    answer = await configures(crone, {"lang": "la", **fields})
    refused(answer, "not-acceptable", "modify")
    assert (await form(crone)).value("muc#roomconfig_lang") == "en"


async def test_owners_alone_configure(stage: Stage) -> None:
    """§10.2, Example 164."""
    crone = await opened(stage)
    await grants(crone, "affiliation='admin' jid='hag66@shakespeare.lit'")
    hag = await joined(stage, HAG, "thirdwitch")
    for request in (
        f"<iq type='get' id='c' to='{COVEN}'><query xmlns='{OWNER}'/></iq>",
        f"""<iq type='set' id='c' to='{COVEN}'><query xmlns='{OWNER}'>
            <x xmlns='jabber:x:data' type='submit'/></query></iq>""",
        f"""<iq type='set' id='c' to='{COVEN}'><query xmlns='{OWNER}'>
            <x xmlns='jabber:x:data' type='cancel'/></query></iq>""",
        f"<iq type='set' id='c' to='{COVEN}'><query xmlns='{OWNER}'><destroy/></query></iq>",
    ):
        refused(await hag.asks(request), "forbidden", "auth")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "<item affiliation='owner'/>",
        "<x xmlns='jabber:x:data' type='form'/>",
        "<x xmlns='jabber:x:data'/>",
        """<x xmlns='jabber:x:data' type='submit'>
           <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field>
           </x>""",
    ],
)
async def test_requests_that_make_no_sense(stage: Stage, query: str) -> None:
    """§10: a form to submit or to cancel, or the end."""
    crone = await opened(stage)
    answer = await crone.asks(f"""
        <iq type='set' id='c' to='{COVEN}'><query xmlns='{OWNER}'>{query}</query></iq>""")
    refused(answer, "bad-request", "modify")


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"roomname": "A Dark Cave"}, [104]),
        ({"whois": "anyone"}, [172]),
        ({"whois": "anyone", "roomname": "A Dark Cave"}, [172, 104]),
        ({"whois": "moderators"}, []),
    ],
)
async def test_occupants_hear_of_changes(
    stage: Stage, fields: dict[str, str], codes: list[int]
) -> None:
    """§10.2.1, Example 171."""
    crone = await opened(stage)
    hag = await joined(stage, HAG, "thirdwitch")
    await configures(crone, fields)
    if codes:
        statuses = "".join(f"<status code='{code}'/>" for code in codes)
        await hag.receives(f"""
            <message from='{COVEN}' type='groupchat'><x xmlns='{USER}'>{statuses}</x></message>""")
    await hag.receives_nothing()
    if 172 in codes:
        await configures(crone, {"whois": "moderators"})
        await hag.receives(f"<message><x xmlns='{USER}'><status code='173'/></x></message>")


async def test_destroying_a_room(stage: Stage) -> None:
    """§10.9, Examples 201 to 203: one presence for each occupant, their own."""
    crone = await opened(stage, persistentroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    await crone.drains()
    answer = await crone.asks(f"""
        <iq id='begone' to='{COVEN}' type='set'>
          <query xmlns='{OWNER}'>
            <destroy jid='heath@chat.shakespeare.lit'>
              <password>cauldronburn</password><reason>Macbeth doth come.</reason></destroy>
          </query>
        </iq>""")
    succeeded(answer)
    for each, nick in ((crone, "firstwitch"), (hag, "thirdwitch")):
        await each.receives(f"""
            <presence from='{COVEN}/{nick}' type='unavailable'>
              <x xmlns='{USER}'>
                <item affiliation='none' role='none'/>
                <destroy jid='heath@chat.shakespeare.lit'>
                  <reason>Macbeth doth come.</reason>
                  <password>cauldronburn</password>
                </destroy>
              </x>
            </presence>""")
        await each.receives_nothing()
    hecate = await stage.client(HECATE)
    assert "code='201'" in str(await enters(hecate, "Hecate"))


async def test_a_room_is_not_its_own_successor(stage: Stage) -> None:
    """Movim names the room itself as the venue: who followed would make it anew."""
    crone = await opened(stage)
    await crone.sends(f"""
        <iq id='begone' to='{COVEN}' type='set'>
          <query xmlns='{OWNER}'><destroy jid='{COVEN}'><password>x</password></destroy></query>
        </iq>""")
    told = await crone.receives(f"""
        <presence type='unavailable'><x xmlns='{USER}'><destroy/></x></presence>""")
    assert "destroy jid" not in str(told)
    assert "password" not in str(told)


async def test_a_venue_is_an_address(stage: Stage) -> None:
    """§10.9."""
    crone = await opened(stage)
    answer = await crone.asks(f"""
        <iq id='begone' to='{COVEN}' type='set'>
          <query xmlns='{OWNER}'><destroy jid='@'/></query></iq>""")
    refused(answer, "jid-malformed")
