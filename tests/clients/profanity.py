"""Profanity, a client for terminals, run in one that is read as its user reads it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import shutil
import struct
import termios
from pathlib import Path
from typing import Final

import pyte

from folkmoot.demo.actor import PATIENCE_SECONDS

PROGRAM: Final = "profanity"
COLUMNS: Final = 140
LINES: Final = 60

_BYTES_AT_ONCE: Final = 65_536


def missing() -> bool:
    """Whether it is not installed."""
    return shutil.which(PROGRAM) is None


class Profanity:
    """One of them, as somebody who types and looks."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = asyncio.Event()
        self._terminal = -1
        self._process: asyncio.subprocess.Process | None = None

    async def starts(self) -> None:
        """It is there, with no account yet."""
        self._terminal, inner = pty.openpty()
        size = struct.pack("HHHH", LINES, COLUMNS, 0, 0)
        fcntl.ioctl(inner, termios.TIOCSWINSZ, size)
        home, terminal = str(self._home), {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        try:
            self._process = await asyncio.create_subprocess_exec(
                PROGRAM,
                stdin=inner,
                stdout=inner,
                stderr=inner,
                start_new_session=True,
                env=os.environ | terminal | {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home},
            )
        finally:
            os.close(inner)
        asyncio.get_running_loop().add_reader(self._terminal, self._draw)
        await self.shows("Type '/help' to show complete help.")

    async def ends(self) -> None:
        """It is gone, however busy it was."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
        if self._terminal >= 0:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)

    def types(self, line: str) -> None:
        """A line is typed, and sent."""
        os.write(self._terminal, line.encode() + b"\r")

    async def shows(self, *texts: str) -> None:
        """Wait until all these are to be seen, each within a line."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not all(any(text in line for line in self.seen) for text in texts):
                    self._drawn.clear()
                    await self._drawn.wait()
        except TimeoutError:
            raise AssertionError("\n".join([f"not shown: {texts}", *self.seen])) from None

    async def asks(self, line: str, *answers: str) -> None:
        """Type a line, and see what comes of it."""
        self.types(line)
        await self.shows(*answers)

    @property
    def seen(self) -> list[str]:
        """What stands on the screen, line by line."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    def _draw(self) -> None:
        try:
            drawn = os.read(self._terminal, _BYTES_AT_ONCE)
        except OSError:  # EIO: nobody is at the other end any more
            asyncio.get_running_loop().remove_reader(self._terminal)
            return
        self._stream.feed(drawn)
        self._drawn.set()
