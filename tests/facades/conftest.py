"""What the tests of several facades start from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.jid import JID
from tests.facades.megacorp import LEAD, SERVICE, USER
from tests.stage import Client, Stage, staged


@pytest.fixture
async def megacorp() -> AsyncIterator[Stage]:
    """The domains of XEP-0503's examples; only who leads may make spaces."""
    async with staged(
        domain=JID.parse("megacorp.example.com"),
        pubsub=JID.parse(SERVICE),
        rooms=JID.parse("conference.megacorp.example.com"),
        node_creators=frozenset({JID.parse(LEAD)}),
    ) as stage:
        yield stage


@pytest.fixture
async def user(megacorp: Stage) -> Client:
    """The XEP's own Emacs user."""
    return await megacorp.client(f"{USER}/cool-client", available=True)
