"""How XEP-0045 1.35.5 words what happened in a room: presence and groupchat messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import Cause
from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.notifications import (
    AbsentTold,
    Active,
    AffiliationTold,
    Configured,
    Deleted,
    Heard,
    Notification,
    OccupantTold,
    RegistrationAnswered,
    RegistrationAsked,
    Seen,
    Spoken,
    Welcomed,
)
from folkmoot.facades.archiving import stanza_id
from folkmoot.facades.facade import Outgoing, Reach
from folkmoot.facades.hats import hats_element
from folkmoot.facades.muc import register, standing
from folkmoot.facades.muc.ns import DELAY, RAI, USER
from folkmoot.facades.muc.retraction import tombstone
from folkmoot.facades.muc.stanzas import (
    is_replayed,
    occupant_address,
    occupant_id,
    passed_on,
    room_address,
    room_jid,
    user_element,
)
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, Wording, stamp, wording
from folkmoot.xmpp.xml import XML_LANG, Attr, Element

NON_ANONYMOUS: Final = 100
CONFIGURED: Final = 104
ONESELF: Final = 110
LOGGED: Final = 170
NOT_LOGGED: Final = 171
NOW_NON_ANONYMOUS: Final = 172
NOW_SEMI_ANONYMOUS: Final = 173
CREATED: Final = 201
ASSIGNED: Final = 210
RENAMED: Final = 303
KICKED: Final = 307
SHUT_DOWN: Final = 332
LOST: Final = 333

GONE: Final = {
    Cause.LOST: LOST,
    Cause.KICKED: KICKED,
    Cause.BANNED: 301,
    Cause.AFFILIATION: 321,
    Cause.CLOSED: 322,
}
"""The status codes of those who had to go (§16.6)."""


def word(notification: Notification) -> Iterable[Outgoing]:
    """A notification as the stanzas a room sends."""
    match notification:
        case Spoken(item=item, kept=kept):
            yield _told(notification, wording(_groupchat(notification.node, item, kept=kept)))
        case Active(rooms=rooms):
            for words in _activity(rooms):
                yield _told(notification, words)
        case OccupantTold():
            yield _told(notification, _occupant(notification))
        case RegistrationAsked():
            yield Outgoing(register.asked(notification), notification.to, Reach.KEPT)
        case RegistrationAnswered():
            yield Outgoing(register.denied(notification), notification.to, Reach.KEPT)
        case AbsentTold():
            yield _told(notification, standing.absent(notification))
        case AffiliationTold(inviter=inviter):
            reach = Reach.AVAILABLE if inviter is None else Reach.KEPT
            yield Outgoing(standing.concerned(notification), notification.to, reach)
        case Welcomed():
            yield from _welcome(notification)
        case Configured(before=before, after=after):
            if codes := _changes(before, after):
                attrs = {"from": room_address(notification.node), "type": "groupchat"}
                stanza = Element(CLIENT, "message", attrs, user_element(codes=codes))
                yield _told(notification, wording(stanza))
        case Deleted(seen=seen) if seen is not None:
            yield _told(notification, _destroyed(notification, seen))
        case _:
            return


def _told(heard: Heard, words: Wording, to: tuple[JID, ...] = ()) -> Outgoing:
    return Outgoing(words, to or heard.to, Reach.AVAILABLE)


# --- presence


def _occupant(told: OccupantTold) -> Wording:
    seen, room = told.seen, told.node
    plain = not (told.own or told.left or told.by or told.reason or told.step)
    if plain:
        return as_seen(room, seen)
    codes: list[int] = [ONESELF] if told.own else []
    if told.own and told.cause is Cause.ENTERED:
        codes.extend(_warnings(told.config))
    if told.own and told.assigned:
        codes.append(ASSIGNED)
    if told.new_nick:
        codes.append(RENAMED)
    elif told.left and told.cause in GONE:
        codes.append(GONE[told.cause])
    item = item_element(USER, seen, nick=told.new_nick)
    if told.by:
        item.append(Element(USER, "actor", {"nick": told.by}))
    if told.reason:
        item.append(Element(USER, "reason", None, told.reason))
    if told.left:
        # The presence somebody leaves with may come straight from them.
        seen = replace(seen, presence=passed_on(seen.presence, room))
    steps = () if told.step is None else (standing.step_element(told.step),)
    extended = user_element(*steps, item, codes=codes)
    asked = told.own and told.cause in (Cause.ENTERED, Cause.ASKED)
    return wording(_presence(room, seen, extended, gone=told.left, reflect=asked))


def as_seen(room: NodeId, seen: Seen) -> Wording:
    """An occupant who is there, as others see them: worded once for as long as it is true."""
    words = seen.worded.get(as_seen)
    if not isinstance(words, Wording):
        extended = user_element(item_element(USER, seen))
        words = wording(_presence(room, seen, extended))
        seen.worded[as_seen] = words
    return words


def _presence(
    room: NodeId, seen: Seen, extended: Element, *, gone: bool = False, reflect: bool = False
) -> Element:
    """reflect: with the id the occupant gave it, for those who asked for it (§7.2.2)."""
    attrs: dict[Attr, str | None] = {
        "from": occupant_address(room, seen.nick),
        "id": seen.presence.get("id") if reflect else None,
        "type": "unavailable" if gone else None,
        XML_LANG: seen.presence.get(XML_LANG),
    }
    more = [extended, occupant_id(seen.id)]
    if seen.hats and not gone:
        more.append(hats_element(seen.hats))
    return Element(CLIENT, "presence", attrs, *seen.presence.children, *more)


def item_element(ns: str, seen: Seen, *, nick: str = "") -> Element:
    """What an occupant is in the room (§7.2.2), with a nick where it is not in an address."""
    attrs = {
        "affiliation": standing.AFFILIATIONS[seen.affiliation],
        "role": "none" if seen.role is None else seen.role.value,
        "jid": None if seen.jid is None else str(seen.jid),
        "nick": nick or None,
    }
    return Element(ns, "item", attrs)


def _warnings(config: NodeConfig) -> Iterator[int]:
    """What somebody has to know before they speak, as they enter (§7.2.3, §7.2.12)."""
    if config.room is not None and config.room.whois_anyone:
        yield NON_ANONYMOUS
    if config.logged:
        yield LOGGED


def _destroyed(deleted: Deleted, seen: Seen) -> Wording:
    """One presence for each occupant, their own, and no other (§10.9)."""
    item = Element(USER, "item", {"affiliation": "none", "role": "none"})
    destroy = Element(USER, "destroy", {"jid": deleted.redirect or None})
    if deleted.reason:
        destroy.append(Element(USER, "reason", None, deleted.reason))
    if deleted.password:
        destroy.append(Element(USER, "password", None, deleted.password))
    extended = user_element(item, destroy, codes=(ONESELF,))
    attrs = {"from": occupant_address(deleted.node, seen.nick), "type": "unavailable"}
    return wording(Element(CLIENT, "presence", attrs, extended, occupant_id(seen.id)))


def oneself(room: NodeId, seen: Seen, config: NodeConfig) -> Wording:
    """An occupant, told of themself once more."""
    codes = (ONESELF, *_warnings(config))
    return wording(_presence(room, seen, user_element(item_element(USER, seen), codes=codes)))


def absent(room: NodeId, nick: str, codes: tuple[int, ...] = (), *, id: str = "") -> Wording:
    """Nobody goes by a nick. id: what somebody is known by who did."""
    item = Element(USER, "item", {"affiliation": "none", "role": "none"})
    attrs = {"from": occupant_address(room, nick), "type": "unavailable"}
    known = (occupant_id(id),) if id else ()
    return wording(Element(CLIENT, "presence", attrs, user_element(item, codes=codes), *known))


def not_here(room: NodeId, nick: str, to: JID) -> Element:
    """The answer to presence from somebody who thinks they are in a room (§7.2.18)."""
    item = Element(USER, "item", {"affiliation": "none", "role": "none"})
    item.append(Element(USER, "reason", None, "You are not in the room."))
    extended = user_element(item, codes=(ONESELF, KICKED, LOST))
    attrs = {"from": occupant_address(room, nick), "to": str(to), "type": "unavailable"}
    return Element(CLIENT, "presence", attrs, extended)


# --- entering


def _welcome(told: Welcomed) -> Iterator[Outgoing]:
    """Others, oneself, what was said, the subject: in this order (§7.1)."""
    room, roll = told.node, told.roll
    for words in () if roll is None else standing.rolls(room, roll):
        yield _told(told, words)
    for other in told.others:
        yield _told(told, as_seen(room, other))
    codes = [ONESELF, *_warnings(told.config)]
    if told.created:
        codes.append(CREATED)
    if told.assigned:
        codes.append(ASSIGNED)
    until = "" if roll is None else roll.until
    versions = (standing.version_element(until=until),) if until else ()
    extended = user_element(*versions, item_element(USER, told.seen), codes=codes)
    yield _told(told, wording(_presence(room, told.seen, extended, reflect=True)))
    for words in _history(told):
        yield _told(told, words)
    yield _told(told, wording(_subject(room, told.subject)))


def _history(told: Welcomed) -> list[Wording]:
    """As many of the newest messages, together as long, as was asked for; oldest first (§7.2.14).

    A message is what says something still: subjects have their own place, behind them (§7.2.13).
    """
    left, words = told.history_chars_max, list[Wording]()
    to = max((len(stamp(jid, framed=False)) for jid in told.to), default=0)
    if left == 0:
        return words
    for item in reversed(told.history):
        if len(words) == told.history_items_max:
            break
        if item.retraction is None and not is_replayed(item.payload):
            continue
        each = wording(_groupchat(told.node, item, _delay(told.node, item), kept=True))
        if left is not None:
            left -= len(each.head.decode()) + to + len(each.tail.decode())
            if left < 0:
                break
        words.append(each)
    words.reverse()
    return words


def _subject(room: NodeId, item: Item | None) -> Element:
    """The subject, empty where there never was one (§7.2.15)."""
    if item is None:
        attrs = {"from": room_address(room), "type": "groupchat"}
        return Element(CLIENT, "message", attrs, Element(CLIENT, "subject"))
    return _groupchat(room, item, _delay(room, item), kept=False)


# --- messages


def _groupchat(room: NodeId, item: Item, *more: Element, kept: bool) -> Element:
    """A message to all, under the id its sender gave it (§7.4) and the archive's (XEP-0359 §3).

    What the room says of its own has no nick, and comes from the room itself.
    """
    payload = item.payload
    assert payload is not None
    attrs: dict[Attr, str | None] = {
        "from": occupant_address(room, item.nick) if item.nick else room_address(room),
        "type": "groupchat",
        "id": payload.get("id", item.id),
        XML_LANG: payload.get(XML_LANG),
    }
    told = Element(CLIENT, "message", attrs, *payload.children)
    if item.retraction is not None:
        told.append(tombstone(room, item.retraction))
    if item.occupant:
        told.append(occupant_id(item.occupant))
    if kept:
        told.append(stanza_id(room_address(room), item.id))
    told.children.extend(more)
    return told


def _activity(rooms: Sequence[NodeId]) -> Iterator[Wording]:
    """Something was said in rooms (XEP-0437 0.2.0, §3.1, Example 2): one message, if it can be."""
    service = str(rooms[0].service)
    names = (Element(RAI, "activity", None, room_address(room)) for room in rooms)
    for part in standing.parts(names):
        told = Element(RAI, "rai", None, *part)
        yield wording(Element(CLIENT, "message", {"from": service}, told))


def archived(room: NodeId, item: Item) -> Element:
    """A message as the archive gives it, with its sender's real address for who may see that.

    Source: XEP-0313 1.1.3, §6.1.2.
    """
    who = item.publisher
    if not item.nick or who.bare == room_jid(room):
        return _groupchat(room, item, kept=True)
    told = Element(USER, "item", {"jid": str(who)})
    return _groupchat(room, item, user_element(told), kept=True)


def _delay(room: NodeId, item: Item) -> Element:
    attrs = {"from": room_address(room), "stamp": format_date(item.published)}
    return Element(DELAY, "delay", attrs)


def _changes(before: NodeConfig, after: NodeConfig) -> list[int]:
    """What of a configuration has changed, as far as there are codes for it (§10.2.1)."""
    assert before.room is not None and after.room is not None
    codes: list[int] = []
    if before.logged is not after.logged:
        codes.append(LOGGED if after.logged else NOT_LOGGED)
    if before.room.whois_anyone is not after.room.whois_anyone:
        codes.append(NOW_NON_ANONYMOUS if after.room.whois_anyone else NOW_SEMI_ANONYMOUS)
    same = replace(before.room, whois_anyone=after.room.whois_anyone, locked=after.room.locked)
    if replace(before, room=same) != after:
        codes.append(CONFIGURED)
    return codes
