"""Reaching accounts and spaces: of the server that runs on a data directory, or of its store."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from folkmoot.admin import Admin, AdminError, StoreAdmin
from folkmoot.config import Config
from folkmoot.control import RemoteAdmin
from folkmoot.lock import Held, hold
from folkmoot.stores.accounts import Accounts
from folkmoot.stores.database import Database

if TYPE_CHECKING:
    from folkmoot.steward import Steward

START_SECONDS = 5.0
"""How long a server may take to start, or another command to end, before this one gives up."""
_PAUSE_SECONDS = 0.05


@asynccontextmanager
async def reach_accounts(
    config: Config, domain: str | None, *, create: bool = False
) -> AsyncIterator[Admin]:
    """The Admin of the running server, or of the store, which is then held until the block ends.

    domain: where accounts may be made while no server says so; None for any.
    create: whether to make the data directory if it is not there.
    Raises AdminError if another program keeps the data directory to itself, CannotOpen.
    """
    data = config.server.data
    if not create and not data.is_dir():
        raise AdminError(f"there is no directory {data}: name the server's with --data or --config")
    with ExitStack() as stack:
        server = await _server(config, stack)
        if server is not None:
            yield server
            return
        database = Database.open(config.database)
        try:
            yield StoreAdmin(Accounts(database), domain)
        finally:
            await database.aclose()


@asynccontextmanager
async def reach_server(config: Config) -> AsyncIterator[RemoteAdmin | None]:
    """The running server; None if there is none, and the data directory is held meanwhile.

    Raises AdminError as `reach_accounts` does.
    """
    data = config.server.data
    if not data.is_dir():
        raise AdminError(f"there is no directory {data}: name the server's with --data or --config")
    with ExitStack() as stack:
        yield await _server(config, stack)


class Spaces(Protocol):
    """What can be asked about spaces, as `RemoteAdmin` is; in parts, too."""

    async def space(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
        """See `Steward.ask`."""
        ...

    def stream(
        self, verb: str, arguments: Mapping[str, str], parts: Iterable[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """See `Steward.stream`."""
        ...


@asynccontextmanager
async def reach_spaces(config: Config) -> AsyncIterator[Spaces]:
    """The spaces of the running server, or of its data, which are then held until the block ends.

    Raises AdminError as `reach_accounts` does.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(reach_server(config))
        if server is not None:
            yield server
            return
        # The server brings in everything; asking one that runs need not wait for it.
        from folkmoot.core import running
        from folkmoot.server import services
        from folkmoot.steward import Steward
        from folkmoot.stores.sqlite import SQLiteStore

        store = await stack.enter_async_context(aclosing(await SQLiteStore.open(config.database)))
        core = await stack.enter_async_context(running(store, services(config)))
        yield _Here(Steward(core.engine, config.space_templates))


class _Here:
    """The spaces of this process."""

    def __init__(self, steward: "Steward") -> None:
        self._steward = steward

    async def space(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
        return await self._steward.ask(verb, arguments)

    async def stream(
        self, verb: str, arguments: Mapping[str, str], parts: Iterable[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        async def coming() -> AsyncIterator[Mapping[str, Any]]:
            for part in parts:
                yield part

        async with aclosing(self._steward.stream(verb, arguments, coming())) as answers:
            async for answer in answers:
                yield answer


async def _server(config: Config, stack: ExitStack) -> RemoteAdmin | None:
    """The running server; None if there is none, and the data directory is now ours."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            stack.enter_context(hold(config.server.data, patience_seconds=0))
        except Held as held:
            if held.holder and held.holder.control:
                return RemoteAdmin(held.holder.control)
            if time.monotonic() >= until:
                raise AdminError(f"{held}, or try again when it is done") from None
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return None
