"""Programs of others that read what we write for them.

Where one is not installed its tests are left out, which the end of the run says.
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
    reason = f"not on PATH: {program}, which reads {PROGRAMS[program]}"
    return pytest.mark.skipif(shutil.which(program) is None, reason=reason)
