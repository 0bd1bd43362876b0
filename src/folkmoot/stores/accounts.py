"""The accounts of this server: a bare JID each, and what its password is checked against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.stores import statements
from folkmoot.stores.codec import Row, Value
from folkmoot.stores.database import Database
from folkmoot.xmpp.credentials import Credentials, Keys
from folkmoot.xmpp.jid import JID

PAGE_ACCOUNTS_MAX: Final = 1_000
"""The most accounts one `list` gives."""


class Accounts:
    """Accounts in a database; each change is a transaction of its own. All raise StoreFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, jid: JID, credentials: Credentials, at: float) -> bool:
        """Add an account, created at `at` seconds since 1970; False if it is there already."""
        return await self.add_many(((jid, credentials),), at) == 1

    async def add_many(self, accounts: Iterable[tuple[JID, Credentials]], at: float) -> int:
        """Add accounts in one transaction; how many of them were not there before."""
        rows: list[Row] = [
            _account(jid) | _columns(credentials) | {"created": at} for jid, credentials in accounts
        ]
        return await self._write(statements.accounts.ADD_ACCOUNT, rows)

    async def set(self, jid: JID, credentials: Credentials) -> bool:
        """Give an account other credentials; False if there is no such account."""
        row = _account(jid) | _columns(credentials)
        return await self._write(statements.accounts.SET_CREDENTIALS, [row]) == 1

    async def delete(self, jid: JID) -> bool:
        """Delete an account, not what it owns; False if there is no such account."""
        return await self._write(statements.accounts.DELETE_ACCOUNT, [_account(jid)]) == 1

    async def exists(self, jid: JID) -> bool:
        """Whether a bare JID is an account."""
        with self._database.reading() as reader:
            row = reader.execute(statements.accounts.ACCOUNT_EXISTS, _account(jid)).fetchone()
        return row is not None

    async def credentials(self, jid: JID) -> Credentials | None:
        """What an account's password is checked against; None if there is no such account."""
        with self._database.reading() as reader:
            row = reader.execute(statements.accounts.CREDENTIALS, _account(jid)).fetchone()
        if row is None:
            return None
        salt, iterations, sha1_stored, sha1_server, sha256_stored, sha256_server = row
        return Credentials(
            salt=salt,
            iterations=iterations,
            sha1=Keys(sha1_stored, sha1_server),
            sha256=Keys(sha256_stored, sha256_server),
        )

    async def list(
        self, after: JID | None = None, limit: int = PAGE_ACCOUNTS_MAX
    ) -> tuple[tuple[JID, float], ...]:
        """Accounts and when they were made, by domain, then localpart, after one of them.

        limit: 0 to PAGE_ACCOUNTS_MAX. The time is in seconds since 1970.
        """
        row: Row = {
            "domain": "" if after is None else after.domain,
            "local": "" if after is None else after.local,
            "limit": min(limit, PAGE_ACCOUNTS_MAX),
        }
        with self._database.reading() as reader:
            rows = reader.execute(statements.accounts.ACCOUNTS, row).fetchall()
        return tuple((JID.parse(f"{local}@{domain}"), created) for local, domain, created in rows)

    async def _write(self, statement: str, rows: Iterable[Row]) -> int:
        """Run a statement for each row; how many rows it changed."""
        async with self._database.writing() as writer:
            return writer.executemany(statement, rows).rowcount


def _account(jid: JID) -> dict[str, Value]:
    return {"domain": jid.domain, "local": jid.local}


def _columns(credentials: Credentials) -> dict[str, Value]:
    return {
        "salt": credentials.salt,
        "iterations": credentials.iterations,
        "sha1_stored": credentials.sha1.stored,
        "sha1_server": credentials.sha1.server,
        "sha256_stored": credentials.sha256.stored,
        "sha256_server": credentials.sha256.server,
    }
