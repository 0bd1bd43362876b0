"""The documentation says what the code says."""

from pathlib import Path

from folkmoot.config import wording
from folkmoot.config.options import TABLES

ROOT = Path(__file__).parents[1]


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
