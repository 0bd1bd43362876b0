"""`folkmoot space kick|ban|retract`: one entity in all rooms of a space."""

from typing import Annotated

import typer

from folkmoot.cli.asking import ask
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.cli.space import KeyArgument

JIDArgument = Annotated[str, typer.Argument(metavar="JID", help="Whom it is about.")]
ReasonFlag = Annotated[str, typer.Option(metavar="TEXT", help="Why; they are told.")]

KICK = examples("folkmoot space kick moot romeo@localhost --reason 'Cool down.'")
BAN = examples("folkmoot space ban moot tybalt@localhost")
RETRACT = examples("folkmoot space retract moot tybalt@localhost --period day")


def kick(
    key: KeyArgument,
    jid: JIDArgument,
    reason: ReasonFlag = "",
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Show somebody the door of every room of a space; they may come back."""
    asked = {"key": key, "jid": jid, "reason": reason}
    told = ask(configured(config, ("--data", "server", "data", data)), "kick", asked)
    typer.echo(f"{told['kicked']} had to leave {told['rooms']} of its rooms.")


def ban(
    key: KeyArgument,
    jid: JIDArgument,
    reason: ReasonFlag = "",
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Ban somebody from a space and all its rooms."""
    asked = {"key": key, "jid": jid, "reason": reason}
    told = ask(configured(config, ("--data", "server", "data", data)), "ban", asked)
    typer.echo(f"{told['banned']} is banned.")


def retract(
    key: KeyArgument,
    jid: JIDArgument,
    period: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How far back: hour, day or all.",
            autocompletion=lambda: ["hour", "day", "all"],
        ),
    ] = "hour",
    reason: ReasonFlag = "",
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Retract what somebody said in the rooms of a space."""
    settings = configured(config, ("--data", "server", "data", data))
    asked = {"key": key, "jid": jid, "reason": reason, "period": period}
    messages = 0
    while True:
        told = ask(settings, "retract", asked)
        messages += told["messages"]
        if told["next"] is None:
            break
        typer.echo(
            f"Messages retracted so far: {messages}; the room {told['next']['room']} is next."
        )
        asked |= {name: str(value) for name, value in told["next"].items()}
    typer.echo(f"Messages retracted: {messages}.")
