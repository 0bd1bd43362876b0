"""Coroutines begun at once: most have nothing to wait for, and then need no task of their own."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any


def begin(coroutine: Coroutine[Any, None, None]) -> Awaitable[None] | None:
    """Run a coroutine up to its first wait; None where it is done, else the rest of it.

    What the coroutine raises before its first wait is raised here. Until then it is in the task of
    who begins it, so it must have nothing to do with its task, as `asyncio.timeout` has.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return _rest(coroutine, awaited)


@types.coroutine
def _rest(coroutine: Coroutine[Any, None, None], awaited: Any) -> Generator[Any, None, None]:
    """Wait for what the coroutine waits for, on its behalf, until it is done."""
    while True:
        try:
            try:
                yield awaited
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:  # a cancellation, say, is the coroutine's to handle
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(None)
        except StopIteration:
            return
