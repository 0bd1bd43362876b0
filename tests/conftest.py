"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.stage import Stage, staged


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A server for `shakespeare.lit`, pubsub at `pubsub.` and rooms at `chat.` of it."""
    async with staged() as made:
        yield made
