"""Creating, configuring and deleting nodes (XEP-0060 1.30.0, §8.1-8.4; XEP-0503 0.3.0, §3)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from folkmoot.engine.commands import Configure, Create, Delete, Entry, Publish
from folkmoot.engine.configuration import (
    HISTORY_ITEMS_MAX,
    NODE_ITEMS_MAX,
    SPACE_TYPE,
    STANZA_TYPE,
    Access,
    NodeConfig,
    PublishModel,
)
from folkmoot.engine.decide.configuring import SPACE_MUST, TEXT_CHARS_MAX
from folkmoot.engine.decide.nodes import NODE_NAME_CHARS_MAX
from folkmoot.engine.errors import Reason
from folkmoot.engine.events import NodeConfigured
from folkmoot.engine.model import (
    CHAIN_NODES_MAX,
    MESSAGES_NODE,
    PRESENCE_NODE,
    Affiliation,
    NodeId,
    State,
)
from folkmoot.engine.notifications import Configured, Deleted, Purged, Retracted, SubscriptionTold
from folkmoot.engine.store import Edge, NodeQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.xml import Element
from tests.engine.memory import MemoryStore
from tests.engine.stand import (
    ACCOUNTS,
    DENMARK,
    ELSINORE,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HORATIO,
    OPHELIA,
    ROOMS,
    SERVICES,
    SOLILOQUIES,
    SPACES,
    TOWER,
    WORDS,
    Stand,
    device,
    presence,
    running,
)

TUNE = NodeId(HAMLET, "tune")


async def test_whoever_creates_a_node_owns_it(stand: Stand) -> None:
    """XEP-0060 §8.1: also when the request comes from one of their devices."""
    await stand.run(Create(actor=device(HAMLET), node=SOLILOQUIES))
    node = await stand.node(SOLILOQUIES)
    assert node.affiliations == {HAMLET: Affiliation.OWNER}
    assert (node.creator, node.config) == (HAMLET, NodeConfig())


async def test_a_node_without_a_name_is_given_one(stand: Stand) -> None:
    """XEP-0060 §8.1.2, instant nodes."""
    (event,) = await stand.run(Create(actor=HAMLET, node=NodeId(SPACES, "")))
    assert event.node.name
    assert await stand.standing(event.node, HAMLET) is Affiliation.OWNER


async def test_a_node_is_created_as_configured(stand: Stand) -> None:
    """XEP-0060 §8.1.3: create and configure."""
    await stand.leaf(title="Soliloquies", access=Access.WHITELIST, max_items=3)
    config = (await stand.node(SOLILOQUIES)).config
    assert config == NodeConfig(title="Soliloquies", access=Access.WHITELIST, max_items=3)


async def test_a_node_is_created_once(stand: Stand) -> None:
    """XEP-0060 §8.1.1: conflict."""
    await stand.leaf()
    await stand.refused(Create(actor=OPHELIA, node=SOLILOQUIES), Reason.NODE_EXISTS)


async def test_a_name_has_a_length(stand: Stand) -> None:
    longest = NodeId(SPACES, "a" * NODE_NAME_CHARS_MAX)
    await stand.leaf(longest)
    too_long = NodeId(SPACES, "a" * (NODE_NAME_CHARS_MAX + 1))
    await stand.refused(Create(actor=HAMLET, node=too_long), Reason.BAD_CONFIG, "node")


async def test_others_servers_accounts_create_nothing(stand: Stand) -> None:
    for node in (DENMARK, HALL):
        await stand.refused(Create(actor=FORTINBRAS, node=node), Reason.MAY_NOT_CREATE)


async def test_an_operator_names_who_may_create() -> None:
    services = replace(SERVICES, node_creators={FORTINBRAS}, room_creators={OPHELIA})
    async with running(Stand(services=services)) as stand:
        await stand.leaf(owner=FORTINBRAS)
        await stand.run(Create(actor=OPHELIA, node=HALL))
        await stand.refused(Create(actor=OPHELIA, node=DENMARK), Reason.MAY_NOT_CREATE)
        await stand.refused(Create(actor=FORTINBRAS, node=TOWER), Reason.MAY_NOT_CREATE)


@pytest.mark.parametrize("service", [SPACES, ROOMS, HAMLET])
async def test_an_account_creates_so_many_nodes(service: Any) -> None:
    """nodes_per_account_max, on the services and at its own address."""
    services = replace(SERVICES, nodes_per_account_max=2)
    async with running(Stand(services=services)) as stand:
        for name in ("one", "two"):
            await stand.run(Create(actor=HAMLET, node=NodeId(service, name)))
        await stand.refused(
            Create(actor=HAMLET, node=NodeId(service, "three")), Reason.TOO_MANY_NODES
        )
        await stand.leaf(ELSINORE, OPHELIA)


async def test_only_an_account_creates_nodes_at_its_address(stand: Stand) -> None:
    """XEP-0163 §3: and nobody of another server has an address here."""
    await stand.run(Create(actor=HAMLET, node=TUNE))
    tune = await stand.node(TUNE)
    assert tune.affiliations == {}
    assert await stand.ask(View.owners, TUNE) == (HAMLET,)
    other = NodeId(HAMLET, "mood")
    await stand.refused(Create(actor=OPHELIA, node=other), Reason.FORBIDDEN)
    abroad = NodeId(FORTINBRAS, "tune")
    await stand.refused(Create(actor=FORTINBRAS, node=abroad), Reason.FORBIDDEN)


STANZA = Element(STANZA_TYPE, "message")


@pytest.mark.parametrize(
    ("command", "access"),
    [
        (Create(actor=HAMLET, node=SOLILOQUIES), Access.OPEN),
        (Create(actor=HAMLET, node=SOLILOQUIES, settings={"type": STANZA_TYPE}), Access.AUTHORIZE),
        (Create(actor=HAMLET, node=SOLILOQUIES, publishers=(OPHELIA,)), Access.AUTHORIZE),
        (
            Create(
                actor=HAMLET,
                node=SOLILOQUIES,
                settings={"type": STANZA_TYPE, "access": Access.OPEN},
                publishers=(OPHELIA,),
            ),
            Access.OPEN,
        ),
        (Create(actor=HAMLET, node=TUNE), Access.PRESENCE),
        (Create(actor=HAMLET, node=TUNE, settings={"type": STANZA_TYPE}), Access.AUTHORIZE),
        (Publish(actor=HAMLET, node=TUNE, entry=Entry(payload=WORDS)), Access.PRESENCE),
        (Publish(actor=HAMLET, node=TUNE, entry=Entry(payload=STANZA)), Access.AUTHORIZE),
        (
            Publish(
                actor=HAMLET,
                node=TUNE,
                entry=Entry(payload=STANZA),
                expects={"access": Access.WHITELIST},
            ),
            Access.WHITELIST,
        ),
        (Create(actor=HAMLET, node=HALL), Access.OPEN),
    ],
)
async def test_somebody_lets_people_in_to_a_node_of_stanzas(
    stand: Stand, command: Create | Publish, access: Access
) -> None:
    """XEP-0207 1.0, §8: unless who makes it says otherwise; a room is as XEP-0045 has it."""
    await stand.run(command)
    assert (await stand.node(command.node)).config.access is access


# --- configuration


async def test_a_setting_that_is_not_named_stays(stand: Stand) -> None:
    """XEP-0060 §8.2: a form need not hold every field."""
    await stand.leaf(title="Soliloquies", max_items=3)
    (event,) = await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings={"max_items": 5}))
    assert isinstance(event, NodeConfigured)
    assert event.after == NodeConfig(title="Soliloquies", max_items=5)
    assert (await stand.node(SOLILOQUIES)).config == event.after


async def test_what_changes_nothing_is_no_event(stand: Stand) -> None:
    await stand.leaf(notify_config=True)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    assert not await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings={"title": ""}))
    assert not await stand.hears(Configured)


async def test_only_owners_configure(stand: Stand) -> None:
    """XEP-0060 §8.2.3.1."""
    await stand.leaf()
    await stand.affiliate(SOLILOQUIES, HAMLET, {HORATIO: Affiliation.PUBLISHER})
    command = Configure(actor=HORATIO, node=SOLILOQUIES, settings={"title": "Mine"})
    await stand.refused(command, Reason.FORBIDDEN)
    nowhere = Configure(actor=HAMLET, node=DENMARK, settings={})
    await stand.refused(nowhere, Reason.NODE_NOT_FOUND)


async def test_subscribers_hear_of_a_new_configuration(stand: Stand) -> None:
    """XEP-0060 §8.2.5.2, where the node is configured to tell."""
    await stand.leaf(notify_config=True)
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings={"title": "To be"}))
    (told,) = await stand.hears(Configured, by=[HORATIO])
    assert (told.before.title, told.after.title) == ("", "To be")


LONG = "a" * (TEXT_CHARS_MAX + 1)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"max_items": NODE_ITEMS_MAX + 1}, "max_items"),
        ({"max_items": -1}, "max_items"),
        ({"payload_bytes_max": 0}, "payload_bytes_max"),
        ({"payload_bytes_max": 262_145}, "payload_bytes_max"),
        *[({name: LONG}, name) for name in ("type", "title", "description", "language")],
        ({"colour": "black"}, "colour"),
        ({"room": None}, "room"),
        ({"room.moderated": True}, "room.moderated"),
    ],
)
async def test_a_setting_out_of_bounds_is_named(
    stand: Stand, settings: dict[str, Any], field: str
) -> None:
    """XEP-0060 §8.2.5.3, also as a node is created."""
    await stand.refused(
        Create(actor=HAMLET, node=DENMARK, settings=settings), Reason.BAD_CONFIG, field
    )
    await stand.leaf()
    command = Configure(actor=HAMLET, node=SOLILOQUIES, settings=settings)
    await stand.refused(command, Reason.BAD_CONFIG, field)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"room.history_items": HISTORY_ITEMS_MAX + 1}, "room.history_items"),
        ({"room.occupants_max": -1}, "room.occupants_max"),
        ({"room.password": LONG}, "room.password"),
        ({"room.locked": True}, "room.locked"),
        ({"type": SPACE_TYPE}, "type"),
    ],
)
async def test_a_room_has_bounds_of_its_own(
    stand: Stand, settings: dict[str, Any], field: str
) -> None:
    await stand.room()
    command = Configure(actor=HAMLET, node=HALL, settings=settings)
    await stand.refused(command, Reason.BAD_CONFIG, field)


@pytest.mark.parametrize("name", sorted(SPACE_MUST))
async def test_a_space_is_what_a_space_must_be(stand: Stand, name: str) -> None:
    """XEP-0503 §3: created so or so, and whatever is changed later."""
    values: dict[str, Any] = {
        "persist_items": False,
        "notify_retract": False,
        "purge_offline": True,
        "subscribable": False,
        "access": Access.PRESENCE,
        "publish": PublishModel.OPEN,
    }
    wrong = {name: values[name]}
    command = Create(actor=HAMLET, node=DENMARK, settings={"type": SPACE_TYPE} | wrong)
    await stand.refused(command, Reason.BAD_CONFIG, name)
    await stand.space()
    assert (await stand.node(DENMARK)).config.is_space
    changing = Configure(actor=HAMLET, node=DENMARK, settings=wrong)
    await stand.refused(changing, Reason.BAD_CONFIG, name)


async def test_a_node_becomes_a_space_if_it_may(stand: Stand) -> None:
    await stand.leaf(notify_retract=False)
    becoming = Configure(actor=HAMLET, node=SOLILOQUIES, settings={"type": SPACE_TYPE})
    await stand.refused(becoming, Reason.BAD_CONFIG, "notify_retract")
    settings = {"type": SPACE_TYPE, "notify_retract": True}
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings=settings))
    await stand.subscribe(SOLILOQUIES, HORATIO)
    assert await stand.standing(SOLILOQUIES, HORATIO) is Affiliation.MEMBER


async def test_any_form_from_its_owner_unlocks_a_room(stand: Stand) -> None:
    """XEP-0045 §10.1.2: an instant room is one whose form says nothing."""
    await stand.run(Create(actor=HAMLET, node=HALL))
    assert (room := (await stand.node(HALL)).config.room) and room.locked
    await stand.run(Configure(actor=HAMLET, node=HALL, settings={}))
    assert (room := (await stand.node(HALL)).config.room) and not room.locked


@pytest.mark.parametrize("name", [PRESENCE_NODE, MESSAGES_NODE])
async def test_what_everybody_has_is_what_its_protocol_makes_it(stand: Stand, name: str) -> None:
    """Presence that were kept, or a mailbox open to all, would be neither."""
    node = NodeId(HAMLET, name)
    await stand.run(Create(actor=HAMLET, node=node))
    command = Configure(actor=HAMLET, node=node, settings={"access": Access.OPEN})
    await stand.refused(command, Reason.FORBIDDEN)
    await stand.refused(Delete(actor=HAMLET, node=node), Reason.FORBIDDEN)


@pytest.mark.parametrize("settings", [{"max_items": 1}, {"persist_items": False}])
async def test_what_a_node_keeps_no_longer_is_gone(stand: Stand, settings: dict[str, Any]) -> None:
    """A smaller `max_items` prunes the oldest at once; larger again, there are no ghosts."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    for name in ("one", "two", "three"):
        await stand.publish(SOLILOQUIES, id=name)
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings=settings))
    left = ["three"] if settings.get("max_items") else []
    await stand.settled()
    assert list(stand.store.items_of(SOLILOQUIES)) == left
    gone = [each.item_ids for each in await stand.hears(Retracted, by=[HORATIO])]
    assert gone == [("one", "two")] if left else await stand.hears(Purged, by=[HORATIO])
    settings = {"max_items": 100, "persist_items": True}
    await stand.run(Configure(actor=HAMLET, node=SOLILOQUIES, settings=settings))
    await stand.publish(SOLILOQUIES, id="four")
    await stand.settled()
    assert list(stand.store.items_of(SOLILOQUIES)) == [*left, "four"]


# --- parents


async def test_nothing_is_in_itself(stand: Stand) -> None:
    """XEP-0496 §4.2: no cycle, whatever else is listed where."""
    await stand.space()
    await stand.space(ELSINORE, parent=DENMARK)
    for parent in (DENMARK, ELSINORE):
        command = Configure(actor=HAMLET, node=DENMARK, settings={"parent": parent})
        await stand.refused(command, Reason.CYCLE, "parent")


async def test_a_cycle_is_refused_through_a_node_that_is_still_to_come(stand: Stand) -> None:
    await stand.space(DENMARK, parent=ELSINORE)
    settings = {"type": SPACE_TYPE, "parent": DENMARK}
    command = Create(actor=HAMLET, node=ELSINORE, settings=settings)
    await stand.refused(command, Reason.CYCLE, "parent")


async def test_a_chain_has_a_length(stand: Stand) -> None:
    """CHAIN_NODES_MAX nodes, and what the first gives reaches the last."""
    chain = [NodeId(SPACES, str(number)) for number in range(CHAIN_NODES_MAX)]
    await stand.space(chain[0])
    for above, node in pairwise(chain):
        await stand.space(node, OPHELIA, parent=above)
        await stand.list(above, node, HAMLET if above is chain[0] else OPHELIA)
    await stand.affiliate(chain[0], HAMLET, {HORATIO: Affiliation.OUTCAST})
    assert await stand.standing(chain[-1], HORATIO) is Affiliation.OUTCAST
    settings = {"parent": chain[-1]}
    command = Create(actor=OPHELIA, node=SOLILOQUIES, settings=settings)
    await stand.refused(command, Reason.CHAIN_TOO_LONG, "parent")


# --- deleting


async def test_a_deleted_node_is_gone_and_its_subscribers_hear(stand: Stand) -> None:
    """XEP-0060 §8.4.1, with a redirect (§8.4.2)."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    uri = "xmpp:hamlet@shakespeare.lit?;node=blog"
    await stand.run(Delete(actor=HAMLET, node=SOLILOQUIES, redirect=uri))
    (told,) = await stand.hears(Deleted, by=[HORATIO])
    assert told.redirect == uri
    assert await stand.record(SOLILOQUIES) is None
    await stand.settled()
    assert not stand.store.kept
    await stand.refused(Delete(actor=HAMLET, node=SOLILOQUIES), Reason.NODE_NOT_FOUND)


async def test_only_owners_delete(stand: Stand) -> None:
    """XEP-0060 §8.4.3."""
    await stand.leaf()
    await stand.refused(Delete(actor=OPHELIA, node=SOLILOQUIES), Reason.FORBIDDEN)


async def test_a_node_that_comes_again_has_nothing_of_the_old(stand: Stand) -> None:
    """Not even where neither its end nor its beginning is committed yet."""
    await stand.leaf()
    await stand.subscribe(SOLILOQUIES, HORATIO)
    await stand.publish(SOLILOQUIES, id="one")
    await stand.settled()
    stand.store.hold()
    await stand.run(Delete(actor=HAMLET, node=SOLILOQUIES))
    assert await stand.record(SOLILOQUIES) is None
    await stand.leaf(owner=GERTRUDE)
    assert await stand.state(SOLILOQUIES, HORATIO) is State.NONE
    await stand.publish(SOLILOQUIES, GERTRUDE, id="two")
    stand.store.release()
    await stand.settled()
    assert list(stand.store.items_of(SOLILOQUIES)) == ["two"]
    assert not stand.store.kept[SOLILOQUIES].subscriptions


async def test_the_end_of_presence_is_said_in_presence(stand: Stand) -> None:
    """A node that is somebody's presence ends only with the account; hearers are told so."""
    await stand.befriend(HORATIO, HAMLET)
    node = presence(HAMLET)
    assert await stand.state(node, HORATIO) is State.SUBSCRIBED
    await stand.refused(Delete(actor=HAMLET, node=node), Reason.FORBIDDEN)
    assert await stand.hears(SubscriptionTold, by=[HORATIO])


async def test_nodes_are_listed_by_name(stand: Stand) -> None:
    for node in (TOWER, HALL):
        await stand.room(node)
    rooms = NodeQuery(service=ROOMS, reader=None)
    names = [node.name for node in await stand.engine.shown(rooms)]
    assert names == ["hall", "tower"]
    assert await stand.engine.shown(replace(rooms, bound="hall")) == (TOWER,)
    assert await stand.engine.shown(replace(rooms, limit=1)) == (HALL,)
    assert await stand.engine.shown(replace(rooms, edge=Edge.NEWEST, limit=1)) == (TOWER,)


async def test_what_the_store_has_is_there_after_a_restart(stand: Stand) -> None:
    await stand.space()
    await stand.subscribe(DENMARK, HORATIO)
    await stand.settled()
    store = MemoryStore(ACCOUNTS)
    store.kept = stand.store.kept
    async with running(Stand(store)) as again:
        assert await again.state(DENMARK, HORATIO) is State.PENDING
        assert await again.standing(DENMARK, HAMLET) is Affiliation.OWNER
