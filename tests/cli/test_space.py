"""`folkmoot space`: on a server that runs, and in its data while none does."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkmoot.admin import AdminError, StoreAdmin
from folkmoot.control import ControlServer, RemoteAdmin
from folkmoot.steward import Steward
from tests.stage import Stage

Folkmoot = Callable[..., Any]


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


def test_a_space_is_made_shown_and_listed(folkmoot: Folkmoot, kept: Path) -> None:
    """What docs/spaces.md says of each."""
    shown = json.loads(folkmoot("space", "show", "moot", "--data", kept).out)
    assert shown["affiliations"] == {"juliet@localhost": "owner"}
    assert shown["config"]["title"] == "Moot"
    (summary,) = json.loads(folkmoot("space", "list", "--json", "--data", kept).out)["spaces"]
    assert summary.items() <= shown.items()
    assert "moot" in folkmoot("space", "list", "--data", kept).out


def test_an_invite_and_the_trail(folkmoot: Folkmoot, kept: Path) -> None:
    """The URI is printed; the trail has that it was made, and not the token."""
    uri = folkmoot("space", "invite", "moot", "--uses", "5", "--data", kept).out.strip()
    assert uri.startswith("xmpp:spaces.localhost?;node=moot;invite=")
    told = json.loads(folkmoot("space", "audit", "moot", "--json", "--data", kept).out)
    assert [(row["what"], row["after"]) for row in told["rows"]] == [
        ("invite", "used 0 of 5"),
        ("created", "whitelist"),
    ]
    text = folkmoot("space", "audit", "moot", "--data", kept).out
    assert "juliet@localhost  created  moot" in text
    assert uri.partition("invite=")[2] not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nowhere"), "there is no space nowhere"),
        (("create", "x", "--owner", "romeo@localhost"), "there is no account"),
        (("create", "x", "--owner", "@"), "makes no sense"),
        (("create", "moot", "--owner", "juliet@localhost"), "node exists"),
        (("create", "x", "--owner", "juliet@localhost", "--template", "y"), "no template y"),
        (("invite", "moot", "--uses", "9999"), "bad config (invite.uses)"),
    ],
)
def test_what_cannot_be_is_said(
    folkmoot: Folkmoot, kept: Path, arguments: tuple[str, ...], said: str
) -> None:
    """One line and status 1; nothing is made."""
    ended = folkmoot("space", *arguments, "--data", kept)
    assert ended.status == 1
    assert said in ended.err
    assert len(json.loads(folkmoot("space", "list", "--json", "--data", kept).out)["spaces"]) == 1


async def test_a_running_server_is_asked(stage: Stage, admin: StoreAdmin, tmp_path: Path) -> None:
    """Through the control socket; what it does not know is an error."""
    await stage.account("juliet@shakespeare.lit")
    server = ControlServer(admin, tmp_path, {"space": Steward(stage.core.engine)})
    remote = RemoteAdmin(await server.open())
    try:
        asked = {"key": "verona", "owner": "juliet@shakespeare.lit"}
        made = await remote.ask("space", "create", asked)
        assert made["access"] == "authorize"
        assert (await remote.ask("space", "list", {}))["spaces"] == [made]
        with pytest.raises(AdminError, match="does not know"):
            await remote.ask("space", "burn", asked)
        with pytest.raises(AdminError, match="makes no sense"):
            await remote.ask("space", "show", {})
    finally:
        await asyncio.wait_for(server.close(), 5)
