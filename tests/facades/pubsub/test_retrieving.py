"""XEP-0060 1.30.0, §6.5: retrieving items; page by page as XEP-0059 1.0 has it."""

from __future__ import annotations

import pytest

from folkmoot.engine.store import PAGE_ITEMS_MAX
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import FRANCISCO, PUBSUB, SOLILOQUY, Denmark, fields
from tests.stage import Client

NEWEST_TWO = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='items2'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <items node='princely_musings' max_items='2'/>
      </pubsub>
    </iq>"""
ALL = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='items1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <items node='princely_musings'/>
      </pubsub>
    </iq>"""
USES, GHOST, ALONE, SOUL = (
    "368866411b877c30064a5f62b917cffe",
    "3300659945416e274474e469a1f0154c",
    "4e30f35051b7b8b42abe083742187228",
    "ae890ac52d0df67ed7cfdf51b644e901",
)


def ids(answer: Element) -> list[str | None]:
    """The ids of the items in an answer."""
    (items,) = answer.elements[0].childs(PUBSUB, "items")
    return [item.get("id") for item in items.elements]


@pytest.fixture
async def francisco(denmark: Denmark) -> Client:
    """Four musings of Hamlet's, and somebody who reads them."""
    await denmark.makes()
    await denmark.publishes(USES, GHOST, ALONE, SOUL)
    return await denmark.client(FRANCISCO)


async def test_all_items(denmark: Denmark) -> None:
    """§6.5.2 and §6.5.3, Examples 74 and 75: oldest first, with payload and publisher."""
    await denmark.makes()
    await denmark.publishes(USES)
    item = f"<publish node='princely_musings'><item id='{SOUL}'>{SOLILOQUY}</item></publish>"
    await denmark.hamlet.asks(denmark.iq("set", item), "<iq type='result'/>")
    francisco = await denmark.client(FRANCISCO)
    answer = await francisco.asks(
        ALL,
        f"""
        <iq type='result' from='pubsub.shakespeare.lit' to='francisco@denmark.lit/barracks'
            id='items1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <items node='princely_musings'>
              <item id='{USES}'/>
              <item id='{SOUL}' publisher='hamlet@denmark.lit'>{SOLILOQUY}</item>
            </items>
          </pubsub>
        </iq>""",
    )
    assert answer.elements[0].child(RSM, "set") is None


async def test_items_by_id_in_the_order_asked(francisco: Client, denmark: Denmark) -> None:
    """§6.5.6, Examples 78 and 79; what is not there is left out (§6.5.9.12)."""
    child = f"<items node='princely_musings'><item id='{ALONE}'/><item id='{USES}'/></items>"
    assert ids(await francisco.asks(denmark.iq("get", child))) == [ALONE, USES]
    child = f"<items node='princely_musings'><item id='none'/><item id='{SOUL}'/></items>"
    assert ids(await francisco.asks(denmark.iq("get", child))) == [SOUL]


async def test_a_particular_item(francisco: Client, denmark: Denmark) -> None:
    """§6.5.8, Example 83; and §6.5.9.12, Example 95, of one that is not there."""
    child = f"<items node='princely_musings'><item id='{SOUL}'/></items>"
    assert ids(await francisco.asks(denmark.iq("get", child))) == [SOUL]
    child = "<items node='princely_musings'><item id='nothing'/></items>"
    answer = await francisco.asks(denmark.iq("get", child), "<iq type='result'/>")
    assert ids(answer) == []


async def test_the_most_recent_items(francisco: Client) -> None:
    """§6.5.7, Examples 80 and 81: the newest two, and still the older one first."""
    assert ids(await francisco.asks(NEWEST_TWO)) == [ALONE, SOUL]


async def test_an_item_published_again_is_the_newest(francisco: Client, denmark: Denmark) -> None:
    """§12.1: the order is that of publication."""
    await denmark.publishes(USES)
    assert ids(await francisco.asks(NEWEST_TWO)) == [SOUL, USES]


async def test_an_empty_node_has_an_empty_list(denmark: Denmark) -> None:
    """§6.5.7, Example 82, and §6.5.9.12."""
    await denmark.makes()
    answer = await denmark.hamlet.asks(NEWEST_TWO, "<iq type='result'/>")
    assert ids(answer) == []


@pytest.mark.parametrize(("asked", "found"), [("4", 4), ("007", 4), ("9" * 20, 4)])
async def test_more_than_there_are(
    francisco: Client, denmark: Denmark, asked: str, found: int
) -> None:
    """§6.5.7: all of them then."""
    child = f"<items node='princely_musings' max_items='{asked}'/>"
    assert len(ids(await francisco.asks(denmark.iq("get", child)))) == found


@pytest.mark.parametrize("asked", ["0", "00", "-1", "two", "", "1.5", "²"])
async def test_no_number_of_items(francisco: Client, denmark: Denmark, asked: str) -> None:
    """§17.1: `max_items` is a positive integer."""
    child = f"<items node='princely_musings' max_items='{asked}'/>"
    await francisco.refused(denmark.iq("get", child), "bad-request", type="modify")


@pytest.mark.parametrize(
    ("model", "conditions"),
    [
        ("presence", ("presence-subscription-required", "not-authorized")),  # §6.5.9.6
        ("roster", ("not-in-roster-group", "not-authorized")),  # §6.5.9.7
        ("authorize", ("not-subscribed", "not-authorized")),  # §6.5.9.3
        ("whitelist", ("closed-node", "not-allowed")),  # §6.5.9.8
    ],
)
async def test_the_access_model_keeps_strangers_from_reading(
    denmark: Denmark, model: str, conditions: tuple[str, ...]
) -> None:
    """§6.5.1 and §6.5.9, Examples 86, 89 to 91; owners always read."""
    await denmark.makes(access_model=model)
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(ALL, *conditions)
    await denmark.hamlet.asks(ALL, "<iq type='result'/>")


async def test_who_waits_to_be_let_in_reads_nothing_yet(denmark: Denmark) -> None:
    """§6.5.9.3: a pending subscription is none; and never `item-not-found` (Movim)."""
    await denmark.makes(access_model="authorize")
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.refused(ALL, "not-subscribed", "not-authorized", type="auth")


async def test_an_outcast_reads_nothing(francisco: Client, denmark: Denmark) -> None:
    """§6.5.9.10, Example 93."""
    await denmark.affiliates("francisco@denmark.lit", "outcast")
    await francisco.refused(ALL, "forbidden", type="auth")


async def test_items_of_a_node_that_is_not_there(denmark: Denmark) -> None:
    """§6.5.9.11, Example 94."""
    await denmark.hamlet.refused(ALL, "item-not-found", type="cancel")


async def test_a_node_that_keeps_nothing_has_nothing_to_give(denmark: Denmark) -> None:
    """§6.5.9.4, Example 87."""
    await denmark.makes(persist_items="false")
    await denmark.hamlet.asks(
        ALL,
        """
        <iq type='error' id='items1'><error type='cancel'>
          <unsupported xmlns='http://jabber.org/protocol/pubsub#errors'
              feature='persistent-items'/>
          <feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
        </error></iq>""",
    )


async def test_items_for_a_subscription_that_is_not_there(
    francisco: Client, denmark: Denmark
) -> None:
    """§6.5.9.2, Example 85; who has none at all may name whatever they like."""
    child = "<items node='princely_musings' subid='123-abc'/>"
    assert len(ids(await francisco.asks(denmark.iq("get", child)))) == 4
    subscribe = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"
    subscribed = await francisco.asks(denmark.iq("set", subscribe))
    await francisco.refused(denmark.iq("get", child), "invalid-subid", "not-acceptable")
    subid = subscribed.elements[0].elements[0].get("subid")
    child = f"<items node='princely_musings' subid='{subid}'/>"
    assert len(ids(await francisco.asks(denmark.iq("get", child)))) == 4


# --- page by page


def page(denmark: Denmark, *asked: str) -> str:
    """A request for a page."""
    rsm = f"<set xmlns='{RSM}'>{''.join(asked)}</set>"
    return denmark.iq("get", f"<items node='princely_musings'/>{rsm}")


def told(answer: Element) -> dict[str, str | None]:
    """What a `<set/>` says."""
    found = answer.elements[0].child(RSM, "set")
    assert found is not None, answer
    said: dict[str, str | None] = {each.name: each.text for each in found.elements}
    first = found.child(RSM, "first")
    return said if first is None else {**said, "index": first.get("index")}


@pytest.mark.parametrize(
    ("asked", "found", "index"),
    [
        (("<max>2</max>",), (USES, GHOST), "0"),  # §2.2: the first page
        (("<max>2</max>", "<after/>"), (USES, GHOST), "0"),
        (("<max>2</max>", f"<after>{GHOST}</after>"), (ALONE, SOUL), "2"),
        (("<max>2</max>", f"<after>{ALONE}</after>"), (SOUL,), "3"),
        (("<max>2</max>", f"<before>{SOUL}</before>"), (GHOST, ALONE), "1"),  # §2.3
        (("<max>2</max>", f"<before>{GHOST}</before>"), (USES,), "0"),
        (("<max>2</max>", "<before/>"), (ALONE, SOUL), "2"),  # §2.5: the last page
        (("<max>1</max>", "<index>2</index>"), (ALONE,), "2"),  # §2.6
        (("<max>9</max>", "<index>0</index>"), (USES, GHOST, ALONE, SOUL), "0"),
        (
            ("<max>9</max>", f"<after>{USES}</after>", f"<before>{SOUL}</before>"),
            (GHOST, ALONE),
            "1",
        ),
        ((), (USES, GHOST, ALONE, SOUL), "0"),
    ],
)
async def test_a_page(
    francisco: Client, denmark: Denmark, asked: tuple[str, ...], found: tuple[str, ...], index: str
) -> None:
    """XEP-0059 §2.2, §2.3, §2.5 and §2.6; XEP-0060 §6.5.4, Example 76."""
    answer = await francisco.asks(page(denmark, *asked), "<iq type='result'/>")
    assert tuple(ids(answer)) == found
    assert told(answer) == {"first": found[0], "last": found[-1], "count": "4", "index": index}


@pytest.mark.parametrize(
    "asked",
    [
        ("<max>0</max>",),  # §2.7: to be told the count
        ("<max>2</max>", f"<after>{SOUL}</after>"),  # §2.2: nothing stands after the last
        ("<max>2</max>", f"<before>{USES}</before>"),
        ("<max>2</max>", "<index>4</index>"),  # §2.6
        ("<max>2</max>", "<index>2147483647</index>"),
    ],
)
async def test_an_empty_page(francisco: Client, denmark: Denmark, asked: tuple[str, ...]) -> None:
    """XEP-0059 §2.2, Example 7, and §2.7, Example 16: neither first nor last, only the count."""
    answer = await francisco.asks(page(denmark, *asked), "<iq type='result'/>")
    assert (ids(answer), told(answer)) == ([], {"count": "4"})


async def test_where_there_is_nothing_there_are_no_pages(denmark: Denmark) -> None:
    """XEP-0059 §2.2 and §2.7: the answer is XEP-0060's own."""
    await denmark.makes()
    for asked in ("<max>0</max>", "<max>9</max>", "<before/>"):
        answer = await denmark.hamlet.asks(page(denmark, asked), "<iq type='result'/>")
        assert ids(answer) == []
        assert answer.elements[0].child(RSM, "set") is None


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("item", ["deleted", "' OR 1=1; DROP TABLE items; --", "\N{SNOWMAN}"])
async def test_a_page_beside_an_item_that_is_not_there(
    francisco: Client, denmark: Denmark, side: str, item: str
) -> None:
    """XEP-0059 §2.4, Example 10."""
    asked = f"<max>2</max><{side}>{item.replace('<', '')}</{side}>"
    await francisco.refused(page(denmark, asked), "item-not-found", type="cancel")
    assert len(ids(await francisco.asks(ALL))) == 4


@pytest.mark.parametrize(
    "asked",
    [
        "<max>many</max>",
        "<max>-1</max>",
        "<max/>",
        "<index>1.5</index>",
        "<max>2147483648</max>",
        f"<index>1</index><after>{USES}</after>",
        "<index>1</index><before/>",
    ],
)
async def test_a_page_nobody_understands(francisco: Client, denmark: Denmark, asked: str) -> None:
    """XEP-0059 §8: numbers are numbers; and a page begins in one way, not in two."""
    await francisco.refused(page(denmark, asked), "bad-request", type="modify")


async def test_more_items_than_fit_are_told_to_be_more(denmark: Denmark) -> None:
    """§6.5.4: PAGE_ITEMS_MAX is reached, and the answer says so unasked."""
    await denmark.makes(max_items="max")
    for batch in range(3):
        items = "".join(
            f"<item id='{batch}-{each}'><entry xmlns='x'/></item>"
            for each in range(PAGE_ITEMS_MAX // 2)
        )
        child = f"<publish node='princely_musings'>{items}</publish>"
        await denmark.hamlet.asks(denmark.iq("set", child), "<iq type='result'/>")
        denmark.stage.clock.at += 10  # so many at once have their pace, too
    answer = await denmark.hamlet.asks(ALL)
    assert len(ids(answer)) == PAGE_ITEMS_MAX
    assert told(answer) == {
        "first": "0-0",
        "last": f"1-{PAGE_ITEMS_MAX // 2 - 1}",
        "count": str(PAGE_ITEMS_MAX // 2 * 3),
        "index": "0",
    }
    answer = await denmark.hamlet.asks(page(denmark, f"<max>{PAGE_ITEMS_MAX * 9}</max>"))
    assert len(ids(answer)) == PAGE_ITEMS_MAX


async def test_the_list_of_items_has_pages_too(francisco: Client) -> None:
    """§5.5 with XEP-0059 §3, Examples 17 and 18."""
    await francisco.asks(
        f"""
        <iq type='get' to='pubsub.shakespeare.lit' id='ex2'>
          <query xmlns='http://jabber.org/protocol/disco#items' node='princely_musings'>
            <set xmlns='{RSM}'><max>1</max><after>{GHOST}</after></set>
          </query>
        </iq>""",
        f"""
        <iq type='result' id='ex2'>
          <query xmlns='http://jabber.org/protocol/disco#items' node='princely_musings'>
            <item jid='pubsub.shakespeare.lit' name='{ALONE}'/>
            <set xmlns='{RSM}'>
              <first index='2'>{ALONE}</first><last>{ALONE}</last><count>4</count>
            </set>
          </query>
        </iq>""",
    )


async def test_fewer_items_are_kept_from_now_on(francisco: Client, denmark: Denmark) -> None:
    """§8.2.4: the oldest make way, and do not come back when there is room again."""
    await denmark.configures(max_items="2")
    assert ids(await francisco.asks(ALL)) == [ALONE, SOUL]
    await denmark.configures(max_items="9")
    assert ids(await francisco.asks(ALL)) == [ALONE, SOUL]


async def test_a_form_may_say_max_for_the_most_there_can_be(denmark: Denmark) -> None:
    """§16.4.4, `max`; one more than it is not acceptable, and the text says which field."""
    await denmark.makes(max_items="max")
    child = f"<configure node='princely_musings'>{fields(max_items='10001')}</configure>"
    text = await denmark.hamlet.refused(
        denmark.iq("set", child, PUBSUB + "#owner"), "not-acceptable"
    )
    assert "pubsub#max_items" in text
