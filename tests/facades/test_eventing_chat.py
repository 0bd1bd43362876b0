"""XEP-0207 1.0, §6: a conversation of two is a node that only they may read."""

from __future__ import annotations

import pytest

from tests.stage import Client, Stage

PUBSUB = "http://jabber.org/protocol/pubsub"
SERVICE = "pubsub.shakespeare.lit"
JULIET = "juliet@shakespeare.lit"
ROMEO = "romeo@shakespeare.lit"
TYBALT = "tybalt@shakespeare.lit"


def create(publisher: str = ROMEO, access: str = "whitelist", id: str = "create1") -> str:
    """Listing 18, its first half."""
    return f"""
        <iq type='set' to='{SERVICE}' id='{id}'>
          <pubsub xmlns='{PUBSUB}'>
            <create node='me_and_romeo'/>
            <configure>
              <x xmlns='jabber:x:data' type='submit'>
                <field var='FORM_TYPE' type='hidden'><value>{PUBSUB}#node_config</value></field>
                <field var='pubsub#access_model'><value>{access}</value></field>
                <field var='pubsub#publisher'><value>{publisher}</value></field>
              </x>
            </configure>
          </pubsub>
        </iq>"""


MANAGE = f"""
    <iq type='set' to='{SERVICE}' id='manage1'>
      <pubsub xmlns='{PUBSUB}#owner'>
        <subscriptions node='me_and_romeo'>
          <subscription jid='{ROMEO}' subscription='subscribed'/>
        </subscriptions>
      </pubsub>
    </iq>"""
"""Its second half, read as it was meant: one element, and the Romeo of the first half."""


def publish(text: str) -> str:
    """Listing 19."""
    return f"""
        <iq type='set' to='{SERVICE}' id='msg1'>
          <pubsub xmlns='{PUBSUB}'>
            <publish node='me_and_romeo'>
              <item><message xmlns='jabber:client'><body>{text}</body></message></item>
            </publish>
          </pubsub>
        </iq>"""


def notification(text: str) -> str:
    """Listing 20."""
    return f"""
        <message from='{SERVICE}'>
          <event xmlns='{PUBSUB}#event'>
            <items node='me_and_romeo'>
              <item><message xmlns='jabber:client'><body>{text}</body></message></item>
            </items>
          </event>
        </message>"""


async def talk(stage: Stage) -> tuple[Client, Client]:
    """Two who have a node between them."""
    juliet = await stage.client(f"{JULIET}/balcony", available=True)
    romeo = await stage.client(f"{ROMEO}/mobile", available=True)
    for stanza in (create(), MANAGE):
        answer = await juliet.asks(stanza)
        assert answer.get("type") == "result", answer
    await romeo.drains()
    return juliet, romeo


async def test_listings_18_to_20(stage: Stage) -> None:
    """§6: either publishes, and both hear, who published as well."""
    juliet, romeo = await talk(stage)
    for speaker, text in ((juliet, "wherefore art thou?"), (romeo, "here")):
        answer = await speaker.asks(publish(text))
        assert answer.get("type") == "result", answer
        for client in (juliet, romeo):
            await client.hears(notification(text))


async def test_history_is_the_items(stage: Stage) -> None:
    """Both may read it, and nobody else; nobody else may publish or listen, either."""
    juliet, romeo = await talk(stage)
    for text in ("wherefore art thou?", "romeo?"):
        await juliet.asks(publish(text))
    items = f"""
        <iq type='get' to='{SERVICE}' id='items1'>
          <pubsub xmlns='{PUBSUB}'><items node='me_and_romeo'/></pubsub>
        </iq>"""
    for client in (juliet, romeo):
        answer = await client.asks(items)
        said = [
            each.elements[0].elements[0].text for each in answer.elements[0].elements[0].elements
        ]
        assert said == ["wherefore art thou?", "romeo?"]
    tybalt = await stage.client(f"{TYBALT}/street", available=True)
    await tybalt.refused(items, "closed-node", "not-allowed")
    await tybalt.refused(publish("villain!"), "forbidden")
    subscribe = f"""
        <iq type='set' to='{SERVICE}' id='sub1'>
          <pubsub xmlns='{PUBSUB}'><subscribe node='me_and_romeo' jid='{TYBALT}'/></pubsub>
        </iq>"""
    await tybalt.refused(subscribe, "closed-node", "not-allowed")


async def test_who_publishes_to_an_open_node_need_not_hear_it(stage: Stage) -> None:
    """Only a conversation subscribes its owner; elsewhere XEP-0060 says nothing of it."""
    juliet = await stage.client(f"{JULIET}/balcony", available=True)
    await juliet.asks(create(access="open"))
    await juliet.drains()
    await juliet.asks(publish("wherefore art thou?"))
    await juliet.receives_nothing()


@pytest.mark.parametrize("publisher", ["", "@", "a@b@c"])
async def test_a_publisher_is_somebody(stage: Stage, publisher: str) -> None:
    juliet = await stage.client(f"{JULIET}/balcony", available=True)
    text = await juliet.refused(create(publisher), "not-acceptable")
    assert "pubsub#publisher" in text


async def test_a_node_begins_with_so_many_publishers(stage: Stage) -> None:
    """PUBLISHERS_MAX; and nothing is made."""
    juliet = await stage.client(f"{JULIET}/balcony", available=True)
    crowd = "</value><value>".join(f"citizen{number}@verona.lit" for number in range(101))
    await juliet.refused(create(crowd), "not-acceptable")
    answer = await juliet.asks(create(id="again"))
    assert answer.get("type") == "result"
