"""What the stream parser refuses for its size (RFC 6120 §13.12), each limit reached."""

from __future__ import annotations

import tracemalloc

import pytest

from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.xml import (
    PARSER_BYTES_MAX,
    Element,
    Limits,
    StreamClosed,
    StreamOpened,
    StreamParser,
)
from tests.xmpp.test_parser import CLIENT, HEADER, told, told_however_cut

DEFAULT = Limits()


def stanza(size: int) -> bytes:
    """A stanza whose end tag begins after `size` bytes."""
    return b"<message><body>" + b"x" * (size - 22) + b"</body></message>"


def refused_at(limits: Limits, allowed: bytes, refused: bytes) -> None:
    """Hold that one passes and the other does not, wherever they are cut."""
    (element,) = told_however_cut(HEADER + allowed, limits)[1:]
    assert isinstance(element, Element)
    assert told_however_cut(HEADER + refused, limits)[1:] == ["policy-violation"]


def test_stanza_bytes() -> None:
    limits = Limits(stanza_bytes_max=300)
    refused_at(limits, stanza(300), stanza(301))


def test_stanza_bytes_are_of_each_stanza_alone() -> None:
    """Many small ones in one feed are not one large one."""
    limits = Limits(stanza_bytes_max=300)
    sent = (stanza(300) + b" " * 301) * 3
    assert len(told_however_cut(HEADER + sent, limits)) == 4
    assert told(HEADER + sent + stanza(301), limits=limits)[-1] == "policy-violation"


def test_default_stanza_bytes() -> None:
    assert len(told(HEADER + stanza(DEFAULT.stanza_bytes_max))) == 2
    assert told(HEADER + stanza(DEFAULT.stanza_bytes_max + 1))[1:] == ["policy-violation"]


def test_namespaces_count_wherever_they_have_to_be_declared() -> None:
    """A prefix declared once is written again on each element it stands on."""
    limits = Limits(stanza_bytes_max=300)
    head, tail = b"<message xmlns:a='" + b"u" * 50 + b"'>", b"</message>"
    refused_at(limits, head + b"<a:b/>" * 6 + tail, head + b"<a:b/>" * 7 + tail)
    refused_at(limits, head + b"<b a:c=''/>" * 6 + tail, head + b"<b a:c=''/>" * 7 + tail)


def test_tag_bytes() -> None:
    limits = Limits(tag_bytes_max=200)
    head, tail = b"<message to='a>", b"'/>"
    filling = b"x" * (200 - len(head + tail))
    refused_at(limits, head + filling + tail, head + filling + b"x" + tail)
    refused_at(limits, b"<a><b" + b" " * 196 + b"/></a>", b"<a><b" + b" " * 197 + b"/></a>")
    refused_at(limits, b"<a></a" + b" " * 196 + b">", b"<a></a" + b" " * 197 + b">")


def test_tag_bytes_are_of_the_header_too() -> None:
    header = b"<stream to='" + b"x" * 185 + b"'>"
    limits = Limits(tag_bytes_max=len(header))
    assert len(told_however_cut(header, limits)) == 1
    limits = Limits(tag_bytes_max=len(header) - 1)
    assert told_however_cut(header, limits) == ["policy-violation"]


def test_whitespace_before_the_header() -> None:
    limits = Limits(stanza_bytes_max=50)
    assert len(told_however_cut(b" " * 50 + b"<a>", limits)) == 1
    assert told_however_cut(b" " * 51 + b"<a>", limits) == ["policy-violation"]


@pytest.mark.parametrize(
    ("beginning", "more"),
    [
        (b"<message to='", b"x"),
        (b"<message ", b"x"),
        (b"<message ", b" "),
        (b"<message></message ", b" "),
        (b"<message><body>", b"x"),
        (b"<message><body>", b"<br/>"),
        (b"<message><body><![CDATA[", b"x"),
        (b"<!--", b"x"),
        (b"<?", b"x"),
    ],
)
def test_nothing_endless_is_gathered(beginning: bytes, more: bytes) -> None:
    """Also what expat keeps to itself, because it is not whole yet, is limited."""
    parser = StreamParser()
    parser.feed(HEADER + beginning)
    most = (DEFAULT.stanza_bytes_max + DEFAULT.tag_bytes_max) // 1000 + 1
    events = [event for _ in range(most) for event in parser.feed(more * (1000 // len(more)))]
    assert [isinstance(event, StreamError) and event.condition for event in events] == [
        "policy-violation"
    ]


def test_depth() -> None:
    limits = Limits(depth_max=5)
    refused_at(limits, b"<a>" * 5 + b"</a>" * 5, b"<a>" * 6 + b"</a>" * 6)


def test_elements() -> None:
    limits = Limits(elements_max=5)
    refused_at(limits, b"<a><b/><b/><b><c/></b></a>", b"<a><b/><b/><b><c/><c/></b></a>")
    assert len(told(HEADER + b"<a><b/></a>" * 10, limits=limits)) == 11


def test_attributes() -> None:
    limits = Limits(attributes_max=4)
    refused_at(
        limits,
        b"<a xmlns:n='n' b='' n:c='' d='' e=''/>",
        b"<a b='' c='' d='' e='' f=''/>",
    )


def test_name_chars() -> None:
    """A namespace said once must not be paid for in every element that is in it."""
    limits = Limits(name_chars_max=100)
    longest, longer = b"n" * 98, b"n" * 99  # with the separator and a name of one character
    refused_at(limits, b"<a xmlns='%s'/>" % longest, b"<a xmlns='%s'/>" % longer)
    attribute = b"<a xmlns:x='%s' x:b=''/>"
    refused_at(limits, attribute % longest, attribute % longer)
    refused_at(limits, b"<a xmlns:x='%s'/>" % longer, b"<%s/>" % longer)


@pytest.mark.parametrize("cut", [b"<a>", b"</a>"])
def test_names_do_not_gather(cut: bytes) -> None:
    """A stream may go on for ever: what expat remembers of it is given up time and again.

    cut: where each feed ends, within a stanza or after one.
    """
    names = [b"<n%x/>" % (0x10000000 + number) for number in range(200_000)]
    stanzas = [b"<a>%s</a>" % b"".join(names[at : at + 400]) for at in range(0, len(names), 400)]
    feeds = [part + cut for part in b"".join(stanzas).split(cut)]
    feeds[-1] = feeds[-1].removesuffix(cut)
    parser = StreamParser()
    parser.feed(HEADER)
    tracemalloc.start()
    try:
        told_count = sum([len(parser.feed(data)) for data in feeds])
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told_count == len(stanzas)
    assert peak_bytes < 14 * PARSER_BYTES_MAX, "one parser would have come to twice as much"


@pytest.mark.parametrize("size", [3 * PARSER_BYTES_MAX, 1000, 7])
def test_a_fresh_parser_goes_on_where_the_old_one_was(size: int) -> None:
    header = HEADER.replace(b"xmlns=", b"xmlns:d='urn:a&amp;b>' xmlns=")
    sent = b"<message d:n=''>to be <d:x/></message>\n"
    inner = Element("urn:a&b>", "x")
    expected = Element(CLIENT, "message", {("urn:a&b>", "n"): ""}, "to be ", inner)
    count = 3 * PARSER_BYTES_MAX // len(sent)
    stream = header + sent * count + b"</stream:stream>"
    parser = StreamParser()
    events = [e for at in range(0, len(stream), size) for e in parser.feed(stream[at : at + size])]
    assert isinstance(events[0], StreamOpened)
    assert events[1:-1] == [expected] * count
    assert events[-1] == StreamClosed()
