"""One visit to a room abroad: look at its lists, and ask for what is wished (sync.md).

What is about to be given is kept before it is asked for: whatever happens then, the next visit
knows what is ours to take back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from folkmoot.abroad.difference import NONE, Change, change, strangers
from folkmoot.abroad.schedule import Pace
from folkmoot.abroad.words import LISTS, info_query, list_query, names, read_list, set_query
from folkmoot.asking import Asking
from folkmoot.engine.abroad import RoomAbroad, Wish
from folkmoot.engine.decide.aligning import ALL_PEOPLE
from folkmoot.engine.model import Affiliation
from folkmoot.facades.form_table import node_uri
from folkmoot.stores.abroad import Abroad, Remembered
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

WISHES_PER_VISIT_MAX: Final = 100
"""How many wishes one visit meets; what is more urgent may come meanwhile, a ban above all."""

CHANGES_PER_QUERY_MAX: Final = 50
"""How many people one query sets."""

ANSWER_SECONDS_MAX: Final = 30.0

DEPUTY: Final = "sync"
"""The localpart of the other address we ask by: ejabberd makes no domain an owner of a room."""

_STAFF_LISTS: Final = (Affiliation.OWNER, Affiliation.ADMIN)
_KEPT_FROM_US: Final = ("forbidden", "not-allowed", "not-authorized")


class NotAgreed(Exception):
    """The room does not say that it is of the space."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator allows. remove_strangers: take members and admins of whom the space says
    nothing off a room's lists when it is brought in line from the beginning.
    """

    remove_strangers: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A wish that the room refused, and why."""

    wish: Wish
    reason: str


class Visit:
    """A visit to one room."""

    def __init__(
        self,
        room: RoomAbroad,
        abroad: Abroad,
        asking: Asking,
        pace: Pace,
        policy: Policy,
    ) -> None:
        self._room = room
        self._abroad = abroad
        self._asking = asking
        self._pace = pace
        self._policy = policy
        self._singly = False
        service = asking.sender
        self._sender = service
        self._ours = (service, JID(DEPUTY, service.domain))

    async def make(self, at: float) -> list[Refusal]:
        """Meet the wishes that are due; gives those that the room refused.

        Raises Unreachable; StanzaError, where the room tells us nothing; NotAgreed.
        """
        room = self._room
        wishes = await self._abroad.wishes(room.room, at, WISHES_PER_VISIT_MAX)
        last_page = len(wishes) < WISHES_PER_VISIT_MAX
        anew = room.last == ALL_PEOPLE and last_page
        if not wishes and not (anew and self._policy.remove_strangers):
            await self._abroad.settle(room.room, ())
            await self._abroad.all_aligned(room.room, ALL_PEOPLE)
            return []
        lists = await self._first_lists()
        if room.listed:
            await self._hold_agreement(lists)
        plan = [(wish, change(wish, lists.get(wish.jid, NONE))) for wish in wishes]
        plan = [(wish, each) for wish, each in plan if wish.jid not in self._ours]
        met = [_remembered(wish, each) for wish, each in plan if each.to is None]
        met += [(wish, None, None, None) for wish in wishes if wish.jid in self._ours]
        await self._abroad.settle(room.room, met)
        asked = [(wish, each) for wish, each in plan if each.to is not None]
        refused: list[Refusal] = []
        while asked:
            size = 1 if self._singly else CHANGES_PER_QUERY_MAX
            refused += await self._give(asked[:size])
            asked = asked[size:]
        if anew:
            if self._policy.remove_strangers:
                await self._remove_strangers(lists)
            await self._abroad.all_aligned(room.room, ALL_PEOPLE)
        return refused

    async def _first_lists(self) -> dict[JID, Affiliation]:
        """What the room has, asked by that address of ours which it lets do most."""
        service, deputy = self._ours
        try:
            lists = await self._lists()
        except StanzaError as error:
            if error.condition not in _KEPT_FROM_US:
                raise
            self._sender = deputy
            return await self._lists()
        if lists.get(deputy) is Affiliation.OWNER and lists.get(service) is not Affiliation.OWNER:
            self._sender = deputy
        return lists

    async def _lists(self) -> dict[JID, Affiliation]:
        """What the room has; whoever is only its admin may not see all of it."""
        found: dict[JID, Affiliation] = {}
        for affiliation in LISTS:
            try:
                answer = await self._ask("get", list_query(affiliation))
            except StanzaError as error:
                if affiliation in _STAFF_LISTS and error.condition in _KEPT_FROM_US:
                    continue
                raise
            found.update(read_list(answer, affiliation))
        return found

    async def _hold_agreement(self, lists: dict[JID, Affiliation]) -> None:
        """Nothing, where the room is of the space: by the word of one of its staff, or its own.

        Else anybody with a space here could list any room that has let us in, and rule it. That
        somebody owns the space says nothing: who does is for the space's other owners to say.
        """
        room = self._room
        own = await self._abroad.own(room.room, room.by)
        if (own or lists.get(room.by)) in _STAFF_LISTS:
            return
        uri = node_uri(room.space)
        try:
            told = await self._ask("get", info_query())
        except StanzaError:
            told = None
        if not names(told, uri):
            raise NotAgreed(
                f"{room.by}, who listed it, is neither owner nor admin of the room,"
                f" nor does it name {uri}"
            )

    async def _give(self, asked: Sequence[tuple[Wish, Change]]) -> list[Refusal]:
        """Ask for several changes at once, then one by one for those that did not come to be.

        A service refuses all of them for one of them, or takes the first and is silent about the
        others (Prosody 0.12).
        """
        await self._abroad.intend([(wish, each.now, each.given, each.own) for wish, each in asked])
        changes = [(wish.jid, each.to) for wish, each in asked if each.to is not None]
        lists: dict[JID, Affiliation] = {}
        try:
            await self._ask("set", set_query(changes))
            if len(asked) > 1:
                lists = await self._lists()
        except StanzaError as error:
            if len(asked) == 1:
                return [Refusal(asked[0][0], f"the room says {error}")]
        met = [
            (wish, each)
            for wish, each in asked
            if len(asked) == 1 or lists.get(wish.jid, NONE) is each.to
        ]
        await self._abroad.settle(self._room.room, [_remembered(*each) for each in met])
        left = [each for each in asked if each not in met]
        self._singly = self._singly or bool(left)
        refused: list[Refusal] = []
        for each in left:
            refused += await self._give([each])
        return refused

    async def _remove_strangers(self, lists: dict[JID, Affiliation]) -> None:
        known = await self._abroad.known(self._room.room)
        gone = [(jid, NONE) for jid in strangers(lists, {*known, *self._ours})]
        for each in gone:
            await self._ask("set", set_query([each]))

    async def _ask(self, type: str, payload: Element) -> Element | None:
        to = self._room.room
        await asyncio.sleep(self._pace.turn(to.domain, asyncio.get_running_loop().time()))
        return await self._asking.ask(to, type, payload, ANSWER_SECONDS_MAX, self._sender)


def _remembered(wish: Wish, change: Change) -> Remembered:
    return wish, change.given, None, None if change.given is None else change.own
