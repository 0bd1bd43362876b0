"""The last chapter: the server is killed while it works, and what it had acknowledged is there.

Acknowledged is what was answered: a publish by its result, a groupchat message by its reflection,
a message to somebody who is away by the answer to what was asked twice after it.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Final, Protocol

import slixmpp

from folkmoot.client import (
    Access,
    Affiliation,
    Member,
    NoAnswer,
    Other,
    Refused,
    Said,
    SpaceAddress,
    State,
)
from folkmoot.client.writing import element
from folkmoot.demo.actor import Unexpected, body, presence
from folkmoot.demo.story import ANSWER, ROOM_NAME, SPACE_TITLE, Story, contacts, same
from folkmoot.lock import Holder

PUBLISHERS: Final = 20
"""How many publishes are under way at any time until the server is killed."""

ACKNOWLEDGED_MIN: Final = 200
"""How many are acknowledged before it is."""

SONNETS: Final = "Sonnets"
FAREWELL: Final = "Parting is such sweet sorrow."
LAST_WORDS: Final = "Good night, good night!"


class Mortal(Protocol):
    """A server that can be killed; each may raise ChildFailed."""

    async def start(self) -> Holder:
        """Start it; it is ready."""

    async def kill(self) -> None:
        """End it at once."""

    async def stop(self) -> int:
        """Ask it to end; gives its exit status."""


async def survive(story: Story, child: Mortal) -> None:
    """Kill the server in the middle of publishes, start it again, and look for everything.

    Raises Unexpected, OSError, ChildFailed.
    """
    telling = story.telling
    telling.chapter("The server is killed with kill -9, and starts again")
    await _leave_words(story)
    sonnets, acknowledged = await _publish_until_killed(story, child)
    with telling.step("folkmoot", "starts again from what is on the disk") as step:
        holder = await child.start()
        story.place = story.place.moved(holder)
        step.came = f"ready, as process {holder.pid}"
    await _find_all(story, sonnets, acknowledged)
    with telling.step("folkmoot", "is asked to end (SIGTERM)") as step:
        status = await child.stop()
        if status != 0:
            raise Unexpected(f"exit status {status}")
        step.came = await _what_is_left(story)


async def _what_is_left(story: Story) -> str:
    """How Juliet finds out that the server has ended, in words."""
    juliet = story.juliet
    if story.admin is not None:
        ended = await juliet.hears("stream_error")
        same("the end of her stream", ended["condition"], "system-shutdown")
        return "her stream: system-shutdown"
    try:
        await juliet.spaces.info(story.house)
    except Refused as refused:
        return f"her server: {refused.condition}"
    raise Unexpected("it still answers")


async def _leave_words(story: Story) -> None:
    """A message that waits for Romeo, where the server does that, and one in the room's history."""
    juliet = story.juliet
    if story.admin is not None:
        await _leave_message(story)
    with story.telling.step("juliet", "says a last word in the room") as step:
        await juliet.spaces.rooms.say(story.room, LAST_WORDS)
        step.came = "reflected"


async def _leave_message(story: Story) -> None:
    juliet, romeo = story.juliet, story.romeo.jid
    with story.telling.step("juliet", "writes to Romeo, who is away") as step:
        await story.log_out(story.cast[1])
        await juliet.hears("presence", presence(romeo, "unavailable"))
        juliet.xmpp.send_message(mto=str(romeo.bare), mbody=FAREWELL, mtype="chat")
        # The first answer says that the message was looked at, the second that it is kept.
        await juliet.is_up_to_date()
        await juliet.is_up_to_date()
        step.came = "it waits for him"


async def _publish_until_killed(story: Story, child: Mortal) -> tuple[SpaceAddress, set[str]]:
    """Publish as fast as answers come, and kill the server meanwhile.

    Gives where, and what it answered.
    """
    spaces = story.juliet.spaces
    acknowledged: set[str] = set()
    enough, killed = asyncio.Event(), asyncio.Event()

    async def publish(sonnets: SpaceAddress, publisher: int) -> None:
        for number in itertools.count():
            id = f"{publisher}-{number}"
            try:
                await spaces.put(sonnets, Other(id, element("urn:example:verse", "line")))
            except (NoAnswer, Refused):
                if killed.is_set():
                    return
                raise
            acknowledged.add(id)
            if len(acknowledged) >= ACKNOWLEDGED_MIN:
                enough.set()
            if killed.is_set():
                return

    async def publish_all(sonnets: SpaceAddress) -> None:
        publishing = asyncio.gather(*(publish(sonnets, number) for number in range(PUBLISHERS)))
        kill = asyncio.ensure_future(kill_in_time())
        await asyncio.wait((publishing, kill), return_when=asyncio.FIRST_COMPLETED)
        if not publishing.done():  # another server's streams stay, and nothing answers on them
            publishing.cancel()
        with suppress(asyncio.CancelledError):
            await publishing
        await kill

    async def kill_in_time() -> None:
        await enough.wait()
        killed.set()
        await child.kill()

    with story.telling.step("juliet", "publishes; the server is killed (-9)") as step:
        service = story.house.service
        sonnets = await spaces.create(service, title=SONNETS, access=Access.WHITELIST)
        await publish_all(sonnets)
        step.came = f"{len(acknowledged)} were acknowledged"
    await story.log_out(*story.cast)
    return sonnets, acknowledged


async def _find_all(story: Story, sonnets: SpaceAddress, acknowledged: set[str]) -> None:
    """Look for everything that the story has left."""
    telling, house, room = story.telling, story.house, story.room
    juliet_, romeo_, tybalt_ = (slixmpp.JID(str(person.account)) for person in story.cast)
    await story.enter(story.cast[0])
    juliet = story.juliet
    with telling.step("juliet", "looks for what was acknowledged") as step:
        found = {item.id for item in (await juliet.spaces.content(sonnets)).others}
        if lost := acknowledged - found:
            raise Unexpected(f"{len(lost)} are lost: {sorted(lost)}")
        step.came = f"all {len(acknowledged)} are there"
    if story.admin is not None:
        with telling.step("juliet", "looks at her contacts") as step:
            same("contacts", await contacts(juliet), {(str(romeo_), "both")})
            step.came = "Romeo: both"
    with telling.step("juliet", "looks at the space") as step:
        same("title", (await juliet.spaces.info(house)).title, SPACE_TITLE)
        listed = (await juliet.spaces.content(house)).rooms
        same("rooms", [each.name for each in listed], [ROOM_NAME])
        step.came = "its title, its room"
    with telling.step("juliet", "looks at who is what in it") as step:
        wanted = {
            Member(juliet_, State.SUBSCRIBED, Affiliation.OWNER),
            Member(romeo_, State.NONE, Affiliation.OUTCAST),
            Member(tybalt_, State.PENDING),
        }
        same("who is what", set(await juliet.spaces.members(house)), wanted)
        step.came = "hers; Romeo is banned"
    with telling.step("juliet", "enters the room again") as step:
        await juliet.spaces.rooms.enter(room, "juliet", history=100)
        for text in (ANSWER, LAST_WORDS):
            await juliet.hears_of(Said(room, "juliet", text, past=True))
        step.came = "with all that was said"
    await story.enter(story.cast[1], web=True)
    if story.admin is not None:
        with telling.step("romeo", "gets what waited for him") as step:
            waited = await story.romeo.hears("message", body(FAREWELL))
            same("whose it is", waited["from"].bare, str(juliet_))
            step.came = FAREWELL
    with telling.step("romeo", "tries the door of the room") as step:
        step.came = await story.fail_to_enter(story.romeo, "romeo", "forbidden")
