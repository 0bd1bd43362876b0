"""How XEP-0060 1.30.0 words what happened: `<event/>` messages, and the authorization form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from folkmoot.engine.configuration import ItemReply
from folkmoot.engine.model import Item, NodeId, Show, Via
from folkmoot.engine.notifications import (
    AffiliationTold,
    ApprovalAnswered,
    ApprovalAsked,
    Configured,
    Deleted,
    Described,
    Digested,
    Heard,
    Notification,
    Published,
    Purged,
    Retracted,
    SubscriptionTold,
)
from folkmoot.facades.facade import Outgoing, Reach
from folkmoot.facades.pubsub.body import body_element
from folkmoot.facades.pubsub.bounces import notification_id
from folkmoot.facades.pubsub.config import changes_form, result_form
from folkmoot.facades.pubsub.ns import AUTHORIZATION, EVENT, PUBSUB
from folkmoot.facades.pubsub.shim import noted
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Attr, Element, serialize

ADDRESS: Final = "http://jabber.org/protocol/address"
DELAY: Final = "urn:xmpp:delay"

DIGEST_BYTES_MAX: Final = 131_072
"""How much a message has of a digest that needs more than one; a longer item is alone in one."""


def word(notification: Notification) -> Iterable[Outgoing]:
    """A notification as messages from the service."""
    node = notification.node.name
    match notification:
        case Published(item=item, config=config):
            items = Element(EVENT, "items", {"node": node})
            if config.persist_items or config.deliver_payloads:
                named = config.item_reply is ItemReply.PUBLISHER
                payload = config.deliver_payloads
                items.append(item_element(EVENT, item, payload=payload, publisher=named))
            delay = _delay(item) if notification.last else ()
            body = (body_element(config, (item,), node),) if notification.hearing.body else ()
            yield from _item_event(notification, items, *body, *_replies(notification), *delay)
        case Digested():
            yield from _digest(notification)
        case Retracted(item_ids=item_ids):
            for item_id in item_ids:  # one item a message: Movim looks at the first alone
                retract = Element(EVENT, "retract", {"id": item_id})
                items = Element(EVENT, "items", {"node": node}, retract)
                yield from _item_event(notification, items)
        case Purged():
            told = replace(notification, to=(*notification.to, *notification.named), named={})
            # §12.16: this is the same for every subscription
            yield from _item_event(told, Element(EVENT, "purge", {"node": node}))
        case Deleted(redirect=redirect, config=config):
            delete = Element(EVENT, "delete", {"node": node})
            if redirect:
                delete.append(Element(EVENT, "redirect", {"uri": redirect}))
            yield _event(notification, delete, headline=config.headline)
        case Configured(after=after):
            changed = Element(EVENT, "configuration", {"node": node})
            if after.deliver_payloads:
                changed.append(result_form(after, notification.node.service).element())
            yield _event(notification, changed, headline=after.headline)
        case Described(before=before, after=after):
            changes = changes_form(before, after, notification.node.service)
            if changes.fields:
                described = Element(EVENT, "configuration", {"node": node}, changes.element())
                yield _event(notification, described, headline=after.headline)
        case SubscriptionTold():
            yield from _subscription(notification)
        case AffiliationTold(jid=jid, affiliation=affiliation):
            attrs = {"jid": str(jid), "affiliation": affiliation.value}
            row = Element(PUBSUB, "affiliation", attrs)
            rows = Element(PUBSUB, "affiliations", {"node": node}, row)
            # §8.9.4, Example 210: no event, and not in the owner's namespace
            yield _message(notification, Element(PUBSUB, "pubsub", None, rows), headline=False)
        case ApprovalAsked(subid=subid):
            form = authorization_form(notification).element()
            # §8.6: an owner's answer reflects the id; Movim wants no body beside the form
            yield _message(notification, form, headline=False, id=subid)
        case ApprovalAnswered(subscriber=subscriber, allowed=allowed):
            state = "subscribed" if allowed else "none"
            attrs = {"node": node, "jid": str(subscriber), "subscription": state}
            yield _event(notification, Element(EVENT, "subscription", attrs), headline=True)
        case _:
            return


def _digest(told: Digested) -> Iterator[Outgoing]:
    """Items together, in as few messages as hold them."""
    config, node = told.config, told.node.name
    for part in _parts(told):
        items = Element(EVENT, "items", {"node": node}, *(each for _, each in part))
        said = (item for item, _ in part)
        body = (body_element(config, said, node),) if told.hearing.body else ()
        yield from _item_event(told, items, *body, *_replies(told))


def _parts(told: Digested) -> Iterator[list[tuple[Item, Element]]]:
    """What each message of a digest has: items, and what they are there."""
    named, payload = told.config.item_reply is ItemReply.PUBLISHER, told.config.deliver_payloads
    part: list[tuple[Item, Element]] = []
    left = DIGEST_BYTES_MAX
    for item in told.items:
        element = item_element(EVENT, item, payload=payload, publisher=named)
        octets = len(serialize(element, EVENT).encode())
        if part and octets > left:
            yield part
            part, left = [], DIGEST_BYTES_MAX
        part.append((item, element))
        left -= octets
    yield part


def _subscription(told: SubscriptionTold) -> Iterable[Outgoing]:
    """To the subscriber something to keep; to owners, with notify_sub, news (§12.14, §8.8.4)."""
    state = "none" if told.after is None else told.after.state.value
    held = told.after or told.before
    subid = "" if held is None else held.subid
    attrs: dict[Attr, str | None] = {
        "node": told.node.name,
        "jid": str(told.subscriber),
        "subscription": state,
        "subid": subid or None,
    }
    if told.after is not None and told.after.expires is not None:
        attrs["expiry"] = format_date(told.after.expires)  # §12.19
    element = Element(EVENT, "subscription", attrs)
    mine = tuple(jid for jid in told.to if jid == told.subscriber)
    others = tuple(jid for jid in told.to if jid != told.subscriber)
    for to, headline in ((mine, False), (others, True)):
        if to:
            yield _event(told, element, headline=headline, to=to)


def authorization_form(asked: ApprovalAsked) -> Form:
    """What an owner is asked (§8.6, Example 170)."""
    return Form(
        "form",
        AUTHORIZATION,
        (
            Field("pubsub#node", "text-single", (asked.node.name,), "Node"),
            Field("pubsub#subscriber_jid", "jid-single", (str(asked.subscriber),), "Subscriber"),
            Field("pubsub#allow", "boolean", ("false",), "Allow this subscription?"),
            Field("pubsub#subid", "hidden", (asked.subid,)),
        ),
        title="Somebody asks to be let in",
        instructions=f"May {asked.subscriber} subscribe to {asked.node.name}?",
    )


def item_element(ns: str, item: Item, *, payload: bool = True, publisher: bool = True) -> Element:
    """An item, in a notification or in an answer, with payload and publisher or without."""
    by = str(item.publisher.bare) if publisher else None
    told = Element(ns, "item", {"id": item.id, "publisher": by})
    if payload and item.payload is not None:
        told.append(item.payload)
    return told


def published(node: NodeId, item: Item) -> Element:
    """An item as a message of its own, as those who subscribed had it (XEP-0442 0.2.0, §3)."""
    items = Element(EVENT, "items", {"node": node.name}, item_element(EVENT, item))
    event = Element(EVENT, "event", None, items)
    return Element(CLIENT, "message", {"from": str(node.service)}, event)


def subscription_element(ns: str, node: NodeId, jid: str, state: str, subid: str) -> Element:
    """A subscription, in an answer."""
    attrs = {"node": node.name, "jid": jid, "subscription": state, "subid": subid or None}
    return Element(ns, "subscription", attrs)


def _replies(told: Published | Digested) -> tuple[Element, ...]:
    """Whom to reply to (XEP-0033): the owners, where the node has it so (§12.17).

    Else which device published, for who hears its presence (XEP-0163 §4.3.1), and in a
    conversation (XEP-0207 1.0, Listing 20), where a message would say it as well. A publisher is
    otherwise named with the item (§12.17, Example 220).
    """
    to, publishers = told.reply_to, told.config.item_reply is ItemReply.PUBLISHER
    if isinstance(told, Published) and publishers and not to:
        known = told.via is Via.PEP or _is_spoken(told)
        to = (told.item.publisher,) if known and told.item.publisher.resource else ()
    if not to:
        return ()
    addresses = (Element(ADDRESS, "address", {"type": "replyto", "jid": str(jid)}) for jid in to)
    return (Element(ADDRESS, "addresses", None, *addresses),)


def _is_spoken(told: Published) -> bool:
    """Whether it is a message, to those alone who were let in."""
    said = told.item.payload
    return told.config.private and said is not None and (said.ns, said.name) == (CLIENT, "message")


def _delay(item: Item) -> tuple[Element, ...]:
    return (Element(DELAY, "delay", {"stamp": format_date(item.published)}),)


def _item_event(
    told: Published | Digested | Retracted | Purged, event: Element, *more: Element
) -> Iterator[Outgoing]:
    """News of items: for those who are there, where the node or the subscriber wants it so."""
    outgoing = _event(told, event, *more, headline=told.config.headline)
    shows = told.hearing.shows
    if told.config.present_only:
        shows = (shows or frozenset(Show)) - {None}
    missable = not shows or None in shows
    reach = outgoing.reach if missable else Reach.AVAILABLE
    outgoing = replace(outgoing, shows=shows, reach=reach)
    if told.to:
        yield outgoing
    for jid, subids in told.named.items():
        yield replace(outgoing, to=(jid,), wording=noted(outgoing.wording, subids))


def _event(
    heard: Heard, event: Element, *more: Element, headline: bool, to: tuple[JID, ...] = ()
) -> Outgoing:
    return _message(heard, Element(EVENT, "event", None, event), *more, headline=headline, to=to)


def _message(
    heard: Heard, *children: Element, headline: bool, to: tuple[JID, ...] = (), id: str = ""
) -> Outgoing:
    kind = "headline" if headline else None
    id = id or notification_id(heard.node)
    attrs = {"from": str(heard.node.service), "type": kind, "id": id}
    reach = Reach.AVAILABLE if headline else Reach.KEPT
    return Outgoing(wording(Element(CLIENT, "message", attrs, *children)), to or heard.to, reach)
