"""`folkmoot demo`: the story of a space, played against a running server or one of its own."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from folkmoot.admin import AdminError
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.cli.remote import ready_for_xmpp
from folkmoot.lock import Holder, holder_of

EPILOG = examples(
    "folkmoot demo                       against the server that runs on ./data",
    "folkmoot demo --ephemeral           against one of its own, which is also killed with -9",
    "folkmoot demo --xml                 with every stanza, both ways",
    "folkmoot demo --data /srv/folkmoot  against the server that runs on another directory",
)


def demo(
    config: ConfigFlag = None,
    data: DataFlag = None,
    ephemeral: Annotated[
        bool,
        typer.Option(
            "--ephemeral", help="Start a server for it, kill it in the middle, and leave nothing."
        ),
    ] = False,
    xml: Annotated[
        bool, typer.Option("--xml", help="Show every stanza that is sent or received.")
    ] = False,
) -> None:
    """Play the story of a space with real client connections, and say what comes of each step.

    Juliet founds a space with a members-only room in it. Romeo asks for the space, is let in, and
    with that into the room; a stranger is not. Banned from the space, Romeo is out of the room.

    Three accounts with random names and passwords are made for it, and deleted afterwards with all
    that is theirs. Clients connect to this machine alone, so they take whatever certificate the
    server shows. The exit status is 1 if a step does not come out as it should.
    """
    if ephemeral and (data is not None or config is not None):
        raise typer.BadParameter("it is a server of its own", param_hint="--ephemeral")
    # What plays it brings in a whole client; the other commands, and completion, need not wait.
    ready_for_xmpp()
    from folkmoot.demo.child import ChildFailed
    from folkmoot.demo.performance import perform, perform_all
    from folkmoot.demo.telling import Telling, console

    telling = Telling(console(), xml=xml)
    if ephemeral:
        with tempfile.TemporaryDirectory(prefix="folkmoot-") as directory:
            try:
                well = asyncio.run(perform_all(Path(directory), telling))
            except ChildFailed as error:
                raise AdminError(str(error)) from None
    else:
        settings = configured(config, ("--data", "server", "data", data))
        well = asyncio.run(perform(_server_of(settings.server.data), telling))
    raise typer.Exit(0 if well else 1)


def _server_of(data: Path) -> Holder:
    """The server that runs on a data directory. Raises AdminError."""
    holder = holder_of(data)
    if holder is None:
        raise AdminError(
            f"no server runs on {data}: start one with `folkmoot serve`, name another with --data,"
            " or say --ephemeral"
        )
    return holder
