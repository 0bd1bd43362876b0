"""XEP-0497 0.1.0 by values: which nodes' subscribers hear of a node, and what that costs."""

from __future__ import annotations

import pytest

from folkmoot.engine import scopes
from folkmoot.engine.commands import Configure, Create, Entry, Publish, Subscribe
from folkmoot.engine.configuration import SPACE_TYPE, Access, NodeConfig, RoomConfig
from folkmoot.engine.decide.publicity import NAME_CHARS_MAX, hold_public
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import CHAIN_NODES_MAX, NodeId, Scope, Topic, Via
from folkmoot.engine.notifications import Described, Published
from folkmoot.engine.view import View
from tests.engine.stand import DENMARK, HAMLET, OPHELIA, SPACES, WORDS, Stand, running


def node(number: int) -> NodeId:
    return NodeId(SPACES, f"floor{number}")


async def built(stand: Stand, floors: int) -> None:
    """A tower: each floor stands on the one before it."""
    for number in range(floors):
        parent = {"parent": node(number - 1)} if number else {}
        await stand.run(Create(actor=HAMLET, node=node(number), settings=parent))


def steps(view: View, at: NodeId) -> list[scopes.Step]:
    config = view.config(at)
    assert config is not None
    return list(scopes.above(view, at, config))


async def test_near_ones_first_and_as_far_as_there_are_any(stand: Stand) -> None:
    """§3.2: the depth is how many levels the node is below."""
    await built(stand, 4)
    assert await stand.ask(steps, node(3)) == [
        scopes.Step(node(3), 0, linked=False),
        scopes.Step(node(2), 1, linked=False),
        scopes.Step(node(1), 2, linked=False),
        scopes.Step(node(0), 3, linked=False),
    ]


async def test_no_further_than_is_said(stand: Stand) -> None:
    """§6: CHAIN_NODES_MAX is told as the limit, and reached where a branch was moved below one."""
    await built(stand, CHAIN_NODES_MAX)
    for name in ("cellar", "rock"):
        await stand.run(Create(actor=HAMLET, node=NodeId(SPACES, name)))
    for below, above in ((node(0), "cellar"), (NodeId(SPACES, "cellar"), "rock")):
        moved = {"parent": NodeId(SPACES, above)}
        await stand.run(Configure(actor=HAMLET, node=below, settings=moved))
    found = await stand.ask(steps, node(CHAIN_NODES_MAX - 1))
    assert [step.depth for step in found] == list(range(CHAIN_NODES_MAX + 1))
    assert found[-1].node.name == "cellar"


async def test_what_goes_with_a_node_is_where_that_is(stand: Stand) -> None:
    """§4.2.3 and §4.2.4: linked all the way up."""
    await built(stand, 2)
    note = NodeId(SPACES, "note")
    await stand.run(Create(actor=HAMLET, node=note, settings={"link": node(1)}))
    assert await stand.ask(steps, note) == [
        scopes.Step(note, 0, linked=False),
        scopes.Step(node(1), 0, linked=True),
        scopes.Step(node(0), 1, linked=True),
    ]


async def test_a_space_has_below_it_what_it_lists(stand: Stand) -> None:
    """Both halves (docs/extensions/inheritance.md): a claim alone reaches nobody."""
    await stand.run(Create(actor=HAMLET, node=DENMARK, settings={"type": SPACE_TYPE}))
    await stand.run(Create(actor=HAMLET, node=node(1), settings={"parent": DENMARK}))
    assert len(await stand.ask(steps, node(1))) == 1
    entry = Entry(payload=WORDS, id="1", lists=node(1))
    await stand.run(Publish(actor=HAMLET, node=DENMARK, entry=entry))
    assert [step.node for step in await stand.ask(steps, node(1))] == [node(1), DENMARK]


async def test_who_hears_of_a_branch(stand: Stand) -> None:
    """From a store that has let go of everything, too: what is looked at is loaded."""
    await built(stand, 3)
    scope = {"topics": Scope().topics | {Topic.METADATA}, "depth": -1}
    await stand.run(
        Subscribe(actor=OPHELIA, node=node(0), subscriber=OPHELIA, via=Via.PUBSUB, options=scope)
    )
    await stand.settled()
    async with running(Stand(stand.store)) as again:
        await again.run(Publish(actor=HAMLET, node=node(2), entry=Entry(payload=WORDS)))
        assert [each.to for each in await again.hears(Published)] == [(OPHELIA,)]
        await again.run(Configure(actor=HAMLET, node=node(1), settings={"title": "First"}))
        assert [each.to for each in await again.hears(Described)] == [(OPHELIA,)]


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("x", NodeConfig(access=Access.WHITELIST)),
        ("x", NodeConfig(access=Access.AUTHORIZE)),
        ("x", NodeConfig(room=RoomConfig())),
        ("x" * (NAME_CHARS_MAX + 1), NodeConfig()),
    ],
)
def test_of_what_nobody_may_let_others_know(name: str, config: NodeConfig) -> None:
    """XEP-0465: private nodes, rooms, and names for which no list could have a name."""
    with pytest.raises(Refused, match="public"):
        hold_public(NodeId(SPACES, name), config)


@pytest.mark.parametrize("access", [Access.OPEN, Access.PRESENCE, Access.ROSTER])
def test_of_what_others_may_know(access: Access) -> None:
    """XEP-0465 §4.1."""
    hold_public(NodeId(SPACES, "x" * NAME_CHARS_MAX), NodeConfig(access=access))
