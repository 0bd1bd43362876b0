"""Movim's rooms in a space (v0.34.1), replayed: made, listed, entered and let go of.

Movim hands rights down with a request for every member and room; here they hold already, and its
requests change nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.xml import Element
from tests.facades.movim import (
    ITEMS,
    KEY,
    NEW,
    ROOM,
    Clients,
    conference,
    error,
    hosted,
    lets_in,
    publish_room,
    retract_room,
    set_affiliation,
    set_subscription,
    subscribe,
    unsubscribe,
    with_space,
)
from tests.stage import Client, Stage

MUC = "http://jabber.org/protocol/muc"
INFO = "http://jabber.org/protocol/disco#info"

CONFIGURE = f"""
    <iq type='set' to='{ROOM}' id='rCf0aZ1bQxyz'><query xmlns='{MUC}#owner'>
     <x xmlns='jabber:x:data' type='submit'>
     <field type='hidden' var='FORM_TYPE'><value>{MUC}#roomconfig</value></field>
     <field var='muc#roomconfig_roomname'><value>General</value></field>
     <field var='muc#roomconfig_persistentroom'><value>true</value></field>
     <field var='muc#roomconfig_changesubject'><value>false</value></field>
     <field var='muc#roomconfig_membersonly'><value>true</value></field>
     <field var='muc#roomconfig_whois'><value>anyone</value></field>
     <field var='muc#roomconfig_publicroom'><value>false</value></field>
     <field var='muc#roomconfig_pubsub'><value>xmpp:spaces.host?;node={KEY}</value></field>
    </x></query></iq>"""
DESTROY = f"""
    <iq type='set' to='{ROOM}' id='rDe0aZ1bQxyz'>
     <query xmlns='{MUC}#owner'><destroy jid='{ROOM}'/></query></iq>"""
ABOUT = f"<iq type='get' to='{ROOM}' id='rIn0aZ1bQxyz'><query xmlns='{INFO}'/></iq>"


def join(nick: str, id: str = "jOi0aZ1bQxyz") -> str:
    """2.8: the presence that enters a room."""
    return f"""
    <presence id='{id}' to='{ROOM}/{nick}'>
     <x xmlns='{MUC}'><history maxchars='0'/><mav xmlns='urn:xmpp:muc:affiliations:1'/></x>
     <c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://movim.eu/' ver='x'/>
    </presence>"""


def trickle(jid: str, affiliation: str) -> str:
    """M of 2.7: the space's word for a member, said to the room."""
    return f"""
    <iq type='set' to='{ROOM}' id='mMm0aZ1bQxyz'>
     <query xmlns='{MUC}#admin'><item affiliation='{affiliation}' jid='{jid}'/></query></iq>"""


def entered(nick: str, affiliation: str) -> str:
    """What tells Movim that it is in: its own presence, with the id it gave (rule 18)."""
    return f"""
    <presence from='{ROOM}/{nick}' id='jOi0aZ1bQxyz'><x xmlns='{MUC}#user'>
      <item affiliation='{affiliation}'/><status code='110'/></x></presence>"""


@pytest.fixture
async def host() -> AsyncIterator[Stage]:
    """Accounts at `host`, spaces at `spaces.host`, rooms at `conference.host`."""
    async with hosted() as stage:
        yield stage


@pytest.fixture
async def me(host: Stage) -> Client:
    """The owner of a space with a room in it, made as one burst (2.10)."""
    return await with_room(host)


@pytest.fixture
async def new(host: Stage) -> Client:
    """Somebody who has the key."""
    return await host.client(NEW, available=True)


async def with_room(host: Clients) -> Client:
    """The owner of a space with a room in it, made as one burst (2.10)."""
    client = await with_space(host)
    await client.sends(join("me"))
    await client.sends(CONFIGURE)
    await client.sends(publish_room(conference()))
    await client.sends(trickle("me@host", "owner"))
    came = await client.drains()
    assert [each for each in came if each.get("type") == "error"] == []
    return client


def told(answer: Element, var: str) -> list[str]:
    """The values of a field of a disco form."""
    return [
        value.text
        for x in answer.elements[0].childs("jabber:x:data", "x")
        for field in x.elements
        if field.get("var") == var
        for value in field.childs("jabber:x:data", "value")
    ]


async def test_a_room_names_its_space_in_both_ways(me: Client) -> None:
    """Rule 17: what Movim reads, and what XEP-0045 and XEP-0503 have for it."""
    answer = await me.asks(
        ABOUT,
        f"""
        <iq type='result'><query xmlns='{INFO}'>
          <identity category='conference' type='text' name='General'/>
        </query></iq>""",
    )
    key = [f"xmpp:spaces.host?;node={KEY}"]
    for var in ("muc#roominfo_pubsub", "muc#roomconfig_pubsub", "parent"):
        assert told(answer, var) == key
    features = {each.get("var") for each in answer.elements[0].childs(INFO, "feature")}
    assert features >= {"muc_membersonly", "muc_nonanonymous", "urn:xmpp:spaces:0"}


async def test_who_is_let_in_is_in_the_rooms_at_once(me: Client, new: Client) -> None:
    """2.7, the race: the `subscribed` event starts the joins, and no M has come yet."""
    await new.asks(subscribe("new@host"))
    await new.sends(join("new"))
    refused = await new.hears(f"<presence from='{ROOM}/new' type='error'/>")
    assert error(refused) == "registration-required"
    await me.sends(set_subscription("new@host", "subscribed"))
    await new.hears("<message from='spaces.host'/>")
    await new.sends(join("new"))
    await new.hears(entered("new", "member"))
    for late in (set_affiliation("new@host", "member"), trickle("new@host", "member")):
        await me.asks(late, "<iq type='result'/>")
    said = f"<message to='{ROOM}' type='groupchat' id='1'><body>Hello</body></message>"
    await new.sends(said)
    await me.hears(f"<message from='{ROOM}/new' type='groupchat'><body>Hello</body></message>")


async def test_who_is_made_an_owner_owns_the_rooms(me: Client, new: Client) -> None:
    """2.13: one row in the space; the M that follows finds it done."""
    await lets_in(me, "new@host")
    await me.asks(set_affiliation("new@host", "owner"), "<iq type='result'/>")
    await new.sends(join("new"))
    await new.hears(entered("new", "owner"))
    await me.asks(trickle("new@host", "owner"), "<iq type='result'/>")


async def test_who_is_removed_leaves_the_rooms(me: Client, new: Client) -> None:
    """2.13: `none`, and the room lets them go with the space, whatever becomes of M."""
    await lets_in(me, "new@host")
    await new.sends(join("new"))
    await new.hears(entered("new", "member"))
    await me.asks(set_affiliation("new@host", "none"), "<iq type='result'/>")
    await new.hears(f"<presence from='{ROOM}/new' type='unavailable'/>")
    await me.asks(trickle("new@host", "none"), "<iq type='result'/>")
    await new.sends(join("new"))
    await new.hears(f"<presence from='{ROOM}/new' type='error'/>")


async def is_in(me: Client, new: Client) -> None:
    """Somebody else is let in to the space, and enters the room."""
    await lets_in(me, "new@host")
    await new.sends(join("new"))
    await new.hears(entered("new", "member"))
    await me.drains()


async def is_out(me: Client, new: Client, code: int) -> None:
    """Both hear that they are gone from the room, which they cannot enter again."""
    for client in (new, me):
        await client.hears(
            f"""<presence from='{ROOM}/new' type='unavailable'>
              <x xmlns='{MUC}#user'><status code='{code}'/></x></presence>"""
        )
    await new.sends(join("new"))
    await new.hears(f"<presence from='{ROOM}/new' type='error'/>")


async def test_who_is_made_an_owner_is_so_to_everybody_in_the_room(me: Client, new: Client) -> None:
    """2.13: those in the room hear it of the space's one row (XEP-0045 §10.3)."""
    await is_in(me, new)
    await me.asks(set_affiliation("new@host", "owner"), "<iq type='result'/>")
    for client in (new, me):
        await client.hears(
            f"""<presence from='{ROOM}/new'><x xmlns='{MUC}#user'>
              <item affiliation='owner' role='moderator'/></x></presence>"""
        )


async def test_who_is_banned_is_put_out(me: Client, new: Client) -> None:
    """XEP-0045 §9.1, by a row of the space; the subscription goes as well."""
    await is_in(me, new)
    await me.asks(set_affiliation("new@host", "outcast"), "<iq type='result'/>")
    await is_out(me, new, 301)
    assert error(await new.asks(ITEMS)) == "forbidden"


async def test_who_leaves_the_space_leaves_its_rooms(me: Client, new: Client) -> None:
    """2.14: Movim leaves no rooms of its own accord, and need not."""
    await is_in(me, new)
    await new.asks(unsubscribe("new@host"), "<iq type='result'/>")
    await is_out(me, new, 321)


async def test_a_room_that_is_taken_out_keeps_its_own_people(me: Client, new: Client) -> None:
    """2.12, the second stanza alone: no member of the space is a member of the room any more."""
    await is_in(me, new)
    await me.asks(retract_room(), "<iq type='result'/>")
    await is_out(me, new, 321)
    await me.asks(ABOUT, "<iq type='result'/>")
    said = f"<message to='{ROOM}' type='groupchat' id='1'><body>Alone</body></message>"
    await me.sends(said)
    await me.hears(f"<message from='{ROOM}/me' type='groupchat'><body>Alone</body></message>")


async def test_a_room_that_becomes_the_staffs_lets_go_of_others(me: Client, new: Client) -> None:
    """docs/extensions/inheritance.md: another access, in force at once."""
    await is_in(me, new)
    await me.asks(
        f"""<iq type='set' to='{ROOM}' id='rSt0aZ1bQxyz'><query xmlns='{MUC}#owner'>
         <x xmlns='jabber:x:data' type='submit'>
         <field var='{{urn:folkmoot:spaces:0}}inherit'><value>staff</value></field>
        </x></query></iq>""",
        "<iq type='result'/>",
    )
    await is_out(me, new, 321)


async def test_a_room_is_configured_without_a_form_type(me: Client) -> None:
    """2.11, rule 13."""
    form_type = f"<field type='hidden' var='FORM_TYPE'><value>{MUC}#roomconfig</value></field>"
    request = CONFIGURE.replace(form_type, "").replace("General", "Renamed")
    await me.asks(request, "<iq type='result'/>")
    assert "name='Renamed'" in repr(await me.asks(ABOUT))


async def test_deleting_a_room(me: Client, new: Client) -> None:
    """2.12: destroyed and taken off the list in one burst; nobody is sent back to where it was."""
    await lets_in(me, "new@host")
    await new.sends(join("new"))
    await new.hears(entered("new", "member"))
    await me.asks(DESTROY, "<iq type='result'/>")
    await me.asks(retract_room(), "<iq type='result'/>")
    gone = await new.hears(
        f"""<presence from='{ROOM}/new' type='unavailable'>
          <x xmlns='{MUC}#user'><destroy/></x></presence>"""
    )
    assert f"<destroy jid='{ROOM}'" not in repr(gone)
    answer = await new.asks(ITEMS)
    assert ROOM not in repr(answer)
