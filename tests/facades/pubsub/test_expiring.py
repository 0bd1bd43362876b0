"""XEP-0060 1.30.0, §16.4.4, `pubsub#item_expire`: items that end by themselves."""

from __future__ import annotations

import pytest

from folkmoot.engine.configuration import ITEM_SECONDS_MAX
from tests.facades.pubsub.denmark import (
    FRANCISCO,
    OWNER,
    Denmark,
    configuration,
    fields,
    told,
)

MUSINGS = "princely_musings"


async def test_an_item_that_is_over_is_not_there(denmark: Denmark) -> None:
    """§6.5.2: and nobody has to look for it beforehand; subscribers hear as of a retraction."""
    await denmark.makes(item_expire="60")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1")
    denmark.stage.clock.at += 30
    await denmark.publishes("2")
    denmark.stage.clock.at += 29
    assert await denmark.items(francisco) == ["1", "2"]
    denmark.stage.clock.at += 1
    assert await denmark.items(francisco) == ["2"]
    assert await told(francisco) == ["1", "2", "-1"]
    denmark.stage.clock.at += 30
    items = "<query xmlns='http://jabber.org/protocol/disco#items' node='princely_musings'/>"
    answer = await francisco.asks(
        f"<iq type='get' to='pubsub.shakespeare.lit' id='items1'>{items}</iq>"
    )
    assert answer.elements[0].elements == []


async def test_what_nobody_asks_for_ends_too(denmark: Denmark) -> None:
    """From the store's own list of what is over; published again, an item begins anew."""
    await denmark.makes(item_expire="60")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1", "2")
    denmark.stage.clock.at += 30
    await denmark.publishes("1")
    denmark.stage.clock.at += 30
    await denmark.stage.core.engine.expire()
    assert await told(francisco) == ["1", "2", "1", "-2"]
    await denmark.configures(item_expire="max")
    denmark.stage.clock.at += 1_000
    await denmark.stage.core.engine.expire()
    assert await denmark.items(francisco) == ["1"]
    await denmark.configures(item_expire="1000")
    assert await denmark.items(francisco) == []


async def test_the_newest_item_is_sent_while_it_lasts(denmark: Denmark) -> None:
    """§6.1.7 and §12.2: neither to who subscribes, nor to who becomes available."""
    await denmark.makes(item_expire="60", send_last_published_item="on_sub_and_presence")
    await denmark.publishes("1")
    denmark.stage.clock.at += 60
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.receives_nothing()
    ramparts = await denmark.client("francisco@denmark.lit/ramparts")
    assert await told(ramparts) == []


async def test_more_than_a_page_may_be_over(denmark: Denmark) -> None:
    """PAGE_ITEMS_MAX: as many pages as it takes, before anything is shown."""
    await denmark.makes(item_expire="60", max_items="max", notify_retract="0")
    items = "".join(f"<item id='{n}'><entry xmlns='x'/></item>" for n in range(1_100))
    publish = denmark.iq("set", f"<publish node='{MUSINGS}'>{items}</publish>")
    await denmark.hamlet.asks(publish, "<iq type='result'/>")
    denmark.stage.clock.at += 60
    assert await denmark.items(denmark.hamlet) == []


async def test_how_long_is_the_owners_to_say(denmark: Denmark) -> None:
    """§8.2: `max` is for ever; ITEM_SECONDS_MAX is reached."""
    await denmark.makes()
    assert (await configuration(denmark))["pubsub#item_expire"] == ["max"]
    await denmark.configures(item_expire=str(ITEM_SECONDS_MAX))
    assert (await configuration(denmark))["pubsub#item_expire"] == [str(ITEM_SECONDS_MAX)]


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "", str(ITEM_SECONDS_MAX + 1), "9" * 5_000])
async def test_times_that_make_no_sense(denmark: Denmark, seconds: str) -> None:
    """§8.2.5.1: the field is named."""
    await denmark.makes()
    form = f"<configure node='{MUSINGS}'>{fields(item_expire=seconds)}</configure>"
    text = await denmark.hamlet.refused(denmark.iq("set", form, OWNER), "not-acceptable")
    assert text.startswith("pubsub#item_expire")
