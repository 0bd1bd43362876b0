"""How much goes on in a room: XEP-0502 0.1.0."""

from __future__ import annotations

import pytest

from folkmoot.engine.configuration import HISTORY_ITEMS_MAX
from folkmoot.engine.model import Item
from folkmoot.facades.muc.activity import BUSY_SECONDS, PERIOD_SECONDS, VAR, per_hour
from folkmoot.xmpp.forms import DATA
from folkmoot.xmpp.jid import JID
from tests.facades.muc.coven import COVEN, HAG, joined, opened
from tests.stage import Client, Stage, element

HAGS = JID.parse(HAG)


async def told(by: Client) -> str | None:
    """§3.1, Examples 1 and 2."""
    answer = await by.asks(f"""
        <iq type='get' to='{COVEN}' id='lx09df27'>
          <query xmlns='http://jabber.org/protocol/disco#info'/></iq>""")
    assert answer.first is not None
    (form,) = answer.first.childs(DATA, "x")
    found = [field for field in form.childs(DATA, "field") if field.get("var") == VAR]
    assert all(field.get("label") == "Messages per hour" for field in found)
    return found[0].elements[0].text if found else None


async def test_a_room_says_how_busy_it_is(stage: Stage) -> None:
    """§3.1; §4: only messages, and none older than a day."""
    crone = await opened(stage, persistentroom="1")
    assert await told(crone) == "0.00"
    for number in range(48):
        await crone.sends(f"<message type='groupchat' to='{COVEN}'><body>{number}</body></message>")
    for more in (
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='0'/>",
        "<body>0</body><replace xmlns='urn:xmpp:message-correct:0' id='0'/>",
    ):
        await crone.sends(f"<message type='groupchat' to='{COVEN}'>{more}</message>")
    await crone.sends(f"<message type='chat' to='{COVEN}/firstwitch'><body>!</body></message>")
    assert await told(await joined(stage, HAG, "thirdwitch")) == "2.00"
    stage.clock.at += PERIOD_SECONDS
    assert await told(crone) == "0.00"


@pytest.mark.parametrize(
    "fields",
    [
        {"persistentroom": "0"},
        {"publicroom": "0"},
        {"membersonly": "1"},
        {"enablearchiving": "0"},
        {"passwordprotectedroom": "1", "roomsecret": "cauldron"},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_only_of_rooms_for_everyone(stage: Stage, fields: dict[str, str]) -> None:
    """§3.1, §9: else, or where nobody can know, there is no field at all."""
    crone = await opened(stage, **{"persistentroom": "1", **fields})
    assert await told(crone) is None


def test_as_fast_as_the_newest_came() -> None:
    """§5: where all that is remembered is of today, its own time is what counts."""
    message = element("<message><body>!</body></message>")

    def items(seconds: float) -> list[Item]:
        step = seconds / (HISTORY_ITEMS_MAX - 1)
        return [Item("1", HAGS, 1e9 + each * step, message) for each in range(HISTORY_ITEMS_MAX)]

    at = 1e9 + 3600.0
    assert per_hour(items(3600.0), at) == pytest.approx(HISTORY_ITEMS_MAX)
    assert per_hour(items(3600.0)[1:], at) < HISTORY_ITEMS_MAX / 20
    assert per_hour(items(0.0), 1e9) == HISTORY_ITEMS_MAX * 3600 / BUSY_SECONDS
    assert per_hour([], at) == 0
