"""`folkmoot space VERB … --jid …`: over XMPP, against a server that runs (docs/spaces.md)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from folkmoot.admin import AdminError
from folkmoot.cli import app
from folkmoot.cli.remote import PASSWORD_VARIABLE
from folkmoot.demo.cast import reachable
from tests.clients.town import PASSWORD, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

Space = Callable[..., Awaitable[str]]


@pytest.fixture
def space(town: Town, tmp_path: Path) -> Space:
    """Somebody does something with spaces; gives what it says, or why not, as one line."""
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n", "utf-8")
    at = reachable(town.holder.listening["tcp"])

    usual = ("--password-file", str(secret), "--server", str(at))

    async def done(who: str, *arguments: str, way: tuple[str, ...] | None = None) -> str:
        jid = await town.account(who)
        door = (*usual, "--ca-file", str(town.certificate)) if way is None else way
        given = ["space", *arguments, "--jid", str(jid), *door]
        ended = await asyncio.to_thread(CliRunner().invoke, app, given)
        if isinstance(ended.exception, AdminError):
            return f"folkmoot: {ended.exception}"
        return ended.output

    return done


async def test_a_space_from_founding_to_leaving(town: Town, space: Space) -> None:
    """Each verb once, as an owner and as a member."""
    key = town.named("moot").local
    uri, room = f"xmpp:{town.place.spaces}?;node={key}", f"{key}@{town.place.rooms}"
    romeo = str(town.named("romeo"))
    made = await space("juliet", "create", key, "--title", "Moot", "--description", "All of us")
    assert made == f"Made {uri}\n"
    assert f"{key:<24} Moot\n" in await space("juliet", "list")
    assert await space("romeo", "join", uri) == "Asked: an owner has to let you in.\n"
    outside = json.loads(await space("romeo", "show", key))
    assert outside["own"] == {"affiliation": "none", "subscription": "pending"}
    assert outside["refused"] == "not-authorized not-subscribed"
    assert f"{romeo:<40} none         pending\n" in await space("juliet", "members", key)
    assert await space("juliet", "approve", key, romeo) == f"{romeo} is in.\n"
    added = await space("juliet", "add", key, room, "--new", "--name", "Garden")
    assert added == f"Made and listed {room}.\n"
    assert await space("juliet", "add", key, room, "--autojoin") == f"Listed {room}.\n"
    inside = json.loads(await space("romeo", "show", key))
    assert inside["rooms"] == [{"jid": room, "name": key}]
    assert (inside["title"], inside["members"]) == ("Moot", 2)
    assert await space("juliet", "remove", key, room) == f"{room} is no longer listed.\n"
    assert f"item  {room}" in await space("juliet", "audit", key)
    assert await space("romeo", "leave", key) == f"Left {uri}\n"
    assert romeo not in await space("juliet", "members", key)


async def test_an_invite_is_made_and_used(town: Town, space: Space) -> None:
    """docs/extensions/invites.md: it lets in at once where nobody else is let in."""
    key = town.named("team").local
    await space("juliet", "create", key, "--access", "whitelist")
    invite = (await space("juliet", "invite", key, "--uses", "5")).strip()
    assert "not-allowed" in await space("romeo", "join", key)
    assert await space("romeo", "join", invite) == f"Joined {invite.partition(';invite')[0]}\n"
    listed = json.loads(await space("romeo", "list", "--json"))["spaces"]
    assert {"key": key, "title": ""} in listed


async def test_who_is_not_let_in(town: Town, space: Space) -> None:
    """A request that is denied is gone; with --unlisted nobody looks whether there is one."""
    key, tybalt = town.named("moot").local, str(town.named("tybalt"))
    await space("juliet", "create", key)
    await space("tybalt", "join", key)
    assert await space("juliet", "deny", key, tybalt) == f"{tybalt} is not let in.\n"
    assert "does not ask to be let in" in await space("juliet", "approve", key, tybalt)
    assert await space("juliet", "approve", key, tybalt, "--unlisted") == f"{tybalt} is in.\n"


async def test_what_cannot_be_is_said(town: Town, space: Space) -> None:
    """One line, in plain words."""
    key = town.named("moot").local
    await space("juliet", "create", key)
    nowhere = f"nowhere@{town.place.rooms}"
    for said, who, arguments in (
        ("it is refused: item-not-found", "juliet", ("show", "nowhere")),
        ("it is refused: conflict", "romeo", ("create", key)),
        ("it is refused: forbidden", "romeo", ("members", key)),
        ("it is refused: forbidden", "romeo", ("audit", key)),
        ("does not take --access roster", "romeo", ("create", "--access", "roster")),
        (f"Listed {nowhere}, but the room does not name", "juliet", ("add", key, nowhere)),
        ("is no IRI of a node", "romeo", ("join", "xmpp:")),
        ("one of these is no JID", "juliet", ("approve", key, "@", "--unlisted")),
        ("choose open, authorize or whitelist", "juliet", ("create", "--access", "all")),
    ):
        assert said in await space(who, *arguments), arguments
    rooms = ("--service", str(town.place.rooms))
    for said, verb in (("has no invites", "invite"), ("keeps no audit trail", "audit")):
        assert said in await space("juliet", verb, key, *rooms)


async def test_the_ways_in(town: Town, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """WebSocket, a password in the environment; and what stands in the way."""
    at = reachable(town.holder.listening["tcp"])
    web = ("--server", f"ws://{reachable(town.holder.listening['http'])}/xmpp-websocket")
    assert "say --password-file" in await space("romeo", "list", way=web)
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    assert "folkmoot:" not in await space("romeo", "list", way=web)
    assert "no way to" in await space("romeo", "list", way=("--server", str(at)))  # who is it?
    assert "no way to" in await space("romeo", "list", way=("--server", "127.0.0.1:1"))
    assert "write HOST:PORT" in await space("romeo", "list", way=("--server", "nowhere"))
    monkeypatch.setenv(PASSWORD_VARIABLE, "a rose")
    assert "is not let in" in await space("romeo", "list", way=web)


async def test_without_jid_it_is_the_operators_door(town: Town) -> None:
    """The same verb, and a verb that the operator does not have."""
    given = ["space", "list", "--data", str(town.child.data), "--json"]
    ended = await asyncio.to_thread(CliRunner().invoke, app, given)
    assert "spaces" in json.loads(ended.output)
    ended = await asyncio.to_thread(CliRunner().invoke, app, ["space", "join", "moot"])
    assert (ended.exit_code, "--jid" in ended.output) == (2, True)
    helped = await asyncio.to_thread(CliRunner().invoke, app, ["space", "--help"])
    assert all(f"  {verb} " in helped.output for verb in ("list", "audit", "join", "deny"))


async def test_without_slixmpp_it_says_what_to_do(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the extra `client`, for this and for `folkmoot demo`; all else does without."""
    missing = "import sys; sys.modules['slixmpp'] = None; import folkmoot.cli, folkmoot.server"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", missing)
    assert await process.wait() == 0
    monkeypatch.setitem(sys.modules, "slixmpp", None)
    assert "pip install 'folkmoot[client]'" in await space("romeo", "list")
    played = await asyncio.to_thread(CliRunner().invoke, app, ["demo", "--ephemeral"])
    assert "pip install 'folkmoot[client]'" in str(played.exception)
