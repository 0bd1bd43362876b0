"""Whom a room hears when they come back: voices outlast visits (XEP-0045 1.35.5, §5.1).

In moderated rooms alone, where it matters who may speak; elsewhere a role ends with the visit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.configuration import RoomConfig
from folkmoot.engine.decide.lowering import changed
from folkmoot.engine.events import Cause, Event
from folkmoot.engine.model import Role
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import VoiceChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

VOICES_PER_ROOM_MAX: Final = 1_000
"""Of how many people a room remembers whether they may speak; of more it does for their visit."""


def remembered(
    record: Node, room: RoomConfig, given: Mapping[JID, Role], view: View
) -> tuple[VoiceChanged, ...]:
    """What is to be remembered of roles that a moderator gives; nothing of what goes without it.

    given: bare JID to role. A moderator is remembered as somebody with a voice.
    """
    if not room.moderated:
        return ()
    events: list[VoiceChanged] = []
    count = len(record.voices)
    for jid, wanted in given.items():
        before = record.voices.get(jid)
        role = Role.VISITOR if wanted is Role.VISITOR else Role.PARTICIPANT
        after = None if role is access.role(room, view.affiliation(record.id, jid), None) else role
        added = (after is not None) - (before is not None)
        if before is not after and (added <= 0 or count < VOICES_PER_ROOM_MAX):
            events.append(VoiceChanged(node=record.id, jid=jid, after=after))
            count += added
    return tuple(events)


def regained(record: Node, jids: Iterable[JID], by: JID) -> Iterator[Event]:
    """A voice for those who are made members, whatever they were given before (§5.1.3)."""
    for jid in jids:
        if record.voices.get(jid) is Role.VISITOR:
            yield VoiceChanged(node=record.id, jid=jid, after=None)
        for address in record.addresses(jid):
            before = record.subscriptions[address]
            if before.occupant is not None and before.occupant.role is Role.VISITOR:
                after = replace(before, occupant=replace(before.occupant, role=None))
                yield changed(record.id, before, after, by, Cause.SET)


def known(record: Node, room: RoomConfig, jid: JID) -> Role | None:
    """The role that somebody who comes back has from before, if there is one."""
    return record.voices.get(jid.bare) if room.moderated else None
