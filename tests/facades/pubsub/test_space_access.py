"""XEP-0503 0.3.0, §3: a space that lives is made public or private, people inside and before it."""

from __future__ import annotations

import itertools

import pytest

from tests.facades.pubsub.denmark import (
    BERNARDO,
    EVENT,
    FRANCISCO,
    HORATIO,
    OWNER,
    PUBSUB,
    Denmark,
    acted,
)
from tests.stage import Client

MODELS = ("open", "authorize", "whitelist")
SPACE = "elsinore"


async def states(denmark: Denmark) -> dict[str, str]:
    """Who has which subscription, as the owner sees it."""
    asked = denmark.iq("get", f"<subscriptions node='{SPACE}'/>", OWNER)
    answer = await denmark.hamlet.asks(asked, "<iq type='result'/>")
    return {
        row.get("jid", "").partition("@")[0]: row.get("subscription", "")
        for row in answer.elements[0].elements[0].elements
    }


async def hears_configuration(client: Client, model: str) -> None:
    """With `notify_config`, which a space has."""
    await client.hears(
        f"<message><event xmlns='{EVENT}'><configuration node='{SPACE}'>"
        "<x xmlns='jabber:x:data'><field var='pubsub#access_model'>"
        f"<value>{model}</value></field></x></configuration></event></message>"
    )


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(MODELS, 2)))
async def test_another_access_model(before: str, after: str) -> None:
    """Who belongs stays and hears; who waits is let in where all are, and turned down by a list."""
    async with acted() as denmark:
        await denmark.makes(SPACE, type="urn:xmpp:spaces:0", access_model="authorize")
        await denmark.affiliates("francisco@denmark.lit", "member", node=SPACE)
        francisco = await denmark.subscribed(FRANCISCO, node=SPACE)
        bernardo = await denmark.subscribed(BERNARDO, node=SPACE)  # waits, and is let in
        row = "<subscription jid='bernardo@denmark.lit' subscription='subscribed'/>"
        await denmark.hamlet.asks(
            denmark.iq("set", f"<subscriptions node='{SPACE}'>{row}</subscriptions>", OWNER)
        )
        if before != "authorize":
            await denmark.configures(SPACE, access_model=before)
        if before == "authorize":
            horatio = await denmark.subscribed(HORATIO, node=SPACE)
        else:
            horatio = await denmark.client(HORATIO)
        for client in (francisco, bernardo, horatio, denmark.hamlet):
            await client.drains()
        await denmark.configures(SPACE, access_model=after)

        inside = {"francisco": "subscribed", "bernardo": "subscribed"}
        let_in = before == "authorize" and after == "open"
        assert await states(denmark) == inside | ({"horatio": "subscribed"} if let_in else {})
        for client in (francisco, bernardo):
            await hears_configuration(client, after)
        if before == "authorize":
            told = "subscribed" if let_in else "none"
            await horatio.hears(
                f"<message><event xmlns='{EVENT}'><subscription node='{SPACE}'"
                f" jid='horatio@denmark.lit' subscription='{told}'/></event></message>"
            )
        items = denmark.iq("get", f"<items node='{SPACE}'/>")
        if after == "open":
            await horatio.asks(items, "<iq type='result'/>")
        else:
            answer = await horatio.asks(items, "<iq type='error'/>")
            assert "item-not-found" not in str(answer)
        for client in (francisco, bernardo):
            await client.asks(items, "<iq type='result'/>")


async def test_who_asks_again_is_answered_as_the_space_is_by_now(denmark: Denmark) -> None:
    """A door that was closed and is opened by an owner's word again."""
    await denmark.makes(SPACE, type="urn:xmpp:spaces:0", access_model="authorize")
    horatio = await denmark.subscribed(HORATIO, node=SPACE)
    asked = denmark.iq("set", f"<subscribe node='{SPACE}' jid='horatio@denmark.lit'/>")
    await horatio.refused(asked, "pending-subscription", "not-authorized")
    await denmark.configures(SPACE, access_model="whitelist")
    await horatio.refused(asked, "closed-node", "not-allowed")
    await denmark.configures(SPACE, access_model="authorize")
    await horatio.asks(
        asked,
        f"<iq type='result'><pubsub xmlns='{PUBSUB}'><subscription subscription='pending'/>"
        "</pubsub></iq>",
    )
