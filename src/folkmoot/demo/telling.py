"""How the story is told while it is played: a line for each step, with what came back."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from slixmpp.xmlstream.tostring import tostring

from folkmoot.client.namespaces import restored
from folkmoot.demo.columns import fitted
from folkmoot.xmpp.xml import Element, parse, serialize

WIDTH_MAX: Final = 110
"""Wider lines are hard to follow."""

STYLES: Final = {
    "juliet": "magenta",
    "romeo": "cyan",
    "tybalt": "yellow",
    "folkmoot": "bold green",
}
"""The colours of the people, and of the server."""

_INDENT: Final = 11
_MARGIN: Final = 2
_GAP: Final = 2
_XML: Final = Syntax("", "xml", theme="ansi_dark", background_color="default")


@dataclass(slots=True)
class Step:
    """One thing somebody does. came: what came back, in a few words."""

    who: str
    does: str
    came: str = ""


def console() -> Console:
    """As wide as the terminal, or as COLUMNS has it; a pipe takes WIDTH_MAX."""
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console() if told else Console(width=WIDTH_MAX)


class Telling:
    """The telling of one story.

    xml: whether every stanza is shown, both ways. failed: the first step that went wrong, "" for
    none.
    """

    def __init__(self, console: Console, *, xml: bool = False) -> None:
        """console: made no wider than WIDTH_MAX."""
        self._console = console
        console.width = min(console.width, WIDTH_MAX)
        self._xml = xml
        self._chapter = 0
        self._step = 0
        self._since = time.perf_counter()
        self._steps = 0
        self.failed = ""

    def note(self, text: str) -> None:
        """Something to know that is no step."""
        self._console.print(Text(text, style="dim"), highlight=False)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._chapter += 1
        self._step = 0
        self._print("")
        line = Rule(Text(f"{self._chapter}  {title}", style="bold"), align="left", style="dim")
        self._print(line)

    @contextmanager
    def step(self, who: str, does: str) -> Iterator[Step]:
        """A step; it succeeds if the block does, and whatever is raised in it goes on."""
        self._step += 1
        self._steps += 1
        step = Step(who, does)
        since = time.perf_counter()
        mark, instead = Text("✗", style="bold red"), ""
        try:
            with self._under_way(step):
                yield step
            mark = Text("✓", style="green")
        except Exception as error:
            instead = str(error) or type(error).__name__
            self.failed = self.failed or self._at
            raise
        finally:
            self._print(self._row(mark, step, time.perf_counter() - since))
            for line in instead.splitlines():
                self._print(Text(" " * _INDENT + line, style="red"))

    def _under_way(self, step: Step) -> AbstractContextManager[object]:
        if not self._console.is_terminal:
            return nullcontext()
        return self._console.status(Text(f"{step.who} {step.does} …", style="dim"))

    def watch(self, who: str, client: Any) -> None:
        """Show the stanzas of somebody's client from now on, if stanzas are to be shown."""
        if not self._xml:
            return

        def showing(arrow: str) -> Callable[[Any], Any]:
            def show(stanza: Any) -> Any:
                self._show(f"{who:>{_INDENT - 3}} {arrow} ", STYLES.get(who, ""), stanza)
                return stanza

            return show

        client.add_filter("in", showing("←"))
        client.add_filter("out", showing("→"))

    def _show(self, before: str, style: str, stanza: Any) -> None:
        margin = Text(before, style=style)
        element = parse(restored(tostring(stanza.xml, top_level=True)))
        for line in _lines(element, "", "", self._console.width - _INDENT):
            coloured = _XML.highlight(line)
            coloured.rstrip()
            self._print(margin + coloured)
            margin = Text(" " * _INDENT)

    def heads(self, titles: Mapping[str, str]) -> None:
        """Who stands in which column from now on, and what there is to say of each."""
        names = (Text(f"{who}: {title}", STYLES[who]) for who, title in titles.items())
        self._print(self._columns(*names))

    def beside(self, passed: Mapping[str, Sequence[tuple[str, Element]]]) -> None:
        """What each of some people sent and heard, in columns side by side.

        passed: by person, an arrow and a stanza each; the stanzas are shown as they are.
        """
        if not any(passed.values()):
            return
        width = self._column_width(len(passed)) - 2
        columns = (self._column(who, each, width) for who, each in passed.items())
        self._print(self._columns(*columns))

    def _columns(self, *columns: Text) -> Table:
        table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
        table.add_column(width=_MARGIN - _GAP)
        for _ in columns:
            table.add_column(width=self._column_width(len(columns)), overflow="fold")
        table.add_row("", *columns)
        return table

    def _column_width(self, columns: int) -> int:
        return (self._console.width - _MARGIN + _GAP) // columns - _GAP

    def _column(self, who: str, passed: Sequence[tuple[str, Element]], width: int) -> Text:
        column = Text()
        for arrow, stanza in passed:
            margin = Text(f"{arrow} ", style=STYLES.get(who, ""))
            for line in fitted(stanza, width):
                coloured = _XML.highlight(line)
                coloured.rstrip()
                column.append_text(margin + coloured).append("\n")
                margin = Text("  ")
        column.rstrip()
        return column

    def end(self) -> bool:
        """Say how it went; whether all went well."""
        seconds = time.perf_counter() - self._since
        self._print("")
        if self.failed:
            self._print(Text(f"✗ Step {self.failed} went wrong.", style="bold red"))
        else:
            took = f"{self._steps} steps in {seconds:.1f} s."
            self._print(Text(f"✓ All went as it should: {took}", style="bold green"))
        return not self.failed

    @property
    def _at(self) -> str:
        """The number of the step that was begun last."""
        return f"{self._chapter}.{self._step}"

    def _row(self, mark: Text, step: Step, seconds: float) -> RenderableType:
        row = Table.grid(padding=(0, 2, 0, 0), expand=True)
        row.add_column(width=1)
        row.add_column(width=4, style="dim")
        row.add_column(width=8, style=STYLES.get(step.who, ""))
        row.add_column(ratio=11)
        row.add_column(ratio=10)
        row.add_column(width=8, justify="right", style="dim")
        took = f"{seconds * 1000:.0f} ms"
        row.add_row(mark, self._at, step.who, step.does, Text(step.came), took)
        return row

    def _print(self, what: RenderableType) -> None:
        self._console.print(what, highlight=False, soft_wrap=isinstance(what, Text))


def _lines(element: Element, scope: str, indent: str, width: int) -> Iterator[str]:
    """An element for eyes: on one line where it fits, else each of its children for itself."""
    whole = indent + serialize(element, scope)
    if len(whole) <= width or not element.elements:
        yield whole
        return
    tag = serialize(Element(element.ns, element.name, element.attrs), scope)
    yield f"{indent}{tag.removesuffix('/>')}>"
    for child in element.elements:
        yield from _lines(child, element.ns, indent + "  ", width)
    yield f"{indent}</{element.name}>"
