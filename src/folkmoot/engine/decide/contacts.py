"""The roster: what an account's subscriptions to presence nodes have besides (RFC 6121 §2).

A roster item is two subscriptions: the account's to the contact's presence node, which also keeps
the name and the groups, and the contact's to the account's. Whoever has the first, in any state,
has the contact on the roster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine.commands import RemoveContact, SetContact
from folkmoot.engine.decide.lowering import answered, ended
from folkmoot.engine.decide.nodes import implied
from folkmoot.engine.decide.stamp import Stamp
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import AffiliationChanged, Cause, Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, Contact, NodeId, State, Subscription, Via
from folkmoot.engine.relations import presence_of
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

CONTACT_CHARS_MAX: Final = 1_023
"""The longest name of a contact or a group."""

GROUPS_MAX: Final = 100
"""How many groups one contact is in."""


def set_contact(command: SetContact, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """A name and groups for a contact, who is thereby on the roster (RFC 6121 §2.3)."""
    node, account, contact = command.node, command.actor.bare, command.contact
    words = (contact.name, *contact.groups)
    if len(contact.groups) > GROUPS_MAX or any(len(word) > CONTACT_CHARS_MAX for word in words):
        raise Refused(Reason.BAD_CONFIG, "item")
    before = view.subscription(node, account)
    if before is None:
        return _listed(node, account, contact, view, stamp)
    asked = None if before.contact is None else before.contact.request
    after = replace(before, contact=replace(contact, request=asked))
    return (_set(node, account, before, after),)


def _listed(
    node: NodeId, account: JID, contact: Contact, view: View, stamp: Stamp
) -> tuple[Event, ...]:
    """A contact comes on the roster, with no subscription."""
    hold_contact(node, account, view)
    made = () if view.config(node) is not None else (implied(node, view, stamp),)
    after = Subscription(account, State.NONE, Via.PRESENCE, subid=stamp.id, contact=contact)
    return (*made, _set(node, account, None, after))


def _set(
    node: NodeId, account: JID, before: Subscription | None, after: Subscription
) -> SubscriptionChanged:
    return SubscriptionChanged(
        node=node, subscriber=account, before=before, after=after, by=account, cause=Cause.SET
    )


def hold_contact(node: NodeId, account: JID, view: View) -> None:
    """Nothing, where one more contact may come on an account's roster, and this one. Or Refused."""
    if node.service == account or not view.services.is_presence(node):
        raise Refused(Reason.FORBIDDEN)  # §2.1.2.3: nobody is on their own roster
    if view.subscription(node, account) is None:
        held = sum(map(view.services.is_presence, view.subscribed(account)))
        if held >= view.services.contacts_per_account_max:
            raise Refused(Reason.TOO_MANY_SUBSCRIPTIONS)


def met(events: Sequence[Event], view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Whoever hears an account's presence, or will once it asks, comes on its roster.

    By whatever door it was let in. Source: RFC 6121 §3.1.5, §3.4.2.
    """
    listed: list[Event] = []
    for event in events:
        if not view.services.is_presence(event.node):
            continue
        account = event.node.service
        match event:
            case SubscriptionChanged(subscriber=other, after=Subscription(state=State.SUBSCRIBED)):
                pass
            case AffiliationChanged(jid=other, after=Affiliation.MEMBER):
                pass
            case _:
                continue
        node, after = presence_of(other), view.supposing((*events, *listed))
        if view.services.local(account) and after.subscription(node, account) is None:
            listed.extend(_listed(node, account, Contact(), after, stamp))
    return tuple(listed)


def remove_contact(command: RemoveContact, view: View, stamp: Stamp) -> tuple[Event, ...]:
    """Off the roster, and neither hears the other's presence any more (RFC 6121 §2.5)."""
    account, contact = command.actor.bare, command.node.service
    mine = presence_of(account)
    ours, theirs = view.subscription(command.node, account), view.subscription(mine, contact)
    if ours is None:
        raise Refused(Reason.ITEM_NOT_FOUND)
    gone = replace(ended(command.node, ours, account, Cause.ASKED), after=None)
    events: list[Event] = [gone]
    if theirs is not None and theirs.state is not State.NONE:
        events.append(ended(mine, theirs, account, Cause.DENIED))
        if theirs.state is State.PENDING:
            events.append(answered(mine, theirs, account, allowed=False))
    if view.explicit(mine, contact) is Affiliation.MEMBER:
        withdrawn = AffiliationChanged(
            node=mine,
            jid=contact,
            before=Affiliation.MEMBER,
            after=None,
            was=Affiliation.MEMBER,
            now=Affiliation.NONE,
            by=account,
        )
        events.append(withdrawn)
    return tuple(events)
