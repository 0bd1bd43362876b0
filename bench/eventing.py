"""What a client of pubsub alone costs on the wire (XEP-0207): `python -m bench.eventing`.

One story is told twice, by two ordinary clients and by two of pubsub alone, and what passes on
their connections is counted. It is written into docs/eventing.md, with a picture beside it.
"""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.client import Client, Refusal, agreed, soon
from bench.place import ACCOUNT, ROOMS, Place, serving
from folkmoot.demo.words import Eventing, Ordinary, Words
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element, serialize

PAGE: Final = Path(__file__).parents[1] / "docs/eventing.md"
PICTURE: Final = PAGE.with_suffix(".svg")
BEGIN: Final = "<!-- measured: make bench-eventing -->\n"
END: Final = "<!-- end -->\n"

REPEATS: Final = 10
"""How many changes of status, and how many messages."""

PING: Final = "urn:xmpp:ping"
ORDINARY: Final = "RFC 6121, XEP-0045"
EVENTING: Final = "pubsub alone"


@dataclass(slots=True)
class Passed:
    """What passed on some connections: stanzas and bytes, and bytes if they were compressed.

    Compressed as by XEP-0138 with zlib, each connection and direction for itself.
    """

    sent: int = 0
    heard: int = 0
    bytes_sent: int = 0
    bytes_heard: int = 0
    deflated: int = 0

    def __add__(self, other: Passed) -> Passed:
        return Passed(
            self.sent + other.sent,
            self.heard + other.heard,
            self.bytes_sent + other.bytes_sent,
            self.bytes_heard + other.bytes_heard,
            self.deflated + other.deflated,
        )

    @property
    def bytes(self) -> int:
        """Both ways."""
        return self.bytes_sent + self.bytes_heard


@dataclass
class _Deflated:
    """A direction of a connection that is compressed, flushed with every stanza."""

    _zlib: zlib._Compress = field(default_factory=zlib.compressobj)

    def add(self, data: bytes) -> int:
        return len(self._zlib.compress(data)) + len(self._zlib.flush(zlib.Z_SYNC_FLUSH))


class Measured(Client):
    """A client that counts what it sends and hears, but for what it is measured with.

    read_bytes: what came off the socket. of_pings: how much of that is no part of the story.
    """

    def __init__(self) -> None:
        super().__init__()
        self.passed = Passed()
        self.read_bytes = 0
        self.of_pings = 0
        self._numbers = itertools.count(1)
        self._up, self._down = _Deflated(), _Deflated()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self.read_bytes += len(data)
        super().data_received(data)

    def _take(self, stanza: Element) -> None:
        data = serialize(stanza, CLIENT).encode()
        if stanza.get("id", "").startswith(PING):
            self.of_pings += len(data)
        else:
            self.passed.heard += 1
            self.passed.bytes_heard += len(data)
            self.passed.deflated += self._down.add(data)
        super()._take(stanza)

    def begin(self) -> None:
        """Count from here on."""
        self.passed = Passed()
        self.read_bytes = self.of_pings = 0
        self._up, self._down = _Deflated(), _Deflated()

    async def act(self, say: Callable[[str], Element]) -> None:
        """Send what a client sends for something it does, and hear what it is answered."""
        stanza = say(f"s{next(self._numbers)}")
        data = serialize(stanza, CLIENT).encode()
        answer = self.answer(stanza.get("id", "")) if stanza.name == "iq" else None
        self.passed.sent += 1
        self.passed.bytes_sent += len(data)
        self.passed.deflated += self._up.add(data)
        self.send(data)
        if answer is not None:
            agreed(await soon(answer))

    async def is_up_to_date(self) -> None:
        """All has come that was told before now. Raises Refusal where something was refused."""
        id = f"{PING}{next(self._numbers)}"
        answer = self.answer(id)
        self.say(
            Element(
                CLIENT, "iq", {"type": "get", "id": id, "to": _domain(self)}, Element(PING, "ping")
            )
        )
        agreed(await soon(answer))
        if self.refused is not None:
            raise Refusal(f"the server refused: {self.refused}")

    def checked(self) -> Passed:
        """What passed. Raises Refusal where it is not what came off the socket."""
        if self.passed.bytes_heard + self.of_pings != self.read_bytes:
            raise Refusal(f"{self.read_bytes} bytes came, and {self.passed.bytes_heard} were read")
        return self.passed


def _domain(client: Client) -> str:
    return client.account.partition("@")[2]


@dataclass(frozen=True, slots=True)
class Teller:
    """A client and its words."""

    client: Measured
    words: Words


Told = Mapping[str, Passed]
"""What passed, chapter by chapter."""


async def told(place: Place, numbers: tuple[int, int], way: Callable[[JID], Words]) -> Told:
    """The story, by two clients of one way. Raises Refusal, Stalled."""
    tellers: list[Teller] = []
    try:
        for number in numbers:
            client = await _connected(place)
            await client.log_in(ACCOUNT % number)
            tellers.append(Teller(client, way(JID.parse(client.jid))))
        room = JID.parse(f"verona{min(numbers)}@{ROOMS}")
        found: dict[str, Passed] = {}
        for title, chapter in _chapters(tellers, room):
            for each in tellers:
                each.client.begin()
            for who, say in chapter:
                await who.client.act(say)
                for each in (who, *tellers):
                    await each.client.is_up_to_date()
            found[title] = sum((each.client.checked() for each in tellers), Passed())
        return found
    finally:
        for each in tellers:
            each.client.drop()


Act = tuple[Teller, Callable[[str], Element]]


def _chapters(tellers: Sequence[Teller], room: JID) -> Iterator[tuple[str, Sequence[Act]]]:
    juliet, romeo = tellers
    (a, b), (hers, his) = (juliet.words, romeo.words), _accounts(tellers)
    yield (
        "two come online and become contacts",
        (
            (juliet, a.contacts),
            (romeo, b.contacts),
            (juliet, a.appear),
            (romeo, b.appear),
            (juliet, lambda id: a.ask(id, his)),
            (romeo, lambda id: b.grant(id, hers)),
            (romeo, lambda id: b.ask(id, hers)),
            (juliet, lambda id: a.grant(id, his)),
        ),
    )
    yield (
        f"{REPEATS} changes of status",
        [(juliet, lambda id: a.appear(id, "Moping on the balcony"))] * REPEATS,
    )
    yield (
        "a room is made, and entered",
        (
            (juliet, lambda id: a.enter(id, room, "JC")),
            (juliet, lambda id: a.open(id, room)),
            (romeo, lambda id: b.enter(id, room, "Romeo")),
        ),
    )
    yield (
        f"{REPEATS} messages in it",
        [(juliet, lambda id: a.say(id, room, "What's in a name? That which we call a rose"))]
        * REPEATS,
    )
    yield (
        "both leave it",
        (
            (juliet, lambda id: a.leave(id, room, "JC")),
            (romeo, lambda id: b.leave(id, room, "Romeo")),
        ),
    )


def _accounts(tellers: Sequence[Teller]) -> tuple[JID, JID]:
    hers, his = (JID.parse(each.client.account) for each in tellers)
    return hers, his


async def _connected(place: Place) -> Measured:
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(Measured, place.tcp.host, place.tcp.port)
    return client


async def measured(place: Place) -> Mapping[str, Told]:
    """The story both ways, on one server. Raises Refusal, Stalled."""
    telling: Mapping[str, Awaitable[Told]] = {
        ORDINARY: told(place, (0, 1), Ordinary),
        EVENTING: told(place, (2, 3), Eventing),
    }
    return {way: await each for way, each in telling.items()}


# --- what came out


def table(found: Mapping[str, Told]) -> str:
    """The figures in Markdown, each as ordinary → through pubsub."""
    ordinary, eventing = found[ORDINARY], found[EVENTING]
    rows = [*ordinary, "all of it"]
    lines = [
        "| | stanzas sent | stanzas heard | bytes sent | bytes heard | bytes, compressed |",
        "|---|---|---|---|---|---|",
    ]
    for title in rows:
        pair = tuple(_of(each, title) for each in (ordinary, eventing))
        cells = (
            " → ".join(f"{getattr(each, name):,}" for each in pair)
            for name in ("sent", "heard", "bytes_sent", "bytes_heard", "deflated")
        )
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _of(told: Told, title: str) -> Passed:
    return told[title] if title in told else sum(told.values(), Passed())


SVG: Final = "http://www.w3.org/2000/svg"
WIDTH: Final = 760
_LEFT, _BAR, _ROW, _TOP, _FIGURES = 264, 14, 46, 56, 110
_COLOURS: Final = {ORDINARY: "#9aaac0", EVENTING: "#e0a07c"}
_DARK: Final = {ORDINARY: "#4a5f80", EVENTING: "#a8501d"}


def picture(found: Mapping[str, Told]) -> str:
    """The bytes of each chapter, both ways, as bars beneath each other."""
    titles = list(found[ORDINARY])
    most = max(each.bytes for told in found.values() for each in told.values())
    height = _TOP + _ROW * len(titles)
    size = {"width": str(WIDTH), "height": str(height), "viewBox": f"0 0 {WIDTH} {height}"}
    about = (
        "Bytes on the wire, both ways; dark, and behind the dot: what is left of them compressed"
    )
    drawn = Element(SVG, "svg", {"role": "img", "font-family": "sans-serif", "font-size": "12"})
    drawn.attrs.update(size)
    drawn.append(Element(SVG, "title", None, about))
    drawn.append(Element(SVG, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"}))
    drawn.append(_text(12, 20, about))
    for at, (way, colour) in enumerate(_COLOURS.items()):
        drawn.append(_bar(12 + at * 180, 30, 24, colour))
        drawn.append(_bar(12 + at * 180, 30, 12, _DARK[way]))
        drawn.append(_text(42 + at * 180, 41, way))
    for row, title in enumerate(titles):
        y = _TOP + row * _ROW
        drawn.append(_text(12, y + _BAR + 4, title))
        for at, (way, colour) in enumerate(_COLOURS.items()):
            passed, top = found[way][title], y + at * (_BAR + 2)
            scale = (WIDTH - _LEFT - _FIGURES) / most
            drawn.append(_bar(_LEFT, top, passed.bytes * scale, colour))
            drawn.append(_bar(_LEFT, top, passed.deflated * scale, _DARK[way]))
            figures = f"{passed.bytes:,} · {passed.deflated:,}"
            drawn.append(_text(_LEFT + passed.bytes * scale + 6, top + 11, figures))
    return serialize(drawn) + "\n"


def _bar(x: float, y: float, width: float, colour: str) -> Element:
    place = {"x": f"{x:.0f}", "y": f"{y:.0f}", "width": f"{width:.1f}", "height": str(_BAR)}
    bar = Element(SVG, "rect", {"fill": colour})
    bar.attrs.update(place)
    return bar


def _text(x: float, y: float, said: str) -> Element:
    return Element(SVG, "text", {"x": f"{x:.0f}", "y": f"{y:.0f}", "fill": "#222222"}, said)


def main() -> None:
    """Measure, and write what came out into the page and the picture."""
    with serving(4) as place:
        found = asyncio.run(measured(place))
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + table(found) + "\n" + END + after, "utf-8")
    PICTURE.write_text(picture(found), "utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
