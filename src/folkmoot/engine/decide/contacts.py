"""The roster: what an account's subscriptions to presence nodes have besides (RFC 6121 §2).

A roster item is two subscriptions: the account's to the contact's presence node, which also keeps
the name and the groups, and the contact's to the account's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine.commands import RemoveContact, SetContact
from folkmoot.engine.decide.lowering import ended
from folkmoot.engine.decide.nodes import implied
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import AffiliationChanged, Cause, Event, SubscriptionChanged
from folkmoot.engine.model import (
    PRESENCE_NODE,
    Affiliation,
    NodeId,
    State,
    Subscription,
    Via,
)
from folkmoot.engine.view import View

CONTACT_CHARS_MAX: Final = 1_023
GROUPS_MAX: Final = 100


def set_contact(command: SetContact, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A name and groups for a contact, who is thereby on the roster (RFC 6121 §2.3)."""
    node, account = command.node, command.actor.bare
    if node.service == account:
        raise Refused(Reason.FORBIDDEN)  # §2.1.2.3: nobody is on their own roster
    contact = command.contact
    words = (contact.name, *contact.groups)
    if len(contact.groups) > GROUPS_MAX or any(len(word) > CONTACT_CHARS_MAX for word in words):
        raise Refused(Reason.BAD_CONFIG, "item")
    view.node(NodeId(account, PRESENCE_NODE))
    made = () if view.config(node) is not None else (implied(node, view, stamp),)
    before = view.subscription(node, account)
    if before is None:
        if len(view.subscribed(account)) >= view.services.contacts_per_account_max:
            raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)
        after = Subscription(account, State.NONE, Via.PRESENCE, subid=stamp.id, contact=contact)
    else:
        after = replace(before, contact=contact)
    event = SubscriptionChanged(
        node=node, subscriber=account, before=before, after=after, by=account, cause=Cause.SET
    )
    return (*made, event)


def remove_contact(command: RemoveContact, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Off the roster, and neither hears the other's presence any more (RFC 6121 §2.5)."""
    account, contact = command.actor.bare, command.node.service
    mine = NodeId(account, PRESENCE_NODE)
    events: list[Event] = []
    theirs = view.subscription(mine, contact) if view.config(mine) is not None else None
    if theirs is not None and theirs.state is not State.NONE:
        events.append(ended(mine, theirs, account, Cause.DENIED))
    ours = view.subscription(command.node, account) if view.config(command.node) else None
    if ours is not None:
        event = ended(command.node, ours, account, Cause.ASKED)
        events.append(replace(event, after=None))
    if view.config(mine) is not None and view.explicit(mine, contact) is Affiliation.MEMBER:
        events.append(
            AffiliationChanged(
                node=mine,
                jid=contact,
                before=Affiliation.MEMBER,
                after=None,
                was=Affiliation.MEMBER,
                now=Affiliation.NONE,
                by=account,
            )
        )
    if not events:
        raise Refused(Reason.ITEM_NOT_FOUND)
    return tuple(events)
