"""`python -m bench`: run the workloads, print a table."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console

from bench import peers, referee, report
from bench.client import Refusal
from bench.figures import Figure, Sample
from bench.place import NoServer, Place, pin_generator, serving
from bench.referee import MATCHES, RefereeFailed
from bench.scale import FULL, QUICK, Scale
from bench.tally import Stalled
from bench.workloads import WORKLOADS, Workload

REPEAT: Final = 3
DISTURBED: Final = 0.15
"""Processors that other programs may use during a run before we say so."""

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"max_content_width": 100},
)
PAGE_COLUMNS: Final = 100
"""How wide a table is that no terminal limits."""

console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PAGE_COLUMNS)
progress = Console(stderr=True, highlight=False, emoji=False)


class Course(NamedTuple):
    """What is run again and again, each time with a server of its own."""

    name: str
    title: str
    accounts: int
    run: Callable[[Place], Sample]
    paced: bool = False


@app.command()
def bench(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only these workloads; may be repeated. There are: "
            + ", ".join(workload.name for workload in WORKLOADS)
            + ".",
        ),
    ] = None,
    repeat: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"Runs of each; the median counts [{REPEAT}]."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A tenth of the size, once: to see that it works.")
    ] = False,
    judged: Annotated[
        bool,
        typer.Option(
            "--referee",
            help="Measure with the load generator at ../shared/bench/load.py instead of our own.",
        ),
    ] = False,
    beside: Annotated[
        bool,
        typer.Option(
            "--peers",
            help="Let the referee measure ejabberd and Prosody, too, where they are installed,"
            " side by side with us; some twenty minutes.",
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Where servers keep their data for the while; on a disk [/var/tmp].",
        ),
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures there, too.")
    ] = None,
) -> None:
    """Measure what Folkmoot costs, against servers that are started for it, and print a table.

    Server and generator are pinned to a processor each where there are two. What a run costs is
    said in seconds of the server's processor time, which other programs disturb little; still,
    leave the machine alone. All of it takes some four minutes.
    """
    if (judged or beside) and quick:
        raise typer.BadParameter("the referee has one size only", param_hint="--quick")
    if (judged or beside) and not referee.SCRIPT.exists():
        progress.print(
            "The referee is not here: it is a project of its own, and would stand beside this one"
            " as ../shared/bench/load.py. Without --referee, our own workloads run."
        )
        raise typer.Exit(1)
    if beside:
        _side_by_side(only or [], repeat or REPEAT, data, json_)
        return
    scale = QUICK if quick else FULL
    courses = _chosen(list(_judged() if judged else _own(scale)), only or [])
    _prepare()
    times = repeat or (1 if quick else REPEAT)
    lines: list[report.Line] = []
    failed = False
    for course in courses:
        try:
            lines += _measured(course, times, data)
        except (NoServer, Refusal, RefereeFailed, Stalled, OSError) as error:
            failed = True
            progress.print(f"{course.title}: {error}", style="red", markup=False, soft_wrap=True)
    console.print(f"{report.machine()}; median of {times}")
    console.print(report.table(lines, goals=not quick))
    if json_ is not None:
        about = {"repeat": times, "quick": quick, "referee": judged}
        json_.write_text(json.dumps(report.document(lines, **about), indent=2) + "\n", "utf-8")
    if failed or (not quick and any(line.reached is False for line in lines)):
        raise typer.Exit(1)


def _side_by_side(names: Sequence[str], times: int, data: Path | None, json_: Path | None) -> None:
    """All servers at the same work: for each run of it one after the other, so that what else
    the machine does meanwhile concerns all of them.
    """
    _prepare()
    all = list(peers.contenders(data))
    contests = [each for each in peers.CONTESTS if not names or each.arguments.split()[0] in names]
    values: dict[tuple[Figure, str], list[float]] = {}
    failed = False
    for contest, number, each in product(contests, range(times), all):
        try:
            with progress.status(f"{contest.title}: {each.name}, {number + 1} of {times}"):
                sample = peers.compete(contest, each)
        except (NoServer, RefereeFailed, OSError) as error:
            failed = True
            told = f"{contest.title}, {each.name}: {error}"
            progress.print(told, style="red", markup=False, soft_wrap=True)
            continue
        for figure, value in sample.items():
            values.setdefault((figure, each.name), []).append(value)
            told = f"{each.name}: {figure.name}, {figure.unit}: {figure.say(value)}"
            progress.print(f"{number + 1}/{times}  {told}", soft_wrap=True)
    lines = {key: report.Line(key[1], key[0], each) for key, each in values.items()}
    rows = [
        (contest.title, figure, [lines.get((figure, each.name)) for each in all])
        for contest in contests
        for figure in contest.figures
    ]
    console.print(f"{report.machine()}; median of {times}")
    console.print(report.contest([each.name for each in all], rows))
    if json_ is not None:
        document = report.document(list(lines.values()), repeat=times, peers=True)
        json_.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    if failed:
        raise typer.Exit(1)


def _own(scale: Scale) -> Iterator[Course]:
    for workload in WORKLOADS:
        yield Course(
            workload.name,
            workload.title.format(scale),
            scale.accounts,
            _runner(workload, scale),
            workload.paced,
        )


def _judged() -> Iterator[Course]:
    for match in MATCHES:
        yield Course(
            match.name,
            match.title,
            referee.ACCOUNTS,
            partial(referee.play, match),
        )


def _chosen(courses: Sequence[Course], names: Sequence[str]) -> Sequence[Course]:
    known = {course.name for course in courses}
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(
            f"there is no {unknown[0]!r}: choose from {', '.join(sorted(known))}",
            param_hint="--only",
        )
    return [course for course in courses if not names or course.name in names]


def _runner(workload: Workload, scale: Scale) -> Callable[[Place], Sample]:
    async def once(place: Place) -> Sample:
        return await workload.run(place, scale)

    def run(place: Place) -> Sample:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            try:
                return runner.run(once(place))
            except* (Refusal, Stalled) as group:
                raise group.exceptions[0] from None

    return run


def _measured(course: Course, times: int, data: Path | None) -> Iterator[report.Line]:
    """Run something some times, say how far it is, and put its figures together."""
    values: dict[Figure, list[float]] = {}
    for number in range(times):
        with (
            progress.status(f"{course.title}: {number + 1} of {times}"),
            serving(course.accounts, data, paced=course.paced) as place,
        ):
            began = place.clocks()
            sample = course.run(place)
            used = place.clocks().since(began)
        for figure, value in sample.items():
            values.setdefault(figure, []).append(value)
        first, value = next(iter(sample.items()))
        told = f"{course.title}: {first.name}, {first.unit}: {first.say(value)}"
        if used.others > DISTURBED:
            told += f" [yellow](others used {used.others:.1f} processors meanwhile)[/]"
        progress.print(f"{number + 1}/{times}  {told}", soft_wrap=True)
    for figure, each in values.items():
        yield report.Line(course.title, figure, each)


def _prepare() -> None:
    """Make this process a generator: many open files, a processor of its own, no pauses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    pin_generator()
    gc.disable()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform != "linux":
        return None
    import uvloop

    return uvloop.new_event_loop


if __name__ == "__main__":
    app(prog_name="python -m bench")
