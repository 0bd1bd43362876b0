"""The last chapter: the server is killed while it works, and what it had acknowledged is there.

Acknowledged is what was answered: a publish by its result, a groupchat message by its reflection,
a message to somebody who is away by the answer to what was asked twice after it.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Final

from folkmoot.demo import stanzas
from folkmoot.demo.cast import Place
from folkmoot.demo.child import Child
from folkmoot.demo.client import ROSTER, Client, Unexpected
from folkmoot.demo.story import ANSWER, ROOM_NAME, SPACE_TITLE, Story, items_of, room_names
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element

PUBLISHERS: Final = 20
"""How many publishes are under way at any time until the server is killed."""

ACKNOWLEDGED_MIN: Final = 200
"""How many are acknowledged before it is."""

NODE: Final = "sonnets"
FAREWELL: Final = "Parting is such sweet sorrow."
LAST_WORDS: Final = "Good night, good night!"


async def survive(story: Story, child: Child) -> None:
    """Kill the server in the middle of publishes, start it again, and look for everything.

    Raises Unexpected, OSError, ChildFailed.
    """
    telling = story.telling
    telling.chapter("The server is killed with kill -9, and starts again")
    await _leave_words(story)
    acknowledged = await _publish_until_killed(story, child)
    with telling.step("folkmoot", "starts again from what is on the disk") as step:
        holder = await child.start()
        story.place = Place.of(holder)
        step.came = f"ready, as process {holder.pid}"
    await _find_all(story, acknowledged)
    with telling.step("folkmoot", "is asked to end (SIGTERM)") as step:
        status = await child.stop()
        if status != 0:
            raise Unexpected(f"exit status {status}")
        ended = await story.juliet.ended()
        if "system-shutdown" not in ended:
            raise Unexpected(ended)
        step.came = "her stream: system-shutdown"


async def _leave_words(story: Story) -> None:
    """A message that waits for Romeo, and one in the room's history."""
    juliet, romeo = story.juliet, story.romeo.jid.bare
    with story.telling.step("juliet", "writes to Romeo, who is away") as step:
        gone = stanzas.presence(from_=str(story.romeo.jid), type="unavailable")
        await story.log_out(story.cast[1])
        await juliet.expect(gone)
        await juliet.send(stanzas.message(stanzas.body(FAREWELL), to=str(romeo), type="chat"))
        # The first answer says that the message was looked at, the second that it is kept.
        await juliet.sync()
        await juliet.sync()
        step.came = "it waits for him"
    with story.telling.step("juliet", "says a last word in the room") as step:
        await juliet.send(stanzas.say(story.room, LAST_WORDS))
        await juliet.expect(stanzas.said(story.room, "juliet", LAST_WORDS))
        step.came = "reflected"


async def _publish_until_killed(story: Story, child: Child) -> set[str]:
    """Publish as fast as answers come, and kill the server meanwhile; gives what it answered."""
    juliet, spaces = story.juliet, story.place.spaces
    acknowledged: set[str] = set()
    enough, killed = asyncio.Event(), asyncio.Event()

    async def publish(publisher: int) -> None:
        for number in itertools.count():
            item_id = f"{publisher}-{number}"
            request = stanzas.publish(spaces, NODE, item_id, FAREWELL)
            try:
                await juliet.ask(request)
            except Unexpected:
                if killed.is_set():
                    return
                raise
            acknowledged.add(item_id)
            if len(acknowledged) >= ACKNOWLEDGED_MIN:
                enough.set()
            if killed.is_set():
                return

    async def kill() -> None:
        await enough.wait()
        killed.set()
        await child.kill()

    with story.telling.step("juliet", "publishes; the server is killed (-9)") as step:
        await juliet.ask(stanzas.create_node(spaces, NODE))
        await asyncio.gather(kill(), *(publish(number) for number in range(PUBLISHERS)))
        step.came = f"{len(acknowledged)} were acknowledged"
    await story.log_out(*story.cast)
    return acknowledged


async def _find_all(story: Story, acknowledged: set[str]) -> None:
    """Look for everything that the story has left."""
    telling, spaces, key = story.telling, story.place.spaces, story.key
    juliet_, romeo_, tybalt_ = (person.account for person in story.cast)
    await story.enter(story.cast[0])
    juliet = story.juliet
    with telling.step("juliet", "looks for what was acknowledged") as step:
        lost = acknowledged - await _all_items(juliet, spaces)
        if lost:
            raise Unexpected(f"{len(lost)} are lost: {sorted(lost)}")
        step.came = f"all {len(acknowledged)} are there"
    with telling.step("juliet", "looks at her contacts") as step:
        _same("contacts", await _contacts(juliet), {(str(romeo_), "both")})
        step.came = "Romeo: both"
    with telling.step("juliet", "looks at the space") as step:
        _same("title", await _title(juliet, spaces, key), SPACE_TITLE)
        _same("rooms", room_names(await juliet.ask(stanzas.items(spaces, key))), [ROOM_NAME])
        step.came = "its title, its room"
    with telling.step("juliet", "looks at who is what in it") as step:
        affiliations = await _rows(juliet, stanzas.listing(spaces, key, "affiliations"))
        _same("affiliations", affiliations, {(str(juliet_), "owner"), (str(romeo_), "outcast")})
        subscriptions = await _rows(juliet, stanzas.listing(spaces, key, "subscriptions"))
        wanted = {(str(juliet_), "subscribed"), (str(tybalt_), "pending")}
        _same("subscriptions", subscriptions, wanted)
        step.came = "hers; Romeo is banned"
    with telling.step("juliet", "enters the room again") as step:
        await juliet.send(stanzas.enter(story.room, "juliet", history=None))
        await juliet.expect(stanzas.entered(story.room, "juliet", "owner"))
        for text in (ANSWER, LAST_WORDS):
            await juliet.expect(stanzas.said(story.room, "juliet", text))
        step.came = "with all that was said"
    await story.enter(story.cast[1], web=True)
    with telling.step("romeo", "gets what waited for him") as step:
        waited = stanzas.message(stanzas.body(FAREWELL), from_=str(juliet.jid), type="chat")
        await story.romeo.expect(waited)
        step.came = FAREWELL
    with telling.step("romeo", "tries the door of the room") as step:
        step.came = await story.fail_to_enter(story.romeo, "romeo", "forbidden")


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Unexpected(f"{what}: {found}, not {wanted}")


async def _all_items(client: Client, service: JID) -> set[str]:
    """The ids of all items of the node, page by page."""
    found: set[str] = set()
    after = ""
    while True:
        answer = await client.ask(stanzas.retrieve(service, NODE, after))
        page = [item.get("id", "") for item in items_of(answer)]
        found.update(page)
        if not page:
            return found
        after = last_of(answer)


def last_of(answer: Element) -> str:
    """The id of the last item on a page (XEP-0059 §2.1). Raises Unexpected."""
    outer = answer.first
    page = outer.child(RSM, "set") if outer is not None else None
    last = page.child(RSM, "last") if page is not None else None
    if last is None:
        raise Unexpected("a page that does not say where it ends")
    return last.text


async def _contacts(client: Client) -> set[tuple[str, str]]:
    query = (await client.ask(stanzas.roster())).child(ROSTER, "query")
    items = query.elements if query is not None else []
    return {(item.get("jid", ""), item.get("subscription", "")) for item in items}


async def _title(client: Client, service: JID, key: str) -> str | None:
    query = (await client.ask(stanzas.disco_info(service, key))).first
    x = query.child(DATA, "x") if query is not None else None
    return Form.read(x).value("pubsub#title") if x is not None else None


async def _rows(client: Client, listing: Element) -> set[tuple[str, str]]:
    """Who is what, by an owner's list of affiliations or subscriptions."""
    outer = (await client.ask(listing)).first
    rows = outer.first.elements if outer is not None and outer.first is not None else []
    return {(row.get("jid", ""), row.get(row.name, "")) for row in rows}
