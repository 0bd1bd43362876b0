"""Where in a TOML file a key stands: `tomllib` gives values only.

The text must be valid TOML 1.0 (`tomllib` has read it), so this scanner need not be suspicious:
it only has to tell keys from values.
"""

import re
import tomllib
from collections.abc import Callable

KeyPath = tuple[str, ...]

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s=\]"'\[{},]+|[ \t]+)+""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}\n#]*")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, on which each table and key first stands, by its path from the root."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self._skip(_GAP)
        while self._at < len(self._text):
            if self._sees("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_GAP)
        return self._lines

    def _header(self) -> KeyPath:
        self._skip(re.compile(r"\[+"))
        path = self._key(())
        self._skip(re.compile(r"\]+"))
        return path

    def _pair(self, table: KeyPath) -> None:
        path = self._key(table)
        self._at += 1  # the equals sign
        self._skip(_GAP)
        self._value(path)

    def _key(self, table: KeyPath) -> KeyPath:
        """Read a key, dotted and quoted as it may be, and note its line and its tables'."""
        start = self._at
        raw = self._skip(_KEY)
        line = self._text.count("\n", 0, start) + 1
        path = table
        found: object = tomllib.loads(f"{raw} = 0")
        while isinstance(found, dict):
            (part, found), *_ = found.items()
            path = (*path, part)
            self._lines.setdefault(path, line)
        return path

    def _value(self, path: KeyPath) -> None:
        if self._sees("["):
            self._each("]", lambda: self._value(path))
        elif self._sees("{"):
            self._each("}", lambda: self._pair(path))
        elif self._sees('"') or self._sees("'"):
            self._skip(_STRING)
        else:
            self._skip(_PLAIN)

    def _each(self, end: str, read: Callable[[], None]) -> None:
        self._at += 1
        self._skip(_GAP)
        while not self._sees(end):
            read()
            self._skip(_GAP)
            if self._sees(","):
                self._at += 1
                self._skip(_GAP)
        self._at += 1

    def _sees(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found.group()
