"""`folkmoot space export|import`: files on disk, and a server that runs or does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from folkmoot.admin import AdminError, StoreAdmin
from folkmoot.control import ControlServer, RemoteAdmin
from folkmoot.engine.model import NodeId
from folkmoot.engine.view import View
from folkmoot.spaces import document
from folkmoot.spaces.document import Writer, parts
from folkmoot.steward import Steward
from tests.spaces.test_reading import VERONA, changed
from tests.stage import Stage

Folkmoot = Callable[..., Any]


def test_there_and_back(folkmoot: Folkmoot, kept: Path, tmp_path: Path) -> None:
    """Out of one data directory and into another; the file is its owner's alone."""
    folkmoot("space", "add", "moot", "hall", "--data", kept)
    file, again, other = tmp_path / "moot.json", tmp_path / "again.json", tmp_path / "other"
    wrote = folkmoot("space", "export", "moot", "-o", file, "--data", kept)
    assert wrote == (0, f"Wrote moot and its 1 rooms to {file}.\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("tmp*"))
    printed = folkmoot("space", "export", "moot", "--data", kept).out
    flags = ("--data", other, "--password-stdin")
    folkmoot("user", "add", "juliet@localhost", *flags, stdin="secret\n")
    looked = folkmoot("space", "import", file, "--check", "--data", other)
    assert looked == (0, f"{file} can be imported; nothing was changed.\n", "")
    made = folkmoot("space", "import", file, "--data", other)
    assert made == (0, "Made moot and its 1 rooms for juliet@localhost.\n", "")
    folkmoot("space", "export", "moot", "-o", again, "--data", other)
    texts = (printed, file.read_text(), again.read_text())
    documents = [{**json.loads(text), "exported": ""} for text in texts]
    assert documents[0] == documents[1] == documents[2]


def test_every_mistake_is_told(folkmoot: Folkmoot, kept: Path, tmp_path: Path) -> None:
    """Those of the file first; then those of this server. Nothing is changed."""
    file = tmp_path / "moot.json"
    wrong = changed("space/node", 7)
    wrong["rooms"][0]["colour"] = "red"
    file.write_text(json.dumps(wrong))
    ended = folkmoot("space", "import", file, "--data", kept)
    assert (ended.status, ended.err.splitlines()) == (
        1,
        [
            "space.node: a text is needed, not a number",
            "rooms[0].colour: nobody knows this field",
            f"folkmoot: {file} cannot be imported; nothing was changed",
        ],
    )
    file.write_text(json.dumps(VERONA))
    ended = folkmoot("space", "import", file, "--owner", "juliet@localhost", "--data", kept)
    assert ended.status == 1
    assert "space.node: node exists" in ended.err
    flags = ("--owner", "juliet@localhost", "--as", "moot-2", "--data", kept)
    assert folkmoot("space", "import", file, *flags).status == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "this is not JSON"),
        (b"[]", "the whole: an object is needed, not a list"),
        (b"\xff", "is not text in UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_none(
    folkmoot: Folkmoot, kept: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    """It is told in a line."""
    file = tmp_path / "moot.json"
    file.write_bytes(content)
    ended = folkmoot("space", "import", file, "--data", kept)
    assert ended.status == 1
    assert said in ended.err


def test_a_file_that_is_too_long(
    folkmoot: Folkmoot, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not even read."""
    monkeypatch.setattr(document, "FILE_BYTES_MAX", 10)
    file = tmp_path / "moot.json"
    file.write_text(json.dumps(VERONA))
    assert "is longer than 10 bytes" in folkmoot("space", "import", file, "--data", kept).err


def test_an_export_that_fails_leaves_the_file_as_it_was(
    folkmoot: Folkmoot, kept: Path, tmp_path: Path
) -> None:
    """And nothing beside it."""
    file = tmp_path / "moot.json"
    file.write_text("before")
    ended = folkmoot("space", "export", "nowhere", "-o", file, "--data", kept)
    assert "there is no space nowhere" in ended.err
    assert file.read_text() == "before"
    assert {each.name for each in tmp_path.iterdir()} == {"data", "moot.json"}


async def test_a_running_server_is_asked_in_parts(
    stage: Stage, admin: StoreAdmin, tmp_path: Path
) -> None:
    """Through the control socket, each part answered; who hangs up has given it up."""
    await stage.account("juliet@shakespeare.lit")
    server = ControlServer(
        admin, tmp_path, {"space": Steward(stage.core.engine, stage.store.abroad)}
    )
    remote = RemoteAdmin(await server.open())
    asked = {"owner": "juliet@shakespeare.lit"}
    hall = NodeId(stage.core.engine.services.rooms, "hall")
    try:
        async with aclosing(remote.stream("space", "import", asked, parts(VERONA))) as answers:
            async for answer in answers:
                if "notes" in answer:
                    break
        async with asyncio.timeout(5):
            while await stage.core.engine.ask(View.node, hall) is not None:
                await remote.ask("space", "list", {})  # the server has its turn meanwhile
        async with aclosing(remote.stream("space", "import", asked, parts(VERONA))) as answers:
            told = [answer async for answer in answers]
        assert told[-1]["key"] == "moot"
        assert len(told) == len(list(parts(VERONA)))
        writer = Writer()
        async with aclosing(remote.stream("space", "export", {"key": "moot"})) as answers:
            text = "".join([writer.write(part) async for part in answers])
        assert json.loads(text + writer.end())["space"]["node"] == "moot"
        with pytest.raises(AdminError, match="does not know `space burn`"):
            _ = [each async for each in remote.stream("space", "burn", {})]
        with pytest.raises(AdminError, match="there is no space nowhere"):
            _ = [each async for each in remote.stream("space", "export", {"key": "nowhere"})]
    finally:
        await asyncio.wait_for(server.close(), 5)
