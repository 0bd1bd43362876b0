"""XEP-0060 1.30.0, §7.2: deleting items, one at a time or several (§12.11)."""

from __future__ import annotations

import pytest

from tests.facades.pubsub.denmark import BERNARDO, FRANCISCO, PUBSUB, Denmark, publish, told

SOUL = "ae890ac52d0df67ed7cfdf51b644e901"
RETRACT = """
    <iq type='set' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='retract1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <retract node='princely_musings'>
          <item id='ae890ac52d0df67ed7cfdf51b644e901'/>
        </retract>
      </pubsub>
    </iq>"""


async def test_deleting_an_item(denmark: Denmark) -> None:
    """§7.2.1, §7.2.2 and §7.2.2.1, Examples 115 to 117."""
    await denmark.makes(notify_retract="true")
    await denmark.publishes(SOUL)
    francisco = await denmark.subscribed(FRANCISCO)
    answer = await denmark.hamlet.asks(RETRACT, "<iq type='result' id='retract1'/>")
    assert answer.children == []
    await francisco.receives(
        f"""
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'><retract id='{SOUL}'/></items>
          </event>
        </message>"""
    )
    assert await denmark.items(francisco) == []


@pytest.mark.parametrize(
    ("notify", "heard"),
    [("", []), ("notify='0'", []), ("notify='1'", ["-1"]), ("notify='true'", ["-1"])],
)
async def test_who_deletes_may_have_it_told(
    denmark: Denmark, notify: str, heard: list[str]
) -> None:
    """§7.2.2.1: `notify` tells where the node does not."""
    await denmark.makes(notify_retract="false")
    await denmark.publishes("1")
    francisco = await denmark.subscribed(FRANCISCO)
    child = f"<retract node='princely_musings' {notify}><item id='1'/></retract>"
    await denmark.hamlet.asks(denmark.iq("set", child), "<iq type='result'/>")
    assert await told(francisco) == heard


async def test_a_node_that_tells_cannot_be_silenced(denmark: Denmark) -> None:
    """`pubsub#notify_retract`, whatever `notify` says."""
    await denmark.makes(notify_retract="true")
    await denmark.publishes("1")
    francisco = await denmark.subscribed(FRANCISCO)
    child = "<retract node='princely_musings' notify='false'><item id='1'/></retract>"
    await denmark.hamlet.asks(denmark.iq("set", child), "<iq type='result'/>")
    assert await told(francisco) == ["-1"]


async def test_who_may_delete(denmark: Denmark) -> None:
    """§7.2.3.1, Example 119: one's own items, and an owner any."""
    await denmark.makes()
    await denmark.publishes("hamlets")
    for jid, affiliation in ((BERNARDO, "publisher"), (FRANCISCO, "publish-only")):
        client = await denmark.client(jid)
        await denmark.affiliates(str(client.jid.bare), affiliation)
        await client.asks(denmark.iq("set", publish(affiliation)), "<iq type='result'/>")
        child = "<retract node='princely_musings'><item id='{}'/></retract>"
        await client.refused(denmark.iq("set", child.format("hamlets")), "forbidden", type="auth")
        await client.asks(denmark.iq("set", child.format(affiliation)), "<iq type='result'/>")
    assert await denmark.items(denmark.hamlet) == ["hamlets"]


@pytest.mark.parametrize(
    ("child", "conditions"),
    [
        # §7.2.3.3 and §7.2.3.4, Examples 121 and 122
        (f"<retract><item id='{SOUL}'/></retract>", ("nodeid-required", "bad-request")),
        ("<retract node='princely_musings'/>", ("item-required", "bad-request")),
        ("<retract node='princely_musings'><item/></retract>", ("item-required", "bad-request")),
        (
            "<retract node='princely_musings' notify='maybe'><item id='1'/></retract>",
            ("bad-request",),
        ),
        # §7.2.3.2, Example 120
        ("<retract node='nowhere'><item id='1'/></retract>", ("item-not-found",)),
        ("<retract node='princely_musings'><item id='1'/></retract>", ("item-not-found",)),
    ],
)
async def test_deleting_nothing(denmark: Denmark, child: str, conditions: tuple[str, ...]) -> None:
    """§7.2.3."""
    await denmark.makes()
    await denmark.hamlet.refused(denmark.iq("set", child), *conditions)


async def test_deleting_where_nothing_is_kept(denmark: Denmark) -> None:
    """§7.2.3.5, Example 123."""
    await denmark.makes(persist_items="false")
    await denmark.hamlet.asks(
        RETRACT,
        f"""
        <iq type='error'><error type='cancel'>
          <unsupported xmlns='{PUBSUB}#errors' feature='persistent-items'/>
          <feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>
        </error></iq>""",
    )
