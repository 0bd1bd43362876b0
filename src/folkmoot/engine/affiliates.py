"""Who has which affiliation in a room, those handed down among them (XEP-0045 1.35.5, §9, §10)."""

from __future__ import annotations

from collections.abc import Iterable

from folkmoot.engine import access
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Roll
from folkmoot.engine.record import Node
from folkmoot.engine.versions import changed_since, version
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

    All of them, too, for somebody whose own standing changed since: what they were none of they
    need not learn (§6). Who is banned is told to owners and admins; to others they are nothing.
    """
    record = view.found(node)
    if refuses_list(view, record, actor, Affiliation.MEMBER) is not None:
        return Roll("", "")
    until = version(view, node)
    if known == until:
        return Roll(known, until)
    changed = changed_since(view, node, known) if known else None
    if changed is not None and actor.bare in changed:
        changed = None
    staff = refuses_list(view, record, actor, Affiliation.OUTCAST) is None
    rows = []
    for jid in candidates(view, node) if changed is None else sorted(changed):
        standing = view.affiliation(node, jid)
        if standing is Affiliation.OUTCAST and not staff:
            standing = Affiliation.NONE
        if changed is not None or standing is not Affiliation.NONE:
            rows.append((jid, standing))
    return Roll(known if changed is not None else "", until, tuple(rows))
