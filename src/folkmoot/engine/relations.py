"""Who hears what of an account (RFC 6121, §2-§4): the audience's part about presence and rosters.

Two accounts are two subscriptions to each other: each one's keeps the name and groups it gave the
other, and whoever has one, in any state, has the other on the roster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from folkmoot.engine.events import (
    AffiliationChanged,
    Cause,
    Event,
    ItemPublished,
    ItemsRetracted,
    NodeDeleted,
    SubscriptionChanged,
)
from folkmoot.engine.model import PRESENCE_NODE, Affiliation, Item, NodeId, State, Subscription, Via
from folkmoot.engine.notifications import (
    ContactTold,
    Notification,
    PresenceTold,
    RosterEntry,
    SubscriptionTold,
)
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

VERSION_BITS: Final = 128


@dataclass(frozen=True, slots=True)
class Roster:
    """An account's roster, in no particular order, and what its version is called (§2.6)."""

    entries: tuple[RosterEntry, ...]
    version: str


def presence_of(account: JID) -> NodeId:
    """The node whose items are an account's resources."""
    return NodeId(account.bare, PRESENCE_NODE)


def roster(view: View, account: JID) -> Roster:
    """All who are on an account's roster (RFC 6121 §2.1.4)."""
    mine = presence_of(account)
    places = [each for each in view.subscribed(account) if view.services.is_presence(each)]
    view.require([*places, mine])
    found = (roster_entry(view, account, place.service) for place in places)
    entries = tuple(entry for entry in found if entry is not None)
    total = sum(map(_weight, entries)) % 2**VERSION_BITS
    view.rosters[account] = total
    return Roster(entries, _version(total))


def roster_entry(view: View, account: JID, contact: JID) -> RosterEntry | None:
    """One contact on a roster; None: not on it."""
    return _entry(
        contact,
        view.subscription(presence_of(contact), account),
        view.subscription(presence_of(account), contact),
        view.explicit(presence_of(account), contact),
    )


def _entry(
    contact: JID, out: Subscription | None, back: Subscription | None, row: Affiliation | None
) -> RosterEntry | None:
    """out: the account's subscription to the contact; back: the contact's to the account."""
    if out is None or out.contact is None:
        return None
    return RosterEntry(
        contact,
        replace(out.contact, request=None),
        to=out.state is State.SUBSCRIBED,
        from_=back is not None and back.state is State.SUBSCRIBED,
        ask=out.state is State.PENDING,
        approved=row is Affiliation.MEMBER,
    )


def _weight(entry: RosterEntry | None) -> int:
    """What an item adds to its roster's version: the sum is one, in whatever order they come."""
    if entry is None:
        return 0
    said = (str(entry.jid), entry.contact.name, entry.contact.groups)
    state = (entry.to, entry.from_, entry.ask, entry.approved)
    digest = sha256(repr((said, state)).encode()).digest()
    return int.from_bytes(digest[: VERSION_BITS // 8], "big")


def _version(total: int) -> str:
    return f"{total:0{VERSION_BITS // 4}x}"


def foreseen(event: Event) -> Iterable[NodeId]:
    """What the audience looks at besides the node itself, for an event of a presence node."""
    match event:
        case SubscriptionChanged(subscriber=jid) | AffiliationChanged(jid=jid):
            return (presence_of(jid),)
        case NodeDeleted(subscriptions=subscriptions):
            return tuple(presence_of(each.subscriber) for each in subscriptions)
        case _:
            return ()


def published(event: ItemPublished, view: View) -> Iterator[Notification]:
    """A resource is available, for contacts and for the account itself (§4.2.2, §4.4.2)."""
    to = (*view.found(event.node).hearers(Via.PRESENCE), event.node.service)
    yield _available(event.node, to, event.item)


def retracted(event: ItemsRetracted, view: View) -> Iterator[Notification]:
    """Resources are available no longer (§4.5.2)."""
    to = (*view.found(event.node).hearers(Via.PRESENCE), event.node.service)
    for item_id in event.item_ids:
        gone = _unavailable(event.node, to, item_id)
        yield replace(gone, parting=event.parting)


def _available(node: NodeId, to: tuple[JID, ...], item: Item) -> PresenceTold:
    resource = node.service.with_resource(item.id)
    return PresenceTold(
        via=Via.PRESENCE, node=node, to=to, resource=resource, presence=item.payload
    )


def _unavailable(node: NodeId, to: tuple[JID, ...], item_id: str) -> PresenceTold:
    resource = node.service.with_resource(item_id)
    return PresenceTold(via=Via.PRESENCE, node=node, to=to, resource=resource, presence=None)


def changed(event: SubscriptionChanged, view: View) -> Iterator[Notification]:
    """The words between the two, both rosters, and the presence one hears or hears no longer.

    In the order of §3.1.6 and §3.2.3: words come before the roster push, and who is not subscribed
    any more hears first that nobody is there.
    """
    was = State.NONE if event.before is None else event.before.state
    now = State.NONE if event.after is None else event.after.state
    record = view.found(event.node)
    subscription = event.before if event.after is None else event.after
    heard = subscription is not None and subscription.via is Via.PRESENCE
    live = tuple((record.live or {}).values()) if heard else ()
    if was is State.SUBSCRIBED is not now:
        yield from _all_gone(event.node, event.subscriber, live)
    if heard and was is not now and (State.SUBSCRIBED in (was, now) or was is State.PENDING):
        left = now is State.NONE and event.by.bare == event.subscriber.bare
        yield SubscriptionTold(
            via=Via.PRESENCE,
            node=event.node,
            to=(event.node.service if left else event.subscriber,),
            subscriber=event.subscriber,
            before=event.before,
            after=event.after,
            cause=event.cause,
            config=record.config,
            said=event.said,
        )
    yield from _pushes_of_change(event, view)
    if now is State.SUBSCRIBED is not was:
        for item in live:
            yield _available(event.node, (event.subscriber,), item)


def _all_gone(node: NodeId, subscriber: JID, live: Iterable[Item]) -> Iterator[PresenceTold]:
    for item in live:
        yield _unavailable(node, (subscriber,), item.id)


def _pushes_of_change(event: SubscriptionChanged, view: View) -> Iterator[ContactTold]:
    """To the subscriber and then to who is subscribed to, where the other's item changed."""
    one, other = event.subscriber.bare, event.node.service
    reverse = view.subscription(presence_of(one), other)
    row = view.explicit(presence_of(one), other)
    yield from _push(
        view,
        event.node,
        one,
        _entry(other, event.before, reverse, row),
        _entry(other, event.after, reverse, row),
        asked=event.cause is Cause.SET,
    )
    row = view.explicit(event.node, one)
    before, after = (_entry(one, reverse, each, row) for each in (event.before, event.after))
    yield from _push(view, event.node, other, before, after)


def approved(event: AffiliationChanged, view: View) -> Iterator[Notification]:
    """An approval given beforehand is there or gone, and shows on the roster (§3.4.2)."""
    out = view.subscription(presence_of(event.jid), event.node.service)
    back = view.subscription(event.node, event.jid)
    before, after = (_entry(event.jid, out, back, row) for row in (event.before, event.after))
    yield from _push(view, event.node, event.node.service, before, after)


def deleted(event: NodeDeleted, view: View) -> Iterator[Notification]:
    """An account is gone: its resources, the subscriptions to it, and it from every roster."""
    owner = event.node.service
    live = tuple((view.found(event.node).live or {}).values())
    view.rosters.pop(owner, None)
    for subscription in event.subscriptions:
        if subscription.contact is None:
            continue
        jid = subscription.subscriber
        if subscription.state is State.SUBSCRIBED:
            yield from _all_gone(event.node, jid, live)
        if subscription.state is not State.NONE:
            yield SubscriptionTold(
                via=Via.PRESENCE,
                node=event.node,
                to=(jid,),
                subscriber=jid,
                before=subscription,
                after=None,
                cause=Cause.DELETED,
                config=event.config,
            )
        entry = roster_entry(view, jid.bare, owner)
        yield from _push(view, event.node, jid.bare, entry, None)


def _push(
    view: View,
    node: NodeId,
    account: JID,
    before: RosterEntry | None,
    after: RosterEntry | None,
    *,
    asked: bool = False,
) -> Iterator[ContactTold]:
    """What became of an item, for an account here, if it is not what it was (§2.1.6).

    asked: it was set, and is pushed even if nothing came of it (§2.3.2).
    """
    known = before if after is None else after
    if known is None or (before == after and not asked) or not view.services.local(account):
        return
    yield ContactTold(
        via=Via.PRESENCE,
        node=node,
        to=(account,),
        contact=known.jid,
        entry=after,
        version=_moved(view, account, before, after),
    )


def _moved(view: View, account: JID, before: RosterEntry | None, after: RosterEntry | None) -> str:
    """The version of a roster with one item changed; "" where nobody asked for the roster yet."""
    total = view.rosters.get(account)
    if total is None:
        return ""
    view.rosters[account] = total = (total + _weight(after) - _weight(before)) % 2**VERSION_BITS
    return _version(total)
