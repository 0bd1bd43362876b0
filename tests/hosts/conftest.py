"""Each test here runs against every other server there is on this machine.

Where one is not installed its suite is left out, which the end of the run says; `.ci/run` installs
them.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hosts.annex import Annex, annexed
from tests.hosts.authority import Authority
from tests.hosts.folk import Folk, folk
from tests.hosts.host import Ejabberd, Host, Prosody
from tests.hosts.league import League, federated

HOSTS = (Prosody, Ejabberd)
_NUMBERS = itertools.count(1)


@pytest.fixture(params=HOSTS, ids=lambda each: each.name, scope="session")
def kind(request: pytest.FixtureRequest) -> type[Host]:
    """Every server there is, one after the other."""
    found: type[Host] = request.param
    if missing := found.missing():
        pytest.skip(f"not on PATH: {', '.join(missing)}")
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def host(kind: type[Host]) -> AsyncIterator[Host]:
    """Another server, for all tests of a module."""
    async with kind() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def folks(host: Host) -> AsyncIterator[Folk]:
    """Spaces of ours as its component."""
    async with folk(host, str(next(_NUMBERS))) as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def annexes(
    kind: type[Host], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Annex]:
    """`folkmoot component` at another server, for all tests that use `annex`."""
    async with annexed(kind(), tmp_path_factory.mktemp("annex")) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def annex(annexes: Annex) -> AsyncIterator[Annex]:
    """The same, with people of one's own; what the component logged is told where a test fails."""
    yield annexes
    await annexes.empties()
    print(*annexes.child.log, sep="\n")  # noqa: T201


@pytest_asyncio.fixture(
    params=((Prosody, Ejabberd, None), (Ejabberd, Prosody, Authority())),
    ids=("prosody-dialback-ejabberd", "ejabberd-certificates-prosody"),
    scope="session",
    loop_scope="session",
)
async def leagues(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[League]:
    """`folkmoot component` at a server that federates with another, for all that use `league`."""
    home, afar, authority = request.param
    if missing := [*home.missing_to_federate(), *afar.missing_to_federate()]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    async with federated(home, afar, tmp_path_factory.mktemp("league"), authority) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def league(leagues: League) -> AsyncIterator[League]:
    """The same, with people of one's own; what the three said is told where a test fails."""
    yield leagues
    await leagues.empties()
    print(*leagues.annex.child.log, sep="\n")  # noqa: T201
    print(*leagues.annex.host.said, *leagues.afar.said, sep="")  # noqa: T201
