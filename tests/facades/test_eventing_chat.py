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


async def test_either_publishes_and_both_hear(stage: Stage) -> None:
    """§6: who published as well."""
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


async def access_of(client: Client, node: str, to: str) -> str:
    """The access model a node has, as its owner is told."""
    form = await client.asks(f"""
        <iq type='get' to='{to}' id='c'>
          <pubsub xmlns='{PUBSUB}#owner'><configure node='{node}'/></pubsub>
        </iq>""")
    fields = form.elements[0].elements[0].elements[0].elements
    (model,) = (each for each in fields if each.get("var") == "pubsub#access_model")
    (value,) = (each.text for each in model.elements if each.name == "value")
    return value


async def test_a_node_of_stanzas_begins_closed_to_who_has_not_asked(stage: Stage) -> None:
    """§8: who names publishers, or says that it is for stanzas, or publishes one where none is."""
    juliet = await stage.client(f"{JULIET}/balcony", available=True)
    named = create().replace(
        "<field var='pubsub#access_model'><value>whitelist</value></field>", ""
    )
    assert (await juliet.asks(named)).get("type") == "result"
    assert await access_of(juliet, "me_and_romeo", SERVICE) == "authorize"
    typed = named.replace("me_and_romeo", "typed")
    typed = typed.replace("pubsub#publisher", "pubsub#type").replace(ROMEO, "jabber:client")
    assert (await juliet.asks(typed)).get("type") == "result"
    assert await access_of(juliet, "typed", SERVICE) == "authorize"
    said = publish("wherefore art thou?").replace(f"to='{SERVICE}'", "")
    assert (await juliet.asks(said)).get("type") == "result"
    assert await access_of(juliet, "me_and_romeo", JULIET) == "authorize"
    tune = said.replace("me_and_romeo", "tune").replace("jabber:client", "urn:x:tune")
    assert (await juliet.asks(tune)).get("type") == "result"
    assert await access_of(juliet, "tune", JULIET) == "presence"


async def test_who_is_no_publisher_has_to_be_let_in(stage: Stage) -> None:
    """§8, XEP-0060 §8.6: where the node begins so; and its creator hears what is said in it."""
    juliet = await stage.client(f"{JULIET}/balcony", available=True)
    tybalt = await stage.client(f"{TYBALT}/street", available=True)
    await juliet.asks(create(access="authorize"))
    await juliet.drains()
    answer = await tybalt.asks(f"""
        <iq type='set' to='{SERVICE}' id='sub1'>
          <pubsub xmlns='{PUBSUB}'><subscribe node='me_and_romeo' jid='{TYBALT}'/></pubsub>
        </iq>""")
    assert answer.elements[0].elements[0].get("subscription") == "pending"
    await juliet.receives("<message><x xmlns='jabber:x:data' type='form'/></message>")
    await juliet.asks(publish("wherefore art thou?"))
    await juliet.hears(notification("wherefore art thou?"))
    await tybalt.receives_nothing()


@pytest.mark.parametrize("node", ["me_and_romeo", "me_alone"])
@pytest.mark.parametrize("sender", [TYBALT, f"{ROMEO}/mobile", "@", ""])
async def test_a_message_is_from_who_publishes_it(stage: Stage, node: str, sender: str) -> None:
    """Of another sender than one's own nobody hears, in a conversation or elsewhere."""
    juliet, romeo = await talk(stage)
    said = publish("I did it").replace("me_and_romeo", node)
    if node == "me_alone":
        said = said.replace(f"to='{SERVICE}'", "")
    forged = said.replace("<message ", f"<message from='{sender}' ")
    await juliet.refused(forged, "invalid-payload", "bad-request")
    await romeo.receives_nothing()
    for own in (JULIET, f"{JULIET}/balcony"):
        answer = await juliet.asks(said.replace("<message ", f"<message from='{own}' "))
        assert answer.get("type") == "result", answer


async def test_whom_to_reply_to_is_said_in_private_alone(stage: Stage) -> None:
    """Listing 20; to everybody a node does not say by which device somebody is online."""
    juliet, romeo = await talk(stage)
    await juliet.asks(publish("wherefore art thou?"))
    assert f"{JULIET}/balcony" in str(await romeo.receives(notification("wherefore art thou?")))
    opened = create(access="open").replace("me_and_romeo", "square")
    await juliet.asks(opened)
    await romeo.drains()
    await romeo.asks(f"""
        <iq type='set' to='{SERVICE}' id='sub1'>
          <pubsub xmlns='{PUBSUB}'><subscribe node='square' jid='{ROMEO}'/></pubsub>
        </iq>""")
    await juliet.asks(publish("hear ye").replace("me_and_romeo", "square"))
    heard = await romeo.hears(notification("hear ye").replace("me_and_romeo", "square"))
    assert f"{JULIET}/balcony" not in str(heard)


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
