"""`folkmoot demo`: played whole, undone on a server that is not its own, and failing aloud."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from folkmoot.demo.telling import WIDTH_MAX
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEMO_SECONDS_MAX: Final = 60.0


async def demo(
    *arguments: str, command: str = "demo", columns: int | None = None
) -> tuple[int | None, str, str]:
    """The exit status of `folkmoot demo`, what it said, and what it complained of."""
    width = {} if columns is None else {"COLUMNS": str(columns)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "folkmoot", command, *arguments),
        env={**os.environ, **width},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEMO_SECONDS_MAX):
        said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


async def test_the_whole_story_on_a_server_of_its_own() -> None:
    """Every step comes out, those after `kill -9` too; a pipe gets no colours."""
    status, said, complained = await demo("--ephemeral")
    assert status == 0, said
    assert complained == ""
    assert "✗" not in said
    assert "\x1b" not in said
    assert re.search(r"all \d+ are there", said)
    assert "her stream: system-shutdown" in said


async def test_the_story_on_a_server_that_runs(own_town: Town) -> None:
    """It says that it kills nothing, and leaves nothing of its own behind."""
    status, said, _ = await demo("--data", str(own_town.child.data))
    assert status == 0, said
    assert "kill -9 is left out" in said
    database = f"file:{own_town.child.data / 'folkmoot.db'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        left = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("nodes", "affiliations", "subscriptions", "items", "accounts")
        }
    assert not any(left.values()), left


async def test_the_stanzas_are_shown(town: Town) -> None:
    """`--xml`: what was sent and what came back, the request for a space among it."""
    status, said, _ = await demo("--data", str(town.child.data), "--xml")
    assert status == 0, said
    assert re.search(r"juliet → <iq .*to='spaces.localhost'", said)
    assert "<field var='pubsub#type'><value>urn:xmpp:spaces:0</value></field>" in said
    assert re.search(r"romeo ← <message .*from='spaces.localhost'", said)


async def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    """The step, what came instead, status 1; and the accounts are deleted all the same."""
    config = tmp_path / "folkmoot.toml"
    config.write_text("[spaces]\nnode_creators = []\n")
    town = await Town.founded(tmp_path / "data", "--config", str(config))
    status, said, _ = await demo("--data", str(town.child.data))
    assert status == 1
    assert re.search(r"✗ +2\.1 +juliet +creates the space", said)
    assert "forbidden" in said
    assert "✗ Step 2.1 went wrong." in said
    assert not await town.admin.users()
    await town.falls()


async def test_without_a_server_it_says_how_to_get_one(tmp_path: Path) -> None:
    """A line that says what to do, and status 1."""
    status, said, complained = await demo("--data", str(tmp_path))
    assert (status, said) == (1, "")
    assert complained.startswith(f"folkmoot: no server runs on {tmp_path}: start one with")


async def test_a_server_of_its_own_is_nobody_elses(tmp_path: Path) -> None:
    """`--ephemeral` and `--data` do not go together: status 2."""
    status, _, complained = await demo("--ephemeral", "--data", str(tmp_path))
    assert status == 2
    assert "--ephemeral" in complained


@pytest.mark.parametrize("columns", [None, 80, 120])
async def test_two_clients_in_different_words(columns: int | None) -> None:
    """`folkmoot eventing-demo`: each hears the other, side by side; Juliet sends no presence.

    It is as wide as it is asked to be, and no stanza is cut for it.
    """
    status, said, complained = await demo(command="eventing-demo", columns=columns)
    assert status == 0, said
    assert complained == ""
    assert "✗" not in said
    lines = said.splitlines()
    assert max(map(len, lines)) == min(columns or WIDTH_MAX, WIDTH_MAX)
    assert "…" not in said
    assert re.search(r"→ <presence/>", said)
    assert re.search(r"← <message .*→ <iq type='set' to='rooms.localhost'>", said)
    heads = next(line for line in lines if "romeo: " in line and "juliet: " in line)
    right = heads.index("juliet: ")
    stanzas = [line for line in lines if "✓" not in line]
    assert any(line[right:].startswith("→ <iq") for line in stanzas)
    assert not any("→ <presence" in line[right:] or "→ <iq" in line[:right] for line in stanzas)
