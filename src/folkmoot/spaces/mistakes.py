"""What is wrong with a document, each with its place in it; and taking values that are right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeVar

from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID, InvalidJID

MISTAKES_MAX: Final = 100
"""How many mistakes are told; of the others, only how many."""

T = TypeVar("T")


class Mistakes:
    """The mistakes found so far, each a place such as `rooms[2].items[7].id` and what is wrong."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.more = 0

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, path: str, text: str) -> None:
        """One more."""
        if len(self.found) < MISTAKES_MAX:
            self.found.append((path, text))
        else:
            self.more += 1

    def lines(self) -> list[str]:
        """A line for each, and one for those that are not told."""
        more = [f"and {self.more} more"] if self.more else []
        return [f"{path or 'the whole'}: {text}" for path, text in self.found] + more

    # --- taking values; what is wrong is noted, and None or nothing is given

    def table(
        self, value: object, path: str, needed: Collection[str], known: Collection[str] = ()
    ) -> Mapping[str, Any] | None:
        """An object with these members, and no others than are known."""
        if not isinstance(value, dict):
            self.add(path, f"an object is needed, not {_kind(value)}")
            return None
        for name in value.keys() - {*needed, *known}:
            self.add(within(path, name), "nobody knows this field")
        missing = [name for name in needed if name not in value]
        for name in missing:
            self.add(within(path, name), "this is missing")
        return None if missing else value

    def rows(self, value: object, path: str, most: int) -> Iterator[tuple[str, object]]:
        """What is in a list, each with its place; nothing of a list that is too long."""
        if not isinstance(value, list):
            self.add(path, f"a list is needed, not {_kind(value)}")
        elif len(value) > most:
            self.add(path, f"at most {most} are allowed, and there are {len(value)}")
        else:
            for number, each in enumerate(value):
                yield f"{path}[{number}]", each

    def text(self, value: object, path: str) -> str | None:
        """A text."""
        if isinstance(value, str):
            return value
        self.add(path, f"a text is needed, not {_kind(value)}")
        return None

    def read(self, read: Callable[[str], T], value: object, path: str) -> T | None:
        """What a function reads from a text."""
        text = self.text(value, path)
        if text is None:
            return None
        try:
            return read(text)
        except StanzaError as error:
            self.add(path, error.text or error.condition)
        except (ValueError, InvalidJID) as error:
            self.add(path, str(error))
        return None

    def jid(self, value: object, path: str, *, bare: bool = True) -> JID | None:
        """An address, of somebody."""
        found = self.read(JID.parse, value, path)
        if found is not None and bare and not found.is_bare:
            self.add(path, f"{found} is one device's; an address without it is needed")
            return None
        return found

    def word(self, value: object, path: str, words: Mapping[str, T]) -> T | None:
        """One of some words."""
        text = self.text(value, path)
        if text is not None and text not in words:
            self.add(path, f"{text!r} is not among {', '.join(words)}")
        return words.get(text or "")


def within(path: str, name: str) -> str:
    """The place of an object's member."""
    return f"{path}.{name}" if path else name


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a text"
        case _:
            return "a number"
