"""`folkmoot user`: with a running server and without one, for people and for programs."""

import asyncio
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from folkmoot.cli.user import COUNT_MAX
from folkmoot.lock import hold
from folkmoot.stores.accounts import Accounts
from folkmoot.xmpp.jid import JID

from .conftest import Folkmoot

JULIET = "juliet@localhost"


def test_an_account_from_its_making_to_its_end(folkmoot: Folkmoot, data: Path) -> None:
    """Without a server: the store is opened, and made if it is not there."""
    at = ("--data", data)
    done = folkmoot("user", "add", JULIET, "--password-stdin", *at, stdin="balcony\n")
    assert done == (0, f"Added {JULIET}.\n", "")
    listed = folkmoot("user", "list", *at)
    assert listed.out.startswith(f"{JULIET} ")
    assert folkmoot("user", "list", "romeo", *at).out == ""
    done = folkmoot("user", "passwd", JULIET, "--password-stdin", *at, stdin="tomb\n")
    assert done == (0, f"{JULIET} has a new password.\n", "")
    assert folkmoot("user", "delete", JULIET, "--yes", *at) == (0, f"Deleted {JULIET}.\n", "")
    assert folkmoot("user", "list", *at) == (0, "", "")


def test_a_second_time_is_told(folkmoot: Folkmoot, data: Path) -> None:
    """The account keeps its password; the words name the command that changes it."""
    add = ("user", "add", JULIET, "--password-stdin", "--data", data)
    assert folkmoot(*add, stdin="balcony\n").status == 0
    again = folkmoot(*add, stdin="tomb\n")
    assert again.status == 1
    assert again.err == (
        f"folkmoot: {JULIET} exists already: `folkmoot user passwd` changes its password\n"
    )


def test_many_at_once(folkmoot: Folkmoot, data: Path) -> None:
    """The numbers count from 0; a longer run later adds what is missing."""
    many = ("user", "add", "--pattern", "user%d@localhost", "--password-stdin", "--data", data)
    assert folkmoot(*many, "--count", 3, stdin="x\n").out == "Added 3 accounts.\n"
    assert folkmoot(*many, "--count", 5, stdin="x\n").out == (
        "Added 2 accounts; 3 existed already and are as they were.\n"
    )
    listed = folkmoot("user", "list", "--data", data).out.splitlines()
    assert [line.split()[0] for line in listed] == [f"user{each}@localhost" for each in range(5)]


@pytest.mark.usefixtures("control")
async def test_the_running_server_is_asked(
    folkmoot: Folkmoot, data: Path, accounts: Accounts
) -> None:
    """It holds the data directory, and its accounts are the ones that change."""
    at = ("--data", data)
    add = ("user", "add", "--password-stdin", *at)
    done = await asyncio.to_thread(folkmoot, *add, JULIET, stdin="balcony\n")
    assert done == (0, f"Added {JULIET}.\n", "")
    assert await accounts.exists(JID.parse(JULIET))
    done = await asyncio.to_thread(folkmoot, *add, "romeo@verona.lit", stdin="x\n")
    assert done.status == 1
    assert "romeo@verona.lit is not of this server, whose accounts are at localhost" in done.err
    done = await asyncio.to_thread(folkmoot, "user", "delete", JULIET, "--yes", *at)
    assert not await accounts.exists(JID.parse(JULIET))


def test_data_that_another_program_keeps_is_told(
    folkmoot: Folkmoot, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that neither starts nor ends, or another command: named by its process."""
    monkeypatch.setattr("folkmoot.cli.reach.START_SECONDS", 0.0)
    with hold(data):
        done = folkmoot("user", "list", "--data", data)
    assert done.status == 1
    assert f"{data} is in use by process {os.getpid()}" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add",), "give a JID, or --count and --pattern together"),
        (("add", "--count", 2), "give a JID, or --count and --pattern together"),
        (("add", JULIET, "--count", 2), "give a JID, or --count and --pattern together"),
        (("add", "--count", 2, "--pattern", "user@localhost"), "it needs one %d"),
        (("add", "--count", 0, "--pattern", "u%d@localhost"), "'--count'"),
        (("add", "--count", COUNT_MAX + 1, "--pattern", "u%d@localhost"), "'--count'"),
        (("add", "@localhost"), "'@localhost' is not a JID"),
        (("add", "localhost"), "'localhost' is not an account: write name@domain"),
        (("add", f"{JULIET}/balcony"), "is not an account: write name@domain"),
        (("passwd", "localhost"), "is not an account: write name@domain"),
        (("add", JULIET), "nobody is there to type a password: say --password-stdin"),
        (("delete", JULIET), "nobody is there to confirm it: say --yes"),
    ],
)
def test_wrong_use_is_told(
    folkmoot: Folkmoot, data: Path, arguments: tuple[object, ...], words: str
) -> None:
    """Status 2, what to write instead, and nothing is made."""
    done = folkmoot("user", *arguments, "--data", data)
    assert done.status == 2
    assert words in done.err
    assert not data.exists()


@pytest.mark.parametrize("command", ["passwd", "delete"])
def test_an_account_that_is_not_there_is_told(folkmoot: Folkmoot, data: Path, command: str) -> None:
    """One line, status 1."""
    data.mkdir()
    flag = "--password-stdin" if command == "passwd" else "--yes"
    done = folkmoot("user", command, JULIET, flag, "--data", data, stdin="x\n")
    assert done.status == 1
    assert done.err.startswith(f"folkmoot: there is no account {JULIET}")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["list", "passwd", "delete"])
def test_data_that_is_not_there_is_told(folkmoot: Folkmoot, data: Path, command: str) -> None:
    """Only an account that is added makes the directory; a slip in its name makes none."""
    flags: dict[str, tuple[str, ...]] = {
        "list": (),
        "passwd": (JULIET, "--password-stdin"),
        "delete": (JULIET, "--yes"),
    }
    done = folkmoot("user", command, *flags[command], "--data", data, stdin="x\n")
    assert done.status == 1
    assert done.err.startswith(f"folkmoot: there is no directory {data}: name the server's with")
    assert not data.exists()


def test_the_domain_of_a_file_is_kept(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """Whoever names the server's file gets no account of another domain by a slip."""
    file = tmp_path / "folkmoot.toml"
    file.write_text("[server]\ndomain = 'capulet.lit'\n")
    add = ("user", "add", JULIET, "--password-stdin", "--config", file)
    done = folkmoot(*add, "--data", tmp_path / "data", stdin="x\n")
    assert done.status == 1
    assert "is not of this server, whose accounts are at capulet.lit" in done.err


def test_a_database_of_another_program_is_told(folkmoot: Folkmoot, data: Path) -> None:
    """No traceback, and the file is named."""
    data.mkdir()
    (data / "folkmoot.db").write_bytes(b"not a database, not at all" * 100)
    done = folkmoot("user", "list", "--data", data)
    assert done.status == 1
    assert done.err.startswith(f"folkmoot: {data / 'folkmoot.db'} cannot be used")


def test_a_password_is_asked_for_twice_and_not_shown(data: Path) -> None:
    """At a terminal."""
    command = "from folkmoot.cli import main; main()"
    arguments = ["user", "add", JULIET, "--data", str(data)]
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", command, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.set_blocking(terminal, True)
        seen = _until(terminal, b"Password: ")
        os.write(terminal, b"balcony\n")
        seen += _until(terminal, b"confirmation: ")
        os.write(terminal, b"balcony\n")
        seen += _until(terminal, b"Added juliet@localhost.")
        assert process.wait() == 0
    os.close(terminal)
    assert b"balcony" not in seen


def _until(terminal: int, words: bytes) -> bytes:
    seen = b""
    while words not in seen:
        seen += os.read(terminal, 1_024)
    return seen
