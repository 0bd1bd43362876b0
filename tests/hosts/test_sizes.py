"""How much a host passes on of what is long: all of it arrives, in as many answers as it takes.

Prosody takes 524,288 bytes from a component and 262,144 from a client, and ejabberd as much.
"""

from __future__ import annotations

import asyncio

import pytest

from folkmoot.client import Access, Affiliation, ItemChanged, Other, SpaceAddress
from folkmoot.client.writing import element
from folkmoot.demo.actor import Actor as Guest
from tests.hosts.annex import ROOMS, SPACES, Annex
from tests.hosts.host import DOMAIN

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWNER = "http://jabber.org/protocol/pubsub#owner"
ITEM_CHARS = 200 * 1_024
ROOMS_LISTED = 1_000
MEMBERS = 2_000
AT_ONCE = 50


async def founded(annex: Annex) -> tuple[Guest, SpaceAddress]:
    """Juliet, and a space of hers."""
    juliet = await annex.guest("juliet")
    made = await juliet.spaces.create(str(SPACES), title="House of Capulet", access=Access.OPEN)
    return juliet, made


async def test_a_long_item(annex: Annex) -> None:
    """200 KiB in one stanza: published, told to who is subscribed, and retrieved again."""
    juliet, house = await founded(annex)
    romeo = await annex.guest("romeo")
    await romeo.spaces.join(house)
    verse = element("urn:example:verse", "line")
    verse.text = "x" * ITEM_CHARS
    await juliet.spaces.put(house, Other("sonnet", verse))
    told = await romeo.hears("space_event", lambda event: isinstance(event, ItemChanged))
    (found,) = (await romeo.spaces.content(house)).others
    for each in (told.item, found):
        assert each.id == "sonnet"
        assert each.payload is not None
        assert each.payload.text == verse.text


async def test_many_rooms(annex: Annex) -> None:
    """A space that lists a thousand: the client of ours has all of them, page by page."""
    juliet, house = await founded(annex)
    slots = asyncio.Semaphore(AT_ONCE)

    async def lists(number: int) -> None:
        async with slots:
            room = f"room-{number:04}@{ROOMS}"
            await juliet.spaces.add_room(house, room, f"Room {number} of {ROOMS_LISTED}")

    await asyncio.gather(*map(lists, range(ROOMS_LISTED)))
    assert len((await juliet.spaces.content(house)).rooms) == ROOMS_LISTED


async def test_many_members(annex: Annex) -> None:
    """Two thousand: in one answer where their names allow it, as in Movim's panel."""
    juliet, house = await founded(annex)
    desk = await annex.actor("juliet")
    for start in (0, MEMBERS // 2):
        told = "".join(
            f"<affiliation jid='member{number:04}@{DOMAIN}' affiliation='member'/>"
            for number in range(start, start + MEMBERS // 2)
        )
        rows = f"<affiliations node='{house.node}'>{told}</affiliations>"
        await desk.asks("set", SPACES, f"<pubsub xmlns='{OWNER}'>{rows}</pubsub>")
    ask = f"<pubsub xmlns='{OWNER}'><affiliations node='{house.node}'/></pubsub>"
    answer = await desk.asks("get", SPACES, ask)
    assert len(list(answer.xml.iter(f"{{{OWNER}}}affiliation"))) == MEMBERS + 1
    found = await juliet.spaces.members(house)
    assert len([each for each in found if each.affiliation is Affiliation.MEMBER]) == MEMBERS
