"""Movim's rooms in a space through Prosody and ejabberd: the tests of tests/facades, on tour."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.facades import test_movim_rooms
from tests.facades.movim import NEW
from tests.hosts.annex import Annex
from tests.hosts.test_movim import toured
from tests.hosts.tour import Tour
from tests.stage import Client

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def host(annex: Annex) -> Tour:
    """Accounts of the host, spaces and rooms of its component."""
    return toured(annex)


@pytest_asyncio.fixture(loop_scope="session")
async def me(host: Tour) -> Client:
    """The owner of a space with a room in it."""
    return await test_movim_rooms.with_room(host)


@pytest_asyncio.fixture(loop_scope="session")
async def new(host: Tour) -> Client:
    """Somebody who has the key."""
    return await host.client(NEW, available=True)


globals().update(
    {name: each for name, each in vars(test_movim_rooms).items() if name[:5] == "test_"}
)
