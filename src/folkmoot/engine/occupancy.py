"""Who in a room hears what of whom (XEP-0045 1.35.5, §7): the audience's part about occupants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from folkmoot.engine import narrowing
from folkmoot.engine.affiliates import roll
from folkmoot.engine.events import Cause, SubscriptionChanged
from folkmoot.engine.model import Item, Recall, Role, Subscription, Via
from folkmoot.engine.notifications import Notification, OccupantTold, Seen, Step, Welcomed
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import OccupantsLost, StandingChanged
from folkmoot.engine.sight import as_held, hearing, identified, is_broadcast, moderates, seen
from folkmoot.engine.versions import step
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

SILENT: Final = Element(CLIENT, "presence")
"""What someone leaves with who says nothing."""


@dataclass(frozen=True, slots=True)
class _Why:
    """What is told with an occupant's presence; see `OccupantTold`."""

    cause: Cause
    by: str = ""
    reason: str = ""
    step: Step | None = None
    assigned: bool = False


_ENTERED: Final = _Why(Cause.ENTERED)
_SET: Final = _Why(Cause.SET)


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
    bounds = (config.room.history_items, event.recall.items_max)
    items_max = min(each for each in bounds if each is not None)
    mine = seen(record, jid, view, reveal=True)
    if event.before is not None:
        yield from _renamed(event, record, view)
    yield from _told(record, jid, view, _ENTERED, skip=record.occupants(mine.nick))
    known = event.recall.known
    yield Welcomed(
        via=Via.MUC,
        node=event.node,
        to=(jid,),
        others=others(record, mine, view),
        seen=mine,
        created=created,
        history=_newest(record, event.recall, view) if config.room.archive and items_max else (),
        history_items_max=items_max,
        history_chars_max=event.recall.chars_max,
        subject=None if record.subject is None else identified(record, record.subject, view),
        config=config,
        assigned=event.assigned,
        roll=None if known is None else roll(view, jid, event.node, known),
    )
    yield from _own(record, jid, view, _ENTERED, skip=jid)


def others(record: Node, mine: Seen, view: View) -> tuple[Seen, ...]:
    """Everybody else in a room whose presence an occupant hears, in the order they came."""
    room = record.config.room
    assert room is not None
    moderates = mine.role is Role.MODERATOR
    reveal = room.whois_anyone or moderates
    found = (
        seen(record, record.occupants(nick)[-1], view, reveal=reveal)
        for nick in record.nicks
        if nick != mine.nick
    )
    return tuple(each for each in found if moderates or is_broadcast(record, each.role))


def _moved(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    yield from _renamed(event, record, view)
    yield from _left_behind(event, record, view)
    by = "" if event.cause is Cause.ASKED or event.assigned else record.nick(event.by)
    why = _Why(event.cause, by, event.reason, assigned=event.assigned)
    yield from _shown(record, event.subscriber, view, why)
    if event.cause is Cause.SET:
        assert event.before is not None
        was = as_held(record, event.before, view, reveal=False).role
        promoted = was is not Role.MODERATOR and moderates(record, event.subscriber, view)
        yield from narrowing.followed(record, event.subscriber, view, promoted=promoted)


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
        why = _Why(Cause.SET, record.nick(event.by), event.reason, _step(event, view))
        yield from _shown(record, event.occupant, view, why)
        yield from narrowing.followed(record, event.occupant, view, promoted=event.promoted)


def _step(event: StandingChanged | SubscriptionChanged, view: View) -> Step | None:
    """The change of the room's affiliations that an event follows from (XEP-0463 §5.2.2)."""
    return None if event.change is None else step(view, event.node, event.change)


def _shown(record: Node, jid: JID, view: View, why: _Why) -> Iterator[Notification]:
    """An occupant as they are now, to all in the room."""
    mine = record.occupants(seen(record, jid, view, reveal=True).nick)
    yield from _told(record, jid, view, why, skip=mine)
    yield from _own(record, jid, view, why)


def _renamed(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    """The old nick goes, and says what it is from now on (XEP-0045 §7.6)."""
    before, after = event.before, event.after
    assert before is not None and after is not None
    assert before.occupant is not None and after.occupant is not None
    if before.occupant.nick == after.occupant.nick:
        return
    new_nick = after.occupant.nick
    yield from _parted(event, record, before, view, new_nick=new_nick)


def _left_behind(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    """Another device that still goes by the old nick, to whom it is somebody else's now."""
    before, after = event.before, event.after
    assert before is not None and after is not None
    assert before.occupant is not None and after.occupant is not None
    old = before.occupant.nick
    if old != after.occupant.nick and record.occupants(old):
        mine = seen(record, event.subscriber, view, reveal=True)
        for other in others(record, mine, view):
            if other.nick == old:
                yield _presence(record, other, (event.subscriber,), _SET, own=False)


def _left(event: SubscriptionChanged, record: Node, view: View) -> Iterator[Notification]:
    assert event.before is not None and event.before.occupant is not None
    yield from _parted(event, record, event.before, view)
    rest = record.occupants(event.before.occupant.nick)
    if rest and event.cause in (Cause.ASKED, Cause.LOST):
        # What was seen may have been the device that left.
        yield from _shown(record, rest[-1], view, _SET)


def _parted(
    event: SubscriptionChanged,
    record: Node,
    before: Subscription,
    view: View,
    *,
    new_nick: str = "",
) -> Iterator[Notification]:
    """A nick is not in the room any longer, unless another device still goes by it."""
    presence = SILENT if event.parting is None else event.parting
    own_doing = event.by == before.subscriber  # who acts of themself is no actor (§7.6, §7.14)
    by, change = "" if own_doing else record.nick(event.by), _step(event, view)
    for reveal, own, to in _groups(record, before, event.role, view):
        shown = as_held(record, before, view, reveal=reveal)
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
            step=change,
            config=record.config,
        )


def _groups(
    record: Node, before: Subscription, was: Role | None, view: View
) -> Iterator[tuple[bool, bool, tuple[JID, ...]]]:
    """Who hears that a device is gone: (sees the JID, is told of itself, addresses).

    was: its role, where it is gone for what its account is now.
    """
    gone, occupant = before.subscriber, before.occupant
    assert occupant is not None
    if not record.occupants(occupant.nick):
        role = was or as_held(record, before, view, reveal=False).role
        for reveal, jids in zip((True, False), hearing(record, role, view), strict=True):
            to = tuple(jid for jid in jids if jid != gone)
            if to:
                yield reveal, False, to
    yield True, True, (gone,)


def _told(
    record: Node, jid: JID, view: View, why: _Why, *, skip: tuple[JID, ...]
) -> Iterator[Notification]:
    """An occupant, to all others who hear them, as each class of them sees them."""
    role = seen(record, jid, view, reveal=True).role
    for reveal, jids in zip((True, False), hearing(record, role, view), strict=True):
        to = tuple(each for each in jids if each not in skip) if jids else ()
        if to:
            yield _presence(record, seen(record, jid, view, reveal=reveal), to, why, own=False)


def _own(
    record: Node, jid: JID, view: View, why: _Why, *, skip: JID | None = None
) -> Iterator[Notification]:
    """An occupant, to their own devices."""
    mine = seen(record, jid, view, reveal=True)
    to = tuple(each for each in record.occupants(mine.nick) if each != skip)
    if to:
        yield _presence(record, mine, to, why, own=True)


def _presence(
    record: Node, shown: Seen, to: tuple[JID, ...], why: _Why, *, own: bool
) -> OccupantTold:
    return OccupantTold(
        via=Via.MUC,
        node=record.id,
        to=to,
        seen=shown,
        own=own,
        cause=why.cause,
        by=why.by,
        reason=why.reason,
        step=why.step,
        assigned=why.assigned,
        config=record.config,
    )


def _newest(record: Node, recall: Recall, view: View) -> tuple[Item, ...]:
    """What was said last, as far back as a newcomer wants it told again (XEP-0045 §7.2.14)."""
    return tuple(
        identified(record, item, view)
        for item in record.recent or ()
        if recall.since is None or item.published >= recall.since
    )
