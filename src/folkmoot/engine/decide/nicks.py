"""Whose a nick is in a room (XEP-0045 1.35.5, §7.2.8, §7.12)."""

from __future__ import annotations

from typing import Final

from folkmoot.engine import access
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import RegistrationChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

DEVICES_PER_NICK_MAX: Final = 20

_UNSEEN: Final = " \u2800"
"""Spaces, and the braille pattern that has no dots."""


def hold_name(nick: str) -> None:
    """Nothing, for a nick that can be seen (XEP-0045 §17.1)."""
    if not nick.strip(_UNSEEN):
        raise Refused(Reason.NICK_NEEDED)


def own_nick(record: Node, jid: JID, view: View) -> str:
    """The nick that is reserved for an entity, for as long as it belongs to the room; or ""."""
    held = record.registrations.get(jid.bare)
    if held is None or held.pending or view.affiliation(record.id, jid) not in access.MEMBERS:
        return ""
    return held.nick


def hold_free(record: Node, jid: JID, nick: str, view: View) -> None:
    """Nothing, where nobody else goes by a nick or has it reserved (XEP-0045 §7.2.8, §7.12).

    Nor by one that looks the same, since who takes that means to be mistaken for them (§14.6).
    """
    if any(holder.bare != jid.bare for holder in record.alike(nick)):
        raise Refused(Reason.NICK_IN_USE)
    holder = record.registrant(nick)
    if holder is not None and holder != jid.bare and own_nick(record, holder, view):
        raise Refused(Reason.NICK_IN_USE)


def freed(record: Node, jid: JID, nick: str, by: JID) -> tuple[RegistrationChanged, ...]:
    """The end of what reserves a nick for somebody else who has no claim to it any more."""
    holder = record.registrant(nick)
    if holder is None or holder == jid.bare:
        return ()
    before = record.registrations[holder]
    return (RegistrationChanged(node=record.id, jid=holder, before=before, after=None, by=by),)


def hold_nick(record: Node, jid: JID, nick: str, view: View) -> None:
    """Nothing, where a nick is free, or goes by another device of the same account."""
    hold_free(record, jid, nick, view)
    holders = record.occupants(nick)
    if jid not in holders and len(holders) >= DEVICES_PER_NICK_MAX:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
