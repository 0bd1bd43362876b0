"""`kill -9` with digests waiting (XEP-0060 1.30.0, §6.3): items are told once, and none is lost."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import Any, Final

import pytest
from slixmpp.exceptions import IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from folkmoot.demo.actor import Unexpected
from tests.clients.actors import Actor
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

PUBSUB: Final = "http://jabber.org/protocol/pubsub"
EVENT: Final = f"{PUBSUB}#event"
NODE: Final = "princely_musings"
READERS: Final = ("horatio", "ophelia")

ACKNOWLEDGED_MIN: Final = 30
"""How much is acknowledged before the server is killed; fewer than make a digest by themselves."""


class Publishing:
    """Hamlet, who publishes until the server is gone. acknowledged: ids, in order."""

    def __init__(self, hamlet: Actor, town: Town) -> None:
        self._hamlet = hamlet
        self._service = town.place.spaces
        self.acknowledged: list[str] = []
        self.enough = asyncio.Event()

    async def prepare(self) -> None:
        """A node that anyone may subscribe to."""
        fields = form(access_model="open", max_items="1000")
        await self._asks(f"<create node='{NODE}'/><configure>{fields}</configure>")

    async def publish(self, name: str) -> None:
        """One item, which is kept once this returns."""
        payload = "<line xmlns='urn:example:verse'/>"
        await self._asks(f"<publish node='{NODE}'><item id='{name}'>{payload}</item></publish>")
        self.acknowledged.append(name)
        if len(self.acknowledged) == ACKNOWLEDGED_MIN:
            self.enough.set()

    async def work(self) -> None:
        """One after another, as long as somebody answers."""
        for number in itertools.count():
            await self.publish(str(number))

    async def _asks(self, child: str) -> None:
        await self._hamlet.asks("set", self._service, f"<pubsub xmlns='{PUBSUB}'>{child}</pubsub>")


async def test_what_waits_for_a_digest_survives(own_town: Town) -> None:
    """It is told when it is due, and to who wants no digests any more; never again after that."""
    town = own_town
    publishing = Publishing(await town.actor("hamlet"), town)
    await publishing.prepare()
    waiting = [Reader(await town.actor(name), town) for name in READERS]
    for reader in waiting:
        await reader.chooses("subscribe", digest="1", digest_frequency="86400000")
    working = asyncio.ensure_future(publishing.work())
    enough = asyncio.ensure_future(publishing.enough.wait())
    await asyncio.wait((working, enough), return_when=asyncio.FIRST_COMPLETED)
    await town.child.kill()
    working.cancel()
    with suppress(asyncio.CancelledError, IqTimeout):
        await working
    assert not any(reader.told for reader in waiting)
    await town.empties()
    town.holder = await town.child.start()

    horatio, ophelia = [Reader(await town.actor(name), town) for name in READERS]
    await horatio.chooses("options", digest="0")
    await ophelia.chooses("options", digest_frequency="1000")
    for reader in (horatio, ophelia):
        heard = await reader.hears(publishing.acknowledged[-1])
        assert heard[: len(publishing.acknowledged)] == publishing.acknowledged
        # One more may have been kept without an answer.
        assert heard == [str(number) for number in range(len(heard))]

    await town.rises_again()
    horatio, ophelia = [Reader(await town.actor(name), town) for name in READERS]
    await ophelia.chooses("options", digest="0")
    again = Publishing(await town.actor("hamlet"), town)
    await again.publish("again")
    for reader in (horatio, ophelia):
        assert await reader.hears("again") == ["again"]


def form(**options: str) -> str:
    """What is chosen of what a node, or a subscription, can be."""
    told = "".join(
        f"<field var='pubsub#{name}'><value>{value}</value></field>"
        for name, value in options.items()
    )
    return f"<x xmlns='jabber:x:data' type='submit'>{told}</x>"


class Reader:
    """Somebody who subscribes. told: the ids of the items they have been told."""

    def __init__(self, actor: Actor, town: Town) -> None:
        self._actor = actor
        self._service = town.place.spaces
        self.told: list[str] = []
        told = Callback(
            "told", MatchXPath(f"{{jabber:client}}message/{{{EVENT}}}event"), self._hear
        )
        actor.xmpp.register_handler(told)

    def _hear(self, message: Any) -> None:
        self.told += [item.get("id") for item in message.xml.iter(f"{{{EVENT}}}item")]

    async def chooses(self, what: str, **options: str) -> None:
        """Subscribe, or say otherwise how to be told."""
        opened, chosen = f"<{what} node='{NODE}' jid='{self._actor.account}'>", form(**options)
        child = f"{opened}{chosen}</{what}>"
        if what == "subscribe":
            child = f"{opened}</{what}><options>{chosen}</options>"
        await self._actor.asks("set", self._service, f"<pubsub xmlns='{PUBSUB}'>{child}</pubsub>")

    async def hears(self, last: str) -> list[str]:
        """What they are told: up to a last item, and whatever comes right behind it."""
        while last not in self.told:
            try:
                await self._actor.hears("pubsub_publish")
            except Unexpected:  # what is due is looked for no more often than somebody is patient
                await self._actor.hears("pubsub_publish")
        await self._actor.is_up_to_date()
        return self.told
