"""Who may look up what in an archive, and as what they see it (XEP-0313 1.1.3, §4.1.1, §6.1.2)."""

from __future__ import annotations

from dataclasses import replace

from folkmoot.engine import access
from folkmoot.engine.configuration import Preferences
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import NodeId
from folkmoot.engine.record import Node
from folkmoot.engine.sight import identified, sees_jids, veiled
from folkmoot.engine.store import ArchivePage, ArchiveQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def readable(view: View, actor: JID, query: ArchiveQuery) -> Node | None:
    """The node whose items are looked for, where the actor may look them up.

    None where it is the actor's own archive, with nothing in it yet. Raises Refused:
    NODE_NOT_FOUND, NOT_PERSISTENT where no archive is kept, else as `access.refuses_archive`.
    """
    if view.services.is_archive(query.node):
        if actor.bare != query.node.service:
            raise Refused(Reason.FORBIDDEN)  # also where there is no such account
        return view.node(query.node)
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
    if record is None or record.config.room is None or wanted is None:
        return query
    here = JID(query.node.name, query.node.service.domain, "")
    if wanted.bare == here:
        return replace(query, publisher=None, nick=wanted.resource)
    if sees_jids(record, actor, view):
        return query
    return replace(query, publisher=here)  # by whom nothing is ever said


def preferences(view: View, actor: JID, node: NodeId) -> Preferences:
    """With whom an account keeps its messages, for itself. Raises Refused(FORBIDDEN)."""
    record = readable(view, actor, ArchiveQuery(node=node))
    chosen = None if record is None else record.config.preferences
    chosen = chosen or Preferences()
    return replace(chosen, default=chosen.default or view.services.archive_default)


def shown(view: View, actor: JID, query: ArchiveQuery, page: ArchivePage) -> ArchivePage:
    """A page as the actor sees it: real addresses of occupants only where they may see them.

    Raises Refused besides: ITEM_NOT_FOUND where the query named an item that is not there.
    """
    record = readable(view, actor, query)
    if not page.found:
        raise Refused(Reason.ITEM_NOT_FOUND)
    if record is None or record.config.room is None:
        return page
    items = tuple(identified(record, item, view) for item in page.items)
    if not sees_jids(record, actor, view):
        items = tuple(veiled(record, item) for item in items)
    return replace(page, items=items)
