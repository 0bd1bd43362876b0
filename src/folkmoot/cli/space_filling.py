"""`folkmoot space templates|add|remove|member`: how a space begins, what is in it, who."""

import json
from typing import Annotated

import typer

from folkmoot.cli.asking import ask
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.cli.space import JsonFlag, KeyArgument

TEMPLATES = examples(
    "folkmoot space templates",
    "folkmoot config > folkmoot.toml    to make some of your own, in [space_templates.NAME]",
)
ADD = examples(
    "folkmoot space add moot hall",
    "folkmoot space add moot welcome --title Welcome --open --category 'First steps' --order 1",
)
REMOVE = examples("folkmoot space remove moot hall")
MEMBER = examples(
    "folkmoot space member moot romeo@localhost",
    "folkmoot space member moot nurse@localhost --as publisher",
    "folkmoot space member moot tybalt@localhost --as outcast",
)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What stands before the @ of the room's address.")
]


def templates(as_json: JsonFlag = False, config: ConfigFlag = None, data: DataFlag = None) -> None:
    """List how a space may begin: who joins, who invites, which rooms are made."""
    told = ask(configured(config, ("--data", "server", "data", data)), "templates", {})
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for each in told["templates"]:
        rooms = " ".join(each["rooms"])
        typer.echo(
            f"{each['name']:<16} {each['access']:<10} {each['inviters']:<11} {rooms}".rstrip()
        )


def add(
    key: KeyArgument,
    name: NameArgument,
    title: Annotated[str, typer.Option(help="What it is called.")] = "",
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    anyone: Annotated[
        bool | None,
        typer.Option(
            "--open/--members",
            help="Whether anyone may enter, or members of the space alone [as in the space].",
        ),
    ] = None,
    category: Annotated[str, typer.Option(help="The heading it stands under.")] = "",
    order: Annotated[int, typer.Option(min=0, help="Its place, small first.")] = 0,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Make a room in a space."""
    asked = {
        "key": key,
        "name": name,
        "title": title,
        "description": description,
        "who": {None: "", True: "open", False: "members"}[anyone],
        "category": category,
        "order": str(order),
    }
    told = ask(configured(config, ("--data", "server", "data", data)), "add", asked)
    who = "for members" if told["members_only"] else "for everyone"
    typer.echo(f"Made the room {told['room']} in {told['space']}, {who}.")


def remove(
    key: KeyArgument, name: NameArgument, config: ConfigFlag = None, data: DataFlag = None
) -> None:
    """Take a room out of a space. The room stays, in no space."""
    asked = {"key": key, "name": name}
    told = ask(configured(config, ("--data", "server", "data", data)), "remove", asked)
    typer.echo(f"Took the room {told['room']} out of {told['space']}.")


def member(
    key: KeyArgument,
    jid: Annotated[str, typer.Argument(metavar="JID", help="As in romeo@localhost.")],
    affiliation: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="WHAT",
            help="owner, publisher, member, outcast or none.",
            autocompletion=lambda: ["owner", "publisher", "member", "outcast", "none"],
        ),
    ] = "member",
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Say what somebody is in a space, and so in its rooms."""
    asked = {"key": key, "jid": jid, "as": affiliation}
    told = ask(configured(config, ("--data", "server", "data", data)), "member", asked)
    if told["was"] == told["now"]:
        typer.echo(f"{told['jid']} is {told['now']} in {told['space']}, as before.")
    else:
        typer.echo(f"{told['jid']} is {told['now']} in {told['space']}, and was {told['was']}.")
