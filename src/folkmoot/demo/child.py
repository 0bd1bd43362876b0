"""A server of one's own, or a component, as a child process: started, stopped, or killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from folkmoot.lock import Holder, holder_of

START_SECONDS_MAX: Final = 30.0
STOP_SECONDS_MAX: Final = 5.0
LOG_LINES_MAX: Final = 50
"""How many of its last lines are kept, to say what went wrong."""

_FREE_PORT: Final = "127.0.0.1:0"
SERVE: Final = ("serve", "--tcp", _FREE_PORT, "--tls-direct", _FREE_PORT, "--http", _FREE_PORT)
"""A server with doors of its own, on free ports of this machine."""
COMPONENT: Final = ("component",)
"""A component of another server, which has none."""


class ChildFailed(Exception):
    """The server did not start, or did not stop; the text has its last words."""


class Child:
    """A server on a data directory, run as often as is wanted.

    It is killed where the block ends that it is a context of.
    log: the last lines it has logged, of all its runs.
    """

    def __init__(self, data: Path, *arguments: str, command: Sequence[str] = SERVE) -> None:
        """command: SERVE or COMPONENT. arguments: more flags of it."""
        self.data = data
        self.log: deque[str] = deque(maxlen=LOG_LINES_MAX)
        self._command = (*command, "--data", str(data), "--log", "json", *arguments)
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Child:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.kill()

    async def start(self) -> Holder:
        """Start it, and wait until it is ready; gives what it says of itself. Raises ChildFailed.

        The configuration is the default one, but for the data directory and the arguments.
        """
        environment = {
            name: value for name, value in os.environ.items() if name != "FOLKMOOT_CONFIG"
        }
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "folkmoot", *self._command),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        ready = asyncio.Event()
        self._listening = asyncio.ensure_future(self._listen(process, ready))
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                await ready.wait()
        except BaseException:
            await self.kill()
            raise
        holder = holder_of(self.data)
        if holder is None:
            last = "\n".join(self.log) or "it said nothing"
            raise ChildFailed(f"the server did not start:\n{last}")
        return holder

    async def kill(self) -> None:
        """End it at once: it gets no chance to put anything away (SIGKILL)."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self._gone()

    async def stop(self) -> int:
        """Ask it to end (SIGTERM), and wait; gives its exit status. Raises ChildFailed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
            raise ChildFailed(f"the server has not stopped in {STOP_SECONDS_MAX} s") from None
        return await self._gone()

    async def _gone(self) -> int:
        """Wait for the end of the process and of its log; gives its exit status, 0 for none."""
        status = 0
        if self._process is not None and self._listening is not None:
            status = await self._process.wait()
            await self._listening
        return status

    async def _listen(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        """Read the log to its end; `start` waits for its line `ready`, or for the end."""
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            self.log.append(text)
            if _event(text) == "ready":
                ready.set()
        ready.set()


def _event(line: str) -> str:
    """What a line of the log is about; "" for what is no such line."""
    try:
        match json.loads(line):
            case {"event": str(event)}:
                return event
    except ValueError:
        pass
    return ""
