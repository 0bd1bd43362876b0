"""Old bookmarks and new ones: XEP-0048 1.2, XEP-0402 1.2.0 and XEP-0411 1.1.0."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.engine.configuration import NODE_ITEMS_MAX
from folkmoot.facades import bookmarks
from folkmoot.facades.bookmarks import NODE, OLD, Bookmark, read_list
from folkmoot.xmpp.xml import Element, parse, serialize
from tests.stage import Client, Stage, staged
from tests.xmpp.xmlgen import elements, text

BALCONY = "juliet@shakespeare.lit/balcony"
PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = "http://jabber.org/protocol/pubsub#event"
PLAY = "theplay@conference.shakespeare.lit"
ORCHARD = "orchard@conference.shakespeare.lit"

OLD_PLAY = f"""
    <conference name='The Play&apos;s the Thing' autojoin='true' jid='{PLAY}'>
      <nick>JC</nick>
    </conference>"""
NEW_PLAY = f"""
    <conference xmlns='{NODE}' name='The Play&apos;s the Thing' autojoin='true'>
      <nick>JC</nick>
    </conference>"""
STATE = "<state xmlns='http://myclient.example/bookmark/state' minimized='true'/>"
NEW_ORCHARD = f"""
    <conference xmlns='{NODE}' name='The Orchard' autojoin='1'>
      <nick>JC</nick>
      <extensions>{STATE}</extensions>
    </conference>"""
SHAKESPEARE = "<url name='Complete Works' url='http://the-tech.mit.edu/Shakespeare/'/>"

OPTIONS = """
    <publish-options><x xmlns='jabber:x:data' type='submit'>
      <field var='FORM_TYPE' type='hidden'>
        <value>http://jabber.org/protocol/pubsub#publish-options</value></field>
      <field var='pubsub#persist_items'><value>true</value></field>
      <field var='pubsub#max_items'><value>max</value></field>
      <field var='pubsub#send_last_published_item'><value>never</value></field>
      <field var='pubsub#access_model'><value>whitelist</value></field>
    </x></publish-options>"""


def stored(*inside: str) -> str:
    """The list, stored as a client from before PEP does."""
    return (
        "<iq type='set' id='s'><query xmlns='jabber:iq:private'>"
        f"<storage xmlns='{OLD}'>{''.join(inside)}</storage></query></iq>"
    )


def published(node: str, id: str, payload: str, options: str = "") -> str:
    """An item published to one of Juliet's nodes."""
    return (
        f"<iq type='set' id='pip1'><pubsub xmlns='{PUBSUB}'><publish node='{node}'>"
        f"<item id='{id}'>{payload}</item></publish>{options}</pubsub></iq>"
    )


def uploaded(*inside: str, options: str = "") -> str:
    """The list, stored by a client that knows XEP-0048 §3.1."""
    return published(OLD, "current", f"<storage xmlns='{OLD}'>{''.join(inside)}</storage>", options)


async def listed(client: Client) -> Element:
    """The list as private storage has it; the old node has the same."""
    answer = await client.asks(
        "<iq type='get' id='g'><query xmlns='jabber:iq:private'>"
        f"<storage xmlns='{OLD}'/></query></iq>",
        "<iq type='result'/>",
    )
    found = answer.elements[0].elements[0]
    other = await client.asks(
        f"<iq type='get' id='g'><pubsub xmlns='{PUBSUB}'><items node='{OLD}'/></pubsub></iq>"
    )
    if other.get("type") == "result":
        items = other.elements[0].elements[0].elements
        told = [(each.get("id"), each.elements) for each in items]
        assert told == [("current", [found])] or (not told and not found.elements)
    else:
        assert not found.elements
    return found


async def rooms(client: Client) -> dict[str, Element]:
    """The items of the new node."""
    answer = await client.asks(
        f"<iq type='get' id='r'><pubsub xmlns='{PUBSUB}'><items node='{NODE}'/></pubsub></iq>"
    )
    if answer.get("type") == "error":
        return {}
    items = answer.elements[0].elements[0].elements
    return {each.get("id", ""): each.elements[0] for each in items}


def pruned(xml: str | Element, ns: str = OLD) -> Element:
    """An element less the white space between its children."""
    found = xml if isinstance(xml, Element) else parse(f"<x xmlns='{ns}'>{xml}</x>").elements[0]
    inside: list[Element | str] = [pruned(each) for each in found.elements]
    inside = inside or [found.text]
    return Element(found.ns, found.name, found.attrs, *inside)


async def test_what_is_announced(stage: Stage) -> None:
    """XEP-0402 §6, XEP-0411 §2."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(
        "<iq type='get' id='01' to='juliet@shakespeare.lit'>"
        "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
        """<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>
             <feature var='urn:xmpp:bookmarks-conversion:0'/>
             <feature var='urn:xmpp:bookmarks:1#compat'/>
             <feature var='urn:xmpp:bookmarks:1#compat-pep'/>
           </query></iq>""",
    )


@pytest.mark.parametrize("way", [stored, uploaded])
async def test_from_old_to_new(stage: Stage, way: Callable[..., str]) -> None:
    """XEP-0048 Examples 2 and 3, and XEP-0402 §5.3.2: a list becomes items; web pages stay."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(way(OLD_PLAY, SHAKESPEARE), "<iq type='result'/>")
    found = await rooms(juliet)
    assert list(found) == [PLAY]
    assert found[PLAY] == pruned(NEW_PLAY)
    assert await listed(juliet) == pruned(
        f"<storage xmlns='{OLD}'>{OLD_PLAY}{SHAKESPEARE}</storage>"
    )


async def test_uploaded_with_options(stage: Stage) -> None:
    """XEP-0048 Example 3, 4: the options are those of XEP-0223; others are not to be had."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(
        uploaded(OLD_PLAY, options=OPTIONS),
        f"<iq type='result' id='pip1'><pubsub xmlns='{PUBSUB}'><publish node='{OLD}'>"
        "<item id='current'/></publish></pubsub></iq>",
    )
    for access in ("open", "presence"):
        wide = OPTIONS.replace("whitelist", access)
        await juliet.refused(uploaded(options=wide), "precondition-not-met", "conflict")
    assert list(await rooms(juliet)) == [PLAY]


async def test_from_new_to_old(stage: Stage) -> None:
    """XEP-0402 Examples 6 and 8, §5.3.1: an item is in the list, its JID an attribute."""
    juliet = await stage.client(BALCONY)
    assert not (await listed(juliet)).elements
    await juliet.asks(published(NODE, PLAY, NEW_PLAY, OPTIONS), "<iq type='result'/>")
    await juliet.asks(published(NODE, ORCHARD, NEW_ORCHARD, OPTIONS), "<iq type='result'/>")
    assert pruned(await listed(juliet)) == pruned(
        f"""<storage xmlns='{OLD}'>{OLD_PLAY}
              <conference jid='{ORCHARD}' name='The Orchard' autojoin='true'>
                <nick>JC</nick>{STATE}
              </conference>
            </storage>"""
    )


async def test_what_an_old_client_does_not_know_is_kept(stage: Stage) -> None:
    """XEP-0402 §3.4: extensions outlive a client that stores the list without them."""
    juliet = await stage.client(BALCONY)
    await juliet.sends(published(NODE, ORCHARD, NEW_ORCHARD, OPTIONS))
    gajim = "<minimize xmlns='xmpp:gajim.org/bookmarks'>true</minimize>"
    await juliet.asks(
        stored(f"<conference jid='{ORCHARD}' name='Orchard'>{gajim}</conference>"),
        "<iq type='result'/>",
    )
    assert (await rooms(juliet))[ORCHARD] == pruned(
        f"<conference xmlns='{NODE}' name='Orchard'>"
        f"<extensions>{gajim}{STATE}</extensions></conference>"
    )


@pytest.mark.parametrize("way", [stored, uploaded])
async def test_only_what_changes_is_told(stage: Stage, way: Callable[..., str]) -> None:
    """XEP-0402 §5.3.2: no news of what is as it was; updates and retractions of the rest."""
    juliet = await stage.client(BALCONY, available=True)
    await juliet.sends(published(NODE, PLAY, NEW_PLAY, OPTIONS))
    await juliet.sends(published(NODE, ORCHARD, NEW_ORCHARD, OPTIONS))
    await subscribes(juliet, NODE)
    old = (await listed(juliet)).elements
    await juliet.asks(way(*(serialize(each, OLD) for each in old)), "<iq type='result'/>")
    await juliet.receives_nothing()
    capulet = "house@conference.shakespeare.lit"
    await juliet.asks(
        way(serialize(old[1], OLD), f"<conference jid='{capulet}'/>"), "<iq type='result'/>"
    )
    await juliet.receives(
        f"<message from='juliet@shakespeare.lit'><event xmlns='{EVENT}'><items node='{NODE}'>"
        f"<item id='{capulet}'><conference xmlns='{NODE}'/></item></items></event></message>"
    )
    await juliet.receives(
        f"<message from='juliet@shakespeare.lit'><event xmlns='{EVENT}'><items node='{NODE}'>"
        f"<retract id='{PLAY}'/></items></event></message>"
    )
    await juliet.receives_nothing()


async def subscribes(juliet: Client, node: str) -> None:
    """Juliet subscribes to a node of her own; what that brings is passed over."""
    await juliet.asks(
        f"<iq type='set' id='sub'><pubsub xmlns='{PUBSUB}'>"
        f"<subscribe node='{node}' jid='juliet@shakespeare.lit'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    await juliet.drains()


@pytest.mark.parametrize(
    "change",
    [
        stored(OLD_PLAY),
        uploaded(OLD_PLAY),
        published(NODE, PLAY, NEW_PLAY),
    ],
)
async def test_the_old_node_tells_the_whole_list(stage: Stage, change: str) -> None:
    """XEP-0048 Example 5, XEP-0411 §3: whichever way it changes, and nothing but the list."""
    juliet = await stage.client(BALCONY, available=True)
    await juliet.asks(stored(SHAKESPEARE), "<iq type='result'/>")
    await juliet.asks(
        f"<iq type='set' id='c'><pubsub xmlns='{PUBSUB}'><create node='{NODE}'/></pubsub></iq>"
        if NODE in change
        else stored(SHAKESPEARE),
        "<iq type='result'/>",
    )
    await subscribes(juliet, OLD)
    await juliet.asks(change, "<iq type='result'/>")
    told = await juliet.receives(
        f"<message from='juliet@shakespeare.lit' type='headline'><event xmlns='{EVENT}'>"
        f"<items node='{OLD}'><item id='current'><storage xmlns='{OLD}'>{OLD_PLAY}"
        "</storage></item></items></event></message>"
    )
    assert await listed(juliet) == told.elements[0].elements[0].elements[0].elements[0]
    await juliet.receives_nothing()


async def test_taking_all_back(stage: Stage) -> None:
    """The old node's item retracted, or an empty list stored: there are no bookmarks."""
    juliet = await stage.client(BALCONY)
    retract = (
        f"<iq type='set' id='t'><pubsub xmlns='{PUBSUB}'><retract node='{OLD}'>"
        "<item id='current'/></retract></pubsub></iq>"
    )
    await juliet.refused(retract, "item-not-found")
    await juliet.asks(stored(OLD_PLAY), "<iq type='result'/>")
    await juliet.asks(retract, "<iq type='result'/>")
    assert not await rooms(juliet)
    assert not (await listed(juliet)).elements


async def test_a_node_that_others_read(stage: Stage) -> None:
    """XEP-0411 §5: nothing is converted to where somebody else could read it."""
    juliet = await stage.client(BALCONY)
    wide = OPTIONS.replace("whitelist", "open")
    await juliet.asks(published(NODE, PLAY, NEW_PLAY, wide), "<iq type='result'/>")
    await juliet.refused(stored(), "not-acceptable")
    await juliet.refused(uploaded(), "precondition-not-met", "conflict")
    assert list(await rooms(juliet)) == [PLAY]


async def test_a_node_made_for_one_item_takes_them_all(stage: Stage) -> None:
    """XEP-0402 §8: a client that forgot to say how many items there may be loses none."""
    juliet = await stage.client(BALCONY)
    only = OPTIONS.replace(">max<", ">1<")
    await juliet.sends(published(NODE, ORCHARD, NEW_ORCHARD, only))
    keep = f"<conference jid='{ORCHARD}' name='The Orchard' autojoin='true'><nick>JC</nick>"
    await juliet.asks(stored(OLD_PLAY, f"{keep}</conference>"), "<iq type='result'/>")
    assert sorted(await rooms(juliet)) == [ORCHARD, PLAY]


async def test_what_is_no_room_stays_as_it_is(stage: Stage) -> None:
    """XEP-0048 §2: what makes no sense is neither refused nor lost; a room counts once."""
    juliet = await stage.client(BALCONY)
    await juliet.sends(published(NODE, "not a room", NEW_PLAY, OPTIONS))
    odd = ("<conference jid='@'/>", "<conference/>", "<tree xmlns='a:b'/>", SHAKESPEARE)
    twice = f"<conference jid='{PLAY.upper()}/JC' name='2'/>"
    await juliet.asks(stored(*odd, OLD_PLAY, twice), "<iq type='result'/>")
    assert list(await rooms(juliet)) == ["not a room", PLAY]
    assert await listed(juliet) == pruned(
        f"<storage xmlns='{OLD}'>{OLD_PLAY}{''.join(odd)}</storage>"
    )


@pytest.mark.parametrize(
    ("xml", "condition"),
    [
        (published(OLD, "other", f"<storage xmlns='{OLD}'/>"), "not-acceptable"),
        (published(OLD, "current", "<x xmlns='a:b'/>"), "bad-request"),
        (published(OLD, "current", ""), "bad-request"),
        (f"<iq type='set' id='h'><pubsub xmlns='{PUBSUB}'><publish node='{OLD}'/></pubsub></iq>",
         "bad-request"),
        (stored().replace("storage xmlns", "shelf xmlns").replace("/storage", "/shelf"),
         "not-acceptable"),
        (stored().replace("</query>", f"<storage xmlns='{OLD}'/></query>"), "not-acceptable"),
    ],
)  # fmt: skip
async def test_hostile_forms(stage: Stage, xml: str, condition: str) -> None:
    """What is no list of bookmarks is refused, and changes nothing."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(stored(OLD_PLAY), "<iq type='result'/>")
    answer = await juliet.asks(xml, "<iq type='error'/>")
    assert condition in [each.name for each in answer.elements[-1].elements]
    assert list(await rooms(juliet)) == [PLAY]


async def test_the_longest_list(stage: Stage) -> None:
    """BOOKMARKS_MAX rooms are stored, one more is refused, and changes none."""
    juliet = await stage.client(BALCONY)
    many = [f"<conference jid='{number}@a'/>" for number in range(bookmarks.BOOKMARKS_MAX + 1)]
    await juliet.refused(stored(*many), "policy-violation")
    assert not await rooms(juliet)
    await juliet.asks(stored(*many[1:]), "<iq type='result'/>")
    assert len((await listed(juliet)).elements) == bookmarks.BOOKMARKS_MAX


async def test_no_more_items_than_a_node_has(stage: Stage) -> None:
    """NODE_ITEMS_MAX: a list that does not fit is refused, and takes no bookmark's place."""
    juliet = await stage.client(BALCONY)
    for batch in range(NODE_ITEMS_MAX // 1_000):
        ids = (f"{batch}-{number}" for number in range(1_000))
        items = "".join(f"<item id='{id}@a'><conference xmlns='{NODE}'/></item>" for id in ids)
        await juliet.asks(
            f"<iq type='set' id='b'><pubsub xmlns='{PUBSUB}'><publish node='{NODE}'>{items}"
            f"</publish>{OPTIONS}</pubsub></iq>",
            "<iq type='result'/>",
        )
        stage.clock.at += 20  # so many at once have their pace, too
    await juliet.refused(stored(OLD_PLAY), "resource-constraint")
    answer = await juliet.asks(
        f"<iq type='get' id='o'><pubsub xmlns='{PUBSUB}'><items node='{NODE}'>"
        f"<item id='0-0@a'/><item id='{PLAY}'/></items></pubsub></iq>"
    )
    assert [each.get("id") for each in answer.elements[0].elements[0].elements] == ["0-0@a"]
    await juliet.asks(stored("<conference jid='0-0@a'/>"), "<iq type='result'/>")
    assert list(await rooms(juliet)) == ["0-0@a"]


@pytest.mark.parametrize(
    "payload",
    ["<x xmlns='a:b'/>", f"<storage xmlns='{OLD}'><conference jid='{ORCHARD}'/></storage>"],
)
async def test_what_a_publisher_puts_on_the_old_node(stage: Stage, payload: str) -> None:
    """Whom the owner lets publish there makes no bookmarks of it: those are the new node's."""
    juliet = await stage.client(BALCONY)
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    await juliet.asks(stored(OLD_PLAY), "<iq type='result'/>")
    await juliet.asks(
        "<iq type='set' id='a'><pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>"
        f"<affiliations node='{OLD}'><affiliation jid='romeo@shakespeare.lit' "
        "affiliation='owner'/></affiliations></pubsub></iq>",
        "<iq type='result'/>",
    )
    to = "id='pip1' to='juliet@shakespeare.lit'"
    await romeo.asks(
        published(OLD, "current", payload).replace("id='pip1'", to), "<iq type='result'/>"
    )
    assert (await listed(juliet)).elements == [pruned(OLD_PLAY)]


@pytest.mark.parametrize("node", [OLD, NODE])
async def test_a_node_for_short_payloads(stage: Stage, node: str) -> None:
    """What one of the two nodes does not take is stored in neither."""
    juliet = await stage.client(BALCONY)
    await juliet.asks(
        f"<iq type='set' id='c'><pubsub xmlns='{PUBSUB}'><create node='{node}'/>"
        "<configure><x xmlns='jabber:x:data' type='submit'>"
        "<field var='pubsub#access_model'><value>whitelist</value></field>"
        "<field var='pubsub#max_payload_size'><value>80</value></field></x></configure>"
        "</pubsub></iq>",
        "<iq type='result'/>",
    )
    await juliet.refused(stored(OLD_PLAY, SHAKESPEARE), "not-acceptable")
    assert not (await listed(juliet)).elements


async def test_they_are_nobody_elses(stage: Stage) -> None:
    """XEP-0223: the old node of another account says no more than the new one."""
    juliet = await stage.client(BALCONY, available=True)
    romeo = await stage.client("romeo@shakespeare.lit/orchard")
    await juliet.asks(stored(OLD_PLAY), "<iq type='result'/>")
    for node in (OLD, NODE):
        await romeo.refused(
            f"<iq type='get' id='g' to='juliet@shakespeare.lit'><pubsub xmlns='{PUBSUB}'>"
            f"<items node='{node}'/></pubsub></iq>",
            "closed-node",
            "not-allowed",
        )
        await romeo.refused(
            published(node, "current", "<storage xmlns='storage:bookmarks'/>").replace(
                "id='pip1'", "id='pip1' to='juliet@shakespeare.lit'"
            ),
            "forbidden",
        )


plain = st.none() | text
others = elements.filter(lambda each: each.ns not in ("", OLD, NODE))
known = st.builds(
    Bookmark,
    plain,
    st.booleans(),
    plain,
    plain,
    st.dictionaries(st.sampled_from(["minimized", "color"]), text, max_size=2),
    st.lists(others, max_size=3).map(tuple),
)


@given(known)
def test_round_trip(bookmark: Bookmark) -> None:
    """Either form says all of a bookmark, and outlives being written and read."""
    for form in (bookmark.old(PLAY), bookmark.new()):
        assert Bookmark.read(parse(serialize(form))) == bookmark


@given(known)
def test_nothing_is_changed_by_what_says_the_same(bookmark: Bookmark) -> None:
    """What a list says of a bookmark that is so already changes nothing (§5.3.2)."""
    assert Bookmark.read(bookmark.old(PLAY)).over(bookmark) == bookmark


@given(elements)
def test_any_list(storage: Element) -> None:
    """Whatever stands in a list is a room, or stays as it is."""
    found, rest = read_list(storage)
    assert not found
    assert rest.elements == storage.elements


@settings(max_examples=30, deadline=None)
@given(st.lists(elements | known.map(lambda each: each.old(PLAY)), max_size=4))
def test_any_list_comes_back(inside: list[Element]) -> None:
    """What is stored is what is there when it is asked for: rooms first, then the rest."""
    asyncio.run(_comes_back(inside))


async def _comes_back(inside: list[Element]) -> None:
    async with staged() as stage:
        juliet = await stage.client(BALCONY)
        await juliet.asks(stored(*(serialize(each, OLD) for each in inside)), "<iq type='result'/>")
        found, rest = read_list(await listed(juliet))
        wanted, other = read_list(Element(OLD, "storage", None, *inside))
        assert (found, rest.elements) == (wanted, other.elements)
