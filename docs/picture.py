"""Draw docs/demo.svg, the picture of the demo in README.md: `.venv/bin/python docs/picture.py`."""

import asyncio
import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from folkmoot.demo.performance import perform_all
from folkmoot.demo.telling import Telling

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 104

console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
with tempfile.TemporaryDirectory(prefix="folkmoot-") as directory:
    well = asyncio.run(perform_all(Path(directory), Telling(console)))
assert well, console.export_text()
PICTURE.write_text(console.export_svg(title="folkmoot demo --ephemeral", theme=DIMMED_MONOKAI))
