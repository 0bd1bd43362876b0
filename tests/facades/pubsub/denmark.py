"""Who plays in XEP-0060's examples, and what they say again and again."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from folkmoot.core import running
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID
from tests.stage import SERVICES, Client, Clock, Stage, staged

PUBSUB = "http://jabber.org/protocol/pubsub"
OWNER = PUBSUB + "#owner"
EVENT = PUBSUB + "#event"

FRANCISCO = "francisco@denmark.lit/barracks"
BERNARDO = "bernardo@denmark.lit/battlements"
HORATIO = "horatio@denmark.lit/watch"
POLONIUS = "polonius@denmark.lit/arras"
GERTRUDE = "gertrude@denmark.lit/closet"

GET_CONFIGURATION = """
    <iq type='get' from='hamlet@denmark.lit/elsinore' to='pubsub.shakespeare.lit' id='config1'>
      <pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>
        <configure node='princely_musings'/>
      </pubsub>
    </iq>"""
SOLILOQUY = """
    <entry xmlns='http://www.w3.org/2005/Atom'>
      <title>Soliloquy</title>
      <summary>
To be, or not to be: that is the question:
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune,
Or to take arms against a sea of troubles,
And by opposing end them?
      </summary>
      <link rel='alternate' type='text/html'
            href='http://denmark.lit/2003/12/13/atom03'/>
      <id>tag:denmark.lit,2003:entry-32397</id>
      <published>2003-12-13T18:30:02Z</published>
      <updated>2003-12-13T18:30:02Z</updated>
    </entry>"""


def publish(*items: str) -> str:
    """A `<publish/>` of several items, by id."""
    told = "".join(f"<item id='{each}'><entry xmlns='x'/></item>" for each in items)
    return f"<publish node='princely_musings'>{told}</publish>"


def fields(**values: str | tuple[str, ...]) -> str:
    """A submitted form of `pubsub#` fields, without a FORM_TYPE."""
    told = "".join(
        f"<field var='pubsub#{name}'>"
        + "".join(
            f"<value>{value}</value>" for value in ((said,) if isinstance(said, str) else said)
        )
        + "</field>"
        for name, said in values.items()
    )
    return f"<x xmlns='jabber:x:data' type='submit'>{told}</x>"


async def told(client: Client) -> list[str]:
    """What `<items/>` notifications have come to a client: ids, a retracted one with `-`."""
    found = []
    for message in await client.drains():
        event = message.elements[0]
        for items in event.elements:
            for each in items.elements:
                sign = "-" if each.name == "retract" else ""
                found.append(sign + each.get("id", ""))
    return found


@dataclass
class Denmark:
    """The stage, and its prince, who owns `princely_musings` once it is made."""

    stage: Stage
    hamlet: Client
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    async def client(self, jid: str) -> Client:
        """Somebody who is online."""
        return await self.stage.client(jid, available=True)

    def iq(
        self, type: str, child: str, ns: str = PUBSUB, to: str = "pubsub.shakespeare.lit"
    ) -> str:
        """A request, with an id of its own."""
        return (
            f"<iq type='{type}' to='{to}' id='ask{next(self._ids)}'>"
            f"<pubsub xmlns='{ns}'>{child}</pubsub></iq>"
        )

    async def makes(self, node: str = "princely_musings", **config: str) -> None:
        """Hamlet makes a node."""
        form = f"<configure>{fields(**config)}</configure>" if config else ""
        await self.hamlet.asks(
            self.iq("set", f"<create node='{node}'/>{form}"), "<iq type='result'/>"
        )

    async def configures(self, node: str = "princely_musings", **config: str) -> None:
        """Hamlet configures a node."""
        child = f"<configure node='{node}'>{fields(**config)}</configure>"
        await self.hamlet.asks(self.iq("set", child, OWNER), "<iq type='result'/>")

    async def publishes(self, *ids: str, node: str = "princely_musings") -> None:
        """Hamlet publishes items, one after the other."""
        for each in ids:
            item = f"<publish node='{node}'><item id='{each}'><entry xmlns='x'/></item></publish>"
            await self.hamlet.asks(self.iq("set", item), "<iq type='result'/>")

    async def subscribed(self, jid: str, node: str = "princely_musings") -> Client:
        """Somebody online who subscribes with their bare JID, and is let in or waits."""
        client = await self.client(jid)
        child = f"<subscribe node='{node}' jid='{client.jid.bare}'/>"
        await client.asks(self.iq("set", child), "<iq type='result'/>")
        return client

    async def affiliates(self, jid: str, affiliation: str, node: str = "princely_musings") -> None:
        """Hamlet sets an affiliation."""
        row = f"<affiliation jid='{jid}' affiliation='{affiliation}'/>"
        child = f"<affiliations node='{node}'>{row}</affiliations>"
        await self.hamlet.asks(self.iq("set", child, OWNER), "<iq type='result'/>")

    async def items(self, client: Client, node: str = "princely_musings") -> list[str]:
        """The ids of the items that somebody retrieves."""
        answer = await client.asks(self.iq("get", f"<items node='{node}'/>"), "<iq type='result'/>")
        return [
            item.get("id", "")
            for pubsub in answer.elements
            for items in pubsub.childs(PUBSUB, "items")
            for item in items.elements
        ]


async def configuration(denmark: Denmark, request: str = GET_CONFIGURATION) -> dict[str, list[str]]:
    """The fields of a form that Hamlet asks for."""
    answer = await denmark.hamlet.asks(request, "<iq type='result'/>")
    form = answer.elements[0].elements[0].child(DATA, "x")
    assert form is not None
    return {
        field.get("var", ""): [value.text for value in field.childs(DATA, "value")]
        for field in form.elements
    }


@asynccontextmanager
async def kept(path: Path, clock: Clock) -> AsyncIterator[Denmark]:
    """A stage on a file, which the next one on it finds as this one leaves it."""
    services = replace(SERVICES, domain=JID.parse("denmark.lit"))
    async with (
        aclosing(await SQLiteStore.open(path)) as store,
        running(store, services, clock) as core,
    ):
        stage = Stage(core, store, clock)
        yield Denmark(stage, await stage.client("hamlet@denmark.lit/elsinore", available=True))


@asynccontextmanager
async def acted(**changes: Any) -> AsyncIterator[Denmark]:
    """A stage with Hamlet on it. changes: of `Services`, such as a limit to be reached."""
    async with staged(domain=JID.parse("denmark.lit"), **changes) as stage:
        yield Denmark(stage, await stage.client("hamlet@denmark.lit/elsinore", available=True))
