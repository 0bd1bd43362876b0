"""What folkmoot.client makes of XML that is not as it should be; no server needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slixmpp import JID
from slixmpp.xmlstream.tostring import tostring

from folkmoot.client import (
    Access,
    Affiliation,
    AffiliationChanged,
    Configured,
    Event,
    EventsLost,
    Images,
    InvalidAddress,
    Member,
    NodeLink,
    OccupantChanged,
    Other,
    Purged,
    Refused,
    Room,
    Said,
    Space,
    SpaceAddress,
    State,
    TooMuch,
    WebLink,
)
from folkmoot.client.asking import ENTRIES_MAX, next_page
from folkmoot.client.errors import refusal
from folkmoot.client.events import EVENTS_WAITING_MAX, Listening, read_events, read_room_events
from folkmoot.client.model import Image, Item, token_in
from folkmoot.client.namespaces import Parser, original, restored, safe, tag
from folkmoot.client.reading import (
    AVATAR,
    AVATAR_ID,
    BANNER_ID,
    read_affiliation,
    read_changes,
    read_entities,
    read_identities,
    read_info,
    read_invite,
    read_item,
    read_listed,
    read_members,
    read_parent,
    read_requests,
    sorted_out,
)
from folkmoot.client.writing import only_spaces, write_item

OWN = JID("bot@example.org/here")
SERVICE = JID("discord.example.org")
GUILD = SpaceAddress(SERVICE, "81384788765712384")

NAMES = st.sampled_from(
    [
        *("item", "items", "event", "conference", "subscription", "metadata", "info", "url", "x"),
        *("field", "value", "query", "pubsub", "affiliations", "affiliation", "configuration"),
        *("identity", "status", "body", "error", "text", "row", "before"),
    ]
)
SPACES_OF_NAMES = st.sampled_from(
    [
        "jabber:x:data",
        "jabber:x:oob",
        "urn:xmpp:bookmarks:1",
        "urn:xmpp:pubsub:subscription:0",
        "urn:xmpp:avatar:metadata",
        "http://jabber.org/protocol/pubsub",
        "http://jabber.org/protocol/pubsub#event",
        "http://jabber.org/protocol/pubsub#owner",
        "http://jabber.org/protocol/disco#items",
        "http://jabber.org/protocol/disco#info",
        "http://jabber.org/protocol/muc#user",
        "urn:ietf:params:xml:ns:xmpp-stanzas",
        "urn:folkmoot:audit:0",
        "jabber:client",
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "jid",
            "node",
            "server",
            "var",
            "affiliation",
            "from",
            "bytes",
            "name",
            "code",
            "uses",
        ]
    ),
    st.one_of(st.text(max_size=8), st.just("a@example.org"), st.just("pubsub#node")),
)


@st.composite
def grown(draw: st.DrawFn, depth: int = 3) -> Element:
    """An element of the right words in the wrong places."""
    element = Element(f"{{{draw(SPACES_OF_NAMES)}}}{draw(NAMES)}", draw(ATTRIBUTES))
    element.text = draw(st.one_of(st.none(), st.text(max_size=5)))
    if depth:
        element.extend(draw(st.lists(grown(depth=depth - 1), max_size=2)))
    return element


@given(grown(), grown())
def test_nothing_that_comes_is_too_odd(one: Element, two: Element) -> None:
    """Whatever a service sends, a reader gives something, and does not raise."""
    sorted_out((read_item(one), read_item(two)))
    read_info(GUILD, one)
    read_listed(SERVICE, one)
    read_parent(one)
    read_members(one, two)
    read_requests(GUILD, one)
    message = Element("{jabber:client}message", {"from": str(SERVICE)})
    message.extend([one, two])
    list(read_events(message, OWN))
    read_identities(one)
    read_entities(one)
    read_invite(one)
    read_changes(one)
    for kind, type in (("message", "groupchat"), ("presence", "unavailable"), ("presence", "")):
        told = Element(f"{{jabber:client}}{kind}", {"from": "a@example.org/b", "type": type})
        told.extend([one, two])
        list(read_room_events(told))
        assert isinstance(refusal(told), Refused)


LINES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
SIZES = st.none() | st.integers(0, 10**9)
IMAGES = st.lists(st.builds(Image, LINES, LINES, SIZES, LINES, SIZES, SIZES), min_size=1).map(tuple)
ITEMS: st.SearchStrategy[Item] = st.one_of(
    st.builds(Room, st.just(JID("cell@rooms.example.org")), LINES, st.booleans(), LINES, LINES),
    st.builds(NodeLink, LINES, st.builds(SpaceAddress, st.just(SERVICE), LINES), LINES),
    st.builds(WebLink, LINES, LINES, LINES),
    st.builds(Images, st.sampled_from([AVATAR_ID, BANNER_ID, AVATAR]), IMAGES),
    st.builds(Other, LINES),
)


@given(ITEMS)
def test_what_is_written_is_read(item: Item) -> None:
    """An item that is put is the item that is found."""
    assert read_item(write_item(item)) == item


@given(LINES)
def test_an_address_is_its_iri(node: str) -> None:
    """XEP-0060 §12.21: whatever the node is called."""
    address = SpaceAddress.of("spaces.example.org", node)
    assert SpaceAddress.parse(address.iri) == address


def test_an_invite_is_in_its_iri() -> None:
    """docs/extensions/invites.md; the key is the same with it or without."""
    assert token_in("xmpp:spaces.example.org?;node=moot;invite=A%3D") == "A="
    assert token_in(GUILD.iri) == ""


def room_events(stanza: str) -> list[Event]:
    """What a stanza tells."""
    return list(read_room_events(ElementTree.fromstring(stanza)))


def test_what_rooms_tell() -> None:
    """XEP-0045 §7.2.2, §7.4, §7.2.13, §9.1: who comes, speaks, has spoken and is banned."""
    room, user = JID("g@rooms.example.org"), "xmlns='http://jabber.org/protocol/muc#user'"
    from_ = "xmlns='jabber:client' from='g@rooms.example.org/romeo'"
    said = f"<message {from_} type='groupchat' id='1'><body>But soft</body>{{}}</message>"
    assert room_events(said.format("")) == [Said(room, "romeo", "But soft")]
    past = said.format("<delay xmlns='urn:xmpp:delay'/>")
    assert room_events(past) == [Said(room, "romeo", "But soft", past=True)]
    came = (
        f"<presence {from_}><x {user}><item affiliation='admin' role='moderator'/></x></presence>"
    )
    assert room_events(came) == [
        OccupantChanged(room, "romeo", True, Affiliation.ADMIN, "moderator")
    ]
    banned = (
        f"<presence {from_} type='unavailable'><x {user}><item affiliation='outcast' role='none'"
        " jid='romeo@example.org'/><status code='301'/><status code='x'/></x></presence>"
    )
    assert room_events(banned) == [
        OccupantChanged(
            *(room, "romeo", False, Affiliation.OUTCAST, "none"),
            *(JID("romeo@example.org"), frozenset({301})),
        )
    ]
    for nothing in (
        f"<presence {from_}/>",
        f"<message {from_} type='groupchat'><subject>Verona</subject></message>",
        f"<message {from_} type='chat'><body>But soft</body></message>",
        f"<presence {from_} type='error'><x {user}/></presence>",
    ):
        assert room_events(nothing) == []


@pytest.mark.parametrize(
    "iri",
    [
        "xmpp:discord.example.org?;node=81384788765712384",
        "xmpp:discord.example.org?node=81384788765712384",
        "XMPP:discord.example.org?;token=x;node=81384788765712384",
        "xmpp:discord.example.org?join;node=8138478876571238%34#here",
    ],
)
def test_an_address_has_several_spellings(iri: str) -> None:
    """slidge leaves the `;` out; others put more in."""
    assert SpaceAddress.parse(iri) == GUILD


@pytest.mark.parametrize("iri", ["", "dev", "https://x?;node=a", "xmpp:x", "xmpp:?;node=a"])
def test_what_is_no_address(iri: str) -> None:
    """No node, no service, or something else."""
    with pytest.raises(InvalidAddress):
        SpaceAddress.parse(iri)


def xml(text: str) -> Element:
    """An element, of text."""
    return ElementTree.fromstring(text)


def test_slidge_says_subscriber() -> None:
    """Its members are affiliated as `subscriber`; an unknown word is no standing at all."""
    rows = xml(
        "<affiliations xmlns='http://jabber.org/protocol/pubsub#owner'>"
        "<affiliation jid='a@example.org' affiliation='subscriber'/>"
        "<affiliation jid='@' affiliation='owner'/><affiliation affiliation='owner'/>"
        "</affiliations>"
    )
    assert read_members(rows, None) == (
        Member(JID("a@example.org"), State.NONE, Affiliation.MEMBER),
    )
    assert read_affiliation("king") is Affiliation.NONE


def test_several_subscriptions_are_one_member() -> None:
    """XEP-0060 §8.8.1: the best of them counts, whatever the order."""
    rows = xml(
        "<subscriptions xmlns='http://jabber.org/protocol/pubsub#owner'>"
        "<subscription jid='a@example.org/x' subscription='subscribed' subid='1'/>"
        "<subscription jid='a@example.org' subscription='pending' subid='2'/></subscriptions>"
    )
    assert read_members(None, rows) == (Member(JID("a@example.org"), State.SUBSCRIBED),)
    (waiting,) = read_requests(GUILD, rows)
    assert (str(waiting.jid), waiting.subid) == ("a@example.org", "2")


def message(inside: str, **attributes: str) -> Element:
    """A message from a service."""
    told = Element("{jabber:client}message", {"from": str(SERVICE), **attributes})
    told.append(xml(inside))
    return told


EVENTS = "http://jabber.org/protocol/pubsub#event"


def test_slidge_tells_the_access_model_alone() -> None:
    """A configuration with next to nothing in it, and one with nothing."""
    form = (
        "<x xmlns='jabber:x:data'><field var='pubsub#access_model'><value>authorize</value>"
        "</field></x>"
    )
    for inside, space in ((form, Space(GUILD, access=Access.AUTHORIZE)), ("", None)):
        told = f"<configuration node='{GUILD.node}'>{inside}</configuration>"
        events = list(read_events(message(f"<event xmlns='{EVENTS}'>{told}</event>"), OWN))
        assert events == [Configured(GUILD, space)]


def test_standing_that_names_nobody_is_ones_own() -> None:
    """XEP-0060 §8.9.4, Example 210."""
    rows = (
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        f"<affiliations node='{GUILD.node}'><affiliation affiliation='member'/></affiliations>"
        "</pubsub>"
    )
    assert list(read_events(message(rows), OWN)) == [
        AffiliationChanged(GUILD, JID("bot@example.org"), Affiliation.MEMBER)
    ]


@pytest.mark.parametrize("odd", [{"from": ""}, {"from": f"{SERVICE}/x"}, {"type": "error"}])
def test_services_alone_are_believed(odd: dict[str, str]) -> None:
    """What comes back as an error, or from a resource, is no news."""
    told = f"<event xmlns='{EVENTS}'><purge node='{GUILD.node}'/></event>"
    assert list(read_events(message(told), OWN)) == [Purged(GUILD)]
    assert list(read_events(message(told, **odd), OWN)) == []


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<conference xmlns='urn:xmpp:bookmarks:1'/>",
        "<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='x'/>",
        "<x xmlns='jabber:x:oob'/>",
        "<metadata xmlns='urn:xmpp:avatar:metadata'/>",
        "<staff xmlns='urn:example:magic'/>",
    ],
)
def test_an_item_without_sense_is_kept(inside: str) -> None:
    """§5.4: what one does not know is ignored, and not thrown away."""
    item = xml(f"<item id='nonsense'>{inside}</item>")
    assert read_item(item) == Other("nonsense")


def test_the_avatar_of_the_xep_comes_first() -> None:
    """§5.2.1 and Movim: both ids are read; several `<metadata/>` are one avatar."""
    metadata = "<metadata xmlns='urn:xmpp:avatar:metadata'><info id='{}' bytes='many'/></metadata>"
    old = read_item(xml(f"<item id='{AVATAR}'>{metadata.format(1)}</item>"))
    new = read_item(xml(f"<item id='{AVATAR_ID}'>{metadata.format(2)}{metadata.format(3)}</item>"))
    assert sorted_out((old,)).avatar == old == Images(AVATAR, (Image("1"),))
    assert sorted_out((old, new)).avatar == new == Images(AVATAR_ID, (Image("2"), Image("3")))


@pytest.mark.parametrize(
    ("kind", "var"),
    [
        ("urn:xmpp:spaces:0", "parent"),
        ("http://jabber.org/protocol/muc#roominfo", "muc#roomconfig_pubsub"),
        ("http://jabber.org/protocol/muc#roominfo", "muc#roominfo_pubsub"),
    ],
)
def test_a_parent_has_three_places(kind: str, var: str) -> None:
    """§5.5, Example 9; and how it was in 0.2.0."""
    field = "<field var='{}'><value>{}</value></field>"
    form = field.format("FORM_TYPE", kind) + field.format(var, f"xmpp:{SERVICE}?node={GUILD.node}")
    query = xml(f"<query><x xmlns='jabber:x:data'>{form}</x></query>")
    assert read_parent(query) == GUILD
    assert read_parent(xml("<query/>")) is read_parent(None) is None


def test_the_filter_is_the_one_slidge_takes() -> None:
    """XEP-0462, §5.1: our type is the only value."""
    values = only_spaces().iterfind(".//{jabber:x:data}field[@var='included-types']/*")
    assert [value.text for value in values] == ["urn:xmpp:spaces:0"]


def test_pages_end() -> None:
    """XEP-0059: where there is no more to be had, and where a service would go on for ever."""
    page = "<query><set xmlns='http://jabber.org/protocol/rsm'><last>{}</last>{}</set></query>"
    assert next_page(xml(page.format("b", "")), 2, 0) is not None
    for answer, found, before in (
        (None, 2, 0),
        (xml("<query/>"), 2, 0),
        (xml(page.format("", "")), 2, 0),
        (xml(page.format("b", "<count>2</count>")), 2, 0),
        (xml(page.format("b", "")), 2, 2),
    ):
        assert next_page(answer, found, before) is None
    with pytest.raises(TooMuch):
        next_page(None, ENTRIES_MAX + 1, 0)


async def test_so_many_events_wait() -> None:
    """EVENTS_WAITING_MAX: those that waited are heard, then, each time, that some are lost."""
    listening = Listening(frozenset({GUILD}))
    for _ in range(EVENTS_WAITING_MAX + 2):
        listening.tell(Purged(GUILD))
    listening.tell(Purged(SpaceAddress(SERVICE, "another")))
    for _ in range(EVENTS_WAITING_MAX):
        assert await anext(listening) == Purged(GUILD)
    for _ in range(2):
        with pytest.raises(EventsLost):
            await anext(listening)


async def test_of_all_means_of_services() -> None:
    """Accounts have nodes of their own (XEP-0163), which are not spaces."""
    listening = Listening(frozenset())
    listening.tell(Purged(SpaceAddress(JID("a@example.org"), "urn:xmpp:bookmarks:1")))
    listening.tell(Purged(GUILD))
    listening.close()
    assert [event async for event in listening] == [Purged(GUILD)]


def test_without_slixmpp_it_says_what_to_do() -> None:
    """slixmpp is optional: `folkmoot[client]`."""
    missing = "import sys; sys.modules['slixmpp'] = None; import folkmoot.client"
    told = subprocess.run(
        [sys.executable, "-c", missing], capture_output=True, text=True, check=False
    )
    assert told.returncode
    assert told.stderr.endswith("pip install 'folkmoot[client]'\n")


# Namespaces


ODD = st.text(st.sampled_from("{}<>&\"'%7BD25C6 aé"), max_size=12)


@given(ODD | st.text())
def test_no_two_namespaces_become_one(namespace: str) -> None:
    """What is made safe can be made as it was, and has nothing in it that is misread."""
    assert original(safe(namespace)) == namespace
    assert not set("{}<>&\"'") & set(safe(namespace))


def test_most_namespaces_stay_as_they_are() -> None:
    """Percent signs as well, where they are not mistaken."""
    for namespace in ("jabber:client", "http://jabber.org/protocol/pubsub#event", "urn:x:50%20"):
        assert safe(namespace) == namespace


def parsed(data: bytes, cut: int) -> list[tuple[str, str]]:
    """The events of a stream that comes in two pieces."""
    parser = Parser()
    told = []
    for piece in (data[:cut], data[cut:]):
        parser.feed(piece)
        told += [(event, element.tag) for event, element in parser.read_events()]
    return told


@given(ODD.filter(bool), st.integers(0, 60))
def test_any_namespace_comes_and_goes(namespace: str, cut: int) -> None:
    """Received, sent on by slixmpp, and received once more: it is the same, wherever it is cut."""
    element: Any = Element(tag(namespace, "x"), {"a": 'xmlns="%7B"', tag("urn:a", "b"): "left out"})
    element.text = ' xmlns="%7B" '
    wire = restored(tostring(element, top_level=True))
    parser = Parser()
    parser.feed(f"<s>{wire}</s>")
    ((_, found),) = (each for each in list(parser.read_events())[2:3])
    assert (found.tag, found.get("a"), found.text) == (element.tag, 'xmlns="%7B"', element.text)
    assert parsed(wire.encode(), cut) == [("start", element.tag), ("end", element.tag)]


@pytest.mark.parametrize("broken", [b"<a></b>", b"<a>&b;</a>", b"<!DOCTYPE a><a/>", b"<a:b/>"])
def test_what_is_broken_is_told(broken: bytes) -> None:
    """RFC 6120 §11.1 and §11.3: as ElementTree's own error, which slixmpp knows."""
    parser = Parser()
    parser.feed(broken)
    parser.feed(b"<more/>")
    for _ in range(2):
        with pytest.raises(ElementTree.ParseError):
            list(parser.read_events())


@given(grown())
def test_it_builds_what_elementtree_builds(element: Element) -> None:
    """Where ElementTree has an answer, it is ours."""
    wire = ElementTree.tostring(element)
    try:
        expected = ElementTree.fromstring(wire)
    except ElementTree.ParseError:
        return
    parser = Parser()
    parser.feed(wire)
    *_, (event, root) = parser.read_events()
    assert event == "end"
    assert ElementTree.tostring(root) == ElementTree.tostring(expected)
