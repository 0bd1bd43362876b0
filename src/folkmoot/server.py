"""The server: what a configuration says, built, joined, and run until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import resource
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import structlog
from aiohttp import web

from folkmoot import settings
from folkmoot.abroad import schedule
from folkmoot.abroad.tending import Tending
from folkmoot.abroad.visit import Policy
from folkmoot.admin import Account, AdminError, Progress, StoreAdmin
from folkmoot.config import Address, Config, Strangers
from folkmoot.control import Answering, ControlServer
from folkmoot.core import Core, running
from folkmoot.engine.commands import Forget
from folkmoot.engine.model import PRESENCE_NODE, NodeId
from folkmoot.listeners.certificates import ensure_certificate
from folkmoot.listeners.component import ComponentLink
from folkmoot.listeners.connection import Connection
from folkmoot.listeners.reception import Reception
from folkmoot.listeners.tcp import TcpListener
from folkmoot.listeners.tls import load_tls
from folkmoot.listeners.web import WebListener, routes
from folkmoot.listeners.websocket import WebSockets
from folkmoot.lock import Hold, Holder, hold
from folkmoot.porter import Porter
from folkmoot.postmaster import Postmaster
from folkmoot.steward import Steward
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.streams.sasl import SALT_BYTES, InvalidPassword, derive
from folkmoot.xmpp.credentials import Credentials
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

RESOURCE_BYTES: Final = 9
"""How much chance is in a resource that the server chooses (RFC 6120 §7.6)."""

GC_THRESHOLD: Final = 50_000
"""Objects made before the collector looks: what a server makes by far the most of has no cycles."""

Ready = Callable[[Holder], None]

log = structlog.get_logger()


def run(config: Config, ready: Ready) -> int:
    """Run until SIGTERM or SIGINT; the exit status. ready: told what is listening, once all is.

    Raises Held where another process serves from the same data, AdminError where the secret of a
    component cannot be read.
    """
    with hold(config.server.data) as held:
        _allow_files()
        runner = asyncio.Runner(loop_factory=_loop_factory())
        with runner:
            return runner.run(_serve(config, held, ready))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop, where there is one: a TLS connection takes a tenth of the memory there."""
    if sys.platform != "linux":
        return None
    import uvloop

    return uvloop.new_event_loop


def _allow_files() -> None:
    """As many open files as the system lets us have: each client is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(config: Config, held: Hold, ready: Ready) -> int:
    link_settings = settings.links(config)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(aclosing(await SQLiteStore.open(config.database)))
        services = settings.services(config)
        core = await stack.enter_async_context(running(store, services))
        admin = ServerAdmin(core, store, config.server.domain)
        accounts = admin if config.server.accounts else AccountsElsewhere()
        links = [
            ComponentLink(core.router.elsewhere, each, random.random) for each in link_settings
        ]
        elsewhere = core.router.elsewhere
        answering = {
            **answerers(config, core, store),
            "link": Postmaster(services, links, elsewhere),
        }
        control = ControlServer(accounts, config.server.data, answering)
        path = await control.open()
        stack.push_async_callback(control.close)
        listening: Mapping[str, Address] = {}
        if config.server.accounts:
            listening = await _listen(config, Front(core, store, config), stack)
        holder = Holder(os.getpid(), domain=config.server.domain, listening=listening, control=path)
        held.tell(holder)
        await stack.enter_async_context(_outward(config, core, store, links))
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        ready(holder)
        log.info("ready", domain=config.server.domain)
        status = await _until(stop, core)
        await core.farewell()
        return status


def answerers(config: Config, core: Core, store: SQLiteStore) -> Mapping[str, Answering]:
    """Who answers what an operator asks, by what it is about."""
    steward = Steward(core.engine, store.abroad, config.space_templates)
    return {"space": steward, "room": Porter(core.engine)}


@asynccontextmanager
async def _outward(
    config: Config, core: Core, store: SQLiteStore, links: Iterable[ComponentLink]
) -> AsyncIterator[None]:
    """What goes on with other servers, until the block ends."""
    tending = Tending(
        core.engine,
        store.abroad,
        core.router.elsewhere.asking,
        now=time.time,
        chance=random.random,
        policy=Policy(remove_strangers=config.sync.strangers is Strangers.REMOVE),
        pace=schedule.Pace(config.sync.queries_per_second_max),
    )
    tasks = [asyncio.ensure_future(tending.run())]
    for link in links:
        core.router.elsewhere.links.add(link)
        tasks.append(asyncio.ensure_future(link.run()))
    try:
        yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.CLOSE_SECONDS_MAX):
                await core.router.idle()
                await core.engine.told()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until(stop: asyncio.Event, core: Core) -> int:
    """Wait to be told to stop, or for the store to fail for good."""
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait((stopping, core.keeping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if core.keeping.done():
        log.error("the store is gone, and so is the server", exc_info=core.keeping.exception())
        return 1
    log.info("stopping")
    return 0


async def _listen(config: Config, front: Front, stack: AsyncExitStack) -> dict[str, Address]:
    """Open every door the configuration has; they close first when all ends."""
    files = config.tls_files
    if files.own:
        ensure_certificate(files.certificate, files.key, config.server.domain, datetime.now(UTC))
    tls = load_tls(files.certificate, files.key)
    reception = Reception(front, settings.streams(config), settings.listeners(config))
    websockets = WebSockets(reception)
    application = web.Application()
    application.add_routes(routes(reception, websockets))
    doors: tuple[tuple[str, Address | None, TcpListener | WebListener], ...] = (
        ("tcp", config.listen.tcp, TcpListener(reception, tls)),
        ("tls_direct", config.listen.tls_direct, TcpListener(reception, tls, direct=True)),
        ("http", config.listen.http, WebListener(application, websockets)),
    )
    listening: dict[str, Address] = {}
    for name, address, door in doors:
        if address is not None:
            try:
                await door.open(None if address.host == "*" else address.host, address.port)
            except OSError as error:
                raise CannotListen(name, address, error) from error
            stack.push_async_callback(door.close, StreamError("system-shutdown"))
            listening[name] = Address(address.host, door.addresses[0][1])
    return listening


class CannotListen(OSError):
    """A door cannot be opened; the text says which, why, and what to do."""

    def __init__(self, name: str, address: Address, error: OSError) -> None:
        why = os.strerror(error.errno) if error.errno else str(error)
        flag = "--" + name.replace("_", "-")
        super().__init__(
            f"cannot listen on {address}: {why}. Stop what listens there, "
            f"or choose another address: {flag} HOST:PORT, or {flag} off"
        )


class Front:
    """The host the listeners let clients in to: accounts of the store, sessions of the router."""

    def __init__(self, core: Core, store: SQLiteStore, config: Config) -> None:
        self._router = core.router
        self._store = store
        self._domain = config.server.domain

    def _account(self, local: str) -> JID:
        return JID.parse(f"{local}@{self._domain}")

    async def credentials(self, local: str) -> Credentials | None:
        """What the account keeps to check a log-in."""
        return await self._store.accounts.credentials(self._account(local))

    async def register(self, local: str, password: str) -> None:
        """Make an account from within a client (XEP-0077 §3.1)."""
        try:
            keys = await asyncio.to_thread(derive, password, secrets.token_bytes(SALT_BYTES))
        except InvalidPassword as error:
            raise StanzaError("not-acceptable", str(error)) from error
        now = datetime.now(UTC).timestamp()
        if not await self._store.accounts.add(self._account(local), keys, now):
            raise StanzaError("conflict", "this name is taken")

    def bind(self, connection: Connection, account: JID, resource: str | None) -> JID:
        """Begin a session; the server chooses a resource where the client does not."""
        jid = account.with_resource(resource or secrets.token_urlsafe(RESOURCE_BYTES))
        self._router.bind(connection, jid)
        return jid

    def receive(self, jid: JID, stanza: Element) -> Awaitable[None] | None:
        """A stanza of a session."""
        return self._router.receive(jid, stanza)

    def lost(self, jid: JID, error: StreamError | None, *, in_peace: bool) -> None:
        """A session is over."""
        self._router.lost(jid, in_peace=in_peace)


class AccountsElsewhere:
    """What the command line asks of a component, which has no accounts."""

    def add_users(self, users: Iterable[tuple[JID, str]]) -> AsyncIterator[Progress]:
        """Raises AdminError."""
        raise self._refusal

    async def set_password(self, jid: JID, password: str) -> None:
        """Raises AdminError."""
        raise self._refusal

    async def delete_user(self, jid: JID) -> None:
        """Raises AdminError."""
        raise self._refusal

    async def users(self, prefix: str = "") -> Sequence[Account]:
        """Raises AdminError."""
        raise self._refusal

    @property
    def _refusal(self) -> AdminError:
        return AdminError(
            "accounts are those of the server that this is a component of: ask that one"
        )


class ServerAdmin:
    """What the command line asks of a running server."""

    def __init__(self, core: Core, store: SQLiteStore, domain: str) -> None:
        self._core = core
        self._accounts = StoreAdmin(store.accounts, domain)

    def add_users(self, users: Iterable[tuple[JID, str]]) -> AsyncIterator[Progress]:
        """Make accounts."""
        return self._accounts.add_users(users)

    async def set_password(self, jid: JID, password: str) -> None:
        """Give an account a new password; who is logged in stays so."""
        await self._accounts.set_password(jid, password)

    async def delete_user(self, jid: JID) -> None:
        """Delete an account, its sessions and all that was its own."""
        await self._accounts.delete_user(jid)
        for session in list(self._core.router.sessions.of(jid)):
            session.connection.close(StreamError("not-authorized", "this account was deleted"))
        await self._core.router.idle()
        await self._core.engine.run(Forget(actor=jid, node=NodeId(jid, PRESENCE_NODE)))
        await self._core.engine.settled()

    async def users(self, prefix: str = "") -> Sequence[Account]:
        """The accounts there are."""
        return await self._accounts.users(prefix)
