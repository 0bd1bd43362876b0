"""Items told together, once in a while: XEP-0060 1.30.0, §6.3 and §16.4.2, `pubsub#digest`.

A subscription has a mark, behind which its digest begins, and a time at which that is due. Nothing
is written where an item is published: the mark and the time move when the time has come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from folkmoot.engine.commands import Settings
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.digest import (
    DIGEST_ITEMS_MAX,
    DIGEST_SECONDS,
    DIGESTS_AT_ONCE_MAX,
    Digest,
)
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Cause, DigestTold, Event, ItemsRetracted, SubscriptionChanged
from folkmoot.engine.model import HERE, NodeId, Subscription, Terms
from folkmoot.engine.record import Node
from folkmoot.engine.store import Edge, ItemPage, ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

OPTIONS: Final = ("digest", "digest_seconds")
"""What of a subscription's options is about digests."""


def chosen(before: Digest | None, options: Settings) -> Digest | None:
    """Whether items are gathered, and how often they are told; what is not named stays."""
    digest, seconds = (options.get(name) for name in OPTIONS)
    if digest is False or (digest is None and before is None):
        return None
    if before is None:
        return Digest(DIGEST_SECONDS if seconds is None else seconds)
    if seconds is None:
        return before
    return before._replace(seconds=seconds, at=before.at + seconds - before.seconds)


def begun(events: Sequence[Event], view: View, stamp: Stamp) -> Iterator[Event]:
    """The same events; from each by which a subscription begins to gather on it does so.

    Where it ceases to, because its subscriber now wants items one by one, or its lease is over,
    what it has gathered is told before. To who leaves, or has delivery held back, nothing is.
    Raises Refused(BAD_CONFIG, "digest") for what cannot be gathered.
    """
    for event in events:
        if isinstance(event, SubscriptionChanged) and any(
            each is not None and (each.digest is not None or each.more)
            for each in (event.before, event.after)
        ):
            yield from _begun(event, _gone(events), view, stamp)
        else:
            yield event


def _begun(
    event: SubscriptionChanged, gone: frozenset[str], view: View, stamp: Stamp
) -> Iterator[Event]:
    node, before, after = event.node, event.before, event.after
    olds = {} if before is None else {each.subid: each for each in before.terms}
    news = {} if after is None else {each.subid: each for each in after.terms}
    gathering = frozenset(() if before is None else (each.subid for each in before.gathering))
    for subid in olds:
        new = news.get(subid)
        told = event.cause is Cause.EXPIRED if new is None else new.hears_items
        if before is not None and subid in gathering and told and (new is None or not new.digest):
            yield from _rest(node, before, olds[subid], gone, view)
    if after is None:
        yield event
        return
    for subid, new in news.items():
        old = olds.get(subid)
        if new.digest and (old is None or not old.digest or old.scope != new.scope):
            _hold(node, after, new, view)
    for new in after.gathering:
        if new.digest and new.subid not in gathering:
            told_so_far, seconds = _newest(node, view), new.digest.seconds
            news[new.subid] = new._replace(digest=Digest(seconds, told_so_far, stamp.at + seconds))
    yield replace(event, after=after.on(*news.values()))


def _hold(node: NodeId, held: Subscription, terms: Terms, view: View) -> None:
    """Nothing, where items can be gathered: a node's own, and only where they are kept.

    Not those of a room, nor for a stream alone.
    """
    config = view.config(node)
    if config is None or config.room is not None or not config.keeps_items:
        raise Refused(Reason.BAD_CONFIG, "digest")
    if held.temporary or terms.scope != HERE:
        raise Refused(Reason.BAD_CONFIG, "digest")


def _rest(
    node: NodeId, held: Subscription, terms: Terms, gone: frozenset[str], view: View
) -> Iterator[DigestTold]:
    """All that has been gathered for a subscription, a page at a time."""
    told = 0 if terms.digest is None else terms.digest.told
    while (page := _page(node, told, view)).items:
        items = tuple(item for item in page.items if item.id not in gone)
        yield DigestTold(node=node, items=items, told=((held, terms.subid),))
        told = page.places[-1]


class _Waiting(NamedTuple):
    """A subscription for which a digest is looked at."""

    jid: JID
    subid: str
    digest: Digest

    def rank(self, at: float) -> tuple[bool, float]:
        """What is due comes first, the longest due before all; else who was told least."""
        late = self.digest.at <= at
        return (not late, self.digest.at if late else self.digest.told)


def due(
    record: Node, before: Sequence[Event], view: View, stamp: Stamp, *, crowded: bool
) -> tuple[DigestTold, ...]:
    """The digests of a node that are due, DIGESTS_AT_ONCE_MAX at most.

    One has a page of items at most; where there are more, it is due again at once.
    before: what else happens to the node at this time. crowded: also look for those that have
    DIGEST_ITEMS_MAX items waiting.
    """
    gatherers = record.gatherers(None if crowded else stamp.at)
    after = view.supposing(before) if gatherers else view
    held = {
        jid: subscription
        for jid in gatherers
        if (subscription := after.subscription(record.id, jid)) is not None
    }
    waiting = [
        _Waiting(jid, each.subid, each.digest)
        for jid, subscription in held.items()
        for each in subscription.gathering
        if each.digest and (crowded or each.digest.at <= stamp.at)
    ]
    waiting.sort(key=lambda each: each.rank(stamp.at))
    return tuple(_told(record.id, waiting[:DIGESTS_AT_ONCE_MAX], held, before, view, stamp))


def _told(
    node: NodeId,
    waiting: Sequence[_Waiting],
    held: MutableMapping[JID, Subscription],
    before: Iterable[Event],
    view: View,
    stamp: Stamp,
) -> Iterator[DigestTold]:
    """What is told to whom: those who were told up to the same place hear the same."""
    if not waiting:
        return
    page = _page(node, min(each.digest.told for each in waiting), view)
    newest = _newest(node, view)
    end = page.places[-1] if page.places else newest
    gone = _gone(before)
    alike: dict[int, list[_Waiting]] = {}
    for each in waiting:
        alike.setdefault(each.digest.told, []).append(each)
    for told, those in alike.items():
        if told >= end and end < newest:
            continue  # theirs stand beyond the page; they stay due
        items = page.items[bisect_right(page.places, told) :]
        hearers: list[tuple[Subscription, str]] = []
        for jid, subid, digest in those:
            if digest.at <= stamp.at or len(items) >= DIGEST_ITEMS_MAX:
                at = stamp.at + (digest.seconds if end >= newest else 0.0)
                moved = digest._replace(told=max(told, end), at=at)
                held[jid] = _moved(held[jid], subid, moved)
                hearers.append((held[jid], subid))
        if hearers:
            left = tuple(item for item in items if item.id not in gone)
            yield DigestTold(node=node, items=left, told=tuple(hearers))


def _moved(held: Subscription, subid: str, digest: Digest) -> Subscription:
    terms = (each._replace(digest=digest) if each.subid == subid else each for each in held.terms)
    return held.on(*terms)


def _gone(events: Iterable[Event]) -> frozenset[str]:
    """The items that go by the same command."""
    retractions = (event for event in events if isinstance(event, ItemsRetracted))
    return frozenset(item_id for event in retractions for item_id in event.item_ids)


def _page(node: NodeId, since: int, view: View) -> ItemPage:
    return view.page(ItemQuery(node=node, since=since, counted=False))


def _newest(node: NodeId, view: View) -> int:
    """The place of the newest item; 0 where there is none."""
    places = view.page(ItemQuery(node=node, edge=Edge.NEWEST, limit=1, counted=False)).places
    return places[-1] if places else 0
