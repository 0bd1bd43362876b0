"""What an account keeps of its messages, and how long archives keep anything.

XEP-0313 1.1.3, §3.2, §6.1.1; XEP-0441 0.2.0.
"""

from __future__ import annotations

from dataclasses import replace

from folkmoot.engine import access
from folkmoot.engine.commands import Prefer, Remember, Trim
from folkmoot.engine.configuration import NodeConfig, Preferences
from folkmoot.engine.decide.nodes import implied
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import Event, ItemPublished, ItemsRetracted, NodeConfigured, NodeCreated
from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.relations import presence_of
from folkmoot.engine.services import Kind
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def remember(command: Remember, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A message in an account's archive; nothing where there is no such account, or it wants none.

    By whom it is published is whom the account exchanged it with.
    """
    node, account = command.node, command.actor.bare
    _hold_own(node, account, view)
    record = view.node(node)
    if record is None and not view.exists(account):
        return ()
    preferences = None if record is None else record.config.preferences
    default = view.services.archive_default
    wanted = access.keeps(preferences or Preferences(), default, command.with_)
    if wanted is None:  # whoever is on the roster (§2.1.1)
        held = view.subscription(presence_of(command.with_), account)
        wanted = held is not None and held.contact is not None
    if not wanted:
        return ()
    made = () if record is not None else (implied(node, view, stamp),)
    item = Item(stamp.id, command.with_, stamp.at, command.payload)
    return (*made, ItemPublished(node=node, item=item, persist=True))


def prefer(command: Prefer, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Other preferences; what is kept already stays."""
    node, by = command.node, command.actor
    _hold_own(node, by.bare, view)
    made: tuple[NodeCreated, ...] = ()
    if view.node(node) is None:
        made = (implied(node, view, stamp),)
    before: NodeConfig = made[0].config if made else view.found(node).config
    after = replace(before, preferences=command.preferences)
    if after == before:
        return ()
    return (*made, NodeConfigured(node=node, before=before, after=after, by=by))


def _hold_own(node: NodeId, account: JID, view: View) -> None:
    local = view.services.kind(node.service) is Kind.ACCOUNT
    if not local or not view.services.is_archive(node) or node.service != account:
        raise Refused(Reason.FORBIDDEN)


def trim(command: Trim, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """The end of what was in an archive for long enough; nobody is told."""
    node, record = command.node, view.node(command.node)
    if record is None or not (record.config.room or view.services.is_archive(node)):
        return ()
    by, item_ids = command.actor, command.item_ids
    return (ItemsRetracted(node=node, item_ids=item_ids, by=by, tell=False),)
