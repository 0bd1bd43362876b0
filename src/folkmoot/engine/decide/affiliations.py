"""Setting affiliations: one row each, and what follows from it (XEP-0060 §8.9, XEP-0045 §9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import SetAffiliations
from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.decide.lowering import answered, ended, follow
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import AffiliationChanged, Cause, Event
from folkmoot.engine.model import Affiliation, State
from folkmoot.engine.record import Node
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

AFFILIATIONS_MAX: Final = 1_000
"""How many affiliations one command may set."""

PUBSUB_ONLY: Final = frozenset({Affiliation.PUBLISHER, Affiliation.PUBLISH_ONLY})
ROOM_ONLY: Final = frozenset({Affiliation.ADMIN})


def set_affiliations(command: SetAffiliations, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Others' affiliations, all of them or none; there is always an owner left.

    What a node above gives already stores nothing. On a space `none` also ends the subscription.
    """
    record = view.found(command.node)
    node, config = record.id, record.config
    wishes = {jid.bare: wanted for jid, wanted in command.affiliations.items()}
    if len(wishes) > AFFILIATIONS_MAX:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    actor = view.affiliation(node, command.actor)
    events: list[Event] = []
    for jid, wanted in wishes.items():
        hold_sense(config, wanted)
        if wanted is Affiliation.OUTCAST and jid == command.actor.bare:
            raise Refused(Reason.ONESELF)
        target = view.affiliation(node, jid)
        room = config.room is not None
        if reason := access.refuses_affiliation(actor, target, wanted, room=room):
            raise Refused(reason)
        events.extend(_row(command, record, jid, wanted, view))
    rows = view.supposing(events)
    if not rows.owners(node):
        raise Refused(Reason.LAST_OWNER)
    changes = [event for event in events if isinstance(event, AffiliationChanged)]
    added = sum((each.after is not None) - (each.before is not None) for each in changes)
    if added > 0 and len(record.affiliations) + added > view.services.affiliations_per_node_max:
        raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
    told = [
        replace(event, now=rows.affiliation(node, event.jid))
        if isinstance(event, AffiliationChanged)
        else event
        for event in events
    ]
    touched = [each.jid for each in changes]
    following = follow(view, rows, node, command.actor, entities=touched, reason=command.reason)
    return (*told, *following)


def hold_sense(config: NodeConfig, wanted: Affiliation) -> None:
    """Nothing, where the node's protocol has such an affiliation."""
    foreign = PUBSUB_ONLY if config.room is not None else ROOM_ONLY
    if wanted in foreign:
        raise Refused(Reason.BAD_CONFIG, "affiliation")


def _row(
    command: SetAffiliations, record: Node, jid: JID, wanted: Affiliation, view: View
) -> list[Event]:
    """The row that makes an entity what is wanted, and the end of what a space gave it."""
    node = record.id
    if view.services.owned(node) and jid == node.service:
        if wanted is not Affiliation.OWNER:
            raise Refused(Reason.LAST_OWNER)
        return []
    before, given = view.explicit(node, jid), view.inherited(node, jid)
    if given in (Affiliation.OWNER, Affiliation.OUTCAST) and wanted is not given:
        raise Refused(Reason.OUTRANKED)  # owners and outcasts above are so here
    after = None if wanted is given else wanted
    events: list[Event] = []
    leaves = record.config.is_space and wanted is Affiliation.NONE
    held = view.subscriptions(node, jid) if leaves else []
    if before is not after or held:
        events.append(
            AffiliationChanged(
                node=node,
                jid=jid,
                before=before,
                after=after,
                was=view.affiliation(node, jid),
                now=wanted,
                by=command.actor,
                reason=command.reason,
            )
        )
    for each in held:
        events.append(ended(node, each, command.actor, Cause.AFFILIATION, command.reason))
        if each.state is State.PENDING:
            events.append(answered(node, each, command.actor, allowed=False))
    return events
