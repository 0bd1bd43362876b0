"""Moods between accounts: XEP-0163 1.2.2, as slixmpp announces interests and publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from folkmoot.xmpp.jid import JID
from tests.clients.actors import PATIENCE_SECONDS, Actor
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOOD = "http://jabber.org/protocol/mood"


async def listens(town: Town, name: str, *, resource: str = "home") -> Actor:
    """Somebody whose client announces that it wants to hear of moods (XEP-0115)."""
    actor = await town.actor(name, resource=resource, available=False)
    for plugin in ("xep_0115", "xep_0163", "xep_0107"):
        actor.xmpp.register_plugin(plugin)
    actor.xmpp.plugin["xep_0030"].add_feature(f"{MOOD}+notify")
    await actor.xmpp.plugin["xep_0115"].update_caps(broadcast=False)
    await actor.appear()
    await actor.is_up_to_date()  # it was asked what it can do, and has answered
    return actor


def mood(of: JID, value: str) -> Callable[[Any], bool]:
    """Whether an event says that somebody is in a mood."""

    def says(message: Any) -> bool:
        item = message["pubsub_event"]["items"]["item"]
        sender = str(message["from"]) == str(of)
        return sender and item["payload"].find(f"{{{MOOD}}}{value}") is not None

    return says


async def feels(actor: Actor, value: str) -> None:
    """Publish a mood."""
    await actor.xmpp.plugin["xep_0107"].publish_mood(value, timeout=PATIENCE_SECONDS)


async def test_who_is_interested_hears(town: Town) -> None:
    """§4: a contact that asked for moods, one's own other device, and nobody else."""
    juliet, chamber = await listens(town, "juliet"), await listens(town, "juliet", resource="c")
    romeo, stranger = await listens(town, "romeo"), await listens(town, "tybalt")
    await romeo.befriends(juliet)
    await feels(juliet, "in_love")
    for actor in (romeo, juliet, chamber):
        await actor.hears("pubsub_publish", mood(juliet.account, "in_love"))
    await stranger.is_up_to_date()
    assert not [what for name, what in stranger.heard if name == "pubsub_publish"]


async def test_who_comes_hears_the_last(town: Town) -> None:
    """§4.3.4: a contact that was away."""
    juliet, romeo = await listens(town, "juliet"), await listens(town, "romeo")
    await romeo.befriends(juliet)
    await romeo.leaves()
    await feels(juliet, "in_love")
    await feels(juliet, "worried")
    again = await listens(town, "romeo")
    await again.hears("pubsub_publish", mood(juliet.account, "worried"))
    assert not [what for name, what in again.heard if name == "pubsub_publish"]
