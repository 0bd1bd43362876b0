"""What every test may ask for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.processes import Groups
    from tests.stage import Stage


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Groups:
    """Which process runs what, where there are several (`make test`)."""
    from tests.processes import Groups  # one process can do without pytest-xdist

    return Groups(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Each of several processes has the environment of one.

    The readline of the one that starts them sets COLUMNS, as if a pipe were a terminal.
    """
    if hasattr(config, "workerinput"):
        os.environ.pop("COLUMNS", None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and for want of what: nobody reads a count of skipped tests."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.getreports("skipped")
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"NOT TESTED, {count} tests: {reason}", red=True)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A server for `shakespeare.lit`, pubsub at `pubsub.` and rooms at `chat.` of it."""
    from tests.stage import staged  # the whole server: not every test needs it

    async with staged() as made:
        yield made
