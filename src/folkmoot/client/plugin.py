"""XEP-0503 0.3.0 as a plugin of slixmpp, `xep_0503`: spaces with everything that is done to them.

Each coroutine raises what `errors` has: Refused, where the answer is an error; NoAnswer; BadAnswer.
"""

from __future__ import annotations

import asyncio
import secrets
import weakref
from itertools import chain
from typing import Any, ClassVar, Final
from xml.etree.ElementTree import Element

from slixmpp.jid import JID
from slixmpp.plugins.base import BasePlugin, register_plugin
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from folkmoot.client.asking import Asking, next_page
from folkmoot.client.errors import BadAnswer, NotOffered, Refused, SpacesError
from folkmoot.client.events import Listening, read_events, read_room_events
from folkmoot.client.extensions import Extensions
from folkmoot.client.model import (
    PUBSUB,
    SPACES,
    Access,
    Affiliation,
    Content,
    Item,
    Member,
    Membership,
    Request,
    Room,
    Space,
    SpaceAddress,
    State,
    Support,
    token_in,
)
from folkmoot.client.reading import (
    DISCO_INFO,
    DISCO_ITEMS,
    INVITE,
    OWNER,
    read_affiliation,
    read_entities,
    read_features,
    read_identities,
    read_info,
    read_item,
    read_listed,
    read_members,
    read_parent,
    read_requests,
    read_state,
    sorted_out,
)
from folkmoot.client.rooms import Rooms
from folkmoot.client.writing import (
    FILTER,
    NODE_CONFIG,
    element,
    only_spaces,
    space_config,
    submitted,
    write_item,
)

INFOS_AT_ONCE: Final = 8
"""How many nodes are asked about without waiting for the others."""

EVENT_NAME: Final = "space_event"
"""The event of slixmpp that carries an `Event`."""

_HEARD: Final = ("message", "presence")


class Spaces(Extensions, BasePlugin):
    """Spaces: `client.register_plugin("xep_0503")`, then `client.plugin["xep_0503"]`.

    rooms: what is done in the rooms of spaces.
    """

    name = "xep_0503"
    description = "XEP-0503: Server-side spaces"
    dependencies: ClassVar[set[str]] = set()

    def plugin_init(self) -> None:
        """The plugin is taken up: messages are listened to from now on."""
        self._stream: Any = self.xmpp
        self._asking = asking = Asking(self._stream)
        self.rooms = Rooms(asking)
        self._listening: weakref.WeakSet[Listening] = weakref.WeakSet()
        for kind in _HEARD:
            matcher = MatchXPath(f"{{{self._stream.default_ns}}}{kind}")
            handler: Any = Callback(f"{self.name} {kind}", matcher, self._heard)
            self._stream.register_handler(handler)
        self._stream.add_event_handler("disconnected", self._lost)

    def plugin_end(self) -> None:
        """The plugin is given up, and who listens hears no more."""
        for kind in _HEARD:
            self._stream.remove_handler(f"{self.name} {kind}")
        self._stream.del_event_handler("disconnected", self._lost)
        for listening in tuple(self._listening):
            listening.close()

    @property
    def own(self) -> JID:
        """One's own account."""
        return JID(self._asking.own.bare)

    # What there is

    async def support(self, service: JID | str) -> Support:
        """What a service can do (§4)."""
        return Support(read_features(await self._asking.disco(JID(service), DISCO_INFO)))

    async def service(self) -> JID | None:
        """Where one's own server has its spaces; None if it has no service of pubsub.

        Of several it is the one called `spaces.`, which is where Movim looks.
        """
        domain = JID(self.own.domain)
        query = await self._asking.disco(domain, DISCO_ITEMS)
        entities = sorted(
            read_entities(query), key=lambda jid: not jid.domain.startswith("spaces.")
        )
        for jid in entities:
            try:
                identities = read_identities(await self._asking.disco(jid, DISCO_INFO))
            except SpacesError:
                continue  # perhaps a server that is away
            if ("pubsub", "service") in identities:
                return jid
        return None

    async def listed(self, service: JID | str) -> list[Space]:
        """The spaces of a service that one may know of (§5.1), in its order.

        Where the service filters (XEP-0462) there is only the title to each, and the rest is for
        `info`; elsewhere each node is asked what it is. Raises TooMuch.
        """
        jid = JID(service)
        filtered = FILTER in (await self.support(jid)).features
        found: dict[str, Space] = {}
        more: Element | None = None
        while True:
            inside = [
                each for each in (only_spaces() if filtered else None, more) if each is not None
            ]
            query = await self._asking.disco(jid, DISCO_ITEMS, *inside)
            before = len(found)
            found.update((space.address.node, space) for space in read_listed(jid, query))
            more = next_page(query, len(found), before)
            if more is None:
                break
        nodes = list(found.values())
        if filtered:
            return nodes
        spaces: list[Space] = []
        for start in range(0, len(nodes), INFOS_AT_ONCE):
            some = nodes[start : start + INFOS_AT_ONCE]
            told = await asyncio.gather(*(self._known(space.address) for space in some))
            spaces.extend(space for space in told if space is not None and space.type == SPACES)
        return spaces

    async def _known(self, address: SpaceAddress) -> Space | None:
        try:
            return await self.info(address)
        except (Refused, BadAnswer):
            return None

    async def info(self, address: SpaceAddress) -> Space:
        """What a space is, or another node (§5.2)."""
        query = await self._asking.disco(address.service, DISCO_INFO, node=address.node)
        return read_info(address, query)

    async def content(self, address: SpaceAddress) -> Content:
        """What a space lists (§5.4). Raises TooMuch."""
        found: dict[str, Item] = {}
        more: Element | None = None
        while True:
            asked = element(PUBSUB, "items", node=address.node)
            inside = (asked,) if more is None else (asked, more)
            answer = await self._asking.pubsub("get", address.service, *inside)
            before = len(found)
            for each in answer.iterfind(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}items/{{{PUBSUB}}}item"):
                item = read_item(each)
                found[item.id] = item
            more = next_page(answer.find(f"{{{PUBSUB}}}pubsub"), len(found), before)
            if more is None:
                return sorted_out(tuple(found.values()))

    async def parent(self, jid: JID | str) -> SpaceAddress | None:
        """The space that an entity says it is in (§5.5); see whether its content agrees."""
        return read_parent(await self._asking.disco(JID(jid), DISCO_INFO))

    # Coming and going

    async def join(self, where: SpaceAddress | str, *, invite: str = "") -> Membership:
        """Join, or ask to be let in (§5.3): the state is SUBSCRIBED, or PENDING, also once more.

        where: also as an IRI, which may have an invite in it. invite: its token, which lets one in
        at once where the service knows invites and it is good. Raises InvalidAddress.
        """
        if isinstance(where, str):
            invite = invite or token_in(where)
            where = SpaceAddress.parse(where)
        subscribe = element(PUBSUB, "subscribe", node=where.node, jid=str(self.own))
        if invite:
            subscribe.append(element(INVITE, "invite", token=invite))
        try:
            answer = await self._asking.pubsub("set", where.service, subscribe)
        except Refused as refused:
            if refused.detail != "pending-subscription":
                raise
            return Membership(where, State.PENDING)
        told = answer.find(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}subscription")
        state = None if told is None else told.get("subscription")
        return Membership(where, State.SUBSCRIBED if state is None else read_state(state))

    async def leave(self, address: SpaceAddress) -> None:
        """Leave, or take back the request."""
        unsubscribe = element(PUBSUB, "unsubscribe", node=address.node, jid=str(self.own))
        await self._asking.pubsub("set", address.service, unsubscribe)

    async def membership(self, address: SpaceAddress) -> Membership:
        """What one is to a space; what the service does not tell is none (XEP-0060 §5.6, §5.7)."""
        states = [
            read_state(row.get("subscription"))
            for row in await self._mine(address, "subscriptions")
        ]
        standing = [
            read_affiliation(row.get("affiliation"))
            for row in await self._mine(address, "affiliations")
        ]
        best = max(states, key=list(State).index, default=State.NONE)
        return Membership(address, best, next(iter(standing), Affiliation.NONE))

    async def _mine(self, address: SpaceAddress, what: str) -> list[Element]:
        asked = element(PUBSUB, what, node=address.node)
        try:
            answer = await self._asking.pubsub("get", address.service, asked)
        except NotOffered:
            return []
        rows = answer.iterfind(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}{what}/*")
        return [row for row in rows if row.get("node", address.node) == address.node]

    # What owners do

    async def create(
        self,
        service: JID | str,
        node: str | None = None,
        *,
        title: str,
        description: str = "",
        access: Access = Access.AUTHORIZE,
    ) -> SpaceAddress:
        """Create a space, configured as it MUST be (§3). node: None to have one chosen here."""
        address = SpaceAddress.of(service, secrets.token_urlsafe(12) if node is None else node)
        config = submitted(NODE_CONFIG, space_config(title, description, access))
        create = element(PUBSUB, "create", node=address.node)
        configure = element(PUBSUB, "configure", config)
        await self._asking.pubsub("set", address.service, create, configure)
        return address

    async def configure(
        self,
        address: SpaceAddress,
        *,
        title: str | None = None,
        description: str | None = None,
        access: Access | None = None,
    ) -> None:
        """Change what is given; the rest stays (XEP-0060 §8.2.4)."""
        given = {
            "pubsub#title": title,
            "pubsub#description": description,
            "pubsub#access_model": None if access is None else access.value,
        }
        fields = [(var, value) for var, value in given.items() if value is not None]
        form = submitted(NODE_CONFIG, fields)
        await self._asking.owner(
            "set", address, element(OWNER, "configure", form, node=address.node)
        )

    async def delete(self, address: SpaceAddress) -> None:
        """Delete a space."""
        await self._asking.owner("set", address, element(OWNER, "delete", node=address.node))

    async def put(self, address: SpaceAddress, item: Item) -> None:
        """List something in a space; what is listed under its id already is replaced (§5.4)."""
        publish = element(PUBSUB, "publish", write_item(item), node=address.node)
        await self._asking.pubsub("set", address.service, publish)

    async def add_room(
        self, address: SpaceAddress, room: JID | str, name: str = "", *, autojoin: bool = False
    ) -> Room:
        """List a room in a space; gives what is listed."""
        added = Room(JID(room), name, autojoin)
        await self.put(address, added)
        return added

    async def remove(self, address: SpaceAddress, item: Item | str) -> None:
        """Take something off the list, by itself or by its id; everybody hears of it."""
        id = item if isinstance(item, str) else item.id
        retract = element(PUBSUB, "retract", element(PUBSUB, "item", id=id), node=address.node)
        retract.set("notify", "true")
        await self._asking.pubsub("set", address.service, retract)

    async def members(self, address: SpaceAddress) -> tuple[Member, ...]:
        """Who is affiliated or subscribed, waits, or is banned (XEP-0060 §8.8.1, §8.9.1)."""
        affiliations = await self._asking.rows(address, "affiliations")
        return read_members(affiliations, await self._asking.rows(address, "subscriptions"))

    async def set_affiliation(
        self, address: SpaceAddress, jid: JID | str, affiliation: Affiliation
    ) -> None:
        """Change somebody's standing (XEP-0060 §8.9.2)."""
        row = element(OWNER, "affiliation", jid=JID(jid).bare, affiliation=affiliation.value)
        rows = element(OWNER, "affiliations", row, node=address.node)
        await self._asking.owner("set", address, rows)

    async def requests(self, address: SpaceAddress) -> tuple[Request, ...]:
        """Who waits to be let in (XEP-0060 §8.8.1)."""
        return read_requests(address, await self._asking.rows(address, "subscriptions"))

    async def approve(self, request: Request) -> None:
        """Let somebody in."""
        await self._settle(request, State.SUBSCRIBED)

    async def deny(self, request: Request) -> None:
        """Do not."""
        await self._settle(request, State.NONE)

    async def _settle(self, request: Request, state: State) -> None:
        row = element(OWNER, "subscription", jid=str(request.jid), subscription=state.value)
        if request.subid:
            row.set("subid", request.subid)
        rows = element(OWNER, "subscriptions", row, node=request.address.node)
        await self._asking.owner("set", request.address, rows)

    # What happens

    def events(self, *places: SpaceAddress | JID | str) -> Listening:
        """What happens from now on: to these spaces, in these rooms; if none is named, to all."""
        listening = Listening(
            frozenset(JID(each) if isinstance(each, str) else each for each in places)
        )
        self._listening.add(listening)
        return listening

    def _heard(self, stanza: Any) -> None:
        for event in chain(read_events(stanza.xml, self.own), read_room_events(stanza.xml)):
            for listening in tuple(self._listening):
                listening.tell(event)
            self._stream.event(EVENT_NAME, event)
        self.rooms.heard(stanza.xml)

    def _lost(self, _: object) -> None:
        self._asking.lose()
        self.rooms.lose()
        for listening in tuple(self._listening):
            listening.lose()


register_plugin(Spaces)
