"""Notifications that come back and may get there another time (XEP-0060 1.30.0, §12.4)."""

from __future__ import annotations

from typing import Final

from folkmoot.engine.commands import Bounce, Unsubscribe
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.decide.subscriptions import unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Bounced, Event
from folkmoot.engine.model import State
from folkmoot.engine.view import View

BOUNCES_MAX: Final = 72
"""How many bounces in a row end a subscription: three days of them."""

BOUNCE_SECONDS: Final = 3_600
"""How long a bounce stands for all that come: a node may have much to say while nobody hears."""

FORGIVEN_SECONDS: Final = 86_400
"""After so long without a bounce they are counted from the beginning."""


def bounce(command: Bounce, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """One more of a subscriber's, which is the last there is patience for or is only counted."""
    record, jid = view.found(command.node), command.subscriber
    held = view.subscription(command.node, jid)
    if jid.bare != command.actor.bare:
        raise Refused(Reason.INVALID_SUBSCRIBER)
    if held is None or held.occupant is not None or held.state is State.NONE:
        raise Refused(Reason.NOT_SUBSCRIBED)
    count, last = record.bounces.get(jid, (0, 0.0))
    passed = stamp.at - last
    if count and passed < BOUNCE_SECONDS:
        return ()
    count = 1 if passed > FORGIVEN_SECONDS else count + 1
    if count < BOUNCES_MAX:
        return (Bounced(node=command.node, subscriber=jid, count=count, at=stamp.at),)
    end = Unsubscribe(actor=command.actor, node=command.node, subscriber=jid, bounced=True)
    return unsubscribe(end, view, stamp)
