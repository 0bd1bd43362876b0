"""What an option can hold: each kind of value reads itself from TOML and writes itself back."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from folkmoot.xmpp.jid import JID, InvalidJID, prepare_domain

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

PORT_MAX = 65_535
_ADDRESS = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^\[\]:]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of value: how to say it in words, how to read it, how to write it.

    words: what is expected, to follow "must be".
    read: from a TOML value; raises ValueError, whose text (if any) says more than `words`.
    write: as TOML.
    """

    words: str
    read: Callable[[object], T]
    write: Callable[[T], str]


def option(kind: Kind[T], default: T, meaning: str) -> T:
    """A dataclass field that is an option: `meaning` is for whoever runs the server."""
    return field(default=default, metadata={"kind": kind, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. Host `*` is every address of this machine, port 0 any port that is free."""

    host: str
    port: int

    @staticmethod
    def parse(text: str) -> "Address":
        """`HOST:PORT`, with an IPv6 host in brackets: `[::1]:5222`. Raises ValueError."""
        found = _ADDRESS.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not HOST:PORT, as in '*:5222' or '[::1]:5222'")
        port = int(found["port"])
        if port > PORT_MAX:
            raise ValueError(f"the port in {text!r} is above {PORT_MAX}")
        return Address(found["six"] or found["host"], port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Creators:
    """Who may create something: everyone with an account here, or only those named."""

    named: frozenset[JID] | None = None

    def __contains__(self, jid: JID) -> bool:
        return self.named is None or jid.bare in self.named


class ArchiveDefault(StrEnum):
    """What an account keeps of its messages that does not say itself."""

    ALWAYS = "always"
    ROSTER = "roster"
    NEVER = "never"


class LogFormat(StrEnum):
    """How the log is written: for eyes or for programs."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least weight a line needs to be logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Strangers(StrEnum):
    """What becomes of people in a room abroad of whom its space says nothing."""

    LEAVE = "leave"
    REMOVE = "remove"


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def quoted(value: object) -> str:
    """A text as TOML."""
    # A JSON string is a TOML basic string, but for DEL, which no option can hold.
    return json.dumps(str(value), ensure_ascii=False)


def _read_boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _read_domain(value: object) -> str:
    text = _read_text(value)
    try:
        return prepare_domain(text)
    except InvalidJID as error:
        raise ValueError(f"{text!r} is not a domain: {error}") from None


def _read_creators(value: object) -> Creators:
    if value == "everyone":
        return Creators()
    if not isinstance(value, list):
        raise ValueError
    return Creators(frozenset(map(_read_account, value)))


def _read_account(value: object) -> JID:
    text = _read_text(value)
    try:
        jid = JID.parse(text)
    except InvalidJID as error:
        raise ValueError(f"{text!r} is not an account: {error}") from None
    if not jid.local or not jid.is_bare:
        raise ValueError(f"{text!r} is not an account: write it as 'juliet@example.org'")
    return jid


def _write_creators(creators: Creators) -> str:
    if creators.named is None:
        return quoted("everyone")
    return f"[{', '.join(map(quoted, sorted(creators.named)))}]"


BOOLEAN = Kind("true or false", _read_boolean, lambda value: str(value).lower())
DOMAIN = Kind("a domain in quotes, as in 'example.org'", _read_domain, quoted)
PATH = Kind("a path in quotes", lambda value: Path(_read_text(value)).expanduser(), quoted)
ADDRESS = Kind(
    "HOST:PORT in quotes, as in '*:5222'", lambda value: Address.parse(_read_text(value)), quoted
)
CREATORS = Kind("'everyone' or a list of accounts", _read_creators, _write_creators)


def whole(least: int, most: int) -> Kind[int]:
    """A whole number from `least` to `most`, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return Kind(f"a whole number from {least} to {most}", read, str)


def choice(of: type[E]) -> Kind[E]:
    """One of the words of an enum."""
    words = {one.value: one for one in of}

    def read(value: object) -> E:
        if value not in words:
            raise ValueError
        return words[str(value)]

    return Kind(" or ".join(map(repr, words)), read, quoted)


def optional(kind: Kind[T], word: str) -> Kind[T | None]:
    """A value that may be absent, which is said with `word`."""
    return Kind(
        f"{kind.words}, or '{word}'",
        lambda value: None if value == word else kind.read(value),
        lambda value: quoted(word) if value is None else kind.write(value),
    )
