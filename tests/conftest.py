"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.stage import Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A server for `shakespeare.lit`, pubsub at `pubsub.` and rooms at `chat.` of it."""
    from tests.stage import staged  # the whole server: not every test needs it

    async with staged() as made:
        yield made
