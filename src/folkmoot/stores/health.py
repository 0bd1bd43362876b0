"""Whether a database is sound, for `folkmoot check`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from folkmoot.stores.migrations import CannotOpen, known_migrations, schema_version


@dataclass(frozen=True, slots=True)
class Health:
    """What a look at a database found.

    schema, known: the schema it has, and the latest this version knows; an older one is brought
    up to date at the next start. size_bytes: of the database and of the log beside it.
    problems: what SQLite has to say against it, at most 100 lines; empty when it is sound.
    """

    schema: int
    known: int
    size_bytes: int
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether this version can run on it."""
        return not self.problems and self.schema <= self.known


def check(path: Path) -> Health:
    """Look a database over, without changing it and beside a server that uses it.

    Reads the whole file: call it in a thread where something else must go on.
    Raises CannotOpen where it is not there, is not readable or is no database of ours.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with closing(connection):
            version = schema_version(connection)
            problems = [line for (line,) in connection.execute("PRAGMA quick_check")]
            problems += [
                f"a row of {table} refers to one of {parent} that is not there"
                for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check")
            ]
    except (CannotOpen, sqlite3.Error) as error:
        raise CannotOpen(f"{path} cannot be checked: {error}") from error
    log = path.with_name(path.name + "-wal")
    return Health(
        schema=version,
        known=known_migrations()[-1].version,
        size_bytes=path.stat().st_size + (log.stat().st_size if log.exists() else 0),
        problems=tuple(line for line in problems if line != "ok")[:100],
    )
