"""The command line: `folkmoot serve`, `user`, `space`, `room`, `demo`, `check`, `config` …"""

import sys

import typer

from folkmoot.admin import AdminError
from folkmoot.cli import (
    check,
    component,
    configuration,
    demo,
    eventing_demo,
    moderation,
    room,
    serve,
    space,
    space_filling,
    space_moving,
    sync,
    user,
)
from folkmoot.cli.flags import examples
from folkmoot.config import ConfigError
from folkmoot.engine.store import StoreFailed
from folkmoot.lock import Held
from folkmoot.stores.migrations import CannotOpen
from folkmoot.version import VERSION

FAILED = 1
USAGE = 2

app = typer.Typer(
    name="folkmoot",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
    epilog=examples(
        "folkmoot serve                        a server for localhost, data in ./data",
        "folkmoot component --help             the same beside a Prosody, ejabberd or Openfire",
        "folkmoot user add juliet@localhost    an account on it, while it runs or not",
        "folkmoot demo --ephemeral             what it is all for, played before your eyes",
        "folkmoot check                        what is wrong, and how to mend it",
    )
    + "\n\nExit status: 0 done, 1 failed, 2 the command line or the configuration is wrong.",
)
app.command(epilog=serve.EPILOG)(serve.serve)
app.command(epilog=component.EPILOG)(component.component)
app.add_typer(user.app, name="user")
space.app.command(epilog=space_filling.TEMPLATES)(space_filling.templates)
space.app.command(epilog=space_filling.ADD)(space_filling.add)
space.app.command(epilog=space_filling.REMOVE)(space_filling.remove)
space.app.command(epilog=space_filling.MEMBER)(space_filling.member)
space.app.command(epilog=space_moving.EXPORT)(space_moving.export)
space.app.command(name="import", epilog=space_moving.IMPORT)(space_moving.import_)
app.add_typer(space.app, name="space")
app.add_typer(room.app, name="room")
space.app.command(epilog=moderation.KICK)(moderation.kick)
space.app.command(epilog=moderation.BAN)(moderation.ban)
space.app.command(epilog=moderation.RETRACT)(moderation.retract)
space.app.command(epilog=sync.SYNC)(sync.sync)
app.command(epilog=demo.EPILOG)(demo.demo)
app.command(epilog=eventing_demo.EPILOG)(eventing_demo.eventing_demo)
app.command(epilog=check.EPILOG)(check.check)
app.command(name="config", epilog=configuration.EPILOG)(configuration.config)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"folkmoot {VERSION}")
        raise typer.Exit


@app.callback()
def folkmoot(
    version: bool = typer.Option(
        False, "--version", help="Say which version this is.", callback=_version, is_eager=True
    ),
) -> None:
    """An XMPP server whose spaces, rooms, presence and rosters are nodes of one pubsub engine."""


def main() -> None:
    """Run the command line; never returns."""
    try:
        app()
    except ConfigError as error:
        _end(error, USAGE)
    except (AdminError, Held, CannotOpen, StoreFailed, OSError) as error:
        _end(error, FAILED)


def _end(error: Exception, status: int) -> None:
    typer.echo(f"folkmoot: {error}", err=True)
    sys.exit(status)
