"""XEP-0503 0.3.0, §5.4: what a space keeps of what is published to it, and its avatar's two ids."""

from __future__ import annotations

import pytest
from hypothesis import given

from folkmoot.engine.pictures import AVATAR, MOVIMS_AVATAR, as_asked, kept_under
from folkmoot.facades.spaces import shared
from folkmoot.xmpp.xml import Element, parse, serialize
from tests.facades.megacorp import CHILDREN, LEAD, PUBSUB, SERVICE, create, publish
from tests.stage import Client, Stage
from tests.xmpp.xmlgen import elements

CALL = "<conference-call xmlns='{https://movim.eu}bookmarks-conference-call'/>"
PIN = "<pinned xmlns='urn:xmpp:bookmarks-pinning:0'/>"
UNKNOWN = "<mood xmlns='urn:example:mood'>calm <b xml:lang='en'>very</b> </mood>"
ROOM = "socks@conference.megacorp.example.com"


def conference(*extensions: str, before: str = "") -> str:
    """A room's item as clients write it."""
    return (
        "<conference xmlns='urn:xmpp:bookmarks:1' name='Socks' autojoin='true'>"
        f"{before}<extensions>{''.join(extensions)}</extensions></conference>"
    )


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who owns the space `dev`."""
    client = await megacorp.client(f"{LEAD}/desk", available=True)
    await client.asks(create("dev", access_model="open"), "<iq type='result'/>")
    return client


@pytest.mark.parametrize("version", ["0", "1"])
def test_what_is_the_editors_own_is_left_out(version: str) -> None:
    """As Movim edits a room: nick and notify leak into the item, the audio mark comes twice."""
    notify = f"<notify xmlns='urn:xmpp:notification-settings:{version}'><never/></notify>"
    mine = conference(PIN, notify, CALL, UNKNOWN, CALL, before="<nick>lead</nick>")
    assert shared(parse(mine)) == parse(conference(PIN, CALL, UNKNOWN))


def test_a_password_is_the_rooms() -> None:
    """XEP-0402 §2.1: who shares the room shares what opens it."""
    mine = parse(conference(before="<password>secret</password>"))
    assert shared(mine) is mine


def test_of_a_node_as_of_a_room() -> None:
    """XEP-0330 items have extensions, too."""
    notify = "<notify xmlns='urn:xmpp:notification-settings:0'/>"
    node = (
        "<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='s' node='n'>{}</subscription>"
    )
    mine = parse(node.format(f"<extensions>{notify}{PIN}</extensions>"))
    assert shared(mine) == parse(node.format(f"<extensions>{PIN}</extensions>"))


@given(elements)
def test_everything_else_is_the_same_element(payload: Element) -> None:
    """Unknown kinds are not looked into, and unknown extensions are kept byte for byte."""
    assert shared(payload) is payload
    item = parse(conference(serialize(payload), PIN))
    assert shared(item) is item


async def test_a_space_keeps_what_is_everybodys(lead: Client) -> None:
    """Published, told and retrieved alike; another node keeps all, for it may be one's own."""
    notify = "<notify xmlns='urn:xmpp:notification-settings:0'><never/></notify>"
    mine = conference(PIN, notify, UNKNOWN, before="<nick>lead</nick>")
    await lead.asks(create("own", type=""), "<iq type='result'/>")
    for node, kept in (("dev", conference(PIN, UNKNOWN)), ("own", mine)):
        await lead.asks(publish(ROOM, mine, node), "<iq type='result'/>")
        assert await payloads(lead, node) == {ROOM: parse(kept)}


# --- the avatar


async def payloads(client: Client, node: str, ids: str = "", attrs: str = "") -> dict[str, Element]:
    """Items by id, as they are retrieved."""
    answer = await client.asks(
        f"<iq type='get' to='{SERVICE}' id='g'><pubsub xmlns='{PUBSUB}'>"
        f"<items node='{node}' {attrs}>{ids}</items></pubsub></iq>",
        "<iq type='result'/>",
    )
    items = answer.elements[0].elements[0].elements
    return {each.get("id", ""): each.elements[0] for each in items}


@pytest.mark.parametrize("published", [AVATAR, MOVIMS_AVATAR])
async def test_an_avatar_is_found_under_both_ids(lead: Client, published: str) -> None:
    """Movim and XEP-0503: each client publishes and reads just one of them."""
    picture = CHILDREN[AVATAR]
    answer = await lead.asks(publish(published, picture), "<iq type='result'/>")
    assert f"<item id='{published}'/>" in repr(answer)
    for asked in (AVATAR, MOVIMS_AVATAR):
        found = await payloads(lead, "dev", f"<item id='{asked}'/>")
        assert found == {asked: parse(picture.strip())}
    assert list(await payloads(lead, "dev", attrs="max_items='100'")) == [AVATAR, MOVIMS_AVATAR]


async def test_there_is_one_avatar(lead: Client) -> None:
    """The last one published is it, whoever published it; RSM counts it once."""
    for published, name in ((AVATAR, "a"), (MOVIMS_AVATAR, "b"), (AVATAR, "c")):
        await lead.asks(publish(published, f"<picture xmlns='urn:example' name='{name}'/>"))
        found = await payloads(lead, "dev")
        assert {each.get("name") for each in found.values()} == {name}
    page = await lead.asks(
        f"<iq type='get' to='{SERVICE}' id='g'><pubsub xmlns='{PUBSUB}'><items node='dev'/>"
        "<set xmlns='http://jabber.org/protocol/rsm'><max>5</max></set></pubsub></iq>",
        f"<iq type='result'><pubsub xmlns='{PUBSUB}'><items><item id='{AVATAR}'/></items>"
        "<set xmlns='http://jabber.org/protocol/rsm'><count>1</count></set></pubsub></iq>",
    )
    assert MOVIMS_AVATAR not in repr(page).replace(f"xmlns='{MOVIMS_AVATAR}'", "")


async def test_the_avatar_is_told_and_retracted_under_both_ids(lead: Client) -> None:
    """Whichever id a client listens for, and whichever it deletes; never two items a message."""
    await lead.asks(
        f"<iq type='set' to='{SERVICE}' id='s'><pubsub xmlns='{PUBSUB}'>"
        "<subscribe node='dev' jid='lead-dev@megacorp.example.com'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    await lead.drains()
    await lead.asks(publish(MOVIMS_AVATAR, CHILDREN[AVATAR]), "<iq type='result'/>")
    event = (
        f"<message><event xmlns='{PUBSUB}#event'><items node='dev'>{{}}</items></event></message>"
    )
    for told in (AVATAR, MOVIMS_AVATAR):
        await lead.hears(event.format(f"<item id='{told}'/>"))
    await lead.asks(
        f"<iq type='set' to='{SERVICE}' id='t'><pubsub xmlns='{PUBSUB}'><retract node='dev'>"
        f"<item id='{MOVIMS_AVATAR}'/></retract></pubsub></iq>",
        "<iq type='result'/>",
    )
    for told in (AVATAR, MOVIMS_AVATAR):
        await lead.hears(event.format(f"<retract id='{told}'/>"))
    assert await payloads(lead, "dev") == {}


def test_ids_that_are_one_are_asked_for_alike() -> None:
    """Each id asked for has its answer; an id without an item has none."""
    assert kept_under(MOVIMS_AVATAR) == AVATAR
    assert as_asked((AVATAR, "x"), ()) == ()


async def test_another_nodes_items_have_one_id(stage: Stage) -> None:
    """XEP-0084: an account's own avatar node is no space."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    to = "to='pubsub.shakespeare.lit'"
    await juliet.asks(
        f"<iq type='set' {to} id='1'><pubsub xmlns='{PUBSUB}'><create node='n'/></pubsub></iq>"
    )
    await juliet.asks(
        f"<iq type='set' {to} id='2'><pubsub xmlns='{PUBSUB}'><publish node='n'>"
        f"<item id='{MOVIMS_AVATAR}'><a xmlns='b'/></item></publish></pubsub></iq>",
        "<iq type='result'/>",
    )
    answer = await juliet.asks(
        f"<iq type='get' {to} id='3'><pubsub xmlns='{PUBSUB}'><items node='n'>"
        f"<item id='{AVATAR}'/></items></pubsub></iq>"
    )
    assert "<item" not in repr(answer).replace("<items", "")
