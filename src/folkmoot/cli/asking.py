"""Asking about spaces: the running server, or its data directory while none runs."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from folkmoot.cli.reach import reach_server
from folkmoot.config import Config


def ask(config: Config, verb: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
    """What the steward of the running server says, or one for the data directory."""

    async def within() -> Mapping[str, Any]:
        async with reach_server(config) as server:
            if server is not None:
                return await server.space(verb, arguments)
            # The server brings in everything; asking one that runs need not wait for it.
            from folkmoot.core import running
            from folkmoot.server import services
            from folkmoot.steward import Steward
            from folkmoot.stores.sqlite import SQLiteStore

            async with (
                aclosing(await SQLiteStore.open(config.database)) as store,
                running(store, services(config)) as core,
            ):
                return await Steward(core.engine, store.abroad).ask(verb, arguments)

    return asyncio.run(within())
