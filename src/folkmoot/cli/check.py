"""`folkmoot check`: what is wrong with an installation, and how to mend it."""

import asyncio
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from folkmoot.admin import AdminError
from folkmoot.check.finding import Doing, Finding, Grade
from folkmoot.check.installation import examine
from folkmoot.check.running import Running, ask_running
from folkmoot.cli.flags import (
    AtFlag,
    ConfigFlag,
    DataFlag,
    DomainFlag,
    RoomsFlag,
    SpacesFlag,
    account,
    attachment,
    configured,
    examples,
)
from folkmoot.cli.remote import Door, ready_for_xmpp
from folkmoot.config import Config, ConfigError, override
from folkmoot.lock import Holder, holder_of

EPILOG = examples(
    "folkmoot check                                before the first start",
    "folkmoot check --config /etc/folkmoot.toml    whether a file is right, also while it runs",
    "folkmoot check --component --domain example.org     a component of that server, and its link",
    "folkmoot check --as juliet@example.org              and what she sees of it",
    "folkmoot check --as juliet@example.org --as romeo@example.net    also from another server",
)

_COLOURS = {
    Grade.OK: typer.colors.GREEN,
    Grade.WARN: typer.colors.YELLOW,
    Grade.FAIL: typer.colors.RED,
}
_CLEAR_LINE = "\r\x1b[K"


def check(
    config: ConfigFlag = None,
    data: DataFlag = None,
    component: Annotated[
        bool,
        typer.Option("--component", help="It is a component of another server."),
    ] = False,
    domain: DomainFlag = None,
    spaces: SpacesFlag = None,
    rooms: RoomsFlag = None,
    at: AtFlag = None,
    as_: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="JID", help="Look as a user, too; again for one who joins."),
    ] = None,
    connect: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST:PORT", help="Where that user connects, if DNS does not say."),
    ] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read passwords from standard input, a line each."),
    ] = False,
    ca_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Certificates to trust beside the system's."),
    ] = None,
    reach: Annotated[
        str | None,
        typer.Option(metavar="DOMAIN", help="Have the component that runs ask this server, too."),
    ] = None,
) -> None:
    """Say what is wrong with an installation, and how to mend it.

    Looks at the configuration, the data directory, the disk, the database, the certificate, the
    ports and what the operating system allows, also while the server runs. Every line is ok, warn
    or fail; what is not ok says how to mend it. Nothing is changed.

    Of a component it looks at the secret and at the link: that of the process that runs or, where
    none does, whether the server would take it. It is a component where server.accounts says so in
    the file, where --component does, or where one runs on the data directory.

    With --as it logs in as a user, and tries what clients do: whether they find spaces and rooms,
    make a space, enter a room, hear of things, and get large answers. Of what it makes nothing
    stays. The password is asked for, or is that in FOLKMOOT_PASSWORD.
    """
    which = attachment(data, domain, spaces, rooms, at)
    try:
        settings = configured(config, *which)
    except ConfigError as error:
        for mistake in error.mistakes:
            _tell(Finding(Grade.FAIL, "config", str(mistake)))
        raise typer.Exit(1) from None
    if component:
        settings = override(settings, "server", "accounts", value=False)
    doors = _doors(as_ or [], connect or [], ca_file)
    passwords = _passwords(doors, password_stdin)
    report = _Report()
    report.tell(Finding(Grade.OK, "config", _source(config)))
    flags = {"--config": config, **{name: text for name, *_, text in which}}
    given = {flag: str(said) for flag, said in flags.items() if said is not None}
    asyncio.run(_examine(settings, report, list(zip(doors, passwords, strict=True)), given, reach))
    raise typer.Exit(1 if report.failed else 0)


async def _examine(
    config: Config,
    report: "_Report",
    users: Sequence[tuple[Door, str]],
    given: Mapping[str, str],
    reach: str | None,
) -> None:
    data = config.server.data
    holder = holder_of(data) if data.is_dir() else None
    running = await _running(holder, report, needed=not config.server.accounts or bool(users))
    attached = running is not None and not running.accounts
    actual = running.over(config) if running is not None and attached else config
    for finding in examine(actual):
        report.tell(finding)
    domains = {door.jid.rpartition("@")[2] for door, _ in users} - {actual.server.domain}
    if not actual.server.accounts:
        # The settings bring in what they are for; completion need not wait for it.
        from folkmoot.check.component import examine_component

        asked = dict.fromkeys([*([reach] if reach else []), *sorted(domains)])
        await examine_component(
            actual, config, holder, running, report.tell, given=given, reach=asked
        )
    elif reach:
        words = "only a component asks other servers: say --component, or see --data"
        raise typer.BadParameter(words, param_hint="--reach")
    if users:
        await _look(actual, users, report)


async def _running(holder: Holder | None, report: "_Report", *, needed: bool) -> Running | None:
    """What runs there. A server of another version may not say; that matters to a component."""
    try:
        return await ask_running(holder)
    except AdminError as error:
        if needed:
            mend = "wait until it is there, or start it again with this version"
            report.tell(Finding(Grade.WARN, "process", str(error), mend))
        return None


async def _look(config: Config, users: Sequence[tuple[Door, str]], report: "_Report") -> None:
    from folkmoot.check.guest import Place, User
    from folkmoot.check.seen import examine_as

    server = config.server
    place = Place(server.domain, server.spaces_domain, server.rooms_domain)
    guests = [User(door.jid, password, door.way(), door.ca_file) for door, password in users]
    await examine_as(guests, place, report.tell)


def _doors(users: Sequence[str], connect: Sequence[str], ca_file: Path | None) -> list[Door]:
    """Who looks, and by which way; the first --connect is for the first --as, and so on."""
    if len(connect) > len(users):
        raise typer.BadParameter("each is for one --as", param_hint="--connect")
    if users:
        ready_for_xmpp()
    if ca_file is not None:
        try:
            ssl.create_default_context(cafile=ca_file)
        except (ssl.SSLError, OSError) as error:
            words = f"cannot read certificates from {ca_file}: {error.strerror or error}"
            raise typer.BadParameter(words, param_hint="--ca-file") from None
    ways = [*connect, *[None] * (len(users) - len(connect))]
    doors = []
    for user, way in zip(users, ways, strict=True):
        door = Door(str(account(user, "--as")), server=way, ca_file=ca_file)
        door.way("--connect")
        doors.append(door)
    return doors


def _passwords(doors: Sequence[Door], from_stdin: bool) -> list[str]:
    if not from_stdin:
        return [door.password("--as") for door in doors]
    lines = [sys.stdin.readline() for _ in doors]
    if not all(lines):
        words = f"standard input has fewer lines than there are --as: {len(doors)}"
        raise typer.BadParameter(words, param_hint="--password-stdin")
    return [line.rstrip("\r\n") for line in lines]


class _Report:
    """What is said, and whether any of it is a failure."""

    def __init__(self) -> None:
        self.failed = False
        self._seen = sys.stderr.isatty()

    def tell(self, what: Finding | Doing) -> None:
        """A finding is a line; what goes on meanwhile is one that the next takes the place of."""
        if isinstance(what, Finding):
            self._write(_CLEAR_LINE)
            _tell(what)
            self.failed |= what.grade is Grade.FAIL
        else:
            self._write(f"{_CLEAR_LINE}      {what.text} …")

    def _write(self, text: str) -> None:
        if self._seen:
            typer.echo(text, nl=False, err=True)


def _source(file: Path | None) -> str:
    return str(file) if file else "no file: every option has its default"


def _tell(finding: Finding) -> None:
    grade = typer.style(f"{finding.grade:<4}", fg=_COLOURS[finding.grade])
    typer.echo(f"{grade}  {finding.subject:<13}{finding.text}")
    if finding.mend:
        typer.echo(f"{'':19}mend: {finding.mend}")
