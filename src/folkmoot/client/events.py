"""What happens to spaces and in rooms, as services tell: XEP-0060 1.30.0 §7.1.2, §8, §12; XEP-0503.

Rooms: XEP-0045 1.35.5 §7.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar
from xml.etree.ElementTree import Element

from slixmpp.jid import JID

from folkmoot.client.errors import EventsLost
from folkmoot.client.model import (
    PUBSUB,
    Affiliation,
    Item,
    Request,
    Space,
    SpaceAddress,
    State,
)
from folkmoot.client.reading import (
    DELAY,
    EVENT,
    MUC_USER,
    forms,
    read_affiliation,
    read_item,
    read_jid,
    read_number,
    read_request,
    read_space,
    read_state,
)

EVENTS_WAITING_MAX: Final = 1_000
"""How many events wait for one who listens."""


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """Something is on the list, or has changed there. `Other` without payload: ask for it."""

    address: SpaceAddress
    item: Item


@dataclass(frozen=True, slots=True)
class ItemsRetracted:
    """Something is off the list; never empty."""

    address: SpaceAddress
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purged:
    """Everything is off the list."""

    address: SpaceAddress


@dataclass(frozen=True, slots=True)
class Deleted:
    """The space is gone. redirect: where to go instead, or empty."""

    address: SpaceAddress
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class Configured:
    """The space is configured anew. space: None where the service does not say how."""

    address: SpaceAddress
    space: Space | None


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """Somebody has come, waits or is gone; oneself, or, for owners, anyone."""

    address: SpaceAddress
    jid: JID
    state: State


@dataclass(frozen=True, slots=True)
class AffiliationChanged:
    """Somebody's standing has changed (XEP-0060 §8.9.4)."""

    address: SpaceAddress
    jid: JID
    affiliation: Affiliation


@dataclass(frozen=True, slots=True)
class Requested:
    """An owner is asked to let somebody in (XEP-0060 §8.6)."""

    address: SpaceAddress
    request: Request


@dataclass(frozen=True, slots=True)
class Said:
    """Something was said in a room (XEP-0045 §7.4). past: before one came (§7.2.13)."""

    room: JID
    nick: str
    text: str
    past: bool = False
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OccupantChanged:
    """Somebody has come to a room, has changed there, or is gone (XEP-0045 §7.2.2, §7.14).

    jid: None where the room does not tell. codes: as 301 for banned, 307 for kicked (§15.6.2).
    """

    room: JID
    nick: str
    present: bool
    affiliation: Affiliation = Affiliation.NONE
    role: str = ""
    jid: JID | None = None
    codes: frozenset[int] = frozenset()


Event = (
    ItemChanged
    | ItemsRetracted
    | Purged
    | Deleted
    | Configured
    | SubscriptionChanged
    | AffiliationChanged
    | Requested
    | Said
    | OccupantChanged
)

_Kind = TypeVar("_Kind", bound=Event)


def read_events(message: Element, own: JID) -> Iterator[Event]:
    """What a message tells, of a node of whoever sent it; nothing where it is none of these.

    own: one's own address, whose standing a message is about that names nobody.
    """
    service = read_jid(message.get("from"))
    if service is None or service.resource or message.get("type") == "error":
        return
    request = read_request(service, message)
    if request is not None:
        yield Requested(request.address, request)
    for told in message.iterfind(f"{{{EVENT}}}event/*"):
        node = told.get("node")
        if node:
            yield from _read_event(SpaceAddress(service, node), told, own)
    for rows in message.iterfind(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}affiliations"):
        node = rows.get("node")
        for row in rows if node else ():
            jid = read_jid(row.get("jid")) or JID(own.bare)
            standing = read_affiliation(row.get("affiliation"))
            yield AffiliationChanged(SpaceAddress(service, node or ""), jid, standing)


def _read_event(address: SpaceAddress, told: Element, own: JID) -> Iterator[Event]:
    match told.tag.removeprefix(f"{{{EVENT}}}"):
        case "items":
            for item in told.iterfind(f"{{{EVENT}}}item"):
                yield ItemChanged(address, read_item(item))
            retracted = told.iterfind(f"{{{EVENT}}}retract")
            if ids := tuple(each.get("id", "") for each in retracted):
                yield ItemsRetracted(address, ids)
        case "purge":
            yield Purged(address)
        case "delete":
            redirect = told.find(f"{{{EVENT}}}redirect")
            yield Deleted(address, "" if redirect is None else redirect.get("uri", ""))
        case "configuration":
            form = next((form for _, form in forms(told)), None)
            yield Configured(address, None if form is None else read_space(address, form))
        case "subscription":
            jid = read_jid(told.get("jid")) or JID(own.bare)
            yield SubscriptionChanged(address, jid, read_state(told.get("subscription")))
        case _:
            return


def read_room_events(stanza: Element) -> Iterator[Event]:
    """What a message or a presence tells of a room; nothing where it is neither."""
    sender = read_jid(stanza.get("from"))
    if sender is None or not sender.local or stanza.get("type") == "error":
        return
    room, nick = JID(sender.bare), sender.resource
    if stanza.tag.endswith("}message"):
        text = next((each.text for each in stanza if each.tag.endswith("}body")), None)
        if nick and text and stanza.get("type") == "groupchat":
            past = stanza.find(f"{{{DELAY}}}delay") is not None
            yield Said(room, nick, text, past, stanza.get("id", ""))
        return
    told = stanza.find(f"{{{MUC_USER}}}x")
    if told is None or not nick:
        return
    item = told.find(f"{{{MUC_USER}}}item")
    row = {} if item is None else item.attrib
    yield OccupantChanged(
        *(room, nick, stanza.get("type") != "unavailable"),
        *(read_affiliation(row.get("affiliation")), row.get("role", ""), read_jid(row.get("jid"))),
        frozenset(
            filter(
                None, (read_number(x.get("code")) for x in told.iterfind(f"{{{MUC_USER}}}status"))
            )
        ),
    )


class Listening:
    """Events of some spaces and rooms, or of all, from when it was made: an asynchronous iterator.

    Never ends by itself; `close` ends it. Raises EventsLost after the last event it is sure
    of, once more than EVENTS_WAITING_MAX wait or the stream is lost.
    """

    def __init__(self, places: frozenset[SpaceAddress | JID]) -> None:
        """places: spaces, and rooms; empty for all rooms and all nodes of services."""
        self._places = places
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue()
        self._lost = False
        self._closed = False

    def tell(self, event: Event) -> None:
        """Something has happened."""
        place = event.room if isinstance(event, Said | OccupantChanged) else event.address
        if self._places:
            if place not in self._places:
                return
        elif isinstance(place, SpaceAddress) and place.service.local:
            return  # an account's own nodes are not what spaces are
        if self._lost or self._closed:
            return
        if self._waiting.qsize() >= EVENTS_WAITING_MAX:
            self.lose()
        else:
            self._waiting.put_nowait(event)

    def lose(self) -> None:
        """From here on, something may have happened that was not told."""
        if not (self._lost or self._closed):
            self._lost = True
            self._waiting.put_nowait(None)

    def close(self) -> None:
        """Nothing more is to be heard."""
        if not (self._lost or self._closed):
            self._closed = True
            self._waiting.put_nowait(None)

    async def first(
        self, kind: type[_Kind], where: Callable[[_Kind], bool] = lambda event: True
    ) -> _Kind:
        """The next event of a kind; what comes before it is passed over. Raises EventsLost."""
        async for event in self:
            if isinstance(event, kind) and where(event):
                return event
        raise EventsLost("it was closed")

    def __aiter__(self) -> Listening:
        return self

    async def __anext__(self) -> Event:
        event = await self._waiting.get()
        if event is not None:
            return event
        self._waiting.put_nowait(None)  # whoever asks again hears the same
        if self._lost:
            raise EventsLost("events may have been missed")
        raise StopAsyncIteration
