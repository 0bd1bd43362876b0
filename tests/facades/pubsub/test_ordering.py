"""XEP-0413 0.2.1: items by creation or by modification, either way, and page by page."""

from __future__ import annotations

import pytest

from folkmoot.facades.pubsub import ACCOUNT_FEATURES, FEATURES
from folkmoot.facades.pubsub.ordering import NS
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import FRANCISCO, PUBSUB, Denmark
from tests.stage import Client

FIRST_TWO = "<max>2</max>"
DOWN = " desc='true'"


@pytest.fixture
async def juliet(denmark: Denmark) -> Client:
    """§4.5: four items, of which C, and later A, have been overwritten."""
    await denmark.makes()
    await denmark.publishes("A", "B", "C", "D", "C", "A")
    return await denmark.client(FRANCISCO)


def order(by: str, more: str = "") -> str:
    return f"<order xmlns='{NS}' by='{by}'{more}/>"


def request(denmark: Denmark, orders: str, page: str = "", items: str = "") -> str:
    """A request for items in an order, perhaps with a page, or with more said of the items."""
    rsm = f"<set xmlns='{RSM}'>{page}</set>" if page else ""
    listed = items or "<items node='princely_musings'/>"
    return denmark.iq("get", f"{listed}{orders}{rsm}")


def ids(answer: Element) -> str:
    (items,) = answer.elements[0].childs(PUBSUB, "items")
    return "".join(item.get("id", "") for item in items.elements)


def told(answer: Element) -> tuple[str, str, str, str]:
    """First, last, index and count of a page."""
    page = answer.elements[0].child(RSM, "set")
    assert page is not None
    first = page.child(RSM, "first")
    last, count = page.child(RSM, "last"), page.child(RSM, "count")
    assert first is not None
    assert last is not None
    assert count is not None
    return first.text, last.text, first.get("index", ""), count.text


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        (order("creation"), "ABCD"),
        (order("modification"), "BDCA"),
        (order("creation", DOWN), "DCBA"),
        (order("modification", " desc='1'"), "ACDB"),
        (order("creation", " desc='false'"), "ABCD"),
        (order("modification") + order("creation", DOWN), "BDCA"),  # §7: the first decides
        (order("creation", DOWN) + order("modification"), "DCBA"),
        ("", "BDCA"),
    ],
)
async def test_an_order(juliet: Client, denmark: Denmark, orders: str, found: str) -> None:
    """§4.1, §4.2, §4.4 and §7; without one it is that of publication (XEP-0060 §12.1)."""
    assert ids(await juliet.asks(request(denmark, orders), "<iq type='result'/>")) == found


@pytest.mark.parametrize(
    ("orders", "page", "found"),
    [
        (order("modification"), FIRST_TWO, ("B", "D", "0", "4")),  # Example 7
        (order("modification"), FIRST_TWO + "<after>D</after>", ("C", "A", "2", "4")),  # 9
        (order("creation", DOWN), FIRST_TWO, ("D", "C", "0", "4")),  # 11
        (order("creation", DOWN), FIRST_TWO + "<after>C</after>", ("B", "A", "2", "4")),  # 13
        (order("creation"), FIRST_TWO + "<before/>", ("C", "D", "2", "4")),
        (order("creation"), FIRST_TWO + "<before>D</before>", ("B", "C", "1", "4")),
        (order("creation"), "<max>1</max><index>2</index>", ("C", "C", "2", "4")),
        (order("creation"), "<after>A</after><before>D</before>", ("B", "C", "1", "4")),
        (order("creation", DOWN), FIRST_TWO + "<before/>", ("B", "A", "2", "4")),
        (order("creation", DOWN), FIRST_TWO + "<before>A</before>", ("C", "B", "1", "4")),
        (order("creation", DOWN), "<max>1</max><index>1</index>", ("C", "C", "1", "4")),
        (order("creation", DOWN), "<after>D</after><before>A</before>", ("C", "B", "1", "4")),
        (order("modification", DOWN), FIRST_TWO + "<after>C</after>", ("D", "B", "2", "4")),
        (order("modification", DOWN), "<max>9</max><index>3</index>", ("B", "B", "3", "4")),
    ],
)
async def test_a_page_in_an_order(
    juliet: Client, denmark: Denmark, orders: str, page: str, found: tuple[str, ...]
) -> None:
    """§4.5, Examples 7 to 14, and every other way to ask for a page (XEP-0059)."""
    answer = await juliet.asks(request(denmark, orders, page), "<iq type='result'/>")
    assert told(answer) == found
    assert (ids(answer)[0], ids(answer)[-1]) == found[:2]


@pytest.mark.parametrize("orders", [order("creation"), order("creation", DOWN)])
@pytest.mark.parametrize("page", ["<max>0</max>", "<max>2</max><index>4</index>"])
async def test_an_empty_page_in_an_order(
    juliet: Client, denmark: Denmark, orders: str, page: str
) -> None:
    """XEP-0059 §2.6 and §2.7: only the count."""
    answer = await juliet.asks(request(denmark, orders, page), "<iq type='result'/>")
    assert ids(answer) == ""
    (said,) = answer.elements[0].childs(RSM, "set")
    assert [(each.name, each.text) for each in said.elements] == [("count", "4")]


@pytest.mark.parametrize("orders", [order("creation"), order("modification", DOWN)])
@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("item", ["X", "' OR 1=1; DROP TABLE items; --"])
async def test_a_page_beside_what_is_not_there_in_an_order(
    juliet: Client, denmark: Denmark, orders: str, side: str, item: str
) -> None:
    """XEP-0059 §2.4."""
    asked = request(denmark, orders, f"<max>2</max><{side}>{item}</{side}>")
    await juliet.refused(asked, "item-not-found", type="cancel")


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        (order("creation", DOWN), "DCB"),  # Example 1
        (order("modification", DOWN), "ACD"),  # Example 4
        (order("creation"), "ABC"),
        ("", "DCA"),  # XEP-0060 §6.5.7: the newest
    ],
)
async def test_so_many_items_in_an_order(
    juliet: Client, denmark: Denmark, orders: str, found: str
) -> None:
    """§4.1 and §4.2: with an order, `max_items` are the first in that order."""
    asked = request(denmark, orders, items="<items node='princely_musings' max_items='3'/>")
    answer = await juliet.asks(asked, "<iq type='result'/>")
    assert ids(answer) == found
    assert answer.elements[0].child(RSM, "set") is None


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        (order("creation"), "ACD"),
        (order("modification"), "DCA"),
        (order("creation", DOWN), "DCA"),
        ("", "CAD"),
    ],
)
async def test_named_items_in_an_order(
    juliet: Client, denmark: Denmark, orders: str, found: str
) -> None:
    """§5: the order is that of whatever is retrieved; without one, that in which it was named."""
    named = "".join(f"<item id='{each}'/>" for each in ("C", "A", "none", "D"))
    asked = request(denmark, orders, items=f"<items node='princely_musings'>{named}</items>")
    assert ids(await juliet.asks(asked, "<iq type='result'/>")) == found


async def test_an_item_deleted_and_published_again_is_a_new_one(
    juliet: Client, denmark: Denmark
) -> None:
    """§3: only an id that is there keeps its date of creation."""
    retract = "<retract node='princely_musings'><item id='A'/></retract>"
    await denmark.hamlet.asks(denmark.iq("set", retract), "<iq type='result'/>")
    await denmark.publishes("A", "B")
    assert ids(await juliet.asks(request(denmark, order("creation")))) == "BCDA"


@pytest.mark.parametrize(
    ("wrong", "condition"),
    [
        (f"<order xmlns='{NS}'/>", "bad-request"),
        (order(""), "bad-request"),
        (order("creation", " desc='down'"), "bad-request"),
        (order("{urn:example}size"), "feature-not-implemented"),  # §4.6
        (order("creation") + order("creation; DROP TABLE items; --"), "feature-not-implemented"),
    ],
)
async def test_no_order_there_is(
    juliet: Client, denmark: Denmark, wrong: str, condition: str
) -> None:
    """§4.4 and §4.6."""
    await juliet.refused(request(denmark, wrong), condition)


def test_of_which_lists_it_is_said() -> None:
    """§6, Example 16."""
    for features in (FEATURES, ACCOUNT_FEATURES):
        assert {NS, f"{NS}@{PUBSUB}"} <= set(features)
