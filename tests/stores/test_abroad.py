"""The queue for rooms abroad: the latest wish wins, one row for each room and entity."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from folkmoot.engine.abroad import Counted, RoomAbroad, Wish
from folkmoot.engine.events import Event
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.space_events import PeopleWished, RoomListed, RoomUnlisted, StandingWished
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID

SPACES = JID.parse("spaces.capulet.example")
VERONA, MANTUA = NodeId(SPACES, "verona"), NodeId(SPACES, "mantua")
INN, CELL = (JID.parse(f"{name}@conference.example.org") for name in ("inn", "cell"))
ROMEO, JULIET = JID.parse("romeo@montague.example"), JID.parse("juliet@capulet.example")

MEMBER, ADMIN, NONE = Affiliation.MEMBER, Affiliation.ADMIN, Affiliation.NONE
OUTCAST = Affiliation.OUTCAST

spaces = st.sampled_from((VERONA, MANTUA))
rooms = st.sampled_from((INN, CELL))
people = st.sampled_from((ROMEO, JULIET))
words = st.sampled_from((MEMBER, ADMIN, OUTCAST, NONE))


@dataclass
class Row:
    """A wish as the model keeps it."""

    wish: Wish
    waiting: bool = True


class Model:
    """What the queue has to be like."""

    def __init__(self) -> None:
        self.rooms: dict[JID, RoomAbroad] = {}
        self.rows: dict[tuple[JID, JID], Row] = {}

    def of(self, room: JID) -> list[Row]:
        return [row for (where, _), row in sorted(self.rows.items()) if where == room]

    def apply(self, event: Event) -> None:
        match event:
            case RoomListed(node=node, room=room, by=by):
                held = self.rooms.get(room)
                ours = held is not None and held.listed and held.space == node
                if by is None and held is not None and ours:
                    self.rooms[room] = RoomAbroad(room=room, space=node, by=held.by, last="")
                elif by is not None and (held is None or not held.listed or ours):
                    self.rooms[room] = RoomAbroad(room=room, space=node, by=by, last="")
                if self._holds(node, room):
                    self._anew(room)
            case RoomUnlisted(node=node, room=room):
                if self._holds(node, room):
                    by = self.rooms[room].by
                    self.rooms[room] = RoomAbroad(room=room, space=node, by=by, listed=False)
                    self._anew(room)
            case PeopleWished(node=node, room=room, last=last):
                if self._holds(node, room) and self.rooms[room].listed:
                    self.rooms[room] = replace(self.rooms[room], last=last)
            case StandingWished(node=node, room=room, jid=jid, wanted=wanted):
                row = self.rows.get((room, jid))
                if self._holds(node, room) and (row is not None or wanted is not NONE):
                    held_wish = Wish(room=room, jid=jid, wanted=wanted) if row is None else row.wish
                    self._renew(room, jid, replace(held_wish, wanted=wanted))
            case _:
                pass

    def _holds(self, node: NodeId, room: JID) -> bool:
        return room in self.rooms and self.rooms[room].space == node

    def _anew(self, room: JID) -> None:
        for row in self.of(room):
            self._renew(room, row.wish.jid, replace(row.wish, wanted=NONE))

    def _renew(self, room: JID, jid: JID, wish: Wish) -> None:
        due = -1.0 if wish.wanted is OUTCAST else 0.0  # bans come first
        self.rows[room, jid] = Row(replace(wish, tries=0, due=due, reason=""))

    def settle(self, wish: Wish, given: Affiliation | None) -> None:
        row = self.rows.get((wish.room, wish.jid))
        if row is not None:
            kept = replace(row.wish, given=given, giving=None, had=None, tries=0, due=0, reason="")
            waiting = row.wish.wanted is not wish.wanted
            self.rows[wish.room, wish.jid] = Row(kept, waiting)
        for at in [each.wish for each in self.of(wish.room) if not each.waiting]:
            if at.wanted is NONE and (at.given or at.giving) is None:
                del self.rows[at.room, at.jid]
        room = self.rooms[wish.room]
        failing = any(each.waiting and each.wish.tries for each in self.of(wish.room))
        self.rooms[wish.room] = replace(room, tries=0, due=0, reason="", told=room.told and failing)
        if not room.listed and not self.of(wish.room):
            del self.rooms[wish.room]


@settings(max_examples=30, stateful_step_count=20, deadline=None)
class AbroadMachine(RuleBasedStateMachine):
    """Anything in any order; rooms, rows and counts are those of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store = self.runner.run(SQLiteStore.ephemeral())
        self.model = Model()

    def teardown(self) -> None:
        self.runner.run(self.store.aclose())
        self.runner.close()

    @rule(
        events=st.lists(
            st.one_of(
                st.builds(RoomListed, node=spaces, room=rooms, by=st.none() | people),
                st.builds(RoomUnlisted, node=spaces, room=rooms),
                st.builds(StandingWished, node=spaces, room=rooms, jid=people, wanted=words),
                st.builds(PeopleWished, node=spaces, room=rooms, last=st.sampled_from("az")),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def commit(self, events: list[Event]) -> None:
        self.store.abroad.stirred.clear()
        self.runner.run(self.store.commit(events))
        for event in events:
            self.model.apply(event)
        stirs = any(not isinstance(event, PeopleWished) for event in events)
        assert self.store.abroad.stirred.is_set() == stirs

    @rule(room=rooms, given=st.none() | words, fails=st.booleans(), late=words, newer=st.booleans())
    def visit(
        self, room: JID, given: Affiliation | None, fails: bool, late: Affiliation, newer: bool
    ) -> None:
        """A wish is read, intended, and settled or refused; another may come meanwhile."""
        due = self.runner.run(self.store.abroad.wishes(room, 1.0, 1))
        if not due:
            return
        wish = due[0]
        intended = (wish, wish.given, MEMBER, wish.had)
        self.runner.run(self.store.abroad.intend([intended]))
        row = self.model.rows[room, wish.jid]
        row.wish = replace(row.wish, giving=MEMBER)
        if newer:
            node = self.model.rooms[room].space
            self.commit([StandingWished(node=node, room=room, jid=wish.jid, wanted=late)])
        if not fails:
            self.runner.run(self.store.abroad.settle(room, [(wish, given, None, None)]))
            self.model.settle(wish, given)
            return
        self.runner.run(self.store.abroad.fail(wish, 0.5, "no"))
        row = self.model.rows[room, wish.jid]
        row.wish = replace(row.wish, giving=None)
        if row.wish.wanted is wish.wanted:
            row.wish = replace(row.wish, tries=row.wish.tries + 1, due=0.5, reason="no")

    @rule(room=rooms)
    def fail_room(self, room: JID) -> None:
        self.runner.run(self.store.abroad.fail_room(room, 0.5, "gone"))
        self.runner.run(self.store.abroad.told(room))
        if room in self.model.rooms:
            found = self.model.rooms[room]
            failed = replace(found, tries=found.tries + 1, due=0.5, reason="gone", told=True)
            self.model.rooms[room] = failed

    @rule(room=rooms)
    def forget(self, room: JID) -> None:
        self.runner.run(self.store.abroad.forget(room))
        if room in self.model.rooms and not self.model.rooms[room].listed:
            del self.model.rooms[room]
            for row in self.model.of(room):
                del self.model.rows[room, row.wish.jid]

    @invariant()
    def is_as_the_model(self) -> None:
        abroad, run = self.store.abroad, self.runner.run
        assert run(abroad.rooms("", 10)) == tuple(r for _, r in sorted(self.model.rooms.items()))
        for room in (INN, CELL):
            rows = self.model.of(room)
            waiting = [row.wish for row in rows if row.waiting]
            found = run(abroad.wishes(room, 1.0, 10))
            assert found == tuple(sorted(waiting, key=lambda wish: (wish.due, wish.jid)))
            failing = [wish for wish in waiting if wish.tries]
            assert run(abroad.count(room)) == Counted(
                len(rows) - len(waiting), len(waiting) - len(failing), len(failing)
            )
            assert run(abroad.known(room)) == {row.wish.jid for row in rows}
            for jid in (ROMEO, JULIET):
                row = self.model.rows.get((room, jid))
                assert run(abroad.own(room, jid)) is (None if row is None else row.wish.had)
            assert run(abroad.room(room)) == self.model.rooms.get(room)
        due = {each.room for each in run(abroad.due(1.0, 10))}
        assert due == {
            room
            for room, each in self.model.rooms.items()
            if each.last is not None or any(row.waiting for row in self.model.of(room))
        }
        pending = any(row.waiting for row in self.model.rows.values())
        assert run(abroad.pending()) == (
            pending or any(each.last is not None for each in self.model.rooms.values())
        )


TestAbroad = AbroadMachine.TestCase


async def test_what_failed_waits_for_its_time(store: SQLiteStore) -> None:
    """Rooms and wishes come when they are due, or at once where somebody asks for it."""
    abroad = store.abroad
    await store.commit(
        [
            RoomListed(node=VERONA, room=INN, by=ROMEO),
            StandingWished(node=VERONA, room=INN, jid=ROMEO, wanted=MEMBER),
            PeopleWished(node=VERONA, room=INN, last="z"),
        ]
    )
    await abroad.all_aligned(INN, "a")
    assert (await abroad.due(0.0, 1))[0].last == "z", "it has begun again since"
    await abroad.all_aligned(INN, "z")
    (wish,) = await abroad.wishes(INN, 0.0, 1)
    await abroad.fail(wish, 100.0, "no")
    assert await abroad.due(99.0, 1) == ()
    assert [each.room for each in await abroad.due(100.0, 1)] == [INN]
    await abroad.fail_room(INN, 200.0, "gone")
    assert await abroad.due(199.0, 1) == ()
    abroad.stirred.clear()
    await abroad.retry(INN)
    assert abroad.stirred.is_set()
    assert await abroad.wishes(INN, 0.0, 1) == (replace(wish, tries=1, reason="no"),)
    assert await abroad.failing(INN, 1) == await abroad.wishes(INN, 0.0, 1)
    assert [each.room for each in await abroad.rooms_of(VERONA)] == [INN]
    assert await abroad.rooms_of(MANTUA) == ()
