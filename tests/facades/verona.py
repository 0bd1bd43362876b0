"""Romeo, Juliet and how they come to know each other, for the tests of RFC 6121."""

from __future__ import annotations

from tests.stage import Client, Stage

ROMEO = "romeo@shakespeare.lit"
JULIET = "juliet@shakespeare.lit"
ORCHARD = f"{ROMEO}/orchard"
BALCONY = f"{JULIET}/balcony"
CHAMBER = f"{JULIET}/chamber"
NURSE = "nurse@shakespeare.lit"

ROSTER_GET = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>"


async def arrives(stage: Stage, jid: str) -> Client:
    """A client that has asked for the roster and is available; what came of that is passed over."""
    client = await stage.client(jid)
    await client.sends(ROSTER_GET)
    await client.sends("<presence/>")
    await client.drains()
    return client


async def follows(subscriber: Client, contact: Client) -> None:
    """The subscriber asks for the contact's presence, and the contact lets it have it."""
    await subscriber.sends(f"<presence to='{contact.jid.bare}' type='subscribe'/>")
    await contact.sends(f"<presence to='{subscriber.jid.bare}' type='subscribed'/>")
    await subscriber.drains()
    await contact.drains()


async def meet(one: Client, other: Client) -> None:
    """Each hears the other's presence."""
    await follows(one, other)
    await follows(other, one)
