"""Servers in processes of their own, and real clients of another project on them.

All tests here run on one loop, so that they can share a server: their modules say so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from folkmoot.demo.child import Child
from folkmoot.lock import Holder
from tests.clients.town import Town

Served = tuple[Child, Holder]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server that runs for all tests of this folder that do not end it."""
    async with Child(tmp_path_factory.mktemp("data")) as child:
        yield child, await child.start()


@pytest_asyncio.fixture(loop_scope="session")
async def town(served: Served) -> AsyncIterator[Town]:
    """The server that all share, with people of one's own."""
    town = Town(*served)
    yield town
    await town.empties()


@pytest_asyncio.fixture(loop_scope="session")
async def own_town(tmp_path: Path) -> AsyncIterator[Town]:
    """A server of one's own, to do with as one likes."""
    town = await Town.founded(tmp_path / "data")
    yield town
    await town.falls()
