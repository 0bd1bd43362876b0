"""The story of a space: Juliet founds it, Romeo is let in and later banned, Tybalt stays outside.

It is told in the order in which Movim does these things; XEP-0503 0.3.0 is the plot.
"""

from __future__ import annotations

import uuid
from typing import Final

from folkmoot.admin import Admin
from folkmoot.demo import stanzas
from folkmoot.demo.cast import Person, Place, people, random_key, settle
from folkmoot.demo.client import Client, Unexpected, condition
from folkmoot.demo.telling import Telling
from folkmoot.facades import disco
from folkmoot.facades.pubsub import ns as pubsub
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

SPACE_TITLE: Final = "House of Capulet"
ROOM_NAME: Final = "The garden"
QUESTION: Final = "But soft, what light through yonder window breaks?"
ANSWER: Final = "How camest thou hither, tell me, and wherefore?"


class Story:
    """Who is in it, and what there is to act on; a method for each chapter.

    key: of Juliet's space. room: in it.
    """

    def __init__(self, telling: Telling, place: Place, admin: Admin, *, ending: str = "") -> None:
        """ending: of the account names, where others may be on the server."""
        self.telling = telling
        self.place = place
        self.admin = admin
        self.key = random_key()
        self.room = JID.parse(f"{uuid.uuid4()}@{place.rooms}")
        self.cast = people(place, ("juliet", "romeo", "tybalt"), ending=ending)
        self._clients: dict[Person, Client] = {}
        self._settled = False

    @property
    def juliet(self) -> Client:
        """Her client."""
        return self._clients[self.cast[0]]

    @property
    def romeo(self) -> Client:
        """His client."""
        return self._clients[self.cast[1]]

    @property
    def tybalt(self) -> Client:
        """The stranger's client."""
        return self._clients[self.cast[2]]

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
            client = await self.place.enter(person, self.telling.watch(person.name), web=web)
            self._clients[person] = client
            await client.ask(stanzas.roster())
            await client.send(stanzas.presence())
            await client.sync()
            step.came = f"as {client.jid}"

    async def log_in(self) -> None:
        """Accounts, log-ins, and two people who are each other's contacts."""
        telling, cast = self.telling, self.cast
        telling.chapter("Three people log in, two of them friends")
        with telling.step("folkmoot", "makes three accounts") as step:
            await settle(self.admin, cast)
            self._settled = True
            step.came = f"{cast[0].account} and two more"
        juliet, romeo, tybalt = cast
        await self.enter(juliet)
        await self.enter(romeo, web=True)
        await self.enter(tybalt)
        with telling.step("juliet", "asks to see Romeo's presence; he agrees") as step:
            await self._befriend(self.juliet, self.romeo)
            step.came = "she sees his presence"
        with telling.step("romeo", "asks the same of Juliet") as step:
            await self._befriend(self.romeo, self.juliet)
            roster = (await self.juliet.ask(stanzas.roster())).first
            states = [each.get("subscription", "") for each in roster.elements] if roster else []
            if states != ["both"]:
                raise Unexpected(f"the roster says {states}")
            step.came = "in both rosters: both"

    async def _befriend(self, asking: Client, asked: Client) -> None:
        """A presence subscription, asked for and approved (RFC 6121 §3.1)."""
        await asking.send(stanzas.presence(to=str(asked.jid.bare), type="subscribe"))
        wish = stanzas.presence(from_=str(asking.jid.bare), type="subscribe")
        await asked.expect(wish)
        await asked.send(stanzas.presence(to=str(asking.jid.bare), type="subscribed"))
        await asking.expect(stanzas.presence(from_=str(asked.jid.bare), type="subscribed"))
        await asking.expect(stanzas.presence(from_=str(asked.jid)))

    async def found(self) -> None:
        """A space as XEP-0503 has it, and a room that is in it once both say so."""
        telling, juliet, spaces, room = self.telling, self.juliet, self.place.spaces, self.room
        telling.chapter("Juliet founds a space with a room in it")
        with telling.step("juliet", f"creates the space “{SPACE_TITLE}”") as step:
            await juliet.ask(stanzas.create_space(spaces, self.key, SPACE_TITLE))
            step.came = f"created; its key is {self.key}"
        with telling.step("juliet", "subscribes to it") as step:
            step.came = f"{await self._subscribe(juliet, 'subscribed')}: an owner need not ask"
        with telling.step("juliet", "enters a room that is not there yet") as step:
            await juliet.send(stanzas.enter(room, "juliet"))
            await juliet.expect(stanzas.seen(room, "juliet", "owner", stanzas.CREATED))
            step.came = "created (201); she owns it"
        with telling.step("juliet", "makes it members-only, in the space") as step:
            await juliet.ask(stanzas.configure_room(room, ROOM_NAME, spaces, self.key))
            step.came = "configured"
        with telling.step("juliet", f"lists it in the space: “{ROOM_NAME}”") as step:
            await juliet.ask(stanzas.list_room(spaces, self.key, room, ROOM_NAME))
            await juliet.expect(stanzas.item_event(spaces, self.key, str(room)))
            step.came = "published: both say so now"

    async def _subscribe(self, who: Client, wanted: str) -> str:
        """Subscribe to the space; gives the state. Raises Unexpected for another than wanted."""
        answer = await who.ask(stanzas.subscribe(self.place.spaces, self.key, who.jid))
        told = answer.first.first if answer.first is not None else None
        state = told.get("subscription", "") if told is not None else ""
        if state != wanted:
            raise Unexpected(f"the subscription is {state!r}, not {wanted!r}")
        return state

    async def let_in(self) -> None:
        """Subscription by key, approval by form, and the room that follows from it."""
        telling, juliet, romeo = self.telling, self.juliet, self.romeo
        spaces, key, room, account = self.place.spaces, self.key, self.room, self.romeo.jid.bare
        telling.chapter("Romeo has the key, asks, and is let in")
        with telling.step("romeo", "subscribes to the space by its key") as step:
            step.came = await self._subscribe(romeo, "pending")
        with telling.step("romeo", "asks for its rooms all the same") as step:
            step.came = await romeo.refusal(stanzas.items(spaces, key))
        with telling.step("juliet", "is asked whether he may come in") as step:
            asked = await juliet.expect(stanzas.approval_asked(spaces, key, account))
            step.came = "a form, from the service"
        with telling.step("juliet", "says yes in the form") as step:
            form = asked.child(DATA, "x")
            assert form is not None
            await juliet.send(stanzas.approve(spaces, form))
            await romeo.expect(stanzas.subscription_event(spaces, key, account, "subscribed"))
            step.came = "Romeo hears: subscribed"
        with telling.step("romeo", "asks for the rooms again") as step:
            answer = await romeo.ask(stanzas.items(spaces, key))
            step.came = ", ".join(room_names(answer))
            if step.came != ROOM_NAME:
                raise Unexpected(f"the space lists {step.came or 'nothing'}")
        with telling.step("romeo", "enters the room") as step:
            await romeo.send(stanzas.enter(room, "romeo"))
            await romeo.expect(stanzas.entered(room, "romeo", "member"))
            step.came = "let in: he is a member"
        with telling.step("juliet", "asks the room for its members") as step:
            listed = (await juliet.ask(stanzas.affiliated(room, "member"))).first
            members = [each.get("jid") for each in listed.elements] if listed is not None else []
            if members != [str(account)]:
                raise Unexpected(f"the members are {members}")
            step.came = "Romeo, whom nobody told it of"
        with telling.step("romeo", "speaks") as step:
            await romeo.send(stanzas.say(room, QUESTION))
            await juliet.expect(stanzas.said(room, "romeo", QUESTION))
            step.came = f"Juliet hears: {QUESTION}"
        with telling.step("juliet", "answers") as step:
            await juliet.send(stanzas.say(room, ANSWER))
            await romeo.expect(stanzas.said(room, "juliet", ANSWER))
            step.came = f"Romeo hears: {ANSWER}"

    async def shut_out(self) -> None:
        """What somebody can do who has the key, but nobody's approval."""
        telling, tybalt, room = self.telling, self.tybalt, self.room
        spaces, rooms, key = self.place.spaces, self.place.rooms, self.key
        telling.chapter("Tybalt looks around, gets the key, and is let in nowhere")
        with telling.step("tybalt", "looks for spaces, and for rooms") as step:
            for service, hidden in ((spaces, key), (rooms, str(room))):
                await self._search(service, hidden)
            step.came = "neither is listed"
        with telling.step("tybalt", "subscribes to the space by its key") as step:
            step.came = await self._subscribe(tybalt, "pending")
        with telling.step("tybalt", "asks for its rooms") as step:
            step.came = await tybalt.refusal(stanzas.items(spaces, key))
        with telling.step("tybalt", "tries the door of the room") as step:
            step.came = await self.fail_to_enter(tybalt, "tybalt", "registration-required")
        with telling.step("tybalt", "listens while they go on talking") as step:
            await self.romeo.send(stanzas.say(room, QUESTION))
            await self.romeo.expect(stanzas.said(room, "romeo", QUESTION))
            await self._hears_nothing(tybalt)
            step.came = "silence"

    async def _search(self, service: JID, hidden: str) -> None:
        listed = (await self.tybalt.ask(stanzas.disco_items(service))).child(disco.ITEMS, "query")
        for each in listed.elements if listed is not None else ():
            if hidden in (each.get("node"), each.get("jid")):
                raise Unexpected(f"{service} lists {each}")

    async def fail_to_enter(self, who: Client, nick: str, wanted: str) -> str:
        """Try to enter the room; gives why not. Raises Unexpected unless it is as wanted."""
        await who.send(stanzas.enter(self.room, nick))
        address = str(self.room.with_resource(nick))
        found = condition(await who.expect(stanzas.presence(from_=address, type="error")))
        if found != wanted:
            raise Unexpected(f"the room says {found}, not {wanted}")
        return found

    async def _hears_nothing(self, who: Client) -> None:
        await who.sync()
        heard = who.heard_from(self.place.spaces.domain, self.place.rooms.domain)
        if heard:
            raise Unexpected("heard: " + "\n".join(map(str, heard)))

    async def ban(self) -> None:
        """One request to the space, and it holds in its rooms."""
        telling, juliet, romeo = self.telling, self.juliet, self.romeo
        spaces, key, room, account = self.place.spaces, self.key, self.room, self.romeo.jid.bare
        telling.chapter("Juliet bans Romeo from the space")
        with telling.step("juliet", "makes him an outcast: one request") as step:
            await juliet.ask(stanzas.set_affiliation(spaces, key, account, "outcast"))
            step.came = "done"
        with telling.step("romeo", "is put out of the room as well") as step:
            gone = stanzas.seen(room, "romeo", "outcast", stanzas.BANNED, type="unavailable")
            await romeo.expect(gone)
            await juliet.expect(gone)
            step.came = "banned (301); Juliet sees it"
        with telling.step("romeo", "hears of his subscription") as step:
            await romeo.expect(stanzas.subscription_event(spaces, key, account, "none"))
            step.came = "none"
        with telling.step("romeo", "listens while she talks and publishes") as step:
            await romeo.sync()
            romeo.inbox.clear()
            await juliet.send(stanzas.say(room, ANSWER))
            await juliet.expect(stanzas.said(room, "juliet", ANSWER))
            await juliet.ask(stanzas.list_room(spaces, key, room, ROOM_NAME))
            await self._hears_nothing(romeo)
            step.came = "silence"
        with telling.step("romeo", "tries the room and the space again") as step:
            door = await self.fail_to_enter(romeo, "romeo", "forbidden")
            gate = await romeo.refusal(stanzas.subscribe(spaces, key, account))
            step.came = f"{door}, {gate}"

    async def go(self) -> None:
        """Log out, and undo all that was done, as far as it was. Raises AdminError, Unexpected."""
        if self.cast[0] in self._clients:
            for undoing in (
                stanzas.destroy(self.room),
                stanzas.delete_node(self.place.spaces, self.key),
            ):
                # Where the story broke off there may be no room yet, or no space.
                await self.juliet.answer(await self.juliet.begin(undoing))
        await self.log_out(*self.cast)
        if self._settled:
            for person in self.cast:
                await self.admin.delete_user(person.account)

    async def log_out(self, *people: Person) -> None:
        """Close the clients of people, as far as they have any."""
        for person in people:
            client = self._clients.pop(person, None)
            if client is not None:
                await client.close()


def items_of(answer: Element) -> list[Element]:
    """The items in an answer to an items request."""
    outer = answer.child(pubsub.PUBSUB, "pubsub")
    items = outer.child(pubsub.PUBSUB, "items") if outer is not None else None
    return items.elements if items is not None else []


def room_names(answer: Element) -> list[str]:
    """The names of the rooms in an answer to an items request."""
    return [item.first.get("name", "") for item in items_of(answer) if item.first is not None]
