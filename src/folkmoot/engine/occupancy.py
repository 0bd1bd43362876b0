"""Who in a room hears what of whom (XEP-0045 1.35.5, §7): the audience's part about occupants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.configuration import RoomConfig
from folkmoot.engine.events import Cause, OccupantsLost, StandingChanged, SubscriptionChanged
from folkmoot.engine.identity import occupant_id
from folkmoot.engine.model import Item, Recall, Role, Subscription, Via
from folkmoot.engine.notifications import Notification, OccupantTold, Seen, Welcomed
from folkmoot.engine.record import Node
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

_SILENT: Final = Element(CLIENT, "presence")
"""What someone leaves with who says nothing."""


def seen(record: Node, jid: JID, view: View, *, reveal: bool) -> Seen:
    """An occupant as hearers see them who may see their real JID, or may not."""
    subscription = record.subscriptions[jid]
    assert subscription.occupant is not None and record.config.room is not None
    nick = subscription.occupant.nick
    primary = record.occupants(nick)[-1] == jid
    kept = record.derived.shown.get(nick, {}).get(reveal) if primary else None
    if isinstance(kept, Seen):
        return kept
    made = _made(record, subscription, view, reveal=reveal)
    if primary:
        record.derived.shown.setdefault(nick, {})[reveal] = made
    return made


def _made(record: Node, subscription: Subscription, view: View, *, reveal: bool) -> Seen:
    occupant, room, jid = subscription.occupant, record.config.room, subscription.subscriber
    assert occupant is not None and room is not None
    standing = view.affiliation(record.id, jid)
    return Seen(
        occupant.nick,
        jid if reveal else None,
        standing,
        access.role(room, standing, occupant.role),
        occupant.presence,
        occupant_id(record, jid, view),
        view.hats(record.id, jid),
    )


def identified(record: Node, item: Item, view: View) -> Item:
    """What was said in a room, with what its author is known by; the room itself is nobody."""
    if not item.nick:
        return item
    return replace(item, occupant=occupant_id(record, item.publisher, view))


def veiled(record: Node, item: Item) -> Item:
    """What was said in a room, for those who are not in it: by an occupant, not by somebody."""
    room = record.config.room
    if room is None or room.whois_anyone:
        return item
    occupant = JID(record.id.name, record.id.service.domain, item.nick)
    return replace(item, publisher=occupant)


def classes(record: Node, view: View) -> tuple[tuple[JID, ...], tuple[JID, ...]]:
    """The occupants who see real JIDs, and those who do not."""
    room = record.config.room
    assert room is not None
    if room.whois_anyone:
        return record.hearers(Via.MUC), ()
    derived = record.derived
    if derived.seers is None:
        sees: list[JID] = []
        blind: list[JID] = []
        for jid in record.hearers(Via.MUC):
            (sees if _moderates(record, jid, view) else blind).append(jid)
        derived.seers = tuple(sees), tuple(blind)
    return derived.seers


def _moderates(record: Node, jid: JID, view: View) -> bool:
    shown = seen(record, jid, view, reveal=False)
    return shown.role is Role.MODERATOR


def changed(event: SubscriptionChanged, view: View, *, created: bool) -> Iterator[Notification]:
    """Somebody came, changed or left."""
    record = view.found(event.node)
    if event.after is None:
        yield from _left(event, record, view)
    elif event.cause is Cause.ENTERED:
        yield from _entered(event, record, view, created=created)
    else:
        yield from _moved(event, record, view)


def _entered(
    event: SubscriptionChanged, record: Node, view: View, *, created: bool
) -> Iterator[Notification]:
    jid, config = event.subscriber, record.config
    assert config.room is not None
    mine = seen(record, jid, view, reveal=True)
    if event.before is not None:
        yield from _renamed(event, record, view)
    yield from _told(record, jid, view, cause=Cause.ENTERED, skip=record.occupants(mine.nick))
    reveal = config.room.whois_anyone or mine.role is Role.MODERATOR
    yield Welcomed(
        via=Via.MUC,
        node=event.node,
        to=(jid,),
        others=tuple(
            seen(record, record.occupants(nick)[-1], view, reveal=reveal)
            for nick in record.nicks
            if nick != mine.nick
        ),
        seen=mine,
        created=created,
        history=_newest(record, config.room, event.recall, view),
        history_chars_max=event.recall.chars_max,
        subject=None if record.subject is None else identified(record, record.subject, view),
        config=config,
    )
    yield from _own(record, jid, view, cause=Cause.ENTERED, skip=jid)


def _moved(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    yield from _renamed(event, record, view)
    by = "" if event.cause is Cause.ASKED else record.nick(event.by)
    yield from _shown(record, event.subscriber, view, cause=event.cause, by=by, reason=event.reason)


def lost(event: OccupantsLost, view: View) -> Iterator[Notification]:
    """Several are gone at once; only those hear of each who are still there."""
    for each in event.occupants:
        left = SubscriptionChanged(
            node=event.node,
            subscriber=each.subscriber,
            before=each,
            after=None,
            by=event.by,
            cause=Cause.LOST,
        )
        told = _left(left, view.found(event.node), view)
        yield from (heard for heard in told if each.subscriber not in heard.to)


def restated(event: StandingChanged, view: View) -> Iterator[Notification]:
    """What an occupant is, once more, to all: another presence, role or affiliation."""
    record = view.found(event.node)
    if event.occupant in record.subscriptions:
        by = record.nick(event.by)
        yield from _shown(record, event.occupant, view, cause=Cause.SET, by=by, reason=event.reason)


def _shown(
    record: Node, jid: JID, view: View, *, cause: Cause, by: str = "", reason: str = ""
) -> Iterator[Notification]:
    """An occupant as they are now, to all in the room."""
    mine = record.occupants(seen(record, jid, view, reveal=True).nick)
    yield from _told(record, jid, view, cause=cause, skip=mine, by=by, reason=reason)
    yield from _own(record, jid, view, cause=cause, by=by, reason=reason)


def _renamed(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    """The old nick goes, and says what it is from now on (XEP-0045 §7.6)."""
    before, after = event.before, event.after
    assert before is not None and after is not None
    assert before.occupant is not None and after.occupant is not None
    if before.occupant.nick == after.occupant.nick:
        return
    new_nick = after.occupant.nick
    yield from _parted(event, record, before, view, new_nick=new_nick)


def _left(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    assert event.before is not None and event.before.occupant is not None
    yield from _parted(event, record, event.before, view)
    rest = record.occupants(event.before.occupant.nick)
    if rest and event.cause in (Cause.ASKED, Cause.LOST):
        # What was seen may have been the device that left.
        yield from _shown(record, rest[-1], view, cause=Cause.SET)


def _parted(
    event: SubscriptionChanged,
    record: Node,
    before: Subscription,
    view: View,
    *,
    new_nick: str = "",
) -> Iterator[Notification]:
    """A nick is not in the room any longer, unless another device still goes by it."""
    occupant = before.occupant
    assert occupant is not None
    by = record.nick(event.by)
    presence = _SILENT if event.parting is None else event.parting
    for reveal, own, to in _groups(record, before, view):
        shown = _made(record, before, view, reveal=reveal)
        yield OccupantTold(
            via=Via.MUC,
            node=event.node,
            to=to,
            seen=replace(
                shown, role=shown.role if new_nick else None, presence=presence, worded={}
            ),
            own=own,
            cause=event.cause,
            left=True,
            new_nick=new_nick,
            by=by,
            reason=event.reason,
            config=record.config,
        )


def _groups(
    record: Node, before: Subscription, view: View
) -> Iterator[tuple[bool, bool, tuple[JID, ...]]]:
    """Who hears that a device is gone: (sees the JID, is told of itself, addresses)."""
    gone, occupant = before.subscriber, before.occupant
    assert occupant is not None
    if not record.occupants(occupant.nick):
        sees, blind = classes(record, view)
        for reveal, jids in ((True, sees), (False, blind)):
            to = tuple(jid for jid in jids if jid != gone)
            if to:
                yield reveal, False, to
    yield True, True, (gone,)


def _told(
    record: Node,
    jid: JID,
    view: View,
    *,
    cause: Cause,
    skip: tuple[JID, ...],
    by: str = "",
    reason: str = "",
) -> Iterator[Notification]:
    """An occupant, to all others, as each class of them sees them."""
    for reveal, jids in zip((True, False), classes(record, view), strict=True):
        to = tuple(each for each in jids if each not in skip) if jids else ()
        if to:
            yield OccupantTold(
                via=Via.MUC,
                node=record.id,
                to=to,
                seen=seen(record, jid, view, reveal=reveal),
                own=False,
                cause=cause,
                by=by,
                reason=reason,
                config=record.config,
            )


def _own(
    record: Node,
    jid: JID,
    view: View,
    *,
    cause: Cause,
    skip: JID | None = None,
    by: str = "",
    reason: str = "",
) -> Iterator[Notification]:
    """An occupant, to their own devices."""
    mine = seen(record, jid, view, reveal=True)
    to = tuple(each for each in record.occupants(mine.nick) if each != skip)
    if to:
        yield OccupantTold(
            via=Via.MUC,
            node=record.id,
            to=to,
            seen=mine,
            own=True,
            cause=cause,
            by=by,
            reason=reason,
            config=record.config,
        )


def _newest(record: Node, room: RoomConfig, recall: Recall, view: View) -> tuple[Item, ...]:
    """What was said last, as far as room and newcomer want it told again (XEP-0045 §7.2.14)."""
    bounds = [each for each in (room.history_items, recall.items_max) if each is not None]
    recent = tuple(record.recent or ())[-min(bounds) :] if min(bounds) else ()
    return tuple(
        identified(record, item, view)
        for item in recent
        if recall.since is None or item.published >= recall.since
    )
