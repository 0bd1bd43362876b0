"""Who has which affiliation in a room, those handed down among them (XEP-0045 1.35.5, §9, §10)."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.engine import access
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Roll
from folkmoot.engine.record import Node
from folkmoot.engine.versions import past, version
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def candidates(view: View, node: NodeId) -> Iterable[JID]:
    """Everybody who may be something in a room: by a row, or by a space that let them in."""
    found: dict[JID, None] = {}
    for each in view.chain(node):
        above = view.found(each)
        found.update(dict.fromkeys(above.affiliations))
        if above.config.is_space:
            found.update(
                (subscription.subscriber.bare, None)
                for subscription in above.subscriptions.values()
                if subscription.occupant is None
            )
    return found


def refuses_list(view: View, record: Node, actor: JID, wanted: Affiliation) -> Reason | None:
    """Whether an entity, in the room or not, may not ask who has an affiliation."""
    assert record.config.room is not None
    standing = view.affiliation(record.id, actor)
    held = record.subscriptions.get(actor)
    given = None if held is None or held.occupant is None else held.occupant.role
    role = access.role(record.config.room, standing, given)
    return access.refuses_list(record.config.room, standing, role, wanted)


def roll(view: View, actor: JID, node: NodeId, known: str) -> Roll:
    """The affiliations, or which are others since a version, for who enters (XEP-0463 §5.2.1).

    Refused where the version is of a time when they were no part of the room (§6). All of them,
    too, where it is forgotten what they were, or where they may see more now, or less.
    """
    record = view.found(node)
    if refuses_list(view, record, actor, Affiliation.MEMBER) is not None:
        return Roll("", "", refused=True)
    until = version(view, node)
    if known == until:
        return Roll(known, until)
    then = past(view, node, known) if known else None
    was = None if then is None else then.affiliation(actor)
    if was in (Affiliation.NONE, Affiliation.OUTCAST):
        return Roll("", until, refused=True)
    bans = refuses_list(view, record, actor, Affiliation.OUTCAST) is None
    jids = None if then is None or was is None else then.changed()
    if jids is None or (was in access.STAFF) is not bans:
        everybody = ((jid, view.affiliation(node, jid)) for jid in candidates(view, node))
        rows = ((jid, told_as(standing, bans=bans)) for jid, standing in everybody)
        return Roll("", until, tuple(row for row in rows if row[1] is not Affiliation.NONE))
    changed = ((jid, view.affiliation(node, jid)) for jid in sorted(jids))
    return Roll(known, until, tuple((jid, told_as(now, bans=bans)) for jid, now in changed))


def told_as(standing: Affiliation, *, bans: bool) -> Affiliation:
    """An affiliation, for those who may know who is banned, or may not."""
    banned = standing is Affiliation.OUTCAST
    return Affiliation.NONE if banned and not bans else standing
