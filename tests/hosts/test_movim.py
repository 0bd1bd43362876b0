"""Movim's Space flows through Prosody and ejabberd: tests/facades/test_movim.py, on tour."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from folkmoot.demo.cast import random_key
from tests.facades import test_movim
from tests.facades.movim import KEY, NEW, ROOM, with_space
from tests.hosts.annex import Annex
from tests.hosts.tour import Tour
from tests.stage import Client

pytestmark = pytest.mark.asyncio(loop_scope="session")


def toured(annex: Annex) -> Tour:
    """Movim's domains, its key and its room."""
    once = {KEY: random_key(), ROOM.partition("@")[0]: str(uuid.uuid4())}
    return Tour(annex, "host", "conference.host", once)


@pytest.fixture
def host(annex: Annex) -> Tour:
    """Accounts of the host, spaces and rooms of its component."""
    return toured(annex)


@pytest_asyncio.fixture(loop_scope="session")
async def me(host: Tour) -> Client:
    """The owner of a space."""
    return await with_space(host)


@pytest_asyncio.fixture(loop_scope="session")
async def new(host: Tour) -> Client:
    """Somebody who has the key."""
    return await host.client(NEW, available=True)


globals().update({name: each for name, each in vars(test_movim).items() if name[:5] == "test_"})
