"""XEP-0060 1.30.0, §16.4.4, `pubsub#purge_offline`: what goes when its publisher goes offline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.facades.pubsub.denmark import (
    BERNARDO,
    EVENT,
    FRANCISCO,
    HORATIO,
    Denmark,
    acted,
    configuration,
    fields,
    kept,
    publish,
    told,
)
from tests.stage import Client, Clock


@pytest.fixture
async def denmark() -> AsyncIterator[Denmark]:
    """A node anybody may publish to, and in which nothing outlives its publisher's presence."""
    async with acted() as made:
        await made.makes(purge_offline="1", publish_model="open")
        yield made


async def publishes(denmark: Denmark, client: Client, *items: str) -> None:
    """Somebody publishes."""
    await client.asks(denmark.iq("set", publish(*items)), "<iq type='result'/>")


@pytest.mark.parametrize("going", ["unavailable", "lost"])
async def test_what_a_resource_published_goes_with_it(denmark: Denmark, going: str) -> None:
    """ "When the relevant publisher goes offline": by saying so, or with the stream."""
    horatio = await denmark.subscribed(HORATIO)
    francisco, bernardo = await denmark.client(FRANCISCO), await denmark.client(BERNARDO)
    barracks = await denmark.client("francisco@denmark.lit/ramparts")
    await publishes(denmark, francisco, "one", "two")
    await publishes(denmark, bernardo, "three")
    await publishes(denmark, barracks, "four")
    await horatio.drains()
    if going == "lost":
        await francisco.leaves()
    else:
        await francisco.sends("<presence type='unavailable'/>")
    assert await told(horatio) == ["-one", "-two"]
    assert await denmark.items(denmark.hamlet) == ["three", "four"]


async def test_where_nothing_else_is_there_it_is_purged(denmark: Denmark) -> None:
    """§8.5.2, Example 164: and told in one word."""
    horatio = await denmark.subscribed(HORATIO)
    francisco = await denmark.client(FRANCISCO)
    await publishes(denmark, francisco, "one", "two")
    await horatio.drains()
    await francisco.leaves()
    await horatio.receives(
        f"<message><event xmlns='{EVENT}'><purge node='princely_musings'/></event></message>"
    )
    await horatio.receives_nothing()
    assert await denmark.items(denmark.hamlet) == []


async def test_what_another_published_anew_stays(denmark: Denmark) -> None:
    """§12.1: the publisher of an item is who published it last."""
    await denmark.affiliates("bernardo@denmark.lit", "owner")
    francisco, bernardo = await denmark.client(FRANCISCO), await denmark.client(BERNARDO)
    await publishes(denmark, francisco, "one", "two")
    await publishes(denmark, bernardo, "one")
    await francisco.leaves()
    assert await denmark.items(denmark.hamlet) == ["one"]


async def test_other_nodes_keep_what_they_have(denmark: Denmark) -> None:
    """§16.4.4: it is for the owner to say, at any time, also of what is there already."""
    await denmark.configures(purge_offline="false")
    francisco = await denmark.client(FRANCISCO)
    await publishes(denmark, francisco, "one")
    await francisco.leaves()
    assert await denmark.items(denmark.hamlet) == ["one"]
    bernardo = await denmark.client(BERNARDO)
    await publishes(denmark, bernardo, "two")
    await denmark.configures(purge_offline="true")
    await bernardo.leaves()
    assert await denmark.items(denmark.hamlet) == ["one"]
    horatio = await denmark.client(HORATIO)
    await publishes(denmark, horatio, "three")
    await denmark.configures(purge_offline="0")
    await horatio.leaves()
    assert await denmark.items(denmark.hamlet) == ["one", "three"]


async def test_an_account_s_own_node(denmark: Denmark) -> None:
    """XEP-0163: a mood that nobody is there to be in."""
    item = "<publish node='urn:example:mood'><item id='1'><mood xmlns='x'/></item></publish>"
    form = fields(purge_offline="1", access_model="open")
    francisco = await denmark.client(FRANCISCO)
    to = "francisco@denmark.lit"
    request = denmark.iq("set", f"{item}<publish-options>{form}</publish-options>", to=to)
    await francisco.asks(request, "<iq type='result'/>")
    await francisco.leaves()
    answer = await denmark.hamlet.asks(
        denmark.iq("get", "<items node='urn:example:mood'/>", to=to), "<iq type='result'/>"
    )
    assert answer.elements[0].elements[0].elements == []


async def test_the_form_says_so(denmark: Denmark) -> None:
    """§8.2.2, Example 149."""
    assert (await configuration(denmark))["pubsub#purge_offline"] == ["1"]


async def test_nothing_is_left_of_who_left_while_the_server_was_gone(tmp_path: Path) -> None:
    """After a restart nobody is online yet; what others of this node's publishers left is there."""
    clock, path = Clock(1_084_910_400.0), tmp_path / "folkmoot.db"
    async with kept(path, clock) as denmark:
        await denmark.makes(purge_offline="1")
        await denmark.makes("kept")
        await denmark.publishes("1", "2")
        await denmark.publishes("1", node="kept")
    async with kept(path, clock) as denmark:
        assert await denmark.items(denmark.hamlet) == []
        assert await denmark.items(denmark.hamlet, "kept") == ["1"]
