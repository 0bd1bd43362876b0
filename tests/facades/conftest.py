"""What the tests of several facades start from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from folkmoot.xmpp.jid import JID
from tests import stage as stages
from tests.facades.megacorp import LEAD, SERVICE, USER
from tests.stage import Client, Stage, staged

EITHER_WAY = ("muc", "test_movim", "test_space", "test_invites", "test_moderation", "test_audit")
"""Whose tests are played twice: with accounts here, and with accounts of another server."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Say which tests these are; one that is marked `accounts_here` has no sense otherwise."""
    module = metafunc.module.__name__.removeprefix("tests.facades.")
    here = metafunc.definition.get_closest_marker("accounts_here") is not None
    if module.startswith(EITHER_WAY) and not here:
        metafunc.parametrize("accounts", (True, False), ids=("here", "elsewhere"), indirect=True)


@pytest.fixture(autouse=True)
def accounts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the accounts are."""
    monkeypatch.setattr(stages, "accounts_here", getattr(request, "param", True))


@pytest.fixture
async def megacorp() -> AsyncIterator[Stage]:
    """The domains of XEP-0503's examples; only who leads may make spaces."""
    async with staged(
        domain=JID.parse("megacorp.example.com"),
        pubsub=JID.parse(SERVICE),
        rooms=JID.parse("conference.megacorp.example.com"),
        node_creators=frozenset({JID.parse(LEAD)}),
    ) as stage:
        yield stage


@pytest.fixture
async def user(megacorp: Stage) -> Client:
    """The XEP's own Emacs user."""
    return await megacorp.client(f"{USER}/cool-client", available=True)
