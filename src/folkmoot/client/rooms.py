"""Rooms of spaces, from within: XEP-0045 1.35.5, and the room's half of XEP-0503 0.3.0 §5.5."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

from slixmpp.jid import JID

from folkmoot.client.asking import Asking, found
from folkmoot.client.errors import BadAnswer, Refused, SpacesError, refusal
from folkmoot.client.events import OccupantChanged, Said, read_room_events
from folkmoot.client.model import Affiliation, Member, Occupancy, SpaceAddress
from folkmoot.client.reading import MUC, MUC_ADMIN, MUC_OWNER, forms, read_affiliation, read_jid
from folkmoot.client.writing import element, submitted

ROOM_CONFIG: Final = "http://jabber.org/protocol/muc#roomconfig"
PARENT: Final = "muc#roomconfig_pubsub"
CREATED: Final = 201
ONESELF: Final = 110

_MEMBERS: Final = (Affiliation.OWNER, Affiliation.ADMIN, Affiliation.MEMBER)


class RoomExists(Refused):
    """There is a room where one was to be made."""


class Rooms:
    """What is done in rooms: `spaces.rooms`. What is heard there is among `spaces.events`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._nicks: dict[JID, str] = {}
        self._entering: dict[JID, asyncio.Future[OccupantChanged]] = {}
        self._leaving: dict[JID, asyncio.Future[OccupantChanged]] = {}
        self._saying: dict[str, asyncio.Future[Said]] = {}

    async def create(
        self,
        space: SpaceAddress,
        room: JID | str,
        name: str,
        *,
        nick: str,
        members_only: bool = True,
    ) -> Occupancy:
        """Make a room that names its space, and stay in it; `add_room` is the other half.

        Raises RoomExists.
        """
        entered = await self.enter(room, nick)
        if not entered.created:
            await self.leave(room)
            raise RoomExists("conflict", said=f"{room} exists")
        settings = {
            "muc#roomconfig_roomname": name,
            "muc#roomconfig_persistentroom": "1",
            "muc#roomconfig_publicroom": "0" if members_only else "1",
            "muc#roomconfig_membersonly": "1" if members_only else "0",
            PARENT: space.iri,
        }
        try:
            await self.configure(room, settings)
        except SpacesError:
            await self.leave(room)  # which ends a room that was never opened (§10.1.3)
            raise
        return entered

    async def configure(self, room: JID | str, settings: dict[str, str]) -> frozenset[str]:
        """Change what the room has of these fields (XEP-0045 §10.2); gives those it does not have.

        A room that was not open yet is open then (§10.1.3).
        """
        answer = await self._asking.ask("get", JID(room), element(MUC_OWNER, "query"))
        form = next((form for _, form in forms(found(answer, MUC_OWNER, "query"))), None)
        if form is None:
            raise BadAnswer("a room has sent no form to configure it by")
        known = [(var, value) for var, value in settings.items() if var in form]
        filled = submitted(ROOM_CONFIG, known)
        await self._asking.ask("set", JID(room), element(MUC_OWNER, "query", filled))
        return frozenset(settings) - frozenset(form)

    async def name_space(self, room: JID | str, space: SpaceAddress) -> bool:
        """Have a room say which space it is in (§5.5); False where the service knows no spaces."""
        return not await self.configure(room, {PARENT: space.iri})

    async def enter(
        self, room: JID | str, nick: str, *, history: int = 0, password: str = ""
    ) -> Occupancy:
        """Enter a room (XEP-0045 §7.2), or make it, where there is none (§10.1).

        history: how much of what was said before one wants to hear; it comes as events.
        """
        bare = JID(JID(room).bare)
        x = element(MUC, "x", element(MUC, "history", maxstanzas=str(history)))
        if password:
            SubElement(x, f"{{{MUC}}}password").text = password
        self._nicks[bare] = nick
        seen = await self._sent(self._entering, bare, f"{bare}/{nick}", x)
        created = CREATED in seen.codes
        return Occupancy(bare, seen.nick, seen.affiliation, seen.role, created)

    async def leave(self, room: JID | str) -> None:
        """Leave a room (§7.14); nothing happens where one is not in it."""
        bare = JID(JID(room).bare)
        nick = self._nicks.get(bare)
        if nick is not None:
            await self._sent(self._leaving, bare, f"{bare}/{nick}", None)

    async def _sent(
        self,
        waiting: dict[JID, asyncio.Future[OccupantChanged]],
        room: JID,
        to: str,
        x: Element | None,
    ) -> OccupantChanged:
        presence: Any = self._asking.stream.make_presence(
            pto=to, ptype="unavailable" if x is None else None
        )
        if x is not None:
            presence.append(x)
        waiting[room] = seen = asyncio.get_running_loop().create_future()
        presence.send()
        try:
            return await self._asking.come(seen)
        finally:
            waiting.pop(room, None)

    async def say(self, room: JID | str, text: str) -> Said:
        """Say something to all in a room (§7.4); gives what they have heard, when they have."""
        message: Any = self._asking.stream.make_message(
            mto=JID(room), mbody=text, mtype="groupchat"
        )
        message["id"] = id = self._asking.stream.new_id()
        self._saying[id] = heard = asyncio.get_running_loop().create_future()
        message.send()
        try:
            return await self._asking.come(heard)
        finally:
            del self._saying[id]

    async def members(
        self, room: JID | str, affiliations: tuple[Affiliation, ...] = _MEMBERS
    ) -> tuple[Member, ...]:
        """Who has these affiliations with a room (§9.5)."""
        members = []
        for affiliation in affiliations:
            wanted = element(MUC_ADMIN, "item", affiliation=affiliation.value)
            query = element(MUC_ADMIN, "query", wanted)
            answer = await self._asking.ask("get", JID(room), query)
            for row in found(answer, MUC_ADMIN, "query"):
                jid = read_jid(row.get("jid"))
                if jid is not None:
                    standing = read_affiliation(row.get("affiliation", affiliation.value))
                    members.append(Member(jid, affiliation=standing))
        return tuple(members)

    async def destroy(self, room: JID | str) -> None:
        """Destroy a room (§10.9)."""
        query = element(MUC_OWNER, "query", element(MUC_OWNER, "destroy"))
        await self._asking.ask("set", JID(room), query)

    def lose(self) -> None:
        """The stream has ended: one is in no room any more."""
        self._nicks.clear()

    def heard(self, stanza: Element) -> None:
        """A presence or a message has come: perhaps it is what somebody waits for."""
        sender = read_jid(stanza.get("from"))
        if sender is not None and stanza.get("type") == "error":
            self._refused(JID(sender.bare), stanza)
        for event in read_room_events(stanza):
            if isinstance(event, Said):
                _settle(self._saying.get(event.id), event)
            elif isinstance(event, OccupantChanged) and self._is_oneself(event):
                if event.present:
                    self._nicks[event.room] = event.nick
                    _settle(self._entering.get(event.room), event)
                else:
                    self._nicks.pop(event.room, None)
                    _settle(self._leaving.get(event.room), event)

    def _is_oneself(self, event: OccupantChanged) -> bool:
        """§7.2.2; a service that leaves the code out tells by the nick."""
        return ONESELF in event.codes or self._nicks.get(event.room) == event.nick

    def _refused(self, room: JID, stanza: Element) -> None:
        waiting: asyncio.Future[Any] | None
        if stanza.tag.endswith("}presence"):
            waiting = self._entering.get(room)
        else:
            waiting = self._saying.get(stanza.get("id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_exception(refusal(stanza))


def _settle(waiting: asyncio.Future[Any] | None, event: object) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(event)
