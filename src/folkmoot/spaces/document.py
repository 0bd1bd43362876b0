"""The text of an export: JSON made of parts, and parts made of JSON (docs/extensions/export.md).

A part is what goes over the control socket at once, so that neither end has to hold it all:
`{"head": …}`, `{"space": …}`, `{"room": …}`, then for the space or the room last named rows, as
`{"rows": ["items", […]]}`; `{"audit": […]}` at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

FORMAT: Final = "urn:folkmoot:space-export:0"
VERSION: Final = 1

LISTS: Final = ("affiliations", "subscriptions", "items", "history")
"""What a space or a room has many of, in the order it is written and sent."""

PART_ROWS_MAX: Final = 250
"""The most rows of one part: the server does them at once, and then somebody else's."""

PART_CHARS_MAX: Final = 1_048_576
"""The most text of one part's rows; a part has one row all the same."""

FILE_BYTES_MAX: Final = 268_435_456
"""The longest file that is read."""

Part = Mapping[str, Any]


class Unreadable(Exception):
    """A file that is not JSON, or too much of it; the text says what, and where."""


class Writer:
    """The text of a document, as its parts come."""

    def __init__(self) -> None:
        self._tail = ""
        self._rooms = False
        self._list = ""
        self._audit = False

    def write(self, part: Part) -> str:
        """What is to be written for one part more."""
        match part:
            case {"head": head}:
                return "{" + _members(head)
            case {"space": space}:
                self._tail = "}"
                return ',\n"space": {' + _members(space)
            case {"room": room}:
                before = ",\n" if self._rooms else ',\n"rooms": [\n'
                text = self._closed() + before + "{" + _members(room)
                self._rooms, self._tail = True, "}"
                return text
            case {"rows": [str(name), [*rows]]}:
                return self._rows(name, rows)
            case {"audit": [*rows]}:
                first = "" if self._audit else self._closed(rooms=True) + ',\n"audit": ['
                self._audit = True
                return first + _joined(rows, first=bool(first))
            case _:
                raise ValueError(
                    "the server sends a part that is not known: is it another version?"
                )

    def end(self) -> str:
        """What is to be written last."""
        return ("\n]" if self._audit else self._closed(rooms=True)) + "\n}\n"

    def _rows(self, name: str, rows: Sequence[object]) -> str:
        if self._list == name:
            return _joined(rows, first=False)
        before = "\n]" if self._list else ""
        self._list = name
        return f'{before},\n"{name}": [' + _joined(rows, first=True)

    def _closed(self, *, rooms: bool = False) -> str:
        """The end of the space or room that is being written, and of all rooms."""
        text = ("\n]" if self._list else "") + self._tail
        self._list = self._tail = ""
        return text + ("\n]" if rooms and self._rooms else "")


def _members(of: Mapping[str, object]) -> str:
    return ",\n".join(f"{_json(key)}: {_json(value)}" for key, value in of.items())


def _joined(rows: Sequence[object], *, first: bool) -> str:
    text = ",\n".join(map(_json, rows))
    return ("\n" if first else ",\n") + text if rows else ""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def loads(text: str) -> object:
    """A document from its text. Raises Unreadable."""
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"this is not JSON: {error.msg} ({where})") from None
    except RecursionError:
        raise Unreadable("this is nested too deeply to be an export") from None
    except ValueError as error:
        raise Unreadable(f"this is not JSON: {error}") from None


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has {twice!r} twice")
    return found


def parts(document: Mapping[str, Any]) -> Iterator[Part]:
    """The parts of a document that is right, in the order an import takes them.

    First all that is asked of the server in advance, then `{"ready": true}`, then the rows of the
    rooms, and `{"end": true}`.
    """
    space, rooms = document["space"], document.get("rooms", [])
    heads = [_head(room) for room in rooms]
    yield {"plan": {"services": document["services"], "space": _head(space), "rooms": heads}}
    yield from _all_rows(space)
    yield {"ready": True}
    for room in rooms:
        yield {"fill": room["node"]}
        yield from _all_rows(room)
    yield {"end": True}


def _head(place: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in place.items() if name not in LISTS}


def _all_rows(place: Mapping[str, Any]) -> Iterator[Part]:
    for name in LISTS:
        for page in paged(place.get(name, [])):
            yield {"rows": [name, page]}


def paged(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows, as many at once as a part may have."""
    page: list[Mapping[str, Any]] = []
    chars = 0
    for row in rows:
        size = len(row.get("payload", ""))
        if page and (len(page) >= PART_ROWS_MAX or chars + size > PART_CHARS_MAX):
            yield page
            page, chars = [], 0
        page.append(row)
        chars += size
    if page:
        yield page
