"""XEP-0330 0.1: the nodes one is subscribed to, shared as items of one's own."""

from __future__ import annotations

from hashlib import sha1

from tests.stage import Client, Stage

NODE = "urn:xmpp:pubsub:subscription"
NS = "urn:xmpp:pubsub:subscription:0"
PUBSUB = "http://jabber.org/protocol/pubsub"
ROMEO = "romeo@shakespeare.lit"
ID = sha1(f"pubsub.shakespeare.lit<party<{ROMEO}".encode(), usedforsecurity=False).hexdigest()
"""§2.1."""


def adding(title: str) -> str:
    """Examples 2 and 4."""
    return f"""
        <iq type='set' id='sub123'><pubsub xmlns='{PUBSUB}'><publish node='{NODE}'>
          <item id='{ID}'>
            <subscription xmlns='{NS}' server='pubsub.shakespeare.lit' node='party'>
              <title>{title}</title>
            </subscription>
          </item>
        </publish></pubsub></iq>"""


async def titles(client: Client) -> list[str]:
    """Example 1."""
    answer = await client.asks(
        f"<iq type='get' to='{ROMEO}' id='items1'>"
        f"<pubsub xmlns='{PUBSUB}'><items node='{NODE}'/></pubsub></iq>",
        "<iq type='result'/>",
    )
    (items,) = answer.elements[0].elements
    return [item.elements[0].elements[0].text for item in items.elements]


async def test_a_list_has_many_subscriptions(stage: Stage) -> None:
    """§2: one item does not take the place of another, though nobody said how many to keep."""
    romeo = await stage.client(f"{ROMEO}/orchard", available=True)
    for number in range(3):
        request = adding(f"Party {number}").replace(ID, f"{ID}{number}")
        await romeo.asks(request, "<iq type='result'/>")
    assert await titles(romeo) == ["Party 0", "Party 1", "Party 2"]


async def test_a_list_of_subscriptions(stage: Stage) -> None:
    """§5.1-5.4: added, changed in its place, and taken off again."""
    romeo = await stage.client(f"{ROMEO}/orchard", available=True)
    for title in ("Party at the Capulets", "Party at the Capulets [canceled !]"):
        await romeo.asks(adding(title), "<iq type='result'/>")
        assert await titles(romeo) == [title]
    await romeo.asks(
        f"""
        <iq type='set' id='unsub1'><pubsub xmlns='{PUBSUB}'>
          <retract node='{NODE}'><item id='{ID}'/></retract>
        </pubsub></iq>""",
        "<iq type='result'/>",
    )
    assert await titles(romeo) == []
