"""Subscriptions that others may know of: XEP-0465 0.1.1, Pubsub Public Subscriptions.

Who subscribed to a node for everyone to know is an item of a node beside it, below it by XEP-0496
so that it shows nobody more than the node does, and ends with it; what somebody subscribed to is an
item of a node of their own. Both follow from subscriptions and are nobody's to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha1
from typing import Final

from folkmoot.engine.configuration import NODE_ITEMS_MAX, Access, NodeConfig, SendLast
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import (
    Cause,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    SubscriptionChanged,
)
from folkmoot.engine.model import Item, NodeId, State, Subscription
from folkmoot.engine.services import SUBSCRIBERS, SUBSCRIPTIONS, Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

NS: Final = "urn:xmpp:pps:0"

NAME_CHARS_MAX: Final = 1_023 - len(SUBSCRIBERS)
"""The longest name of a node that somebody may subscribe to in public."""

_CONFIG: Final = NodeConfig(
    type=NS, access=Access.OPEN, max_items=NODE_ITEMS_MAX, send_last=SendLast.NEVER
)


def hold_public(node: NodeId, config: NodeConfig) -> None:
    """Nothing, for a node of which others may know. Raises Refused(BAD_CONFIG, "public").

    A private node is in no list, hence in none of somebody's subscriptions either.
    """
    if config.private or config.room is not None or len(node.name) > NAME_CHARS_MAX:
        raise Refused(Reason.BAD_CONFIG, "public")


def follow(events: Sequence[Event], view: View, stamp: Stamp) -> tuple[Event, ...]:
    """What changes in the lists of public subscriptions, and which of those are so no longer."""
    withdrawn = tuple(each for event in events for each in _withdrawn(event, events, view))
    changes = [change for event in (*events, *withdrawn) for change in _changes(event)]
    if not changes:
        return withdrawn
    after = view.supposing((*events, *withdrawn))
    following: list[Event] = []
    for node, jid, public in changes:
        for event in _relisted(node, jid, after, stamp, public=public):
            following.append(event)
            after.suppose(event)
    return (*withdrawn, *following)


def _withdrawn(event: Event, events: Sequence[Event], view: View) -> Iterator[SubscriptionChanged]:
    """Of a node made private, the subscriptions that have been public and are still there."""
    if not isinstance(event, NodeConfigured) or event.before.private or not event.after.private:
        return
    public = [each for each in view.found(event.node).subscriptions.values() if each.public]
    after = view.supposing(events) if public else view
    for each in public:
        held = after.subscription(event.node, each.subscriber)
        if held is not None and held.public:
            yield SubscriptionChanged(
                node=event.node,
                subscriber=held.subscriber,
                before=held,
                after=replace(held, public=False),
                by=event.by,
                cause=Cause.SET,
            )


def _changes(event: Event) -> Iterator[tuple[NodeId, JID, bool]]:
    """Who has a public subscription from an event on, and who has not any more."""
    match event:
        case SubscriptionChanged(node=node, subscriber=jid, before=before, after=now):
            if _is_public(before) is not _is_public(now):
                yield node, jid.bare, _is_public(now)
        case NodeDeleted(node=node, subscriptions=ended):
            for each in ended:
                if _is_public(each):
                    yield node, each.subscriber.bare, False
        case _:
            return


def _is_public(subscription: Subscription | None) -> bool:
    return (
        subscription is not None
        and subscription.public
        and not subscription.temporary
        and subscription.state is State.SUBSCRIBED
    )


def _relisted(
    node: NodeId, jid: JID, after: View, stamp: Stamp, *, public: bool
) -> Iterator[Event]:
    """An entity comes onto both lists, or goes from them with its last public subscription."""
    there = after.config(node) is not None
    if there and public is not any(map(_is_public, after.subscriptions(node, jid))):
        return
    readers = NodeId(node.service, SUBSCRIBERS + node.name)
    payload = Element(NS, "subscriber", {"jid": str(jid)})
    yield from _put(readers, str(jid), payload if public else None, node, after, stamp)
    if after.services.kind(jid) is Kind.ACCOUNT:
        mine = NodeId(jid, SUBSCRIPTIONS)
        payload = Element(NS, "subscription", {"node": node.name, "jid": str(node.service)})
        digest = sha1(f"{node.service}<{node.name}<{jid}".encode(), usedforsecurity=False)
        yield from _put(mine, digest.hexdigest(), payload if public else None, None, after, stamp)


def _put(
    place: NodeId,
    item_id: str,
    payload: Element | None,
    parent: NodeId | None,
    after: View,
    stamp: Stamp,
) -> Iterator[Event]:
    """An item of a list is there, or gone; the list is made for its first."""
    config, service = after.config(place), place.service
    if payload is None:
        if config is not None:
            yield ItemsRetracted(node=place, item_ids=(item_id,), by=service, tell=True)
        return
    if config is None:
        yield NodeCreated(
            node=place,
            config=replace(_CONFIG, parent=parent),
            creator=service,
            at=stamp.at,
            owner=None if after.services.owned(place) else service,
        )
    yield ItemPublished(node=place, item=Item(item_id, service, stamp.at, payload), persist=True)
