"""A performance of the story: on a server that is there already, or on one started for it."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Final

from slixmpp.exceptions import XMPPError

from folkmoot.admin import AdminError
from folkmoot.client import SpacesError
from folkmoot.control import RemoteAdmin
from folkmoot.demo.actor import Unexpected
from folkmoot.demo.cast import Place, random_key
from folkmoot.demo.child import Child, ChildFailed
from folkmoot.demo.story import Story
from folkmoot.demo.survival import survive
from folkmoot.demo.telling import Telling
from folkmoot.lock import Holder

FAILURES: Final = (Unexpected, SpacesError, XMPPError, ChildFailed, AdminError, OSError)
"""What a step that goes wrong raises; anything else is a bug in the telling."""


async def perform(holder: Holder, telling: Telling) -> bool:
    """Play the story against somebody's running server, and undo it; whether all went well.

    The server is not killed: it is not ours. Raises AdminError where it takes no requests.
    """
    story = _story(holder, telling, ending=f"-{random_key().lower()}")
    telling.note(
        f"Folkmoot {holder.version} serves {holder.domain} as process {holder.pid}."
        " What is made on it now is deleted at the end."
    )
    try:
        await attempt(telling, story.play())
    finally:
        telling.chapter("All goes again, and the server is as it was")
        await attempt(telling, _undo(story))
    telling.note("kill -9 is left out: the server is yours. `folkmoot demo --ephemeral` has it.")
    return telling.end()


async def perform_all(data: Path, telling: Telling) -> bool:
    """Play the story against a server of its own, which is killed in it; whether all went well.

    data: an empty directory. Raises ChildFailed where the server does not start.
    """
    async with Child(data) as child:
        holder = await child.start()
        telling.note(
            f"Folkmoot {holder.version} serves {holder.domain} as process {holder.pid},"
            " on free ports and an empty disk."
        )
        story = _story(holder, telling)
        try:
            await attempt(telling, _play_all(story, child))
        finally:
            await story.log_out(*story.cast)
    return telling.end()


def _story(holder: Holder, telling: Telling, ending: str = "") -> Story:
    if holder.control is None:
        raise AdminError("a program that is no server holds the data directory")
    return Story(telling, Place.of(holder), RemoteAdmin(holder.control), ending=ending)


async def attempt(telling: Telling, playing: Awaitable[None]) -> None:
    """Play until a step goes wrong, which then has said so; what goes wrong elsewhere goes on."""
    try:
        await playing
    except FAILURES:
        if not telling.failed:
            raise


async def _play_all(story: Story, child: Child) -> None:
    await story.play()
    await survive(story, child)


async def _undo(story: Story) -> None:
    with story.telling.step("folkmoot", "deletes room, space and accounts") as step:
        await story.go()
        step.came = "deleted"
