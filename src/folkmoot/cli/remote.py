"""The way to a server for commands that go over XMPP: who one is, where it is, what went wrong.

Here annotations are what typer reads, so they are not put off.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib.util import find_spec
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from folkmoot.admin import AdminError
from folkmoot.cli.flags import examples

if TYPE_CHECKING:
    from folkmoot.client import SpaceAddress, Spaces

PASSWORD_VARIABLE: Final = "FOLKMOOT_PASSWORD"


@dataclass(frozen=True, slots=True)
class Door:
    """Who goes in, and where. The fields are the options of every command that goes over XMPP."""

    jid: Annotated[
        str, typer.Option("--jid", metavar="JID", help="As whom: over XMPP, on any server.")
    ]
    password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Its first line is the password. Without it: ${PASSWORD_VARIABLE}, or a prompt.",
        ),
    ] = None
    server: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where to connect, if DNS does not say; or wss://…"),
    ] = None
    service: Annotated[
        str | None,
        typer.Option(metavar="DOMAIN", help="Where the spaces are [the service the server has]."),
    ] = None
    ca_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Certificates to trust beside the system's."),
    ] = None

    def password(self, named: str = "--jid") -> str:
        """From the file, the environment, or whoever sits there. named: the flag that said who."""
        if self.password_file is not None:
            return self.password_file.read_text("utf-8").partition("\n")[0].rstrip("\r")
        if PASSWORD_VARIABLE in os.environ:
            return os.environ[PASSWORD_VARIABLE]
        if not sys.stdin.isatty():
            raise typer.BadParameter(
                "nobody is there to type a password: say --password-file,"
                f" or set {PASSWORD_VARIABLE}",
                param_hint=named,
            )
        typed: str = typer.prompt(f"Password of {self.jid}", hide_input=True, err=True)
        return typed

    def way(self, named: str = "--server") -> dict[str, Any]:
        """How to connect, as `connected` takes it. named: the flag that said where."""
        if self.server is None:
            return {}
        if self.server.startswith(("ws://", "wss://")):
            return {"websocket": self.server}
        host, _, port = self.server.rpartition(":")
        if not host or not port.isascii() or not port.isdigit():
            raise typer.BadParameter("write HOST:PORT, or wss://…", param_hint=named)
        return {"host": host.strip("[]"), "port": int(port)}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is logged in."""

    spaces: "Spaces"
    door: Door

    async def service(self) -> str:
        """Where the spaces are."""
        found = self.door.service or await self.spaces.service()
        if found is None:
            raise AdminError("the server tells of no pubsub service: name one with --service")
        return str(found)

    async def address(self, space: str) -> "SpaceAddress":
        """Where a space is, by its key or its URI."""
        from folkmoot.client import SpaceAddress

        if space.lower().startswith("xmpp:"):
            return SpaceAddress.parse(space)
        return SpaceAddress.of(await self.service(), space)


Verb = Callable[..., Coroutine[Any, Any, None]]


def verb(app: typer.Typer, name: str, *lines: str, lacking: str) -> Callable[[Verb], Verb]:
    """Make a command of what is done on a visit: its arguments, and the options of `Door`.

    lines: examples. lacking: what to say where the service does not know what it is asked for.
    """

    def made(work: Verb) -> Verb:
        own = list(signature(work).parameters.values())[1:]
        options = [
            each.replace(kind=Parameter.KEYWORD_ONLY)
            for each in signature(Door).parameters.values()
        ]

        def command(**given: Any) -> None:
            door = Door(**{each.name: given.pop(each.name) for each in options})
            _run(door, lambda visit: work(visit, **given), lacking)

        parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own] + options
        described: Any = command
        described.__signature__ = Signature(parameters)
        described.__annotations__ = {each.name: each.annotation for each in parameters}
        described.__doc__ = work.__doc__
        app.command(name, epilog=examples(*lines))(command)
        return work

    return made


def ready_for_xmpp() -> None:
    """To be called before `folkmoot.client` is imported. Raises AdminError where it cannot be."""
    if find_spec("slixmpp") is None:
        raise AdminError("this needs slixmpp: pip install 'folkmoot[client]'")
    logging.getLogger("slixmpp").setLevel(logging.CRITICAL)  # what it logs is raised as well


def _run(door: Door, work: Callable[[Visit], Coroutine[Any, Any, None]], lacking: str) -> None:
    """Log in, and do something. What goes wrong is AdminError, in plain words."""
    ready_for_xmpp()
    from slixmpp.jid import InvalidJID

    from folkmoot.client import (
        InvalidAddress,
        NotConnected,
        NotOffered,
        Refused,
        SpacesError,
        connected,
    )

    password, way = door.password(), door.way()

    async def within() -> None:
        async with connected(door.jid, password, ca_certs=door.ca_file, **way) as spaces:
            await work(Visit(spaces, door))

    try:
        asyncio.run(within())
    except NotOffered as refused:
        raise AdminError(f"{lacking} ({refused})") from None
    except Refused as refused:
        raise AdminError(f"it is refused: {refused}") from None
    except NotConnected as error:
        where = door.server or door.jid.rpartition("@")[2].partition("/")[0]
        raise AdminError(f"no way to {where}: {error}") from None
    except (SpacesError, InvalidAddress) as error:
        raise AdminError(str(error)) from None
    except InvalidJID:
        raise AdminError("one of these is no JID") from None


def beside(app: typer.Typer) -> type[TyperGroup]:
    """A group of commands of which those of an app are meant where --jid is said.

    The types of the three methods are click's, which typer may have or have within itself.
    """

    class Doors(TyperGroup):
        def _remote(self) -> TyperGroup:
            group = typer.main.get_command(app)
            assert isinstance(group, TyperGroup)
            return group

        def list_commands(self, ctx: Any) -> list[str]:
            return list(dict.fromkeys([*super().list_commands(ctx), *self._remote().commands]))

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            own = super().get_command(ctx, cmd_name)
            return own or self._remote().get_command(ctx, cmd_name)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            if any(arg.partition("=")[0] == "--jid" for arg in args):
                return self._remote().resolve_command(ctx, args)
            return super().resolve_command(ctx, args)

    return Doors
