"""`folkmoot space sync`: rooms of other services, and whether they are in line."""

import json
from typing import Annotated

import typer

from folkmoot.cli.asking import ask
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.cli.space import JsonFlag

SYNC = examples("folkmoot space sync", "folkmoot space sync moot --now")


def sync(
    key: Annotated[
        str, typer.Argument(metavar="[KEY]", help="The space's node; without it, of all spaces.")
    ] = "",
    now: Annotated[bool, typer.Option("--now", help="Try again at once what has failed.")] = False,
    as_json: JsonFlag = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Rooms of other services that spaces list: in line, waiting, or failing and why."""
    asked = {"key": key, "now": "yes" if now else ""}
    told = ask(configured(config, ("--data", "server", "data", data)), "sync", asked)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for room in told["rooms"]:
        listed = "" if room["listed"] else ", no longer listed"
        counts = f"{room['met']} met, {room['waiting']} waiting, {room['failing']} failing"
        typer.echo(f"{room['room']}  {room['space']}  {room['state']}{listed} ({counts})")
        if room["next"]:
            typer.echo(f"    {room['reason']}; next try {room['next']}")
        for each in room["people"]:
            typer.echo(
                f"    {each['jid']} as {each['wanted']}: {each['reason']}; next try {each['next']}"
            )
