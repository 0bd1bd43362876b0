"""Lists that are longer than a stanza should be: each answer is below 200 KiB, and says so.

Servers take stanzas of a certain size from their components and from other servers: Prosody ends
the stream of a component at 524,288 bytes. XEP-0059 1.0 has the rest of a list.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from folkmoot.engine.commands import (
    Configure,
    Create,
    Entry,
    Publish,
    SetAffiliations,
    SetSubscriptions,
)
from folkmoot.engine.decide.affiliations import AFFILIATIONS_MAX
from folkmoot.engine.model import Affiliation, NodeId, State
from folkmoot.facades.audit import NS as AUDIT
from folkmoot.facades.disco import ITEMS
from folkmoot.facades.paging import ANSWER_BYTES_MAX, cut, fitting
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.rsm import RSM, PageRequest
from folkmoot.xmpp.xml import Element, serialize
from tests.facades.megacorp import LEAD, PUBSUB, SERVICE, SPACES, create
from tests.stage import Client, Stage

OWNER = f"{PUBSUB}#owner"
DEV = NodeId(JID.parse(SERVICE), "dev")
STANZA_BYTES_MAX = 200 * 1_024

Ask = Callable[[str], str]
"""A request for a page, with this `<set/>`."""


@pytest.fixture
async def lead(megacorp: Stage) -> Client:
    """Who owns the space `dev`."""
    client = await megacorp.client(f"{LEAD}/desk", available=True)
    await client.asks(create("dev"), "<iq type='result'/>")
    return client


def pubsub(ns: str, child: str) -> Ask:
    """A list of XEP-0060's."""
    return lambda page: (
        f"<iq type='get' to='{SERVICE}' id='a'><pubsub xmlns='{ns}'>{child}{page}</pubsub></iq>"
    )


def query(ns: str, child: str = "query", node: str = "") -> Ask:
    """A list that is a query's own children."""
    attr = f" node='{node}'" if node else ""
    return lambda page: (
        f"<iq type='get' to='{SERVICE}' id='a'><{child} xmlns='{ns}'{attr}>{page}</{child}></iq>"
    )


async def pages(client: Client, ask: Ask, *, backwards: bool = False) -> list[list[Element]]:
    """All there is, in answers of a fit size; unasked the first of them is a page as well."""
    found: list[list[Element]] = []
    page = f"<set xmlns='{RSM}'><before/></set>" if backwards else ""
    while True:
        answer = await client.asks(ask(page), "<iq type='result'/>")
        assert len(serialize(answer).encode()) < STANZA_BYTES_MAX
        outer = answer.elements[0]
        told = outer.child(RSM, "set")
        rows = outer.elements[0].elements if outer.ns.startswith(PUBSUB) else outer.elements
        rows = [each for each in rows if each is not told]
        beside = told and told.child(RSM, "first" if backwards else "last")
        if not beside:
            return found
        found.append(rows)
        tag = "before" if backwards else "after"
        page = f"<set xmlns='{RSM}'><{tag}>{beside.text}</{tag}></set>"


async def has_items(stage: Stage, *, size: int, count: int, long_id: bool = False) -> None:
    """Fill the space, with items of this size or with ids of it."""
    entries = tuple(
        Entry(
            payload=Element("urn:example", "x", None, "" if long_id else "é" * (size // 2)),
            id=f"{number:04}{'é' * (size // 2 - 4) if long_id else ''}",
        )
        for number in range(count)
    )
    for entry in entries:
        await stage.core.engine.run(Publish(actor=JID.parse(LEAD), node=DEV, entry=entry))


async def has_members(stage: Stage, count: int, name: str) -> None:
    """Make members of the space."""
    jids = [JID.parse(f"{name}{number:05}@megacorp.example.com") for number in range(count)]
    for start in range(0, count, AFFILIATIONS_MAX):
        some = dict.fromkeys(jids[start : start + AFFILIATIONS_MAX], Affiliation.MEMBER)
        await stage.core.engine.run(
            SetAffiliations(actor=JID.parse(LEAD), node=DEV, affiliations=some)
        )


@pytest.mark.parametrize("backwards", [False, True])
async def test_items(megacorp: Stage, lead: Client, backwards: bool) -> None:
    """XEP-0060 §6.5.4: as many as fit; the others page by page, from either end."""
    await has_items(megacorp, size=4_096, count=100)
    ask = pubsub(PUBSUB, "<items node='dev'/>")
    found = await pages(lead, ask, backwards=backwards)
    assert 2 < len(found) < 5
    in_order = found[::-1] if backwards else found
    ids = [each.get("id") for page in in_order for each in page]
    assert ids == [f"{number:04}" for number in range(100)]


async def test_the_newest_items(megacorp: Stage, lead: Client) -> None:
    """§6.5.7: of more than fit, those that are newest."""
    await has_items(megacorp, size=4_096, count=60)
    answer = await lead.asks(
        pubsub(PUBSUB, "<items node='dev' max_items='50'/>")(""), "<iq type='result'/>"
    )
    assert len(serialize(answer).encode()) < STANZA_BYTES_MAX
    items, part = answer.elements[0].elements
    ids = [each.get("id", "") for each in items.elements]
    assert 30 < len(ids) < 50
    assert ids[-1] == "0059"
    first = part.child(RSM, "first")
    assert first is not None
    assert (first.text, first.get("index")) == (ids[0], str(60 - len(ids)))


async def test_an_item_that_is_larger(megacorp: Stage, lead: Client) -> None:
    """It goes alone, for it came in a stanza as large."""
    await has_items(megacorp, size=ANSWER_BYTES_MAX + 20_000, count=3)
    ask = pubsub(PUBSUB, "<items node='dev'/>")
    answer = await lead.asks(ask(""), "<iq type='result'/>")
    items, part = answer.elements[0].elements
    assert len(items.elements) == 1
    assert "<count>3</count>" in serialize(part)


async def test_ids_of_items(megacorp: Stage, lead: Client) -> None:
    """XEP-0060 §5.5."""
    await has_items(megacorp, size=1_000, count=300, long_id=True)
    found = await pages(lead, query(ITEMS, node="dev"))
    assert [len(page) > 100 for page in found] == [True, True]
    assert sum(map(len, found)) == 300


async def test_subscribers(megacorp: Stage, lead: Client) -> None:
    """§8.8.1: by name as well."""
    people = [JID.parse(f"{'s' * 150}{number:04}@megacorp.example.com") for number in range(1_000)]
    states = dict.fromkeys(people, State.SUBSCRIBED)
    await megacorp.core.engine.run(SetSubscriptions(actor=JID.parse(LEAD), node=DEV, states=states))
    found = await pages(lead, pubsub(OWNER, "<subscriptions node='dev'/>"))
    assert len(found) == 2
    assert [each.get("jid") for page in found for each in page] == [str(each) for each in people]


async def test_members_with_long_names(megacorp: Stage, lead: Client) -> None:
    """§8.9.1: in the order of their names, and each once."""
    await has_members(megacorp, 2_000, "m" * 100)
    found = await pages(lead, pubsub(OWNER, "<affiliations node='dev'/>"))
    jids = [each.get("jid", "") for page in found for each in page]
    assert len(found) == 2
    assert jids == sorted(set(jids))
    assert len(jids) == 2_001


async def test_two_thousand_members(megacorp: Stage, lead: Client) -> None:
    """With names of a usual length they are one answer, as clients expect that know no pages."""
    await has_members(megacorp, 2_000, "member")
    answer = await lead.asks(pubsub(OWNER, "<affiliations node='dev'/>")(""), "<iq type='result'/>")
    (rows,) = answer.elements[0].elements
    assert len(rows.elements) == 2_001


async def test_nodes_with_much_to_say(megacorp: Stage, lead: Client) -> None:
    """§5.2, and one's own by §5.7: long names, long titles."""
    for number in range(200):
        node = NodeId(DEV.service, f"{number:03}" + "n" * 997)
        settings = {"type": SPACES, "title": "t" * 2_000}
        await megacorp.core.engine.run(Create(actor=JID.parse(LEAD), node=node, settings=settings))
    for ask in (query(ITEMS), pubsub(PUBSUB, "<affiliations/>")):
        found = await pages(lead, ask)
        names = [each.get("node", "") for page in found for each in page]
        assert len(found) > 1
        assert names == sorted(set(names))
        assert len(names) == 201


async def test_an_audit_trail(megacorp: Stage, lead: Client) -> None:
    """docs/extensions/audit.md: what was long before and after."""
    for number in range(60):
        title = f"{number}{'é' * 2_000}"
        await megacorp.core.engine.run(
            Configure(actor=JID.parse(LEAD), node=DEV, settings={"title": title})
        )
    found = await pages(lead, query(AUDIT, "audit", "dev"))
    assert len(found) > 2
    ids = [int(each.get("id", "")) for page in found for each in page]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) >= 60


def rows(count: int, size: int) -> list[tuple[str, Element]]:
    """Entries of this size, by name."""
    return [
        (name, Element("urn:x", "x", None, "x" * (size - len("<x></x>"))))
        for name in (f"{number:03}" for number in range(count))
    ]


def test_what_fits() -> None:
    """Just ANSWER_BYTES_MAX; from the end where that is where the page is."""
    entries = [entry for _, entry in rows(11, ANSWER_BYTES_MAX // 10)]
    assert fitting(entries) == slice(0, 10)
    assert fitting(entries, forwards=False) == slice(1, 11)
    assert fitting([rows(1, ANSWER_BYTES_MAX + 1)[0][1]]) == slice(0, 1)
    assert fitting([]) == slice(0, 0)


@pytest.mark.parametrize(
    ("asked", "told", "index"),
    [
        (PageRequest(), range(4), 0),
        (PageRequest(max=2), range(2), 0),
        (PageRequest(after="003"), range(4, 8), 4),
        (PageRequest(after="0035"), range(4, 8), 4),
        (PageRequest(before=""), range(6, 10), 6),
        (PageRequest(before="006"), range(2, 6), 2),
        (PageRequest(before="006", max=1), range(5, 6), 5),
        (PageRequest(index=9), range(9, 10), 9),
        (PageRequest(index=99), range(0), None),
        (PageRequest(max=0), range(0), None),
    ],
)
def test_a_page_that_is_cut(asked: PageRequest, told: range, index: int | None) -> None:
    """XEP-0059 §2.2-2.6: of ten entries four fit at a time."""
    all_rows = rows(10, ANSWER_BYTES_MAX // 4)
    entries, (part,) = cut(all_rows, asked)
    assert entries == [all_rows[at][1] for at in told]
    first = part.child(RSM, "first")
    assert (first and first.get("index")) == (None if index is None else str(index))
    assert "<count>10</count>" in serialize(part)
