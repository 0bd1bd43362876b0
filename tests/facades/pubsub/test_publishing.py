"""XEP-0060 1.30.0, §7.1: publishing items, one at a time or several (§12.11)."""

from __future__ import annotations

import pytest

from folkmoot.engine.decide.items import ITEM_ID_CHARS_MAX
from tests.facades.pubsub.denmark import (
    BERNARDO,
    FRANCISCO,
    SOLILOQUY,
    Denmark,
    publish,
    told,
)

PUBLISH = f"""
    <iq type='set' from='hamlet@denmark.lit/blogbot' to='pubsub.shakespeare.lit' id='publish1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <publish node='princely_musings'>
          <item id='bnd81g37d61f49fgn581'>{SOLILOQUY}</item>
        </publish>
      </pubsub>
    </iq>"""
PUBLISH_WITHOUT_ID = f"""
    <iq type='set' from='hamlet@denmark.lit/blogbot' to='pubsub.shakespeare.lit' id='publish2'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <publish node='princely_musings'>
          <item>{SOLILOQUY}</item>
        </publish>
      </pubsub>
    </iq>"""
SOUL = "ae890ac52d0df67ed7cfdf51b644e901"
ENTRY = "<entry xmlns='x'/>"


# --- §7.1


async def test_publishing_reaches_a_subscriber(denmark: Denmark) -> None:
    """§7.1.1, §7.1.2 and §7.1.2.1, Examples 96, 98, 100 and 102: to the bare JID subscribed."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.hamlet.asks(
        PUBLISH,
        """
        <iq type='result' from='pubsub.shakespeare.lit' id='publish1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <publish node='princely_musings'><item id='bnd81g37d61f49fgn581'/></publish>
          </pubsub>
        </iq>""",
    )
    await francisco.receives(
        f"""
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit' type='headline'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'>
              <item id='bnd81g37d61f49fgn581' publisher='hamlet@denmark.lit'>{SOLILOQUY}</item>
            </items>
          </event>
        </message>"""
    )


async def test_an_item_without_an_id_is_given_one(denmark: Denmark) -> None:
    """§7.1.2, Examples 97 and 99."""
    await denmark.makes()
    answer = await denmark.hamlet.asks(PUBLISH_WITHOUT_ID, "<iq type='result' id='publish2'/>")
    (item,) = answer.elements[0].elements[0].elements
    assert await denmark.items(denmark.hamlet) == [item.get("id")]


async def test_the_same_id_again_is_another_item_in_its_place(denmark: Denmark) -> None:
    """§7.1.2 and §12.9: overwritten, and told once."""
    await denmark.makes()
    await denmark.publishes("bnd81g37d61f49fgn581")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.hamlet.asks(PUBLISH)
    assert await told(francisco) == ["bnd81g37d61f49fgn581"]
    assert await denmark.items(denmark.hamlet) == ["bnd81g37d61f49fgn581"]


async def test_a_node_may_tell_of_items_without_their_payloads(denmark: Denmark) -> None:
    """§7.1.2.2, Example 101."""
    await denmark.makes(deliver_payloads="false")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.hamlet.asks(PUBLISH)
    message = await francisco.receives(
        """
        <message from='pubsub.shakespeare.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'><item id='bnd81g37d61f49fgn581'/></items>
          </event>
        </message>"""
    )
    assert message.elements[0].elements[0].elements[0].children == []
    await denmark.hamlet.asks(
        denmark.iq("set", "<publish node='princely_musings'><item id='news'/></publish>"),
        "<iq type='result'/>",
    )


async def test_a_node_may_tell_nobody(denmark: Denmark) -> None:
    """§16.4.4, `pubsub#deliver_notifications`."""
    await denmark.makes(deliver_notifications="false")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("unheard of")
    await francisco.receives_nothing()
    assert await denmark.items(francisco) == ["unheard of"]


async def test_notifications_may_be_normal_messages(denmark: Denmark) -> None:
    """§16.4.4, `pubsub#notification_type`."""
    await denmark.makes(notification_type="normal")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("normal")
    message = await francisco.receives("<message from='pubsub.shakespeare.lit'/>")
    assert message.get("type", "normal") == "normal"


async def test_a_publisher_cannot_say_that_it_is_somebody_else(denmark: Denmark) -> None:
    """§7.1.2.3: the service says who published."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    item = f"<item id='1' publisher='king@denmark.lit'>{ENTRY}</item>"
    await denmark.hamlet.asks(
        denmark.iq("set", f"<publish node='princely_musings'>{item}</publish>")
    )
    message = await francisco.receives("<message/>")
    item_told = message.elements[0].elements[0].elements[0]
    assert item_told.get("publisher") == "hamlet@denmark.lit"


async def test_the_oldest_item_makes_way(denmark: Denmark) -> None:
    """§7.1.2.5: first in, first out; and who hears of items hears of that."""
    await denmark.makes(max_items="2")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1", "2", "3")
    assert await denmark.items(francisco) == ["2", "3"]
    assert await told(francisco) == ["1", "2", "-1", "3"]


async def test_a_singleton_is_just_replaced(denmark: Denmark) -> None:
    """§12.21: the new item says all there is to say."""
    await denmark.makes(max_items="1")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("1", "2")
    assert await told(francisco) == ["1", "2"]


@pytest.mark.parametrize(
    ("model", "affiliation", "allowed"),
    [
        ("publishers", "none", False),
        ("publishers", "member", False),
        ("publishers", "publish-only", True),
        ("publishers", "publisher", True),
        ("publishers", "owner", True),
        ("publishers", "outcast", False),
        ("open", "none", True),
        ("open", "outcast", False),
    ],
)
async def test_who_may_publish(
    denmark: Denmark, model: str, affiliation: str, allowed: bool
) -> None:
    """§7.1.3.1, Example 105; §4.1, Table 1; `pubsub#publish_model`."""
    await denmark.makes(publish_model=model)
    await denmark.affiliates("bernardo@denmark.lit", affiliation)
    bernardo = await denmark.client(BERNARDO)
    if allowed:
        await bernardo.asks(PUBLISH, "<iq type='result'/>")
    else:
        await bernardo.refused(PUBLISH, "forbidden", type="auth")


async def test_subscribers_may_publish_where_they_all_may(denmark: Denmark) -> None:
    """`pubsub#publish_model` of `subscribers`."""
    await denmark.makes(publish_model="subscribers")
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(PUBLISH, "forbidden", type="auth")
    subscribe = "<subscribe node='princely_musings' jid='bernardo@denmark.lit'/>"
    await bernardo.asks(denmark.iq("set", subscribe), "<iq type='result'/>")
    await bernardo.asks(PUBLISH, "<iq type='result'/>")


async def test_nobody_but_an_owner_replaces_what_others_published(denmark: Denmark) -> None:
    """§7.2.3.1's rule, for the other way to be rid of an item."""
    await denmark.makes(publish_model="open")
    await denmark.publishes("bnd81g37d61f49fgn581")
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(PUBLISH, "forbidden", type="auth")
    await bernardo.asks(PUBLISH_WITHOUT_ID, "<iq type='result'/>")


async def test_publishing_to_a_node_that_is_not_there(denmark: Denmark) -> None:
    """§7.1.3.3, Example 107: the service makes no nodes of itself."""
    await denmark.hamlet.refused(PUBLISH, "item-not-found", type="cancel")


async def test_a_payload_that_is_too_big(denmark: Denmark) -> None:
    """§7.1.3.5, Example 109; ITEM_ID_CHARS_MAX is reached as well."""
    await denmark.makes(max_payload_size="100")
    await denmark.hamlet.refused(PUBLISH, "payload-too-big", "not-acceptable", type="modify")
    await denmark.publishes("x" * ITEM_ID_CHARS_MAX)
    longer = denmark.iq("set", publish("x" * (ITEM_ID_CHARS_MAX + 1)))
    await denmark.hamlet.refused(longer, "payload-too-big", "not-acceptable")


@pytest.mark.parametrize(
    ("config", "child", "conditions"),
    [
        # §7.1.3.6, Example 110
        ({}, f"<item>{ENTRY}{ENTRY}</item>", ("invalid-payload", "bad-request")),
        # §7.1.3.7, Examples 111 to 113
        ({}, "", ("item-required", "bad-request")),
        ({"deliver_payloads": "0"}, "", ("item-required", "bad-request")),
        ({}, "<item/>", ("payload-required", "bad-request")),
        ({"persist_items": "0"}, "", ("payload-required", "bad-request")),
        ({"persist_items": "0"}, "<item/>", ("payload-required", "bad-request")),
        (
            {"persist_items": "0", "deliver_payloads": "0"},
            f"<item>{ENTRY}</item>",
            ("item-forbidden", "bad-request"),
        ),
        # What is not of this protocol is no item.
        ({}, "<item xmlns='urn:other'><entry/></item>", ("item-required", "bad-request")),
    ],
)
async def test_what_a_node_does_not_take(
    denmark: Denmark, config: dict[str, str], child: str, conditions: tuple[str, ...]
) -> None:
    """§7.1.3.6 and §7.1.3.7."""
    await denmark.makes(**config)
    request = denmark.iq("set", f"<publish node='princely_musings'>{child}</publish>")
    await denmark.hamlet.refused(request, *conditions, type="modify")


async def test_a_node_may_only_tell_that_something_happened(denmark: Denmark) -> None:
    """§4.3, §7.1.1: a notification without so much as an item."""
    await denmark.makes(persist_items="0", deliver_payloads="0")
    francisco = await denmark.subscribed(FRANCISCO)
    answer = await denmark.hamlet.asks(
        denmark.iq("set", "<publish node='princely_musings'/>"), "<iq type='result'/>"
    )
    assert answer.elements[0].elements[0].children == []
    message = await francisco.receives(
        """
        <message from='pubsub.shakespeare.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'/>
          </event>
        </message>"""
    )
    assert message.elements[0].elements[0].children == []


async def test_a_transient_item_is_told_and_forgotten(denmark: Denmark) -> None:
    """§4.3: with a payload, and kept by nobody."""
    await denmark.makes(persist_items="0")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.hamlet.asks(PUBLISH, "<iq type='result'/>")
    assert await told(francisco) == ["bnd81g37d61f49fgn581"]
    items = denmark.iq("get", "<items node='princely_musings'/>")
    await denmark.hamlet.refused(items, "unsupported", "feature-not-implemented")


async def test_turning_persistence_off_forgets_what_was_kept(denmark: Denmark) -> None:
    """§8.2.4: on again, nothing comes back; subscribers are told once for all (§8.5.2)."""
    await denmark.makes()
    await denmark.publishes("1", "2")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.configures(persist_items="0")
    await francisco.receives(
        """
        <message><event xmlns='http://jabber.org/protocol/pubsub#event'>
          <purge node='princely_musings'/>
        </event></message>"""
    )
    await denmark.configures(persist_items="1")
    assert await denmark.items(francisco) == []
    await francisco.receives_nothing()


# --- §12.11


async def test_a_batch_is_published_in_its_order(denmark: Denmark) -> None:
    """§12.11: one answer, a notification for each, and none of them out of turn."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    answer = await denmark.hamlet.asks(
        denmark.iq("set", publish("c", "a", "b")), "<iq type='result'/>"
    )
    (published,) = answer.elements[0].elements
    assert [each.get("id") for each in published.elements] == ["c", "a", "b"]
    assert await told(francisco) == ["c", "a", "b"]
    assert await denmark.items(francisco) == ["c", "a", "b"]


async def test_a_batch_without_ids_is_given_as_many(denmark: Denmark) -> None:
    """§12.11 with §7.1.2."""
    await denmark.makes()
    item = f"<item>{ENTRY}</item>"
    answer = await denmark.hamlet.asks(
        denmark.iq("set", f"<publish node='princely_musings'>{item * 3}</publish>")
    )
    ids = [each.get("id") for each in answer.elements[0].elements[0].elements]
    assert len(set(ids)) == 3
    assert await denmark.items(denmark.hamlet) == ids


async def test_a_batch_fails_as_a_whole(denmark: Denmark) -> None:
    """§12.11: what cannot be, for whichever item, is not begun."""
    await denmark.makes(publish_model="open")
    await denmark.publishes("hamlets")
    francisco = await denmark.subscribed(FRANCISCO)
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(denmark.iq("set", publish("1", "hamlets", "2")), "forbidden")
    item = f"<publish node='princely_musings'><item id='1'>{ENTRY}</item><item id='2'/></publish>"
    await bernardo.refused(denmark.iq("set", item), "payload-required", "bad-request")
    await bernardo.refused(denmark.iq("set", publish("1", "1")), "bad-request")
    assert await denmark.items(denmark.hamlet) == ["hamlets"]
    await francisco.receives_nothing()


async def test_a_batch_that_no_such_node_holds(denmark: Denmark) -> None:
    """§12.11: `max-items-exceeded`; one that just fits takes the place of all that was there."""
    await denmark.makes(max_items="2")
    await denmark.publishes("old", "older")
    too_many = denmark.iq("set", publish("1", "2", "3"))
    await denmark.hamlet.refused(too_many, "max-items-exceeded", "not-allowed")
    assert await denmark.items(denmark.hamlet) == ["old", "older"]
    await denmark.hamlet.asks(denmark.iq("set", publish("1", "2")), "<iq type='result'/>")
    assert await denmark.items(denmark.hamlet) == ["1", "2"]


async def test_a_batch_of_deletions(denmark: Denmark) -> None:
    """§12.11: all of them or none."""
    await denmark.makes()
    await denmark.publishes("1", "2", "3")
    francisco = await denmark.subscribed(FRANCISCO)
    child = "<retract node='princely_musings'><item id='1'/><item id='{}'/></retract>"
    await denmark.hamlet.refused(denmark.iq("set", child.format("4")), "item-not-found")
    assert await denmark.items(francisco) == ["1", "2", "3"]
    await denmark.hamlet.asks(denmark.iq("set", child.format("3")), "<iq type='result'/>")
    assert await denmark.items(francisco) == ["2"]
    assert await told(francisco) == ["-1", "-3"]
