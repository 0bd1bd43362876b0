"""The roster: RFC 6121 §2, with its versions (§2.6, XEP-0237 1.3).

A contact on the roster is an account's subscription to that contact's presence node; its name and
its groups are what the subscription has besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from folkmoot.engine.commands import RemoveContact, SetContact
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Contact
from folkmoot.engine.notifications import ContactTold, Notification, RosterEntry
from folkmoot.engine.relations import presence_of, roster
from folkmoot.facades.facade import Errors, Facade, Outgoing, Reach, Request, Route, read_jid
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Element

NS: Final = "jabber:iq:roster"


async def retrieve(request: Request) -> Iterable[Element]:
    """The roster, or nothing where the client has this version of it already (§2.1.3, §2.6.3)."""
    _hold_own(request)
    if request.payload.elements:
        raise StanzaError("bad-request", "a roster get names no items")
    found = await request.ask(roster, request.actor.bare)
    if request.payload.get("ver") == found.version:
        return ()
    items = [_item(entry) for entry in sorted(found.entries, key=lambda entry: entry.jid)]
    return (Element(NS, "query", {"ver": found.version}, *items),)


async def update(request: Request) -> Iterable[Element]:
    """Add a contact, change what is said of one, or take one off (§2.3, §2.4, §2.5)."""
    _hold_own(request)
    items = request.payload.childs(NS, "item")
    if len(items) != 1:
        raise StanzaError("bad-request", "a roster set has exactly one item")
    node = presence_of(read_jid(items[0].get("jid")))
    if items[0].get("subscription") == "remove":
        await request.run(RemoveContact(actor=request.actor, node=node))
    else:
        contact = _read_contact(items[0])
        await request.run(SetContact(actor=request.actor, node=node, contact=contact))
    return ()


def _hold_own(request: Request) -> None:
    """Nothing, where the roster is the sender's own: there is no asking for another's (§2.3.3)."""
    if request.to != request.actor.bare:
        raise StanzaError("forbidden", "the roster of another account")


def _read_contact(item: Element) -> Contact:
    groups = tuple(group.text for group in item.childs(NS, "group"))
    if not all(groups):
        raise StanzaError("not-acceptable", "a group without a name")
    if len(frozenset(groups)) < len(groups):
        raise StanzaError("bad-request", "the same group twice")
    return Contact(item.get("name", ""), groups)


def word(notification: Notification) -> Iterable[Outgoing]:
    """A roster push, to every resource that asked for the roster (§2.1.6)."""
    if not isinstance(notification, ContactTold):
        return
    entry = notification.entry
    if entry is None:
        item = Element(NS, "item", {"jid": str(notification.contact), "subscription": "remove"})
    else:
        item = _item(entry)
    query = Element(NS, "query", {"ver": notification.version}, item)
    push = Element(CLIENT, "iq", {"type": "set", "id": _push_id(notification.contact)}, query)
    yield Outgoing(wording(push), notification.to, Reach.INTERESTED)


def _push_id(contact: JID) -> str:
    """Nobody waits for the answer (§2.1.6), so the id has only to be there."""
    return f"push:{contact}"


def _item(entry: RosterEntry) -> Element:
    """A contact as the roster has it (§2.1.2); an attribute that says nothing is left out."""
    attrs = {
        "jid": str(entry.jid),
        "name": entry.contact.name or None,
        "subscription": _SUBSCRIPTION[entry.to, entry.from_],
        "ask": "subscribe" if entry.ask else None,
        "approved": "true" if entry.approved else None,
    }
    groups = (Element(NS, "group", None, group) for group in entry.contact.groups)
    return Element(NS, "item", attrs, *groups)


_SUBSCRIPTION: Final = {
    (False, False): "none",
    (True, False): "to",
    (False, True): "from",
    (True, True): "both",
}


def _says(condition: str, text: str = "") -> Callable[[str], StanzaError]:
    return lambda detail: StanzaError(condition, text)


ERRORS: Final[Errors] = dict.fromkeys(Reason, _says("service-unavailable")) | {
    Reason.FORBIDDEN: _says("not-allowed", "this address cannot be on this roster"),
    Reason.ITEM_NOT_FOUND: _says("item-not-found", "not on the roster"),
    Reason.BAD_CONFIG: _says("not-acceptable", "a name is too long, or the groups are too many"),
    Reason.TOO_MANY_INVITES: _says("resource-constraint", "no more invites here"),
    Reason.TOO_MANY_SUBSCRIPTIONS: _says("resource-constraint", "the roster is full"),
}
"""Every reason has its words; all but these a roster's commands never meet."""

FACADE: Final = Facade(
    "roster",
    (
        Route("iq", "get", (NS, "query"), retrieve, feature=NS),
        Route("iq", "set", (NS, "query"), update, feature=NS),
    ),
    ERRORS,
    word,
)
