"""Another server, three witches of its, and the room of ours that they are in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import error_reply, reply
from folkmoot.xmpp.xml import Element
from tests.stage import PATIENCE_SECONDS, SERVICES, Stage, Wire, element, staged

ROOM = "coven@chat.shakespeare.lit"
MUC = "http://jabber.org/protocol/muc"
ROOMS = SERVICES.rooms
WITCHES = ("firstwitch", "secondwitch", "thirdwitch")


class Host(Wire):
    """Another server's end of the rooms' link, with three witches in a room.

    says: what it answers to a question for somebody, None: nothing. echoes: what it makes of a
    stanza of the service to itself.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(ROOMS)
        self.stage = stage
        self.says: Callable[[JID, Element], Element | None] = lambda jid, iq: reply(iq)
        self.echoes: Callable[[Element], Element | None] = lambda stanza: stanza
        self.came = asyncio.Event()
        stage.core.router.elsewhere.links.add(self)

    def write(self, stanza: bytes) -> None:
        super().write(stanza)
        self.came.set()
        asked = self.sent[-1]
        if asked.name == "iq" and asked.get("type") == "get":
            to = JID.parse(asked.get("to", ""))
            answer = self.echoes(asked) if to == ROOMS else self.says(to, asked)
            if answer is not None:
                asyncio.get_running_loop().call_soon(
                    self.stage.core.router.elsewhere.arrived, self, answer
                )

    async def brings(self, nick: str, xml: str) -> None:
        """A stanza of one of them."""
        stanza = element(xml)
        stanza.attrs["from"] = str(witch(nick))
        self.stage.core.router.elsewhere.arrived(self, stanza)
        await self.stage.core.router.idle()
        await self.stage.core.engine.told()

    async def gather(self) -> None:
        """They enter the room, which the first makes."""
        form = "<x xmlns='jabber:x:data' type='submit'/>"
        for nick in WITCHES:
            await self.brings(nick, f"<presence to='{ROOM}/{nick}'><x xmlns='{MUC}'/></presence>")
            if nick == WITCHES[0]:
                await self.brings(
                    nick,
                    f"<iq type='set' id='c' to='{ROOM}'><query xmlns='{MUC}#owner'>{form}</query>"
                    "</iq>",
                )
        self.sent.clear()

    async def attaches(self) -> None:
        """The link comes up, and all that follows from it is done."""
        self.sent.clear()
        self.stage.core.router.elsewhere.attached(self)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.stage.core.router.idle()
        await self.stage.core.engine.told()

    async def hears(self, wanted: Callable[[Element], bool], times: int = 1) -> None:
        """Wait until so many stanzas of a kind have come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while sum(map(wanted, self.sent)) < times:
                self.came.clear()
                await self.came.wait()

    def gone(self) -> list[tuple[str | None, str | None]]:
        """Who was told of whose going, since the link came up."""
        return [
            (each.get("to"), each.get("from"))
            for each in self.sent
            if each.name == "presence" and each.get("type") == "unavailable"
        ]

    def occupants(self) -> list[JID]:
        """Who is in the room."""
        ((_, record),) = ((each.id, each) for each in self.stage.core.engine.nodes)
        return [jid for jid in record.subscriptions if jid.resource]


def witch(nick: str) -> JID:
    """Her address, which says her nick."""
    return JID.parse(f"{nick}@verona.lit/heath")


def refusal(condition: str) -> Callable[[JID, Element], Element | None]:
    """What is answered for the third witch; the others answer pings."""

    def says(jid: JID, iq: Element) -> Element | None:
        if jid != witch("thirdwitch"):
            return reply(iq)
        return error_reply(iq, StanzaError(condition))

    return says


@asynccontextmanager
async def gathered() -> AsyncIterator[Host]:
    """They are in the room."""
    async with staged(room_creators=frozenset({witch(WITCHES[0]).bare})) as stage:
        made = Host(stage)
        await made.gather()
        yield made
