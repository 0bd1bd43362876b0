"""The loop that every command takes: read, decide, write, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Concatenate, Final, Generic, ParamSpec, TypeVar

from folkmoot.engine import archives, questions
from folkmoot.engine.audience import foresee, hearers
from folkmoot.engine.commands import Command, Depart, Expire, Trim
from folkmoot.engine.decide import Stamp, decide
from folkmoot.engine.decide.aligning import wished
from folkmoot.engine.decide.auditing import audited
from folkmoot.engine.decide.numbering import numbered
from folkmoot.engine.decide.trickling import trickled
from folkmoot.engine.errors import Refused
from folkmoot.engine.events import Event, NodeCreated, NodeDeleted
from folkmoot.engine.journal import Journal
from folkmoot.engine.known import Missing
from folkmoot.engine.model import ARCHIVE_NODE, NodeId
from folkmoot.engine.notifications import Notification
from folkmoot.engine.reading import Reading
from folkmoot.engine.room_commands import Vacate
from folkmoot.engine.rosters import NO_ROSTERS, Rosters
from folkmoot.engine.services import UNBOUNDED, Services
from folkmoot.engine.store import (
    ArchivePage,
    ArchiveQuery,
    AuditPage,
    AuditQuery,
    NodeQuery,
    Store,
    Tally,
)
from folkmoot.engine.view import View
from folkmoot.engine.working_set import WorkingSet
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

DUE_NODES_MAX: Final = 1_000
"""How many nodes are looked after at once where something is over."""

TRIM_ITEMS_MAX: Final = 500
"""How many items of an archive end in one command."""

P = ParamSpec("P")
A = TypeVar("A")
T = TypeVar("T")


class Engine(Generic[T]):
    """Nodes, and what is done with them; one for all services of a process.

    T: what else is told in the same order as notifications: the answers that facades give.
    nodes: those in use. rosters: those that another server keeps.
    """

    def __init__(
        self,
        store: Store,
        services: Services,
        stamp: Callable[[], Stamp],
        tell: Callable[[Sequence[Notification | T]], None],
        rosters: Rosters = NO_ROSTERS,
    ) -> None:
        self.services = services
        self._store = store
        self._rosters = rosters
        self._stamp = stamp
        self.nodes = WorkingSet(store)
        self._journal: Journal[Notification | T] = Journal(store, self.nodes, tell)

    async def run(self, command: Command, *, first: Sequence[T] = ()) -> tuple[Event, ...]:
        """Carry out a command; what happened is told once it is kept.

        first: what is told before it, once it is kept.

        Raises Refused: nothing has changed. From the decision on nothing waits, so commands take
        effect, and are told, in the order they were decided. Where too much waits to be told, this
        returns once it is, and its stream is read no more until then.
        """
        reading = Reading(self.nodes, self._store, self._rosters)
        events, written_down = await self._read(reading, _decision, command, self._stamp())
        told = self._apply(events, reading)
        heard = (*first, *told)
        self._journal.add((*events, *written_down), heard, sum(len(each.to) for each in told))
        self.nodes.trim()
        if self._journal.behind:
            await self._journal.told()
        return events

    def _apply(self, events: Sequence[Event], reading: Reading) -> list[Notification]:
        """Make events true one by one, and find who hears of each."""
        told: list[Notification] = []
        made = False
        for event in events:
            if isinstance(event, NodeDeleted):
                told.extend(hearers(event, View(reading, self.services)))
                self.nodes.apply(event)
                continue
            self.nodes.apply(event)
            made = made or isinstance(event, NodeCreated)
            told.extend(hearers(event, View(reading, self.services), created=made))
        return told

    async def ask(
        self, question: Callable[Concatenate[View, P], A], *args: P.args, **kwargs: P.kwargs
    ) -> A:
        """The answer to a question (see `questions`). Raises Refused where it may not be asked."""
        reading = Reading(self.nodes, self._store, self._rosters)
        answer = await self._read(reading, question, *args, **kwargs)
        self.nodes.trim()
        return answer

    async def _read(
        self,
        reading: Reading,
        question: Callable[Concatenate[View, P], A],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> A:
        """What a pure function makes of a view, once all it looks at is loaded."""
        while True:
            reading.refresh()
            try:
                return question(View(reading, self.services), *args, **kwargs)
            except Missing as missing:
                want = missing.want
            while self.nodes.behind(want):
                await self._journal.settled()
            await reading.load(want)

    def now(self) -> float:
        """The time that decisions are made at, in seconds since 1970."""
        return self._stamp().at

    def tell(self, *answers: T) -> None:
        """Tell something after all that was decided before it."""
        self._journal.add((), answers)

    def fresh_id(self) -> str:
        """An id that has never been before."""
        return self._stamp().id

    async def shown(self, query: NodeQuery) -> tuple[NodeId, ...]:
        """Nodes that a list may show; whether it does is for `questions.visible` to say."""
        await self._journal.settled()
        return await self._store.shown(query)

    async def archive(self, actor: JID, query: ArchiveQuery) -> ArchivePage:
        """What is in an archive, for who may look it up. Raises Refused as `archives.narrowed`.

        All that was decided before is in it. Who is let in is asked again when the page is there.
        """
        query = await self.ask(archives.narrowed, actor, query)
        await self._journal.settled()
        page = await self._store.archive(query)
        return await self.ask(archives.shown, actor, query, page)

    async def tally(self, query: NodeQuery) -> Tally:
        """How many nodes a list may show, as the store has it."""
        await self._journal.settled()
        return await self._store.tally(query)

    async def card(self, actor: JID, node: NodeId) -> Element | None:
        """A room's vCard, for those who may know of the room. Raises Refused as `info`."""
        await self.ask(questions.info, actor, node)
        await self._journal.settled()
        return await self._store.card(node)

    async def weight(self, node: NodeId) -> tuple[int, int]:
        """How many items a node keeps, and how many bytes their payloads come to."""
        await self._journal.settled()
        return await self._store.weight(node)

    async def audit(self, actor: JID, query: AuditQuery) -> AuditPage:
        """What was written down of a space, for an owner. Raises Refused as `configuration`."""
        await self.ask(questions.configuration, actor, query.node)
        await self._journal.settled()
        return await self._store.audit(query)

    def temporary(self, jid: JID) -> tuple[NodeId, ...]:
        """The nodes to which a full JID has a subscription that ends with its stream."""
        return self.nodes.temporary(jid)

    def watches(self, jid: JID) -> bool:
        """Whether a resource wants to hear of rooms from outside."""
        return bool(self.nodes.entities.watched(jid))

    async def vacate(self, present: Callable[[JID], bool]) -> None:
        """Let go of occupants whose streams are gone, each room hearing it once.

        Occupants are kept, so that a room knows after a restart who was in it.
        present: whether a full JID has a stream, or may have one for all that is known.
        """
        for node, occupants in (await self.occupants()).items():
            gone = tuple(jid for jid in occupants if not present(jid))
            if gone:
                await self.run(Vacate(actor=node.service, node=node, occupants=gone))

    async def occupants(self) -> Mapping[NodeId, Sequence[JID]]:
        """Who is in which room, by full JID."""
        await self._journal.settled()
        found: dict[NodeId, Sequence[JID]] = {}
        for node in await self._store.occupied():
            await asyncio.sleep(0)  # there may be many, and others have their turn
            with suppress(Refused):  # which may be the end of the room
                record = await self.ask(View.found, node)
                found[node] = [jid for jid in record.subscriptions if jid.resource]
        return found

    async def depart(self, publisher: JID) -> None:
        """A full JID is offline: what it published goes where a node is configured so."""
        for node in self.nodes.entities.left_behind(publisher):
            await self.run(Depart(actor=node.service, node=node, publishers=(publisher,)))

    async def purge_absent(self, present: Callable[[JID], bool]) -> None:
        """The same of all who are offline. present: as in `vacate`."""
        await self._journal.settled()
        for node in await self._store.purged_offline():
            heads = await self.ask(questions.publishers, node)
            gone = tuple(jid for jid in heads if not present(jid))
            if gone:
                await self.run(Depart(actor=node.service, node=node, publishers=gone))

    async def expire(self) -> None:
        """End what is over, wherever it is, and tell digests that are due.

        What is too much at once stays for the next time.
        """
        crowded, self.nodes.crowded = self.nodes.crowded, {}
        await self._journal.settled()
        due = await self._store.due(self._stamp().at, DUE_NODES_MAX)
        for node in dict.fromkeys((*due, *crowded)):
            await self.run(Expire(actor=node.service, node=node, crowded=node in crowded))

    async def trim(self) -> None:
        """End what is too old in archives or too much; others are served in between."""
        now, services = self._stamp().at, self.services
        grown, self.nodes.grown = self.nodes.grown, {}
        where: JID | str
        for where, bounds in (
            (services.rooms, services.room_archive),
            (ARCHIVE_NODE, services.account_archive),
        ):
            if bounds == UNBOUNDED:
                continue
            oldest = None if bounds.seconds is None else now - bounds.seconds
            places = dict.fromkeys(grown)
            if oldest is not None:
                await self._journal.settled()
                aged = await self._store.aged(where, oldest, DUE_NODES_MAX)
                places.update(dict.fromkeys(aged))
            for node in places:
                if services.is_archive(node) is isinstance(where, str):
                    await self._trim(node, oldest, bounds.items)

    async def sweep(self) -> None:
        """Let go of what deleted nodes had, where it is much; others are served in between."""
        more = True
        while more:
            more = await self._store.sweep()
            await asyncio.sleep(0)

    async def _trim(self, node: NodeId, oldest: float | None, most: int | None) -> None:
        while True:
            await self._journal.settled()
            over = await self._store.surplus(node, oldest, most, TRIM_ITEMS_MAX)
            trim = Trim(actor=node.service, node=node, item_ids=over)
            if not over or not await self.run(trim):
                return
            await asyncio.sleep(0)

    async def settled(self) -> None:
        """Wait until all that was decided so far is kept."""
        await self._journal.settled()

    async def told(self) -> None:
        """Wait until all that was decided so far is told as well."""
        await self._journal.told()

    async def keep(self) -> None:
        """Commit and tell, until cancelled. Raises StoreFailed when the store keeps refusing."""
        await self._journal.run()


def _decision(
    view: View, command: Command, stamp: Stamp
) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """What happens, and what is written down of it: for a space's owners, and rooms abroad."""
    events = trickled(numbered(decide(command, view, stamp), view), view)
    foresee(events, view)
    return events, (*audited(events, view, stamp), *wished(events, view))
