"""`folkmoot serve`: run the server."""

import shlex
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from folkmoot import log
from folkmoot.admin import AdminError
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.config import Address, Config, LogFormat, override
from folkmoot.lock import Holder

EPILOG = examples(
    "folkmoot serve                                  for localhost, data in ./data",
    "folkmoot serve --config /etc/folkmoot.toml      as a file says",
    "folkmoot serve --domain example.org --data /var/lib/folkmoot",
    "folkmoot serve --tcp '[::1]:5222' --http off    doors: HOST:PORT, *:PORT or off",
    "folkmoot serve --ephemeral --tcp 127.0.0.1:0    for tests: nothing stays, any free port",
)

_THIS_MACHINE = "127.0.0.1"


def serve(
    config: ConfigFlag = None,
    data: DataFlag = None,
    domain: Annotated[
        str | None,
        typer.Option(metavar="DOMAIN", help="The domain of the accounts [localhost]."),
    ] = None,
    tcp: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Clients that begin with STARTTLS [*:5222]."),
    ] = None,
    tls_direct: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Clients with TLS at once [*:5223]."),
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="WebSocket without TLS [127.0.0.1:5280]."),
    ] = None,
    ephemeral: Annotated[
        bool,
        typer.Option("--ephemeral", help="Keep everything in a directory that is then deleted."),
    ] = False,
    log_format: Annotated[
        str | None,
        typer.Option("--log", metavar="text|json", help="How the log is written [text]."),
    ] = None,
) -> None:
    """Run the server until it is stopped (Ctrl-C or SIGTERM)."""
    if ephemeral and data is not None:
        raise typer.BadParameter("choose one of --ephemeral and --data", param_hint="--ephemeral")
    settings = configured(
        config,
        ("--data", "server", "data", data),
        ("--domain", "server", "domain", domain),
        ("--tcp", "listen", "tcp", tcp),
        ("--tls-direct", "listen", "tls_direct", tls_direct),
        ("--http", "listen", "http", http),
        ("--log", "log", "format", log_format),
    )
    if not settings.server.accounts:
        raise AdminError("server.accounts is false: `folkmoot component` is what serves then")
    # The server brings in everything; the other commands, and completion, need not wait for it.
    from folkmoot.server import run

    with ExitStack() as stack:
        if ephemeral:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="folkmoot-"))
            settings = override(settings, "server", "data", directory)
        log.configure(settings.log.format, settings.log.level)
        status = run(settings, lambda holder: _greet(settings, holder))
    raise typer.Exit(status)


def _greet(config: Config, holder: Holder) -> None:
    if config.log.format is LogFormat.TEXT:
        typer.echo(greeting(config, holder), err=True)


def greeting(config: Config, holder: Holder) -> str:
    """What someone who has just started a server needs to know to log in."""
    domain, data = config.server.domain, config.server.data
    command = shlex.join([sys.argv[0], "user", "add", f"juliet@{domain}"])
    if data != Path("data"):
        command += f" --data {shlex.quote(str(data))}"
    lines = [
        f"Folkmoot {holder.version} serves {domain} (process {holder.pid}), data in {data}",
        "",
        f"  An account    {command}",
    ]
    if tcp := holder.listening.get("tcp"):
        at = f"server {_host(tcp)}, port {tcp.port}"
        lines.append(f"  A client      juliet@{domain}, {at}, STARTTLS")
    if tls := holder.listening.get("tls_direct"):
        lines.append(f"  or            the same with port {tls.port}, direct TLS")
    if http := holder.listening.get("http"):
        lines.append(f"  A web client  ws://{Address(_host(http), http.port)}/xmpp-websocket")
    if config.tls_files.own:
        lines.append("  Certificate   self-signed: the client will ask whether to trust it")
    lines.append("  To stop       Ctrl-C")
    return "\n".join([*lines, ""])


def _host(address: Address) -> str:
    return _THIS_MACHINE if address.host in ("*", "0.0.0.0", "::") else address.host
