"""`folkmoot check`: what is wrong with an installation, and how to mend it."""

from pathlib import Path

import typer

from folkmoot.check import Finding, Grade, examine
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.config import ConfigError

EPILOG = examples(
    "folkmoot check                                before the first start",
    "folkmoot check --config /etc/folkmoot.toml    whether a file is right, also while it runs",
)

_COLOURS = {
    Grade.OK: typer.colors.GREEN,
    Grade.WARN: typer.colors.YELLOW,
    Grade.FAIL: typer.colors.RED,
}


def check(config: ConfigFlag = None, data: DataFlag = None) -> None:
    """Say what is wrong with an installation, and how to mend it.

    Looks at the configuration, the data directory, the disk, the database, the certificate, the
    ports and what the operating system allows, also while the server runs. Every line is ok, warn
    or fail; what is not ok says how to mend it. Nothing is changed.
    """
    try:
        settings = configured(config, ("--data", "server", "data", data))
    except ConfigError as error:
        for mistake in error.mistakes:
            _tell(Finding(Grade.FAIL, "config", str(mistake)))
        raise typer.Exit(1) from None
    _tell(Finding(Grade.OK, "config", _source(config)))
    failed = False
    for finding in examine(settings):
        _tell(finding)
        failed |= finding.grade is Grade.FAIL
    raise typer.Exit(1 if failed else 0)


def _source(file: Path | None) -> str:
    return str(file) if file else "no file: every option has its default"


def _tell(finding: Finding) -> None:
    grade = typer.style(f"{finding.grade:<4}", fg=_COLOURS[finding.grade])
    typer.echo(f"{grade}  {finding.subject:<13}{finding.text}")
    if finding.mend:
        typer.echo(f"{'':19}mend: {finding.mend}")
