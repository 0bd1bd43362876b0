"""A space taken elsewhere: the same there, or nothing (docs/extensions/export.md)."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from folkmoot.admin import AdminError
from folkmoot.engine.commands import Create
from folkmoot.engine.configuration import SPACE_TYPE
from folkmoot.engine.model import NodeId
from folkmoot.engine.store import NodeQuery
from folkmoot.engine.view import View
from folkmoot.spaces import importing, plan
from folkmoot.spaces.document import Part, parts
from folkmoot.spaces.ground import Ground
from folkmoot.spaces.importing import NOTES_MAX, Import
from folkmoot.steward import Steward
from folkmoot.xmpp.jid import JID
from tests.spaces.moving import exported, imported
from tests.spaces.test_reading import HALL, VERONA
from tests.stage import Stage, staged

JULIET = JID.parse("juliet@shakespeare.lit")
ROMEO = JID.parse("romeo@shakespeare.lit")


@pytest.fixture
async def here(stage: Stage) -> Stage:
    """A server with Juliet on it."""
    await stage.account(str(JULIET))
    return stage


async def nodes(stage: Stage) -> list[str]:
    """Every space and room there is, the locked ones too."""
    services = stage.core.engine.services
    await stage.core.engine.settled()
    found = [
        each
        for service in (services.pubsub, services.rooms)
        for each in await stage.store.shown(NodeQuery(service=service, reader=None))
    ]
    return [each.name for each in found]


async def test_a_space_comes_from_another_domain(here: Stage) -> None:
    """Its services become those of this server; people keep their addresses."""
    *_, made = await imported(here, VERONA, owner=str(JULIET))
    assert made == {"key": "moot", "owner": str(JULIET), "rooms": 1}
    document = await exported(here, history="yes")
    services = {"pubsub": "pubsub.shakespeare.lit", "rooms": "chat.shakespeare.lit"}
    assert document["services"] == services
    assert [each["id"] for each in document["space"]["items"]] == ["hall@chat.shakespeare.lit"]
    assert {each["jid"] for each in document["space"]["affiliations"]} == {
        "juliet@shakespeare.lit",
        "juliet@verona.lit",
        "tybalt@verona.lit",
    }
    (room,) = document["rooms"]
    # who brought it owns the room by the space alone
    assert room["affiliations"] == VERONA["rooms"][0]["affiliations"]
    assert [each["nick"] for each in room["history"]] == ["Juliet"]
    client = await here.client("juliet@shakespeare.lit/balcony")
    await client.sends(
        "<presence to='hall@chat.shakespeare.lit/Juliet'>"
        "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
    await client.hears("<message from='hall@chat.shakespeare.lit/Juliet' type='groupchat'/>")


async def test_what_could_not_be_mapped_is_told(here: Stage) -> None:
    """Rooms of other services, and nodes that are not there, stay links; as does what is above."""
    document = copy.deepcopy(VERONA)
    document["space"]["config"]["{urn:xmpp:pubsub-relationships:0}parent"] = (
        "xmpp:spaces.verona.lit?;node=town"
    )
    document["space"]["items"] += [
        {"id": "square@rooms.mantua.lit", "payload": HALL},
        {"id": "cell@rooms.verona.lit", "payload": HALL},
        {
            "id": "crew",
            "payload": "<subscription xmlns='urn:xmpp:pubsub:subscription:0'"
            " server='spaces.verona.lit' node='crew'/>",
        },
    ]
    answers = await imported(here, document, owner=str(JULIET))
    (notes,) = [each["notes"] for each in answers if "notes" in each]
    assert notes == [
        "square@rooms.mantua.lit is a room of another service: it stays a link",
        "cell of chat.shakespeare.lit is not in the file: it stays a link",
        "crew of pubsub.shakespeare.lit is not in the file: it stays a link",
        "the space above, town of pubsub.shakespeare.lit, is not here",
    ]
    pubsub = here.core.engine.services.pubsub
    record = await here.core.engine.ask(View.found, NodeId(pubsub, "moot"))
    assert record.config.parent == NodeId(pubsub, "town")


async def test_only_so_many_notes(here: Stage) -> None:
    """And how many more."""
    document = copy.deepcopy(VERONA)
    document["space"]["items"] += [
        {"id": f"r{number}@rooms.mantua.lit", "payload": HALL} for number in range(NOTES_MAX + 5)
    ]
    answers = await imported(here, document, until_ready(document), owner=str(JULIET))
    notes = answers[-1]["notes"]
    assert (len(notes), notes[-1]) == (NOTES_MAX + 1, "and 5 more")


def until_ready(document: dict[str, Any]) -> Iterator[Part]:
    """The parts of a document up to where everything has been looked at."""
    for part in parts(document):
        yield part
        if "ready" in part:
            return


async def problems(stage: Stage, document: dict[str, Any], **asked: str) -> list[str]:
    """What is wrong with a document on a server; nothing there is changed by it."""
    before = await nodes(stage)
    answers = await imported(stage, document, until_ready(document), check="yes", **asked)
    assert await nodes(stage) == before
    found: list[str] = answers[-1]["problems"]
    return found


async def test_everything_is_looked_at_first(here: Stage) -> None:
    """All that stands against it on this server, each with its place."""
    assert await problems(here, VERONA, owner=str(JULIET)) == []
    assert await problems(here, VERONA) == [
        "space.affiliations: no owner of the space has an account here: name one with --owner"
    ]
    assert await problems(here, VERONA, owner=str(ROMEO)) == [
        "space.affiliations: there is no account romeo@shakespeare.lit:"
        " `folkmoot user add romeo@shakespeare.lit` makes it"
    ]
    await imported(here, VERONA, owner=str(JULIET))
    assert await problems(here, VERONA, owner=str(JULIET)) == [
        "rooms[0].node: node exists: choose another name",
        "space.node: node exists: choose another name",
    ]
    alone = {**copy.deepcopy(VERONA), "rooms": []}
    assert await problems(here, alone, owner=str(JULIET), **{"as": "moot-2"}) == []
    alone["space"]["config"]["pubsub#access_model"] = "presence"
    assert await problems(here, alone, owner=str(JULIET), **{"as": "moot-2"}) == [
        "space.config.pubsub#access_model: bad config (access)"
    ]


@pytest.mark.parametrize("key", ["moot", "other"])
async def test_a_cycle_of_parents(here: Stage, key: str) -> None:
    """A space that is in itself, also under the name it is to have; or in one that is in it."""
    document = copy.deepcopy(VERONA)
    parent = "{urn:xmpp:pubsub-relationships:0}parent"
    document["space"]["config"][parent] = "moot"
    found = f"space.config.{parent}: cycle (parent)"
    assert await problems(here, document, owner=str(JULIET), **{"as": key}) == [found]
    town = NodeId(JID.parse("pubsub.shakespeare.lit"), "town")
    space = NodeId(town.service, key)
    described = {"type": SPACE_TYPE, "parent": space}
    await here.core.engine.run(Create(actor=JULIET, node=town, settings=described))
    document["space"]["config"][parent] = "xmpp:spaces.verona.lit?;node=town"
    assert await problems(here, document, owner=str(JULIET), **{"as": key}) == [found]


async def test_ids_that_become_one_here(here: Stage) -> None:
    """A room of there, and the room of here by the same name."""
    document = copy.deepcopy(VERONA)
    document["space"]["items"].append({"id": "hall@chat.shakespeare.lit", "payload": HALL})
    assert await problems(here, document, owner=str(JULIET)) == [
        "space.items[1].id: hall@chat.shakespeare.lit is there twice, then"
    ]


async def test_more_rooms_than_an_owner_may_have() -> None:
    """Each alone would do."""
    document = copy.deepcopy(VERONA)
    document["rooms"].append({"node": "crypt", "config": {}})
    document["space"]["items"].append({"id": "crypt@rooms.verona.lit", "payload": HALL})
    async with staged(nodes_per_account_max=1) as stage:
        await stage.account(str(JULIET))
        (found,) = await problems(stage, document, owner=str(JULIET))
        assert found.startswith("space: too many nodes: nodes_per_account_max in [spaces]")


async def test_more_people_than_a_node_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services.affiliations_per_node_max; they are counted together, however few at a time."""
    monkeypatch.setattr(plan, "PEOPLE_AT_ONCE_MAX", 1)
    async with staged(affiliations_per_node_max=2) as stage:
        await stage.account(str(JULIET))
        assert await problems(stage, VERONA, owner=str(JULIET)) == [
            "space: too many subscriptions (affiliations)"
        ]


async def test_a_failure_in_the_middle_leaves_nothing(here: Stage) -> None:
    """Somebody takes the name while the rooms are being made: they are unmade."""
    services = here.core.engine.services
    space = NodeId(services.pubsub, "moot")
    seen: list[list[str]] = []

    async def coming() -> AsyncIterator[Part]:
        for part in parts(VERONA):
            if "end" in part:
                seen.append(await nodes(here))
                await here.core.engine.run(Create(actor=JULIET, node=space))
            yield part

    asked = {"owner": str(JULIET)}
    with pytest.raises(AdminError, match="node exists"):
        async with aclosing(
            Steward(here.core.engine, here.store.abroad).stream("import", asked, coming())
        ) as answers:
            async for _ in answers:
                pass
    assert seen == [["hall"]]
    assert await nodes(here) == ["moot"]
    record = await here.core.engine.ask(View.found, space)
    assert not record.config.is_space


async def test_who_breaks_off_leaves_nothing(here: Stage) -> None:
    """The other end is gone before it has sent all."""
    given = list(parts(VERONA))[:-1]
    await imported(here, VERONA, given, owner=str(JULIET))
    assert await nodes(here) == []


async def test_what_is_done_at_once_is_bounded(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server counts for itself: rows of a part, and people of the space over all parts."""
    for limit, most, said in (("PART_ROWS_MAX", 0, "in one part"), ("SPACE_PEOPLE_MAX", 1, "many")):
        with monkeypatch.context() as bounded:
            bounded.setattr(f"folkmoot.spaces.importing.{limit}", most)
            with pytest.raises(AdminError, match=said):
                await imported(here, VERONA, owner=str(JULIET))
        assert await nodes(here) == []


async def test_an_import_is_looked_at_and_filled_in_turns_with_others(
    here: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PEOPLE_AT_ONCE_MAX and ROWS_AT_ONCE_MAX; what is made, or refused, is the same."""
    monkeypatch.setattr(plan, "PEOPLE_AT_ONCE_MAX", 2)
    monkeypatch.setattr(importing, "ROWS_AT_ONCE_MAX", 2)
    document = copy.deepcopy(VERONA)
    row = VERONA["rooms"][0]["history"][0]
    document["rooms"][0]["history"] = [{**row, "id": str(number)} for number in range(20)]
    members = [f"member-{number}@verona.lit" for number in range(20)]
    document["space"]["affiliations"] += [{"jid": jid, "affiliation": "member"} for jid in members]
    document["space"]["subscriptions"] = [
        {"jid": jid, "subscription": "subscribed"} for jid in members
    ]
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    elsewhere = asyncio.ensure_future(others())
    *_, made = await imported(here, document, owner=str(JULIET))
    elsewhere.cancel()
    assert made["key"] == "moot"
    assert turns >= len(members) / 2 + 20 / 2
    found = await exported(here, history="yes")
    assert [each["id"] for each in found["rooms"][0]["history"]] == list(map(str, range(20)))
    assert {each["jid"] for each in found["space"]["subscriptions"]} == set(members)


async def test_half_an_import_is_not_seen(here: Stage) -> None:
    """Rooms are locked meanwhile: nobody finds them, nobody enters them.

    What is left of it where a server is killed makes way for the next.
    """
    work = Import(Ground(here.core.engine), {"owner": str(JULIET)})
    for part in list(parts(VERONA))[:-1]:
        await work.take(part)
    assert await nodes(here) == ["hall"]
    romeo = await here.client("romeo@shakespeare.lit/street")
    found = await romeo.asks(
        "<iq type='get' id='1' to='chat.shakespeare.lit'>"
        "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>"
    )
    assert found.elements[0].elements == []
    await romeo.sends(
        "<presence to='hall@chat.shakespeare.lit/Romeo'>"
        "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
    await romeo.receives("<presence type='error'/>")
    assert await problems(here, VERONA, owner=str(JULIET)) == []
    await here.account(str(ROMEO))
    assert await problems(here, VERONA, owner=str(ROMEO)) != []  # they are another's
    *_, made = await imported(here, VERONA, owner=str(JULIET))
    assert made["rooms"] == 1


@pytest.mark.parametrize(
    "part",
    [
        {"fill": "hall"},
        {"end": True},
        {"rows": ["affiliations", []]},
        {"nothing": 1},
        {"plan": 7},
        {"plan": {"services": 1, "space": 2, "rooms": 3}},
        [],
    ],
)
async def test_parts_that_make_no_sense(here: Stage, part: Any) -> None:
    """What does not come from this command line is refused, or is a problem."""
    try:
        (answer,) = await imported(here, VERONA, [part], owner=str(JULIET))
    except AdminError:
        pass
    else:
        assert answer["problems"]
    assert await nodes(here) == []


@pytest.mark.parametrize(
    "rows", [["history", []], ["affiliations", [1]], ["items", [{"id": "1", "payload": "<"}]]]
)
async def test_rows_that_make_no_sense(here: Stage, rows: Any) -> None:
    """Of the space, and of a room that is made already: it is unmade."""
    for ready in (False, True):
        given: list[Part] = []
        for part in parts(VERONA):
            if ("ready" in part and not ready) or "end" in part:
                given.append({"rows": rows})
            given.append(part)
        if ready and rows[0] == "history":
            given[-2] = {"rows": ["history", [{"id": 1}]]}
        try:
            answers = await imported(here, VERONA, given, owner=str(JULIET))
        except AdminError:
            answers = []
        assert not any("key" in each for each in answers)
        assert await nodes(here) == []


async def test_the_trail_is_written_out_and_not_taken_in(here: Stage) -> None:
    """A trail that anybody could write would be none: here it begins with the import."""
    await imported(here, VERONA, owner=str(JULIET))
    document = await exported(here, audit="yes")
    assert {row["by"] for row in document["audit"]} == {str(JULIET)}
    assert document["audit"][-1]["what"] == "created"
    async with staged() as elsewhere:
        await elsewhere.account(str(JULIET))
        await imported(elsewhere, document)
        again = await exported(elsewhere, audit="yes")
        assert {row["at"] for row in again["audit"]} == {"2004-05-18T20:00:00Z"}
