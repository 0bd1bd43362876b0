"""`folkmoot space export|import`: a space taken elsewhere (docs/extensions/export.md)."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from folkmoot.admin import AdminError
from folkmoot.cli.asking import reach
from folkmoot.cli.flags import ConfigFlag, DataFlag, configured, examples
from folkmoot.cli.space import KeyArgument
from folkmoot.config import Config

EXPORT = examples(
    "folkmoot space export moot -o moot.json",
    "folkmoot space export moot --history --audit -o moot.json    all there is",
)
IMPORT = examples(
    "folkmoot space import moot.json --check                     what would come of it",
    "folkmoot space import moot.json --owner juliet@localhost",
    "folkmoot space import moot.json --as moot-2",
)


def export(
    key: KeyArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to [standard output]."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="With what was said in the rooms, by whom and when.")
    ] = False,
    audit: Annotated[bool, typer.Option("--audit", help="With the audit trail, to read.")] = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Write a space and its rooms to a file: who is in it, what it lists, how all is configured.

    The file has passwords of rooms in it, so it is for its owner's eyes only. Invites are not in
    it: of those nothing is kept that could let anybody in.
    """
    asked = {"key": key}
    asked |= {"history": "yes"} if history else {}
    asked |= {"audit": "yes"} if audit else {}
    settings = configured(config, ("--data", "server", "data", data))
    with _written(output) as file:
        rooms = asyncio.run(_export(settings, asked, file))
    if output is not None:
        typer.echo(f"Wrote {key} and its {rooms} rooms to {output}.")


async def _export(config: Config, asked: Mapping[str, str], file: IO[str]) -> int:
    from folkmoot.spaces.document import Writer

    writer, rooms = Writer(), 0
    async with reach(config) as server, aclosing(server.stream("space", "export", asked)) as parts:
        async for part in parts:
            rooms += "room" in part
            file.write(writer.write(part))
            _say(f"{rooms} rooms")
    file.write(writer.end())
    _say("")
    return rooms


@contextmanager
def _written(path: Path | None) -> Iterator[IO[str]]:
    """A file that is there, whole, once the block ends well; for its owner alone."""
    if path is None:
        yield sys.stdout
        return
    beside = path.absolute().parent
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=beside, delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def _say(text: str) -> None:
    """How far it is, for who looks on."""
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K{text}", nl=False, err=True)


def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `folkmoot space export` wrote.")
    ],
    key: Annotated[
        str, typer.Option("--as", metavar="KEY", help="The node it is to have [as in the file].")
    ] = "",
    owner: Annotated[
        str,
        typer.Option(metavar="JID", help="An account here [the first owner who has one]."),
    ] = "",
    check: Annotated[bool, typer.Option("--check", help="Only say what would come of it.")] = False,
    config: ConfigFlag = None,
    data: DataFlag = None,
) -> None:
    """Make a space and its rooms of such a file: all of it, or nothing.

    Everything is looked at first, and every mistake is told with its place in the file. Addresses
    of the services it comes from become those of this server; people keep theirs.
    """
    from folkmoot.spaces.reading import check as checked

    document = _read(file)
    _hold(checked(document).lines(), file)
    assert isinstance(document, dict), "what was checked"
    asked = {name: text for name, text in (("as", key), ("owner", owner)) if text}
    asked |= {"check": "yes"} if check else {}
    settings = configured(config, ("--data", "server", "data", data))
    made = asyncio.run(_import(settings, asked, document, file))
    if made is None:
        typer.echo(f"{file} can be imported; nothing was changed.")
    else:
        typer.echo(f"Made {made['key']} and its {made['rooms']} rooms for {made['owner']}.")


async def _import(
    config: Config, asked: Mapping[str, str], document: Mapping[str, Any], file: Path
) -> Mapping[str, Any] | None:
    """What was made; None where it was only looked at."""
    from folkmoot.spaces.document import parts

    count = sum(1 for _ in parts(document))
    shown = typer.progressbar(length=count, file=sys.stderr, hidden=not sys.stderr.isatty())
    async with reach(config) as server:
        with shown as bar:
            async with aclosing(
                server.stream("space", "import", asked, parts(document))
            ) as answers:
                async for answer in answers:
                    bar.update(1)
                    _hold(answer.get("problems", ()), file)
                    for note in answer.get("notes", ()):
                        typer.echo(note, err=True)
                    if "notes" in answer and "check" in asked:
                        return None
                    if "key" in answer:
                        return answer
    raise AdminError("the server ended before it had answered: its log may say why")


def _read(path: Path) -> object:
    """The document in a file."""
    from folkmoot.spaces.document import FILE_BYTES_MAX, Unreadable, loads

    if path.stat().st_size > FILE_BYTES_MAX:
        raise AdminError(f"{path} is longer than {FILE_BYTES_MAX} bytes")
    try:
        return loads(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise AdminError(f"{path} is not text in UTF-8") from None
    except Unreadable as error:
        raise AdminError(f"{path}: {error}") from None


def _hold(problems: list[str], path: Path) -> None:
    """Nothing, where there are none."""
    for each in problems:
        typer.echo(each, err=True)
    if problems:
        raise AdminError(f"{path} cannot be imported; nothing was changed")
