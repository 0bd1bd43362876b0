"""Accounts: added, changed, listed and deleted, with the keys of SCRAM and never a password."""

from __future__ import annotations

from folkmoot.stores.accounts import PAGE_ACCOUNTS_MAX
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.credentials import Credentials, Keys
from folkmoot.xmpp.jid import JID

from .nouns import BALCONY, JULIET, ROMEO, TATIANA

OLD = Credentials(
    salt=b"\0salt",
    iterations=4096,
    sha1=Keys(b"1" * 20, b"2" * 20),
    sha256=Keys(b"3" * 32, b"4" * 32),
)
NEW = Credentials(salt=b"pepper", iterations=10_000, sha1=Keys(b"5", b"6"), sha256=Keys(b"7", b"8"))


async def test_an_account_is_added_once(store: SQLiteStore) -> None:
    accounts = store.accounts
    assert await accounts.add(JULIET, OLD, at=1.0)
    assert not await accounts.add(JULIET, NEW, at=2.0)
    assert await accounts.credentials(JULIET) == OLD
    assert await accounts.exists(JULIET)
    assert await store.account(JULIET)


async def test_a_resource_belongs_to_its_account(store: SQLiteStore) -> None:
    await store.accounts.add(BALCONY, OLD, at=1.0)
    assert await store.accounts.exists(JULIET)


async def test_credentials_are_replaced(store: SQLiteStore) -> None:
    assert not await store.accounts.set(JULIET, NEW)
    await store.accounts.add(JULIET, OLD, at=1.0)
    assert await store.accounts.set(JULIET, NEW)
    assert await store.accounts.credentials(JULIET) == NEW


async def test_a_deleted_account_is_gone(store: SQLiteStore) -> None:
    assert not await store.accounts.delete(JULIET)
    await store.accounts.add(JULIET, OLD, at=1.0)
    assert await store.accounts.delete(JULIET)
    assert await store.accounts.credentials(JULIET) is None
    assert not await store.account(JULIET)


async def test_accounts_are_listed_page_by_page(store: SQLiteStore) -> None:
    people = (ROMEO, JULIET, TATIANA.bare, JID.parse("nurse@capulet.example"))
    await store.accounts.add_many(((jid, OLD) for jid in people), at=1.0)
    everyone = await store.accounts.list()
    by_domain = sorted(people, key=lambda jid: (jid.domain, jid.local))
    assert everyone == tuple((jid, 1.0) for jid in by_domain)
    first = await store.accounts.list(limit=3)
    assert first + await store.accounts.list(after=first[-1][0], limit=3) == everyone


async def test_a_thousand_accounts_at_once(store: SQLiteStore) -> None:
    """Those that are there already stay as they are; one page holds no more than its limit."""
    await store.accounts.add(JID.parse("guest7@capulet.example"), NEW, at=1.0)
    guests = [JID.parse(f"guest{number}@capulet.example") for number in range(1_001)]
    assert await store.accounts.add_many(((jid, OLD) for jid in guests), at=2.0) == 1_000
    assert await store.accounts.credentials(guests[7]) == NEW
    assert await store.accounts.credentials(guests[8]) == OLD
    assert len(await store.accounts.list(limit=PAGE_ACCOUNTS_MAX + 1)) == PAGE_ACCOUNTS_MAX


async def test_nobody_is_no_trouble(store: SQLiteStore) -> None:
    assert await store.accounts.add_many((), at=1.0) == 0
    assert await store.accounts.list() == ()
