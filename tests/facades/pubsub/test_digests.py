"""XEP-0060 1.30.0, §6.3 and §16.4.2: `pubsub#digest` and `pubsub#digest_frequency`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from folkmoot.engine.digest import DIGEST_ITEMS_MAX
from folkmoot.facades.pubsub.notification import DIGEST_BYTES_MAX
from folkmoot.xmpp.xml import serialize
from tests.facades.pubsub.denmark import (
    BERNARDO,
    EVENT,
    FRANCISCO,
    OWNER,
    SOLILOQUY,
    Denmark,
    acted,
    fields,
    kept,
)
from tests.stage import Client, Clock

SHIM = "http://jabber.org/protocol/shim"
MUSINGS = "princely_musings"
MINUTE, DAY = 60.0, 86_400.0
MINUTELY = {"digest": "1", "digest_frequency": "60000"}
GET_OPTIONS = f"<options node='{MUSINGS}' jid='francisco@denmark.lit'/>"


@pytest.fixture
async def denmark() -> AsyncIterator[Denmark]:
    """Hamlet's node is there."""
    async with acted() as made:
        await made.makes()
        yield made


async def subscribes(
    denmark: Denmark, jid: str, node: str = MUSINGS, to: str = "pubsub.shakespeare.lit", **more: str
) -> Client:
    """Somebody online who subscribes and chooses (§6.3.7, Example 67)."""
    client = await denmark.client(jid)
    child = f"<subscribe node='{node}' jid='{client.jid.bare}'/><options>{fields(**more)}</options>"
    await client.asks(denmark.iq("set", child, to=to), "<iq type='result'/>")
    return client


async def chooses(denmark: Denmark, client: Client, **options: str) -> None:
    """Somebody chooses otherwise (§6.3.5, Example 64)."""
    child = f"<options node='{MUSINGS}' jid='{client.jid.bare}'>{fields(**options)}</options>"
    await client.asks(denmark.iq("set", child), "<iq type='result'/>")


async def passes(denmark: Denmark, seconds: float = MINUTE) -> None:
    """Time goes on, and what is due is looked after."""
    denmark.stage.clock.at += seconds
    await denmark.stage.core.engine.expire()
    await denmark.stage.core.engine.told()


async def heard(client: Client) -> list[str]:
    """The ids in each message that has come, a retracted one with `-`."""
    return [
        " ".join(
            ("-" if each.name == "retract" else "") + each.get("id", "")
            for items in event.elements
            for each in items.elements
        )
        for message in await client.drains()
        for event in message.childs(EVENT, "event")
    ]


# --- the form


async def test_the_form_offers_them(denmark: Denmark) -> None:
    """§6.3.3, Example 56: none at first, and then about one a day."""
    francisco = await denmark.subscribed(FRANCISCO)
    for chosen, digest, frequency in (
        ({}, "0", "86400000"),
        ({"digest_frequency": "5000"}, "0", "86400000"),
        ({"digest": "true"}, "1", "86400000"),
        ({"digest_frequency": "60000"}, "1", "60000"),
        ({"include_body": "1"}, "1", "60000"),
        ({"digest_frequency": ""}, "1", "86400000"),
        ({"digest": "0", "digest_frequency": "60000"}, "0", "86400000"),
    ):
        await chooses(denmark, francisco, **chosen)
        await francisco.asks(
            denmark.iq("get", GET_OPTIONS),
            f"""
            <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
              <options node='princely_musings' jid='francisco@denmark.lit'>
                <x xmlns='jabber:x:data' type='form'>
                  <field var='pubsub#digest' type='boolean'><value>{digest}</value></field>
                  <field var='pubsub#digest_frequency' type='text-single'>
                    <value>{frequency}</value>
                  </field>
                </x>
              </options>
            </pubsub></iq>""",
        )


@pytest.mark.parametrize("frequency", ["daily", "0", "999", "604800001", "-1000", "1e6", "1" * 20])
async def test_a_frequency_has_its_bounds(denmark: Denmark, frequency: str) -> None:
    """§6.3.6.2, Example 66: DIGEST_SECONDS_MIN and DIGEST_SECONDS_MAX are reached."""
    francisco = await denmark.subscribed(FRANCISCO)
    for fine in ("1000", "604800000"):
        await chooses(denmark, francisco, digest="1", digest_frequency=fine)
    form = fields(digest_frequency=frequency)
    child = f"<options node='{MUSINGS}' jid='francisco@denmark.lit'>{form}</options>"
    text = await francisco.refused(denmark.iq("set", child), "invalid-options", "bad-request")
    assert text.startswith("pubsub#digest_frequency: ")


async def test_where_there_can_be_none(denmark: Denmark) -> None:
    """§6.3.6.2: of items that are not kept, or of more than a node's own (XEP-0497)."""
    await denmark.makes("passing", persist_items="0")
    francisco = await denmark.subscribed(FRANCISCO)
    subscribe = "<subscribe node='passing' jid='francisco@denmark.lit'/>"
    depth = "<field var='{urn:xmpp:pubsub-ext-sub:0}depth'><value>1</value></field>"
    options = (
        f"<options node='{MUSINGS}' jid='francisco@denmark.lit'>{fields(digest='1')}</options>"
    )
    wider = options.replace("</x>", f"{depth}</x>")
    for child in (
        f"{subscribe}<options>{fields(digest='1')}</options>",
        wider,
    ):
        text = await francisco.refused(denmark.iq("set", child), "invalid-options", "bad-request")
        assert text.startswith("pubsub#digest: ")
    await chooses(denmark, francisco, digest="1")
    await francisco.refused(denmark.iq("set", wider), "invalid-options", "bad-request")


# --- what is told, and when


async def test_items_come_together(denmark: Denmark) -> None:
    """§16.4.2: not at once but in one message, as often as the subscriber has it at most."""
    bernardo = await denmark.subscribed(BERNARDO)
    await denmark.publishes("before")
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await denmark.publishes("1", "2", "3")
    assert await heard(bernardo) == ["before", "1", "2", "3"]
    await passes(denmark, MINUTE - 1)
    await francisco.receives_nothing()
    await passes(denmark, 1)
    await francisco.receives(
        """
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'>
              <item id='1'><entry xmlns='x'/></item><item id='2'/><item id='3'/>
            </items>
          </event>
        </message>"""
    )
    await denmark.publishes("4")
    await francisco.receives_nothing()
    await passes(denmark)
    assert await heard(francisco) == ["4"]
    await passes(denmark)
    await francisco.receives_nothing()
    assert await heard(bernardo) == ["4"]


async def test_one_a_day_where_nobody_says(denmark: Denmark) -> None:
    """§6.3.3: "approx. one per day"; a new frequency counts from the last digest."""
    francisco = await subscribes(denmark, FRANCISCO, digest="1")
    await denmark.publishes("1")
    await passes(denmark, DAY - 1)
    await francisco.receives_nothing()
    await passes(denmark, 1)
    assert await heard(francisco) == ["1"]
    await denmark.publishes("2")
    denmark.stage.clock.at += MINUTE / 2
    await chooses(denmark, francisco, **MINUTELY)
    await passes(denmark, MINUTE / 2)
    assert await heard(francisco) == ["2"]


async def test_a_digest_has_what_is_there(denmark: Denmark) -> None:
    """An item published again is told once; one that is gone is not, and that it is, at once."""
    await denmark.configures(notify_retract="1")
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await denmark.publishes("1", "2", "3", "1")
    retract = f"<retract node='{MUSINGS}'><item id='2'/></retract>"
    await denmark.hamlet.asks(denmark.iq("set", retract), "<iq type='result'/>")
    assert await heard(francisco) == ["-2"]
    await passes(denmark)
    assert await heard(francisco) == ["3 1"]
    await denmark.publishes("4")
    purge = denmark.iq("set", f"<purge node='{MUSINGS}'/>", OWNER)
    await denmark.hamlet.asks(purge, "<iq type='result'/>")
    await francisco.receives(f"<message><event xmlns='{EVENT}'><purge/></event></message>")
    await passes(denmark)
    await francisco.receives_nothing()
    await denmark.publishes("5")
    await passes(denmark)
    assert await heard(francisco) == ["5"]


async def test_what_ends_as_it_would_be_told(denmark: Denmark) -> None:
    """`pubsub#item_expire` (§16.4.4): what is over is in no digest any more."""
    await denmark.configures(item_expire="60", notify_retract="1")
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await denmark.publishes("old")
    denmark.stage.clock.at += MINUTE / 2
    await denmark.publishes("new")
    await passes(denmark, MINUTE / 2)
    assert await heard(francisco) == ["-old", "new"]


async def test_a_body_for_all_of_them(denmark: Denmark) -> None:
    """§16.4.2, `pubsub#include_body`: what each says, and what is said twice once."""
    francisco = await subscribes(denmark, FRANCISCO, include_body="1", **MINUTELY)
    await denmark.publishes("1", "2")
    item = f"<publish node='{MUSINGS}'><item id='3'>{SOLILOQUY}</item></publish>"
    await denmark.hamlet.asks(denmark.iq("set", item), "<iq type='result'/>")
    await passes(denmark)
    (message,) = await francisco.drains()
    body = next(each for each in message.elements if each.name == "body").text
    assert body.startswith("New in princely_musings\nSoliloquy\nTo be, or not to be")


async def test_the_newest_item_is_not_told_apart(denmark: Denmark) -> None:
    """§6.1.7: what was there before is in no digest, and nothing comes at once."""
    await denmark.configures(send_last_published_item="on_sub_and_presence")
    await denmark.publishes("1")
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await francisco.sends("<presence type='unavailable'/>")
    await francisco.sends("<presence/>")
    assert await heard(francisco) == []
    await passes(denmark)
    await francisco.receives_nothing()


async def test_it_waits_for_who_is_not_there(denmark: Denmark) -> None:
    """XEP-0160: as any notification that is no headline."""
    await denmark.configures(notification_type="normal")
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await denmark.publishes("1", "2")
    await francisco.sends("<presence type='unavailable'/>")
    await passes(denmark)
    await francisco.sends("<presence/>")
    assert await heard(francisco) == ["1 2"]


async def test_nodes_of_an_account_have_it_too(denmark: Denmark) -> None:
    """XEP-0163, where the service is a bare JID: what is left of items is their last state."""
    tune, hamlet = "urn:example:tune", "hamlet@denmark.lit"
    form = f"<publish-options>{fields(access_model='open')}</publish-options>"
    for item_id in "12":
        item = f"<publish node='{tune}'><item id='{item_id}'><tune xmlns='x'/></item></publish>"
        await denmark.hamlet.asks(denmark.iq("set", item + form, to=hamlet), "<iq type='result'/>")
    francisco = await subscribes(denmark, FRANCISCO, tune, hamlet, **MINUTELY)
    for item_id in "34":
        item = f"<publish node='{tune}'><item id='{item_id}'><tune xmlns='x'/></item></publish>"
        await denmark.hamlet.asks(denmark.iq("set", item, to=hamlet), "<iq type='result'/>")
    await passes(denmark)
    assert await heard(francisco) == ["4"]


# --- how much


async def test_when_too_much_waits_it_comes_earlier(denmark: Denmark) -> None:
    """DIGEST_ITEMS_MAX is reached; to who has not waited for so much nothing comes."""
    francisco = await subscribes(denmark, FRANCISCO, digest="1")
    ids = [f"i{number}" for number in range(DIGEST_ITEMS_MAX)]
    await denmark.publishes(*ids[:-1])
    bernardo = await subscribes(denmark, BERNARDO, digest="1")
    await passes(denmark, 1)
    await francisco.receives_nothing()
    await denmark.publishes(ids[-1])
    await passes(denmark, 1)
    assert await heard(francisco) == [" ".join(ids)]
    await denmark.publishes("next")
    await passes(denmark, DAY - 1)
    assert await heard(francisco) == []
    assert await heard(bernardo) == [f"{ids[-1]} next"]


async def test_a_message_holds_so_much(denmark: Denmark) -> None:
    """DIGEST_BYTES_MAX is reached: in one message as much as it has room for, in order."""
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    for item_id in "123":
        words = "x" * (DIGEST_BYTES_MAX * 2 // 5)
        item = f"<item id='{item_id}'><entry xmlns='x'>{words}</entry></item>"
        asked = denmark.iq("set", f"<publish node='{MUSINGS}'>{item}</publish>")
        await denmark.hamlet.asks(asked, "<iq type='result'/>")
    await passes(denmark)
    messages = await francisco.drains()
    found = [
        [each.get("id") for each in message.elements[0].elements[0].elements]
        for message in messages
    ]
    assert found == [["1", "2"], ["3"]]
    assert all(len(serialize(each)) < DIGEST_BYTES_MAX + 1_000 for each in messages)


# --- its end


async def test_who_leaves_is_told_no_more(denmark: Denmark) -> None:
    """§6.2: not what was gathered either; nor does who holds delivery back hear of it later."""
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    bernardo = await subscribes(denmark, BERNARDO, **MINUTELY)
    await denmark.publishes("1")
    child = f"<unsubscribe node='{MUSINGS}' jid='francisco@denmark.lit'/>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    await chooses(denmark, bernardo, deliver="0")
    await passes(denmark)
    await chooses(denmark, bernardo, deliver="1")
    await denmark.publishes("2")
    await passes(denmark)
    assert await heard(francisco) == []
    assert await heard(bernardo) == ["2"]


async def test_what_was_gathered_is_told_when_no_more_is(denmark: Denmark) -> None:
    """To who wants items one by one from now on, and where a lease ends (§12.19)."""
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    bernardo = await subscribes(denmark, BERNARDO, expire="2004-05-18T20:00:30Z", **MINUTELY)
    await denmark.publishes("1", "2")
    await chooses(denmark, francisco, digest="0")
    await denmark.publishes("3")
    assert await heard(francisco) == ["1 2", "3"]
    await passes(denmark, MINUTE / 2)
    assert await heard(bernardo) == ["1 2 3", ""]
    await passes(denmark)
    assert await heard(francisco) == await heard(bernardo) == []


async def test_what_ends_with_a_lease_is_not_in_its_last_digest(denmark: Denmark) -> None:
    """§12.19 and §16.4.4 at once: an item that is over by then is not told."""
    await denmark.configures(item_expire="60", notify_retract="0")
    francisco = await subscribes(denmark, FRANCISCO, expire="2004-05-18T20:01:00Z", digest="1")
    await denmark.publishes("old")
    denmark.stage.clock.at += MINUTE / 2
    await denmark.publishes("new")
    await passes(denmark, MINUTE / 2)
    assert await heard(francisco) == ["new", ""]


async def test_a_node_that_keeps_nothing_any_more(denmark: Denmark) -> None:
    """What it kept is gone; what it does not keep comes at once, what it keeps later together."""
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await denmark.publishes("1")
    await denmark.configures(persist_items="0")
    await francisco.drains()
    await denmark.publishes("2")
    assert await heard(francisco) == ["2"]
    await denmark.configures(persist_items="1")
    await francisco.drains()
    await denmark.publishes("3")
    assert await heard(francisco) == []
    await passes(denmark)
    assert await heard(francisco) == ["3"]


async def test_what_was_before_one_was_let_in_is_not_told(denmark: Denmark) -> None:
    """§8.6: gathering begins with approval."""
    await denmark.configures(access_model="authorize")
    francisco = await subscribes(denmark, FRANCISCO, **MINUTELY)
    await denmark.publishes("1")
    await passes(denmark)
    row = "<subscription jid='francisco@denmark.lit' subscription='subscribed'/>"
    child = f"<subscriptions node='{MUSINGS}'>{row}</subscriptions>"
    await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")
    await francisco.drains()
    await denmark.publishes("2")
    await passes(denmark)
    assert await heard(francisco) == ["2"]
    await denmark.hamlet.asks(
        denmark.iq("get", f"<subscriptions node='{MUSINGS}'/>", OWNER),
        f"<iq type='result'><pubsub xmlns='{OWNER}'>"
        f"<subscriptions>{row}</subscriptions></pubsub></iq>",
    )


# --- several subscriptions


async def test_one_of_two_subscriptions(denmark: Denmark) -> None:
    """§6.1.6, §7.1.2.4: at once by the one, later by the other, each message saying by which."""
    francisco = await denmark.subscribed(FRANCISCO)
    child = f"<subscribe node='{MUSINGS}' jid='francisco@denmark.lit'/>"
    options = f"<options>{fields(**MINUTELY)}</options>"
    answers = [
        await francisco.asks(denmark.iq("set", child + options), "<iq type='result'/>")
        for _ in range(2)
    ]
    digest, same = (each.elements[0].elements[0].get("subid", "") for each in answers)
    assert digest == same
    await denmark.publishes("1", "2")
    ones = [await francisco.receives(f"<message><headers xmlns='{SHIM}'/></message>")] * 2
    await francisco.receives("<message/>")
    assert digest not in serialize(ones[0])
    await passes(denmark)
    message = await francisco.receives(
        f"""
        <message>
          <event xmlns='{EVENT}'><items><item id='1'/><item id='2'/></items></event>
          <headers xmlns='{SHIM}'><header name='SubID'>{digest}</header></headers>
        </message>"""
    )
    assert serialize(message).count("SubID") == 1
    leave = f"<unsubscribe node='{MUSINGS}' jid='francisco@denmark.lit' subid='{digest}'/>"
    await denmark.publishes("3")
    await francisco.asks(denmark.iq("set", leave), "<iq type='result'/>")
    await passes(denmark)
    assert await heard(francisco) == ["3"]


# --- after a restart


async def test_it_survives_the_server(tmp_path: Path) -> None:
    """What was published before is told after, once; also where the newest item was deleted."""
    clock = Clock(1_084_910_400.0)
    path = tmp_path / "folkmoot.db"
    async with kept(path, clock) as denmark:
        await denmark.makes()
        await subscribes(denmark, FRANCISCO, **MINUTELY)
        await denmark.publishes("1", "2")
    async with kept(path, clock) as denmark:
        francisco = await denmark.client(FRANCISCO)
        await denmark.publishes("3")
        await francisco.receives_nothing()
        await passes(denmark)
        assert await heard(francisco) == ["1 2 3"]
        retract = f"<retract node='{MUSINGS}'><item id='3'/></retract>"
        await denmark.hamlet.asks(denmark.iq("set", retract), "<iq type='result'/>")
    async with kept(path, clock) as denmark:
        francisco = await denmark.client(FRANCISCO)
        await denmark.publishes("4")
        await passes(denmark)
        assert await heard(francisco) == ["4"]
        await passes(denmark)
        assert await heard(francisco) == []
