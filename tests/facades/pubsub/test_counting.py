"""XEP-0059 1.0, §2.2, §2.6 and §2.7, of lists of nodes: how many there are, for who asks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import NodeCreated
from folkmoot.engine.model import NodeId
from folkmoot.engine.store import SINGLED_NODES_MAX, TALLY_NODES_MAX
from folkmoot.facades.disco import ITEMS
from folkmoot.facades.pubsub.type_filter import NS as FILTER
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import RSM
from tests.facades.pubsub.denmark import FRANCISCO, OWNER, Denmark, acted
from tests.stage import Client

SERVICE = "pubsub.shakespeare.lit"
CLAUDIUS = JID.parse("claudius@denmark.lit")
ONLY_BLOGS = (
    f"<filter xmlns='{FILTER}'><x xmlns='jabber:x:data' type='submit'>"
    "<field var='included-types'><value>blog</value></field></x></filter>"
)


async def page(
    client: Client, inside: str, more: str = "", to: str = SERVICE
) -> tuple[list[str], str | None, str | None]:
    """The names on a page, the index it begins at, and the count."""
    answer = await client.asks(
        f"<iq type='get' to='{to}' id='disco1'><query xmlns='{ITEMS}'>"
        f"<set xmlns='{RSM}'>{inside}</set>{more}</query></iq>",
        "<iq type='result'/>",
    )
    query = answer.elements[0]
    names = [item.get("node", "") for item in query.childs(ITEMS, "item")]
    told = query.child(RSM, "set")
    first = None if told is None else told.child(RSM, "first")
    count = None if told is None else told.child(RSM, "count")
    index = None if first is None else first.get("index")
    return names, index, None if count is None else count.text


async def fill(denmark: Denmark, number: int, config: NodeConfig) -> None:
    """Nodes that somebody has made before."""
    await denmark.stage.store.commit(
        [
            NodeCreated(
                node=NodeId(JID.parse(SERVICE), f"node{each:05}"),
                config=config,
                creator=CLAUDIUS,
                at=1.0,
                owner=CLAUDIUS,
            )
            for each in range(number)
        ]
    )


async def test_a_list_says_how_long_it_is(denmark: Denmark) -> None:
    """§2.2, Examples 4 and 6; §2.6, Example 13; §2.7, Example 16."""
    for name in "abcde":
        await denmark.makes(name)
    francisco = await denmark.client(FRANCISCO)
    for inside, found in (
        ("<max>2</max>", (["a", "b"], "0", "5")),
        ("<max>2</max><after>b</after>", (["c", "d"], "2", "5")),
        ("<max>2</max><after>bb</after>", (["c", "d"], "2", "5")),
        ("<max>2</max><before>e</before>", (["c", "d"], "2", "5")),
        ("<max>2</max><before/>", (["d", "e"], "3", "5")),
        ("<max>2</max><index>0</index>", (["a", "b"], "0", "5")),
        ("<max>2</max><index>3</index>", (["d", "e"], "3", "5")),
        ("<index>4</index>", (["e"], "4", "5")),
        ("<index>5</index>", ([], None, "5")),
        ("<max>0</max>", ([], None, "5")),
        ("<max>0</max><index>2</index>", ([], None, "5")),
        ("<max>2</max><after>e</after>", ([], None, "5")),
    ):
        assert await page(francisco, inside) == found, inside


async def test_where_there_is_nothing_there_is_no_count(denmark: Denmark) -> None:
    """§2.2: of an empty set the answer is XEP-0030's own."""
    assert await page(denmark.hamlet, "<max>0</max>") == ([], None, None)
    assert await page(denmark.hamlet, "<index>3</index>") == ([], None, None)


async def test_what_is_hidden_is_not_counted(denmark: Denmark) -> None:
    """Neither what is private, nor what bans or bars the asker; what is theirs is."""
    await denmark.makes("a")
    await denmark.makes("banned")
    await denmark.affiliates("francisco@denmark.lit", "outcast", node="banned")
    await denmark.makes("friends", access_model="presence")
    await denmark.makes("mine", access_model="whitelist")
    await denmark.affiliates("francisco@denmark.lit", "member", node="mine")
    await denmark.makes("other", access_model="whitelist")
    await denmark.makes("z")
    francisco = await denmark.client(FRANCISCO)
    assert await page(francisco, "<max>9</max>") == (["a", "mine", "z"], "0", "3")
    assert await page(francisco, "<max>1</max><after>friends</after>") == (["mine"], "1", "3")
    assert await page(francisco, "<max>1</max><index>2</index>") == (["z"], "2", "3")
    assert (await page(denmark.hamlet, "<max>0</max>"))[2] == "6"


async def test_what_is_below_a_hidden_node_is_not_counted(denmark: Denmark) -> None:
    """XEP-0496 §4.4: an open node below a private one is not for everyone."""
    await denmark.makes("house", access_model="whitelist")
    parent = "<field var='{urn:xmpp:pubsub-relationships:0}parent'><value>house</value></field>"
    form = f"<x xmlns='jabber:x:data' type='submit'>{parent}</x>"
    await denmark.makes("room")
    configure = denmark.iq("set", f"<configure node='room'>{form}</configure>", OWNER)
    await denmark.hamlet.asks(configure, "<iq type='result'/>")
    await denmark.makes("yard")
    francisco = await denmark.client(FRANCISCO)
    assert await page(francisco, "<max>9</max>") == (["yard"], "0", "1")
    await denmark.affiliates("francisco@denmark.lit", "member", node="house")
    assert (await page(francisco, "<max>0</max>"))[2] == "3"


async def test_a_filtered_list_is_counted_as_filtered(denmark: Denmark) -> None:
    """XEP-0462: the count is that of what is left."""
    await denmark.makes("a", type="blog")
    await denmark.makes("b")
    await denmark.makes("c", type="blog", access_model="whitelist")
    await denmark.makes("d", type="blog")
    francisco = await denmark.client(FRANCISCO)
    assert await page(francisco, "<max>1</max>", ONLY_BLOGS) == (["a"], "0", "2")
    assert await page(francisco, "<index>1</index>", ONLY_BLOGS) == (["d"], "1", "2")
    assert (await page(denmark.hamlet, "<max>0</max>", ONLY_BLOGS))[2] == "3"


async def test_an_accounts_nodes_are_counted(denmark: Denmark) -> None:
    """Those of this protocol: the presence and messages of an account are none (XEP-0163)."""
    for node in ("tune", "mood"):
        item = f"<publish node='{node}'><item id='1'><x xmlns='x'/></item></publish>"
        to = "hamlet@denmark.lit"
        await denmark.hamlet.asks(denmark.iq("set", item, to=to), "<iq type='result'/>")
    await denmark.hamlet.sends("<presence type='subscribe' to='francisco@denmark.lit'/>")
    own = await page(denmark.hamlet, "<max>1</max>", to="hamlet@denmark.lit")
    assert own == (["mood"], "0", "2")


@pytest.mark.parametrize("more", [0, 1])
async def test_so_many_are_counted(denmark: Denmark, more: int) -> None:
    """TALLY_NODES_MAX may be reached; of more no number is told (§2.2, §2.6)."""
    await fill(denmark, TALLY_NODES_MAX + more, NodeConfig())
    francisco = await denmark.client(FRANCISCO)
    names, index, count = await page(francisco, "<max>1</max><after>node00100</after>")
    assert names == ["node00101"]
    assert (index, count) == ((None, None) if more else ("101", str(TALLY_NODES_MAX)))
    asked = (
        f"<iq type='get' to='{SERVICE}' id='1'><query xmlns='{ITEMS}'>"
        f"<set xmlns='{RSM}'><max>1</max><index>5000</index></set></query></iq>"
    )
    if more:
        await francisco.refused(asked, "feature-not-implemented", type="cancel")
    else:
        assert "node05000" in str(await francisco.asks(asked, "<iq type='result'/>"))


@pytest.mark.parametrize("more", [0, 1])
async def test_so_many_are_looked_at_one_by_one(denmark: Denmark, more: int) -> None:
    """SINGLED_NODES_MAX may be reached, too."""
    parent = NodeId(JID.parse(SERVICE), "nowhere")
    await fill(denmark, SINGLED_NODES_MAX + more, NodeConfig(parent=parent))
    francisco = await denmark.client(FRANCISCO)
    _, index, count = await page(francisco, "<max>1</max><after>node00001</after>")
    assert (index, count) == ((None, None) if more else ("2", str(SINGLED_NODES_MAX)))


MODELS = st.sampled_from(("open", "presence", "roster", "authorize", "whitelist"))
ROWS = st.sampled_from(("none", "member", "publisher", "publish-only", "outcast", "owner"))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(MODELS, ROWS), max_size=5))
async def test_the_count_is_that_of_the_list(made: list[tuple[str, str]]) -> None:
    """Whatever rows and rules there are: one page after another has what was counted."""
    async with acted() as denmark:
        for number, (model, row) in enumerate(made):
            await denmark.makes(f"node{number}", access_model=model)
            await denmark.affiliates("francisco@denmark.lit", row, node=f"node{number}")
        francisco = await denmark.client(FRANCISCO)
        everything, _, count = await page(francisco, "<max>9</max>")
        assert count == (str(len(everything)) if everything else None)
        for number, name in enumerate(everything):
            asked = f"<max>1</max><index>{number}</index>"
            assert await page(francisco, asked) == ([name], str(number), count)
