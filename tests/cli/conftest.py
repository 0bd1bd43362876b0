"""Accounts to administer: in a store of their own, and behind the control socket of a server."""

import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from folkmoot.admin import StoreAdmin
from folkmoot.cli import main
from folkmoot.config import Config
from folkmoot.control import ControlServer, RemoteAdmin
from folkmoot.lock import Holder, hold
from folkmoot.stores.accounts import Accounts
from folkmoot.stores.database import Database

CREATED = 1_795_000_000.0
"""When every account of these tests was made."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that is still to be made."""
    return tmp_path / "data"


@pytest.fixture
async def accounts(tmp_path: Path) -> AsyncIterator[Accounts]:
    """The accounts of a store."""
    database = Database.open(tmp_path / Config().database.name, durable=False)
    yield Accounts(database)
    await database.aclose()


@pytest.fixture
def admin(accounts: Accounts) -> StoreAdmin:
    """The Admin of localhost over that store."""
    return StoreAdmin(accounts, "localhost", lambda: CREATED)


@pytest.fixture
async def control(admin: StoreAdmin, data: Path) -> AsyncIterator[Path]:
    """The control socket of a server that holds the data directory."""
    with hold(data) as held:
        server = ControlServer(admin, data)
        path = await server.open()
        held.tell(Holder(os.getpid(), domain="localhost", control=path))
        yield path
        await server.close()


@pytest.fixture
def remote(control: Path) -> RemoteAdmin:
    """The Admin of that server, asked through its socket."""
    return RemoteAdmin(control)


class Ended(NamedTuple):
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str


class Folkmoot:
    """The command line, run within this process."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._captured = captured

    def __call__(self, *arguments: object, stdin: str = "") -> Ended:
        """Run a command with these arguments."""
        self._patch.setattr(sys, "argv", ["folkmoot", *map(str, arguments)])
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._captured.readouterr()
        status = ended.value.code
        assert isinstance(status, int)
        return Ended(status, out, err)


@pytest.fixture
def folkmoot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folkmoot:
    """Runs `folkmoot` with arguments; nothing in the environment configures it."""
    monkeypatch.delenv("FOLKMOOT_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return Folkmoot(monkeypatch, capsys)


@pytest.fixture
def kept(folkmoot: Folkmoot, data: Path) -> Path:
    """A data directory with an account and a space of its."""
    added = folkmoot(
        "user", "add", "juliet@localhost", "--data", data, "--password-stdin", stdin="secret\n"
    )
    assert added.status == 0, added.err
    made = folkmoot(
        "space",
        "create",
        "moot",
        "--owner",
        "juliet@localhost",
        "--title",
        "Moot",
        "--template",
        "team",
        "--data",
        data,
    )
    assert (made.status, made.out) == (0, "Made the space moot, whitelist.\n"), made.err
    return data
