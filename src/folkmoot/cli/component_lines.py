"""`folkmoot component --server …`: the lines a server needs that takes us for its component."""

import os
import secrets
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from folkmoot.config import Address, Config
from folkmoot.hosting import (
    FILES,
    PORTS,
    Attachment,
    CannotHost,
    Host,
    host_lines,
    next_steps,
    own_lines,
)

SECRET_RANDOM_BYTES: Final = 32


class Only(StrEnum):
    """One of the two sides of the link."""

    HOST = "host"
    OURS = "ours"


ServerFlag = Annotated[
    Host | None,
    typer.Option("--server", help="Print what this server has to be told, and run nothing."),
]
OnlyFlag = Annotated[
    Only | None,
    typer.Option("--only", help="With --server: its lines alone, or Folkmoot's, as a file."),
]
PrivilegesFlag = Annotated[
    bool,
    typer.Option(
        "--privileges",
        help="With --server: and grants of rosters, presence and messages (XEP-0356).",
    ),
]
DelegationFlag = Annotated[
    bool,
    typer.Option(
        "--delegation",
        help="With --server: and accounts' own nodes, bookmarks and avatars (XEP-0355).",
    ),
]


def lines(
    config: Config,
    host: Host,
    only: Only | None = None,
    *,
    privileges: bool = False,
    delegation: bool = False,
) -> None:
    """Print what a server needs to be told, and what our own file says of it.

    The secret is the one there is; where there is none, one is made. Raises typer.BadParameter
    where the server cannot do what is wanted, and then has made none; AdminError.
    """
    # The settings bring in what they are for; completion need not wait for it.
    from folkmoot.settings import SECRET_FILE

    server, at = config.server, config.component.server or Address("127.0.0.1", PORTS[host])
    if at.host == "*" or at.port == 0:
        raise typer.BadParameter(f"nobody can connect to {at}", param_hint="--at")
    if delegation and not privileges:
        words = "needs --privileges: rosters and presence say who hears of somebody's nodes"
        raise typer.BadParameter(words, param_hint="--delegation")
    attachment = Attachment(
        domain=server.domain,
        spaces=server.spaces_domain,
        rooms=server.rooms_domain,
        at=at,
        secret="",
        privileges=privileges,
        delegation=delegation,
    )
    _said(host, attachment)
    data = server.data.absolute()
    file = (config.component.secret_file or data / SECRET_FILE).absolute()
    attachment = replace(attachment, secret=kept_secret(file))
    theirs, ours = _said(host, attachment), own_lines(attachment, data, file)
    if only is None:
        typer.echo(f"==== {host}: {FILES[host]} ====\n\n{theirs}")
        typer.echo(f"==== folkmoot: /etc/folkmoot.toml ====\n\n{ours}", nl=False)
    else:
        typer.echo(theirs if only is Only.HOST else ours, nl=False)
    typer.echo("Next:", err=True)
    for number, step in enumerate(next_steps(host), 1):
        typer.echo(f"  {number}. {step}", err=True)


def kept_secret(file: Path) -> str:
    """The secret in a file. Where there is none it is made, for its owner alone, and that is said.

    Raises AdminError where the file holds none, OSError where none can be kept.
    """
    from folkmoot.settings import read_secret

    if file.exists():
        return read_secret(file)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(SECRET_RANDOM_BYTES)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        if os.geteuid() == 0:  # root makes it for the user the server runs as
            owner = file.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        opened.write(f"{secret}\n")
    typer.echo(f"Made a secret for the link: {file}", err=True)
    return secret


def _said(host: Host, attachment: Attachment) -> str:
    try:
        return host_lines(host, attachment)
    except CannotHost as error:
        raise typer.BadParameter(str(error), param_hint="--server") from None
