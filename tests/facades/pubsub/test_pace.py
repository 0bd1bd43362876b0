"""How often somebody may publish, and what they are told who do it more often."""

from __future__ import annotations

import pytest

from folkmoot.engine.pace import PACES, Pace, Rate
from tests.facades.pubsub.denmark import acted


@pytest.mark.parametrize(
    ("pace", "condition", "text"),
    [
        (Pace.ITEMS, "policy-violation", "too many items of yours to this node; wait a little"),
        (Pace.ITEMS_OF_ALL, "resource-constraint", "the node is too busy just now"),
    ],
    ids=lambda each: str(each),
)
async def test_who_publishes_too_fast_is_to_wait(pace: Pace, condition: str, text: str) -> None:
    """RFC 6120 §8.3.3.12, §8.3.3.18: other nodes are as before, and this one is in a while."""
    async with acted(paces={**PACES, pace: Rate(1, 2)}) as denmark:
        await denmark.makes()
        await denmark.makes("asides")
        francisco = await denmark.subscribed("francisco@denmark.lit/barracks")
        await denmark.publishes("1", "2")
        await francisco.drains()
        item = "<publish node='princely_musings'><item id='3'><entry xmlns='x'/></item></publish>"
        said = await denmark.hamlet.refused(denmark.iq("set", item), condition, type="wait")
        assert text in said
        await francisco.receives_nothing()
        await denmark.publishes("1", "2", node="asides")
        denmark.stage.clock.at += 1
        await denmark.publishes("3")
        assert await denmark.items(denmark.hamlet) == ["1", "2", "3"]
