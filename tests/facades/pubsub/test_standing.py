"""XEP-0060 1.30.0: what an affiliation does to a subscription, at once (§4.1, §6.1.4, §8.9.2)."""

from __future__ import annotations

import pytest

from tests.facades.pubsub.denmark import EVENT, OWNER, POLONIUS, PUBSUB, Denmark

NODE = "princely_musings"


@pytest.mark.parametrize(
    ("model", "standing", "lowered"),
    [
        ("authorize", "member", "outcast"),
        ("open", "publisher", "outcast"),
        ("whitelist", "member", "outcast"),
        ("whitelist", "member", "none"),
    ],
)
async def test_who_may_not_subscribe_any_more_hears_nothing_more(
    denmark: Denmark, model: str, standing: str, lowered: str
) -> None:
    """§8.9.2: the subscription ends with the right to it, which is told; then there is silence."""
    await denmark.makes(access_model=model)
    await denmark.affiliates("polonius@denmark.lit", standing)
    polonius = await denmark.subscribed(POLONIUS)
    await polonius.drains()
    await denmark.affiliates("polonius@denmark.lit", lowered)
    await polonius.hears(
        f"<message><event xmlns='{EVENT}'><subscription node='{NODE}' subscription='none'/></event>"
        "</message>"
    )
    await polonius.drains()
    await denmark.publishes("1")
    await polonius.receives_nothing()
    asked = denmark.iq("get", f"<subscriptions node='{NODE}'/>", OWNER)
    answer = await denmark.hamlet.asks(asked, "<iq type='result'/>")
    assert answer.elements[0].elements[0].elements == []


async def test_an_owner_does_not_wait_at_their_own_door(denmark: Denmark) -> None:
    """§6.1.4: nor is anybody asked."""
    await denmark.makes(access_model="authorize")
    await denmark.hamlet.asks(
        denmark.iq("set", f"<subscribe node='{NODE}' jid='hamlet@denmark.lit'/>"),
        f"<iq type='result'><pubsub xmlns='{PUBSUB}'>"
        "<subscription jid='hamlet@denmark.lit' subscription='subscribed'/></pubsub></iq>",
    )
    assert not [each for each in await denmark.hamlet.drains() if each.name == "message"]
