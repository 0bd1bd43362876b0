"""Spaces and rooms at one server, and members from another, which federates with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

import pytest
import pytest_asyncio
import slixmpp
from rich.console import Console
from slixmpp.exceptions import IqError

from folkmoot.client import (
    Affiliation,
    AffiliationChanged,
    ItemChanged,
    Occupancy,
    OccupantChanged,
    Said,
    SpaceAddress,
    State,
)
from folkmoot.config import Address
from folkmoot.demo.actor import PATIENCE_SECONDS, Actor
from folkmoot.demo.cast import Person, Place, random_key
from folkmoot.demo.performance import NAMES
from folkmoot.demo.story import Story
from folkmoot.demo.telling import Telling
from folkmoot.xmpp.jid import JID
from tests.clients.actors import condition
from tests.hosts.annex import ROOMS, SPACES
from tests.hosts.host import DOMAIN, PASSWORD, SECRET, Prosody
from tests.hosts.league import AFAR, League
from tests.hosts.usurper import Usurper

MAM: Final = "urn:xmpp:mam:2"
MUC: Final = "http://jabber.org/protocol/muc"
AGAIN_SECONDS: Final = 2.0
PUBSUB: Final = "http://jabber.org/protocol/pubsub"

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True)
class Places(Place):
    """A place whose people come from several servers. doors: theirs, by domain."""

    doors: Mapping[str, Address]

    async def enter(self, person: Person, *, web: bool = False) -> Actor:
        """Log in at one's own server."""
        door = self.doors[person.account.domain]
        return await Place(self.domain, door, None).enter(person)


@pytest.mark.parametrize(
    "homes", [(DOMAIN, AFAR, AFAR), (AFAR, DOMAIN, AFAR)], ids=["member-afar", "owner-afar"]
)
async def test_the_story(league: League, homes: tuple[str, ...]) -> None:
    """Founded, asked for by its key, approved, talked in, and a ban that holds in both at once."""
    cast = [
        Person(name, JID.parse(f"{name}@{home}"), PASSWORD)
        for name, home in zip(NAMES, homes, strict=True)
    ]
    place = Places(JID.parse(DOMAIN), None, None, league.doors)
    telling = Telling(Console())
    story = Story(telling, place, cast, None)
    try:
        await story.play()
        assert telling.end()
    finally:
        await story.go()


@dataclass(frozen=True, slots=True)
class House:
    """A space of Juliet's, a room in it, and Romeo, of the other server, in both."""

    league: League
    space: SpaceAddress
    room: slixmpp.JID
    juliet: Actor
    romeo: Actor

    async def let_in(self) -> None:
        """Romeo comes by an invite, and enters the room."""
        invite = await self.juliet.spaces.invite(self.space)
        joined = await self.romeo.spaces.join(invite.uri)
        assert joined.state is State.SUBSCRIBED
        await self.romeo.spaces.rooms.enter(self.room, "romeo")
        await self.juliet.hears("space_event", comes("romeo"))

    async def says(self, text: str) -> None:
        """Juliet speaks, and hears herself."""
        await self.juliet.spaces.rooms.say(self.room, text)

    async def occupants(self) -> set[str]:
        """Who is in the room, as it says to those in it (XEP-0045 §6.5)."""
        disco = self.juliet.xmpp.plugin["xep_0030"]
        found = await disco.get_items(jid=self.room, timeout=PATIENCE_SECONDS)
        return {slixmpp.JID(jid).resource for jid, _, _ in found["disco_items"]["items"]}


def comes(nick: str) -> Callable[[object], bool]:
    """Whether somebody is told to be in a room."""
    return lambda event: (
        isinstance(event, OccupantChanged) and (event.nick, event.present) == (nick, True)
    )


def goes(nick: str) -> Callable[[object], bool]:
    """Whether somebody is told to be there no more."""
    return lambda event: (
        isinstance(event, OccupantChanged) and (event.nick, event.present) == (nick, False)
    )


@pytest_asyncio.fixture(loop_scope="session")
async def house(league: League) -> House:
    """Everybody is in."""
    juliet, romeo = await league.resident("juliet"), await league.pilgrim("romeo")
    space = SpaceAddress.of(str(SPACES), random_key())
    room = slixmpp.JID(f"garden-{random_key().lower()}@{ROOMS}")
    await juliet.spaces.create(space.service, space.node, title="House of Capulet")
    await juliet.spaces.join(space)
    await juliet.spaces.rooms.create(space, room, "The garden", nick="juliet")
    await juliet.spaces.add_room(space, room, "The garden", autojoin=True)
    found = House(league, space, room, juliet, romeo)
    await found.let_in()
    return found


async def asks(actor: Actor, to: slixmpp.JID, xml: str) -> None:
    """Send a request that sets something. Raises IqError."""
    iq = actor.xmpp.make_iq(ito=to, itype="set")
    iq.append(ElementTree.fromstring(xml))
    await iq.send(timeout=PATIENCE_SECONDS)


async def test_by_what_the_servers_know_each_other(house: House) -> None:
    """XEP-0178 §3 for both of our domains, where certificates are to be had; else XEP-0220."""
    hosts = (house.league.annex.host, house.league.afar)
    (prosody,) = (each for each in hosts if isinstance(each, Prosody))
    taken = {line.split()[-1] for line in prosody.said if "Accepting SASL EXTERNAL" in line}
    assert prosody.federation is not None
    certified = prosody.federation.authority is not None
    assert taken == ({str(SPACES), str(ROOMS)} if certified else set())


async def test_what_a_member_from_afar_is_and_hears(house: House) -> None:
    """Named among the members, told the news, made a publisher, which is an admin of the room."""
    juliet, romeo, space = house.juliet, house.romeo, house.space
    members = {each.jid: each for each in await juliet.spaces.members(space)}
    assert members[romeo.own].state is State.SUBSCRIBED
    orchard = slixmpp.JID(f"orchard@{ROOMS}")
    news = await juliet.spaces.add_room(space, orchard, "The orchard")
    await romeo.hears_of(ItemChanged(space, news))
    await juliet.spaces.set_affiliation(space, romeo.own, Affiliation.PUBLISHER)
    await romeo.hears_of(AffiliationChanged(space, romeo.own, Affiliation.PUBLISHER))
    admins = await juliet.spaces.rooms.members(house.room, (Affiliation.ADMIN,))
    assert [each.jid for each in admins] == [romeo.own]
    balcony = await romeo.spaces.add_room(space, slixmpp.JID(f"balcony@{ROOMS}"), "The balcony")
    await juliet.hears_of(ItemChanged(space, balcony))
    await juliet.spaces.set_affiliation(space, romeo.own, Affiliation.OWNER)
    assert {each.jid for each in await romeo.spaces.members(space)} >= {juliet.own, romeo.own}


async def test_what_was_said_is_found_from_afar(house: House) -> None:
    """XEP-0313 §4.1: in the room's archive, which a stranger of the same server is not shown."""
    await house.says("How camest thou hither?")
    house.romeo.xmpp.register_plugin("xep_0313")
    found = house.romeo.xmpp.plugin["xep_0313"].iterate(house.room)
    said = [each["mam_result"]["forwarded"]["stanza"]["body"] async for each in found]
    assert said == ["How camest thou hither?"]
    tybalt = await house.league.pilgrim("tybalt")
    with pytest.raises(IqError) as refused:
        await asks(tybalt, house.room, f"<query xmlns='{MAM}'/>")
    assert condition(refused.value) == "forbidden"


async def test_who_logs_out_is_out_of_the_room(house: House) -> None:
    """RFC 6121 §4.5.2: the other server says so to whomever presence was sent."""
    await house.romeo.leaves()
    await house.juliet.hears("space_event", goes("romeo"))
    assert await house.occupants() == {"juliet"}


async def test_whose_stream_breaks_is_out_of_the_room(house: House) -> None:
    """RFC 6121 §4.6.3: without a word of his."""
    house.romeo.xmpp.abort()
    await house.juliet.hears("space_event", goes("romeo"))
    assert await house.occupants() == {"juliet"}


async def test_the_other_server_dies(house: House) -> None:
    """The first thing said in the room ends his stay; he is a member all the time, and returns."""
    league, juliet, space = house.league, house.juliet, house.space
    async with league.alone():
        await house.says("Romeo, Romeo")
        await juliet.hears("space_event", goes("romeo"))
        assert await house.occupants() == {"juliet"}
        orchard = slixmpp.JID(f"orchard@{ROOMS}")
        await juliet.spaces.add_room(space, orchard, "The orchard")
        await juliet.spaces.remove(space, str(orchard))
    romeo = await league.pilgrim("romeo", resource="again")
    assert (await returns(romeo, house.room)).affiliation is Affiliation.MEMBER
    await romeo.hears_of(Said(house.room, "juliet", "Romeo, Romeo", past=True))


async def returns(romeo: Actor, room: slixmpp.JID) -> Occupancy:
    """Enter a room as often as it takes.

    ejabberd, once it failed to reach a server, gives back what is for it for s2s_max_retry_delay.
    """
    async with asyncio.timeout(6 * PATIENCE_SECONDS):
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    return await romeo.spaces.rooms.enter(room, "romeo", history=1)


async def test_the_other_server_restarts_unnoticed(house: House) -> None:
    """Nothing was said meanwhile; what is said next is for a resource that is no more."""
    async with house.league.alone():
        pass
    await house.says("Romeo, Romeo")
    await house.juliet.hears("space_event", goes("romeo"))
    assert await house.occupants() == {"juliet"}


async def test_who_went_while_the_component_was_away(house: House) -> None:
    """Nobody was there to be told of it; the other server is asked when the link is up again."""
    annex = house.league.annex
    await annex.kill()
    await house.romeo.leaves()
    await annex.start()
    await house.juliet.hears("space_event", goes("romeo"))
    assert await house.occupants() == {"juliet"}


async def test_what_somebody_forges_inside_a_stanza(house: House) -> None:
    """His own address is on it, and nothing else is believed."""
    juliet, romeo, space = house.juliet, house.romeo, house.space
    subscribe = f"<subscribe node='{space.node}' jid='{juliet.own}'/>"
    with pytest.raises(IqError) as refused:
        await asks(romeo, space.service, f"<pubsub xmlns='{PUBSUB}'>{subscribe}</pubsub>")
    assert condition(refused.value) == "bad-request"  # XEP-0060 §6.1.3.1
    message = romeo.xmpp.make_message(mto=house.room, mbody="I am Juliet", mtype="groupchat")
    for forged in (
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='not-romeo-s'/>",
        f"<stanza-id xmlns='urn:xmpp:sid:0' id='not-the-room-s' by='{house.room}'/>",
        f"<delay xmlns='urn:xmpp:delay' from='{house.room}' stamp='2002-10-13T23:58:37Z'/>",
        f"<x xmlns='{MUC}#user'><item jid='{juliet.jid}' affiliation='owner'/></x>",
    ):
        message.append(ElementTree.fromstring(forged))
    message.send()
    heard = await juliet.hears("message", lambda each: each["body"] == "I am Juliet")
    assert heard["from"] == f"{house.room}/romeo"
    told = ElementTree.tostring(heard.xml, encoding="unicode")
    assert not [word for word in ("not-", "2002-10-13", "owner") if word in told]


def woe(sender: str, room: slixmpp.JID) -> str:
    """Said to a room in somebody's name."""
    return f"<message from='{sender}' to='{room}' type='groupchat'><body>Woe</body></message>"


async def test_somebody_s_server_does_not_let_them_be_another(house: House) -> None:
    """RFC 6120 §8.1.2.1: ejabberd ends their stream, and so their stay; Prosody corrects them."""
    juliet, romeo, room = house.juliet, house.romeo, house.room
    romeo.xmpp.send_raw(woe(str(juliet.jid), room))
    himself = Said(room, "romeo", "Woe")
    await juliet.hears("space_event", lambda event: event == himself or goes("romeo")(event))
    assert ("space_event", Said(room, "juliet", "Woe")) not in juliet.heard


async def test_a_server_speaks_for_another(house: House) -> None:
    """RFC 6120 §8.1.2.2: one that is let in as itself, and whose stream then ends."""
    federation = house.league.annex.host.federation
    assert federation is not None
    for sender in (str(house.juliet.jid), str(SPACES), "romeo@montague.lit"):
        usurper = Usurper(AFAR, str(ROOMS), SECRET)
        await usurper.enter(federation.address)
        said = await usurper.says(woe(sender, house.room))
        assert "invalid-from" in said or "not-authorized" in said
    await house.says("O happy dagger")
    heard = [what for name, what in house.juliet.heard if name == "message"]
    assert not [each for each in heard if each["body"] == "Woe"]
