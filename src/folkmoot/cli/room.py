"""`folkmoot room`: rooms, on the running server or, while none runs, in its data directory."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from folkmoot.cli.asking import ask
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rooms: list, show. Safe while the server runs.",
)

RoomArgument = Annotated[
    str, typer.Argument(metavar="ROOM", help="The room's address, or what stands before the @.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="For programs, as docs/rooms.md says.")]


@app.command("list", epilog=examples("folkmoot room list", "folkmoot room list --json"))
def list_(as_json: JsonFlag = False, config: ConfigFlag = None, data: DataFlag = None) -> None:
    """List the rooms there are: occupants, messages kept, and their bytes."""
    told = ask(configured(config, ("--data", "server", "data", data)), "list", {}, subject="room")
    if as_json:
        _json(told)
        return
    for each in told["rooms"]:
        typer.echo(
            f"{each['room']:<40} {each['occupants']:>6} {each['messages']:>7} "
            f"{each['bytes']:>10}  {each['title']}"
        )


@app.command(epilog=examples("folkmoot room show hall", "folkmoot room show hall@rooms.localhost"))
def show(room: RoomArgument, config: ConfigFlag = None, data: DataFlag = None) -> None:
    """Show a room, how it is configured and who is in it, as JSON."""
    settings = configured(config, ("--data", "server", "data", data))
    _json(ask(settings, "show", {"room": room}, subject="room"))


def _json(told: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
