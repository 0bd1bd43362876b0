"""XEP-0060 1.30.0, §6.1-6.4: subscribing, leaving, and what a subscriber may choose."""

from __future__ import annotations

import pytest

from tests.facades.pubsub.denmark import (
    BERNARDO,
    FRANCISCO,
    SOLILOQUY,
    Denmark,
    acted,
    fields,
)

SUBSCRIBE = """
    <iq type='set' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='sub1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <subscribe
            node='princely_musings'
            jid='francisco@denmark.lit'/>
      </pubsub>
    </iq>"""
UNSUBSCRIBE = """
    <iq type='set' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='unsub1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
         <unsubscribe
             node='princely_musings'
             jid='francisco@denmark.lit'/>
      </pubsub>
    </iq>"""
GET_OPTIONS = """
    <iq type='get' from='francisco@denmark.lit/barracks' to='pubsub.shakespeare.lit' id='options1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub'>
        <options node='princely_musings' jid='francisco@denmark.lit'/>
      </pubsub>
    </iq>"""


# --- §6.1


async def test_subscribing(denmark: Denmark) -> None:
    """§6.1.1 and §6.1.2, Examples 28 and 29."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    answer = await francisco.asks(
        SUBSCRIBE,
        """
        <iq type='result' from='pubsub.shakespeare.lit' to='francisco@denmark.lit/barracks'
            id='sub1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <subscription node='princely_musings' jid='francisco@denmark.lit'
                subscription='subscribed'/>
          </pubsub>
        </iq>""",
    )
    assert answer.elements[0].elements[0].get("subid")


async def test_to_subscribe_twice_changes_nothing(denmark: Denmark) -> None:
    """§6.1.6: one subscription for each JID, so the same answer."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    assert await francisco.asks(SUBSCRIBE) == await francisco.asks(SUBSCRIBE)


async def test_each_resource_may_subscribe_for_itself(denmark: Denmark) -> None:
    """§6.1.1: the JID is bare or full, as the subscriber wishes."""
    await denmark.makes()
    barracks, ramparts = [
        await denmark.client(f"francisco@denmark.lit/{each}") for each in ("barracks", "ramparts")
    ]
    await barracks.asks(
        denmark.iq("set", f"<subscribe node='princely_musings' jid='{barracks.jid}'/>"),
        "<iq type='result'/>",
    )
    await denmark.publishes("only for the barracks")
    await barracks.hears("<message to='francisco@denmark.lit/barracks'/>")
    assert all(each.name != "message" for each in await ramparts.drains())


async def test_nobody_subscribes_somebody_else(denmark: Denmark) -> None:
    """§6.1.3.1, Example 30."""
    await denmark.makes()
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(SUBSCRIBE, "invalid-jid", "bad-request", type="modify")


@pytest.mark.parametrize(
    ("model", "conditions"),
    [
        ("presence", ("presence-subscription-required", "not-authorized")),  # §6.1.3.2
        ("roster", ("not-in-roster-group", "not-authorized")),  # §6.1.3.3
        ("whitelist", ("closed-node", "not-allowed")),  # §6.1.3.4
    ],
)
async def test_the_access_model_keeps_strangers_out(
    denmark: Denmark, model: str, conditions: tuple[str, ...]
) -> None:
    """§6.1.3.2-6.1.3.4, Examples 31 to 33."""
    await denmark.makes(access_model=model)
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(SUBSCRIBE, *conditions)


async def test_who_has_asked_waits(denmark: Denmark) -> None:
    """§6.1.4 and §6.1.3.7, Examples 42 and 36."""
    await denmark.makes(access_model="authorize")
    francisco = await denmark.client(FRANCISCO)
    await francisco.asks(
        SUBSCRIBE,
        """
        <iq type='result' id='sub1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <subscription node='princely_musings' jid='francisco@denmark.lit'
                subscription='pending'/>
          </pubsub>
        </iq>""",
    )
    await francisco.refused(SUBSCRIBE, "pending-subscription", "not-authorized", type="auth")


@pytest.mark.parametrize("affiliation", ["owner", "publisher", "member"])
async def test_members_of_a_node_subscribe_without_asking(
    denmark: Denmark, affiliation: str
) -> None:
    """§6.1.4 and §12.12: nobody has to let owners and members in."""
    await denmark.makes(access_model="authorize")
    await denmark.affiliates("francisco@denmark.lit", affiliation)
    francisco = await denmark.client(FRANCISCO)
    await francisco.asks(
        SUBSCRIBE,
        """
        <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>
          <subscription subscription='subscribed'/>
        </pubsub></iq>""",
    )


async def test_an_outcast_is_kept_out_of_an_open_node(denmark: Denmark) -> None:
    """§6.1.3.8, Example 37."""
    await denmark.makes()
    await denmark.affiliates("francisco@denmark.lit", "outcast")
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(SUBSCRIBE, "forbidden", type="auth")


async def test_a_node_that_is_not_there(denmark: Denmark) -> None:
    """§6.1.3.12 and §6.2.3.4, Examples 41 and 52."""
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(SUBSCRIBE, "item-not-found", type="cancel")
    await francisco.refused(UNSUBSCRIBE, "item-not-found", type="cancel")


async def test_who_subscribes_is_sent_the_newest_item(denmark: Denmark) -> None:
    """§6.1.7, Example 46: marked as what was there before."""
    await denmark.makes(send_last_published_item="on_sub")
    await denmark.publishes("older")
    item = f"<item id='ae890ac52d0df67ed7cfdf51b644e901'>{SOLILOQUY}</item>"
    await denmark.hamlet.asks(
        denmark.iq("set", f"<publish node='princely_musings'>{item}</publish>"),
        "<iq type='result'/>",
    )
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.receives(
        f"""
        <message from='pubsub.shakespeare.lit' to='francisco@denmark.lit'>
          <event xmlns='http://jabber.org/protocol/pubsub#event'>
            <items node='princely_musings'>
              <item id='ae890ac52d0df67ed7cfdf51b644e901'>{SOLILOQUY}</item>
            </items>
          </event>
          <delay xmlns='urn:xmpp:delay' stamp='2004-05-18T20:00:00Z'/>
        </message>"""
    )
    await francisco.receives_nothing()


async def test_an_empty_node_has_no_newest_item(denmark: Denmark) -> None:
    """§6.1.7."""
    await denmark.makes(send_last_published_item="on_sub")
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.receives_nothing()


# --- §6.2


async def test_unsubscribing(denmark: Denmark) -> None:
    """§6.2.1 and §6.2.2, Examples 47 and 48: no subid has to be named."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.asks(
        UNSUBSCRIBE,
        """
        <iq type='result' from='pubsub.shakespeare.lit' id='unsub1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <subscription node='princely_musings' jid='francisco@denmark.lit'
                subscription='none'/>
          </pubsub>
        </iq>""",
    )
    await denmark.publishes("nobody hears this")
    await francisco.receives_nothing()


async def test_unsubscribing_with_the_right_subid(denmark: Denmark) -> None:
    """§6.2.3.5: what the service gave is what it takes."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    subid = (await francisco.asks(SUBSCRIBE)).elements[0].elements[0].get("subid")
    child = f"<unsubscribe node='princely_musings' jid='francisco@denmark.lit' subid='{subid}'/>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")


async def test_unsubscribing_with_another_subid(denmark: Denmark) -> None:
    """§6.2.3.5, Example 53."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    child = "<unsubscribe node='princely_musings' jid='francisco@denmark.lit' subid='123-abc'/>"
    await francisco.refused(denmark.iq("set", child), "invalid-subid", "not-acceptable")


async def test_unsubscribing_who_is_not_subscribed(denmark: Denmark) -> None:
    """§6.2.3.2, Example 50."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(UNSUBSCRIBE, "not-subscribed", "unexpected-request", type="cancel")


async def test_nobody_unsubscribes_somebody_else(denmark: Denmark) -> None:
    """§6.2.3.3, Example 51."""
    await denmark.makes()
    await denmark.subscribed(FRANCISCO)
    bernardo = await denmark.client(BERNARDO)
    await bernardo.refused(UNSUBSCRIBE, "forbidden", type="auth")


# --- §6.3


async def test_options_as_a_form(denmark: Denmark) -> None:
    """§6.3.2 and §6.3.3, Examples 55 and 56; only what is kept is offered."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    await francisco.asks(
        GET_OPTIONS,
        """
        <iq type='result' id='options1'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <options node='princely_musings' jid='francisco@denmark.lit'>
              <x xmlns='jabber:x:data' type='form'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#subscribe_options</value>
                </field>
                <field var='pubsub#deliver' type='boolean'><value>1</value></field>
              </x>
            </options>
          </pubsub>
        </iq>""",
    )


async def test_a_subscriber_may_want_to_hear_nothing_for_now(denmark: Denmark) -> None:
    """§6.3.5 and §6.3.6.1, Examples 64 and 65, with what is offered."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    for deliver in ("false", "0"):
        form = fields(deliver=deliver, digest="0", include_body="false")
        child = f"<options node='princely_musings' jid='francisco@denmark.lit'>{form}</options>"
        answer = await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
        assert answer.children == []
    await denmark.publishes("unheard")
    await francisco.receives_nothing()
    form = fields(deliver="1")
    child = f"<options node='princely_musings' jid='francisco@denmark.lit'>{form}</options>"
    await francisco.asks(denmark.iq("set", child), "<iq type='result'/>")
    await denmark.publishes("heard")
    await francisco.hears("<message from='pubsub.shakespeare.lit'/>")


@pytest.mark.parametrize(
    "form",
    [
        fields(deliver="1", digest="perhaps"),
        fields(deliver="perhaps"),
        fields(deliver=("1", "0")),
        fields(subscription_depth="all"),
        fields(subscription_type="items"),
        fields(digest_frequency="daily"),
        fields(expire="tomorrow"),
        fields(expire="presence"),
        fields(expire="2004-05-18T20:00:00Z"),
        fields(include_body="perhaps"),
        fields(**{"show-values": ("away", "asleep")}),
        "<x xmlns='jabber:x:data' type='result'/>",
        "",
    ],
)
async def test_options_that_are_not_offered(denmark: Denmark, form: str) -> None:
    """§6.3.6.2, Example 66: what cannot be kept is not taken, whatever stands before it."""
    await denmark.makes()
    francisco = await denmark.subscribed(FRANCISCO)
    child = f"<options node='princely_musings' jid='francisco@denmark.lit'>{form}</options>"
    await francisco.refused(denmark.iq("set", child), "invalid-options", "bad-request")


async def test_options_of_others_and_of_nobody(denmark: Denmark) -> None:
    """§6.3.4.1, §6.3.4.2, §6.3.4.3, §6.3.4.5 and §6.3.4.7, Examples 57 to 63."""
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(GET_OPTIONS, "item-not-found")
    await denmark.makes()
    await francisco.refused(GET_OPTIONS, "not-subscribed", "unexpected-request")
    await francisco.asks(SUBSCRIBE)
    await denmark.hamlet.refused(GET_OPTIONS, "forbidden", type="auth")
    await francisco.refused(
        denmark.iq("get", "<options node='princely_musings'/>"), "jid-required", "bad-request"
    )
    child = "<options node='princely_musings' jid='francisco@denmark.lit' subid='123-abc'/>"
    await francisco.refused(denmark.iq("get", child), "invalid-subid", "not-acceptable")


async def test_subscribing_with_options(denmark: Denmark) -> None:
    """§6.3.7, Examples 67 and 68: in force from the first moment, and told."""
    await denmark.makes(send_last_published_item="on_sub")
    await denmark.publishes("newest")
    francisco = await denmark.client(FRANCISCO)
    subscribe = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"
    await francisco.asks(
        denmark.iq("set", f"{subscribe}<options>{fields(deliver='false')}</options>"),
        """
        <iq type='result'>
          <pubsub xmlns='http://jabber.org/protocol/pubsub'>
            <subscription node='princely_musings' jid='francisco@denmark.lit'
                subscription='subscribed'/>
            <options>
              <x xmlns='jabber:x:data' type='result'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#subscribe_options</value>
                </field>
                <field var='pubsub#deliver'><value>0</value></field>
              </x>
            </options>
          </pubsub>
        </iq>""",
    )
    await francisco.receives_nothing()


async def test_options_beside_a_subscription_name_no_node(denmark: Denmark) -> None:
    """§6.3.7: nor do they come with anything that is not offered; then nobody is subscribed."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    subscribe = "<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"
    for options, *conditions in (
        ("<options node='princely_musings'/>", "bad-request"),
        ("<options jid='francisco@denmark.lit'/>", "bad-request"),
        (f"<options>{fields(digest='often')}</options>", "invalid-options", "bad-request"),
    ):
        await francisco.refused(denmark.iq("set", subscribe + options), *conditions)
    await francisco.refused(UNSUBSCRIBE, "not-subscribed", "unexpected-request")


# --- §6.4


async def test_default_options(denmark: Denmark) -> None:
    """§6.4.1 and §6.4.2, Examples 69 to 71: of a node or of the service, they are the same."""
    await denmark.makes()
    francisco = await denmark.client(FRANCISCO)
    for node in ("node='princely_musings'", ""):
        await francisco.asks(
            denmark.iq("get", f"<default {node}/>"),
            f"""
            <iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><default {node}>
              <x xmlns='jabber:x:data'>
                <field var='FORM_TYPE' type='hidden'>
                  <value>http://jabber.org/protocol/pubsub#subscribe_options</value>
                </field>
                <field var='pubsub#deliver'><value>1</value></field>
                <field var='pubsub#include_body'><value>0</value></field>
              </x>
            </default></pubsub></iq>""",
        )


async def test_default_options_of_no_node(denmark: Denmark) -> None:
    """§6.4.3: nor of one that strangers know nothing of."""
    await denmark.makes(access_model="whitelist")
    francisco = await denmark.client(FRANCISCO)
    await francisco.refused(denmark.iq("get", "<default node='x'/>"), "item-not-found")
    await francisco.refused(
        denmark.iq("get", "<default node='princely_musings'/>"), "closed-node", "not-allowed"
    )


async def test_a_full_node_takes_nobody_more() -> None:
    """§6.1.3.9, Example 38: `subscriptions_per_node_max` is reached."""
    async with acted(subscriptions_per_node_max=1) as denmark:
        await denmark.makes()
        await denmark.subscribed(BERNARDO)
        francisco = await denmark.client(FRANCISCO)
        await francisco.refused(
            SUBSCRIBE, "too-many-subscriptions", "policy-violation", type="wait"
        )
