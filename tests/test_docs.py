"""The documentation says what the code says."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from folkmoot.cli import app
from folkmoot.config import wording
from folkmoot.config.options import TABLES

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"^    (?:[^#|]* )?(?<!-u )(?<!-t )folkmoot ((?:[a-z]|--)[^#|>]*)")
"""A line to be typed in which the program is told something; what it is told."""


def test_the_page_of_options_is_current() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == wording.markdown()


def test_every_option_says_what_it_means() -> None:
    """A sentence for whoever runs the server, and a default that its own kind can read back."""
    for table in TABLES:
        assert table.meaning.endswith("."), table.name
        for option in table.options:
            assert option.meaning.endswith("."), option
            assert option.key in wording.default_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_leads_to_pages_that_are_there(page: Path) -> None:
    """Links within the documentation, and to files beside it."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in link and not link.startswith("#"):
            assert (page.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_type_can_be_typed(page: Path) -> None:
    """Commands there are, with flags they have."""
    for line in page.read_text("utf-8").splitlines():
        if found := COMMAND.match(line):
            assert not unknown(shlex.split(found[1])), line


def unknown(words: list[str]) -> list[str]:
    """The flags among words of a command line that its command does not have."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    known = {
        "--help",
        *(flag for each in command.params for flag in (*each.opts, *each.secondary_opts)),
    }
    flags = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return [] if "--jid" in flags else sorted(flags - known)
