"""`folkmoot config`: every option with its default and meaning."""

from typing import Annotated

import typer

from folkmoot.cli.flags import examples
from folkmoot.config import wording

EPILOG = examples("folkmoot config > folkmoot.toml", "folkmoot serve --config folkmoot.toml")


def config(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As the page docs/configuration.md instead.")
    ] = False,
) -> None:
    """Print every option with its default and meaning."""
    typer.echo(wording.markdown() if markdown else wording.default_file(), nl=False)
