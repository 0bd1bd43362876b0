"""The real server less the sockets: engine, facades, router and store, and clients that speak XML.

A test reads like an example of a XEP: `await hamlet.sends("<iq…/>")`, then
`await hamlet.receives("<iq…/>")`. What is written must be in the stanza that comes; more may be.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from folkmoot.core import Core, running
from folkmoot.engine.decide import Stamp
from folkmoot.engine.services import Services
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.credentials import Credentials, Keys
from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, STANZAS
from folkmoot.xmpp.xml import Element, parse

if TYPE_CHECKING:
    from tests.hosted import Host

PATIENCE_SECONDS = 5.0
"""How long a test waits for a stanza that should come; it then fails."""

accounts_here = True
"""Whether a stage has the accounts, where nothing else is said; else `tests.hosted` has them."""

NO_KEYS = Credentials(b"", 1, Keys(b"", b""), Keys(b"", b""))
"""For accounts that only have to exist: a stage has no log-in."""

SERVICES = Services(
    domain=JID.parse("shakespeare.lit"),
    pubsub=JID.parse("pubsub.shakespeare.lit"),
    rooms=JID.parse("chat.shakespeare.lit"),
)


def element(xml: str) -> Element:
    """A stanza as a client writes it: `jabber:client` need not be said, but may be."""
    root = r"^\s*<(\w+)\b(?![^>]*\sxmlns=)"
    return parse(re.sub(root, rf"<\1 xmlns='{CLIENT}'", xml.strip(), count=1))


def holds(found: Element, wanted: Element) -> bool:
    """Whether all that is wanted is in what was found; children in the order they are written."""
    if (found.ns, found.name) != (wanted.ns, wanted.name):
        return False
    if any(found.get(attr) != value for attr, value in wanted.attrs.items()):
        return False
    if wanted.text.strip() and wanted.text.strip() != found.text.strip():
        return False
    rest = iter(found.elements)
    return all(any(holds(child, each) for child in rest) for each in wanted.elements)


@dataclass
class Line:
    """What a session writes to; a stanza a call."""

    framed: bool = False
    inbox: deque[Element] = field(default_factory=deque)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    ended: StreamError | None = None
    open: bool = True

    def send(self, data: bytes) -> None:
        """A stanza for the client."""
        self.takes(element(data.decode()))

    def takes(self, stanza: Element) -> None:
        """The same, once it is read."""
        self.inbox.append(stanza)
        self.came.set()

    def close(self, error: StreamError | None = None) -> None:
        """The server ends the stream."""
        self.ended, self.open = error, False


class Wire:
    """A link to another server, which a test plays. sent: what went over it."""

    def __init__(self, domain: JID = SERVICES.pubsub) -> None:
        self.domain = domain
        self.up = True
        self.sent: list[Element] = []

    def write(self, stanza: bytes) -> None:
        """A stanza for the other server."""
        self.sent.append(element(stanza.decode()))


class Client:
    """A client with a bound resource."""

    def __init__(self, stage: Stage, jid: JID) -> None:
        self.jid = jid
        self.line = Line()
        self._stage = stage
        self._pings = itertools.count()
        self._bind()

    def _bind(self) -> None:
        self._stage.core.router.bind(self.line, self.jid)

    def stanza(self, xml: str | Element) -> Element:
        """What is written, as the client's server knows it is from the client."""
        stanza = element(xml) if isinstance(xml, str) else xml
        stanza.attrs["from"] = str(self.jid)
        return stanza

    async def sends(self, xml: str | Element) -> None:
        """Send a stanza, and wait until the server has taken it."""
        stanza = self.stanza(xml)
        rest = self._stage.core.router.receive(self.jid, stanza)
        if rest is not None:
            await rest

    async def receives(self, xml: str) -> Element:
        """The next stanza, which has to hold what is written."""
        found = await self._next()
        wanted = element(xml)
        assert holds(found, wanted), f"{self.jid} wanted\n  {wanted}\nbut received\n  {found}"
        return found

    async def hears(self, xml: str) -> Element:
        """The first stanza to come that holds what is written; those before it are passed over."""
        wanted = element(xml)
        passed: list[Element] = []
        while True:
            try:
                found = await self._next()
            except TimeoutError:
                came = "".join(f"\n  {each}" for each in passed)
                raise AssertionError(
                    f"{self.jid} wanted\n  {wanted}\nbut heard only{came}"
                ) from None
            if holds(found, wanted):
                return found
            passed.append(found)

    async def receives_nothing(self) -> None:
        """Nothing has come, and nothing is on its way."""
        rest = await self.drains()
        assert not rest, f"{self.jid} received\n  {rest}"

    async def drains(self) -> list[Element]:
        """All that has come so far, or is on its way."""
        ping = f"drain-{next(self._pings)}"
        service = self._stage.core.engine.services.pubsub
        await self.sends(
            f"<iq type='get' id='{ping}' to='{service}'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
        came: list[Element] = []
        while (found := await self._next()).get("id") != ping:
            came.append(found)
        return came

    async def asks(self, xml: str, answer: str | None = None) -> Element:
        """Send an iq and give its answer; what else comes meanwhile stays to be received.

        answer: what has to be in it.
        """
        wanted = element(xml).get("id")
        await self.sends(xml)
        found = await self._answer_to(wanted)
        if answer is not None:
            assert holds(found, element(answer)), (
                f"wanted\n  {answer}\nbut the answer is\n  {found}"
            )
        return found

    async def refused(self, xml: str, *conditions: str, type: str | None = None) -> str:
        """Send an iq that is refused, with just these conditions in this order; gives the text."""
        answer = await self.asks(xml)
        error = answer.child(CLIENT, "error")
        assert error is not None, f"wanted {conditions} but the answer is\n  {answer}"
        found = [each.name for each in error.elements if each.name != "text"]
        assert found == list(conditions), f"wanted {conditions} but the answer is\n  {answer}"
        assert type in (None, error.get("type")), f"wanted {type} but the answer is\n  {answer}"
        text = error.child(STANZAS, "text")
        return "" if text is None else text.text

    async def _answer_to(self, wanted: str | None) -> Element:
        while True:
            for found in self.line.inbox:
                if (
                    found.name == "iq"
                    and found.get("id") == wanted
                    and found.get("type") in ("result", "error")
                ):
                    self.line.inbox.remove(found)
                    return found
            await self._wait()

    async def leaves(self) -> None:
        """The stream is lost."""
        await self._ends(in_peace=False)

    async def logs_out(self) -> None:
        """The stream is closed."""
        await self._ends(in_peace=True)

    async def _ends(self, *, in_peace: bool) -> None:
        self.line.open = False
        self._stage.core.router.lost(self.jid, in_peace=in_peace)
        await self._stage.core.router.idle()

    async def _next(self) -> Element:
        while not self.line.inbox:
            await self._wait()
        return self.line.inbox.popleft()

    async def _wait(self) -> None:
        self.line.came.clear()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.line.came.wait()


class Stage:
    """A running server and the clients on it."""

    def __init__(self, core: Core, store: SQLiteStore, clock: Clock) -> None:
        self.core = core
        self.store = store
        self.clock = clock
        self._host: Host | None = None
        if not core.engine.services.accounts:
            from tests.hosted import Host

            self._host = Host(self)

    async def account(self, jid: str) -> JID:
        """Make an account, if there is none yet."""
        bare = JID.parse(jid).bare
        if self._host is None and bare.domain == self.core.engine.services.domain.domain:
            await self.store.accounts.add(bare, NO_KEYS, at=0.0)
        return bare

    async def client(self, jid: str, *, available: bool = False) -> Client:
        """A client of an account, which is made if there is none yet.

        available: it has sent initial presence, and what came of that is passed over.
        """
        await self.account(jid)
        at = JID.parse(jid)
        client = Client(self, at) if self._host is None else self._host.client(at)
        if available:
            await client.sends("<presence/>")
            await client.drains()
        return client


class Clock:
    """Time that stands still until it is moved, and ids that count."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._ids = itertools.count(1)

    def __call__(self) -> Stamp:
        return Stamp(self.at, f"id{next(self._ids)}")


@asynccontextmanager
async def staged(
    services: Services = SERVICES,
    *,
    path: Path | None = None,
    clock: Clock | None = None,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """A server of its own for one test. changes: of `Services`, such as another `domain`.

    path: where it keeps what another after it finds, if it has the same clock.
    """
    changes = {"accounts": accounts_here} | changes
    made = replace(services, **changes)  # the fields' own types are checked where they are used
    store = await (SQLiteStore.ephemeral() if path is None else SQLiteStore.open(path))
    clock = clock or Clock(1_084_910_400.0)
    async with aclosing(store), running(store, made, clock) as core:
        yield Stage(core, store, clock)
