"""`folkmoot component --server …`: the lines a server needs that takes us for its component."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from folkmoot.cli.flags import DataFlag, configured, examples
from folkmoot.config import Address
from folkmoot.config.values import ADDRESS, DOMAIN, Kind, T
from folkmoot.hosting import (
    FILES,
    PORTS,
    Attachment,
    CannotHost,
    Host,
    host_lines,
    kept_secret,
    next_steps,
    own_lines,
)

EPILOG = examples(
    "folkmoot component --server prosody --domain example.org --data /var/lib/folkmoot",
    "folkmoot component --server ejabberd --domain example.org --only host > folkmoot.yml",
    "folkmoot component --server ejabberd --domain example.org --only ours > folkmoot.toml",
)

SECRET_FILE = "component.secret"
"""Where a data directory keeps the secret its server knows."""


class Only(StrEnum):
    """One of the two sides of the link."""

    HOST = "host"
    OURS = "ours"


ServerFlag = Annotated[Host, typer.Option("--server", help="Which server they are for.")]
DomainFlag = Annotated[
    str, typer.Option("--domain", metavar="DOMAIN", help="The domain of that server's accounts.")
]
SpacesFlag = Annotated[
    str | None,
    typer.Option("--spaces", metavar="DOMAIN", help="The domain of spaces [spaces.DOMAIN]."),
]
RoomsFlag = Annotated[
    str | None,
    typer.Option("--rooms", metavar="DOMAIN", help="The domain of rooms [rooms.DOMAIN]."),
]
AtFlag = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="HOST:PORT",
        help="Where Folkmoot reaches that server [127.0.0.1:5347, of Openfire 127.0.0.1:5275].",
    ),
]
OnlyFlag = Annotated[
    Only | None, typer.Option("--only", help="That server's lines alone, or Folkmoot's.")
]
PrivilegesFlag = Annotated[
    bool,
    typer.Option(
        "--privileges",
        help="With what grants access to rosters and presence (XEP-0356), which is not used yet.",
    ),
]
DelegationFlag = Annotated[
    bool,
    typer.Option(
        "--delegation",
        help="With what hands over accounts' own nodes (XEP-0355), which are not answered yet.",
    ),
]


def lines(
    server: ServerFlag,
    domain: DomainFlag,
    spaces: SpacesFlag = None,
    rooms: RoomsFlag = None,
    at: AtFlag = None,
    only: OnlyFlag = None,
    privileges: PrivilegesFlag = False,
    delegation: DelegationFlag = False,
    data: DataFlag = None,
) -> None:
    """Print what another server needs to be told to take Folkmoot for its component, and what
    Folkmoot's own file says of it.

    The secret is that of the data directory; where there is none, one is made.
    """
    config = configured(
        None, ("--domain", "server", "domain", domain), ("--data", "server", "data", data)
    ).server
    secret_file = config.data.absolute() / SECRET_FILE
    wanted = Attachment(
        domain=config.domain,
        spaces=_read(DOMAIN, "--spaces", spaces) or config.spaces,
        rooms=_read(DOMAIN, "--rooms", rooms) or config.rooms,
        at=_reached(at) or Address("127.0.0.1", PORTS[server]),
        secret="",
        privileges=privileges,
        delegation=delegation,
    )
    if delegation and not privileges:
        words = "needs --privileges: rosters and presence say who hears of somebody's nodes"
        raise typer.BadParameter(words, param_hint="--delegation")
    _said(server, wanted)  # what cannot be said anyway needs no secret
    secret, made = kept_secret(secret_file)
    if made:
        typer.echo(f"Made a secret for the link: {secret_file}", err=True)
    attachment = replace(wanted, secret=secret)
    theirs, ours = _said(server, attachment), own_lines(attachment, secret_file.parent, secret_file)
    if only is None:
        typer.echo(f"==== {server}: {FILES[server]} ====\n")
        typer.echo(
            f"{theirs.rstrip()}\n\n==== folkmoot: /etc/folkmoot.toml ====\n\n{ours}", nl=False
        )
    else:
        typer.echo(theirs if only is Only.HOST else ours, nl=False)
    for number, step in enumerate(("Next:", *next_steps(server))):
        typer.echo(f"  {number}. {step}" if number else step, err=True)


def _said(server: Host, attachment: Attachment) -> str:
    try:
        return host_lines(server, attachment)
    except CannotHost as error:
        raise typer.BadParameter(str(error), param_hint="--server") from None


def _read(kind: Kind[T], flag: str, text: str | None) -> T | None:
    """What a flag says; None if it is not given."""
    try:
        return None if text is None else kind.read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=flag) from None


def _reached(text: str | None) -> Address | None:
    at = _read(ADDRESS, "--at", text)
    if at is not None and (at.host == "*" or at.port == 0):
        raise typer.BadParameter(f"nobody can connect to {at}", param_hint="--at")
    return at
