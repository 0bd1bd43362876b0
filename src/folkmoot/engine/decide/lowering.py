"""What follows for those inside when standing changes, here and below.

Whatever takes standing away ends, in the same breath, every subscription and occupancy it no
longer allows; who stays, with another standing than before, is announced as what they are now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.configuration import Access, NodeConfig, SendLast
from folkmoot.engine.events import (
    AffiliationChanged,
    ApprovalSettled,
    Cause,
    Event,
    NodeDeleted,
    SubscriptionChanged,
)
from folkmoot.engine.model import (
    PRESENCE_NODE,
    Affiliation,
    Contact,
    Item,
    NodeId,
    Occupant,
    Role,
    State,
    Subscription,
)
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.store import Edge, ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

ACQUAINTED: Final = (Access.PRESENCE, Access.ROSTER)
"""The access models that ask what there is between an entity and a node's owners."""


def follow(
    before: View,
    after: View,
    node: NodeId,
    by: JID,
    *,
    entities: Collection[JID],
    reason: str = "",
) -> tuple[Event, ...]:
    """What happens to some entities' subscriptions on a node and below it.

    Costs what these entities are subscribed to, however many nodes lie below.
    """
    events: list[Event] = []
    after = after.supposing(())
    for jid, places in places_of(before, entities).items():
        held = places - {node}
        chains = {each: before.line(each) + after.line(each) for each in held}
        inside = sorted(
            (each for each in held if node in chains[each]),
            key=lambda each: (chains[each].index(node), str(each)),
        )
        for place in (node, *inside):
            events.extend(_reconsider(before, after, place, jid, by, reason))
    events.extend(_owners_changed(before, after, node, by, entities))
    return tuple(events)


def places_of(view: View, entities: Collection[JID]) -> Mapping[JID, frozenset[NodeId]]:
    """The nodes entities are subscribed to, presence left out, which is in no other.

    All are asked for at once: who looks at many entities one by one begins with this.
    """
    view.require_entities(entities)
    places = {
        jid: frozenset(each for each in view.subscribed(jid) if not view.services.is_presence(each))
        for jid in entities
    }
    view.require(frozenset[NodeId]().union(*places.values()))
    return places


def follow_all(
    before: View, after: View, node: NodeId, by: JID, *, here: bool = True, reason: str = ""
) -> tuple[Event, ...]:
    """The same for everyone on a node (unless not `here`) and below: its rules changed."""
    events: list[Event] = []
    after = after.supposing(())
    places = dict.fromkeys((*([node] if here else ()), *before.below(node), *after.below(node)))
    for place in places:
        events.extend(heirs(before, after, place, by))
        events.extend(_reconsider_all(before, after, place, by, reason))
    return tuple(events)


def topmost(nodes: Collection[NodeId], before: View, after: View) -> list[NodeId]:
    """Of some nodes those that are in none of the others; what follows for these, for all does."""
    return sorted(
        (
            node
            for node in nodes
            if not any(each in nodes for each in before.chain(node)[1:] + after.chain(node)[1:])
        ),
        key=str,
    )


def _owners_changed(
    before: View, after: View, node: NodeId, by: JID, entities: Collection[JID]
) -> list[Event]:
    """What follows for others where owners come or go: some rules ask whom an owner knows.

    How these entities themselves stand has been said; it may be that they may not stay.
    """
    touched = [
        jid
        for jid in entities
        if (before.affiliation(node, jid) is Affiliation.OWNER)
        is not (after.affiliation(node, jid) is Affiliation.OWNER)
    ]
    events: list[Event] = []
    banned = [jid for jid in entities if after.affiliation(node, jid) is Affiliation.OUTCAST]
    for jid in banned if banned and before.listed(node) else ():
        rows = before.affiliated(jid)
        before.require(rows)
        for place in sorted(rows, key=str):
            if node in after.chain(place)[1:]:
                events.extend(heirs(before, after, place, by))
    for place in (node, *before.below(node)) if touched else ():
        if _asks_owners(after, place):
            events.extend(
                event
                for event in _reconsider_all(before, after, place, by, "")
                if not (isinstance(event, StandingChanged) and event.occupant.bare in entities)
            )
    return events


def unheard(events: Iterable[Event], view: View) -> tuple[Event, ...]:
    """What follows where somebody no longer hears an owner's presence, or is in fewer groups."""
    entities: dict[JID, JID] = {}
    for event in events:
        if not view.services.is_presence(event.node):
            continue
        if isinstance(event, NodeDeleted):
            entities.update((each.subscriber.bare, event.by) for each in event.subscriptions)
        elif isinstance(event, SubscriptionChanged):
            if _groups(event.before) - _groups(event.after):
                entities[event.node.service] = event.by
            if _subscribed(event.before) and not _subscribed(event.after):
                entities[event.subscriber.bare] = event.by
    if not entities:
        return ()
    after = view.supposing(events)
    places = places_of(view, entities)
    following: list[Event] = []
    for jid, by in entities.items():
        for place in sorted(places[jid], key=str):
            if _asks_owners(after, place):
                following.extend(_reconsider(view, after, place, jid, by, ""))
    return tuple(following)


def _asks_owners(view: View, place: NodeId) -> bool:
    """Whether who is let in depends on what there is between them and a node's owners."""
    configs = (view.config(each) for each in (place, *view.ancestors(place)))
    return any(config is not None and config.access in ACQUAINTED for config in configs)


def _groups(subscription: Subscription | None) -> frozenset[str]:
    contact = None if subscription is None else subscription.contact
    return frozenset() if contact is None else frozenset(contact.groups)


def _subscribed(subscription: Subscription | None) -> bool:
    return subscription is not None and subscription.state is State.SUBSCRIBED


def heirs(before: View, after: View, node: NodeId, by: JID) -> list[Event]:
    """The rows of those who own a node from now on that nobody else does any longer.

    Those who owned it so far, where they may; else the owners of the node it is in; else those who
    owned it through another, and had been shut out here. What is found is true in `after` from
    here on.
    """
    if after.config(node) is None or after.owners(node):
        return []
    owned = before.owners(node)
    left = [jid for jid in owned if after.affiliation(node, jid) is not Affiliation.OUTCAST]
    above = [jid for parent in after.chain(node)[1:2] for jid in after.owners(parent)]
    events: list[Event] = [
        AffiliationChanged(
            node=node,
            jid=jid,
            before=after.explicit(node, jid),
            after=Affiliation.OWNER,
            was=before.affiliation(node, jid),
            now=Affiliation.OWNER,
            by=by,
        )
        for jid in left or above or owned
    ]
    for event in events:
        after.suppose(event)
    return events


def _reconsider_all(before: View, after: View, node: NodeId, by: JID, reason: str) -> list[Event]:
    """Everyone at one node."""
    record, config = before.node(node), after.config(node)
    entities = {} if record is None else dict.fromkeys(jid.bare for jid in record.subscriptions)
    if config is not None and config.access is Access.ROSTER:
        before.require(NodeId(jid, PRESENCE_NODE) for jid in entities)
    events: list[Event] = []
    for jid in entities:
        events.extend(_reconsider(before, after, node, jid, by, reason))
    return events


def _reconsider(
    before: View, after: View, node: NodeId, jid: JID, by: JID, reason: str
) -> list[Event]:
    """One entity at one node; what ends or begins there is true in `after` from here on."""
    old, config = before.config(node), after.config(node)
    held = [each for each in after.subscriptions(node, jid) if each.state is not State.NONE]
    if old is None or config is None or not held:
        return []
    stance = after.stance(node, jid)
    refused = access.refuses_stay(config, stance)
    let_in = access.refuses_entry(config, stance) is None
    was = before.affiliation(node, jid)
    events: list[Event] = []
    for subscription in held:
        occupant, pending = subscription.occupant, subscription.state is State.PENDING
        if refused is not None:
            cause = _cause(old, config, was, stance.affiliation)
            role = None if occupant is None else _role(old, was, occupant)
            events.append(replace(ended(node, subscription, by, cause, reason), role=role))
            if pending:
                events.append(answered(node, subscription, by, allowed=False))
        elif pending and let_in:
            events.append(admitted(node, subscription, by, after))
            events.append(answered(node, subscription, by, allowed=True))
        elif occupant is not None and (
            (was, _role(old, was, occupant), before.hats(node, jid))
            != (
                stance.affiliation,
                _role(config, stance.affiliation, occupant),
                after.hats(node, jid),
            )
        ):
            moderated = _role(old, was, occupant) is Role.MODERATOR
            moderates = _role(config, stance.affiliation, occupant) is Role.MODERATOR
            events.append(
                StandingChanged(
                    node=node,
                    occupant=subscription.subscriber,
                    by=by,
                    reason=reason,
                    promoted=moderates and not moderated,
                )
            )
    for event in events:
        after.suppose(event)
    return events


def _role(config: NodeConfig, standing: Affiliation, occupant: Occupant) -> Role | None:
    return None if config.room is None else access.role(config.room, standing, occupant.role)


def _cause(old: NodeConfig, config: NodeConfig, was: Affiliation, now: Affiliation) -> Cause:
    if now is Affiliation.OUTCAST:
        return Cause.BANNED
    return Cause.CLOSED if was is now and old.access is not config.access else Cause.AFFILIATION


def changed(
    node: NodeId,
    before: Subscription,
    after: Subscription,
    by: JID,
    cause: Cause,
    *,
    subid: str = "",
) -> SubscriptionChanged:
    """A subscription becomes another. subid: which of the address's it was about."""
    return SubscriptionChanged(
        node=node,
        subscriber=before.subscriber,
        before=before,
        after=after,
        by=by,
        cause=cause,
        subid=subid,
    )


def ended(
    node: NodeId, subscription: Subscription, by: JID, cause: Cause, reason: str = ""
) -> SubscriptionChanged:
    """A subscription is over. A contact stays on the roster, where it is `none` (RFC 6121 §3.3)."""
    contact = subscription.contact
    kept = replace(subscription, state=State.NONE, contact=answered_contact(contact))
    return SubscriptionChanged(
        node=node,
        subscriber=subscription.subscriber,
        before=subscription,
        after=None if contact is None else kept,
        by=by,
        cause=cause,
        reason=reason,
    )


def admitted(node: NodeId, pending: Subscription, by: JID, view: View) -> SubscriptionChanged:
    """Somebody who asked is let in."""
    contact = answered_contact(pending.contact)
    granted = replace(pending, state=State.SUBSCRIBED, contact=contact)
    event = changed(node, pending, granted, by, Cause.APPROVED)
    return replace(event, last=last_item(node, view) if granted.hears_items else None)


def answered_contact(contact: Contact | None) -> Contact | None:
    """A contact of whom nothing is asked any more: the stanza that asked need not be kept."""
    return None if contact is None else replace(contact, request=None)


def answered(node: NodeId, pending: Subscription, by: JID, *, allowed: bool) -> ApprovalSettled:
    """A request needs no other answer."""
    return ApprovalSettled(node=node, subscriber=pending.subscriber, allowed=allowed, by=by)


def last_item(node: NodeId, view: View) -> Item | None:
    """What someone who subscribes is sent at once (XEP-0060 §6.1.7)."""
    config = view.config(node)
    if config is None or config.send_last is SendLast.NEVER or not config.persist_items:
        return None
    items = view.page(ItemQuery(node=node, edge=Edge.NEWEST, limit=1, counted=False)).items
    return items[0] if items else None
