"""Personal eventing: XEP-0163 1.2.2. What an account publishes, told to whom it interests.

Nobody subscribes: who hears an account's presence may hear of its nodes, and each of their devices
says with a feature, the node's name and `+notify`, which of them it wants to hear of (§4.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from folkmoot.engine import personal_questions as questions
from folkmoot.engine.commands import Expire
from folkmoot.engine.engine import Engine
from folkmoot.engine.model import NodeId, Via
from folkmoot.engine.notifications import Notification
from folkmoot.facades import pubsub
from folkmoot.facades.disco import Identity
from folkmoot.facades.facade import Answer, Facade, Outgoing, Reach
from folkmoot.xmpp.jid import JID

NOTIFY: Final = "+notify"

INTERESTS_MAX: Final = 200
"""For how many nodes, of each account, a device is told at its coming what is there."""

IDENTITY: Final = Identity("pubsub", "pep")


def word(notification: Notification) -> Iterable[Outgoing]:
    """The words of XEP-0060, for each resource that announced an interest (§4.3.2)."""
    wanted = notification.node.name + NOTIFY
    for outgoing in pubsub.FACADE.word(notification):
        yield replace(outgoing, reach=Reach.PRESENT, wanted=wanted, but=notification.but)


FACADE: Final = Facade("pep", (), pubsub.FACADE.errors, word)


def interests(features: Iterable[str]) -> tuple[str, ...]:
    """The nodes that features announce an interest in, at most INTERESTS_MAX."""
    named = sorted(each.removesuffix(NOTIFY) for each in features if each.endswith(NOTIFY))
    return tuple(each for each in named if each)[:INTERESTS_MAX]


# --- the newest item, for a device that comes (§4.3.4)


async def welcome(
    engine: Engine[Outgoing | Answer], to: JID, wanted: tuple[str, ...], *, came: bool
) -> None:
    """What there is already of all that a device has an interest in.

    came: it was not there before, so that it hears of what it subscribed to, as well.
    """
    if came:
        for node in await engine.ask(questions.subscribed, to):
            await _tell_newest(engine, to, node, Via.PUBSUB)
    if wanted:
        for owner in await engine.ask(questions.publishers, to):
            await introduce(engine, to, owner, wanted)


async def introduce(
    engine: Engine[Outgoing | Answer], to: JID, owner: JID, wanted: tuple[str, ...]
) -> None:
    """The same of one account, such as one that has just let this one hear its presence."""
    for node in await engine.ask(questions.interesting, to, owner, wanted):
        await _tell_newest(engine, to, node, Via.PEP)


async def _tell_newest(engine: Engine[Outgoing | Answer], to: JID, node: NodeId, via: Via) -> None:
    """Asked one by one: between an answer and the telling of it nothing newer can come."""
    while await engine.run(Expire(actor=to, node=node)):
        pass  # what is over is not there to be sent (`pubsub#item_expire`)
    for told in await engine.ask(questions.newest, to, node, via):
        for outgoing in pubsub.FACADE.word(told):
            engine.tell(replace(outgoing, reach=Reach.PRESENT))
