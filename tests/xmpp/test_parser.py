"""The stream parser: RFC 6120 §4, §11."""

from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.xmpp.errors import StreamError
from folkmoot.xmpp.xml import (
    Element,
    Limits,
    StreamClosed,
    StreamEvent,
    StreamOpened,
    StreamParser,
    parse,
    serialize,
)
from tests.xmpp.xmlgen import elements

CLIENT = "jabber:client"
STREAMS = "http://etherx.jabber.org/streams"

HEADER = (
    b"<?xml version='1.0'?>"
    b"<stream:stream from='juliet@im.example.com' to='im.example.com' version='1.0' xml:lang='en'"
    b" xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
)
MESSAGE = (
    b"<message to='romeo@example.net'><body>Art thou not Romeo &amp; a Montague?</body></message>"
)
MOVIM = b"<x xmlns='{https://movim.eu}bookmarks-conference-call'/>"
CLOSE = b"</stream:stream>"

LIMITS = Limits()

Told = StreamOpened | Element | StreamClosed | str


def told(*feeds: bytes, limits: Limits = LIMITS) -> list[Told]:
    """What a new parser tells when fed this, a stream error as its condition."""
    parser = StreamParser(limits)
    events: list[StreamEvent] = [event for data in feeds for event in parser.feed(data)]
    return [event.condition if isinstance(event, StreamError) else event for event in events]


def told_however_cut(data: bytes, limits: Limits = LIMITS) -> list[Told]:
    """The same, after holding that no cut makes a difference."""
    whole = told(data, limits=limits)
    assert told(*[bytes([byte]) for byte in data], limits=limits) == whole
    for cut in range(len(data)):
        assert told(data[:cut], data[cut:], limits=limits) == whole
    return whole


def test_a_stream_from_header_to_end() -> None:
    """RFC 6120 §9.1: the header, stanzas as children of the root, the end."""
    opened, *stanzas, closed = told_however_cut(HEADER + b"\n" + MESSAGE + b"  <presence/>" + CLOSE)
    assert isinstance(opened, StreamOpened)
    assert (opened.header.ns, opened.header.name) == (STREAMS, "stream")
    assert opened.header.get("to") == "im.example.com"
    assert opened.header.children == []
    assert stanzas == [
        Element(
            CLIENT,
            "message",
            {"to": "romeo@example.net"},
            Element(CLIENT, "body", None, "Art thou not Romeo & a Montague?"),
        ),
        Element(CLIENT, "presence"),
    ]
    assert closed == StreamClosed()


def test_text_is_in_one_piece_however_long() -> None:
    text = "to be & not to be\n" * 5_000
    (element,) = told(HEADER + serialize(Element("", "a", None, text), CLIENT).encode())[1:]
    assert isinstance(element, Element)
    assert element.children == [text]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"<![CDATA[<b/>]]>", "<b/>"),
        (b"&lt;&amp;&gt;&apos;&quot;", "<&>'\""),
        (b"&#x1F468;&#13;", "\U0001f468\r"),
        (b"a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_character_data(sent: bytes, text: str) -> None:
    """XML 1.0 §2.4, §2.7, §2.11, §4.6: all of it allowed by RFC 6120 §11.1."""
    assert told_however_cut(HEADER + b"<a>" + sent + b"</a>")[1:] == [
        Element(CLIENT, "a", None, text)
    ]


@pytest.mark.parametrize(
    "namespace",
    [
        "{https://movim.eu}bookmarks-conference-call",
        "}",
        "x y",
        "x|y",
        "x\ny",
        "'\"<&>",
        "日本",
    ],
)
def test_any_namespace_survives(namespace: str) -> None:
    """Movim marks audio rooms with a namespace on which other parsers in Python fail."""
    sent = Element(namespace, "x", {(namespace, "n"): "1"}, Element(namespace, "y"))
    assert told_however_cut(HEADER + serialize(sent, CLIENT).encode())[1:] == [sent]


def test_prefixes_are_resolved() -> None:
    """RFC 6120 §4.8.5: what reaches others has lost the prefixes it came with."""
    sent = b"<c:message xmlns:c='jabber:client' xmlns:d='urn:d' d:n='1'><d:x/></c:message>"
    (message,) = told_however_cut(HEADER + sent)[1:]
    assert message == Element(CLIENT, "message", {("urn:d", "n"): "1"}, Element("urn:d", "x"))


def test_whitespace_between_stanzas_is_nothing() -> None:
    """RFC 6120 §4.6.1, §11.7: keepalives."""
    parser = StreamParser()
    parser.feed(HEADER)
    assert [parser.feed(b" \n\r\t") for _ in range(100)] == [[]] * 100
    assert parser.feed(MESSAGE) != []


REFUSALS = [
    # RFC 6120 §11.1
    (b"<!--<subject/>-->", "restricted-xml"),
    (b"<message><!-- a --></message>", "restricted-xml"),
    (b"<?xml-stylesheet href='a'?>", "restricted-xml"),
    (b"<message><?php ?></message>", "restricted-xml"),
    (b"<message><body>&foo;</body></message>", "restricted-xml"),
    (b"<message to='&foo;'/>", "restricted-xml"),
    # §4.9.3.13, §11.3
    (b"<message><body>No closing tag!</message>", "not-well-formed"),
    (b"<message><foo:body>What is this foo?</foo:body></message>", "not-well-formed"),
    (b"<message foo:to='a'/>", "not-well-formed"),
    (b"<message to='a' to='b'/>", "not-well-formed"),
    (b"<message xmlns:a='x' xmlns:b='x' a:to='a' b:to='b'/>", "not-well-formed"),
    (b"<a:b:c xmlns:a='x'/>", "not-well-formed"),
    (b"<message>]]></message>", "not-well-formed"),
    (b"<message>&</message>", "not-well-formed"),
    (b"<message>&#0;</message>", "not-well-formed"),
    (b"<message>\x00</message>", "not-well-formed"),
    (b"<message>\x01</message>", "not-well-formed"),
    (b"<message>\xef\xbf\xbe</message>", "not-well-formed"),
    (b"<!DOCTYPE stream>", "not-well-formed"),
    (b"<?xml version='1.0'?>", "not-well-formed"),
    (b"</message>", "not-well-formed"),
    # §4.9.3.2
    (b"<message xmlns:xml='urn:x'/>", "bad-namespace-prefix"),
    (b"<message xmlns:xmlns='urn:x'/>", "bad-namespace-prefix"),
    (b"<message xmlns='http://www.w3.org/XML/1998/namespace'/>", "bad-namespace-prefix"),
    (b"<message xmlns='http://www.w3.org/2000/xmlns/'/>", "bad-namespace-prefix"),
    (b"<message xmlns:a=''/>", "bad-namespace-prefix"),
    # §4.9.3.22: against the rules of UTF-8
    (b"<message>\xff</message>", "unsupported-encoding"),
    (b"<message>\xc3\x28</message>", "unsupported-encoding"),
    (b"<message to='\xed\xa0\x80'/>", "unsupported-encoding"),
    (b"<message>\xc0\x80</message>", "unsupported-encoding"),
    # §11.7: between stanzas there is whitespace and nothing else
    (b"Wherefore art thou?", "not-well-formed"),
    (b"Wherefore\xff", "not-well-formed"),
    (b"&amp;", "not-well-formed"),
    (b"<![CDATA[x]]>", "not-well-formed"),
    (b"\xef\xbb\xbf", "not-well-formed"),
]


@pytest.mark.parametrize(("sent", "condition"), REFUSALS)
def test_refusal_ends_the_stream(sent: bytes, condition: str) -> None:
    """RFC 6120 §4.9.3, §11: what was whole before is told, nothing after."""
    opened, message, *rest = told_however_cut(HEADER + MESSAGE + sent + MESSAGE + CLOSE)
    assert isinstance(opened, StreamOpened)
    assert isinstance(message, Element)
    assert rest == [condition]


HEADER_REFUSALS = [
    (b"<!DOCTYPE stream SYSTEM 'a'>" + HEADER[21:], "restricted-xml"),
    (b"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>", "restricted-xml"),
    (b"<!-- a -->" + HEADER[21:], "restricted-xml"),
    (b"<?a?>" + HEADER[21:], "restricted-xml"),
    (b"GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
    (b" " + HEADER, "not-well-formed"),
    (b"<stream:stream>", "not-well-formed"),
    (b"<?xml version='1.0' encoding='ISO-8859-1'?><stream>", "unsupported-encoding"),
    (b"<?xml version='1.0' encoding='UTF-16'?><stream>", "unsupported-encoding"),
    (b"<?xml version='1.0' encoding='no-such'?><stream>", "unsupported-encoding"),
    ("<stream>".encode("utf-16"), "unsupported-encoding"),
    ("<stream>".encode("utf-16-le"), "unsupported-encoding"),
    ("<stream>".encode("utf-16-be"), "unsupported-encoding"),
    # RFC 6120 §11.6: U+FEFF is a character like others, also where a mark would stand.
    (b"\xef\xbb\xbf" + HEADER, "not-well-formed"),
]


@pytest.mark.parametrize(("sent", "condition"), HEADER_REFUSALS)
def test_refusal_of_a_header(sent: bytes, condition: str) -> None:
    """RFC 6120 §4.9.3, §11.1, §11.6."""
    assert told_however_cut(sent) == [condition]


@pytest.mark.parametrize(
    "declaration",
    [
        b"",
        b" \n",
        b"<?xml version='1.0' encoding='UTF-8'?>",
        b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n",
    ],
)
def test_xml_declarations(declaration: bytes) -> None:
    """RFC 6120 §11.5, §11.6."""
    assert told_however_cut(declaration + b"<a>") == [StreamOpened(Element("", "a"))]


def test_nothing_follows_the_end() -> None:
    """RFC 6120 §4.4."""
    for end in (CLOSE, b"<!-- -->"):
        *_, last = told_however_cut(HEADER + end + b"<!-- --><message/>\xff")
        assert last in (StreamClosed(), "restricted-xml")


def test_reset_forgets_what_was_begun() -> None:
    """RFC 6120 §5.4.3.3, §6.4.6: after TLS and SASL a stream begins anew."""
    parser = StreamParser()
    parser.feed(HEADER + b"<iq><injec")
    parser.reset()
    assert len(parser.feed(HEADER + MESSAGE + b"<!---->")) == 3
    parser.reset()
    opened, message = parser.feed(HEADER + MESSAGE)
    assert isinstance(opened, StreamOpened)
    assert isinstance(message, Element)


def test_parse_takes_one_whole_element() -> None:
    assert parse(MESSAGE.decode()) == parse(b"\n" + MESSAGE + b"\n")
    assert parse("<a>é</a>").text == "é"


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", "not-well-formed"),
        (" ", "not-well-formed"),
        ("<a>", "not-well-formed"),
        ("<a/><b/>", "not-well-formed"),
        ("<a/>b", "not-well-formed"),
        ("<a/><", "not-well-formed"),
        ("<a/><!-- -->", "restricted-xml"),
        ("<a>\ud800</a>", "unsupported-encoding"),
        ("<a>" * 65, "policy-violation"),
    ],
)
def test_parse_refuses_all_else(text: str, condition: str) -> None:
    with pytest.raises(StreamError) as refused:
        parse(text)
    assert refused.value.condition == condition


FRAGMENTS = st.sampled_from(
    [
        *[bytes([byte]) for byte in b"<>/='\"&;:!?-[]ax \n\r\0"],
        *[b"<a>", b"</a>", b"<a/>", b"<b:a xmlns:b='c'>", b"</b:a>", b" a='b'", b"&amp;", b"&#1;"],
        *[b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?xml version='1.0'?>", b"<!DOCTYPE a>"],
        *[b"xmlns", b"xml:lang='a'", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xff", b"\xef\xbb\xbf"],
        *[MESSAGE, MOVIM, CLOSE],
    ]
)
BROKEN = st.lists(FRAGMENTS, max_size=12).map(b"".join)


@given(st.sampled_from([b"", HEADER]), st.one_of(BROKEN, st.binary(max_size=40)), st.data())
def test_whatever_is_fed(header: bytes, sent: bytes, data: st.DataObject) -> None:
    """Events and nothing else, the same for any cut; and what was told can be told on."""
    whole = told(header + sent)
    assert all(not isinstance(event, str | StreamClosed) for event in whole[:-1])
    for event in whole:
        if isinstance(event, Element):
            assert parse(serialize(event)) == event
    cut = data.draw(st.integers(0, len(sent)))
    for other in (
        told(header + sent[:cut], sent[cut:]),
        told(header, *[bytes([byte]) for byte in sent]),
    ):
        assert other[:-1] == whole[:-1]
        # A byte in the wrong place may be refused before it is known to be wrong everywhere.
        assert other[-1:] == whole[-1:] or {str(other[-1]), str(whole[-1])} == {
            "not-well-formed",
            "unsupported-encoding",
        }


@given(st.lists(elements, max_size=3))
def test_stanzas_written_one_after_another(stanzas: list[Element]) -> None:
    sent = "\n".join([serialize(stanza, CLIENT) for stanza in stanzas])
    assert told(HEADER + sent.encode() + CLOSE)[1:] == [*stanzas, StreamClosed()]


def test_a_closed_parser_says_nothing_and_is_let_go_of_at_once() -> None:
    """Expat's parser and its handlers hold one another; nobody has to collect them."""

    class Watched(StreamParser):
        """One that can be referred to weakly."""

    parser = Watched()
    parser.feed(HEADER + b"<message><body>He jests")
    there = weakref.ref(parser)
    parser.close()
    assert parser.feed(b" at scars</body></message>") == []
    gc.disable()
    try:
        del parser
        assert there() is None
    finally:
        gc.enable()
