"""One program at a time on a data directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from folkmoot.config import Address
from folkmoot.lock import LOCK_FILE, Held, Holder, hold, holder_of


def test_a_held_directory_is_refused_to_others(tmp_path: Path) -> None:
    """The refusal names the process and what to do."""
    refusal = pytest.raises(Held, match=f"in use by process {os.getpid()}: stop it")
    with hold(tmp_path), refusal, hold(tmp_path, patience_seconds=0):
        pass


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    """Also when the block ends badly."""
    with pytest.raises(ZeroDivisionError), hold(tmp_path):
        raise ZeroDivisionError
    assert holder_of(tmp_path) is None
    with hold(tmp_path, patience_seconds=0):
        pass


def test_the_holder_says_who_and_where(tmp_path: Path) -> None:
    """What the command line and `folkmoot check` read."""
    with hold(tmp_path) as held:
        assert holder_of(tmp_path) == Holder(os.getpid())
        said = Holder(
            os.getpid(),
            domain="localhost",
            listening={"tcp": Address("::1", 5222), "http": Address("*", 5280)},
            control=tmp_path / "control.sock",
        )
        held.tell(said)
        assert holder_of(tmp_path) == said
        held.tell(Holder(1))  # a shorter text leaves nothing of the longer
        assert holder_of(tmp_path) == Holder(1)


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """It will hold keys and messages."""
    data = tmp_path / "not" / "there"
    assert not data.exists()
    with hold(data):
        assert data.stat().st_mode & 0o777 == 0o700
        assert (data / LOCK_FILE).stat().st_mode & 0o777 == 0o600


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    """Asking makes nothing."""
    assert holder_of(tmp_path) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("left", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_holder_that_has_not_said_who_it_is_is_unknown(tmp_path: Path, left: str) -> None:
    """Between taking the lock and writing the file, or with a file of another version."""
    with hold(tmp_path):
        (tmp_path / LOCK_FILE).write_text(left)
        assert holder_of(tmp_path) == Holder(0)
        refusal = pytest.raises(Held, match="in use by another process")
        with refusal, hold(tmp_path, patience_seconds=0):
            pass


HOLD = """
import sys
from pathlib import Path
from folkmoot.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    """What `kill -9` leaves in the file means nothing without the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert holder_of(tmp_path) == Holder(other.pid)
        other.kill()
        other.wait()
    assert str(other.pid) in (tmp_path / LOCK_FILE).read_text()
    assert holder_of(tmp_path) is None
    with hold(tmp_path):
        assert holder_of(tmp_path) == Holder(os.getpid())
