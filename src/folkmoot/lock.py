"""One program at a time on a data directory: a lock file that also says who holds it and where.

The lock is the operating system's (`flock`), so it ends with its process, however that ends; what
the file says counts only while the lock is held.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from folkmoot.config import Address
from folkmoot.version import VERSION

LOCK_FILE = "folkmoot.lock"
PATIENCE_SECONDS = 1.0
"""How long `hold` waits: long enough for another program's glance at the lock."""
_PAUSE_SECONDS = 0.02
_HOLDER_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Holder:
    """The program that holds a data directory.

    listening: the addresses in use, by the names of the options in `[listen]`; real ports, never 0.
    control: the socket it answers the command line on; None for a program that is no server.
    """

    pid: int
    version: str = VERSION
    domain: str = ""
    listening: Mapping[str, Address] = field(default_factory=dict)
    control: Path | None = None


class Held(Exception):
    """The data directory is in use by another program. `holder` is None while it is starting."""

    def __init__(self, data: Path, holder: Holder | None) -> None:
        self.holder = holder
        who = f"by process {holder.pid}" if holder else "by another process"
        super().__init__(f"{data} is in use {who}: stop it first, or choose another --data")


class Hold:
    """A data directory held by this process; see `hold`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.tell(Holder(os.getpid()))

    def tell(self, holder: Holder) -> None:
        """Say who holds the directory, for `holder_of` in other processes."""
        text = json.dumps(
            {
                "pid": holder.pid,
                "version": holder.version,
                "domain": holder.domain,
                "listening": {name: str(at) for name, at in holder.listening.items()},
                "control": str(holder.control) if holder.control else None,
            }
        ).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text + b"\n", 0)


@contextmanager
def hold(data: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Hold]:
    """Hold a data directory, made if it is not there, until the block ends.

    Raises Held if another program still holds it after `patience_seconds`, OSError if the
    directory cannot be made or written.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + patience_seconds
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() >= until:
                raise Held(data, _read(descriptor))
            time.sleep(_PAUSE_SECONDS)
        yield Hold(descriptor)
    finally:
        os.close(descriptor)


def holder_of(data: Path) -> Holder | None:
    """Who holds a data directory now; None if nobody does.

    A program that has only just taken the lock and not yet said who it is counts as pid 0.
    """
    try:
        descriptor = os.open(data / LOCK_FILE, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
        return _read(descriptor) or Holder(0)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False


def _read(descriptor: int) -> Holder | None:
    """What the file says; None while its holder is writing it."""
    try:
        said = json.loads(os.pread(descriptor, _HOLDER_BYTES_MAX, 0))
        return Holder(
            pid=int(said["pid"]),
            version=str(said["version"]),
            domain=str(said["domain"]),
            listening={name: Address.parse(at) for name, at in said["listening"].items()},
            control=Path(said["control"]) if said["control"] else None,
        )
    except (ValueError, KeyError, TypeError):
        return None
