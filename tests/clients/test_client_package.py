"""folkmoot.client against a server: XEP-0503 0.3.0, as a bot does it (docs/client.md)."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from slixmpp import JID

from folkmoot.client import (
    Access,
    Affiliation,
    AffiliationChanged,
    Configured,
    Deleted,
    EventsLost,
    Images,
    ItemChanged,
    ItemsRetracted,
    Member,
    Membership,
    NodeLink,
    OccupantChanged,
    Other,
    Refused,
    Requested,
    Room,
    Said,
    SpaceAddress,
    Spaces,
    State,
    SubscriptionChanged,
    WebLink,
    connected,
)
from folkmoot.client.model import SPACES, Image
from folkmoot.client.namespaces import tag
from folkmoot.client.reading import AVATAR_ID, BANNER_ID
from folkmoot.demo.cast import reachable
from tests.clients.actors import PATIENCE_SECONDS, first
from tests.clients.town import PASSWORD, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOVIM = "{https://movim.eu}bookmarks-conference-call"
DOCS = Path(__file__).parents[2] / "docs" / "client.md"

Enter = Callable[[str], Any]


def door(town: Town) -> dict[str, Any]:
    """How to get to the server of a test."""
    at = reachable(town.holder.listening["tcp"])
    return {"host": at.host, "port": at.port, "ca_certs": town.certificate}


@pytest_asyncio.fixture(loop_scope="session")
async def enter(town: Town) -> Enter:
    """Log somebody in."""

    @asynccontextmanager
    async def enters(name: str) -> AsyncIterator[Spaces]:
        jid = await town.account(name)
        async with connected(str(jid), PASSWORD, **door(town)) as spaces:
            yield spaces

    return enters


def service(town: Town) -> str:
    """Where the spaces are."""
    return str(town.place.spaces)


def pubsub(spaces: Spaces) -> Any:
    """slixmpp's own XEP-0060 of the same client, to see what ours has done."""
    spaces.xmpp.register_plugin("xep_0060")
    return spaces.xmpp.plugin["xep_0060"]


async def example(town: Town, heading: str, bot: str, room: JID | str = "") -> None:
    """What docs/client.md has under a heading, as it stands, but for who and where."""
    block = re.search(rf"## {heading}\n\n```python\n(.+?)```", DOCS.read_text("utf-8"), re.S)
    assert block is not None
    lines = block[1]
    for said, meant in {
        '"bot@example.org"': repr(str(await town.account(bot))),
        '"secret"': f"{PASSWORD!r}, **door",
        '"spaces.example.org"': repr(service(town)),
        '"garden@rooms.example.org"': repr(str(room)),
        '"example.org"': repr(town.place.domain.domain),
    }.items():
        lines = lines.replace(said, meant)
    assert "example.org" not in lines
    scope: dict[str, Any] = {"door": door(town)}
    exec(f"async def example():\n{textwrap.indent(lines, '    ')}", scope)
    await scope["example"]()


async def test_five_lines_do(town: Town, enter: Enter, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/client.md, "Five lines"."""
    async with enter("prospero") as spaces:
        made = await spaces.create(service(town), title="The island", access=Access.OPEN)
        await spaces.add_room(made, "cell@conference.example.org", "A poor cell")
        await example(town, "Five lines", "ariel")
        assert "The island ['A poor cell']" in capsys.readouterr().out
        await spaces.delete(made)


async def test_a_bot_answers_in_a_room(town: Town, enter: Enter) -> None:
    """docs/client.md, "In a room"."""
    room = JID(f"{town.named('garden').local}@{town.place.rooms}")
    async with enter("prospero") as spaces:
        made = await spaces.create(service(town), title="The island")
        await spaces.rooms.create(made, room, "A cell", nick="duke", members_only=False)
        events = spaces.events(room)
        bot = asyncio.ensure_future(example(town, "In a room", "ariel", room))
        assert (await first(events, OccupantChanged)).nick == "bot"
        await spaces.rooms.say(room, "!ping")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await events.first(Said, lambda said: said.text == "duke: pong")
        await ended(bot)
        await spaces.rooms.destroy(room)


async def test_a_bot_keeps_the_door(town: Town, enter: Enter) -> None:
    """docs/client.md, "At the door of a space"."""
    async with enter("prospero") as spaces, enter("miranda") as hers:
        made = await spaces.create(service(town), title="The island")
        ariel = JID(str(await town.account("ariel")))
        await spaces.set_affiliation(made, ariel, Affiliation.OWNER)
        events = hers.events(made)
        bot = asyncio.ensure_future(example(town, "At the door of a space", "ariel"))
        await hers.join(made)
        assert (await first(events, SubscriptionChanged)).state is State.SUBSCRIBED
        await ended(bot)


async def ended(bot: asyncio.Future[None]) -> None:
    """End a bot that would go on."""
    bot.cancel()
    with suppress(asyncio.CancelledError):
        await bot


async def test_a_service_says_what_it_can_do(town: Town, enter: Enter) -> None:
    """§4: all that a service MUST have."""
    async with enter("prospero") as spaces:
        assert (await spaces.support(service(town))).missing == ()


async def test_a_space_is_as_the_xep_says(town: Town, enter: Enter) -> None:
    """§3: the table, asked back; and what is public of it, §5.2."""
    async with enter("prospero") as spaces:
        made = await spaces.create(
            service(town), title="The island", description="full of noises", access=Access.OPEN
        )
        assert SpaceAddress.parse(made.iri) == made
        info = await spaces.info(made)
        assert (info.title, info.description) == ("The island", "full of noises")
        assert (info.type, info.access) == (SPACES, Access.OPEN)
        assert [str(owner) for owner in info.owners] == [str(town.named("prospero"))]
        form = await pubsub(spaces).get_node_config(made.service, made.node)
        values = form["pubsub_owner"]["configure"]["form"].get_values()
        yes = ("persist_items", "notify_retract", "notify_sub", "notify_config", "notify_delete")
        assert all(values[f"pubsub#{field}"] for field in yes)
        assert not values["pubsub#purge_offline"]
        assert values["pubsub#publish_model"] == "publishers"
        await spaces.configure(made, title="Milan")
        changed = await spaces.info(made)
        assert (changed.title, changed.description) == ("Milan", "full of noises")
        await spaces.delete(made)


async def test_spaces_are_listed_and_other_nodes_are_not(town: Town, enter: Enter) -> None:
    """§5.1: with a filter or without."""
    async with enter("prospero") as spaces:
        made = await spaces.create(service(town), title="The island", access=Access.OPEN)
        await pubsub(spaces).create_node(made.service, "books-" + made.node)
        listed = await spaces.listed(service(town))
        assert "The island" in {space.title for space in listed if space.address == made}
        assert "books-" + made.node not in {space.address.node for space in listed}
        await spaces.delete(made)


async def test_what_is_put_is_there(town: Town, enter: Enter) -> None:
    """§5.4, Example 7 and §5.2.1, Example 5: a room, a node, a page, images, and what is new."""
    async with enter("prospero") as spaces:
        made = await spaces.create(service(town), title="The island")
        pinned = ElementTree.Element("{urn:xmpp:bookmarks-pinning:0}pinned")
        room = Room(JID("cell@conference.example.org"), "A cell", True, "duke", "", (pinned,))
        node = NodeLink("some-hash", SpaceAddress.of(service(town), "news"), "News")
        page = WebLink("https://example.org/", "https://example.org/", "A page")
        images = (Image("0" * 40, "image/png", 420, "https://example.org/a.png", 64, 64),)
        avatar, banner = Images(AVATAR_ID, images), Images(BANNER_ID, images)
        other = Other("magic", ElementTree.Element("{urn:example:magic}staff"))
        for item in (room, node, page, avatar, banner, other):
            await spaces.put(made, item)
        content = await spaces.content(made)
        shared = replace(room, nick="")  # whose nick it was is nobody else's
        assert (content.rooms, content.nodes, content.links) == ((shared,), (node,), (page,))
        assert content.rooms[0].extensions[0].tag == pinned.tag
        assert (content.avatar, content.banner) == (avatar, banner)
        assert [each.payload is not None and each.payload.tag for each in content.others] == [
            "{urn:example:magic}staff"
        ]
        await spaces.remove(made, room)
        assert (await spaces.content(made)).rooms == ()


async def test_one_asks_to_be_let_in(town: Town, enter: Enter) -> None:
    """§5.3, XEP-0060 §8.6: the owner hears of it, and lets in; both hear of what comes of it."""
    async with enter("prospero") as spaces, enter("miranda") as hers:
        made = await spaces.create(service(town), title="The island")
        heard, hears = spaces.events(made), hers.events(made)
        assert await hers.join(made) == Membership(made, State.PENDING)
        assert await hers.join(made) == Membership(made, State.PENDING)  # §6.1.3.3
        assert (await hers.membership(made)).state is State.PENDING
        asked = (await first(heard, Requested)).request
        assert str(asked.jid) == str(town.named("miranda"))
        (waiting,) = await spaces.requests(made)
        assert (waiting.jid, waiting.address) == (asked.jid, made)
        await spaces.approve(waiting)
        told = await first(hears, SubscriptionChanged)
        assert (told.jid, told.state) == (asked.jid, State.SUBSCRIBED)
        assert await spaces.requests(made) == ()
        members = {str(member.jid): member for member in await spaces.members(made)}
        assert members[str(town.named("prospero"))].affiliation is Affiliation.OWNER
        assert members[str(asked.jid)].state is State.SUBSCRIBED
        await hers.leave(made)
        assert (await hers.membership(made)).state is State.NONE


async def test_one_is_not_let_in(town: Town, enter: Enter) -> None:
    """XEP-0060 §8.6: a request that is denied is gone, and may be made again."""
    async with enter("prospero") as spaces, enter("trinculo") as his:
        made = await spaces.create(service(town), title="The island")
        await his.join(made)
        (waiting,) = await spaces.requests(made)
        await spaces.deny(waiting)
        assert await spaces.requests(made) == ()
        with pytest.raises(Refused):
            await his.content(made)
        assert await his.join(made) == Membership(made, State.PENDING)


async def test_standing_is_given_and_taken(town: Town, enter: Enter) -> None:
    """XEP-0060 §8.9: a member joins at once, and who is banned cannot."""
    async with enter("prospero") as spaces, enter("ferdinand") as his:
        made = await spaces.create(service(town), title="The island", access=Access.WHITELIST)
        ferdinand = JID(str(town.named("ferdinand")))
        heard = his.events(made)
        await spaces.set_affiliation(made, ferdinand, Affiliation.MEMBER)
        changed = await first(heard, AffiliationChanged)
        assert (changed.jid, changed.affiliation) == (ferdinand, Affiliation.MEMBER)
        assert (await his.join(made)).state is State.SUBSCRIBED
        assert await his.membership(made) == Membership(made, State.SUBSCRIBED, Affiliation.MEMBER)
        await spaces.set_affiliation(made, ferdinand, Affiliation.OUTCAST)
        banned = Member(ferdinand, State.NONE, Affiliation.OUTCAST)
        assert banned in await spaces.members(made)
        with pytest.raises(Refused) as refused:
            await his.join(made)
        assert refused.value.condition == "forbidden"


async def test_what_happens_is_told(town: Town, enter: Enter) -> None:
    """XEP-0060 §7.1.2, §7.2.2, §8.2.5.3, §8.4.2: each as a value, in order; also to slixmpp."""
    async with enter("prospero") as spaces, enter("miranda") as hers:
        made = await spaces.create(service(town), title="The island", access=Access.OPEN)
        await hers.join(made)
        events = hers.events(made)
        fired: list[Any] = []
        hers.xmpp.add_event_handler("space_event", fired.append)
        room = await spaces.add_room(made, "cell@conference.example.org", "A cell")
        await spaces.remove(made, room)
        await spaces.configure(made, title="Milan")
        await spaces.delete(made)
        assert await first(events, ItemChanged) == ItemChanged(made, room)
        assert await first(events, ItemsRetracted) == ItemsRetracted(made, (room.id,))
        configured = await first(events, Configured)
        assert configured.space is not None and configured.space.title == "Milan"
        assert await first(events, Deleted) == Deleted(made)
        assert ItemChanged(made, room) in fired


async def test_a_lost_stream_is_told(town: Town, enter: Enter) -> None:
    """Who listens does not wait for what can no longer come; who has closed, is done."""
    async with enter("prospero") as spaces:
        made = await spaces.create(service(town), title="The island")
        closed, events = spaces.events(made), spaces.events(made)
        closed.close()
        assert [event async for event in closed] == []
        spaces.xmpp.abort()
        with pytest.raises(EventsLost):
            await first(events, ItemChanged)


async def test_an_audio_room_of_movim_does_not_end_the_stream(town: Town, enter: Enter) -> None:
    """docs/slixmpp-namespaces.md: it comes, is told of, and can be put back as it was."""
    async with enter("prospero") as spaces, enter("ariel") as his:
        made = await spaces.create(service(town), title="The island", access=Access.OPEN)
        await his.join(made)
        events = his.events(made)
        call = ElementTree.Element(tag(MOVIM, "conference-call"))
        room = Room(JID("air@conference.example.org"), "Sweet airs", extensions=(call,))
        await spaces.put(made, room)
        told = await first(events, ItemChanged)
        assert told.item == room
        (found,) = (await his.content(made)).rooms
        assert found.extensions[0].tag == told.item.extensions[0].tag == call.tag
        await spaces.put(made, found)  # what came goes back
        assert (await first(events, ItemChanged)).item.extensions[0].tag == call.tag


async def test_slixmpp_alone_falls_over_it(town: Town, enter: Enter) -> None:
    """Why there is a parser here: once this fails, it may go."""
    async with enter("prospero") as spaces:
        made = await spaces.create(service(town), title="The island", access=Access.OPEN)
        call = ElementTree.Element(tag(MOVIM, "conference-call"))
        await spaces.put(made, Room(JID("air@conference.example.org"), extensions=(call,)))
        plain = await town.actor("caliban")
        plain.xmpp.plugin["xep_0060"].get_items(made.service, made.node).add_done_callback(
            lambda answer: answer.cancelled() or answer.exception()
        )
        await plain.hears("disconnected")
