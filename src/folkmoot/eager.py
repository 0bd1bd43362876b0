"""Coroutines begun at once: most have nothing to wait for, and then need no task of their own."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any


def begin(coroutine: Coroutine[Any, None, None]) -> Awaitable[None] | None:
    """Run a coroutine up to its first wait; None where it is done, else the rest of it.

    What the coroutine raises before its first wait is raised here.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return _rest(coroutine, awaited)


@types.coroutine
def _rest(coroutine: Coroutine[Any, None, None], awaited: Any) -> Generator[Any, Any, None]:
    """Wait for what the coroutine waits for, on its behalf, until it is done."""
    while True:
        try:
            sent = yield awaited
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:  # a cancellation, say, is the coroutine's to handle
            step = coroutine.throw, error
        else:
            step = coroutine.send, sent
        try:
            awaited = step[0](step[1])
        except StopIteration:
            return
