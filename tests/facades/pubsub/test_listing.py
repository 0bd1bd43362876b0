"""XEP-0060 1.30.0, §5.2, at scale and page by page; XEP-0462 0.1.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine.configuration import SPACE_TYPE, Access, NodeConfig
from folkmoot.engine.events import AffiliationChanged, NodeCreated
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.store import NodeQuery
from folkmoot.facades.disco import ITEMS
from folkmoot.facades.listing import NODES_PER_PAGE_MAX
from folkmoot.facades.pubsub.type_filter import NS, TYPES_MAX, narrowed
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import BERNARDO, FRANCISCO, Denmark
from tests.stage import Client

PRIVATE_SPACES = 10_000
SERVICE = JID.parse("pubsub.shakespeare.lit")


def request(inside: str = "") -> str:
    return (
        "<iq type='get' to='pubsub.shakespeare.lit' id='disco1'>"
        f"<query xmlns='{ITEMS}'>{inside}</query></iq>"
    )


def page(inside: str) -> str:
    return f"<set xmlns='{RSM}'>{inside}</set>"


def types(var: str, *values: str, more: str = "") -> str:
    """A filter, as XEP-0462 writes it."""
    told = "".join(f"<value>{value}</value>" for value in values)
    return (
        f"<filter xmlns='{NS}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE' type='hidden'><value>{NS}</value></field>"
        f"<field type='list-multi' var='{var}'>{told}</field>{more}</x></filter>"
    )


async def names(client: Client, inside: str = "") -> list[str]:
    """The nodes somebody is shown."""
    answer = await client.asks(request(inside), "<iq type='result'/>")
    return [item.get("node", "") for item in answer.elements[0].childs(ITEMS, "item")]


async def hide(denmark: Denmark, number: int) -> None:
    """Private spaces, of somebody nobody here knows."""
    owner = JID.parse("claudius@denmark.lit")
    config = NodeConfig(type=SPACE_TYPE, access=Access.AUTHORIZE)
    await denmark.stage.store.commit(
        [
            NodeCreated(
                node=NodeId(SERVICE, f"secret{each:05}"),
                config=config,
                creator=owner,
                at=1.0,
                owner=owner,
            )
            for each in range(number)
        ]
    )


async def test_a_list_costs_what_it_shows(denmark: Denmark) -> None:
    """Ten thousand private spaces are not looked at when a stranger asks, whatever the page."""
    await hide(denmark, PRIVATE_SPACES)
    await denmark.makes("alpha")
    await denmark.makes("zeta")
    francisco = await denmark.client(FRANCISCO)
    nodes = denmark.stage.core.engine.nodes
    held = sum(1 for _ in nodes)
    for inside in ("", page("<before/>"), page("<max>1</max>"), types("excluded-types", "x")):
        await names(francisco, inside)
    assert await names(francisco) == ["alpha", "zeta"]
    assert sum(1 for _ in nodes) == held


async def test_who_belongs_is_shown_what_is_theirs_among_what_is_not(denmark: Denmark) -> None:
    """Only their own space is loaded."""
    await hide(denmark, PRIVATE_SPACES)
    francisco = await denmark.client(FRANCISCO)
    mine = NodeId(SERVICE, "secret07000")
    member = AffiliationChanged(
        node=mine,
        jid=francisco.jid.bare,
        before=None,
        after=Affiliation.MEMBER,
        was=Affiliation.NONE,
        now=Affiliation.MEMBER,
        by=JID.parse("claudius@denmark.lit"),
    )
    await denmark.stage.store.commit([member])
    nodes = denmark.stage.core.engine.nodes
    held = {node.id for node in nodes}
    assert await names(francisco) == ["secret07000"]
    assert {node.id for node in nodes} - held == {mine}


async def test_a_node_is_listed_as_its_configuration_says_by_now(denmark: Denmark) -> None:
    """Made private, and open again."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    assert await names(francisco) == ["princely_musings"]
    await denmark.configures(access_model="whitelist")
    assert await names(francisco) == []
    assert await names(denmark.hamlet) == ["princely_musings"]
    await denmark.configures(access_model="open")
    assert await names(francisco) == ["princely_musings"]


async def test_pages_forwards_and_backwards(denmark: Denmark) -> None:
    """XEP-0059 §2.2-2.5: from the first on, from the last back; a page no longer than the limit."""
    made = [f"node{number:03}" for number in range(NODES_PER_PAGE_MAX + 1)]
    for name in made:
        await denmark.makes(name)
    francisco = await denmark.client(FRANCISCO)
    assert await names(francisco, page("<max>1000</max>")) == made[:NODES_PER_PAGE_MAX]
    assert await names(francisco, page("<before/>")) == made[1:]
    assert await names(francisco, page("<max>2</max><before/>")) == made[-2:]
    assert await names(francisco, page(f"<max>2</max><before>{made[-2]}</before>")) == made[-4:-2]
    assert await names(francisco, page(f"<max>2</max><after>{made[3]}</after>")) == made[4:6]
    assert await names(francisco, page("<max>0</max>")) == []
    assert await names(francisco, page(f"<before>{made[0]}</before>")) == []
    answer = await francisco.asks(request(page("<max>2</max><before/>")))
    told = answer.elements[0].child(RSM, "set")
    assert told == Element(
        RSM,
        "set",
        None,
        Element(RSM, "first", {"index": str(len(made) - 2)}, made[-2]),
        Element(RSM, "last", None, made[-1]),
        Element(RSM, "count", None, str(len(made))),
    )


@pytest.mark.parametrize(
    ("inside", "condition"),
    [
        ("<index>3</index><after>a</after>", "bad-request"),
        ("<before>b</before><after>a</after>", "bad-request"),
        ("<max>-1</max>", "bad-request"),
    ],
)
async def test_pages_nobody_keeps(denmark: Denmark, inside: str, condition: str) -> None:
    """A page begins in one way, not in two; XEP-0059 §8: numbers are numbers."""
    await denmark.hamlet.refused(request(page(inside)), condition)


async def test_hostile_names_are_names(denmark: Denmark) -> None:
    """What is written in a request never becomes a part of a statement."""
    await denmark.makes("princely_musings", type="' OR 1=1 --")
    hostile = "' OR 1=1; DROP TABLE nodes; --"
    francisco = await denmark.client(FRANCISCO)
    assert await names(francisco, page(f"<after>{hostile}</after>")) == ["princely_musings"]
    assert await names(francisco, types("included-types", hostile)) == []
    assert await names(francisco, types("included-types", "' OR 1=1 --")) == ["princely_musings"]


async def filtered(denmark: Denmark) -> Client:
    """Three nodes: of a blog, of its comments, of no type; and who asks for them."""
    await denmark.makes("blog", type="urn:xmpp:microblog:0")
    await denmark.makes("comments", type="urn:xmpp:microblog:0:comments")
    await denmark.makes("plain")
    return await denmark.client(FRANCISCO)


async def test_only_nodes_of_some_types(denmark: Denmark) -> None:
    """XEP-0462 §3.2, Example 1: an empty value is a node without a type."""
    rosa = await filtered(denmark)
    included = types("included-types", "urn:xmpp:microblog:0", "")
    assert await names(rosa, included) == ["blog", "plain"]
    assert await names(rosa, types("included-types", "")) == ["plain"]
    assert await names(rosa, types("included-types")) == ["blog", "comments", "plain"]


async def test_every_node_but_those_of_some_types(denmark: Denmark) -> None:
    """XEP-0462 §3.2; with pages, which are pages of what is left."""
    rosa = await filtered(denmark)
    excluded = types("excluded-types", "urn:xmpp:microblog:0:comments")
    assert await names(rosa, excluded) == ["blog", "plain"]
    assert await names(rosa, excluded + page("<max>1</max><after>blog</after>")) == ["plain"]
    assert await names(rosa, excluded + page("<max>1</max><before/>")) == ["plain"]
    await denmark.configures("blog", type="urn:xmpp:microblog:0:comments")
    assert await names(rosa, excluded) == ["plain"]


async def test_a_filter_does_not_show_what_is_hidden(denmark: Denmark) -> None:
    """XEP-0462 narrows a list, and never widens it."""
    await denmark.makes("blog", type="urn:xmpp:microblog:0", access_model="whitelist")
    bernardo = await denmark.client(BERNARDO)
    included = types("included-types", "urn:xmpp:microblog:0")
    assert await names(bernardo, included) == []
    assert await names(denmark.hamlet, included) == ["blog"]


async def test_types_are_included_or_excluded(denmark: Denmark) -> None:
    """XEP-0462 §3.2, Example 2; and what is no filter at all."""
    both = types("included-types", "a", more="<field var='excluded-types'><value>b</value></field>")
    await denmark.hamlet.refused(request(both), "bad-request", type="modify")
    for wrong in (
        f"<filter xmlns='{NS}'/>",
        f"<filter xmlns='{NS}'><x xmlns='jabber:x:data' type='form'/></filter>",
        types("included-types", "a").replace(f"<value>{NS}</value>", "<value>other</value>"),
    ):
        await denmark.hamlet.refused(request(wrong), "bad-request", type="modify")


async def test_a_filter_names_only_so_many_types(denmark: Denmark) -> None:
    """TYPES_MAX may be reached, and not passed."""
    named = [f"t{number}" for number in range(TYPES_MAX)]
    assert await names(denmark.hamlet, types("included-types", *named)) == []
    await denmark.hamlet.refused(
        request(types("included-types", *named, "one more")), "policy-violation"
    )


@given(
    st.sampled_from(("submit", "form", "result", "nonsense", None)),
    st.lists(
        st.tuples(
            st.sampled_from(("FORM_TYPE", "included-types", "excluded-types", "", None)),
            st.lists(st.sampled_from((NS, "", "a", "b")), max_size=3),
        ),
        max_size=4,
    ),
)
def test_any_filter(type: str | None, fields: list[tuple[str | None, list[str]]]) -> None:
    """Whatever is in it, a filter is read, or it is a stanza error."""
    x = Element(DATA, "x", {"type": type})
    for var, values in fields:
        children = (Element(DATA, "value", None, value) for value in values)
        x.append(Element(DATA, "field", {"var": var}, *children))
    asked = Element(ITEMS, "query", None, Element(NS, "filter", None, x))
    query = NodeQuery(service=SERVICE, reader=None)
    try:
        found = narrowed(query, asked)
    except StanzaError:
        return
    assert set(found.types) <= {NS, "", "a", "b"}
