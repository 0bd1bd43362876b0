"""Rooms over a `kill -9`: nobody is in them any more, and every client can find that out."""

from __future__ import annotations

import pytest
from slixmpp.exceptions import IqError

from folkmoot.xmpp.jid import JID
from tests.clients.actors import Actor, body, codes, condition
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWNER = "http://jabber.org/protocol/muc#owner"
PERSISTENT = """
    <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>
    <field var='muc#roomconfig_persistentroom'><value>1</value></field>
"""


async def opened(town: Town, owner: Actor, name: str, fields: str) -> JID:
    """A room that its owner has entered and configured."""
    room = JID.parse(f"{name}@{town.place.rooms}")
    await owner.enters(room, "firstwitch")
    form = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>"
    await owner.asks("set", room, f"<query xmlns='{OWNER}'>{form}</query>")
    return room


async def pings(actor: Actor, room: JID, nick: str) -> str:
    """XEP-0410 §3: what the room says to somebody who asks whether they are in it."""
    try:
        await actor.asks("get", room.with_resource(nick), "<ping xmlns='urn:xmpp:ping'/>")
    except IqError as error:
        return condition(error)
    return ""


async def test_a_client_that_comes_back_finds_its_rooms(own_town: Town) -> None:
    """Nobody is there who has no stream; a self-ping says so, and entering tells what was said."""
    town = own_town
    crone, hag = await town.actor("crone"), await town.actor("hag")
    coven = await opened(town, crone, "coven", PERSISTENT)
    heath = await opened(town, crone, "heath", "")
    for room in (coven, heath):
        await hag.enters(room, "thirdwitch")
        assert await pings(hag, room, "thirdwitch") == ""
    hag.says(coven, "Harpier cries: 'tis time", type="groupchat")
    await crone.hears("groupchat_message", body("Harpier cries: 'tis time"))
    await town.rises_again()
    again = await town.actor("hag")
    for room in (coven, heath):
        assert await pings(again, room, "thirdwitch") == "not-acceptable"
    entered, _, occupants, history = await again.enters(coven, "thirdwitch", history=9)
    assert [each["from"].resource for each in occupants] == ["thirdwitch"]
    assert [each["body"] for each in history] == ["Harpier cries: 'tis time"]
    assert 201 not in codes(entered)
    assert await pings(again, coven, "thirdwitch") == ""
    entered, *_ = await again.enters(heath, "thirdwitch")
    assert 201 in codes(entered), "the room was for its occupants alone, and they were all gone"
