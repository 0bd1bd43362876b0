"""XEP-0207 1.0, §3 and §4: presence and rosters through pubsub, and with everyone else."""

from __future__ import annotations

import pytest

from tests.facades.verona import BALCONY, CHAMBER, JULIET, ORCHARD, ROMEO, arrives, meet
from tests.stage import Client, Stage

PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = f"{PUBSUB}#event"
OWNER = f"{PUBSUB}#owner"
AUTHORIZATION = f"{PUBSUB}#subscribe_authorization"


def presence_publish(presence: str, *, id: str = "pres1", item: str = "<item>") -> str:
    """Listing 3, with another presence in it."""
    return f"""
        <iq type='set' id='{id}'>
          <pubsub xmlns='{PUBSUB}'>
            <publish node='presence'>{item}{presence}</item></publish>
          </pubsub>
        </iq>"""


MOPING = f"""
    <presence from='{BALCONY}' xmlns='jabber:client'>
      <status>Moping</status>
    </presence>"""

HERE = "<presence xmlns='jabber:client'/>"


def heard(sender: str, presence: str) -> str:
    """Listing 4: a notification."""
    account, _, resource = sender.partition("/")
    return f"""
        <message from='{account}' type='headline'>
          <event xmlns='{EVENT}'>
            <items node='presence'>
              <item id='{resource}'>{presence}</item>
            </items>
          </event>
        </message>"""


async def appears(stage: Stage, jid: str) -> Client:
    """Somebody whose presence is published, and who has heard what there is to hear."""
    client = await stage.client(jid)
    await client.asks(presence_publish(HERE), "<iq type='result'/>")
    await client.drains()
    return client


async def test_listings_3_and_4(stage: Stage) -> None:
    """§3: what is published to one's presence node, pubsub's subscribers hear as an event."""
    romeo, balcony = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, balcony)
    garden = await appears(stage, f"{ROMEO}/garden")
    juliet = await appears(stage, CHAMBER)
    for client in (romeo, balcony, garden):
        await client.drains()
    answer = await juliet.asks(presence_publish(MOPING.replace(BALCONY, CHAMBER)))
    assert answer.get("type") == "result"
    said = f"<presence from='{CHAMBER}' xmlns='jabber:client'><status>Moping</status></presence>"
    for client in (garden, juliet):
        await client.receives(heard(CHAMBER, said))
        await client.receives_nothing()
    for client in (romeo, balcony):  # §4.2.2 of RFC 6121: contacts, and one's own other resources
        await client.receives(said)
        await client.receives_nothing()


async def test_an_ordinary_presence_is_an_item(stage: Stage) -> None:
    """And the other way round: who sends presence is heard through pubsub."""
    romeo, balcony = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, balcony)
    garden = await appears(stage, f"{ROMEO}/garden")
    said = "<show>away</show><priority>5</priority>"
    await balcony.sends(f"<presence id='p7' xml:lang='it'>{said}</presence>")
    presence = f"<presence from='{BALCONY}' xml:lang='it' xmlns='jabber:client'>{said}</presence>"
    event = await garden.receives(heard(BALCONY, presence))
    assert event.get("to") == ROMEO
    found = await garden.asks(f"""
        <iq type='get' to='{JULIET}' id='items1'>
          <pubsub xmlns='{PUBSUB}'><items node='presence'/></pubsub>
        </iq>""")
    (item,) = found.elements[0].elements[0].elements
    assert (item.get("id"), item.get("publisher")) == ("balcony", JULIET)
    assert item.elements[0].get("from") == BALCONY


async def test_who_comes_is_told_who_is_there(stage: Stage) -> None:
    """RFC 6121 §4.2.2, §4.3: in the words in which one came; and no device hears both."""
    romeo, balcony = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, balcony)
    garden = await stage.client(f"{ROMEO}/garden")
    await garden.asks(presence_publish(HERE))
    there = {BALCONY, ORCHARD, f"{ROMEO}/garden"}
    came = await garden.drains()
    told = [each.elements[0].elements[0].elements[0].elements[0] for each in came]
    assert {each.name for each in came} == {"message"}
    assert {each.get("from") for each in told} == there


async def test_unavailable_is_published_or_retracted(stage: Stage) -> None:
    """RFC 6121 §4.5: with last words or without; the resource itself hears of it as well."""
    romeo, balcony = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, balcony)
    for going in (
        presence_publish("<presence type='unavailable' xmlns='jabber:client'><status>Gone</status>"
                         "</presence>", id="out1"),
        f"""<iq type='set' id='out2'><pubsub xmlns='{PUBSUB}'>
            <retract node='presence'><item id='chamber'/></retract></pubsub></iq>""",
    ):  # fmt: skip
        juliet = await appears(stage, CHAMBER)
        await romeo.drains()
        answer = await juliet.asks(going)
        assert answer.get("type") == "result", answer
        gone = await romeo.receives(f"<presence from='{CHAMBER}' type='unavailable'/>")
        assert len(gone.elements) == (1 if "out1" in going else 0)
        await juliet.leaves()


async def test_a_lost_stream_is_heard_through_pubsub(stage: Stage) -> None:
    """RFC 6121 §4.5.3: of everybody, by everybody."""
    romeo, balcony = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, balcony)
    garden, juliet = await appears(stage, f"{ROMEO}/garden"), await appears(stage, CHAMBER)
    await garden.drains()
    await juliet.leaves()
    await garden.receives(
        heard(CHAMBER, f"<presence from='{CHAMBER}' type='unavailable' xmlns='jabber:client'/>")
    )


# --- §4


SUBSCRIBE = f"""
    <iq type='set' to='{JULIET}' id='sub1'>
      <pubsub xmlns='{PUBSUB}'>
        <subscribe node='presence' jid='{ROMEO}'/>
      </pubsub>
    </iq>"""

FORM = f"""
    <message from='{JULIET}'>
      <x xmlns='jabber:x:data' type='form'>
        <field var='FORM_TYPE' type='hidden'><value>{AUTHORIZATION}</value></field>
        <field var='pubsub#node'><value>presence</value></field>
        <field var='pubsub#subscriber_jid'><value>{ROMEO}</value></field>
        <field var='pubsub#allow' type='boolean'><value>false</value></field>
      </x>
    </message>"""


def approval(to: str, allow: str = "true", id: str = "approve1") -> str:
    """Listing 11."""
    return f"""
        <message to='{to}' id='{id}'>
          <x xmlns='jabber:x:data' type='submit'>
            <field var='FORM_TYPE' type='hidden'><value>{AUTHORIZATION}</value></field>
            <field var='pubsub#node'><value>presence</value></field>
            <field var='pubsub#subscriber_jid'><value>{ROMEO}</value></field>
            <field var='pubsub#allow'><value>{allow}</value></field>
          </x>
        </message>"""


@pytest.mark.parametrize("to", [JULIET, "shakespeare.lit"])
async def test_listings_9_to_11(stage: Stage, to: str) -> None:
    """§4: asked through pubsub, put as a form, granted by it; and each is on the other's roster."""
    juliet = await appears(stage, BALCONY)
    romeo = await appears(stage, ORCHARD)
    answer = await romeo.asks(SUBSCRIBE)
    pending = answer.elements[0].elements[0]
    assert (pending.name, pending.get("subscription")) == ("subscription", "pending")
    await juliet.receives(FORM)
    await juliet.receives_nothing()
    await juliet.sends(approval(to))
    await romeo.receives(f"""
        <message from='{JULIET}'>
          <event xmlns='{EVENT}'>
            <subscription node='presence' jid='{ROMEO}' subscription='subscribed'/>
          </event>
        </message>""")
    await romeo.receives(heard(BALCONY, f"<presence from='{BALCONY}' xmlns='jabber:client'/>"))
    roster = await romeo.asks("<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>")
    (entry,) = roster.elements[0].elements
    assert (entry.get("jid"), entry.get("subscription")) == (JULIET, "to")
    mine = await juliet.asks(f"""
        <iq type='get' id='s1'>
          <pubsub xmlns='{OWNER}'><subscriptions node='presence'/></pubsub>
        </iq>""")
    (row,) = mine.elements[0].elements[0].elements
    assert (row.get("jid"), row.get("subscription")) == (ROMEO, "subscribed")


async def test_an_ordinary_owner_is_asked_by_presence(stage: Stage) -> None:
    """§4, Listing 6: the same wish, in the words of the owner's client; and its answer counts."""
    juliet = await arrives(stage, BALCONY)
    romeo = await appears(stage, ORCHARD)
    await romeo.asks(SUBSCRIBE)
    await juliet.receives(f"<presence from='{ROMEO}' type='subscribe'/>")
    await juliet.receives_nothing()
    await juliet.sends(f"<presence to='{ROMEO}' type='subscribed'/>")
    await romeo.hears(f"""
        <message from='{JULIET}'>
          <event xmlns='{EVENT}'><subscription node='presence' subscription='subscribed'/></event>
        </message>""")


async def test_an_ordinary_wish_is_a_form(stage: Stage) -> None:
    """And who sends presence may be granted it, or denied, through pubsub."""
    juliet, romeo = await appears(stage, BALCONY), await arrives(stage, ORCHARD)
    await romeo.sends(f"<presence to='{JULIET}' type='subscribe'/>")
    await juliet.receives(FORM)
    await juliet.sends(approval(JULIET, allow="false"))
    await romeo.hears(f"<presence from='{JULIET}' type='unsubscribed'/>")


async def test_a_wish_waits_for_its_owner(stage: Stage) -> None:
    """RFC 6121 §3.1.3: told again whenever a device of hers comes, as a form if it is one."""
    await stage.account(JULIET)
    romeo = await appears(stage, ORCHARD)
    await romeo.asks(SUBSCRIBE)
    await romeo.refused(SUBSCRIBE, "pending-subscription", "not-authorized")
    juliet = await stage.client(BALCONY)
    await juliet.asks(presence_publish(HERE))
    await juliet.hears(FORM)


async def test_an_owner_settles_it_as_of_any_node(stage: Stage) -> None:
    """XEP-0060 §8.8.2: the list of subscriptions is a door to the same row."""
    juliet, romeo = await appears(stage, BALCONY), await appears(stage, ORCHARD)
    await romeo.asks(SUBSCRIBE)
    for state in ("subscribed", "none"):
        answer = await juliet.asks(f"""
            <iq type='set' id='{state}'>
              <pubsub xmlns='{OWNER}'><subscriptions node='presence'>
                <subscription jid='{ROMEO}' subscription='{state}'/>
              </subscriptions></pubsub>
            </iq>""")
        assert answer.get("type") == "result", answer
        await romeo.hears(f"""
            <message from='{JULIET}'>
              <event xmlns='{EVENT}'><subscription node='presence' subscription='{state}'/></event>
            </message>""")


async def test_a_roster_of_nobody(stage: Stage) -> None:
    """§4: before anybody has asked there is nobody on it, and that is no error."""
    juliet = await stage.client(BALCONY)
    asked = f"<pubsub xmlns='{OWNER}'><subscriptions node='presence'/></pubsub>"
    answer = await juliet.asks(f"<iq type='get' id='s1'>{asked}</iq>")
    assert answer.get("type") == "result"
    assert not answer.elements[0].elements[0].elements
    other = asked.replace("presence", "other")
    await juliet.refused(f"<iq type='get' id='s2'>{other}</iq>", "item-not-found")


async def test_unsubscribing_through_pubsub(stage: Stage) -> None:
    """XEP-0060 §6.2, RFC 6121 §3.3: the contact hears of it, and presence comes no more."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    garden = await appears(stage, f"{ROMEO}/garden")
    await juliet.drains()
    gone = SUBSCRIBE.replace("subscribe node", "unsubscribe node")
    answer = await garden.asks(gone)
    assert answer.elements[0].elements[0].get("subscription") == "none"
    await juliet.hears(f"<presence from='{ROMEO}' type='unsubscribe'/>")
    await garden.refused(gone, "not-subscribed", "unexpected-request")


# --- what is refused


@pytest.mark.parametrize(
    "presence",
    [
        f"<presence from='{ORCHARD}' xmlns='jabber:client'/>",
        f"<presence from='{JULIET}' xmlns='jabber:client'/>",
        "<presence from='@' xmlns='jabber:client'/>",
        "<presence to='characters@chat.shakespeare.lit/JC' xmlns='jabber:client'/>",
        "<presence type='subscribe' xmlns='jabber:client'/>",
        "<presence type='error' xmlns='jabber:client'/>",
        "<presence xmlns='jabber:server'/>",
        "<message xmlns='jabber:client'/>",
        "<tune xmlns='http://jabber.org/protocol/tune'/>",
        "<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>",
        "",
    ],
)
async def test_only_ones_own_presence_is_presence(stage: Stage, presence: str) -> None:
    """A forged sender, a wish, or another payload: nobody hears of it."""
    romeo, juliet = await arrives(stage, ORCHARD), await arrives(stage, BALCONY)
    await meet(romeo, juliet)
    await juliet.refused(presence_publish(presence), "invalid-payload", "bad-request")
    await romeo.receives_nothing()


async def test_a_priority_is_a_number_here_too(stage: Stage) -> None:
    """RFC 6121 §4.7.2.3: what is wrong with the presence is said of the request."""
    juliet = await stage.client(BALCONY)
    wrong = "<presence xmlns='jabber:client'><priority>high</priority></presence>"
    await juliet.refused(presence_publish(wrong), "bad-request")


async def test_nobody_else_speaks_for_an_account(stage: Stage) -> None:
    romeo, juliet = await appears(stage, ORCHARD), await appears(stage, BALCONY)
    foreign = presence_publish(HERE).replace("<iq ", f"<iq to='{JULIET}' ")
    await romeo.refused(foreign, "forbidden")
    other = presence_publish(HERE, item="<item id='chamber'>")
    await juliet.refused(other, "forbidden")


async def test_presence_is_no_secret_told_through_pubsub(stage: Stage) -> None:
    """A stranger learns neither who is there, nor who knows whom, nor who has an account."""
    await appears(stage, BALCONY)
    stranger = await appears(stage, ORCHARD)
    for name in (JULIET, "nobody@shakespeare.lit"):
        asked = f"<pubsub xmlns='{PUBSUB}'><items node='presence'/></pubsub>"
        await stranger.refused(f"<iq type='get' to='{name}' id='i'>{asked}</iq>", "forbidden")
    asked = f"<pubsub xmlns='{OWNER}'><subscriptions node='presence'/></pubsub>"
    await stranger.refused(f"<iq type='get' to='{JULIET}' id='s'>{asked}</iq>", "forbidden")


@pytest.mark.parametrize("what", ["configure", "delete", "purge", "affiliations"])
async def test_what_presence_is_not(stage: Stage, what: str) -> None:
    """It is the server that keeps the node, and nobody configures or deletes it."""
    juliet = await appears(stage, BALCONY)
    type = "get" if what in ("configure", "affiliations") else "set"
    asked = f"<pubsub xmlns='{OWNER}'><{what} node='presence'/></pubsub>"
    await juliet.refused(f"<iq type='{type}' id='x'>{asked}</iq>", "not-allowed")


async def test_a_resource_hears_presence_as_part_of_its_account(stage: Stage) -> None:
    """§4: the roster is an account's, so its row is the account's."""
    await appears(stage, BALCONY)
    romeo = await appears(stage, ORCHARD)
    for jid in (ORCHARD, JULIET):
        asked = SUBSCRIBE.replace(f"jid='{ROMEO}'", f"jid='{jid}'")
        await romeo.refused(asked, "invalid-jid", "bad-request")
