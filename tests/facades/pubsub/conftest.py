"""The stage of XEP-0060's own examples."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.jid import JID
from tests.facades.pubsub.denmark import Denmark
from tests.stage import staged


@pytest.fixture
async def denmark() -> AsyncIterator[Denmark]:
    """Accounts at `denmark.lit`, pubsub at `pubsub.shakespeare.lit`, Hamlet logged in."""
    async with staged(domain=JID.parse("denmark.lit")) as stage:
        yield Denmark(stage, await stage.client("hamlet@denmark.lit/elsinore", available=True))
