"""Rooms and spaces in the hands of Profanity, a client of another project, in a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from folkmoot.cli import app
from tests.clients.profanity import PROGRAM, Profanity, missing
from tests.clients.town import PASSWORD, Town

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(missing(), reason=f"not on PATH: {PROGRAM}"),
]

Arrives = Callable[[str], Coroutine[Any, Any, Profanity]]


@pytest_asyncio.fixture(loop_scope="session")
async def arrives(town: Town, tmp_path: Path) -> AsyncIterator[Arrives]:
    """Somebody logs in with Profanity."""
    running: list[Profanity] = []

    async def arrive(name: str) -> Profanity:
        account = await town.account(name)
        client = Profanity(tmp_path / name)
        running.append(client)
        await client.starts()
        port = town.holder.listening["tcp"].port
        door = f"server 127.0.0.1 port {port} tls trust"
        await client.asks(f"/connect {account} {door}", "Enter password")
        await client.asks(PASSWORD, "logged in successfully, online")
        return client

    yield arrive
    for client in running:
        await client.ends()


async def test_a_room_from_its_making_to_the_ban(town: Town, arrives: Arrives) -> None:
    """Instant room, invitation, talk, correction, subject, lists, nick, kick and ban."""
    hamlet, ophelia = await arrives("hamlet"), await arrives("ophelia")
    room = f"{town.named('hall').local}@{town.place.rooms}"
    owner, guest = town.named("hamlet"), town.named("ophelia")
    await hamlet.asks(f"/join {room} nick hamlet", "role: moderator, affiliation: owner")
    await hamlet.asks("/room accept", "Room unlocked.")
    await hamlet.asks("Words, words, words.", "hamlet: Words, words, words.")
    hamlet.types(f"/invite send {guest} How does your honour?")
    await ophelia.shows("Chat room invite received:", "Message: How does your honour?")
    await ophelia.asks(f"/join {room} nick ophelia", "role: participant, affiliation: none")
    await ophelia.shows("hamlet: Words, words, words.")
    await ophelia.asks("Good my lord.", "ophelia: Good my lord.")
    await hamlet.shows("  ophelia", "ophelia: Good my lord.")
    await hamlet.asks("/subject set Of remembrances", "hamlet has set the room subject")
    await ophelia.shows("hamlet has set the room subject: Of remembrances")
    hamlet.types("/correction on")
    await hamlet.asks("Get thee to a nunery.", "Get thee to a nunery.")
    await hamlet.asks("/correct Get thee to a nunnery.", "+ hamlet: Get thee to a nunnery.")
    await hamlet.asks(f"/affiliation set member {guest}", "has been changed to: member")
    await hamlet.asks("/affiliation list member", "Affiliation: member", str(guest))
    await hamlet.asks("/affiliation list owner", "Affiliation: owner", str(owner))
    await ophelia.asks("/nick nymph", "  nymph")
    await hamlet.shows("ophelia is now known as nymph")
    hamlet.types("/kick nymph")
    await ophelia.shows(f"<- Kicked from {room} by hamlet")
    await ophelia.asks(f"/join {room} nick ophelia", "role: participant, affiliation: member")
    hamlet.types(f"/ban {guest} farewell")
    await ophelia.shows(f"<- Banned from {room} by hamlet, reason: farewell")
    await ophelia.asks(
        f"/join {room} nick ophelia", f"Error joining room {room}, reason: forbidden"
    )


async def test_a_room_of_a_space_lets_in_whom_the_space_does(town: Town, arrives: Arrives) -> None:
    """A client that knows nothing of spaces is let in, told what it is, and put out, by them."""
    claudius, laertes = await arrives("claudius"), await arrives("laertes")
    king, son = town.named("claudius"), town.named("laertes")
    space = town.named("denmark").local

    async def rules(verb: str, *arguments: str) -> None:
        given = ["space", verb, space, *arguments, "--data", str(town.child.data)]
        done = await asyncio.to_thread(CliRunner().invoke, app, given)
        assert done.exit_code == 0, done.output

    await rules("create", "--owner", str(king), "--title", "Denmark")
    await rules("add", f"{space}-court", "--title", "The court")
    room = f"{space}-court@{town.place.rooms}"
    await laertes.asks(f"/join {room} nick laertes", f"Error joining room {room}")
    await rules("member", str(son))
    await laertes.asks(f"/join {room} nick laertes", "role: participant, affiliation: member")
    await claudius.asks(f"/join {room} nick claudius", "role: moderator, affiliation: owner")
    await rules("member", str(son), "--as", "publisher")
    await laertes.shows("have been changed, role: moderator, affiliation: admin")
    await claudius.asks("/affiliation list admin", "Affiliation: admin", str(son))
    await rules("ban", str(son))
    await laertes.shows(f"<- Banned from {room}")
    await claudius.shows("<- laertes has been banned from the room")
