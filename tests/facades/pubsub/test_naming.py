"""XEP-0060 1.30.0, §12.17, §5.4, §7.1.2.5: whom a node names, and what it takes in."""

from __future__ import annotations

import pytest

from folkmoot.engine.configuration import CONTACTS_MAX
from folkmoot.engine.replies import REPLIES_MAX
from folkmoot.xmpp.xml import Element
from tests.facades.pubsub.denmark import FRANCISCO, HORATIO, OWNER, Denmark, fields, publish, told
from tests.stage import Client

ADDRESS = "http://jabber.org/protocol/address"


async def heard(denmark: Denmark, client: Client) -> Element:
    """The notification of an item that Hamlet publishes."""
    await client.drains()
    await denmark.publishes("1")
    (message,) = await client.drains()
    return message


def named(message: Element) -> tuple[str | None, list[str | None]]:
    """The publisher an item says, and those to reply to (XEP-0033 §4.6.4)."""
    item = message.elements[0].elements[0].elements[0]
    addresses = message.child(ADDRESS, "addresses")
    rows = [] if addresses is None else addresses.elements
    assert {each.get("type") for each in rows} <= {"replyto"}
    return item.get("publisher"), [each.get("jid") for each in rows]


@pytest.mark.parametrize(
    ("itemreply", "publisher", "replies"),
    [
        ("publisher", "hamlet@denmark.lit", []),
        ("none", None, []),
        ("owner", None, ["hamlet@denmark.lit"]),
    ],
)
async def test_whom_to_reply_to(
    denmark: Denmark, itemreply: str, publisher: str | None, replies: list[str | None]
) -> None:
    """§12.17, Example 220; §7.1.2.3: and so "with every other form of item retrieval"."""
    await denmark.makes(itemreply=itemreply)
    francisco = await denmark.subscribed(FRANCISCO)
    assert named(await heard(denmark, francisco)) == (publisher, replies)
    items = denmark.iq("get", "<items node='princely_musings'/>")
    answer = await francisco.asks(items, "<iq type='result'/>")
    assert answer.elements[0].elements[0].elements[0].get("publisher") == publisher


async def test_who_published_is_named_unless_said_otherwise(denmark: Denmark) -> None:
    """§12.17: as it was before one could say; and one is enough."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    assert named(await heard(denmark, francisco)) == ("hamlet@denmark.lit", [])
    form = fields(itemreply=("owner", "publisher"))
    child = f"<configure node='princely_musings'>{form}</configure>"
    await denmark.hamlet.refused(denmark.iq("set", child, OWNER), "not-acceptable")


async def test_so_many_owners_are_named(denmark: Denmark) -> None:
    """REPLIES_MAX is reached."""
    await denmark.makes(itemreply="owner")
    for number in range(REPLIES_MAX):
        await denmark.affiliates(f"owner{number}@denmark.lit", "owner")
    francisco = await denmark.subscribed(FRANCISCO)
    _, replies = named(await heard(denmark, francisco))
    assert len(replies) == REPLIES_MAX


@pytest.mark.parametrize(
    ("itemreply", "replies"),
    [
        ("publisher", ["hamlet@denmark.lit/elsinore"]),
        ("owner", ["hamlet@denmark.lit"]),
        ("none", []),
    ],
)
async def test_of_an_account_s_node(denmark: Denmark, itemreply: str, replies: list[str]) -> None:
    """XEP-0163 §4.3.1: the device that published, unless the node names others or nobody."""
    item = "<publish node='urn:example:tune'><item id='1'><tune xmlns='x'/></item></publish>"
    form = f"<publish-options>{fields(itemreply=itemreply)}</publish-options>"
    to = "hamlet@denmark.lit"
    await denmark.hamlet.sends(
        """
        <presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='x' ver='y'/>
        </presence>"""
    )
    asked = await denmark.hamlet.hears("<iq type='get'/>")
    await denmark.hamlet.sends(
        f"""
        <iq type='result' to='denmark.lit' id='{asked.get("id")}'>
          <query xmlns='http://jabber.org/protocol/disco#info'>
            <feature var='urn:example:tune+notify'/>
          </query>
        </iq>"""
    )
    await denmark.hamlet.drains()
    await denmark.hamlet.asks(denmark.iq("set", item + form, to=to), "<iq type='result'/>")
    (message,) = [each for each in await denmark.hamlet.drains() if each.name == "message"]
    assert named(message)[1] == replies


# --- §5.4, `pubsub#contact`


async def test_whom_to_ask(denmark: Denmark) -> None:
    """§5.4, Example 10: for everybody who may know of the node."""
    await denmark.makes()
    contacts = ("bard@shakespeare.lit", "denmark.lit")
    child = f"<configure node='princely_musings'>{fields(contact=contacts)}</configure>"
    await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")
    francisco = await denmark.client(FRANCISCO)
    query = "<query xmlns='http://jabber.org/protocol/disco#info' node='princely_musings'"
    await francisco.asks(
        f"<iq type='get' to='pubsub.shakespeare.lit' id='meta1'>{query}/></iq>",
        f"""
        <iq type='result'>{query}>
          <x xmlns='jabber:x:data' type='result'>
            <field var='pubsub#contact' type='jid-multi'>
              <value>bard@shakespeare.lit</value><value>denmark.lit</value>
            </field>
          </x>
        </query></iq>""",
    )


async def test_contacts_that_cannot_be(denmark: Denmark) -> None:
    """§8.2.5.2: what is no JID; CONTACTS_MAX is reached."""
    await denmark.makes()
    many = tuple(f"a{number}@b" for number in range(CONTACTS_MAX + 1))
    for contacts in (("@",), many):
        child = f"<configure node='princely_musings'>{fields(contact=contacts)}</configure>"
        text = await denmark.hamlet.refused(denmark.iq("set", child, OWNER), "not-acceptable")
        assert "pubsub#contact" in text
    child = f"<configure node='princely_musings'>{fields(contact=many[1:])}</configure>"
    await denmark.hamlet.asks(denmark.iq("set", child, OWNER), "<iq type='result'/>")


# --- §7.1.2.5, `pubsub#publish_node_full`


@pytest.mark.parametrize(
    ("full", "heard"), [("retract-oldest", ["-1", "3"]), ("discard-oldest", ["3"])]
)
async def test_the_oldest_makes_way(denmark: Denmark, full: str, heard: list[str]) -> None:
    """§7.1.2.5: with a word, or without."""
    await denmark.makes(max_items="2", publish_node_full=full)
    await denmark.publishes("1", "2")
    francisco = await denmark.subscribed(FRANCISCO)
    await denmark.publishes("3")
    assert await told(francisco) == heard
    assert await denmark.items(francisco) == ["2", "3"]


async def test_a_full_node_takes_nothing_new(denmark: Denmark) -> None:
    """§7.1.3.4, Example 108; what is there may be published anew."""
    await denmark.makes(max_items="2", publish_node_full="reject")
    await denmark.publishes("1", "2")
    await denmark.hamlet.refused(denmark.iq("set", publish("3")), "node-full", "conflict")
    await denmark.publishes("1")
    assert await denmark.items(denmark.hamlet) == ["2", "1"]


# --- §6.1.3.10, `pubsub#subscribe`


async def test_a_node_nobody_subscribes_to(denmark: Denmark) -> None:
    """§6.1.3.10, Example 39: whoever would have it so; who is subscribed stays."""
    await denmark.makes()
    horatio = await denmark.subscribed(HORATIO)
    await denmark.configures(subscribe="0")
    francisco = await denmark.client(FRANCISCO)
    child = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"
    answer = await francisco.asks(
        denmark.iq("set", child),
        """
        <iq type='error'><error type='cancel'>
          <unsupported xmlns='http://jabber.org/protocol/pubsub#errors' feature='subscribe'/>
          <feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
        </error></iq>""",
    )
    assert answer.get("type") == "error"
    row = "<subscription jid='francisco@denmark.lit' subscription='subscribed'/>"
    child = f"<subscriptions node='princely_musings'>{row}</subscriptions>"
    await denmark.hamlet.refused(
        denmark.iq("set", child, OWNER), "unsupported", "feature-not-implemented"
    )
    await denmark.publishes("1")
    assert await told(horatio) == ["1"]
    assert await denmark.items(francisco) == ["1"]
