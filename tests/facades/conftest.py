"""What the tests of several facades start from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.jid import JID
from tests.facades.megacorp import SERVICE
from tests.stage import Stage, staged


@pytest.fixture
async def megacorp() -> AsyncIterator[Stage]:
    """The domains of XEP-0503's examples."""
    async with staged(
        domain=JID.parse("megacorp.example.com"),
        pubsub=JID.parse(SERVICE),
        rooms=JID.parse("conference.megacorp.example.com"),
    ) as stage:
        yield stage
