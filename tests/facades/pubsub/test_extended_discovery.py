"""XEP-0499 0.1.0: what is below a node, and what goes with it, in one answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine import branches
from folkmoot.facades.disco import ITEMS
from folkmoot.facades.pubsub.extended import ENTRIES_PER_PAGE_MAX, NS, Wish, read_wish
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.rsm import RSM
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import FRANCISCO, Denmark
from tests.facades.pubsub.test_relationships import ATTACHMENT, BLOG, COMMENTS, FIELD, relates
from tests.stage import Client

META_DATA = "http://jabber.org/protocol/pubsub#meta-data"


def request(node: str = BLOG, more: str = "", **values: str) -> str:
    """Example 1, with other values."""
    told = "".join(
        f"<field var='{var}'><value>{value}</value></field>" for var, value in values.items()
    )
    return (
        "<iq type='get' to='pubsub.shakespeare.lit' id='disco1'>"
        f"<query xmlns='{ITEMS}' node='{node}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE' type='hidden'><value>{NS}</value></field>{told}</x>{more}"
        "</query></iq>"
    )


async def found(client: Client, xml: str) -> list[str]:
    """Nodes by name, items as `node#id`."""
    answer = await client.asks(xml, "<iq type='result'/>")
    told = answer.elements[0].childs(ITEMS, "item")
    return [
        each.get("node", "") if each.elements else f"{each.get('node')}#{each.get('name')}"
        for each in told
    ]


async def publishes(denmark: Denmark, node: str, *items: str) -> None:
    told = "".join(f"<item id='{each}'><entry xmlns='x'/></item>" for each in items)
    child = f"<publish node='{node}'>{told}</publish>"
    await denmark.hamlet.asks(denmark.iq("set", child), "<iq type='result'/>")


async def grown(denmark: Denmark) -> Client:
    """A blog with comments, an attachment, and a comment on a comment; and who asks."""
    for name in (BLOG, COMMENTS, ATTACHMENT, "deeper"):
        await denmark.makes(name)
    await relates(denmark, COMMENTS, parent=BLOG)
    await relates(denmark, ATTACHMENT, link=BLOG)
    await relates(denmark, "deeper", parent=COMMENTS)
    return await denmark.client(FRANCISCO)


async def test_linked_nodes_and_descendants(denmark: Denmark) -> None:
    """§3.1, Examples 1 and 2: relationships alone are told of each node."""
    romeo = await grown(denmark)
    answer = await romeo.asks(
        request(type="nodes", linked_nodes="true", depth="1"),
        f"""
        <iq type='result' id='disco1' from='pubsub.shakespeare.lit'>
          <query xmlns='{ITEMS}' node='{BLOG}'>
            <item jid='pubsub.shakespeare.lit' node='{COMMENTS}'>
              <x xmlns='jabber:x:data' type='result'>
                <field var='FORM_TYPE' type='hidden'><value>{META_DATA}</value></field>
                <field var='{FIELD}parent'><value>{BLOG}</value></field>
              </x>
            </item>
            <item jid='pubsub.shakespeare.lit' node='{ATTACHMENT}'>
              <x xmlns='jabber:x:data' type='result'>
                <field var='FORM_TYPE' type='hidden'><value>{META_DATA}</value></field>
                <field var='{FIELD}link'><value>{BLOG}</value></field>
              </x>
            </item>
          </query>
        </iq>""",
    )
    assert "pubsub#access_model" not in str(answer)
    assert len(answer.elements[0].elements) == 2


async def test_how_deep_is_asked(denmark: Denmark) -> None:
    """§3.1: none by default, as many levels as are asked for, all with a negative number."""
    romeo = await grown(denmark)
    assert await found(romeo, request(type="nodes")) == []
    assert await found(romeo, request(type="nodes", depth="1")) == [COMMENTS]
    for depth in ("2", "-1", "999999"):
        assert await found(romeo, request(type="nodes", depth=depth)) == [COMMENTS, "deeper"]


async def test_all_that_is_told_of_a_node(denmark: Denmark) -> None:
    """§3.1: the whole form, where it is wanted."""
    romeo = await grown(denmark)
    answer = await romeo.asks(request(type="nodes", depth="1", full_metadata="1"))
    assert "pubsub#access_model" in str(answer)
    assert f"{FIELD}parent" in str(answer)


async def test_items_say_of_which_node_they_are(denmark: Denmark) -> None:
    """§3.1: both kinds by default, each node before its items; or one kind alone."""
    romeo = await grown(denmark)
    await publishes(denmark, BLOG, "one", "two")
    await publishes(denmark, COMMENTS, "reply")
    everything = [f"{BLOG}#one", f"{BLOG}#two", COMMENTS, f"{COMMENTS}#reply"]
    assert await found(romeo, request(depth="1")) == everything
    only = [each for each in everything if "#" in each]
    assert await found(romeo, request(depth="1", type="items")) == only


async def test_without_the_form_nothing_is_other_than_it_was(denmark: Denmark) -> None:
    """§4: XEP-0060 §5.5."""
    romeo = await grown(denmark)
    await publishes(denmark, BLOG, "one")
    for form in ("", "<x xmlns='jabber:x:data' type='submit'/>"):
        answer = await romeo.asks(
            "<iq type='get' to='pubsub.shakespeare.lit' id='disco1'>"
            f"<query xmlns='{ITEMS}' node='{BLOG}'>{form}</query></iq>"
        )
        (item,) = answer.elements[0].childs(ITEMS, "item")
        assert (item.get("name"), item.get("node")) == ("one", None)


async def test_what_may_not_be_accessed_is_not_there(denmark: Denmark) -> None:
    """§4, §6: neither a closed node nor what is below it; and a closed node says so itself."""
    romeo = await grown(denmark)
    await publishes(denmark, "deeper", "secret")
    await denmark.configures(COMMENTS, access_model="whitelist")
    assert await found(romeo, request(depth="-1")) == []
    assert await found(denmark.hamlet, request(depth="-1", type="nodes")) == [COMMENTS, "deeper"]
    await romeo.refused(request(COMMENTS), "closed-node", "not-allowed")
    await romeo.refused(request("nowhere"), "item-not-found")


async def test_pages(denmark: Denmark) -> None:
    """§4: page by page, through nodes and items; the end has no more after it."""
    romeo = await grown(denmark)
    await publishes(denmark, BLOG, "a/b", "two")
    await publishes(denmark, COMMENTS, "reply")
    whole = await found(romeo, request(depth="-1"))
    assert len(whole) == 5
    read: list[str] = []
    after = ""
    while True:
        page = f"<set xmlns='{RSM}'><max>2</max><after>{after}</after></set>"
        some = await found(romeo, request(depth="-1", more=page))
        if not some:
            break
        read += some
        answer = await romeo.asks(request(depth="-1", more=page))
        said = answer.elements[0].child(RSM, "set")
        assert said is not None
        last = said.child(RSM, "last")
        assert last is not None
        after = last.text
    assert read == whole
    for inside, condition in (
        ("<before/>", "feature-not-implemented"),
        ("<index>1</index>", "feature-not-implemented"),
        ("<after>nowhere</after>", "item-not-found"),
    ):
        wrong = request(more=f"<set xmlns='{RSM}'>{inside}</set>")
        await romeo.refused(wrong, condition)


async def test_a_page_is_no_longer_than_it_may_be(denmark: Denmark) -> None:
    """ENTRIES_PER_PAGE_MAX, also unasked, and then the answer says where to go on."""
    await denmark.makes(BLOG)
    for start in range(0, ENTRIES_PER_PAGE_MAX + 1, 20):
        await publishes(denmark, BLOG, *(str(start + number) for number in range(20)))
    answer = await denmark.hamlet.asks(request())
    assert len(answer.elements[0].childs(ITEMS, "item")) == ENTRIES_PER_PAGE_MAX
    assert answer.elements[0].child(RSM, "set") is not None


async def test_a_branch_is_not_without_bounds(
    denmark: Denmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BRANCH_NODES_MAX nodes: near ones first, then by name."""
    monkeypatch.setattr(branches, "BRANCH_NODES_MAX", 2)
    romeo = await grown(denmark)
    assert await found(romeo, request(type="nodes", depth="-1")) == [COMMENTS, "deeper"]
    await denmark.makes("another")
    await relates(denmark, "another", parent=BLOG)
    assert await found(romeo, request(type="nodes", depth="-1")) == ["another", COMMENTS]


async def test_a_space_shows_below_it_what_it_lists(denmark: Denmark) -> None:
    """A claim alone gives nobody a place in somebody's space (docs/extensions/inheritance.md)."""
    await denmark.makes("realm", type="urn:xmpp:spaces:0", access_model="open")
    await denmark.makes("news")
    await relates(denmark, "news", parent="realm")
    romeo = await denmark.client(FRANCISCO)
    assert await found(romeo, request("realm", type="nodes", depth="1")) == []
    listing = (
        "<publish node='realm'><item id='news'>"
        "<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='pubsub.shakespeare.lit' "
        "node='news'/></item></publish>"
    )
    await denmark.hamlet.asks(denmark.iq("set", listing), "<iq type='result'/>")
    assert await found(romeo, request("realm", type="nodes", depth="1")) == ["news"]


@pytest.mark.parametrize(
    ("var", "value"), [("type", "everything"), ("depth", "deep"), ("linked_nodes", "perhaps")]
)
async def test_what_makes_no_sense(denmark: Denmark, var: str, value: str) -> None:
    """§3.1: words, numbers and booleans."""
    await denmark.makes(BLOG)
    answer = await denmark.hamlet.asks(request(**{var: value}))
    assert answer.get("type") == "error"


@given(
    st.sampled_from(("submit", "form", None)),
    st.lists(
        st.tuples(
            st.sampled_from(("type", "depth", "linked_nodes", "full_metadata", "else", None)),
            st.lists(st.sampled_from(("items", "nodes", "1", "-1", "", "²", "9" * 40)), max_size=2),
        ),
        max_size=4,
    ),
)
def test_any_form(type: str | None, fields: list[tuple[str | None, list[str]]]) -> None:
    """Whatever is in it, a form is read, or it is a stanza error."""
    x = Element(DATA, "x", {"type": type})
    for var, values in (("FORM_TYPE", [NS]), *fields):
        children = (Element(DATA, "value", None, value) for value in values)
        x.append(Element(DATA, "field", {"var": var}, *children))
    try:
        found = read_wish(Element(ITEMS, "query", None, x))
    except StanzaError:
        return
    assert isinstance(found, Wish)
