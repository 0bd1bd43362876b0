"""`folkmoot user`: accounts, on the running server or, while none runs, in its data directory."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from folkmoot.admin import Admin, AdminError, Progress
from folkmoot.cli.flags import ConfigFlag, DataFlag, account, configured, examples
from folkmoot.cli.reach import reach_accounts
from folkmoot.xmpp.jid import JID

T = TypeVar("T")

COUNT_MAX = 1_000_000
NUMBER = "%d"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Accounts: add, passwd, delete, list. Safe while the server runs.",
)


JIDArgument = Annotated[
    JID, typer.Argument(metavar="JID", parser=account, help="As in juliet@localhost.")
]
PasswordStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin", help="Read the password from the first line of standard input."
    ),
]


@app.command(
    epilog=examples(
        "folkmoot user add juliet@localhost",
        "pass show juliet | folkmoot user add juliet@localhost --password-stdin",
        "folkmoot user add --count 1000 --pattern 'user%d@localhost' --password-stdin < secret",
    )
)
def add(
    jid: Annotated[
        str | None, typer.Argument(metavar="JID", help="As in juliet@localhost.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, max=COUNT_MAX, metavar="N", help="Add so many, with one password."),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(metavar="JID", help="What they are called; %d counts from 0."),
    ] = None,
    password_stdin: PasswordStdin = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Make an account, or many. The password is asked for twice, or read from standard input."""
    jids = list(_wanted(jid, count, pattern))
    password = _password(password_stdin)

    async def work(admin: Admin) -> Progress:
        return await _add(admin, jids, password)

    done = _run(config, data, work, create=True)
    if jid is not None and done.existing:
        raise AdminError(f"{jids[0]} exists already: `folkmoot user passwd` changes its password")
    kept = f"; {done.existing} existed already and are as they were" if done.existing else ""
    typer.echo(f"Added {jids[0] if jid else f'{done.added} accounts'}{kept}.")


async def _add(admin: Admin, jids: list[JID], password: str) -> Progress:
    progress = Progress(0, 0)
    with typer.progressbar(length=len(jids), file=sys.stderr, hidden=len(jids) == 1) as bar:
        async for now in admin.add_users((jid, password) for jid in jids):
            bar.update(now.done - progress.done)
            progress = now
    return progress


@app.command(epilog=examples("folkmoot user passwd juliet@localhost"))
def passwd(
    jid: JIDArgument,
    password_stdin: PasswordStdin = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Give an account a new password."""
    password = _password(password_stdin)
    _run(config, data, lambda admin: admin.set_password(jid, password))
    typer.echo(f"{jid} has a new password.")


@app.command(epilog=examples("folkmoot user delete romeo@localhost --yes"))
def delete(
    jid: JIDArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Delete an account."""
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("nobody is there to confirm it: say --yes", param_hint="JID")
        typer.confirm(f"Delete {jid}?", abort=True)
    _run(config, data, lambda admin: admin.delete_user(jid))
    typer.echo(f"Deleted {jid}.")


@app.command("list", epilog=examples("folkmoot user list", "folkmoot user list ju"))
def list_(
    prefix: Annotated[str, typer.Argument(help="Only JIDs that begin so.")] = "",
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """List the accounts, each with when it was made (UTC)."""
    for each in _run(config, data, lambda admin: admin.users(prefix)):
        made = datetime.fromtimestamp(each.created, UTC)
        typer.echo(f"{each.jid!s:<40}  {made:%Y-%m-%d %H:%M}")


def _run(
    file: Path | None,
    data: str | None,
    work: Callable[[Admin], Awaitable[T]],
    *,
    create: bool = False,
) -> T:
    """Do something with the accounts; `create` allows a data directory to be made for it."""
    config = configured(file, ("--data", "server", "data", data))
    domain = config.server.domain if file else None

    async def within(reached: AbstractAsyncContextManager[Admin]) -> T:
        async with reached as admin:
            return await work(admin)

    return asyncio.run(within(reach_accounts(config, domain, create=create)))


def _wanted(jid: str | None, count: int | None, pattern: str | None) -> Iterator[JID]:
    if jid is not None and count is None and pattern is None:
        yield account(jid)
    elif jid is None and count is not None and pattern is not None:
        if pattern.count(NUMBER) != 1:
            raise typer.BadParameter(
                f"it needs one {NUMBER}, as in user%d@localhost", param_hint="--pattern"
            )
        for number in range(count):
            yield account(pattern.replace(NUMBER, str(number)))
    else:
        raise typer.BadParameter("give a JID, or --count and --pattern together", param_hint="JID")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "nobody is there to type a password: say --password-stdin",
            param_hint="--password-stdin",
        )
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
