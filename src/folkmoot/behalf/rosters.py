"""The rosters of the server's accounts, as it lets us read them (XEP-0356 0.4.1, §4).

Read when somebody's right depends on one, and relied on for a while: as long as the server tells of
changes, if it does, else for some seconds. What it does not show, or not in time, lets nobody in.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from folkmoot.asking import Asking, Unreachable
from folkmoot.engine.rosters import STRANGER, Acquaintances
from folkmoot.facades import privilege as words
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID

FRESH_SECONDS: Final = 2.0
"""How long who was on a roster may still look in, where nobody tells of changes."""

ANSWER_SECONDS_MAX: Final = 10.0
"""How long the server may take to show one; who asks for a node waits as long."""

AT_ONCE_MAX: Final = 200
"""How many rosters are read at one time; all whose owners come back with a link want theirs."""

CONTACTS_MAX: Final = 10_000
"""How many contacts of one roster are looked at."""

REMEMBERED_MAX: Final = 500_000
"""How many contacts are remembered, of all rosters; those not asked for the longest go first."""

log = structlog.get_logger()


RETRY_SECONDS: Final = 10.0
"""How long nobody is on a roster that could not be read."""


class _Kept(NamedTuple):
    """until: when it is to be read anew. sure: it is not another before that. read: it was read."""

    contacts: Acquaintances
    until: float
    sure: bool
    read: bool = True


class ReadRosters:
    """Rosters of the server. grants: what it lets us do, by now."""

    def __init__(self, asking: Asking, met: Callable[[JID, JID], None]) -> None:
        """met: told of an account, and of a contact that has begun to hear its presence."""
        self.grants = words.NOTHING
        self._asking = asking
        self._met = met
        self._kept: OrderedDict[JID, _Kept] = OrderedDict()
        self._remembered = 0
        self._asked: dict[JID, asyncio.Task[Acquaintances]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)

    def known(self, account: JID, *, surely: bool = False) -> Acquaintances | None:
        """A roster that can be relied on; empty where none may be read. None: it has to be."""
        if not self.grants.rosters:
            return {}
        kept = self._kept.get(account)
        if kept is None or kept.until <= asyncio.get_running_loop().time():
            return None
        if surely and not kept.sure:
            return None
        self._kept.move_to_end(account)
        return kept.contacts

    async def load(self, account: JID) -> Acquaintances:
        """A roster as the server has it now, asked for once by all who want it meanwhile."""
        task = self._asked.get(account)
        if task is None:
            task = self._asked[account] = asyncio.ensure_future(self._read(account))
            task.add_done_callback(lambda done: self._settled(account, done))
        return await asyncio.shield(task)

    def _settled(self, account: JID, done: asyncio.Task[Acquaintances]) -> None:
        if self._asked.get(account) is done:
            del self._asked[account]

    async def _read(self, account: JID) -> Acquaintances:
        asked = words.roster_query()
        try:
            async with self._slots:
                query = await self._asking.ask(account, "get", asked, ANSWER_SECONDS_MAX)
        except (StanzaError, Unreachable) as error:
            log.info("a roster cannot be read", account=str(account), why=str(error))
            until = asyncio.get_running_loop().time() + RETRY_SECONDS
            kept = _Kept({}, until, sure=True, read=False)
        else:
            read = () if query is None else words.read_roster(query)
            pushes, until = self.grants.pushes, asyncio.get_running_loop().time() + FRESH_SECONDS
            contacts = dict(itertools.islice(read, CONTACTS_MAX))
            kept = _Kept(contacts, float("inf") if pushes else until, sure=pushes)
        if self._asked.get(account) is asyncio.current_task():  # it has not changed meanwhile
            self._keep(account, kept)
        return kept.contacts

    def _keep(self, account: JID, kept: _Kept) -> None:
        before = self._kept.get(account)
        self._forget(account)
        self._kept[account] = kept
        self._remembered += 1 + len(kept.contacts)
        while self._remembered > REMEMBERED_MAX and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))
        if before is not None and before.read:
            for jid, contact in kept.contacts.items():
                if contact.hears and not before.contacts.get(jid, STRANGER).hears:
                    self._met(account, jid)

    def _forget(self, account: JID) -> None:
        kept = self._kept.pop(account, None)
        if kept is not None:
            self._remembered -= 1 + len(kept.contacts)

    async def changed(self, account: JID) -> None:
        """A roster is another now, and so is what is on its way here; it is read anew if known."""
        self._asked.pop(account, None)
        kept = self._kept.get(account)
        if kept is not None:
            self._kept[account] = kept._replace(until=float("-inf"))
            await self.load(account)

    def lost(self) -> None:
        """The link is down."""
        self.grants = words.NOTHING
        self._kept.clear()
        self._asked.clear()
        self._remembered = 0
