"""Our side of a link: spaces as a component, and people of the other server who use them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Final

import slixmpp

from folkmoot.abroad.schedule import Pace
from folkmoot.abroad.tending import Tending
from folkmoot.abroad.visit import Policy
from folkmoot.client import log_in
from folkmoot.core import Core, running
from folkmoot.demo.actor import Actor as Guest
from folkmoot.engine.services import Services
from folkmoot.facades.muc.ns import ADMIN, OWNER
from folkmoot.listeners.component import ComponentLink, LinkSettings
from folkmoot.steward import Steward
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.clients.actors import PATIENCE_SECONDS, Actor
from tests.hosts.host import DOMAIN, OUR_ROOMS, PASSWORD, ROOMS, SECRET, SPACES, Host

PUBSUB: Final = "http://jabber.org/protocol/pubsub"
PATIENTLY_SECONDS: Final = 40.0
"""How long something may take that is done in the background."""

QUERIES_PER_SECOND: Final = 200
OUTSIDE: Final = JID.parse(SPACES)
"""Our service in most of these tests: no domain below the host's."""


Ask = Callable[[str, Mapping[str, str]], Awaitable[Mapping[str, Any]]]
"""What the command line asks of spaces."""


class Folk:
    """Spaces of ours, and the people of a host.

    ask: the steward. service: ours. space: a key of its own for each test. room: the same.
    """

    def __init__(self, host: Host, ask: Ask, name: str, service: JID = OUTSIDE) -> None:
        self.host = host
        self.ask = ask
        self.service = service
        self.space = f"space-{name}"
        self.room = JID.parse(f"orchard-{name}@{ROOMS}")
        self._actors: dict[str, Actor] = {}

    async def actor(self, name: str) -> Actor:
        """Somebody who is logged in at the host."""
        if name not in self._actors:
            jid = person(name).with_resource("home")
            actor = Actor(jid, PASSWORD, self.host.certificate)
            await enter(self.host, actor)
            self._actors[name] = actor
        return self._actors[name]

    async def leave(self) -> None:
        """Everybody logs out."""
        for actor in self._actors.values():
            await actor.leaves()

    async def makes_room(self, **rows: str) -> None:
        """The nurse's room, and who has what in it besides; `service` and `deputy` are ours."""
        nurse = await self.actor("nurse")
        await nurse.enters(self.room, "Nurse")
        form = (
            f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
            "<field var='muc#roomconfig_persistentroom'><value>1</value></field>"
            "<field var='muc#roomconfig_membersonly'><value>1</value></field></x></query>"
        )
        await nurse.asks("set", self.room, form)
        for name, affiliation in rows.items():
            await self.sets(name, affiliation)

    async def describes(self, text: str) -> None:
        """The nurse says what her room is about."""
        form = (
            f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
            "<field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
            f"<field var='muc#roomconfig_roomdesc'><value>{text}</value></field></x></query>"
        )
        await (await self.actor("nurse")).asks("set", self.room, form)

    async def sets(self, name: str, affiliation: str) -> None:
        """The nurse gives somebody an affiliation in her room."""
        jid = {"service": self.service, "deputy": f"sync@{self.service}"}.get(name, person(name))
        nurse = await self.actor("nurse")
        await nurse.asks(
            "set",
            self.room,
            f"<query xmlns='{ADMIN}'><item jid='{jid}' affiliation='{affiliation}'/></query>",
        )

    async def makes_space(self, by: str = "nurse", **rows: str) -> None:
        """A space of somebody's, at our service, and who is what in it."""
        owner = await self.actor(by)
        form = (
            "<configure><x xmlns='jabber:x:data' type='submit'><field var='pubsub#type'>"
            "<value>urn:xmpp:spaces:0</value></field></x></configure>"
        )
        xml = f"<pubsub xmlns='{PUBSUB}'><create node='{self.space}'/>{form}</pubsub>"
        await owner.asks("set", self.service, xml)
        if rows:
            await self.puts(by, **rows)

    async def puts(self, by: str = "nurse", **rows: str) -> None:
        """An owner of the space says what people are in it."""
        told = "".join(
            f"<affiliation jid='{person(name)}' affiliation='{row}'/>" for name, row in rows.items()
        )
        await (await self.actor(by)).asks(
            "set",
            self.service,
            f"<pubsub xmlns='{PUBSUB}#owner'><affiliations node='{self.space}'>{told}"
            "</affiliations></pubsub>",
        )

    async def waits_for_link(self) -> None:
        """Until the host knows our service."""
        nurse = await self.actor("nurse")

        async def found() -> bool:
            try:
                await nurse.asks("get", self.service, "<ping xmlns='urn:xmpp:ping'/>")
            except (IqError, slixmpp.exceptions.IqTimeout):
                return False
            return True

        await self.until(found, bool)

    async def lists(self, by: str = "nurse") -> None:
        """The space lists the room."""
        await (await self.actor(by)).asks(
            "set",
            self.service,
            f"<pubsub xmlns='{PUBSUB}'><publish node='{self.space}'><item id='{self.room}'>"
            "<conference xmlns='urn:xmpp:bookmarks:1' name='Orchard'/></item></publish></pubsub>",
        )

    async def unlists(self) -> None:
        """And no longer."""
        await (await self.actor("nurse")).asks(
            "set",
            self.service,
            f"<pubsub xmlns='{PUBSUB}'><retract node='{self.space}'><item id='{self.room}'/>"
            "</retract></pubsub>",
        )

    async def has(self) -> Mapping[str, str]:
        """Who has what in the room, as its host says it to the nurse; neither she nor we."""
        nurse, found = await self.actor("nurse"), {}
        for affiliation in ("owner", "admin", "member", "outcast"):
            answer = await nurse.asks(
                "get",
                self.room,
                f"<query xmlns='{ADMIN}'><item affiliation='{affiliation}'/></query>",
            )
            for item in answer.xml.iter(f"{{{ADMIN}}}item"):
                found[item.get("jid").partition("@")[0]] = affiliation
        for each in ("nurse", str(self.service), "sync"):
            found.pop(each, None)
        return found

    async def comes_to(self, **rows: str) -> None:
        """In the end just these people have something in the room, besides the nurse and us."""
        await self.until(self.has, lambda found: found == rows)

    async def state(self) -> Mapping[str, Any]:
        """What `folkmoot space sync` says of the room."""
        told = await self.ask("sync", {"key": self.space})
        return next((each for each in told["rooms"] if each["room"] == str(self.room)), {})

    async def retries(self, state: str) -> Mapping[str, Any]:
        """The same, once all is tried again at once."""
        await self.ask("sync", {"key": self.space, "now": "yes"})
        return await self.is_in(state)

    async def is_in(self, state: str) -> Mapping[str, Any]:
        """The room comes to be in line, waiting or failing; "" once nothing is known of it."""
        found: Mapping[str, Any] = await self.until(
            self.state, lambda found: found.get("state", "") == state
        )
        return found

    async def until(self, ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
        """Ask again and again, each time over the wire, until the answer is as wanted."""
        found: Any = None
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENTLY_SECONDS):
                while not wanted(found := await ask()):
                    nurse = await self.actor("nurse")
                    await nurse.is_up_to_date()
                return found
        raise AssertionError(f"it stays {found}; the host says {await self.state()}")


async def enter(host: Host, actor: Guest, *, available: bool = True) -> None:
    """Log somebody in at a host. available: whether they have sent their presence."""
    await log_in(actor.xmpp, "127.0.0.1", host.clients, direct_tls=False)
    if available:
        await actor.appear()


def person(name: str) -> JID:
    """Somebody's account at the host."""
    return JID.parse(f"{name}@{DOMAIN}")


@asynccontextmanager
async def attached(
    host: Host, store: SQLiteStore, *, policy: Policy | None = None
) -> AsyncIterator[Core]:
    """Spaces as a component of a host, which has taken them in."""
    makers = frozenset({person("nurse"), person("paris")})
    services = Services(
        domain=JID.parse("folk.lit"),
        pubsub=OUTSIDE,
        rooms=JID.parse(OUR_ROOMS),
        node_creators=makers,
        room_creators=makers,
    )
    async with running(store, services) as core:
        asking = core.router.elsewhere.asking
        tending = Tending(
            core.engine,
            store.abroad,
            asking,
            now=time.time,
            chance=random.random,
            policy=policy or Policy(),
            pace=Pace(QUERIES_PER_SECOND),
        )
        home = Home(core)
        settings = LinkSettings(OUTSIDE, "127.0.0.1", host.components, SECRET)
        link = ComponentLink(home, settings, random.random)
        core.router.elsewhere.links.add(link)
        tasks = [asyncio.ensure_future(each.run()) for each in (link, tending)]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await home.up.wait()
            yield core
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Home:
    """The router, and whether its link is up."""

    def __init__(self, core: Core) -> None:
        self._router = core.router
        self.up = asyncio.Event()

    def attached(self, link: ComponentLink) -> None:
        self._router.elsewhere.attached(link)
        self.up.set()

    def detached(self, link: ComponentLink) -> None:
        self._router.elsewhere.detached(link)
        self.up.clear()

    def arrived(self, link: ComponentLink, stanza: Element) -> None:
        self._router.elsewhere.arrived(link, stanza)


@asynccontextmanager
async def folk(host: Host, name: str, policy: Policy | None = None) -> AsyncIterator[Folk]:
    """Spaces of ours at a host, from an empty store."""
    async with (
        aclosing(await SQLiteStore.ephemeral()) as store,
        attached(host, store, policy=policy) as core,
    ):
        found = Folk(host, Steward(core.engine, store.abroad).ask, name)
        try:
            yield found
        finally:
            await found.leave()


IqError = slixmpp.exceptions.IqError
