"""What a file may say, and what is told of one that may not be (docs/extensions/export.md)."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.spaces.document import FORMAT, Unreadable, Writer, loads, paged, parts
from folkmoot.spaces.mistakes import MISTAKES_MAX
from folkmoot.spaces.reading import PEOPLE_MAX, SPACE_PEOPLE_MAX, check

HALL = "<conference xmlns='urn:xmpp:bookmarks:1' name='Hall'/>"
VERONA: dict[str, Any] = {
    "format": FORMAT,
    "version": 1,
    "services": {"pubsub": "spaces.verona.lit", "rooms": "rooms.verona.lit"},
    "space": {
        "node": "moot",
        "config": {"pubsub#title": "Moot", "pubsub#access_model": "authorize"},
        "affiliations": [
            {"jid": "juliet@verona.lit", "affiliation": "owner"},
            {"jid": "tybalt@verona.lit", "affiliation": "outcast"},
        ],
        "subscriptions": [{"jid": "romeo@verona.lit", "subscription": "subscribed"}],
        "items": [{"id": "hall@rooms.verona.lit", "payload": HALL}],
    },
    "rooms": [
        {
            "node": "hall",
            "config": {"muc#roomconfig_membersonly": "1"},
            "affiliations": [{"jid": "juliet@verona.lit", "affiliation": "owner"}],
            "history": [{"id": "1", "nick": "Juliet", "payload": "<message/>"}],
        }
    ],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The document with something else in one place."""
    document = copy.deepcopy(VERONA)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = document
    for part in way:
        place = place[part]
    place[last] = value
    return document


def test_a_document_that_is_right() -> None:
    """Nothing is wrong with it."""
    assert check(VERONA).lines() == []


ADDED = "space/affiliations/0"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("format", "urn:example", f"format: {FORMAT} is needed"),
        ("version", 2, "version: this folkmoot reads version 1"),
        ("version", True, "version: this folkmoot reads version 1"),
        ("colour", "red", "colour: nobody knows this field"),
        ("services", [], "services: an object is needed, not a list"),
        ("services/rooms", "hall@rooms.verona.lit", "services.rooms: hall@rooms.verona.lit is not"),
        ("services/pubsub", "@", "services.pubsub: "),
        ("space/node", "", "space.node: 1 to 1023 characters are needed"),
        ("space/node", None, "space.node: a text is needed, not null"),
        ("space/config", "x", "space.config: an object is needed, not a text"),
        ("space/config/pubsub#titel", "x", "space.config.pubsub#titel: nobody knows this field"),
        ("space/config/pubsub#title", 7, "space.config.pubsub#title: a text is needed"),
        ("space/config/pubsub#title", ["a", "b"], "space.config.pubsub#title: one value is enough"),
        ("space/config/pubsub#max_items", "-1", "space.config.pubsub#max_items: a number"),
        ("space/config/pubsub#access_model", "closed", "space.config.pubsub#access_model: one of"),
        ("space/config/pubsub#type", "urn:example", "space.config.pubsub#type: a space is of type"),
        ("space/affiliations", {}, "space.affiliations: a list is needed, not an object"),
        (ADDED, 1.5, "space.affiliations[0]: an object is needed, not a number"),
        (ADDED, {"jid": "a@b"}, "space.affiliations[0].affiliation: this is missing"),
        (f"{ADDED}/jid", "@", "space.affiliations[0].jid: "),
        (f"{ADDED}/jid", "a@b/c", "space.affiliations[0].jid: a@b/c is one device's"),
        (f"{ADDED}/jid", "tybalt@verona.lit", "space.affiliations[1].jid: tybalt@verona.lit is"),
        (f"{ADDED}/affiliation", "admin", "space.affiliations[0].affiliation: 'admin' is not"),
        ("space/subscriptions/0/jid", "tybalt@verona.lit/x", "space.subscriptions[0].jid: "),
        ("space/subscriptions/0/subscription", "none", "space.subscriptions[0].subscription: "),
        ("space/subscriptions/0/options", {"pubsub#x": "1"}, ".options.pubsub#x: pubsub#x is not"),
        ("space/subscriptions/0/options", 1, "space.subscriptions[0].options: an object is needed"),
        ("space/items/0/id", "", "space.items[0].id: 1 to 1023 characters"),
        ("space/items/0/payload", "<a><b></a>", "space.items[0].payload: this is not XML"),
        ("space/items/0/payload", "<!DOCTYPE a><a/>", "space.items[0].payload: this is not XML"),
        ("space/items/0/payload", "<a>" * 99 + "</a>" * 99, "space.items[0].payload: this is"),
        ("space/items/0/payload", f"<a>{'x' * 262_144}</a>", "space.items[0].payload: at most"),
        ("space/items/0/published", "today", "space.items[0].published: not a date"),
        ("space/items/0/published", "1969-07-20T02:56:00Z", "space.items[0].published: that is"),
        ("space/items", [], "rooms[0].node: no item of the space lists this room"),
        ("rooms/0/node", "Hall", "rooms[0].node: 'Hall' is written 'hall'"),
        ("rooms/0/node", "a@b", "rooms[0].node: "),
        ("rooms/0/config/muc#roomconfig_pubsub", "xmpp:x?;node=y", "nobody knows this field"),
        ("rooms/0/affiliations/0/affiliation", "publisher", "rooms[0].affiliations[0].affiliation"),
        ("rooms/0/subject", {}, "rooms[0].subject.payload: this is missing"),
        ("rooms/0/history/0/publisher", "@", "rooms[0].history[0].publisher: "),
        ("rooms", "none", "rooms: a list is needed, not a text"),
    ],
)
def test_a_mistake_has_its_place(path: str, value: object, said: str) -> None:
    """In the words of the file."""
    assert any(said in line for line in check(changed(path, value)).lines())


def test_every_mistake_is_told_at_once() -> None:
    """Up to a hundred of them, and how many more."""
    rows = [{"jid": f"u{number}@b", "affiliation": "king"} for number in range(MISTAKES_MAX + 20)]
    lines = check(changed("space/affiliations", rows)).lines()
    assert len(lines) == MISTAKES_MAX + 1
    assert lines[-1] == "and 20 more"


def test_what_is_there_twice() -> None:
    """Items, also where a space keeps two names as one; rooms, subscribers."""
    twice = [{"id": name, "payload": "<a/>"} for name in ("urn:xmpp:avatar:metadata",)]
    twice.append({"id": "urn:xmpp:spaces:avatar:metadata:0", "payload": "<a/>"})
    lines = check(changed("space/items", [*VERONA["space"]["items"], *twice])).lines()
    assert lines == ["space.items[2].id: urn:xmpp:spaces:avatar:metadata:0 is there twice"]
    lines = check(changed("rooms", VERONA["rooms"] * 2)).lines()
    assert lines == ["rooms[1].node: hall is there twice"]
    lines = check(changed("space/subscriptions", VERONA["space"]["subscriptions"] * 2)).lines()
    assert lines == ["space.subscriptions[1].jid: romeo@verona.lit is there twice"]


@pytest.mark.parametrize(
    "place", ["space/affiliations", "space/subscriptions", "space/items", "rooms/0/affiliations"]
)
def test_a_million_rows_are_one_mistake(place: str) -> None:
    """Nobody looks into them."""
    (line,) = [each for each in check(changed(place, [None] * 1_000_000)).lines() if "at m" in each]
    assert "and there are 1000000" in line
    assert SPACE_PEOPLE_MAX < PEOPLE_MAX < 1_000_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": ', r"this is not JSON: Expecting value \(line 1, column 7\)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1, "a": 2}', "an object has 'a' twice"),
        ("1" * 5_000, "this is not JSON"),
    ],
)
def test_what_is_no_json(text: str, said: str) -> None:
    """With line and column where there are some."""
    with pytest.raises(Unreadable, match=said):
        loads(text)


nonsense = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["node", "config", "space", "rooms", "items", "id", "payload", "jid", "affiliation"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
places = st.sampled_from(
    [
        "space",
        "services",
        "rooms",
        "rooms/0",
        "rooms/0/history",
        "rooms/0/subject",
        "space/config",
        "space/config/pubsub#roster_groups_allowed",
        "space/items",
        "space/items/0",
        "space/affiliations/0",
        "space/subscriptions/0",
    ]
)


@settings(max_examples=300, deadline=None)
@given(places, nonsense)
def test_anything_in_any_place_is_told(place: str, value: object) -> None:
    """It ends in lines, never in a traceback; what nothing is wrong with comes in parts."""
    document = changed(place, value)
    if not check(document):
        assert list(parts(document))[-1] == {"end": True}


rows = st.lists(st.fixed_dictionaries({"id": st.text(max_size=3)}), max_size=4)
located = st.fixed_dictionaries({"node": st.text(max_size=3), "config": st.just({"a": "b"})})


@given(
    located,
    st.fixed_dictionaries({}, optional={"affiliations": rows, "items": rows}),
    st.lists(st.tuples(located, st.fixed_dictionaries({}, optional={"history": rows}))),
    rows,
)
def test_the_text_is_what_the_parts_say(
    space: dict[str, Any],
    lists: dict[str, Any],
    rooms: list[tuple[dict[str, Any], dict[str, Any]]],
    trail: list[Any],
) -> None:
    """However they are cut; a list that is empty is left out."""
    writer = Writer()
    text = writer.write({"head": {"format": FORMAT}}) + writer.write({"space": space})
    for name, each in lists.items():
        text += "".join(writer.write({"rows": [name, [row]]}) for row in each)
    for room, more in rooms:
        text += writer.write({"room": room})
        for name, each in more.items():
            text += "".join(writer.write({"rows": [name, page]}) for page in paged(each))
    text += "".join(writer.write({"audit": [row]}) for row in trail)
    said: dict[str, Any] = {"format": FORMAT, "space": {**space, **_full(lists)}}
    if rooms:
        said["rooms"] = [{**room, **_full(more)} for room, more in rooms]
    if trail:
        said["audit"] = trail
    assert json.loads(text + writer.end()) == said


def _full(lists: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in lists.items() if each}
