"""A stand for every test, its engine at work."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.engine.stand import Stand, running


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with running(Stand()) as stand:
        yield stand
