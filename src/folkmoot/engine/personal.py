"""Who hears of an account's nodes unasked: XEP-0163 1.2.2 §4, the audience's part about them.

Whoever hears an account's presence hears of its nodes, as far as they might retrieve what is there,
and so does the account itself. Which of their devices are interested is for delivery to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from folkmoot.engine import access, scopes
from folkmoot.engine.access import Stance
from folkmoot.engine.configuration import Access, NodeConfig, NodeFull
from folkmoot.engine.events import (
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
)
from folkmoot.engine.model import PRESENCE_NODE, Affiliation, NodeId, Via
from folkmoot.engine.notifications import (
    Configured,
    Deleted,
    Notification,
    Published,
    Purged,
    Retracted,
)
from folkmoot.engine.record import Node
from folkmoot.engine.replies import reply_to
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

_ALIKE = (Access.OPEN, Access.PRESENCE, Access.WHITELIST)
"""The access models that tell none of those who hear one's presence from another."""


def hearers(view: View, node: NodeId) -> tuple[JID, ...]:
    """The account a node belongs to, and those who hear its presence, as far as they may look in.

    One question settles it for all where nothing tells them apart, as it mostly is.
    """
    owner, config = node.service, view.config(node)
    if config is None:
        return ()
    if _is_closed(view, node, config):
        return (owner,)
    contacts = _contacts(view, node, config)
    if config.access in _ALIKE and _without_rows(view, node):
        anybody = Stance(Affiliation.NONE, hears=True)
        return (owner,) if access.refuses_items(config, anybody) else (owner, *contacts)
    return tuple(jid for jid in (owner, *contacts) if may_look(view, node, config, jid))


def _is_closed(view: View, node: NodeId, config: NodeConfig) -> bool:
    """Whether nobody else can look in, whoever is on the roster, which then need not be read."""
    alone = config.access is Access.WHITELIST and config.parent is None
    return alone and _without_rows(view, node)


def _contacts(view: View, node: NodeId, config: NodeConfig) -> tuple[JID, ...]:
    """Who hears the presence of an account; what a rule may ask of them is loaded."""
    if view.services.delegated(node.service):
        acquaintances = view.acquaintances(node.service)
        return tuple(jid for jid, contact in acquaintances.items() if contact.hears)
    mine = view.node(NodeId(node.service, PRESENCE_NODE))
    contacts = () if mine is None else mine.hearers(Via.PRESENCE)
    if config.access is Access.ROSTER:
        view.require(NodeId(jid.bare, PRESENCE_NODE) for jid in contacts)
    return contacts


def may_look(view: View, node: NodeId, config: NodeConfig, jid: JID) -> bool:
    """Whether somebody could retrieve a node's items."""
    return access.refuses_items(config, view.stance(node, jid)) is None


def _without_rows(view: View, node: NodeId) -> bool:
    record = view.node(node)
    return len(view.chain(node)) == 1 and (record is None or not record.affiliations)


def tells_of_evicted(config: NodeConfig) -> bool:
    """Whether it is told that the oldest item made way (XEP-0060 §7.1.2.5).

    Of a node with a single item the new one says all.
    """
    retracts = config.node_full is NodeFull.RETRACT_OLDEST
    return retracts and config.notify_retract and config.max_items > 1


def foresee(events: Sequence[Event], view: View) -> None:
    """Look at all that `heard` will look at, while what is missing can still be loaded."""
    for event in events:
        if view.services.is_personal(event.node):
            config = view.config(event.node)
            if isinstance(event, NodeCreated):
                config = event.config
            elif isinstance(event, NodeConfigured):
                config = event.after
            if config is not None and not _is_closed(view, event.node, config):
                _contacts(view, event.node, config)


def heard(event: Event, view: View) -> Iterator[Notification]:
    """What is told of an event to those who did not subscribe.

    `but` are those who did, under whichever address: they are told as subscribers.
    """
    record = view.node(event.node)
    told = () if record is None else tuple(_told(event, record.config, view))
    if record is not None and told and (to := hearers(view, event.node)):
        but = frozenset(_subscribers(event, record, view))
        for each in told:
            yield replace(each, to=to, but=but)


def _subscribers(event: Event, record: Node, view: View) -> Iterable[JID]:
    """Those who are told of an event because they subscribed."""
    if isinstance(event, ItemPublished | ItemsRetracted | NodePurged):
        gathered = not isinstance(event, ItemPublished)
        hearings = scopes.hearings(view, record, gathered=gathered).values()
        return (jid for to, named in hearings for jid in (*to, *named))
    return record.hearers(Via.PUBSUB)


def _told(event: Event, config: NodeConfig, view: View) -> Iterator[Notification]:
    """The notifications, as yet to nobody."""
    via, node, to = Via.PEP, event.node, ()
    match event:
        case ItemPublished(item=item, evicted=evicted):
            if evicted and tells_of_evicted(config):
                yield Retracted(via=via, node=node, to=to, item_ids=evicted, config=config)
            if config.deliver_notifications:
                yield Published(
                    via=via,
                    node=node,
                    to=to,
                    item=item,
                    config=config,
                    reply_to=reply_to(view, node, config),
                )
        case ItemsRetracted(item_ids=item_ids, tell=True):
            yield Retracted(via=via, node=node, to=to, item_ids=item_ids, config=config)
        case NodePurged() if config.notify_retract:
            yield Purged(via=via, node=node, to=to, config=config)
        case NodeDeleted(redirect=uri, reason=reason) if config.notify_delete:
            yield Deleted(via=via, node=node, to=to, config=config, redirect=uri, reason=reason)
        case NodeConfigured(before=before, after=after) if after.notify_config:
            yield Configured(via=via, node=node, to=to, before=before, after=after)
        case _:
            return
