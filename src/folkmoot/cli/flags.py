"""Flags that several commands share, and the configuration they make together with a file."""

from pathlib import Path
from typing import Annotated

import typer

from folkmoot.config import Config, load, override
from folkmoot.xmpp.jid import JID, InvalidJID

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

DomainFlag = Annotated[
    str | None,
    typer.Option(metavar="DOMAIN", help="The domain of the server's accounts [localhost]."),
]
SpacesFlag = Annotated[
    str | None, typer.Option(metavar="DOMAIN", help="That of spaces [spaces.DOMAIN].")
]
RoomsFlag = Annotated[
    str | None, typer.Option(metavar="DOMAIN", help="That of rooms [rooms.DOMAIN].")
]
AtFlag = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="Where the server takes components [127.0.0.1:5347]."),
]


def account(text: str, named: str = "JID") -> JID:
    """A bare JID with a local part. named: where it was said. Raises typer.BadParameter."""
    try:
        jid = JID.parse(text)
    except InvalidJID as error:
        raise typer.BadParameter(f"{text!r} is not a JID: {error}", param_hint=named) from None
    if not jid.local or not jid.is_bare:
        raise typer.BadParameter(f"{text!r} is not an account: write name@domain", param_hint=named)
    return jid


def attachment(
    data: str | None, domain: str | None, spaces: str | None, rooms: str | None, at: str | None
) -> tuple[tuple[str, str, str, str | None], ...]:
    """The flags that say which component of which server it is, for `configured`."""
    return (
        ("--data", "server", "data", data),
        ("--domain", "server", "domain", domain),
        ("--spaces", "server", "spaces", spaces),
        ("--rooms", "server", "rooms", rooms),
        ("--at", "component", "server", at),
    )


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
