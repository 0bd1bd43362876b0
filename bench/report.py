"""What came out, as a table and as JSON."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil
from rich import box
from rich.table import Table

from bench.figures import Figure


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one workload, run after run. values: at least one."""

    workload: str
    figure: Figure
    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the goal; None where there is none."""
        goal = self.figure.goal
        return None if goal is None else goal.reached(self.median)


def table(lines: Sequence[Line], *, goals: bool) -> Table:
    """Every figure with its median, and what it has to be.

    goals: say them; they hold only for the sizes they were set for.
    """
    made = Table(box=box.SIMPLE_HEAD)
    made.add_column("")
    made.add_column("Median", justify="right", no_wrap=True)
    made.add_column("Lowest to highest", justify="right", style="dim", no_wrap=True)
    if goals:
        made.add_column("Goal", justify="right", no_wrap=True)
    workload = ""
    for line in lines:
        if line.workload != workload:
            workload = line.workload
            made.add_section()
            made.add_row(workload, style="bold")
        figure = line.figure
        spread = f"{figure.say(min(line.values))} to {figure.say(max(line.values))}"
        cells = [f"  {figure.name}, {figure.unit}", figure.say(line.median), spread]
        made.add_row(*cells, *([_goal(line)] if goals else []))
    return made


def contest(
    columns: Sequence[str], rows: Sequence[tuple[str, Figure, Sequence[Line | None]]]
) -> Table:
    """Every figure of several servers, side by side: title, figure, and a line for each of them."""
    made = Table(box=box.SIMPLE_HEAD)
    made.add_column("")
    for column in columns:
        made.add_column(column, justify="right", no_wrap=True)
    told = ""
    for title, figure, lines in rows:
        if title != told:
            told = title
            made.add_section()
            made.add_row(title, style="bold")
        cells = ["-" if line is None else figure.say(line.median) for line in lines]
        made.add_row(f"  {figure.name}, {figure.unit}", *cells)
    return made


def _goal(line: Line) -> str:
    goal = line.figure.goal
    if goal is None:
        return ""
    bound = f"{'≤' if goal.at_most else '≥'} {line.figure.say(goal.bound)}"
    return f"[green]{bound} ✓[/]" if line.reached else f"[bold red]{bound} ✗[/]"


def machine() -> str:
    """What it ran on, in words that name no machine."""
    return (
        f"{psutil.cpu_count()} processors ({platform.machine()}),"
        f" {psutil.virtual_memory().total / 2**30:.0f} GiB,"
        f" {platform.system()}, Python {platform.python_version()}"
    )


def document(lines: Sequence[Line], **about: object) -> dict[str, Any]:
    """The same for programs; `about`: what else is worth keeping."""
    return {
        "machine": machine(),
        **about,
        "figures": [
            {
                "workload": line.workload,
                "figure": line.figure.name,
                "unit": line.figure.unit,
                "median": line.median,
                "values": list(line.values),
                "goal": None if line.figure.goal is None else line.figure.goal.bound,
                "reached": line.reached,
            }
            for line in lines
        ],
    }
