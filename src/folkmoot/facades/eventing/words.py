"""How XEP-0207 1.0 words presence, and the wish to hear it: as XEP-0060's events and forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from folkmoot.engine.account_questions import Arrival
from folkmoot.engine.model import Via
from folkmoot.engine.notifications import (
    ApprovalAsked,
    Notification,
    PresenceTold,
    SubscriptionTold,
)
from folkmoot.engine.relations import presence_of
from folkmoot.facades.facade import Outgoing, Reach
from folkmoot.facades.pubsub import notification as pubsub
from folkmoot.facades.pubsub.bounces import notification_id
from folkmoot.facades.pubsub.ns import EVENT
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import XML_LANG, Element


def word(notification: Notification) -> Iterable[Outgoing]:
    """What is told of presence, for devices whose own came through pubsub."""
    match notification:
        case PresenceTold(to=to, resource=resource, presence=presence, parting=parting):
            said = presence_element(resource, parting if presence is None else presence)
            if presence is None:
                said.attrs["type"] = "unavailable"
            yield _event(resource, said, to)
        case ApprovalAsked() | SubscriptionTold():
            for each in pubsub.word(notification):
                yield replace(each, reach=Reach.PRESENT, eventing=True)
        case _:
            return


def welcome(to: JID, waiting: Arrival) -> Iterator[Outgoing]:
    """Who is there, and who asks for presence, for a device that has just come (Listings 4, 10)."""
    for resource, item in waiting.presences:
        said = presence_element(resource, item.payload)
        yield replace(_event(resource, said, (to,)), eventing=None)
    for subscriber, _ in waiting.requests:
        asked = ApprovalAsked(
            via=Via.PRESENCE, node=presence_of(to), to=(to,), subscriber=subscriber, subid=""
        )
        for each in pubsub.word(asked):
            yield replace(each, reach=Reach.PRESENT)


def presence_element(resource: JID, said: Element | None) -> Element:
    """A presence as the payload of an item: its sender's, whatever it says (§3, Listing 4)."""
    presence = Element(CLIENT, "presence", {"from": str(resource)})
    if said is not None:
        presence.attrs.update({XML_LANG: said.get(XML_LANG)} if said.get(XML_LANG) else {})
        presence.children.extend(said.children)
    return presence


def directed(resource: JID, presence: Element, to: JID) -> Outgoing:
    """Presence for one address (RFC 6121 §4.6), for what of it hears presence through pubsub."""
    said = presence_element(resource, presence)
    if type := presence.get("type"):
        said.attrs["type"] = type
    return _event(resource, said, (to,))


def _event(resource: JID, said: Element, to: tuple[JID, ...]) -> Outgoing:
    node = presence_of(resource)
    item = Element(EVENT, "item", {"id": resource.resource}, said)
    event = Element(EVENT, "event", None, Element(EVENT, "items", {"node": node.name}, item))
    attrs = {"from": str(node.service), "type": "headline", "id": notification_id(node)}
    stanza = Element(CLIENT, "message", attrs, event)
    return Outgoing(wording(stanza), to, Reach.PRESENT, eventing=True)
