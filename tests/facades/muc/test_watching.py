"""Hearing of rooms from outside: XEP-0437 0.2.0."""

from __future__ import annotations

from folkmoot.engine.decide.watching import WATCHED_ROOMS_MAX
from folkmoot.xmpp.jid import JID
from tests.facades.muc.coven import (
    COVEN,
    CRONE,
    HAG,
    HECATE,
    configures,
    enters,
    grants,
    opened,
    refused,
    succeeded,
)
from tests.facades.muc.test_hats import becomes, in_a_space
from tests.stage import Client, Stage

SERVICE = "chat.shakespeare.lit"
ACTIVE = (
    f"<message from='{SERVICE}'><rai xmlns='urn:xmpp:rai:0'><activity>%s</activity></rai></message>"
)


async def watches(client: Client) -> None:
    """§3.1, Example 1."""
    await client.sends(
        f"<presence to='{SERVICE}' id='dwZ3vL'><rai xmlns='urn:xmpp:rai:0'/></presence>"
    )


async def says(client: Client, inside: str = "<body>!</body>", room: str = COVEN) -> None:
    await client.sends(f"<message type='groupchat' to='{room}'>{inside}</message>")
    await client.drains()


async def a_member(stage: Stage, crone: Client, jid: str = HAG, room: str = COVEN) -> Client:
    """A member of the room who watches it, and is not in it."""
    bare = jid.partition("/")[0]
    succeeded(await grants(crone, f"jid='{bare}' affiliation='member'", room=room))
    client = await stage.client(jid)
    await watches(client)
    return client


async def test_a_member_hears_once_that_something_is_said(stage: Stage) -> None:
    """§3.1, Example 2; §4: however much is said, and nothing of what does not count."""
    crone = await opened(stage)
    hag = await a_member(stage, crone)
    await says(crone, "<composing xmlns='http://jabber.org/protocol/chatstates'/>")
    await hag.receives_nothing()
    for _ in range(3):
        await says(crone)
    await hag.receives(ACTIVE % COVEN)
    await hag.receives_nothing()
    await crone.asks(
        f"""<iq type='get' to='{SERVICE}' id='i'>
              <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""",
        """<iq><query xmlns='http://jabber.org/protocol/disco#info'>
              <feature var='urn:xmpp:rai:0'/></query></iq>""",
    )


async def test_who_is_in_the_room_hears_the_room(stage: Stage) -> None:
    """§3.1: and again of its activity after they have left it."""
    crone = await opened(stage)
    hag = await a_member(stage, crone)
    await enters(hag, "thirdwitch")
    await says(crone)
    await hag.receives("<message type='groupchat'/>")
    await hag.receives_nothing()
    for _ in range(2):
        await hag.sends(f"<presence type='unavailable' to='{COVEN}/thirdwitch'/>")
        await hag.drains()
        await says(crone)
        await hag.receives(ACTIVE % COVEN)
        await enters(hag, "thirdwitch")


async def test_rooms_one_comes_to_belong_in_later(stage: Stage) -> None:
    """§3.1: one that is left, and all of them for who asks again; none of them twice."""
    crone = await opened(stage)
    heath, cave = f"heath@{SERVICE}", f"cave@{SERVICE}"
    hag = await a_member(stage, crone)
    for room in (heath, cave):
        await enters(crone, "firstwitch", room=room)
        await configures(crone, {}, room)
        succeeded(
            await grants(crone, "jid='hag66@shakespeare.lit' affiliation='member'", room=room)
        )
    await hag.drains()
    await says(crone, room=heath)
    await hag.receives_nothing()
    await enters(hag, "thirdwitch", room=heath)
    await hag.sends(f"<presence type='unavailable' to='{heath}/thirdwitch'/>")
    await hag.drains()
    await says(crone, room=heath)
    await hag.receives(ACTIVE % heath)
    await watches(hag)
    for room in (COVEN, heath, cave):
        await says(crone, room=room)
    for room in (COVEN, cave):
        await hag.receives(ACTIVE % room)
    await hag.receives_nothing()


async def test_it_ends(stage: Stage) -> None:
    """§3.2: with unavailable presence to the service, or to all; with the stream; with the room."""
    crone = await opened(stage)
    for ending in (
        f"<presence type='unavailable' to='{SERVICE}'/>",
        "<presence type='unavailable'/>",
    ):
        hag = await a_member(stage, crone)
        await hag.drains()
        await hag.sends(ending)
        await says(crone)
        await hag.receives_nothing()
        await hag.leaves()
    await (await a_member(stage, crone)).leaves()
    assert not stage.core.engine.watches(JID.parse(HAG))
    hag = await a_member(stage, crone)
    await watches(hag)
    await crone.asks(f"""
        <iq type='set' to='{COVEN}' id='end'><query xmlns='http://jabber.org/protocol/muc#owner'>
          <destroy/></query></iq>""")
    assert not stage.core.engine.watches(hag.jid)


async def test_only_who_belongs_there_hears(stage: Stage) -> None:
    """§4: nobody who may not enter, or not any more; strangers are told of no room."""
    crone = await opened(stage)
    stranger = await stage.client(HECATE)
    await watches(stranger)
    hag = await a_member(stage, crone)
    succeeded(await grants(crone, "jid='hag66@shakespeare.lit' affiliation='outcast'"))
    await says(crone)
    for each in (stranger, hag):
        await each.receives_nothing()
    hag = await a_member(stage, crone, HAG.replace("pda", "phone"))
    await hag.drains()
    await configures(crone, {"membersonly": "1"})
    succeeded(await grants(crone, "jid='hag66@shakespeare.lit' affiliation='none'"))
    await says(crone)
    await hag.receives_nothing()


async def test_members_of_a_space_hear_of_its_rooms(stage: Stage) -> None:
    """docs/extensions/inheritance.md: what they are there they are in its rooms."""
    crone = await in_a_space(stage)
    await becomes(crone, "member", "hag66")
    hag = await stage.client(HAG)
    await watches(hag)
    await says(crone)
    await hag.receives(ACTIVE % COVEN)


async def test_there_are_only_so_many(stage: Stage) -> None:
    """§6: a sensible number."""
    crone = await stage.client(CRONE)
    rooms = [f"{number:04}@{SERVICE}" for number in range(WATCHED_ROOMS_MAX + 1)]
    member = "jid='hag66@shakespeare.lit' affiliation='member'"
    for room in rooms:
        await enters(crone, "firstwitch", room=room)
        await configures(crone, {}, room)
        succeeded(await grants(crone, member, room=room))
    hag = await stage.client(HAG)
    await watches(hag)
    for room in rooms[-2:]:
        await says(crone, room=room)
    await hag.receives(ACTIVE % rooms[-2])
    await watches(hag)
    await enters(hag, "thirdwitch", room=rooms[-1])
    await hag.sends(f"<presence type='unavailable' to='{rooms[-1]}/thirdwitch'/>")
    await hag.drains()
    await says(crone, room=rooms[-1])
    await hag.receives_nothing()


async def test_other_presence_to_the_service_is_nothing(stage: Stage) -> None:
    """XEP-0045 §7.2.1."""
    hag = await stage.client(HAG)
    await hag.sends(f"<presence to='{SERVICE}'/>")
    refused(await hag.receives("<presence type='error'/>"), "jid-malformed")
    await hag.sends(f"<presence to='{SERVICE}' type='unavailable'/>")
    await hag.receives_nothing()
