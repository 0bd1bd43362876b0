"""Setting affiliations: one row each, and what follows from it (XEP-0060 §8.9, XEP-0045 §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from folkmoot.engine import access
from folkmoot.engine.commands import SetAffiliations
from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.decide import voices
from folkmoot.engine.decide.lowering import answered, ended, follow, follow_all
from folkmoot.engine.decide.nicks import freed, hold_free, hold_name
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import AffiliationChanged, Cause, Event
from folkmoot.engine.model import Affiliation, Registration, State
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import RegistrationChanged
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

AFFILIATIONS_MAX: Final = 1_000
"""How many affiliations one command may set."""

REASON_CHARS_MAX: Final = 1_000
"""How long a reason may be that goes through all rooms of a space."""

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
    if config.is_space and len(command.reason) > REASON_CHARS_MAX:
        raise Refused(Reason.PAYLOAD_TOO_BIG, "reason")
    actor = view.affiliation(node, command.actor)
    for jid, wanted in wishes.items():
        hold_sense(config, wanted)
        if wanted is Affiliation.OUTCAST and jid == command.actor.bare:
            raise Refused(Reason.ONESELF)
        target = view.affiliation(node, jid)
        room = config.room is not None
        if command.invited and room and wanted is Affiliation.MEMBER:
            reason = _refuses_guest(command, record, actor, target)
        else:
            reason = access.refuses_affiliation(actor, target, wanted, room=room)
        if reason is not None:
            raise Refused(reason)
    reserving = _reserving(command, record, view)
    events = moved(
        record, wishes, command.actor, view, reason=command.reason, invited=command.invited
    )
    return (*events, *reserving)


def moved(
    record: Node,
    wishes: Mapping[JID, Affiliation],
    by: JID,
    view: View,
    *,
    reason: str = "",
    invited: bool = False,
) -> tuple[Event, ...]:
    """What makes entities what they are to be, whoever may wish it, and what follows.

    wishes: bare JID to affiliation. Raises Refused: LAST_OWNER, OUTRANKED, TOO_MANY_SUBSCRIPTIONS.
    """
    node = record.id
    events: list[Event] = []
    for jid, wanted in wishes.items():
        events.extend(_row(record, jid, wanted, by, view, reason=reason, invited=invited))
        events.extend(_unregistered(record, jid, wanted, by))
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
    admitted = [
        each.jid
        for each in changes
        if each.after is Affiliation.MEMBER and each.was not in access.MEMBERS
    ]
    if any(_is_of_server(each) for each in changes):
        following = follow_all(view, rows, node, by, reason=reason)
    else:
        following = follow(view, rows, node, by, entities=touched, reason=reason)
    return (*told, *voices.regained(record, admitted, by), *following)


def _is_of_server(event: AffiliationChanged) -> bool:
    """Whether an event bans a server, or does so no longer (XEP-0045 §9.2): it is about many."""
    return not event.jid.local and Affiliation.OUTCAST in (event.before, event.after)


def _refuses_guest(
    command: SetAffiliations, record: Node, actor: Affiliation, target: Affiliation
) -> Reason | None:
    """Whether an occupant may not let somebody in who is nothing yet."""
    held = record.subscriptions.get(command.actor)
    if held is None or held.occupant is None:
        return Reason.NOT_SUBSCRIBED
    if target is not Affiliation.NONE or not record.config.private:
        return access.refuses_affiliation(actor, target, Affiliation.MEMBER, room=True)
    return access.refuses_guest(record.config, actor, target)


def _reserving(command: SetAffiliations, record: Node, view: View) -> list[Event]:
    """The nicks that go with affiliations (XEP-0045 §9.3, §9.5)."""
    events: list[Event] = []
    given = [nick for nick in command.nicks.values() if nick]
    if len(set(given)) < len(given):
        raise Refused(Reason.NICK_IN_USE)
    for jid, nick in command.nicks.items():
        bare = jid.bare
        before = record.registrations.get(bare)
        after = Registration(nick) if nick else None
        belongs = command.affiliations.get(jid) in access.MEMBERS
        if before == after or record.config.room is None or not belongs:
            continue
        if nick:
            hold_name(nick)
            hold_free(record, bare, nick, view)
            events.extend(freed(record, bare, nick, command.actor))
        events.append(
            RegistrationChanged(
                node=record.id, jid=bare, before=before, after=after, by=command.actor
            )
        )
    return events


def _unregistered(record: Node, jid: JID, wanted: Affiliation, by: JID) -> list[Event]:
    """The end of what an entity is registered as that is to be nothing here (XEP-0045 §9.1)."""
    before = record.registrations.get(jid)
    if before is None or wanted not in (Affiliation.NONE, Affiliation.OUTCAST):
        return []
    return [RegistrationChanged(node=record.id, jid=jid, before=before, after=None, by=by)]


def hold_sense(config: NodeConfig, wanted: Affiliation) -> None:
    """Nothing, where the node's protocol has such an affiliation."""
    foreign = PUBSUB_ONLY if config.room is not None else ROOM_ONLY
    if wanted in foreign:
        raise Refused(Reason.BAD_CONFIG, "affiliation")


def _row(
    record: Node,
    jid: JID,
    wanted: Affiliation,
    by: JID,
    view: View,
    *,
    reason: str,
    invited: bool,
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
    # Whose server is banned here is nothing by themself; what they are to be has to be said.
    after = None if wanted is given and not view.shunned(node, jid) else wanted
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
                by=by,
                reason=reason,
                invited=invited,
            )
        )
    for each in held:
        events.append(ended(node, each, by, Cause.AFFILIATION, reason))
        if each.state is State.PENDING:
            events.append(answered(node, each, by, allowed=False))
    return events
