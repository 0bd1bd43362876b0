"""On what terms an entity hears: options, leases, several subscriptions at once.

XEP-0060 1.30.0, §6.1.6, §6.3 and §12.19.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine.commands import SetDelivery, Settings, Subscribe
from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.decide import digests
from folkmoot.engine.decide.lowering import changed, ended, follow
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Cause, Event, SubscriptionChanged
from folkmoot.engine.model import Manner, NodeId, Scope, State, Subscription, Terms, Via
from folkmoot.engine.record import Node
from folkmoot.engine.services import Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

ENTITY_SUBSCRIPTIONS_MAX: Final = 20
"""How many subscriptions an entity may have to one node, those of all its addresses together."""


def chosen(terms: Terms, options: Settings, stamp: Stamp) -> Terms:
    """Terms with other options. Raises Refused(BAD_CONFIG) for a lease that is over."""
    digest = digests.chosen(terms.digest, options)
    options = {name: options[name] for name in options if name not in digests.OPTIONS}
    manner = {name: value for name, value in options.items() if name in Manner._fields}
    scope = {name: value for name, value in options.items() if name in Scope._fields}
    rest = {name: options[name] for name in options if name not in manner and name not in scope}
    found = terms._replace(
        manner=terms.manner._replace(**manner),
        scope=terms.scope._replace(**scope),
        digest=digest,
        **rest,
    )
    if "expires" in rest and found.expires is not None and found.expires <= stamp.at:
        raise Refused(Reason.BAD_CONFIG, "expires")
    return found


def named(held: Subscription, subid: str) -> Terms:
    """The one of an address's subscriptions that is meant; without subid, the only one.

    Raises Refused: SUBID_REQUIRED, INVALID_SUBID.
    """
    if not subid and held.more:
        raise Refused(Reason.SUBID_REQUIRED)
    for each in held.terms:
        if subid in ("", each.subid):
            return each
    raise Refused(Reason.INVALID_SUBID)


def without(held: Subscription, *over: Terms) -> Subscription | None:
    """What is left of an address's subscriptions once some of them have ended."""
    left = tuple(each for each in held.terms if each not in over)
    return held.on(*left) if left else None


def hold_few(node: NodeId, jid: JID, view: View) -> None:
    """Nothing, where an entity may have one subscription to a node more."""
    held = (each for each in view.subscriptions(node, jid) if each.occupant is None)
    if sum(len(each.terms) for each in held) >= ENTITY_SUBSCRIPTIONS_MAX:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)


def again(
    command: Subscribe, config: NodeConfig, before: Subscription, view: View, stamp: Stamp
) -> SubscriptionChanged:
    """Somebody subscribes who is subscribed: on other terms besides, where that can be (§6.1.6).

    Without options, or on terms that are held already, it is the subscription there is.
    """
    node, by = command.node, command.actor
    if command.options and _has_several(command, config, before, view):
        first = Terms(stamp.id, deliver=command.deliver is not False)
        wanted = chosen(first, command.options, stamp)
        after = before
        for each in before.terms:
            if _alike(each, wanted):
                wanted = each
                break
        else:
            hold_few(node, before.subscriber, view)
            after = before.on(*before.terms, wanted)
        after = replace(after, public=command.public)
        return changed(node, before, after, by, Cause.ASKED, subid=wanted.subid)
    first = before.terms[0]
    if command.deliver is not None:
        first = first._replace(deliver=command.deliver)
    after = before.on(chosen(first, command.options, stamp), *before.more)
    passing = before.temporary and command.temporary
    after = replace(after, temporary=passing, public=command.public)
    return changed(node, before, after, by, Cause.ASKED, subid=first.subid)


def _alike(one: Terms, other: Terms) -> bool:
    """Whether somebody chose the same, however far each has been told."""
    mine, yours = (each.digest and each.digest.seconds for each in (one, other))
    return mine == yours and one._replace(subid=other.subid, digest=other.digest) == other


def _has_several(command: Subscribe, config: NodeConfig, before: Subscription, view: View) -> bool:
    """Whether an address may have more than one subscription.

    In a space or room, and to presence, a subscription is standing, of which there is one.
    """
    node, services = command.node, view.services
    place = services.kind(node.service) is Kind.PUBSUB or services.is_personal(node)
    standing = config.is_space or config.room is not None
    passing = before.temporary or command.temporary
    return place and not standing and not passing and before.via is command.via is Via.PUBSUB


def set_delivery(command: SetDelivery, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Whether, how and for how long a subscriber hears of items (XEP-0060 §6.3.5)."""
    view.found(command.node)
    if command.subscriber.bare != command.actor.bare:
        raise Refused(Reason.INVALID_SUBSCRIBER)
    before = view.subscription(command.node, command.subscriber)
    if before is None or before.occupant is not None or before.state is State.NONE:
        raise Refused(Reason.NOT_SUBSCRIBED)
    meant = named(before, command.subid)
    deliver = meant.deliver if command.deliver is None else command.deliver
    other = chosen(meant._replace(deliver=deliver), command.options, stamp)
    if other == meant:
        return ()
    after = before.on(*(other if each == meant else each for each in before.terms))
    return (changed(command.node, before, after, command.actor, Cause.ASKED),)


def lapsed(record: Node, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of the leases of a node that are over (XEP-0060 §12.19), each by itself.

    What an owner made of somebody stays, as it does where notifications come back.
    """
    node, by = record.id, record.id.service
    events: list[Event] = []
    jids: set[JID] = set()
    for each in record.lapsed(stamp.at):
        over = (one for one in each.terms if one.expires is not None and one.expires <= stamp.at)
        left = without(each, *over)
        if left is not None:
            events.append(changed(node, each, left, by, Cause.EXPIRED))
        else:
            events.append(ended(node, each, by, Cause.EXPIRED))
            jids.add(each.subscriber.bare)
    if not jids:
        return tuple(events)
    after = view.supposing(events)
    lowered = sorted(
        (j for j in jids if view.affiliation(node, j) is not after.affiliation(node, j)),
        key=str,
    )
    return (*events, *(follow(view, after, node, by, entities=lowered) if lowered else ()))
