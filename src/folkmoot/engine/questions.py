"""What can be asked of the engine without anything changing, and the rules of who may ask it.

An answer is a pure function of a view, as a decision is: `Engine.ask` calls it as often as it
takes to have loaded all it looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from folkmoot.engine import access, audience, pictures
from folkmoot.engine.configuration import Access, ItemReply, NodeConfig, SendLast
from folkmoot.engine.decide.lowering import last_item
from folkmoot.engine.decide.nodes import hold_owner
from folkmoot.engine.decide.terms import named
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.hat_questions import hats_at
from folkmoot.engine.model import (
    Affiliation,
    Hat,
    Item,
    NodeId,
    State,
    Subscription,
    Ticket,
)
from folkmoot.engine.notifications import Published
from folkmoot.engine.sight import veiled
from folkmoot.engine.store import ItemPage, ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What is told of a node to those who may know of it.

    chain: the node and the ancestors it is in. members: how many have an approved subscription.
    inside: whether the asker may look in; to others owners, publishers, nicks, hats and subject,
    which are a room's, are not told.
    """

    id: NodeId
    config: NodeConfig
    creator: JID
    created: float
    chain: tuple[NodeId, ...]
    owners: tuple[JID, ...]
    publishers: tuple[JID, ...]
    members: int
    nicks: tuple[str, ...]
    hats: tuple[Hat, ...]
    subject: Item | None
    affiliation: Affiliation
    inside: bool


def info(view: View, actor: JID, node: NodeId) -> NodeInfo:
    """What an entity may know of a node (docs/extensions/inheritance.md, "What strangers see").

    Raises Refused: NODE_NOT_FOUND; CLOSED_NODE where a whitelist, or an account's own rule, keeps
    the asker out; ROOM_LOCKED of a room that waits for its owner (XEP-0045 §7.2.10). Who belongs
    to a private node is told to its members alone.
    """
    record = view.found(node)
    config = record.config
    stance = view.stance(node, actor)
    locked = config.room is not None and config.room.locked
    if locked and stance.affiliation is not Affiliation.OWNER:
        raise Refused(Reason.ROOM_LOCKED)
    refused = access.refuses_items(config, stance)
    closed = config.access is not Access.AUTHORIZE and config.room is None
    if refused is not None and closed:
        raise Refused(refused)
    inside = refused is None
    return NodeInfo(
        node,
        config,
        record.creator,
        record.created,
        view.chain(node),
        view.owners(node) if inside else (),
        tuple(
            jid
            for jid, row in record.affiliations.items()
            if inside and row is Affiliation.PUBLISHER
        ),
        record.derived.members,
        record.nicks if inside else (),
        hats_at(view, node) if inside else (),
        record.subject if inside else None,
        stance.affiliation,
        inside,
    )


def visible(view: View, actor: JID, nodes: tuple[NodeId, ...]) -> tuple[NodeInfo, ...]:
    """Of some nodes, those that a list shows an entity: its own, and what is public."""
    return tuple(info(view, actor, node) for node in listed(view, actor, nodes))


def listed(view: View, actor: JID, nodes: tuple[NodeId, ...]) -> tuple[NodeId, ...]:
    """The same without what is told of each, which costs what it holds."""
    view.require(nodes)
    return tuple(node for node in nodes if _is_listed(view, actor, node))


def _is_listed(view: View, actor: JID, node: NodeId) -> bool:
    config = view.config(node)
    if config is None:
        return False
    stance = view.stance(node, actor)
    if config.room is not None and config.room.locked:
        return stance.affiliation is Affiliation.OWNER
    if stance.affiliation in access.MEMBERS or stance.state is State.SUBSCRIBED:
        return True
    if config.room is None:
        return not config.private and access.refuses_items(config, stance) is None
    return config.room.public and stance.affiliation is not Affiliation.OUTCAST


def items(view: View, actor: JID, query: ItemQuery, *, both: bool = False) -> ItemPage:
    """Items of a node, for an entity that may retrieve them (XEP-0060 §6.5).

    both: give a space's avatar under each of its ids; asked for by id it has the one it was asked
    by.
    Raises Refused: NODE_NOT_FOUND, OUTCAST, CLOSED_NODE, NOT_SUBSCRIBED, FORBIDDEN,
    PRESENCE_REQUIRED, NOT_IN_ROSTER_GROUP, NOT_PERSISTENT, ITEM_NOT_FOUND where `after` or
    `before` names no item.
    """
    record = view.found(query.node)
    refused = access.refuses_items(record.config, view.stance(query.node, actor))
    if refused is not None:
        raise Refused(refused)
    if not record.config.persist_items:
        if record.live is None:
            raise Refused(Reason.NOT_PERSISTENT)
        live = tuple(record.live.values())
        wanted = tuple(item for item in live if not query.ids or item.id in query.ids)
        return ItemPage(wanted[: query.limit], 0, len(live))
    if record.config.is_space:
        return _items_of_space(view, query, both=both)
    page = view.page(query)
    if not page.found:
        raise Refused(Reason.ITEM_NOT_FOUND)
    named = record.config.item_reply is ItemReply.PUBLISHER
    return replace(page, items=tuple(veiled(record, item) for item in page.items), named=named)


def _items_of_space(view: View, query: ItemQuery, *, both: bool) -> ItemPage:
    page = view.page(
        replace(
            query,
            ids=tuple(map(pictures.kept_under, query.ids)),
            after=pictures.kept_under(query.after),
            before=pictures.kept_under(query.before),
        )
    )
    if not page.found:
        raise Refused(Reason.ITEM_NOT_FOUND)
    if query.ids:
        found = pictures.as_asked(query.ids, page.items)
        return replace(page, items=found, count=len(found))
    if not both:
        return page
    shown = tuple(each for item in page.items for each in pictures.under_both(item))
    return replace(page, items=shown, count=page.count + len(shown) - len(page.items))


def configuration(view: View, actor: JID, node: NodeId) -> NodeConfig:
    """A node's configuration, for an owner. Raises Refused: NODE_NOT_FOUND, FORBIDDEN."""
    record = view.found(node)
    hold_owner(node, actor, view)
    return record.config


def publishers(view: View, node: NodeId) -> tuple[JID, ...]:
    """The full JIDs that published what is in a node; for the server's own use."""
    return tuple(dict.fromkeys(view.heads(view.found(node)).values()))


def invites(view: View, actor: JID, node: NodeId) -> tuple[Ticket, ...]:
    """The invites to a space or room, for those who may make some. Raises Refused(FORBIDDEN)."""
    record, mine = view.found(node), view.affiliation(node, actor)
    if reason := access.refuses_invite(record.config, mine):
        raise Refused(reason)
    seen = (
        each
        for each in record.invites.values()
        if access.may_see_invite(mine, own=each.inviter == actor.bare)
    )
    return tuple(sorted(seen, key=lambda each: (each.created, each.id)))


def subscribers(view: View, actor: JID, node: NodeId) -> tuple[Subscription, ...]:
    """Every subscription of a node, for an owner (XEP-0060 §8.8.1); occupants are none."""
    record = view.found(node)
    hold_owner(node, actor, view)
    return tuple(
        each
        for held in record.subscriptions.values()
        if held.occupant is None and held.state is not State.NONE
        for each in held.apart
    )


def affiliates(view: View, actor: JID, node: NodeId) -> Mapping[JID, Affiliation]:
    """Every row of a node, for an owner (XEP-0060 §8.9.1); whom a space let in is its member."""
    record = view.found(node)
    hold_owner(node, actor, view)
    rows = dict(record.affiliations)
    if view.services.owned(node):
        rows[node.service] = Affiliation.OWNER  # who needs no row
    if record.config.is_space:
        for each in record.subscriptions.values():
            if each.state is State.SUBSCRIBED:
                rows.setdefault(each.subscriber.bare, Affiliation.MEMBER)
    return rows


def own_subscriptions(
    view: View, actor: JID, service: JID, node: str, *, inside: bool = False
) -> tuple[tuple[NodeId, Subscription], ...]:
    """An entity's subscriptions at a service, of all its nodes or of one (XEP-0060 §5.6).

    inside: instead of them, those by which its devices are in rooms.
    """
    places = [
        each
        for each in view.subscribed(actor)
        if each.service == service and (not node or each.name == node)
    ]
    view.require(places)
    return tuple(
        (place, each)
        for place in sorted(places, key=str)
        for held in view.subscriptions(place, actor)
        if (held.occupant is not None) is inside and held.state is not State.NONE
        for each in held.apart
    )


def own_affiliations(
    view: View, actor: JID, service: JID, node: str
) -> tuple[tuple[NodeId, Affiliation], ...]:
    """An entity's affiliations at a service, of all its nodes or of one (XEP-0060 §5.7)."""
    places = [
        each
        for each in view.affiliated(actor) | view.subscribed(actor)
        if each.service == service and (not node or each.name == node)
    ]
    view.require(places)
    found = [(place, view.affiliation(place, actor)) for place in sorted(places, key=str)]
    return tuple(each for each in found if each[1] is not Affiliation.NONE)


def own_subscription(
    view: View, actor: JID, node: NodeId, jid: JID, subid: str
) -> Subscription | None:
    """The subscription of just one of one's own addresses (XEP-0060 §6.3.2).

    Raises Refused: NODE_NOT_FOUND, INVALID_SUBSCRIBER, SUBID_REQUIRED, INVALID_SUBID.
    """
    view.found(node)
    if jid.bare != actor.bare:
        raise Refused(Reason.INVALID_SUBSCRIBER)
    held = view.subscription(node, jid)
    if held is None or held.state is State.NONE:
        return None
    return held.on(named(held, subid))


def hold_subid(view: View, actor: JID, node: NodeId, subid: str) -> None:
    """Nothing, where who retrieves items says by which subscription, if there is a question.

    There is none for who is not subscribed. Raises Refused: SUBID_REQUIRED, INVALID_SUBID
    (XEP-0060 §6.5.9.1, §6.5.9.2).
    """
    held = [each for each in view.subscriptions(node, actor) if each.occupant is None]
    if subid and held and all(each.subid != subid for one in held for each in one.terms):
        raise Refused(Reason.INVALID_SUBID)
    mine = (actor, actor.bare)
    if not subid and any(each.more for each in held if each.subscriber in mine):
        raise Refused(Reason.SUBID_REQUIRED)


def sending_last(view: View, actor: JID) -> tuple[NodeId, ...]:
    """The nodes of the service that send an entity their newest item when it becomes available."""
    places = [each for each in view.subscribed(actor) if each.service == view.services.pubsub]
    view.require(places)
    return tuple(
        place
        for place in sorted(places, key=str)
        if (config := view.config(place)) is not None
        and config.send_last is SendLast.ON_SUB_AND_PRESENCE
    )


def last_published(view: View, actor: JID, node: NodeId) -> tuple[Published, ...]:
    """The newest item of a node for a resource that has just become available; or nothing."""
    record = view.node(node)
    if record is None:
        return ()
    held = view.subscription(node, actor.bare) or view.subscription(node, actor)
    item = last_item(node, view)
    if item is None or held is None or not held.hears_items:
        return ()
    return tuple(audience.last_published(view, record, held, actor, item))


def moderated_spaces(view: View, actor: JID, service: JID) -> tuple[NodeId, ...]:
    """The spaces an entity has a row at and is staff of (docs/extensions/moderation.md)."""
    places = sorted(each for each in view.affiliated(actor) if each.service == service)
    view.require(places)
    return tuple(
        place
        for place in places
        if view.found(place).config.is_space and view.affiliation(place, actor) in access.STAFF
    )


def pending_nodes(view: View, actor: JID, service: JID) -> tuple[NodeId, ...]:
    """The nodes of a service an entity owns at which somebody waits (XEP-0060 §8.7.2)."""
    mine = view.nodes_of(service) if service == actor.bare else view.affiliated(actor)
    places = sorted((each for each in mine if each.service == service), key=str)
    view.require(places)
    return tuple(
        place
        for place in places
        if view.affiliation(place, actor) is Affiliation.OWNER
        and any(each.state is State.PENDING for each in view.found(place).subscriptions.values())
    )
