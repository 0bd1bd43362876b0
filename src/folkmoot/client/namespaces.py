"""A parser that slixmpp can use and that no namespace name ends: Namespaces in XML 1.0.

ElementTree writes a name as `{namespace}local` and has expat join the two with `}`; expat then
refuses any namespace with a brace in it, and slixmpp ends the stream. Here they are joined with a
character that XML cannot contain, and what would be misread in a tag is written as `%7B` and the
like. docs/slixmpp-namespaces.md tells the whole of it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

SEPARATOR: Final = "\x01"
UNSAFE: Final = "{}<>&\"'"
"""What a namespace in a tag may not have: it would be misread, or written out unescaped."""

_ESCAPED: Final = {character: f"%{ord(character):02X}" for character in f"{UNSAFE}%"}
_PLAIN: Final = {escaped: character for character, escaped in _ESCAPED.items()}
_TO_ESCAPE: Final = re.compile(rf"[{re.escape(UNSAFE)}]|%(?={'|'.join(e[1:] for e in _PLAIN)})")
_TO_RESTORE: Final = re.compile("|".join(_PLAIN))
_DECLARED: Final = re.compile(r'(?<= xmlns=")[^"]*(?=")')
_IN_XML: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
)


def safe(namespace: str) -> str:
    """A namespace as it stands in tags here; nearly always itself. No two become one."""
    return _TO_ESCAPE.sub(lambda match: _ESCAPED[match[0]], namespace)


def original(namespace: str) -> str:
    """What `safe` was given."""
    return _TO_RESTORE.sub(lambda match: _PLAIN[match[0]], namespace)


def tag(namespace: str, name: str) -> str:
    """A tag for ElementTree, whatever the namespace."""
    return f"{{{safe(namespace)}}}{name}"


class Parser:
    """What slixmpp asks of `XMLPullParser`: bytes in, the start and the end of elements out.

    A document type is refused (RFC 6120 §11.1), and comments are left out.
    """

    def __init__(self) -> None:
        self._tree = ElementTree.TreeBuilder()
        self._events: deque[tuple[str, ElementTree.Element]] = deque()
        self._error: ElementTree.ParseError | None = None
        self._expat = expat.ParserCreate(namespace_separator=SEPARATOR)
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._tree.data
        self._expat.StartDoctypeDeclHandler = self._refuse

    def feed(self, data: bytes | str) -> None:
        """Take what has come. What is wrong with it is raised by `read_events`, in its place."""
        if self._error is not None:
            return
        try:
            self._expat.Parse(data, False)
        except expat.ExpatError as error:
            self._error = ElementTree.ParseError(str(error))
            self._error.code = error.code
            self._error.position = error.lineno, error.offset
        except ElementTree.ParseError as error:
            self._error = error

    def read_events(self) -> Iterator[tuple[str, ElementTree.Element]]:
        """What has come to a start or an end, each once. Raises ParseError after what was whole."""
        while self._events:
            yield self._events.popleft()
        if self._error is not None:
            raise self._error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        named = {_clark(attribute): value for attribute, value in attributes.items()}
        self._events.append(("start", self._tree.start(_clark(name), named)))

    def _end(self, name: str) -> None:
        self._events.append(("end", self._tree.end(_clark(name))))

    def _refuse(self, *_: object) -> NoReturn:
        raise ElementTree.ParseError("a document type has no place in a stream")


def _clark(name: str) -> str:
    namespace, separator, local = name.rpartition(SEPARATOR)
    return tag(namespace, local) if separator else name


def restored(xml: str) -> str:
    """What slixmpp has made of elements, with the namespaces as they are.

    It quotes with `"` and escapes each that stands elsewhere, so a declaration is not mistaken.
    """
    return _DECLARED.sub(lambda match: original(match[0]).translate(_IN_XML), xml)


class AnyNamespace:
    """Beside slixmpp's ClientXMPP or ComponentXMPP, and before it: streams with any namespace.

    `class Bot(AnyNamespace, slixmpp.ClientXMPP)` is all there is to do.
    """

    parser: Any
    xml_depth: int
    xml_root: ElementTree.Element | None

    def init_parser(self) -> None:
        """A new stream begins."""
        self.xml_depth = 0
        self.xml_root = None
        self.parser = Parser()

    def send_raw(self, data: str | bytes) -> None:
        """Send what has been serialised."""
        sending: Any = super()
        sending.send_raw(restored(data) if isinstance(data, str) else data)
