"""Who may look up what in an archive, and as what they see it (XEP-0313 1.1.3, §4.1.1, §6.1.2)."""

from __future__ import annotations

from dataclasses import replace

from folkmoot.engine import access
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.occupancy import sees_jids, veiled
from folkmoot.engine.record import Node
from folkmoot.engine.store import ArchivePage, ArchiveQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def readable(view: View, actor: JID, query: ArchiveQuery) -> Node:
    """The node whose items are looked for, where the actor may look them up.

    Raises Refused: NODE_NOT_FOUND, NOT_PERSISTENT where no archive is kept, else as
    `access.refuses_archive`.
    """
    record = view.found(query.node)
    present = bool(record.addresses(actor.bare))
    stance = view.stance(query.node, actor)
    if refused := access.refuses_archive(record.config, stance, present=present):
        raise Refused(refused)
    return record


def narrowed(view: View, actor: JID, query: ArchiveQuery) -> ArchiveQuery:
    """The query, with a publisher by whom its node can tell.

    Of a room an occupant's address is a nick, and the room's own is everybody's. Whoever may not
    see real addresses finds nothing by one.
    """
    record = readable(view, actor, query)
    wanted = query.publisher
    if record.config.room is None or wanted is None:
        return query
    here = JID(query.node.name, query.node.service.domain, "")
    if wanted.bare == here:
        return replace(query, publisher=None, nick=wanted.resource)
    if sees_jids(record, actor, view):
        return query
    return replace(query, publisher=here)  # by whom nothing is ever said


def shown(view: View, actor: JID, query: ArchiveQuery, page: ArchivePage) -> ArchivePage:
    """A page as the actor sees it: real addresses of occupants only where they may see them.

    Raises Refused besides: ITEM_NOT_FOUND where the query named an item that is not there.
    """
    record = readable(view, actor, query)
    if not page.found:
        raise Refused(Reason.ITEM_NOT_FOUND)
    if record.config.room is None or sees_jids(record, actor, view):
        return page
    return replace(page, items=tuple(veiled(record, item) for item in page.items))
