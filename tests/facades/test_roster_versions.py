"""Roster pushes and versions, whatever happens in whatever order (RFC 6121 §2.1.6, §2.6)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.facades import roster
from folkmoot.xmpp.xml import Element
from tests.facades.test_roster import fetched, items_of, setting, version_of
from tests.facades.verona import BALCONY, NURSE, ORCHARD, arrives
from tests.stage import Client, staged

KITCHEN = f"{NURSE}/kitchen"
PEOPLE = (ORCHARD, BALCONY, KITCHEN)
TYPES = ("subscribe", "subscribed", "unsubscribe", "unsubscribed", "remove", "set")

steps = st.tuples(
    st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.sampled_from(TYPES), st.sampled_from("ab")
)


class Cache:
    """A roster as a client keeps it: what it was sent once, and every push since."""

    def __init__(self, answer: Element) -> None:
        self.items = {item.get("jid"): item for item in items_of(answer)}
        self.version = version_of(answer)

    def take(self, push: Element) -> None:
        """Change what a push says has changed."""
        (item,) = items_of(push)
        if item.get("subscription") == "remove":
            del self.items[item.get("jid")]
        else:
            self.items[item.get("jid")] = item
        self.version = version_of(push)


async def take(client: Client, cache: Cache) -> None:
    """Take all pushes that came."""
    for stanza in await client.drains():
        if stanza.name == "iq" and stanza.child(roster.NS, "query") is not None:
            cache.take(stanza)


@settings(max_examples=50, deadline=None)
@given(st.lists(steps, max_size=25))
async def test_who_took_every_push_has_the_roster(story: list[tuple[str, str, str, str]]) -> None:
    """§2.6.3: whoever had a session all the while has what a new one is sent, by the same name."""
    async with staged() as stage:
        clients = {jid: await arrives(stage, jid) for jid in PEOPLE}
        caches = {jid: Cache(await fetched(client)) for jid, client in clients.items()}
        for actor, other, type, name in story:
            contact = clients[other].jid.bare
            if type in ("remove", "set"):
                said = "subscription='remove'" if type == "remove" else f"name='{name}'"
                await clients[actor].sends(setting(f"<item jid='{contact}' {said}/>"))
            else:
                await clients[actor].sends(f"<presence to='{contact}' type='{type}'/>")
        for jid, client in clients.items():
            await take(client, caches[jid])
            assert (await fetched(client, ver=caches[jid].version)).elements == []
            whole = await fetched(client)
            assert version_of(whole) == caches[jid].version
            assert {item.get("jid"): item for item in items_of(whole)} == caches[jid].items
