"""Play the demo once, and keep it for README.md: `.venv/bin/python docs/picture.py`.

It becomes demo.svg, as a terminal shows it, and transcripts/demo.txt, as plain text.
"""

import asyncio
import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from folkmoot.demo.performance import perform_all
from folkmoot.demo.telling import Telling

DOCS = Path(__file__).parent
COLUMNS = 104

console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
with tempfile.TemporaryDirectory(prefix="folkmoot-") as directory:
    well = asyncio.run(perform_all(Path(directory), Telling(console)))
assert well, console.export_text()
lines = console.export_text(clear=False).splitlines()
(DOCS / "transcripts/demo.txt").write_text("\n".join(line.rstrip() for line in lines) + "\n")
picture = console.export_svg(title="folkmoot demo --ephemeral", theme=MONOKAI)
(DOCS / "demo.svg").write_text(picture)
