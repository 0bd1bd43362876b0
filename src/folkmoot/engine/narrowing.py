"""What is not for everybody: who begins and ceases to see whom (XEP-0045 1.35.5, §7.2.2).

Where a room broadcasts the presence of some roles only (`muc#roomconfig_presencebroadcast`), the
rest is heard by moderators, who have to know whom they may give a voice; and they see real JIDs.
"""

from __future__ import annotations

from collections.abc import Iterator

from folkmoot.engine.configuration import EVERY_ROLE
from folkmoot.engine.events import Cause, NodeConfigured
from folkmoot.engine.model import Role, Via
from folkmoot.engine.notifications import Notification, OccupantTold, Seen
from folkmoot.engine.record import Node
from folkmoot.engine.sight import is_broadcast, moderates, seen
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element


def followed(record: Node, jid: JID, view: View, *, promoted: bool) -> Iterator[Notification]:
    """What another role of an occupant hides from others, and from them, or shows to them.

    promoted: they moderate, and did not. Then they learn who everybody is (§8, §4.2).
    """
    room = record.config.room
    assert room is not None
    mine = seen(record, jid, view, reveal=True)
    if promoted and not room.whois_anyone:
        for nick in record.nicks:
            other = seen(record, record.occupants(nick)[-1], view, reveal=True)
            if nick != mine.nick and is_broadcast(record, other.role):
                yield _told(record, other, (jid,))
    if room.presence_roles == EVERY_ROLE:
        return
    devices = record.occupants(mine.nick)
    if not is_broadcast(record, mine.role):
        yield from _hidden(record, mine, _without_moderators(record, view, devices))
    for nick in record.nicks:
        other = seen(record, record.occupants(nick)[-1], view, reveal=True)
        if nick == mine.nick or is_broadcast(record, other.role):
            continue
        if mine.role is Role.MODERATOR:
            yield _told(record, other, devices)
        else:
            yield from _hidden(record, other, devices)


def configured(event: NodeConfigured, view: View) -> Iterator[Notification]:
    """Those whose presence is for everybody from now on, or no longer."""
    record = view.found(event.node)
    before, after = event.before.room, event.after.room
    if before is None or after is None or before.presence_roles == after.presence_roles:
        return
    touched = set(before.presence_roles) ^ set(after.presence_roles)
    for nick in record.nicks:
        devices = record.occupants(nick)
        shown = seen(record, devices[-1], view, reveal=after.whois_anyone)
        to = _without_moderators(record, view, devices) if shown.role in touched else ()
        if not is_broadcast(record, shown.role):
            yield from _hidden(record, shown, to)
        elif to:
            yield _told(record, shown, to)


def _without_moderators(record: Node, view: View, devices: tuple[JID, ...]) -> tuple[JID, ...]:
    hearers = record.inside
    return tuple(
        each for each in hearers if each not in devices and not moderates(record, each, view)
    )


def _hidden(record: Node, shown: Seen, to: tuple[JID, ...]) -> Iterator[Notification]:
    """An occupant who is still there, as if they had left."""
    if to:
        silent = Element(CLIENT, "presence")
        gone = Seen(shown.nick, None, shown.affiliation, None, silent, shown.id)
        yield _told(record, gone, to, left=True)


def _told(record: Node, shown: Seen, to: tuple[JID, ...], *, left: bool = False) -> OccupantTold:
    return OccupantTold(
        via=Via.MUC,
        node=record.id,
        to=to,
        seen=shown,
        own=False,
        cause=Cause.SET,
        left=left,
        config=record.config,
    )
