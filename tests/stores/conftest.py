"""Every store there is, empty, for tests that hold on each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from folkmoot.stores.sqlite import SQLiteStore


@pytest.fixture(params=["file", "ephemeral"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    opened = (
        SQLiteStore.open(tmp_path / "folkmoot.db")
        if request.param == "file"
        else SQLiteStore.ephemeral()
    )
    async with aclosing(await opened) as store:
        yield store
