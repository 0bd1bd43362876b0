"""What can be searched for in items, and how a search is said to SQLite (XEP-0431 0.2.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from folkmoot.engine.model import Item
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

WORDS_CHARS_MAX: Final = 65_536
"""How much of an item's text can be found."""

WORD_CHARS_MAX: Final = 64
"""What is longer and has no space in it is no word, but a key or a picture."""

BEGINNING_CHARS_MIN: Final = 3
"""What is shorter, and in Latin letters, is a word and no beginning of one: too many begin so."""

_SAID: Final = ("body", "subject")
_ENCRYPTION: Final = "urn:xmpp:eme:0"
_PHRASE: Final = re.compile(r'"([^"]+)"|([^\s"]+)')


def words_of(item: Item) -> str | None:
    """The words of an item that people would look for; None where there are none.

    Of a message what it says, but not what it says in place of something encrypted; of any other
    payload its text.
    """
    payload = item.payload
    if payload is None:
        return None
    if payload.ns != CLIENT:
        parts = list(_texts(payload))
    elif any(each.ns == _ENCRYPTION or each.name == "encrypted" for each in payload.elements):
        return None
    else:
        said = (each for each in payload.elements if each.ns == CLIENT and each.name in _SAID)
        parts = [each.text for each in said]
    words = " ".join(word for part in parts for word in part.split() if len(word) <= WORD_CHARS_MAX)
    return words[:WORDS_CHARS_MAX] or None


def is_said(item: Item) -> bool:
    """Whether an item is a message that says something, whatever it says: one with a body."""
    payload = item.payload
    return (
        payload is not None and payload.ns == CLIENT and payload.child(CLIENT, "body") is not None
    )


def _texts(element: Element) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from _texts(child)


def _begins(word: str) -> bool:
    return len(word) >= BEGINNING_CHARS_MIN or not word.isascii()


def match(node: int | None, text: str) -> str:
    """The expression that finds the items of a node which have every word of a text.

    A word of some length may go on; words in quotes stand next to each other; what has neither
    letter nor digit is no word, and without a word nothing is found. Whatever is in the text is
    quoted, so it is looked for and never understood.
    """
    found = (phrase or word for phrase, word in _PHRASE.findall(text))
    words = (each for each in found if any(map(str.isalnum, each)))
    wanted = " AND ".join(f'"{each}"{" *" if _begins(each) else ""}' for each in words)
    return f'place : "n{node}" AND words : ({wanted or chr(34) * 2})'
