"""`folkmoot demo`: what it refuses before anything is played; the story itself: tests/clients."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.lock import Holder, hold

from .conftest import Folkmoot

THREE = ("--as", "juliet@verona.lit", "--as", "romeo@verona.lit", "--as", "tybalt@verona.lit")


@pytest.fixture
def component(data: Path) -> Iterator[Path]:
    """The data directory of a component that runs: it has no doors."""
    with hold(data) as held:
        held.tell(Holder(os.getpid(), domain="verona.lit"))
        yield data


def test_a_component_makes_no_accounts(folkmoot: Folkmoot, component: Path) -> None:
    """It says whose are wanted, status 1."""
    ended = folkmoot("demo", "--data", component)
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("folkmoot: this server has no accounts, it is a component: say")


def test_it_takes_three_people(folkmoot: Folkmoot, component: Path) -> None:
    """Two accounts, or one of them twice: status 2."""
    for people in (THREE[:4], (*THREE[:4], *THREE[:2])):
        ended = folkmoot("demo", "--data", component, *people, "--password-stdin")
        assert ended.status == 2
        assert "name 3 accounts" in ended.err


def test_it_does_not_wait_for_a_password_nobody_types(folkmoot: Folkmoot, component: Path) -> None:
    """Without a terminal it names the flag, status 2."""
    ended = folkmoot("demo", "--data", component, *THREE)
    assert ended.status == 2
    assert "say --password-stdin" in ended.err


def test_they_are_accounts(folkmoot: Folkmoot, component: Path) -> None:
    """What is none is refused as it is read."""
    ended = folkmoot("demo", "--data", component, "--as", "verona.lit")
    assert ended.status == 2
    assert "is not an account" in ended.err
