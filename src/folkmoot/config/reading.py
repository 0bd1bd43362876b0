"""Reading a configuration file (TOML 1.0): what is wrong is said with its file, line and remedy."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from folkmoot.config.options import TABLES, TEMPLATE, Config, Option, Table
from folkmoot.config.position import KeyPath, key_lines
from folkmoot.config.templates import TEMPLATES, Template

_OPTIONS = {(table.name, option.key): option for table in TABLES for option in table.options}
_WHERE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a configuration file; `line` counts from 1, 0 is the file as a whole."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


class ConfigError(Exception):
    """A configuration that cannot be used; it names every mistake, a line each."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def load(path: Path) -> Config:
    """The configuration in a file; what it leaves out has its default.

    Relative paths in it start at the file's directory. Raises ConfigError.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(Mistake(path, 0, f"cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError:
        raise ConfigError(Mistake(path, 0, "is not text in UTF-8")) from None
    return read(text, path)


def read(text: str, path: Path) -> Config:
    """The configuration in a text that came from `path`; raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(str(error), text, path)) from None
    reader = _Reader(path, key_lines(text))
    config = reader.config(document)
    if reader.mistakes:
        raise ConfigError(*sorted(reader.mistakes, key=lambda mistake: mistake.line))
    return config


def _syntax(words: str, text: str, path: Path) -> Mistake:
    found = _WHERE.search(words)
    line = int(found["line"]) if found and found["line"] else text.count("\n") + 1
    return Mistake(path, line, f"this is not TOML: {_WHERE.sub('', words)}")


class _Reader:
    """Reads all of a document, so that every mistake is found at once."""

    def __init__(self, path: Path, lines: dict[tuple[str, ...], int]) -> None:
        self._path = path
        self._lines = lines
        self.mistakes: list[Mistake] = []

    def config(self, document: dict[str, Any]) -> Config:
        tables = {table.name: table for table in TABLES}
        read: dict[str, Any] = {}
        for name, values in document.items():
            if name in tables:
                table = tables[name]
                read[name] = table.type(**self._table((name,), table, values))
            elif name == TEMPLATE.name:
                read[name] = self._templates(values)
            else:
                self._wrong((name,), f"there is no {_noun(values)} '{name}'{_nearest(name)}")
        return Config(**read)

    def _templates(self, values: object) -> Mapping[str, Template]:
        """Those of the file beside those there are, or over them."""
        if not isinstance(values, dict):
            self._wrong((TEMPLATE.name,), f"write each as a table: [{TEMPLATE.name}.NAME]")
            return TEMPLATES
        made = {
            name: replace(
                TEMPLATES.get(name, Template()),
                **self._table((TEMPLATE.name, name), TEMPLATE, given),
            )
            for name, given in values.items()
        }
        return {**TEMPLATES, **made}

    def _table(self, path: KeyPath, table: Table, values: object) -> dict[str, Any]:
        name = ".".join(path)
        if not isinstance(values, dict):
            self._wrong(path, f"'{name}' is a table: write [{name}]")
            return {}
        options = {option.key: option for option in table.options}
        for key in values.keys() - options.keys():
            near = _nearest(key, table.name)
            self._wrong((*path, key), f"[{name}] has no key '{key}'{near}")
        return {
            key: self._value((*path, key), options[key], values[key])
            for key in values.keys() & options.keys()
        }

    def _value(self, path: KeyPath, option: Option, value: object) -> object:
        try:
            found = option.kind.read(value)
        except ValueError as error:
            self._wrong(path, _expected(option, error))
            return option.default
        return self._path.parent / found if isinstance(found, Path) else found

    def _wrong(self, key: tuple[str, ...], text: str) -> None:
        self.mistakes.append(Mistake(self._path, self._lines.get(key, 0), text))


def _noun(value: object) -> str:
    return "table" if isinstance(value, dict) else "option"


def _nearest(key: str, table: str | None = None) -> str:
    """What may have been meant, to follow the words of a mistake; empty if nothing is near."""
    found = next(_candidates(key, table), None)
    return f"; did you mean {found}?" if found else ""


def _candidates(key: str, table: str | None) -> Iterator[str]:
    """In the same table, then elsewhere by its exact name, then a table, then anything near."""
    tables = (*TABLES, TEMPLATE)
    here = [option.key for one in tables if one.name == table for option in one.options]
    yield from (f"'{near}'" for near in difflib.get_close_matches(key, here))
    elsewhere = {option.key: option.table for one in TABLES for option in one.options}
    if key in elsewhere:
        yield f"'{key}' in [{elsewhere[key]}]"
    if table is None:
        names = [one.name for one in tables]
        yield from (f"[{near}]" for near in difflib.get_close_matches(key, names))
    for near in difflib.get_close_matches(key, elsewhere):
        yield f"'{near}' in [{elsewhere[near]}]"


def override(config: Config, table: str, key: str, value: object) -> Config:
    """The configuration with one option set as in a file; raises ValueError, in words to show."""
    option = _OPTIONS[table, key]
    try:
        read = option.kind.read(value)
    except ValueError as error:
        raise ValueError(_expected(option, error)) from None
    return replace(config, **{table: replace(getattr(config, table), **{key: read})})


def _expected(option: Option, error: ValueError) -> str:
    detail = f": {error}" if str(error) else ""
    return f"'{option.key}' must be {option.kind.words}{detail}"
