"""Who hears of an event, and what of it: from facts to notifications.

Asked right after an event is applied, or right before where it ends a node. What a hearer may not
see is left out here, so that no facade has it to give away.
"""

from __future__ import annotations

from collections.abc import Iterator

from folkmoot.engine import occupancy
from folkmoot.engine.events import (
    AffiliationChanged,
    AffiliationTold,
    ApprovalAnswered,
    ApprovalAsked,
    ApprovalRequested,
    ApprovalSettled,
    Cause,
    Configured,
    ContactTold,
    Deleted,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeDeleted,
    NodePurged,
    Notification,
    PresenceTold,
    Published,
    Purged,
    Retracted,
    RosterEntry,
    Spoken,
    StandingChanged,
    SubjectChanged,
    SubscriptionChanged,
    SubscriptionTold,
)
from folkmoot.engine.model import (
    PRESENCE_NODE,
    Affiliation,
    Contact,
    Item,
    NodeId,
    State,
    Via,
)
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def hearers(event: Event, view: View, *, created: bool = False) -> Iterator[Notification]:
    """The notifications an event gives rise to, in the order they are to be told.

    created: the same command made the node.
    """
    match event:
        case ItemPublished():
            yield from _published(event, view)
        case SubscriptionChanged(before=before, after=after):
            if any(each is not None and each.occupant is not None for each in (before, after)):
                yield from occupancy.changed(event, view, created=created)
            elif event.node.name == PRESENCE_NODE and view.services.owned(event.node):
                yield from _contact_changed(event, view)
            else:
                yield from _subscription_changed(event, view)
        case StandingChanged():
            yield from occupancy.restated(event, view)
        case SubjectChanged(node=node, item=item):
            record = view.found(node)
            to = record.hearers(Via.MUC)
            yield Spoken(via=Via.MUC, node=node, to=to, item=item, kept=False, config=record.config)
        case ItemsRetracted():
            yield from _retracted(event, view)
        case NodePurged(node=node):
            record = view.found(node)
            to = record.hearers(Via.PUBSUB)
            yield Purged(via=Via.PUBSUB, node=node, to=to, config=record.config)
        case NodeConfigured():
            yield from _configured(event, view)
        case NodeDeleted():
            yield from _deleted(event, view)
        case AffiliationChanged():
            yield from _affiliation_changed(event, view)
        case ApprovalRequested():
            yield from _approval_requested(event, view)
        case ApprovalSettled():
            yield from _approval_settled(event, view)
        case _:
            return


def _published(event: ItemPublished, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    config = record.config
    if config.room is not None:
        to = record.hearers(Via.MUC)
        yield Spoken(
            via=Via.MUC,
            node=event.node,
            to=to,
            item=event.item,
            kept=event.persist,
            config=config,
        )
    elif record.live is not None and event.node.name == PRESENCE_NODE:
        to = (*record.hearers(Via.PRESENCE), event.node.service)
        yield _presence(event.node, to, event.item)
    to = record.hearers(Via.PUBSUB)
    if to and config.deliver_notifications:
        yield Published(via=Via.PUBSUB, node=event.node, to=to, item=event.item, config=config)


def _presence(node: NodeId, to: tuple[JID, ...], item: Item) -> PresenceTold:
    resource = node.service.with_resource(item.id)
    return PresenceTold(
        via=Via.PRESENCE, node=node, to=to, resource=resource, presence=item.payload
    )


def _retracted(event: ItemsRetracted, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    if event.node.name == PRESENCE_NODE and view.services.owned(event.node):
        to = (*record.hearers(Via.PRESENCE), event.node.service)
        for item_id in event.item_ids:
            yield PresenceTold(
                via=Via.PRESENCE,
                node=event.node,
                to=to,
                resource=event.node.service.with_resource(item_id),
                presence=None,
                parting=event.parting,
            )
    to = record.hearers(Via.PUBSUB)
    if to and event.tell:
        yield Retracted(
            via=Via.PUBSUB,
            node=event.node,
            to=to,
            item_ids=event.item_ids,
            config=record.config,
        )


def _configured(event: NodeConfigured, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    vias = (Via.PUBSUB, Via.MUC) if event.after.notify_config else (Via.MUC,)
    for via in vias:
        if to := record.hearers(via):
            yield Configured(
                via=via, node=event.node, to=to, before=event.before, after=event.after
            )


def _deleted(event: NodeDeleted, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    to = record.hearers(Via.PUBSUB)
    if to and event.config.notify_delete:
        yield Deleted(
            via=Via.PUBSUB,
            node=event.node,
            to=to,
            config=event.config,
            redirect=event.redirect,
            reason=event.reason,
        )
    for subscription in event.subscriptions:
        if subscription.occupant is not None:
            yield Deleted(
                via=Via.MUC,
                node=event.node,
                to=(subscription.subscriber,),
                config=event.config,
                redirect=event.redirect,
                reason=event.reason,
                seen=occupancy.seen(record, subscription.subscriber, view, reveal=True),
            )
        elif subscription.via is Via.PRESENCE and subscription.state is State.SUBSCRIBED:
            yield SubscriptionTold(
                via=Via.PRESENCE,
                node=event.node,
                to=(subscription.subscriber,),
                subscriber=subscription.subscriber,
                before=subscription,
                after=None,
                cause=Cause.DELETED,
                config=event.config,
            )


def _affiliation_changed(event: AffiliationChanged, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    if view.services.owned(event.node):
        if event.node.name == PRESENCE_NODE:
            yield from _roster_pushes(event.node, event.jid, view)
    elif record.config.room is None and event.was is not event.now:
        yield AffiliationTold(
            via=Via.PUBSUB,
            node=event.node,
            to=(event.jid,),
            jid=event.jid,
            affiliation=event.now,
            config=record.config,
        )


def _approval_requested(event: ApprovalRequested, view: View) -> Iterator[Notification]:
    subscription = event.subscription
    to = view.owners(event.node) if event.to is None else (event.to,)
    yield ApprovalAsked(
        via=subscription.via,
        node=event.node,
        to=to,
        subscriber=subscription.subscriber,
        subid=subscription.subid,
    )


def _approval_settled(event: ApprovalSettled, view: View) -> Iterator[Notification]:
    others = tuple(owner for owner in view.owners(event.node) if owner != event.by.bare)
    if others:
        yield ApprovalAnswered(
            via=Via.PUBSUB,
            node=event.node,
            to=others,
            subscriber=event.subscriber,
            allowed=event.allowed,
            by=event.by,
        )


def _subscription_changed(event: SubscriptionChanged, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    was = State.NONE if event.before is None else event.before.state
    now = State.NONE if event.after is None else event.after.state
    if was is not now:
        to = () if event.cause is Cause.ASKED else (event.subscriber,)
        if record.config.notify_sub and State.SUBSCRIBED in (was, now):
            to = (*to, *(jid for jid in view.owners(event.node) if jid != event.subscriber))
        if to:
            yield SubscriptionTold(
                via=Via.PUBSUB,
                node=event.node,
                to=to,
                subscriber=event.subscriber,
                before=event.before,
                after=event.after,
                cause=event.cause,
                config=record.config,
            )
    if event.last is not None:
        yield Published(
            via=Via.PUBSUB,
            node=event.node,
            to=(event.subscriber,),
            item=event.last,
            config=record.config,
            last=True,
        )


# --- presence and roster (RFC 6121)


def _contact_changed(event: SubscriptionChanged, view: View) -> Iterator[Notification]:
    """Both rosters, the words between the two, and the presence one hears or hears no longer."""
    owner, subscriber = event.node.service, event.subscriber
    was = State.NONE if event.before is None else event.before.state
    now = State.NONE if event.after is None else event.after.state
    yield from _roster_pushes(event.node, subscriber.bare, view)
    if was is now:
        return
    asked = event.cause is Cause.ASKED and now is State.NONE
    if asked or State.SUBSCRIBED in (was, now) or was is State.PENDING:
        record = view.found(event.node)
        yield SubscriptionTold(
            via=Via.PRESENCE,
            node=event.node,
            to=(owner if asked else subscriber,),
            subscriber=subscriber,
            before=event.before,
            after=event.after,
            cause=event.cause,
            config=record.config,
        )
    live = view.found(event.node).live or {}
    for item in live.values():
        if now is State.SUBSCRIBED:
            yield _presence(event.node, (subscriber,), item)
        elif was is State.SUBSCRIBED:
            yield PresenceTold(
                via=Via.PRESENCE,
                node=event.node,
                to=(subscriber,),
                resource=owner.with_resource(item.id),
                presence=None,
            )


def _roster_pushes(node: NodeId, other: JID, view: View) -> Iterator[Notification]:
    """What became of the item of each on the other's roster, for those who have accounts here."""
    for account, contact in ((other, node.service), (node.service, other)):
        if not view.services.local(account):
            continue
        entry = roster_entry(account, contact, view)
        on_roster = contact == node.service or entry is not None
        if on_roster:
            yield ContactTold(
                via=Via.PRESENCE, node=node, to=(account,), contact=contact, entry=entry
            )


def roster_entry(account: JID, contact: JID, view: View) -> RosterEntry | None:
    """One contact on a roster, of the two subscriptions that make it; None: not on it."""
    theirs, mine = NodeId(contact, PRESENCE_NODE), NodeId(account, PRESENCE_NODE)
    out, back = view.subscription(theirs, account), view.subscription(mine, contact)
    hears = back is not None and back.state is State.SUBSCRIBED
    if out is None and not hears:
        return None
    return RosterEntry(
        contact,
        Contact() if out is None or out.contact is None else out.contact,
        to=out is not None and out.state is State.SUBSCRIBED,
        from_=hears,
        ask=out is not None and out.state is State.PENDING,
        approved=view.explicit(mine, contact) is Affiliation.MEMBER,
    )
