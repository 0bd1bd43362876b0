"""`folkmoot space`: spaces, on the running server or, while none runs, in its data directory."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from folkmoot.cli import space_remote
from folkmoot.cli.asking import ask
from folkmoot.cli.completion import complete_keys, complete_templates
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.cli.remote import beside

app = typer.Typer(
    cls=beside(space_remote.app),
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Spaces: make, fill, show, moderate, move elsewhere. Safe while the server runs."
    " With --jid JID, over XMPP on any server; `VERB --jid JID --help` says how.",
)

KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="The space's node.", autocompletion=complete_keys)
]
JsonFlag = Annotated[bool, typer.Option("--json", help="For programs, as docs/spaces.md says.")]


@app.command("list", epilog=examples("folkmoot space list", "folkmoot space list --json"))
def list_(as_json: JsonFlag = False, config: ConfigFlag = None, data: DataFlag = None) -> None:
    """List the spaces there are."""
    told = ask(configured(config, ("--data", "server", "data", data)), "list", {})
    if as_json:
        _json(told)
        return
    for each in told["spaces"]:
        typer.echo(f"{each['key']:<24} {each['access']:<10} {each['members']:>5}  {each['title']}")


@app.command(epilog=examples("folkmoot space show moot"))
def show(key: KeyArgument, config: ConfigFlag = None, data: DataFlag = None) -> None:
    """Show a space, who is in it and what it lists, as JSON."""
    _json(ask(configured(config, ("--data", "server", "data", data)), "show", {"key": key}))


@app.command(
    epilog=examples(
        "folkmoot space create moot --owner juliet@localhost --title 'The Moot'",
        "folkmoot space create crew --owner juliet@localhost --template team",
    )
)
def create(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The node it is to have.")],
    owner: Annotated[str, typer.Option(metavar="JID", help="An account of this server.")],
    title: Annotated[str, typer.Option(help="What it is called.")] = "",
    template: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How it begins; `folkmoot space templates` lists them.",
            autocompletion=complete_templates,
        ),
    ] = "community",
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Make a space that belongs to an account."""
    asked = {"key": key, "owner": owner, "title": title, "template": template}
    told = ask(configured(config, ("--data", "server", "data", data)), "create", asked)
    rooms = told["items_listed"]
    listing = f", with {rooms} room{'s' if rooms > 1 else ''}" if rooms else ""
    typer.echo(f"Made the space {told['key']}, {told['access']}{listing}.")


@app.command(epilog=examples("folkmoot space invite moot --uses 5"))
def invite(
    key: KeyArgument,
    uses: Annotated[int, typer.Option(min=1, help="How many it lets in.")] = 1,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Make an invite, good for a week; its token is shown this once."""
    asked = {"key": key, "uses": str(uses)}
    told = ask(configured(config, ("--data", "server", "data", data)), "invite", asked)
    typer.echo(told["uri"])


@app.command(epilog=examples("folkmoot space audit moot", "folkmoot space audit moot --json"))
def audit(
    key: KeyArgument,
    as_json: JsonFlag = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Who changed what in a space, newest first."""
    told = ask(configured(config, ("--data", "server", "data", data)), "audit", {"key": key})
    if as_json:
        _json(told)
        return
    for row in told["rows"]:
        change = f"{row['before'] or '-'} -> {row['after'] or '-'}"
        typer.echo(f"{row['at']}  {row['by']}  {row['what']}  {row['of']}  {change}")


def _json(told: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
