"""A performance of the story: on a server that is there already, or on one started for it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Final

from slixmpp.exceptions import XMPPError

from folkmoot.admin import AdminError
from folkmoot.client import SpacesError
from folkmoot.config import Address
from folkmoot.control import RemoteAdmin
from folkmoot.demo.actor import Unexpected
from folkmoot.demo.cast import Person, Place, people, random_key
from folkmoot.demo.child import Child, ChildFailed
from folkmoot.demo.story import Story
from folkmoot.demo.survival import survive
from folkmoot.demo.telling import Telling
from folkmoot.lock import Holder
from folkmoot.xmpp.jid import JID

FAILURES: Final = (Unexpected, SpacesError, XMPPError, ChildFailed, AdminError, OSError)
"""What a step that goes wrong raises; anything else is a bug in the telling."""


NAMES: Final = ("juliet", "romeo", "tybalt")


async def perform(holder: Holder, telling: Telling) -> bool:
    """Play the story against somebody's running server, and undo it; whether all went well.

    The server is not killed: it is not ours. Raises AdminError where it takes no requests.
    """
    return await _perform(holder, _story(holder, telling, ending=f"-{random_key().lower()}"))


async def perform_as(
    holder: Holder, accounts: Sequence[tuple[JID, str]], port: int, telling: Telling
) -> bool:
    """The same against a component, by people with accounts on its server.

    accounts: with their passwords, one for each of NAMES. port: where that server takes clients,
    on this machine.
    """
    place = Place(JID.parse(holder.domain), Address("127.0.0.1", port), None)
    cast = [Person(name, *account) for name, account in zip(NAMES, accounts, strict=True)]
    return await _perform(holder, Story(telling, place, cast, None))


async def _perform(holder: Holder, story: Story) -> bool:
    telling = story.telling
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
    place = Place.of(holder)
    cast = people(place, NAMES, ending=ending)
    return Story(telling, place, cast, RemoteAdmin(holder.control))


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
    what = "room, space and accounts" if story.admin is not None else "room and space"
    with story.telling.step("folkmoot", f"deletes {what}") as step:
        await story.go()
        step.came = "deleted"
