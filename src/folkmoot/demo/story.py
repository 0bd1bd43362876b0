"""The story of a space: Juliet founds it, Romeo is let in and later banned, Tybalt stays outside.

It is told in the order in which Movim does these things; XEP-0503 0.3.0 is the plot.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import slixmpp

from folkmoot.admin import Admin
from folkmoot.client import (
    Affiliation,
    ItemChanged,
    OccupantChanged,
    Refused,
    Requested,
    Said,
    SpaceAddress,
    State,
    SubscriptionChanged,
)
from folkmoot.demo.actor import PATIENCE_SECONDS, Actor, Unexpected
from folkmoot.demo.cast import Person, Place, random_key, settle
from folkmoot.demo.telling import Telling

SPACE_TITLE: Final = "House of Capulet"
ROOM_NAME: Final = "The garden"
QUESTION: Final = "But soft, what light through yonder window breaks?"
ANSWER: Final = "How camest thou hither, tell me, and wherefore?"
BANNED: Final = 301


class Story:
    """Who is in it, and what there is to act on; a method for each chapter.

    cast: Juliet, Romeo and Tybalt. house: Juliet's space. room: in it.
    """

    def __init__(
        self, telling: Telling, place: Place, cast: Sequence[Person], admin: Admin | None
    ) -> None:
        """admin: makes their accounts, and deletes them; None where they have them already.

        What is in such accounts, contacts among it, is left alone.
        """
        self.telling = telling
        self.place = place
        self.admin = admin
        self.house = SpaceAddress.of(str(place.spaces), random_key())
        self.room = slixmpp.JID(f"{uuid.uuid4()}@{place.rooms}")
        self.cast = cast
        self._actors: dict[Person, Actor] = {}
        self._settled = False

    @property
    def juliet(self) -> Actor:
        """Her client."""
        return self._actors[self.cast[0]]

    @property
    def romeo(self) -> Actor:
        """His client."""
        return self._actors[self.cast[1]]

    @property
    def tybalt(self) -> Actor:
        """The stranger's client."""
        return self._actors[self.cast[2]]

    async def play(self) -> None:
        """All chapters that any running server can be asked for. Raises Unexpected, OSError."""
        await self.log_in()
        await self.found()
        await self.let_in()
        await self.shut_out()
        await self.ban()

    async def enter(self, person: Person, *, web: bool = False) -> None:
        """A step: somebody logs in and becomes available."""
        by = self.place.by(web=web)
        with self.telling.step(person.name, f"logs in over {by}") as step:
            actor = await self.place.enter(person, web=web)
            self._actors[person] = actor
            self.telling.watch(person.name, actor.xmpp)
            await actor.appear()
            step.came = f"as {actor.jid}"

    async def log_in(self) -> None:
        """Accounts, log-ins, and two people who are each other's contacts."""
        telling, cast = self.telling, self.cast
        juliet, romeo, tybalt = cast
        friends = ", two of them friends" if self.admin is not None else ""
        telling.chapter(f"Three people log in{friends}")
        if self.admin is not None:
            with telling.step("folkmoot", "makes three accounts") as step:
                await settle(self.admin, cast)
                self._settled = True
                step.came = f"{juliet.account} and two more"
        await self.enter(juliet)
        await self.enter(romeo, web=True)
        await self.enter(tybalt)
        if self.admin is not None:
            await self._befriend()

    async def _befriend(self) -> None:
        telling = self.telling
        with telling.step("juliet", "asks to see Romeo's presence; he agrees") as step:
            await self.juliet.befriends(self.romeo)
            step.came = "she sees his presence"
        with telling.step("romeo", "asks the same of Juliet") as step:
            await self.romeo.befriends(self.juliet)
            same("contacts", await contacts(self.juliet), {(str(self.romeo.account), "both")})
            step.came = "in both rosters: both"

    async def found(self) -> None:
        """A space as XEP-0503 has it, and a room that is in it once both say so."""
        telling, juliet, house, room = self.telling, self.juliet, self.house, self.room
        telling.chapter("Juliet founds a space with a room in it")
        with telling.step("juliet", f"creates the space “{SPACE_TITLE}”") as step:
            await juliet.spaces.create(house.service, house.node, title=SPACE_TITLE)
            step.came = f"created; its key is {house.node}"
        with telling.step("juliet", "subscribes to it") as step:
            await self._join(juliet, State.SUBSCRIBED)
            step.came = "subscribed: an owner need not ask"
        with telling.step("juliet", "makes a members-only room for it") as step:
            made = await juliet.spaces.rooms.create(house, room, ROOM_NAME, nick="juliet")
            same("what she is in it", made.affiliation, Affiliation.OWNER)
            step.came = "created; she owns it"
        with telling.step("juliet", f"lists it in the space: “{ROOM_NAME}”") as step:
            listed = await juliet.spaces.add_room(house, room, ROOM_NAME, autojoin=True)
            await juliet.hears_of(ItemChanged(house, listed))
            same("its space", await juliet.spaces.parent(room), house)
            step.came = "published: both say so now"

    async def _join(self, who: Actor, wanted: State) -> str:
        """Subscribe to the space; gives the state. Raises Unexpected for another than wanted."""
        state = (await who.spaces.join(self.house)).state
        same("the subscription", state, wanted)
        return state.value

    async def let_in(self) -> None:
        """Subscription by key, approval, and the room that follows from it."""
        telling, juliet, romeo = self.telling, self.juliet, self.romeo
        house, room = self.house, self.room
        telling.chapter("Romeo has the key, asks, and is let in")
        with telling.step("romeo", "subscribes to the space by its key") as step:
            step.came = await self._join(romeo, State.PENDING)
        with telling.step("romeo", "asks for its rooms all the same") as step:
            step.came = await self._fail_to_read(romeo)
        with telling.step("juliet", "is asked whether he may come in") as step:
            asked: Requested = await juliet.hears(
                "space_event", lambda event: isinstance(event, Requested)
            )
            same("who asks, for what", asked.request.jid, romeo.own)
            step.came = "a form, from the service"
        with telling.step("juliet", "says yes") as step:
            await juliet.spaces.approve(asked.request)
            await romeo.hears_of(SubscriptionChanged(house, romeo.own, State.SUBSCRIBED))
            step.came = "Romeo hears: subscribed"
        with telling.step("romeo", "asks for the rooms again") as step:
            names = [listed.name for listed in (await romeo.spaces.content(house)).rooms]
            same("the rooms", names, [ROOM_NAME])
            step.came = ROOM_NAME
        with telling.step("romeo", "enters the room") as step:
            entered = await romeo.spaces.rooms.enter(room, "romeo")
            same("what he is in it", entered.affiliation, Affiliation.MEMBER)
            step.came = "let in: he is a member"
        with telling.step("juliet", "asks the room for its members") as step:
            members = await juliet.spaces.rooms.members(room, (Affiliation.MEMBER,))
            same("the members", [member.jid for member in members], [romeo.own])
            step.came = "Romeo, whom nobody told it of"
        with telling.step("romeo", "speaks") as step:
            await romeo.spaces.rooms.say(room, QUESTION)
            await juliet.hears_of(Said(room, "romeo", QUESTION))
            step.came = f"Juliet hears: {QUESTION}"
        with telling.step("juliet", "answers") as step:
            await juliet.spaces.rooms.say(room, ANSWER)
            await romeo.hears_of(Said(room, "juliet", ANSWER))
            step.came = f"Romeo hears: {ANSWER}"

    async def shut_out(self) -> None:
        """What somebody can do who has the key, but nobody's approval."""
        telling, tybalt = self.telling, self.tybalt
        telling.chapter("Tybalt looks around, gets the key, and is let in nowhere")
        with telling.step("tybalt", "looks for spaces, and for rooms") as step:
            listed = await tybalt.spaces.listed(self.house.service)
            if self.house in [space.address for space in listed]:
                raise Unexpected("the space is listed")
            disco = tybalt.xmpp.plugin["xep_0030"]
            rooms = await disco.get_items(jid=self.room.domain, timeout=PATIENCE_SECONDS)
            if str(self.room) in str(rooms):
                raise Unexpected("the room is listed")
            step.came = "neither is listed"
        with telling.step("tybalt", "subscribes to the space by its key") as step:
            step.came = await self._join(tybalt, State.PENDING)
        with telling.step("tybalt", "asks for its rooms") as step:
            step.came = await self._fail_to_read(tybalt)
        with telling.step("tybalt", "tries the door of the room") as step:
            step.came = await self.fail_to_enter(tybalt, "tybalt", "registration-required")
        with telling.step("tybalt", "listens while they go on talking") as step:
            await self.romeo.spaces.rooms.say(self.room, QUESTION)
            await self._hears_nothing(tybalt)
            step.came = "silence"

    async def _fail_to_read(self, who: Actor) -> str:
        """Ask for what is in the space; gives why not. Raises Unexpected for an answer."""
        try:
            content = await who.spaces.content(self.house)
        except Refused as refused:
            return f"{refused.condition} {refused.detail}"
        raise Unexpected(f"it is told: {content}")

    async def fail_to_enter(self, who: Actor, nick: str, wanted: str) -> str:
        """Try to enter the room; gives why not. Raises Unexpected unless it is as wanted."""
        try:
            entered = await who.spaces.rooms.enter(self.room, nick)
        except Refused as refused:
            same("what the room says", refused.condition, wanted)
            return wanted
        raise Unexpected(f"the door is open: {entered}")

    async def _hears_nothing(self, who: Actor) -> None:
        services = (self.house.service.domain, self.room.domain)
        for service in services:  # each by itself: they may be streams to another server
            await who.is_up_to_date(service)
        heard = [
            what
            for name, what in who.heard
            if name == "space_event"
            or (what["from"].domain in services and what["type"] != "error")
        ]
        if heard:
            raise Unexpected("heard: " + "\n".join(map(str, heard)))

    async def ban(self) -> None:
        """One request to the space, and it holds in its rooms."""
        telling, juliet, romeo = self.telling, self.juliet, self.romeo
        house, room = self.house, self.room
        telling.chapter("Juliet bans Romeo from the space")
        with telling.step("juliet", "makes him an outcast: one request") as step:
            await juliet.spaces.set_affiliation(house, romeo.own, Affiliation.OUTCAST)
            step.came = "done"
        with telling.step("romeo", "is put out of the room as well") as step:
            for actor in (romeo, juliet):
                await actor.hears("space_event", _is_put_out("romeo"))
            step.came = "banned (301); Juliet sees it"
        with telling.step("romeo", "hears of his subscription") as step:
            await romeo.hears_of(SubscriptionChanged(house, romeo.own, State.NONE))
            step.came = "none"
        with telling.step("romeo", "listens while she talks and publishes") as step:
            for service in (house.service.domain, room.domain):
                await romeo.is_up_to_date(service)
            romeo.heard.clear()
            await juliet.spaces.rooms.say(room, ANSWER)
            await juliet.spaces.add_room(house, room, ROOM_NAME, autojoin=True)
            await self._hears_nothing(romeo)
            step.came = "silence"
        with telling.step("romeo", "tries the room and the space again") as step:
            door = await self.fail_to_enter(romeo, "romeo", "forbidden")
            try:
                await romeo.spaces.join(house)
            except Refused as refused:
                step.came = f"{door}, {refused.condition}"
            else:
                raise Unexpected("the space lets him in")

    async def go(self) -> None:
        """Log out, and undo all that was done, as far as it was.

        Raises AdminError, SpacesError.
        """
        if self.cast[0] in self._actors:
            # Where the story broke off there may be no room yet, or no space.
            with suppress(Refused):
                await self.juliet.spaces.rooms.destroy(self.room)
            with suppress(Refused):
                await self.juliet.spaces.delete(self.house)
        await self.log_out(*self.cast)
        if self._settled and self.admin is not None:
            for person in self.cast:
                await self.admin.delete_user(person.account)

    async def log_out(self, *people: Person) -> None:
        """Close the clients of people, as far as they have any."""
        for person in people:
            actor = self._actors.pop(person, None)
            if actor is not None:
                await actor.leaves()


def _is_put_out(nick: str) -> Callable[[object], bool]:
    return lambda event: (
        isinstance(event, OccupantChanged)
        and (event.nick, event.present, event.affiliation) == (nick, False, Affiliation.OUTCAST)
        and BANNED in event.codes
    )


def same(what: str, found: object, wanted: object) -> None:
    """Raises Unexpected unless it is as wanted."""
    if found != wanted:
        raise Unexpected(f"{what}: {found}, not {wanted}")


async def contacts(actor: Actor) -> set[tuple[str, str]]:
    """Who is in somebody's roster, and how they stand to each other."""
    await actor.is_up_to_date()
    roster = actor.xmpp.client_roster
    states = {(jid, roster[jid]["subscription"]) for jid in roster}
    return {(jid, state) for jid, state in states if state != "none"}
