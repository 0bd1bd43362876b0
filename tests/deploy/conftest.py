"""Programs of others that read what we write for them.

Where one is not installed its tests are left out, and the end of the run says so in a line of its
own, as in tests/hosts.
"""

from __future__ import annotations

import shutil
from typing import Final

import pytest

PROGRAMS: Final = {
    "lua5.4": "Prosody's configuration (Debian's package prosody brings it)",
    "systemd-analyze": "the units (Debian's package systemd)",
}
"""Each by what it reads."""


def needs(program: str) -> pytest.MarkDecorator:
    """For a test that cannot do without it."""
    assert program in PROGRAMS
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"not on PATH: {program}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    for program, what in PROGRAMS.items():
        if shutil.which(program) is None:
            terminalreporter.write_line(
                f"NOT TESTED by {program}, which is not on PATH: {what}", red=True
            )
