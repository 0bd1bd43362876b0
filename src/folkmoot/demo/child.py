"""A server of one's own: `folkmoot serve` as a child process, started, stopped, or killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Final

from folkmoot.lock import Holder, holder_of

START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 5.0
LOG_LINES_MAX: Final = 50
"""How many of its last lines are kept, to say what went wrong."""

_FREE_PORT: Final = "127.0.0.1:0"


class ChildFailed(Exception):
    """The child did not start or did not stop; the text has its last words."""


class Child:
    """A running server of this machine alone; `start` makes one.

    holder: what it says of itself in its lock file. log: the last lines it has logged.
    """

    def __init__(self, process: asyncio.subprocess.Process, data: Path) -> None:
        self.data = data
        self.holder = Holder(process.pid)
        self.log: deque[str] = deque(maxlen=LOG_LINES_MAX)
        self._process = process
        self._ready = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, data: Path, *arguments: str) -> Child:
        """Start a server on a data directory, on free ports, and wait until it is ready.

        arguments: more flags of `folkmoot serve`. Raises ChildFailed.
        """
        ports = ("--tcp", _FREE_PORT, "--tls-direct", _FREE_PORT, "--http", _FREE_PORT)
        environment = {
            name: value for name, value in os.environ.items() if name != "FOLKMOOT_CONFIG"
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "folkmoot", "serve", "--data", str(data), "--log", "json"),
            *ports,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        child = cls(process, data)
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                await child._ready
        except (TimeoutError, asyncio.CancelledError):
            await child.kill()
            raise
        holder = holder_of(data)
        if holder is None:
            raise ChildFailed("the server has lost its lock")
        child.holder = holder
        return child

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    async def kill(self) -> None:
        """End it at once: it gets no chance to put anything away (SIGKILL)."""
        if self._process.returncode is None:
            self._process.kill()
        await self._gone()

    async def stop(self) -> int:
        """Ask it to end (SIGTERM), and wait; gives its exit status. Raises ChildFailed."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                return await self._gone()
        except TimeoutError:
            await self.kill()
            raise ChildFailed(f"the server has not stopped in {STOP_SECONDS_MAX} s") from None

    async def _gone(self) -> int:
        status = await self._process.wait()
        await self._listening
        return status

    async def _listen(self) -> None:
        """Read the log to its end; the line `ready` is what `start` waits for."""
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            if not self._ready.done() and _event(text) == "ready":
                self._ready.set_result(None)
        if not self._ready.done():
            last = "\n".join(self.log) or "it said nothing"
            self._ready.set_exception(ChildFailed(f"the server did not start:\n{last}"))


def _event(line: str) -> str:
    """What a line of the log is about; "" for what is no such line."""
    try:
        match json.loads(line):
            case {"event": str(event)}:
                return event
    except ValueError:
        pass
    return ""
