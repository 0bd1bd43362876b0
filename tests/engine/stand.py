"""An engine on a stand: a store in memory, a clock that ticks, and a list of what was told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest

from folkmoot.engine.commands import (
    Approve,
    Command,
    Configure,
    Create,
    Entry,
    Publish,
    Retract,
    SetAffiliations,
    Subscribe,
    Unsubscribe,
)
from folkmoot.engine.configuration import SPACE_TYPE, Access
from folkmoot.engine.decide import Stamp
from folkmoot.engine.engine import Engine
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event
from folkmoot.engine.model import (
    ARCHIVE_NODE,
    PRESENCE_NODE,
    Affiliation,
    Item,
    NodeId,
    Occupant,
    State,
    Subscription,
    Via,
)
from folkmoot.engine.notifications import Notification
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import ChangePresence
from folkmoot.engine.rosters import NO_ROSTERS, Rosters
from folkmoot.engine.services import Services
from folkmoot.engine.store import ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.engine.memory import MemoryStore

P = ParamSpec("P")
A = TypeVar("A")
N = TypeVar("N", bound=Notification)

DOMAIN = JID.parse("shakespeare.lit")
SPACES = JID.parse("spaces.shakespeare.lit")
ROOMS = JID.parse("rooms.shakespeare.lit")
SERVICES = Services(domain=DOMAIN, pubsub=SPACES, rooms=ROOMS)

HAMLET = JID.parse("hamlet@shakespeare.lit")
OPHELIA = JID.parse("ophelia@shakespeare.lit")
HORATIO = JID.parse("horatio@shakespeare.lit")
GERTRUDE = JID.parse("gertrude@shakespeare.lit")
POLONIUS = JID.parse("polonius@shakespeare.lit")
ACCOUNTS = (HAMLET, OPHELIA, HORATIO, GERTRUDE, POLONIUS)
FORTINBRAS = JID.parse("fortinbras@norway.lit")
"""Of another server."""

DENMARK = NodeId(SPACES, "denmark")
ELSINORE = NodeId(SPACES, "elsinore")
HALL = NodeId(ROOMS, "hall")
TOWER = NodeId(ROOMS, "tower")
SOLILOQUIES = NodeId(SPACES, "soliloquies")

WAIT_SECONDS_MAX = 10
"""How long a test waits for what should be there at once, before it fails."""

WORDS = Element("urn:example:words", "words", None, "To be, or not to be")
HERE = Element("jabber:client", "presence")


def device(jid: JID, resource: str = "castle") -> JID:
    """One of an entity's devices."""
    return jid.with_resource(resource)


def presence(jid: JID) -> NodeId:
    """An account's presence node."""
    return NodeId(jid.bare, PRESENCE_NODE)


def archive(jid: JID) -> NodeId:
    """What an account keeps of its messages."""
    return NodeId(jid.bare, ARCHIVE_NODE)


class Stand:
    """An engine, its store and all it told."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        services: Services = SERVICES,
        rosters: Rosters = NO_ROSTERS,
    ) -> None:
        self.store = MemoryStore(ACCOUNTS) if store is None else store
        self.told: list[Notification] = []
        self._count = itertools.count(1)
        self.engine: Engine[asyncio.Event] = Engine(
            self.store, services, self._stamp, self._tell, rosters
        )

    def _tell(self, told: Sequence[Notification | asyncio.Event]) -> None:
        for each in told:
            if isinstance(each, asyncio.Event):
                each.set()
            else:
                self.told.append(each)

    async def settled(self) -> None:
        """Wait until all that was decided so far is kept and told."""
        told = asyncio.Event()
        self.engine.tell(told)
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            await told.wait()

    def _stamp(self) -> Stamp:
        number = next(self._count)
        return Stamp(float(number), f"id{number}")

    # --- asking

    async def run(self, command: Command) -> tuple[Event, ...]:
        """What a command brings about. Raises Refused."""
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            return await self.engine.run(command)

    async def refused(self, command: Command, reason: Reason, detail: str = "") -> None:
        """Hold that a command is refused for a reason, and changes nothing."""
        await self.settled()
        before = self.store.batches.copy()
        with pytest.raises(Refused) as refused:
            await self.run(command)
        assert (refused.value.reason, refused.value.detail) == (reason, detail)
        await self.settled()
        assert self.store.batches == before

    async def ask(
        self, question: Callable[Concatenate[View, P], A], *args: P.args, **kwargs: P.kwargs
    ) -> A:
        """The answer to a question. Raises Refused."""
        return await self.engine.ask(question, *args, **kwargs)

    async def hears(self, kind: type[N], *, by: Sequence[JID] | None = None) -> list[N]:
        """What was told of one kind so far, to these addresses exactly where they are named."""
        await self.settled()
        found = [each for each in self.told if isinstance(each, kind)]
        return [each for each in found if by is None or each.to == tuple(by)]

    async def heard_by(self, jid: JID) -> list[Notification]:
        """All that an entity was told so far, at whatever address of its."""
        await self.settled()
        return [each for each in self.told if any(to.bare == jid.bare for to in each.to)]

    async def forget_told(self) -> None:
        """Begin a new list of what was told."""
        await self.settled()
        self.told.clear()

    async def record(self, node: NodeId) -> Node | None:
        """A node as it is."""
        return await self.ask(View.node, node)

    async def node(self, node: NodeId) -> Node:
        """A node that exists."""
        return await self.ask(View.found, node)

    async def standing(self, node: NodeId, jid: JID) -> Affiliation:
        """What an entity is on a node, its ancestors counted."""
        return await self.ask(View.affiliation, node, jid)

    async def state(self, node: NodeId, jid: JID) -> State:
        """How far an entity's subscription to a node has come."""
        return await self.ask(View.state, node, jid)

    async def inside(self, node: NodeId, jid: JID) -> bool:
        """Whether an address has a subscription, or is in the room."""
        return jid in (await self.node(node)).subscriptions

    async def row(self, node: NodeId, jid: JID) -> Affiliation | None:
        """An entity's explicit row."""
        return (await self.node(node)).affiliations.get(jid)

    async def items(self, node: NodeId) -> tuple[Item, ...]:
        """A node's items as the store keeps them."""
        return (await self.ask(View.page, ItemQuery(node=node))).items

    # --- making

    async def leaf(
        self, node: NodeId = SOLILOQUIES, owner: JID = HAMLET, **settings: Any
    ) -> NodeId:
        """A node for items."""
        await self.run(Create(actor=owner, node=node, settings=settings))
        return node

    async def space(
        self,
        node: NodeId = DENMARK,
        owner: JID = HAMLET,
        access: Access = Access.AUTHORIZE,
        **settings: Any,
    ) -> NodeId:
        """A space."""
        return await self.leaf(node, owner, type=SPACE_TYPE, access=access, **settings)

    async def room(
        self,
        node: NodeId = HALL,
        owner: JID = HAMLET,
        space: NodeId | None = None,
        settings: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> NodeId:
        """A room that outlasts its occupants, in a space where one is named; nobody is in it."""
        await self.run(Create(actor=owner, node=node))
        asked = {"room.persistent": True, "parent": space, **(settings or {}), **more}
        await self.run(Configure(actor=owner, node=node, settings=asked))
        if space is not None:
            await self.list(space, node, (await self.ask(View.owners, space))[0])
        return node

    async def list(self, space: NodeId, node: NodeId, by: JID = HAMLET) -> None:
        """List a node in a space; the item's id is the node's name."""
        entry = Entry(payload=WORDS, id=node.name, lists=node)
        await self.run(Publish(actor=by, node=space, entry=entry))

    async def publish(self, node: NodeId, by: JID = HAMLET, id: str = "") -> tuple[Event, ...]:
        """An item."""
        return await self.run(Publish(actor=by, node=node, entry=Entry(payload=WORDS, id=id)))

    async def retract(self, node: NodeId, by: JID, *ids: str) -> tuple[Event, ...]:
        """Items deleted."""
        return await self.run(Retract(actor=by, node=node, item_ids=ids))

    async def subscribe(self, node: NodeId, jid: JID, **more: Any) -> tuple[Event, ...]:
        """A subscription by whom it is for."""
        command = Subscribe(actor=jid, node=node, subscriber=jid, via=Via.PUBSUB)
        return await self.run(replace(command, **more))

    async def ask_presence(self, jid: JID, of: JID) -> tuple[Event, ...]:
        """A request to hear somebody's presence."""
        return await self.subscribe(presence(of), jid, via=Via.PRESENCE)

    async def befriend(self, jid: JID, of: JID) -> None:
        """Somebody hears somebody's presence."""
        await self.ask_presence(jid, of)
        await self.run(Approve(actor=of, node=presence(of), subscriber=jid, allow=True))

    async def unsubscribe(self, node: NodeId, jid: JID) -> tuple[Event, ...]:
        """The end of one's own subscription."""
        return await self.run(Unsubscribe(actor=jid, node=node, subscriber=jid))

    async def enter(self, node: NodeId, jid: JID, nick: str = "", **more: Any) -> tuple[Event, ...]:
        """An occupant, by the localpart where no nick is named."""
        return await self.run(entry(node, jid, nick, **more))

    async def rename(self, node: NodeId, jid: JID, nick: str) -> tuple[Event, ...]:
        """An occupant under another nick."""
        return await self.run(ChangePresence(actor=jid, node=node, occupant=Occupant(nick, HERE)))

    async def affiliate(
        self, node: NodeId, by: JID, affiliations: dict[JID, Affiliation], reason: str = ""
    ) -> tuple[Event, ...]:
        """Others' affiliations."""
        return await self.run(
            SetAffiliations(actor=by, node=node, affiliations=affiliations, reason=reason)
        )

    async def member(self, space: NodeId, jid: JID) -> Subscription:
        """Somebody let in."""
        by = (await self.ask(View.owners, space))[0]
        await self.affiliate(space, by, {jid: Affiliation.MEMBER})
        await self.subscribe(space, jid)
        return (await self.node(space)).subscriptions[jid]


def entry(node: NodeId, jid: JID, nick: str = "", *, via: Via = Via.MUC, **more: Any) -> Subscribe:
    """The command that makes an occupant."""
    return Subscribe(
        actor=jid,
        node=node,
        subscriber=jid,
        via=via,
        temporary=True,
        occupant=Occupant(nick or jid.local, HERE),
        **more,
    )


@asynccontextmanager
async def running(stand: Stand) -> AsyncIterator[Stand]:
    """A stand whose engine commits and tells."""
    keeping = asyncio.create_task(stand.engine.keep())
    try:
        yield stand
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
