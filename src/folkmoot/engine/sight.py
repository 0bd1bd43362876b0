"""What occupants of a room see of each other (XEP-0045 1.35.5, §4.2, §7.2.2).

Roles say whose presence is for everybody (`presence_roles`), and who sees real JIDs (`whois`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.configuration import EVERY_ROLE
from folkmoot.engine.identity import occupant_id
from folkmoot.engine.model import Item, Role, Subscription
from folkmoot.engine.notifications import Seen
from folkmoot.engine.record import Node
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

Classes = tuple[tuple[JID, ...], tuple[JID, ...]]
"""Occupants who see real JIDs, and those who do not."""

_NOBODY: Final[tuple[JID, ...]] = ()


def seen(record: Node, jid: JID, view: View, *, reveal: bool) -> Seen:
    """An occupant as hearers see them who may see their real JID, or may not."""
    subscription = record.subscriptions[jid]
    assert subscription.occupant is not None and record.config.room is not None
    nick = subscription.occupant.nick
    primary = record.occupants(nick)[-1] == jid
    kept = record.derived.shown.get(nick, {}).get(reveal) if primary else None
    if isinstance(kept, Seen):
        return kept
    made = as_held(record, subscription, view, reveal=reveal)
    if primary:
        record.derived.shown.setdefault(nick, {})[reveal] = made
    return made


def as_held(record: Node, subscription: Subscription, view: View, *, reveal: bool) -> Seen:
    """The same, of a subscription that may be over."""
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


def sees_jids(record: Node, jid: JID, view: View) -> bool:
    """Whether an entity, in the room or not, may be told who its occupants are."""
    room = record.config.room
    assert room is not None
    standing = view.affiliation(record.id, jid)
    held = [each.occupant for each in view.subscriptions(record.id, jid)]
    given = [None, *(each.role for each in held if each is not None)]
    return any(access.sees_jids(room, access.role(room, standing, role)) for role in given)


def classes(record: Node, view: View) -> Classes:
    """All occupants, in their classes."""
    room = record.config.room
    assert room is not None
    if room.whois_anyone:
        return record.inside, _NOBODY
    derived = record.derived
    if derived.seers is None:
        sees: list[JID] = []
        blind: list[JID] = []
        for jid in record.inside:
            (sees if moderates(record, jid, view) else blind).append(jid)
        derived.seers = tuple(sees), tuple(blind)
    return derived.seers


def moderates(record: Node, jid: JID, view: View) -> bool:
    """Whether an occupant is a moderator."""
    return seen(record, jid, view, reveal=False).role is Role.MODERATOR


def is_broadcast(record: Node, role: Role | None) -> bool:
    """Whether the presence of a role is for everybody (`muc#roomconfig_presencebroadcast`)."""
    room = record.config.room
    assert room is not None
    return room.presence_roles == EVERY_ROLE or role in room.presence_roles


def hearing(record: Node, role: Role | None, view: View) -> Classes:
    """Who hears the presence of a role: everybody, or moderators alone, who have to know."""
    found = classes(record, view)
    if is_broadcast(record, role):
        return found
    sees, _ = found
    return tuple(jid for jid in sees if moderates(record, jid, view)), _NOBODY
