"""`folkmoot component`: run spaces and rooms for the users of another server."""

import shlex
import sys
from typing import Annotated

import typer

from folkmoot import log
from folkmoot.cli.component_lines import (
    DelegationFlag,
    OnlyFlag,
    PrivilegesFlag,
    ServerFlag,
    lines,
)
from folkmoot.cli.flags import (
    AtFlag,
    ConfigFlag,
    DataFlag,
    DomainFlag,
    RoomsFlag,
    SpacesFlag,
    attachment,
    configured,
    examples,
)
from folkmoot.config import Config, LogFormat, override
from folkmoot.lock import Holder

EPILOG = examples(
    "folkmoot component --server prosody --domain example.org    what to write where, first of all",
    "folkmoot component --domain example.org                     attach to 127.0.0.1:5347",
    "folkmoot component --config /etc/folkmoot.toml              as a file says",
    "folkmoot check --config /etc/folkmoot.toml                  whether users can reach it",
)


def component(
    config: ConfigFlag = None,
    data: DataFlag = None,
    domain: DomainFlag = None,
    spaces: SpacesFlag = None,
    rooms: RoomsFlag = None,
    at: AtFlag = None,
    log_format: Annotated[
        str | None,
        typer.Option("--log", metavar="text|json", help="How the log is written [text]."),
    ] = None,
    server: ServerFlag = None,
    only: OnlyFlag = None,
    privileges: PrivilegesFlag = False,
    delegation: DelegationFlag = False,
) -> None:
    """Give the users of a Prosody, ejabberd or Openfire server spaces and rooms.

    It runs until it is stopped (Ctrl-C or SIGTERM), attached to that server as two of its
    components (XEP-0114). Accounts, clients and federation stay with the server. While the server
    is away, it tries again and again.

    With --server it prints what that server's configuration and Folkmoot's own have to say, and
    ends. The secret is that of the data directory; where there is none, one is made.
    """
    settings = configured(
        config,
        *attachment(data, domain, spaces, rooms, at),
        ("--log", "log", "format", log_format),
    )
    settings = override(settings, "server", "accounts", value=False)
    if server is not None:
        if domain is None and config is None:
            raise typer.BadParameter("which domain has its accounts?", param_hint="--domain")
        lines(settings, server, only, privileges=privileges, delegation=delegation)
        return
    if only or privileges or delegation:
        words = "--only, --privileges and --delegation are about what it prints"
        raise typer.BadParameter(words, param_hint="--server")
    # The server brings in everything; the other commands, and completion, need not wait for it.
    from folkmoot.server import run

    log.configure(settings.log.format, settings.log.level)
    raise typer.Exit(run(settings, lambda holder: _greet(settings, holder)))


def _greet(config: Config, holder: Holder) -> None:
    if config.log.format is LogFormat.TEXT:
        typer.echo(greeting(config, holder), err=True)


def greeting(config: Config, holder: Holder) -> str:
    """What someone who has just started a component needs to know."""
    from folkmoot.settings import components_at

    server = config.server
    check = [sys.argv[0], "check", "--domain", server.domain]
    if str(server.data) != "data":
        check += ["--data", str(server.data)]
    lines = [
        f"Folkmoot {holder.version} is a component of {server.domain} (process {holder.pid}),"
        f" data in {server.data}",
        "",
        f"  Spaces        {server.spaces_domain}",
        f"  Rooms         {server.rooms_domain}",
        f"  Attaches to   {components_at(config)}",
        f"  To check      {shlex.join(check)}",
        "  To stop       Ctrl-C",
    ]
    return "\n".join([*lines, ""])
