"""Posts and stories as a server sees them: XEP-0472 0.2.1, XEP-0501 0.2.0."""

from __future__ import annotations

import pytest

from tests.facades.listening import events_of, listens, notified, publication
from tests.facades.test_private_data import items, options, publishes
from tests.facades.verona import BALCONY, ORCHARD, meet
from tests.stage import Stage

BLOG = "urn:xmpp:microblog:0"
STORIES = "urn:xmpp:pubsub-social-feed:stories:0"
DAY = 86_400
POST = "<entry xmlns='http://www.w3.org/2005/Atom'><title type='text'>hanging out</title></entry>"
BASE = {"notify_retract": "true", "max_items": "max", "persist_items": "true"}
"""XEP-0472 §5.1; the rest are SHOULDs."""


async def test_a_blog_keeps_its_posts(stage: Stage) -> None:
    """XEP-0472 §4.2 and §5.2: though a client says nothing of how many."""
    juliet = await listens(stage, BALCONY, BLOG)
    romeo = await listens(stage, ORCHARD, BLOG)
    await meet(juliet, romeo)
    for client in (juliet, romeo):
        await client.drains()
    for each in ("1", "2", "3"):
        await publishes(juliet, publication(BLOG, POST, each))
    assert [item.get("id") for item in await items(juliet, BLOG)] == ["1", "2", "3"]
    assert notified(await events_of(stage, romeo)) == ["1", "2", "3"]
    profile = options(**BASE, send_last_published_item="never")
    await publishes(juliet, publication(BLOG, POST, "4", profile))


@pytest.mark.parametrize("deliver", ["true", "false"])
async def test_stories_are_over_after_a_day(stage: Stage, deliver: str) -> None:
    """XEP-0501 §4.1: the base profile, and an end; hearers are told of it."""
    juliet = await listens(stage, BALCONY, STORIES)
    romeo = await listens(stage, ORCHARD, STORIES)
    await meet(juliet, romeo)
    for client in (juliet, romeo):
        await client.drains()
    profile = options(
        **BASE,
        type=STORIES,
        access_model="presence",
        item_expire=str(DAY),
        send_last_published_item="never",
        deliver_payloads=deliver,
    )
    await publishes(juliet, publication(STORIES, POST, "1", profile))
    stage.clock.at += DAY / 2
    await publishes(juliet, publication(STORIES, POST, "2", profile))
    stage.clock.at += DAY / 2
    assert [item.get("id") for item in await items(juliet, STORIES)] == ["2"]
    assert notified(await events_of(stage, romeo)) == ["1", "2", "-1"]
