"""docs/doap.xml, the code and what is announced say the same of which specifications are here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from folkmoot.facades.disco import INFO
from folkmoot.streams.features import Channel, Features
from folkmoot.xmpp.xml import parse
from tests.stage import Stage

ROOT = Path(__file__).parents[1]
DOAP = "{http://usefulinc.com/ns/doap#}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XMPP = "{https://linkmauve.fr/ns/xmpp-doap#}"
_VERSION = re.compile(r"XEP-(\d{4})\s(\d[\d.]*\d)")

FEATURES = {
    "http://jabber.org/protocol/disco#": "0030",
    "http://jabber.org/protocol/muc": "0045",
    "http://jabber.org/protocol/muc#unique": "0307",
    "muc_": "0045",
    "http://jabber.org/protocol/commands": "0050",
    "http://jabber.org/protocol/rsm": "0059",
    "http://jabber.org/protocol/pubsub": "0060",
    "http://jabber.org/features/iq-register": "0077",
    "http://jabber.org/protocol/shim": "0131",
    "jabber:iq:private": "0049",
    "jabber:iq:register": "0077",
    "vcard-temp": "0054",
    "jabber:iq:version": "0092",
    "jabber:x:data": "0004",
    "msgoffline": "0160",
    "urn:xmpp:carbons:2": "0280",
    "urn:xmpp:fulltext:0": "0431",
    "urn:xmpp:mam:2": "0313",
    "urn:xmpp:ping": "0199",
    "urn:xmpp:features:rosterver": "0237",
    "urn:xmpp:hats:0": "0317",
    "urn:xmpp:sid:0": "0359",
    "urn:xmpp:pep-vcard-conversion:0": "0398",
    "urn:xmpp:bookmarks:1#compat": "0402",
    "http://jabber.org/protocol/muc#self-ping-optimization": "0410",
    "urn:xmpp:bookmarks-conversion:0": "0411",
    "urn:xmpp:occupant-id:0": "0421",
    "urn:xmpp:message-retract:1": "0424",
    "urn:xmpp:message-moderate:": "0425",
    "urn:xmpp:rai:0": "0437",
    "urn:xmpp:sasl-cb:0": "0440",
    "urn:xmpp:muc-token-invite:0": "0488",
    "urn:xmpp:order-by:1": "0413",
    "urn:xmpp:pam:0": "0376",
    "urn:xmpp:pps:0": "0465",
    "urn:xmpp:muc:affiliations:1": "0463",
    "urn:xmpp:pubsub-ext-disco:0": "0499",
    "urn:xmpp:pubsub-ext-sub:0": "0497",
    "urn:xmpp:pubsub-filter:0": "0462",
    "urn:xmpp:pubsub-relationships:0": "0496",
    "urn:xmpp:spaces:0": "0503",
}
"""What a feature begins with, to the XEP it is of; the longest that fits counts."""

OF_AN_RFC = {
    "urn:ietf:params:xml:ns:xmpp-bind",
    "urn:ietf:params:xml:ns:xmpp-sasl",
    "urn:ietf:params:xml:ns:xmpp-session",
    "urn:ietf:params:xml:ns:xmpp-tls",
    "urn:xmpp:features:pre-approval",
}


OURS = {"urn:folkmoot:audit:0", "urn:folkmoot:invite:0", "urn:folkmoot:moderation:0"}
"""Written up in docs/extensions/."""


@dataclass(frozen=True)
class Supported:
    """One XEP as doap.xml has it."""

    number: str
    version: str
    status: str
    note: str


def project() -> ElementTree.Element:
    """What doap.xml describes."""
    found = ElementTree.parse(ROOT / "docs" / "doap.xml").getroot().find(f"{DOAP}Project")
    assert found is not None
    return found


def supported() -> list[Supported]:
    """Every XEP in doap.xml, in its order."""
    found = []
    for xep in project().iter(f"{XMPP}SupportedXep"):
        resource = xep.find(f"{XMPP}xep")
        assert resource is not None
        url = resource.get(f"{RDF}resource", "")
        number = re.fullmatch(r"https://xmpp\.org/extensions/xep-(\d{4})\.html", url)
        assert number is not None, url
        said = [xep.findtext(f"{XMPP}{name}", "") for name in ("version", "status", "note")]
        found.append(Supported(number[1], *said))
    return found


def rfcs() -> list[str]:
    """Every RFC in doap.xml, in its order."""
    found = []
    for each in project().findall(f"{DOAP}implements"):
        if url := each.get(f"{RDF}resource"):
            number = re.fullmatch(r"https://www\.rfc-editor\.org/info/rfc(\d+)", url)
            assert number is not None, url
            found.append(number[1])
    return found


def xep_of(feature: str) -> str:
    """The XEP of a feature that is announced."""
    fitting = [start for start in FEATURES if feature.startswith(start)]
    assert fitting, f"{feature} is announced, and nobody knows of which specification it is"
    return FEATURES[max(fitting, key=len)]


def read() -> Iterator[tuple[str, str, str]]:
    """Every module that names a XEP with the version read, with both."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        found = re.match(r'"""(.*?)(\n\n|""")', path.read_text("utf-8"), re.DOTALL)
        for number, version in _VERSION.findall("" if found is None else found[1]):
            yield str(path.relative_to(ROOT)), number, version


def test_it_says_what_there_is_to_say() -> None:
    """XEP-0453: each XEP once, with version and status, and what is missing where something is."""
    found = supported()
    numbers = [each.number for each in found]
    assert numbers == sorted(set(numbers))
    for each in found:
        assert re.fullmatch(r"\d+(\.\d+)*", each.version), each
        assert each.status in ("complete", "partial"), each
        assert (each.status == "partial") == bool(each.note), each
    for name in ("name", "shortdesc", "description", "programming-language", "os"):
        assert project().findtext(f"{DOAP}{name}"), name
    category = project().find(f"{DOAP}category")
    assert category is not None
    assert category.get(f"{RDF}resource") == f"{XMPP[1:-1]}category-server"
    assert rfcs() == sorted(set(rfcs()))


async def test_what_is_announced_is_in_doap(stage: Stage) -> None:
    """Every feature of every place, and of the stream, is of a XEP that is listed; and back."""
    announced: set[str] = set()
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    room, node = "balcony@chat.shakespeare.lit", "house of capulet"
    for sent in (
        f"<presence to='{room}/juliet'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
        f"<iq type='set' to='{room}' id='1'><query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query></iq>",
        "<iq type='set' to='pubsub.shakespeare.lit' id='2'>"
        f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='{node}'/></pubsub></iq>",
    ):
        await juliet.sends(sent)
    for to, of in (
        ("shakespeare.lit", ""),
        ("juliet@shakespeare.lit", ""),
        ("chat.shakespeare.lit", ""),
        (room, ""),
        ("pubsub.shakespeare.lit", ""),
        ("pubsub.shakespeare.lit", f"node='{node}'"),
        ("pubsub.shakespeare.lit", "node='http://jabber.org/protocol/commands'"),
    ):
        answer = await juliet.asks(
            f"<iq type='get' to='{to}' id='3'><query xmlns='{INFO}' {of}/></iq>",
            "<iq type='result'/>",
        )
        features = answer.elements[0].childs(INFO, "feature")
        assert features, to
        announced.update(each.get("var", "") for each in features)
    announced.update(of_streams())
    listed = {each.number for each in supported()}
    for feature in announced - OF_AN_RFC - OURS:
        assert xep_of(feature) in listed, feature
    silent = {
        number
        for start, number in FEATURES.items()
        if not any(xep_of(feature) == number for feature in announced - OF_AN_RFC - OURS)
    }
    assert not silent, "said to be announced, and is not"


def of_streams() -> Iterator[str]:
    """The namespaces of what a stream offers before and after logging in."""
    features = Features(registration=True)
    starting = Channel(framed=False, secure=False, starttls=True)
    secured = Channel(framed=True, secure=True, starttls=False, bindings=("tls-unique",))
    stream = b" xmlns:stream='http://etherx.jabber.org/streams'"
    for told in (
        features.before_login(starting).replace(b"features", b"features" + stream, 1),
        features.before_login(secured),
        features.after_login(framed=True),
    ):
        yield from (each.ns for each in parse(told).elements)


@pytest.mark.parametrize(("module", "number", "version"), list(read()))
def test_versions_are_those_that_were_read(module: str, number: str, version: str) -> None:
    """A module's first line names the XEP and the version read; doap.xml has no other."""
    versions = {each.number: each.version for each in supported()}
    assert versions.get(number) == version, f"{module} has read another XEP-{number}"


def test_every_rfc_is_implemented_somewhere() -> None:
    """An RFC that is listed is one that some module says it is made by."""
    named = " ".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    for number in rfcs():
        assert f"RFC {number}" in named, number
