"""The stage of XEP-0060's own examples."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.facades.pubsub.denmark import Denmark, acted


@pytest.fixture
async def denmark() -> AsyncIterator[Denmark]:
    """Accounts at `denmark.lit`, pubsub at `pubsub.shakespeare.lit`, Hamlet logged in."""
    async with acted() as made:
        yield made
