"""How much is said in a room: XEP-0502 0.1.0.

Told from the newest messages, which a room remembers for those who enter: nothing is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from folkmoot.engine import room_questions
from folkmoot.engine.configuration import HISTORY_ITEMS_MAX
from folkmoot.engine.model import Item
from folkmoot.facades.facade import Request
from folkmoot.facades.muc.ns import CORRECT
from folkmoot.facades.muc.stanzas import room_of
from folkmoot.xmpp.forms import Field
from folkmoot.xmpp.stanza import CLIENT

VAR: Final = "{urn:xmpp:muc-activity}message-activity"

PERIOD_SECONDS: Final = 24 * 3600
"""Messages older than a day do not count."""

BUSY_SECONDS: Final = 60
"""However fast the newest messages came, they took as long as this."""

_HOUR: Final = 3600


async def activity(request: Request) -> tuple[Field, ...]:
    """The field for disco#info (§3.1); none where a room is not for everyone (§9)."""
    items = await request.ask(room_questions.newest, request.actor, room_of(request))
    if items is None:
        return ()
    said = per_hour(items, request.engine.now())
    return (Field(VAR, "text-single", (f"{said:.2f}",), "Messages per hour"),)


def per_hour(items: Sequence[Item], at: float) -> float:
    """Messages an hour, about; where all that is remembered is of today, as fast as that came."""
    recent = [item for item in items if item.published > at - PERIOD_SECONDS]
    seconds = float(PERIOD_SECONDS)
    if len(recent) == HISTORY_ITEMS_MAX:
        seconds = max(at - recent[0].published, BUSY_SECONDS)
    return sum(map(_counts, recent)) * _HOUR / seconds


def _counts(item: Item) -> bool:
    """Whether it is shown as a message of its own (§4)."""
    payload = item.payload
    return (
        payload is not None
        and payload.child(CLIENT, "body") is not None
        and payload.child(CORRECT, "replace") is None
    )
