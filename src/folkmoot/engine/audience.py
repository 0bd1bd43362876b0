"""Who hears of an event, and what of it: from facts to notifications.

Asked right after an event is applied, or right before where it ends a node. What a hearer may not
see is left out here, so that no facade has it to give away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from folkmoot.engine import (
    narrowing,
    occupancy,
    personal,
    pictures,
    registry,
    relations,
    scopes,
    ways,
)
from folkmoot.engine.events import (
    AffiliationChanged,
    ApprovalRequested,
    ApprovalSettled,
    Cause,
    DigestTold,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeConfigured,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
)
from folkmoot.engine.model import Hearing, Item, State, Subscription, Via
from folkmoot.engine.notifications import (
    Active,
    AffiliationTold,
    ApprovalAnswered,
    ApprovalAsked,
    Configured,
    Deleted,
    Digested,
    Notification,
    Published,
    Purged,
    Retracted,
    Spoken,
    SubscriptionTold,
)
from folkmoot.engine.record import Node
from folkmoot.engine.replies import reply_to
from folkmoot.engine.room_events import (
    Noticed,
    OccupantsLost,
    RegistrationChanged,
    Reminded,
    StandingChanged,
    Trickled,
)
from folkmoot.engine.sight import identified, seen, veiled
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def foresee(events: Sequence[Event], view: View) -> None:
    """Look at all that `hearers` will look at, while what is missing can still be loaded."""
    nodes = dict.fromkeys(event.node for event in events)  # few, however much happens to one
    for node in nodes:
        view.chain(node)
    if any(map(view.services.is_presence, nodes)):
        for event in events:
            if view.services.is_presence(event.node):
                view.require(relations.foreseen(event))
    if any(map(view.services.is_personal, nodes)):
        personal.foresee(events, view)
    scopes.foresee(events, view)


def hearers(event: Event, view: View, *, created: bool = False) -> Iterator[Notification]:
    """The notifications an event gives rise to, in the order they are to be told.

    created: the same command made the node.
    """
    for told in _heard(event, view, created=created):
        yield from ways.parted(told, event, view)
    yield from scopes.heard(event, view)
    if view.services.is_personal(event.node):
        yield from personal.heard(event, view)


def _heard(event: Event, view: View, *, created: bool) -> Iterator[Notification]:
    match event:
        case ItemPublished():
            yield from _published(event, view)
        case SubscriptionChanged(before=before, after=after):
            if any(each is not None and each.occupant is not None for each in (before, after)):
                yield from occupancy.changed(event, view, created=created)
                yield from registry.unseen(event, view)
            elif view.services.is_presence(event.node):
                yield from relations.changed(event, view)
            if any(each is not None and each.via is Via.PUBSUB for each in (before, after)):
                yield from _subscription_changed(event, view)
        case DigestTold():
            yield from _digested(event, view)
        case OccupantsLost():
            yield from occupancy.lost(event, view)
        case StandingChanged():
            yield from occupancy.restated(event, view)
            yield from registry.unseen(event, view)
        case Trickled():
            yield from registry.trickled(event, view)
        case Noticed(node=node, to=to):
            if to:
                yield Active(via=Via.MUC, node=node, to=to, rooms=(node,))
        case Reminded(node=node, rooms=rooms, jid=jid):
            yield Active(via=Via.MUC, node=node, to=(jid,), rooms=rooms)
        case ItemsRetracted():
            yield from _retracted(event, view)
        case RegistrationChanged():
            yield from registry.changed(event, view)
        case NodePurged(node=node):
            record = view.found(node)
            if record.config.notify_retract:
                heard = scopes.hearings(view, record, gathered=True)
                for hearing, (to, named) in heard.items():
                    yield Purged(
                        via=Via.PUBSUB,
                        node=node,
                        to=to,
                        config=record.config,
                        hearing=hearing,
                        named=named,
                    )
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
        if to := record.inside:
            yield Spoken(
                via=Via.MUC,
                node=event.node,
                to=to,
                item=identified(record, event.item, view),
                kept=event.persist,
                config=config,
            )
    elif event.live:
        yield from relations.published(event, view)
    replies = reply_to(view, event.node, config)
    if event.evicted and personal.tells_of_evicted(config):
        for hearing, (to, named) in scopes.hearings(view, record, gathered=True).items():
            yield Retracted(
                via=Via.PUBSUB,
                node=event.node,
                to=to,
                item_ids=event.evicted,
                config=config,
                hearing=hearing,
                named=named,
            )
    if config.deliver_notifications:
        item = veiled(record, event.item)
        for hearing, (to, named) in scopes.hearings(view, record, gathered=False).items():
            for each in pictures.under_both(item) if config.is_space else (item,):
                yield Published(
                    via=Via.PUBSUB,
                    node=event.node,
                    to=to,
                    item=each,
                    config=config,
                    reply_to=replies,
                    hearing=hearing,
                    named=named,
                )


def _digested(event: DigestTold, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    config = record.config
    if not event.items or not config.deliver_notifications:
        return
    items, follows = event.items, scopes.follows_rosters(view, config)
    if config.is_space:
        items = tuple(each for item in items for each in pictures.under_both(item))
    grouped: dict[Hearing, tuple[list[JID], dict[JID, tuple[str, ...]]]] = {}
    for held, subid in event.told:
        if follows and not scopes.is_admitted(view, record, held.subscriber):
            continue
        terms = next(each for each in held.terms if each.subid == subid)
        to, named = grouped.setdefault(terms.manner.hearing, ([], {}))
        if held.more:
            named[held.subscriber] = (*named.get(held.subscriber, ()), subid)
        else:
            to.append(held.subscriber)
    for hearing, (alone, several) in grouped.items():
        yield Digested(
            via=Via.PUBSUB,
            node=event.node,
            to=tuple(alone),
            items=items,
            config=config,
            reply_to=reply_to(view, event.node, config),
            hearing=hearing,
            named=several,
        )


def _retracted(event: ItemsRetracted, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    if view.services.is_presence(event.node):
        yield from relations.retracted(event, view)
    heard = scopes.hearings(view, record, gathered=True) if event.tell else {}
    for hearing, (to, named) in heard.items():
        yield Retracted(
            via=Via.PUBSUB,
            node=event.node,
            to=to,
            item_ids=pictures.named_both(event.item_ids)
            if record.config.is_space
            else event.item_ids,
            config=record.config,
            hearing=hearing,
            named=named,
        )


def _configured(event: NodeConfigured, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    told = {Via.MUC: record.inside}
    if event.after.notify_config:
        told = {Via.PUBSUB: record.hearers(Via.PUBSUB), **told}
    for via, to in told.items():
        if to:
            yield Configured(
                via=via, node=event.node, to=to, before=event.before, after=event.after
            )
    yield from narrowing.configured(event, view)


def _deleted(event: NodeDeleted, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    waiting = (
        each.subscriber
        for each in event.subscriptions
        if each.via is Via.PUBSUB and each.state is State.PENDING
    )
    further = scopes.told_of_end(view, record)
    to = (*record.hearers(Via.PUBSUB), *waiting, *further)  # §8.4.2
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
                password=event.password,
                seen=seen(record, subscription.subscriber, view, reveal=True),
            )
    if view.services.is_presence(event.node):
        yield from relations.deleted(event, view)


def _affiliation_changed(event: AffiliationChanged, view: View) -> Iterator[Notification]:
    record = view.found(event.node)
    if view.services.owned(event.node):
        if view.services.is_presence(event.node):
            yield from relations.approved(event, view)
    elif record.config.room is not None:
        yield from registry.affiliated(event, view)
    elif event.was is not event.now:
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
        said=None if subscription.contact is None else subscription.contact.request,
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
    olds = {} if event.before is None else {each.subid: each for each in event.before.apart}
    news = {} if event.after is None else {each.subid: each for each in event.after.apart}
    for subid in dict.fromkeys((*olds, *news)):
        before, after = olds.get(subid), news.get(subid)
        was = State.NONE if before is None else before.state
        now = State.NONE if after is None else after.state
        if was is now:
            continue
        to = () if event.cause is Cause.ASKED else (event.subscriber,)
        restored = event.cause is Cause.RESTORED
        if record.config.notify_sub and not restored and State.SUBSCRIBED in (was, now):
            to = (*to, *(jid for jid in view.owners(event.node) if jid != event.subscriber))
        if to:
            yield SubscriptionTold(
                via=Via.PUBSUB,
                node=event.node,
                to=to,
                subscriber=event.subscriber,
                before=before,
                after=after,
                cause=event.cause,
                config=record.config,
            )
    if event.last is not None and event.after is not None:
        yield from last_published(view, record, event.after, event.subscriber, event.last)


def last_published(
    view: View, record: Node, held: Subscription, to: JID, item: Item
) -> Iterator[Published]:
    """The newest item, as a subscription lets one address hear of it (XEP-0060 §6.1.7)."""
    for hearing, subids in held.hearings(gathered=False):
        yield Published(
            via=Via.PUBSUB,
            node=record.id,
            to=() if subids else (to,),
            item=veiled(record, item),
            config=record.config,
            reply_to=reply_to(view, record.id, record.config),
            last=True,
            hearing=hearing,
            named={to: subids} if subids else {},
        )
