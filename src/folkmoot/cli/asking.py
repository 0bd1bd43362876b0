"""Asking about spaces and rooms: the running server, or its data directory while none runs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol

from folkmoot.cli.reach import reach_server
from folkmoot.config import Config
from folkmoot.control import Answering, Message, streaming


class Asked(Protocol):
    """Whom to ask, as `RemoteAdmin` is. subject: `space` or `room`."""

    async def ask(self, subject: str, verb: str, arguments: Mapping[str, str]) -> Message:
        """See `Steward.ask` and `Porter.ask`."""
        ...

    def stream(
        self, subject: str, verb: str, arguments: Mapping[str, str], parts: Iterable[Message] = ()
    ) -> AsyncGenerator[Message, None]:
        """See `Steward.stream`."""
        ...


def ask(
    config: Config, verb: str, arguments: Mapping[str, str], *, subject: str = "space"
) -> Mapping[str, Any]:
    """What the running server says, or an engine on its data. Raises AdminError."""

    async def within() -> Message:
        async with reach(config) as asked:
            return await asked.ask(subject, verb, arguments)

    return asyncio.run(within())


@asynccontextmanager
async def reach(config: Config) -> AsyncIterator[Asked]:
    """The running server, or its data, which are then held until the block ends.

    Raises AdminError as `reach_server` does.
    """
    async with reach_server(config) as server:
        if server is not None:
            yield server
            return
        # The server brings in everything; asking one that runs need not wait for it.
        from folkmoot.core import running
        from folkmoot.server import answerers
        from folkmoot.settings import services
        from folkmoot.stores.sqlite import SQLiteStore

        async with (
            aclosing(await SQLiteStore.open(config.database)) as store,
            running(store, services(config)) as core,
        ):
            yield _Here(answerers(config, core, store))


class _Here:
    """The engine of this process."""

    def __init__(self, answerers: Mapping[str, Answering]) -> None:
        self._answerers = answerers

    async def ask(self, subject: str, verb: str, arguments: Mapping[str, str]) -> Message:
        return await self._answerers[subject].ask(verb, arguments)

    async def stream(
        self, subject: str, verb: str, arguments: Mapping[str, str], parts: Iterable[Message] = ()
    ) -> AsyncGenerator[Message, None]:
        async def coming() -> AsyncIterator[Message]:
            for part in parts:
                yield part

        answerer = streaming(self._answerers[subject])
        async with aclosing(answerer.stream(verb, arguments, coming())) as answers:
            async for answer in answers:
                yield answer
