"""What clients keep at their accounts: XEP-0222 1.0, XEP-0223 1.1.1, and what is made of them.

Payloads are nobody's business here: what was published is what comes back.
"""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.facades.listening import (
    EVENT,
    PUBSUB,
    announces,
    events_of,
    listens,
    notified,
    publication,
)
from tests.facades.verona import BALCONY, CHAMBER, JULIET, NURSE, ORCHARD, ROMEO, meet
from tests.stage import Client, Stage, element, staged
from tests.xmpp.xmlgen import elements

BOOKMARKS = "urn:xmpp:bookmarks:1"
DISPLAYED = "urn:xmpp:mds:displayed:0"
PLAY = "theplay@conference.shakespeare.lit"
PLAY_BOOKMARK = """
    <conference xmlns='urn:xmpp:bookmarks:1' name='The Play&apos;s the Thing' autojoin='true'>
      <nick>JC</nick>
    </conference>"""
MOVIM = "{https://movim.eu}spaces_subscriptions_node"
OPTIONS = f"{PUBSUB}#publish-options"


def options(**values: str) -> str:
    """Publish-options with their FORM_TYPE."""
    told = "".join(
        f"<field var='pubsub#{name}'><value>{value}</value></field>"
        for name, value in values.items()
    )
    return f"""
        <publish-options><x xmlns='jabber:x:data' type='submit'>
          <field var='FORM_TYPE' type='hidden'><value>{OPTIONS}</value></field>{told}
        </x></publish-options>"""


PRIVATE = options(
    persist_items="true",
    max_items="max",
    send_last_published_item="never",
    access_model="whitelist",
)


async def items(client: Client, node: str) -> list[Element]:
    """All that one's own node holds."""
    answer = await client.asks(
        f"<iq type='get' id='get'><pubsub xmlns='{PUBSUB}'><items node='{node}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    found = answer.elements[0].child(PUBSUB, "items")
    assert found is not None
    return found.elements


async def publishes(client: Client, request: str) -> None:
    """What is published is taken."""
    await client.asks(request, "<iq type='result' id='pub1'/>")


def payload_of(message: Element) -> Element:
    """What is in the one item of a notification."""
    (event,) = message.childs(EVENT, "event")
    (told,) = event.elements
    (item,) = told.elements
    (payload,) = item.elements
    return payload


async def test_public_data(stage: Stage) -> None:
    """XEP-0222, Examples 2, 3, 5: for friends and one's own devices, kept, and not sent again."""
    juliet, chamber = (
        await listens(stage, BALCONY, "urn:xmpp:tmp:pubkey"),
        await listens(stage, CHAMBER, "urn:xmpp:tmp:pubkey"),
    )
    romeo = await listens(stage, ORCHARD, "urn:xmpp:tmp:pubkey")
    nurse = await listens(stage, f"{NURSE}/chamber", "urn:xmpp:tmp:pubkey")
    for contact in (romeo, nurse):
        await meet(juliet, contact)
    await juliet.sends(
        f"<iq type='set' id='r'><query xmlns='jabber:iq:roster'>"
        f"<item jid='{ROMEO}'><group>Friends</group></item></query></iq>"
    )
    for client in (juliet, chamber):
        await client.drains()
    key = "<key xmlns='urn:xmpp:tmp:pubkey'><x509cert>der-encoded-cert</x509cert></key>"
    friends = options(
        persist_items="true",
        send_last_published_item="never",
        access_model="roster",
        roster_groups_allowed="Friends",
    )
    await publishes(juliet, publication("urn:xmpp:tmp:pubkey", key, "julietRSAkey1hash", friends))
    for client, count in ((juliet, 1), (chamber, 1), (romeo, 1), (nurse, 0)):
        assert notified(await events_of(stage, client)) == ["julietRSAkey1hash"] * count
    assert await announces(stage, await stage.client(f"{ROMEO}/x"), "urn:xmpp:tmp:pubkey") == []


async def test_private_data(stage: Stage) -> None:
    """XEP-0223, Examples 2 and 4: one's own devices hear, and nobody else, interested or not.

    The node is another than the example's, whose items have rules of their own (XEP-0048).
    """
    node = "urn:xmpp:tmp:private"
    juliet, chamber = await listens(stage, BALCONY, node), await listens(stage, CHAMBER, node)
    romeo = await listens(stage, ORCHARD, node)
    await meet(juliet, romeo)
    await chamber.drains()
    bookmark = f"""
        <conference xmlns='storage:bookmarks' autojoin='true' jid='{PLAY}'
                    name='The Play&apos;s the Thing'>
          <nick>JC</nick><password>Gl0b3</password>
        </conference>"""
    private = options(persist_items="true", access_model="whitelist")
    await publishes(juliet, publication(node, bookmark, options=private))
    for client in (juliet, chamber):
        (event,) = await events_of(stage, client)
        assert payload_of(event) == element(bookmark)
    assert await events_of(stage, romeo) == []
    await romeo.refused(
        f"<iq type='get' to='{JULIET}' id='get'><pubsub xmlns='{PUBSUB}'><items node='{node}'/>"
        "</pubsub></iq>",
        "closed-node",
        "not-allowed",
    )


async def test_bookmarks(stage: Stage) -> None:
    """XEP-0402 1.2.0, Examples 3 to 14: kept, edited, removed; one's own devices hear."""
    juliet, chamber = (
        await listens(stage, BALCONY, BOOKMARKS),
        await listens(stage, CHAMBER, BOOKMARKS),
    )
    romeo = await listens(stage, ORCHARD, BOOKMARKS)
    await meet(juliet, romeo)
    await chamber.drains()
    await publishes(juliet, publication(BOOKMARKS, PLAY_BOOKMARK, PLAY, PRIVATE))
    edited = PLAY_BOOKMARK.replace(" autojoin='true'", "")
    await publishes(juliet, publication(BOOKMARKS, edited, PLAY, PRIVATE))
    for client in (juliet, chamber):
        first, second = await events_of(stage, client)
        assert payload_of(first) == element(PLAY_BOOKMARK)
        assert payload_of(second) == element(edited)
    orchard = "orchard@conference.shakespeare.lit"
    await publishes(juliet, publication(BOOKMARKS, PLAY_BOOKMARK, orchard, PRIVATE))
    assert [each.get("id") for each in await items(juliet, BOOKMARKS)] == [PLAY, orchard]
    await juliet.asks(
        f"""
        <iq type='set' id='remove-bookmark1'><pubsub xmlns='{PUBSUB}'>
          <retract node='urn:xmpp:bookmarks:1' notify='true'><item id='{PLAY}'/></retract>
        </pubsub></iq>""",
        "<iq type='result' id='remove-bookmark1'/>",
    )
    assert notified(await events_of(stage, chamber)) == [orchard, f"-{PLAY}"]
    assert await events_of(stage, romeo) == []
    assert await announces(stage, await stage.client(f"{JULIET}/garden"), BOOKMARKS) == []


async def test_bookmarks_are_not_leaked_by_a_node_that_is_open(stage: Stage) -> None:
    """XEP-0402 §3.3: publish-options refuse, rather than tell everyone."""
    juliet, romeo = await listens(stage, BALCONY), await listens(stage, ORCHARD, BOOKMARKS)
    await meet(juliet, romeo)
    await publishes(juliet, publication(BOOKMARKS, "<old xmlns='x'/>"))
    await events_of(stage, romeo)
    await juliet.refused(
        publication(BOOKMARKS, PLAY_BOOKMARK, PLAY, PRIVATE), "precondition-not-met", "conflict"
    )
    assert await events_of(stage, romeo) == []


PAYLOADS = {
    "XEP-0402 Example 5": (
        BOOKMARKS,
        """
        <conference xmlns='urn:xmpp:bookmarks:1' name='The Orcard' autojoin='1'>
          <nick>JC</nick>
          <extensions>
            <state xmlns='http://myclient.example/bookmark/state' minimized='true'/>
          </extensions>
        </conference>""",
    ),
    "XEP-0469 Example 1": (
        BOOKMARKS,
        """
        <conference xmlns='urn:xmpp:bookmarks:1' name='The Play&apos;s the Thing' autojoin='true'>
          <nick>JC</nick>
          <extensions><pinned xmlns='urn:xmpp:bookmarks-pinning:0'/></extensions>
        </conference>""",
    ),
    "XEP-0492 Examples 2 and 3": (
        BOOKMARKS,
        """
        <conference xmlns='urn:xmpp:bookmarks:1'><extensions>
          <notify xmlns='urn:xmpp:notification-settings:1'>
            <never identity-category="client" identity-type="pc">
              <advanced>
                <my-custom-extension xmlns="custom:ns-1">
                  <when day-of-week="monday">night-time-only</when>
                </my-custom-extension>
              </advanced>
            </never>
            <on-mention identity-category="client" identity-type="phone" />
            <on-mention identity-category="gateway" />
            <always><advanced xmlns='custom:ns-2' x:mood='&lt;&amp;&quot;' xmlns:x='x'/></always>
          </notify>
        </extensions></conference>""",
    ),
    "XEP-0490 Example 1": (
        DISPLAYED,
        f"""
        <displayed xmlns='urn:xmpp:mds:displayed:0'>
          <stanza-id xmlns='urn:xmpp:sid:0' by='{JULIET}'
                     id='0f710f2b-52ed-4d52-b928-784dad74a52b'/>
        </displayed>""",
    ),
    "Movim: spaces": (
        MOVIM,
        """
        <subscription xmlns='urn:xmpp:pubsub:subscription:0' server='spaces.host' node='6mUb3XUw'>
          <extensions>
            <notify xmlns='urn:xmpp:notification-settings:0'><on-mention/></notify>
            <pinned xmlns='urn:xmpp:bookmarks-pinning:0'/>
            <unheard-of xmlns='{https://movim.eu}' xml:lang='fr'>  é\n☃ </unheard-of>
          </extensions>
        </subscription>""",
    ),
}


@pytest.mark.parametrize(("node", "payload"), PAYLOADS.values(), ids=PAYLOADS.keys())
async def test_payloads_come_back_as_they_were(stage: Stage, node: str, payload: str) -> None:
    """What is in them, known to us or not, is kept: told, and retrieved, just so."""
    juliet = await listens(stage, BALCONY, node)
    await publishes(juliet, publication(node, payload, "one", PRIVATE))
    (event,) = await events_of(stage, juliet)
    assert payload_of(event) == element(payload)
    (item,) = await items(juliet, node)
    assert item.elements == [element(payload)]


@given(st.lists(elements, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_any_payload_comes_back_as_it_was(payloads: list[Element]) -> None:
    """The same of anything that is XML."""
    asyncio.run(_published(payloads))


async def _published(payloads: list[Element]) -> None:
    async with staged() as stage:
        juliet = await listens(stage, BALCONY, MOVIM)
        for payload in payloads:
            item = Element(PUBSUB, "item", {"id": "one"}, payload)
            publish = Element(PUBSUB, "publish", {"node": MOVIM}, item)
            pubsub = Element(PUBSUB, "pubsub", None, publish)
            await juliet.sends(Element(CLIENT, "iq", {"type": "set", "id": "any"}, pubsub))
            (event,) = await events_of(stage, juliet)
            assert payload_of(event) == payload
            (found,) = await items(juliet, MOVIM)
            assert found.elements == [payload]


async def test_movims_bookmark_of_a_space(stage: Stage) -> None:
    """Movim keeps spaces there: published, pinned, removed; devices that ask for it hear."""
    key = hashlib.sha1(f"spaces.host<6mUb3XUw<{JULIET}".encode(), usedforsecurity=False).hexdigest()
    conditions = options(
        persist_items="true",
        access_model="whitelist",
        send_last_published_item="never",
        max_items="max",
        notify_retract="true",
    )
    bookmark = """
        <subscription xmlns='urn:xmpp:pubsub:subscription:0' server='spaces.host' node='6mUb3XUw'>
          <extensions>
            <notify xmlns='urn:xmpp:notification-settings:0'><never/></notify>
          </extensions>
        </subscription>"""
    pinned = bookmark.replace("</ext", "<pinned xmlns='urn:xmpp:bookmarks-pinning:0'/></ext")
    movim, phone = await listens(stage, BALCONY), await listens(stage, CHAMBER, MOVIM)
    romeo = await listens(stage, ORCHARD, MOVIM)
    await meet(movim, romeo)
    await phone.drains()
    for payload in (bookmark, pinned):
        await publishes(movim, publication(MOVIM, payload, key, conditions))
        (event,) = await events_of(stage, phone)
        assert notified([event]) == [key]
        assert payload_of(event) == element(payload)
    answer = await movim.asks(
        f"<iq type='get' to='{JULIET}' id='g'><pubsub xmlns='{PUBSUB}'>"
        f"<items node='{MOVIM}' max_items='1000'/></pubsub></iq>"
    )
    (item,) = answer.elements[0].elements[0].elements
    assert (item.get("id"), item.elements) == (key, [element(pinned)])
    await movim.asks(
        f"<iq type='set' id='r'><pubsub xmlns='{PUBSUB}'><retract node='{MOVIM}'>"
        f"<item id='{key}'/></retract></pubsub></iq>",
        "<iq type='result'/>",
    )
    assert notified(await events_of(stage, phone)) == [f"-{key}"]
    assert await events_of(stage, movim) == []
    assert await events_of(stage, romeo) == []
