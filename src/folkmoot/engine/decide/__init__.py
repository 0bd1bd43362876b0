"""The rules: `decide(command, view, stamp)` gives the events, or raises `Refused`.

Decisions are pure: time and ids come in the stamp, nodes through the view, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from folkmoot.engine import commands, room_commands
from folkmoot.engine.commands import Command
from folkmoot.engine.decide import (
    accounts,
    affiliations,
    aligning,
    approving,
    archiving,
    bouncing,
    cards,
    contacts,
    digests,
    expiring,
    hats,
    invites,
    items,
    lowering,
    moderation,
    nodes,
    occupants,
    publicity,
    registrations,
    restoring,
    retractions,
    subscriptions,
    terms,
    watching,
)
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.events import Event
from folkmoot.engine.view import View

_RULES: Final[dict[type[Command], Callable[[Any, View, Stamp], tuple[Event, ...]]]] = {
    commands.Create: nodes.create,
    commands.Configure: nodes.configure,
    commands.Delete: nodes.delete,
    commands.Purge: items.purge,
    commands.Publish: items.publish,
    commands.Retract: items.retract,
    commands.Depart: items.depart,
    commands.Subscribe: subscriptions.subscribe,
    commands.Invite: invites.invite,
    commands.Revoke: invites.revoke,
    commands.Unsubscribe: subscriptions.unsubscribe,
    commands.Bounce: bouncing.bounce,
    commands.Approve: approving.approve,
    commands.SetSubscriptions: approving.set_subscriptions,
    commands.SetDelivery: terms.set_delivery,
    commands.RequestPending: approving.request_pending,
    commands.Remember: archiving.remember,
    commands.Prefer: archiving.prefer,
    commands.Trim: archiving.trim,
    commands.Expire: expiring.expire,
    commands.SetAffiliations: affiliations.set_affiliations,
    room_commands.ChangePresence: occupants.change_presence,
    room_commands.SetRoles: occupants.set_roles,
    room_commands.Dismiss: moderation.dismiss,
    room_commands.TakeBack: moderation.take_back,
    room_commands.Align: aligning.align,
    room_commands.Watch: watching.watch,
    room_commands.Unwatch: watching.unwatch,
    room_commands.Whisper: occupants.whisper,
    room_commands.Moderate: retractions.moderate,
    room_commands.Vacate: occupants.vacate,
    room_commands.ChangeSubject: occupants.change_subject,
    room_commands.SetHat: hats.set_hat,
    room_commands.DestroyHat: hats.destroy_hat,
    room_commands.WearHat: hats.wear_hat,
    room_commands.Register: registrations.register,
    room_commands.Unregister: registrations.unregister,
    room_commands.SettleRegistration: registrations.settle,
    room_commands.SetCard: cards.set_card,
    commands.SetContact: contacts.set_contact,
    commands.RemoveContact: contacts.remove_contact,
    commands.Forget: accounts.forget,
    commands.Restore: restoring.restore,
}


def decide(command: Command, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """What happens when a command is carried out. Raises Refused: nothing does."""
    events = _RULES[type(command)](command, view, stamp)
    events = tuple(digests.begun(events, view, stamp))
    events = (*expiring.unsent(events, view, stamp), *contacts.met(events, view, stamp))
    events = (*events, *lowering.unheard(events, view))
    events = (*events, *watching.visits(events, view))
    events = (*events, *occupants.emptied(events, view))
    return (*events, *publicity.follow(events, view, stamp))


__all__ = ["Stamp", "decide"]
