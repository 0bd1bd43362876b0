"""What an administrator asks of the accounts: a store and a running server answer alike."""

from collections.abc import Iterable

import pytest

from folkmoot.admin import BATCH, PAGE, Account, Admin, AdminError, Progress, StoreAdmin
from folkmoot.control import USERS_PER_REQUEST, RemoteAdmin
from folkmoot.stores.accounts import Accounts
from folkmoot.streams.sasl import verify
from folkmoot.xmpp.jid import JID

from .conftest import CREATED

JULIET = JID.parse("juliet@localhost")
ROMEO = JID.parse("romeo@localhost")


@pytest.fixture(params=["store", "server"])
def either(request: pytest.FixtureRequest, admin: StoreAdmin) -> Admin:
    """The Admin of the store, and the one of a server on the same store."""
    if request.param == "store":
        return admin
    remote: RemoteAdmin = request.getfixturevalue("remote")
    return remote


async def added(admin: Admin, users: Iterable[tuple[JID, str]]) -> list[Progress]:
    """Add accounts; every progress that was told."""
    return [progress async for progress in admin.add_users(users)]


async def accepts(accounts: Accounts, jid: JID, password: str) -> bool:
    """Whether an account logs in with a password."""
    credentials = await accounts.credentials(jid)
    return credentials is not None and verify(password, credentials)


async def test_an_account_is_added(either: Admin, accounts: Accounts) -> None:
    """It logs in with its password and with no other."""
    assert await added(either, [(JULIET, "balcony")]) == [Progress(1, 1)]
    assert await accepts(accounts, JULIET, "balcony")
    assert not await accepts(accounts, JULIET, "tomb")


async def test_an_account_that_exists_is_left_as_it_is(either: Admin, accounts: Accounts) -> None:
    """A second run of the same command breaks nothing."""
    await added(either, [(JULIET, "balcony")])
    (progress,) = await added(either, [(JULIET, "tomb"), (ROMEO, "tomb")])
    assert (progress.done, progress.added, progress.existing) == (2, 1, 1)
    assert await accepts(accounts, JULIET, "balcony")


async def test_a_password_is_changed(either: Admin, accounts: Accounts) -> None:
    """The old one ends."""
    await added(either, [(JULIET, "balcony")])
    await either.set_password(JULIET, "tomb")
    assert await accepts(accounts, JULIET, "tomb")
    assert not await accepts(accounts, JULIET, "balcony")


async def test_an_account_is_deleted(either: Admin) -> None:
    """It alone."""
    await added(either, [(JULIET, "balcony"), (ROMEO, "balcony")])
    await either.delete_user(JULIET)
    assert await either.users() == [Account(ROMEO, CREATED)]


async def test_accounts_are_listed_by_jid(either: Admin) -> None:
    """All, or those that begin with something."""
    users = [(JID.parse(f"{name}@localhost"), "x") for name in ("romeo", "juliet", "julia")]
    await added(either, users)
    listed = [str(account.jid) for account in await either.users()]
    assert listed == ["julia@localhost", "juliet@localhost", "romeo@localhost"]
    listed = [str(account.jid) for account in await either.users("julie")]
    assert listed == ["juliet@localhost"]


@pytest.mark.parametrize(
    ("jid", "password", "words"),
    [
        ("juliet@capulet.lit", "x", "not of this server, whose accounts are at localhost"),
        ("localhost", "x", "localhost is not an account"),
        ("juliet@localhost/balcony", "x", "not an account: write it as name@localhost"),
        ("juliet@localhost", "", "this cannot be a password"),
        ("juliet@localhost", "bal\x07cony", "this cannot be a password"),
    ],
)
async def test_what_is_no_account_is_refused(
    either: Admin, jid: str, password: str, words: str
) -> None:
    """Nothing is made then, and the words say why."""
    with pytest.raises(AdminError, match=words):
        await added(either, [(JID.parse(jid), password)])
    assert await either.users() == []


async def test_an_account_that_is_not_there_is_refused(either: Admin) -> None:
    """With where to see those that are."""
    with pytest.raises(AdminError, match="there is no account juliet@localhost: `folkmoot user"):
        await either.set_password(JULIET, "balcony")
    with pytest.raises(AdminError, match="there is no account juliet@localhost"):
        await either.delete_user(JULIET)


async def test_many_accounts_share_their_keys(either: Admin, accounts: Accounts) -> None:
    """They share a password, so one salt and one derivation serve all, and progress is told."""
    count = BATCH + 2
    jids = [JID.parse(f"user{number}@localhost") for number in range(count)]
    progress = await added(either, ((jid, "secret") for jid in jids))
    assert progress == [Progress(BATCH, BATCH), Progress(count, count)]
    assert len({await accounts.credentials(jid) for jid in jids}) == 1
    assert await accepts(accounts, jids[-1], "secret")


async def test_two_passwords_have_two_salts(either: Admin, accounts: Accounts) -> None:
    """Equal keys would tell equal passwords."""
    await added(either, [(JULIET, "balcony"), (ROMEO, "tomb")])
    juliet, romeo = await accounts.credentials(JULIET), await accounts.credentials(ROMEO)
    assert juliet and romeo
    assert juliet.salt != romeo.salt


async def test_more_accounts_than_a_page_are_listed(either: Admin, accounts: Accounts) -> None:
    """The store gives PAGE at a time, the server writes as many a line."""
    await added(either, ((JID.parse(f"u{number}@localhost"), "x") for number in range(PAGE + 1)))
    assert len(await either.users()) == PAGE + 1


async def test_more_accounts_than_a_request_are_added(remote: RemoteAdmin) -> None:
    """Progress counts on from one request to the next."""
    count = USERS_PER_REQUEST + 1
    users = ((JID.parse(f"u{number}@localhost"), "x") for number in range(count))
    progress = await added(remote, users)
    assert progress[-1] == Progress(count, count)
    assert [each.done for each in progress] == sorted({each.done for each in progress})
