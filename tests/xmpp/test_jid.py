"""Addresses: RFC 7622."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkmoot.xmpp.jid import (
    DOMAIN_CHARS_MAX,
    JID,
    JID_CACHED_CHARS_MAX,
    PART_BYTES_MAX,
    InvalidJID,
    prepare_domain,
    prepare_local,
    prepare_resource,
)

LEGAL = [
    (1, "juliet@example.com", ("juliet", "example.com", "")),
    (2, "juliet@example.com/foo", ("juliet", "example.com", "foo")),
    (3, "juliet@example.com/foo bar", ("juliet", "example.com", "foo bar")),
    (4, "juliet@example.com/foo@bar", ("juliet", "example.com", "foo@bar")),
    (5, r"foo\20bar@example.com", (r"foo\20bar", "example.com", "")),
    (6, "fussball@example.com", ("fussball", "example.com", "")),
    (7, "fu\u00dfball@example.com", ("fu\u00dfball", "example.com", "")),
    (8, "\u03c0@example.com", ("\u03c0", "example.com", "")),
    (9, "\u03a3@example.com/foo", ("\u03c3", "example.com", "foo")),
    (10, "\u03c3@example.com/foo", ("\u03c3", "example.com", "foo")),
    (11, "\u03c2@example.com/foo", ("\u03c2", "example.com", "foo")),
    (12, "king@example.com/\u265a", ("king", "example.com", "\u265a")),
    (13, "example.com", ("", "example.com", "")),
    (14, "example.com/foobar", ("", "example.com", "foobar")),
    (15, "a.example.com/b@example.net", ("", "a.example.com", "b@example.net")),
]

ILLEGAL = [
    (16, '"juliet"@example.com'),
    (17, "foo bar@example.com"),
    (18, "juliet@example.com/ foo"),
    (19, "@example.com/"),
    (20, "henry\u2163@example.com"),
    (21, "\u265a@example.com"),
    (22, "juliet@"),
    (23, "/foobar"),
]


@pytest.mark.parametrize(("number", "text", "parts"), LEGAL)
def test_legal_addresses(number: int, text: str, parts: tuple[str, str, str]) -> None:
    """RFC 7622 §3.5, table 1."""
    jid = JID.parse(text)
    assert (jid.local, jid.domain, jid.resource) == parts
    assert JID.parse(str(jid)) is jid


@pytest.mark.parametrize(("number", "text"), ILLEGAL)
def test_illegal_addresses(number: int, text: str) -> None:
    """RFC 7622 §3.5, table 2."""
    with pytest.raises(InvalidJID):
        JID.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "@", "/", "@/", "@x", "x/", "a@/x", "a@b/", "a@b@c", "a@@c", "a@b.", "@b/c", " a@b"],
)
def test_empty_and_stray_parts(text: str) -> None:
    """RFC 7622 §3.1: every part that a separator promises is there; §3.2: one `@` before `/`."""
    if text == "a@b.":
        assert JID.parse(text) == JID.parse("a@b")
    else:
        with pytest.raises(InvalidJID):
            JID.parse(text)


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("Juliet", "juliet"),
        ("ＪＵＬＩＥＴ", "juliet"),
        ("Ju\u0308rgen", "jürgen"),
        ("!#$%()*+,-.;=?[\\]^_`{|}~", "!#$%()*+,-.;=?[\\]^_`{|}~"),
    ],
)
def test_localpart_is_mapped(text: str, prepared: str) -> None:
    """RFC 8265 §3.3.2: width, case, normalisation."""
    assert prepare_local(text) == prepared


@pytest.mark.parametrize("character", "\"&'/:<>@ \t\0\x7f\u00a0\u200b\ud800＠／：")
def test_localpart_exclusions(character: str) -> None:
    """RFC 7622 §3.3.1, also when they only appear by mapping."""
    with pytest.raises(InvalidJID):
        prepare_local(f"a{character}b")


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("Balcony", "Balcony"),
        ("a\u00a0b", "a b"),
        ("Ju\u0308rgen", "Jürgen"),
        ("ＷＩＤＥ", "ＷＩＤＥ"),
        ("a ", "a "),
        ("🏰/<&>\"'", "🏰/<&>\"'"),
    ],
)
def test_resourcepart_is_mapped(text: str, prepared: str) -> None:
    """RFC 8265 §4.2.2: spaces and normalisation, and nothing else."""
    assert prepare_resource(text) == prepared


@pytest.mark.parametrize("text", ["", " a", "\u3000a", "\n", "a\0", "\ud800", "\u200b", "\ufffe"])
def test_resourcepart_exclusions(text: str) -> None:
    with pytest.raises(InvalidJID):
        prepare_resource(text)


@pytest.mark.parametrize(
    ("text", "prepared"),
    [
        ("Example.COM.", "example.com"),
        ("example.com\u3002", "example.com"),
        ("xn--mnchen-3ya.de", "münchen.de"),
        ("XN--MNCHEN-3YA.de", "münchen.de"),
        ("MÜNCHEN.DE", "münchen.de"),
        ("ｗｉｄｅ.example", "wide.example"),
        ("faß.de", "faß.de"),
        ("localhost", "localhost"),
        ("a--b--c.example", "a--b--c.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8:0:0::1]", "[2001:db8::1]"),
        ("[::ffff:192.0.2.1]", "[::ffff:c000:201]"),
        ("[fe80::1%25eth0]", "[fe80::1%25eth0]"),
    ],
)
def test_domainpart_is_mapped(text: str, prepared: str) -> None:
    """RFC 7622 §3.2: U-labels, lower case, no final dot; RFC 6874 §2 for IPv6."""
    assert prepare_domain(text) == prepared
    assert prepare_domain(prepared) == prepared


@pytest.mark.parametrize(
    "text",
    [
        *["", ".", "..", "a..b", ".a", "a.b..", "-a", "a-", "a_b", "a b", "a:5222", "ab--c"],
        *["xn--", "xn--a", "xn--abc-", "xn---bbk", "xn--abc", "\u265a.example", "\u0301a"],
        *["[", "[]", "[::1", "::1", "[1]", "[192.0.2.1]", "[::1]a", "[fe80::1%eth0]", "[v1.a]"],
        *["\0", "\ud800", "a\u200d"],
    ],
)
def test_domainpart_exclusions(text: str) -> None:
    with pytest.raises(InvalidJID):
        prepare_domain(text)


def test_parts_have_a_longest_length() -> None:
    """RFC 7622 §3.1: 1023 octets, counted after everything is mapped."""
    assert PART_BYTES_MAX == 1023
    for prepare in (prepare_local, prepare_resource):
        assert len(prepare("a" * 1023)) == 1023
        assert len(prepare("é" * 511).encode()) == 1022
        for text in ("a" * 1024, "é" * 512, "a" * 10_000, "é" * 10_000):
            with pytest.raises(InvalidJID):
                prepare(text)
        assert prepare("e\u0301" * 511) == "é" * 511
    whole = f"{'a' * 1023}@example.com/{'b' * 1023}"
    assert str(JID.parse(whole)) == whole


def test_domains_have_a_longest_length() -> None:
    """RFC 1034 §3.1, counted in A-labels."""
    assert DOMAIN_CHARS_MAX == 253
    longest = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert prepare_domain(longest) == longest
    for text in (longest + "a", "a" * 64, "ü" * 60, "a." * 5000 + "a"):
        with pytest.raises(InvalidJID):
            prepare_domain(text)


def test_bare_and_full() -> None:
    full = JID.parse("Juliet@example.com/Balcony")
    bare = JID.parse("juliet@example.com")
    assert not full.is_bare
    assert bare.is_bare
    assert full.bare is bare
    assert bare.bare is bare
    assert JID.parse("example.com/x").bare is JID.parse("example.com")
    assert bare.with_resource("Balcony") is full
    assert str(full.with_resource("a\u00a0b")) == "juliet@example.com/a b"
    with pytest.raises(InvalidJID):
        bare.with_resource("")


def test_equality_hash_and_order() -> None:
    parsed = JID.parse("juliet@example.com/balcony")
    built = JID("juliet", "example.com", "balcony")
    assert parsed == built
    assert hash(parsed) == hash(built)
    assert parsed != JID.parse("juliet@example.com/Balcony")
    assert parsed != "juliet@example.com/balcony"
    texts = ["b@a", "a", "a@b/c", "a@b"]
    assert [str(jid) for jid in sorted(map(JID.parse, texts))] == sorted(texts)
    assert repr(parsed) == "JID('juliet@example.com/balcony')"


def test_equal_addresses_are_one_object_while_remembered() -> None:
    assert JID.parse("JULIET@Example.com") is JID.parse("juliet@example.com.")
    long = "juliet@example.com/" + "x" * JID_CACHED_CHARS_MAX
    assert JID.parse(long) == JID.parse(long)
    assert JID.parse(long) is not JID.parse(long)


def test_an_address_does_not_change() -> None:
    jid = JID.parse("juliet@example.com")
    with pytest.raises(AttributeError):
        jid.local = "romeo"
    assert copy.deepcopy(jid) == jid
    assert pickle.loads(pickle.dumps(jid)) == jid


characters = st.one_of(
    st.sampled_from("aAxn-./@:[]1 üßΣς。．＠／\u200d\u0301ａ・\u05d0\u0660"), st.characters()
)


@given(st.text(characters, max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """And what is an address stays one: preparing it again changes nothing (RFC 8264 §7)."""
    try:
        jid = JID.parse(text)
    except InvalidJID:
        return
    assert JID.parse(str(jid)) == jid
    assert jid.bare == JID(jid.local, jid.domain)


@given(st.text(characters, max_size=10), st.text(characters, max_size=10))
def test_any_parts(local: str, resource: str) -> None:
    try:
        jid = JID(prepare_local(local), "example.com", prepare_resource(resource))
    except InvalidJID:
        return
    assert JID.parse(str(jid)) == jid
