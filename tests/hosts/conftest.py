"""Each test here runs against every other server there is on this machine.

Where one is not installed its suite is left out, and the end of the run says so in a line of its
own; `.ci/run` installs them.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hosts.folk import Folk, folk
from tests.hosts.host import Ejabberd, Host, Prosody

HOSTS = (Prosody, Ejabberd)
_NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(
    params=HOSTS, ids=lambda each: each.name, scope="module", loop_scope="session"
)
async def host(request: pytest.FixtureRequest) -> AsyncIterator[Host]:
    """Another server, for all tests of a module."""
    kind: type[Host] = request.param
    if missing := kind.missing():
        pytest.skip(f"not on PATH: {', '.join(missing)}")
    server = kind()
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def folks(host: Host) -> AsyncIterator[Folk]:
    """Spaces of ours as its component."""
    async with folk(host, str(next(_NUMBERS))) as found:
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which suites were left out: nobody reads a count of skipped tests."""
    for kind in HOSTS:
        if missing := kind.missing():
            terminalreporter.write_line(
                f"NOT TESTED against {kind.name}: not on PATH: {', '.join(missing)}", red=True
            )
