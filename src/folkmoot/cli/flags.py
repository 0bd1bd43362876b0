"""Flags that several commands share, and the configuration they make together with a file."""

from pathlib import Path
from typing import Annotated

import typer

from folkmoot.config import Config, load, override

ConfigFlag = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="FOLKMOOT_CONFIG",
        metavar="FILE",
        help="The configuration file (TOML). `folkmoot config` writes one to begin with.",
    ),
]
DataFlag = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help="Where the server keeps everything [./data]."),
]


def configured(file: Path | None, *flags: tuple[str, str, str, str | None]) -> Config:
    """What the file says, and over it the flags that are given.

    flags: for each its name, the table and key it sets, and its text, None if it is not given.
    Raises ConfigError for the file, typer.BadParameter for a flag.
    """
    config = load(file) if file else Config()
    for name, table, key, text in flags:
        if text is not None:
            try:
                config = override(config, table, key, text)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint=name) from None
    return config


def examples(*lines: str) -> str:
    """The end of a command's help: lines to try, left as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
