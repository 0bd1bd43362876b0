"""`folkmoot demo`: the story of a space, played against a running server or one of its own."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from folkmoot.admin import AdminError
from folkmoot.cli.flags import ConfigFlag, DataFlag, account, configured, examples
from folkmoot.cli.remote import ready_for_xmpp
from folkmoot.lock import Holder, holder_of
from folkmoot.xmpp.jid import JID

EPILOG = examples(
    "folkmoot demo                       against the server that runs on ./data",
    "folkmoot demo --ephemeral           against one of its own, which is also killed with -9",
    "folkmoot demo --xml                 with every stanza, both ways",
    "folkmoot demo --data /srv/folkmoot  against the server that runs on another directory",
    "folkmoot demo --as juliet@example.org --as romeo@example.org --as tybalt@example.org",
    "                                    against a component, by users of its server",
)

CAST: Final = 3
"""How many people are in it."""

AsFlag = Annotated[
    list[JID] | None,
    typer.Option(
        "--as",
        metavar="JID",
        parser=account,
        help="Three accounts of the server that this is a component of.",
    ),
]
PasswordStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin", help="Read their passwords from standard input, a line for each."
    ),
]


def demo(
    config: ConfigFlag = None,
    data: DataFlag = None,
    ephemeral: Annotated[
        bool,
        typer.Option(
            "--ephemeral", help="Start a server for it, kill it in the middle, and leave nothing."
        ),
    ] = False,
    as_: AsFlag = None,
    password_stdin: PasswordStdin = False,
    port: Annotated[
        int,
        typer.Option(
            min=1, max=65_535, metavar="PORT", help="Where that server takes clients, with --as."
        ),
    ] = 5222,
    xml: Annotated[
        bool, typer.Option("--xml", help="Show every stanza that is sent or received.")
    ] = False,
) -> None:
    """Play the story of a space with real client connections, and say what comes of each step.

    Juliet founds a space with a members-only room in it. Romeo asks for the space, is let in, and
    with that into the room; a stranger is not. Banned from the space, Romeo is out of the room.

    Three accounts with random names and passwords are made for it, and deleted afterwards with all
    that is theirs. A component has no accounts: there it is played as three users of its server.
    Clients connect to this machine alone, so they take whatever certificate the server shows. The
    exit status is 1 if a step does not come out as it should.
    """
    if ephemeral and (data is not None or config is not None or as_):
        raise typer.BadParameter("it is a server of its own", param_hint="--ephemeral")
    # What plays it brings in a whole client; the other commands, and completion, need not wait.
    ready_for_xmpp()
    from folkmoot.demo.child import ChildFailed
    from folkmoot.demo.performance import perform, perform_all, perform_as
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
        holder = _server_of(settings.server.data)
        if as_:
            accounts = _with_passwords(as_, password_stdin)
            well = asyncio.run(perform_as(holder, accounts, port, telling))
        elif holder.listening:
            well = asyncio.run(perform(holder, telling))
        else:
            raise AdminError(
                "this server has no accounts, it is a component: say --as JID three times, with"
                " accounts of the server it is a component of"
            )
    raise typer.Exit(0 if well else 1)


def _with_passwords(jids: Sequence[JID], from_stdin: bool) -> Sequence[tuple[JID, str]]:
    if len(set(jids)) != CAST:
        raise typer.BadParameter(f"name {CAST} accounts", param_hint="--as")
    if from_stdin:
        return [(jid, sys.stdin.readline().rstrip("\r\n")) for jid in jids]
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "nobody is there to type passwords: say --password-stdin", param_hint="--as"
        )
    return [(jid, typer.prompt(f"Password of {jid}", hide_input=True, err=True)) for jid in jids]


def _server_of(data: Path) -> Holder:
    """The server that runs on a data directory. Raises AdminError."""
    holder = holder_of(data)
    if holder is None:
        raise AdminError(
            f"no server runs on {data}: start one with `folkmoot serve`, name another with --data,"
            " or say --ephemeral"
        )
    return holder
