"""Every test of the listeners on both event loops; nothing is left open behind one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.listeners.hall import Place, place

MakePlace = Callable[..., Place]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the server runs on, and the one it falls back to."""
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.SelectorEventLoop}


@pytest.fixture
async def make_place(tmp_path: Path) -> AsyncIterator[MakePlace]:
    """Makes places, with limits by name; whatever they opened is closed behind the test."""
    made: list[Place] = []

    def make(**limits: Any) -> Place:
        made.append(place(tmp_path, **limits))
        return made[-1]

    yield make
    closing: list[Awaitable[None]] = [one.close() for one in made]
    await asyncio.gather(*closing)
