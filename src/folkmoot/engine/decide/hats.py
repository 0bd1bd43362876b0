"""Hats: what people are in a room besides, to be seen and no more (XEP-0317 0.3.1).

A hat gives no rights. It belongs to a room or to a space, in whose rooms it is worn as well: that
follows from the chain, as standing does (docs/extensions/hats.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event, NodeConfigured
from folkmoot.engine.model import Hat, NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.room_commands import DestroyHat, SetHat, WearHat
from folkmoot.engine.room_events import HatsChanged, StandingChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

HATS_PER_NODE_MAX: Final = 50
"""How many hats a room or a space has."""

HATS_PER_WEARER_MAX: Final = 10
"""How many of them one person wears: all go into each presence."""

WEARERS_PER_NODE_MAX: Final = 10_000
"""How many people wear a hat of one room or space."""

HAT_TITLE_CHARS_MAX: Final = 100

HAT_URI_CHARS_MAX: Final = 500

_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_HUE: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?")
_DEGREES: Final = 360


def set_hat(command: SetHat, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A hat, or another title and colour for it (§3.2); who wears it is seen anew."""
    record = _found(command.node, view)
    _hold(access.refuses_hats(view.affiliation(record.id, command.actor)))
    hat, held = command.hat, record.config.hats
    _hold_words(hat)
    if any(each.uri == hat.uri for each in held):
        hats = tuple(hat if each.uri == hat.uri else each for each in held)
    elif len(held) < HATS_PER_NODE_MAX:
        hats = (*held, hat)
    else:
        raise Refused(Reason.TOO_MANY_HATS)
    if hats == held:
        return ()
    return _followed([_configured(record, hats, command.actor)], record, view, command.actor)


def destroy_hat(command: DestroyHat, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """No such hat any more, and nobody wears it (§3.3)."""
    record = _found(command.node, view)
    _hold(access.refuses_hats(view.affiliation(record.id, command.actor)))
    _hold_known(record, command.uri)
    hats = tuple(each for each in record.config.hats if each.uri != command.uri)
    events: list[Event] = [_configured(record, hats, command.actor)]
    events.extend(
        _worn(record, jid, tuple(each for each in worn if each != command.uri), command.actor)
        for jid, worn in record.wearers.items()
        if command.uri in worn
    )
    return _followed(events, record, view, command.actor)


def wear_hat(command: WearHat, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Somebody wears a hat from now on (§3.5), or no longer (§3.6)."""
    record, jid = _found(command.node, view), command.jid.bare
    _hold(access.refuses_wearing(view.affiliation(record.id, command.actor)))
    _hold_known(record, command.uri)
    worn = record.wearers.get(jid, ())
    if command.worn is (command.uri in worn):
        if command.worn:
            return ()
        raise Refused(Reason.ITEM_NOT_FOUND)
    if not command.worn:
        after = tuple(each for each in worn if each != command.uri)
    elif len(worn) >= HATS_PER_WEARER_MAX or (
        not worn and len(record.wearers) >= WEARERS_PER_NODE_MAX
    ):
        raise Refused(Reason.TOO_MANY_HATS)
    else:
        after = (*worn, command.uri)
    return _followed([_worn(record, jid, after, command.actor)], record, view, command.actor)


def _found(node: NodeId, view: View) -> Node:
    record = view.found(node)
    if record.config.room is None and not record.config.is_space:
        raise Refused(Reason.NODE_NOT_FOUND)
    return record


def _hold(reason: Reason | None) -> None:
    if reason is not None:
        raise Refused(reason)


def _hold_known(record: Node, uri: str) -> None:
    if all(each.uri != uri for each in record.config.hats):
        raise Refused(Reason.ITEM_NOT_FOUND)


def _hold_words(hat: Hat) -> None:
    """Nothing, for a hat with an address, words for it and a colour there is (XEP-0392 §5.1)."""
    if not 1 <= len(hat.title.strip()) <= len(hat.title) <= HAT_TITLE_CHARS_MAX:
        raise Refused(Reason.BAD_CONFIG, "hats#title")
    if len(hat.uri) > HAT_URI_CHARS_MAX or _URI.fullmatch(hat.uri) is None:
        raise Refused(Reason.BAD_CONFIG, "hats#uri")
    if hat.hue and (_HUE.fullmatch(hat.hue) is None or float(hat.hue) > _DEGREES):
        raise Refused(Reason.BAD_CONFIG, "hats#hue")


def _configured(record: Node, hats: tuple[Hat, ...], by: JID) -> NodeConfigured:
    after = replace(record.config, hats=hats)
    return NodeConfigured(node=record.id, before=record.config, after=after, by=by)


def _worn(record: Node, jid: JID, after: tuple[str, ...], by: JID) -> HatsChanged:
    before = record.wearers.get(jid, ())
    return HatsChanged(node=record.id, jid=jid, before=before, after=after, by=by)


def _followed(events: list[Event], record: Node, view: View, by: JID) -> tuple[Event, ...]:
    """The events, and those who are seen with other hats, here and in rooms below."""
    after = view.supposing(events)
    changed = [event.jid for event in events if isinstance(event, HatsChanged)]
    if not changed:
        changed = list(record.wearers)
    return (*events, *_seen_anew(record.id, changed, view, after, by))


def _seen_anew(
    node: NodeId, jids: Iterable[JID], before: View, after: View, by: JID
) -> Iterable[StandingChanged]:
    """Costs the rooms in which these people are just now, however many there are."""
    for jid in jids:
        for place in sorted(before.visited(jid), key=str):
            if node not in before.chain(place) or before.hats(place, jid) == after.hats(place, jid):
                continue
            record = before.found(place)
            for nick in dict.fromkeys(map(record.nick, record.addresses(jid))):
                if nick:
                    occupant = record.occupants(nick)[-1]
                    yield StandingChanged(node=place, occupant=occupant, by=by)
