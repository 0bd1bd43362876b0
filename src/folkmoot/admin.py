"""What an administrator asks of the accounts, whoever answers: the running server or the store."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from folkmoot.streams.sasl import SALT_BYTES, InvalidPassword, derive
from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.jid import JID

BATCH = 256
"""Accounts kept in one transaction."""
PAGE = 1_000
"""Accounts read from the store at a time."""


class AdminError(Exception):
    """A request that cannot be met; its text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account and when it was made, in seconds since 1970 (UTC)."""

    jid: JID
    created: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the adding of accounts is: `done` so far, of which `added` are new."""

    done: int
    added: int

    @property
    def existing(self) -> int:
        """Those that were there before, and were left as they are."""
        return self.done - self.added


class Admin(Protocol):
    """What an administrator can ask. Every method raises AdminError where it cannot."""

    def add_users(self, users: Iterable[tuple[JID, str]]) -> AsyncIterator[Progress]:
        """Make accounts with their passwords; an account that exists is left as it is.

        Progress is told as accounts are kept, the last time of them all.
        """
        ...

    async def set_password(self, jid: JID, password: str) -> None:
        """Give an account a new password."""
        ...

    async def delete_user(self, jid: JID) -> None:
        """Delete an account."""
        ...

    async def users(self, prefix: str = "") -> Sequence[Account]:
        """The accounts whose JID begins with `prefix`, in the order of their JIDs."""
        ...


class AccountStore(Protocol):
    """What is asked of a store here."""

    async def add_many(self, accounts: Iterable[tuple[JID, Credentials]], at: float) -> int:
        """Keep new accounts, made `at` seconds since 1970; how many were not there before."""
        ...

    async def set(self, jid: JID, credentials: Credentials) -> bool:
        """Replace an account's credentials; False if there is no such account."""
        ...

    async def delete(self, jid: JID) -> bool:
        """Delete an account; False if there is no such account."""
        ...

    async def list(self, after: JID | None, limit: int) -> Sequence[tuple[JID, float]]:
        """At most `limit` accounts that follow `after`, in an order of its own, and when made."""
        ...


class StoreAdmin:
    """An Admin over a store: the server's own, and the command line's while no server runs."""

    def __init__(
        self,
        accounts: AccountStore,
        domain: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """domain: where accounts may be made; None for any. now: seconds since 1970."""
        self._accounts = accounts
        self._domain = domain
        self._now = now

    async def add_users(self, users: Iterable[tuple[JID, str]]) -> AsyncIterator[Progress]:
        """See `Admin`. Neighbours with one password share a salt, so their keys are made once."""
        last: tuple[str, Credentials] | None = None
        progress = Progress(0, 0)
        remaining = iter(users)
        while batch := list(islice(remaining, BATCH)):
            adding = []
            for jid, password in batch:
                self._check(jid)
                if last is None or last[0] != password:
                    last = (password, await _credentials(password))
                adding.append((jid, last[1]))
            added = await self._accounts.add_many(adding, self._now())
            progress = Progress(progress.done + len(batch), progress.added + added)
            yield progress

    async def set_password(self, jid: JID, password: str) -> None:
        """See `Admin`."""
        if not await self._accounts.set(jid, await _credentials(password)):
            raise _unknown(jid)

    async def delete_user(self, jid: JID) -> None:
        """See `Admin`."""
        if not await self._accounts.delete(jid):
            raise _unknown(jid)

    async def users(self, prefix: str = "") -> Sequence[Account]:
        """See `Admin`."""
        found: list[Account] = []
        after: JID | None = None
        while page := await self._accounts.list(after, PAGE):
            found += (Account(*one) for one in page if str(one[0]).startswith(prefix))
            after = page[-1][0]
        return sorted(found, key=lambda account: account.jid)

    def _check(self, jid: JID) -> None:
        if not jid.local or not jid.is_bare:
            raise AdminError(f"{jid} is not an account: write it as name@{jid.domain}")
        if self._domain is not None and jid.domain != self._domain:
            raise AdminError(f"{jid} is not of this server, whose accounts are at {self._domain}")


async def _credentials(password: str) -> Credentials:
    try:
        return await asyncio.to_thread(derive, password, secrets.token_bytes(SALT_BYTES))
    except InvalidPassword as error:
        raise AdminError(f"this cannot be a password: {error}") from None


def _unknown(jid: JID) -> AdminError:
    return AdminError(f"there is no account {jid}: `folkmoot user list` shows those there are")
