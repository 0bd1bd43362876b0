"""Presence and rosters as pubsub: XEP-0207 1.0, §3 and §4, with the requests of XEP-0060 1.30.0.

A presence published is a presence sent: it goes the way of RFC 6121, and whoever hears it that way
hears it. The roster is the list of subscriptions, so there is one row whichever way it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from folkmoot.engine import account_questions, questions
from folkmoot.engine.commands import Subscribe, Unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import SubscriptionChanged
from folkmoot.engine.model import PRESENCE_NODE, NodeId, State, Via
from folkmoot.engine.relations import presence_of
from folkmoot.facades import pubsub
from folkmoot.facades.eventing.words import presence_element, word
from folkmoot.facades.facade import Answered, Facade, Handler, Request, Route, read_jid
from folkmoot.facades.personal import Before, around, is_own
from folkmoot.facades.pubsub.conditions import bad, not_subscribed, unmet
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.notification import subscription_element
from folkmoot.facades.pubsub.ns import AUTHORIZATION, OWNER, PUBSUB
from folkmoot.facades.pubsub.pending import authorize
from folkmoot.facades.pubsub.reading import beside, items_named, jid_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import DATA, Form
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import XML_LANG, Element

_TYPES: Final = (None, "unavailable")
"""The presences that are an item: the others are about subscriptions, or answers."""

_KEPT: Final = ("type", "to", "id", XML_LANG)


# --- being present (§3)


async def publish(request: Request) -> Iterable[Element]:
    """One's presence, as the item of one's resource (Listing 3); or for one address alone."""
    _hold_own(request)
    if read_form(beside(request, "publish-options")) is not None:
        raise unmet("presence is always published in the same way")
    items = request.payload.childs(PUBSUB, "item")
    if len(items) != 1:
        raise bad("item-required" if not items else "invalid-payload", "a resource is one item")
    resource = request.actor.resource
    if items[0].get("id", resource) != resource:
        raise StanzaError("forbidden", "a resource speaks for itself, under its own name")
    presence = _read(request, items[0])
    await request.instead(presence)
    if presence.get("to") is not None:
        return ()  # of what is for one address the node has no item
    item = Element(PUBSUB, "item", {"id": resource})
    told = Element(PUBSUB, "publish", {"node": PRESENCE_NODE}, item)
    return (Element(PUBSUB, "pubsub", None, told),)


def _read(request: Request, item: Element) -> Element:
    """The presence in an item, as a client would send it. Raises StanzaError invalid-payload."""
    found = item.elements
    if len(found) != 1 or (found[0].ns, found[0].name) != (CLIENT, "presence"):
        raise bad("invalid-payload", "this node holds presence")
    presence = found[0]
    if presence.get("type") not in _TYPES:
        raise bad("invalid-payload", "what is published is whether one is there")
    to = presence.get("to")
    if to is not None and read_jid(to).domain == request.services.rooms.domain:
        raise bad("invalid-payload", "who wants to be in a room subscribes to its node")
    if presence.get("from", str(request.actor)) != str(request.actor):
        raise bad("invalid-payload", f"this is from {request.actor}")
    attrs = {attr: value for attr, value in presence.attrs.items() if attr in _KEPT}
    attrs["from"] = str(request.actor)
    return Element(CLIENT, "presence", attrs, *presence.children)


async def retract(request: Request) -> Iterable[Element]:
    """A resource is there no longer."""
    _hold_own(request)
    if items_named(request.payload) != (request.actor.resource,):
        raise StanzaError("forbidden", "a resource speaks for itself alone")
    if not request.sender.available:
        raise Refused(Reason.ITEM_NOT_FOUND)
    attrs = {"type": "unavailable", "from": str(request.actor)}
    await request.instead(Element(CLIENT, "presence", attrs))
    return ()


def _hold_own(request: Request) -> None:
    if not is_own(request):
        raise Refused(Reason.FORBIDDEN)


async def items(request: Request) -> Iterable[Element]:
    """Which resources are there, for those who hear the presence anyway."""
    target = request.to.bare
    found = await request.ask(account_questions.presences, request.actor, target)
    wanted = items_named(request.payload)
    told = (
        Element(
            PUBSUB,
            "item",
            {"id": item.id, "publisher": str(target)},
            presence_element(target.with_resource(item.id), item.payload),
        )
        for item in found
        if not wanted or item.id in wanted
    )
    listed = Element(PUBSUB, "items", {"node": PRESENCE_NODE}, *told)
    return (Element(PUBSUB, "pubsub", None, listed),)


# --- being let in (§4)


async def subscribe(request: Request) -> Iterable[Element]:
    """The wish to hear somebody's presence, or that it is so already (Listing 9)."""
    node, jid = presence_of(request.to), _account(request)
    try:
        held = await request.ask(questions.own_subscription, request.actor, node, jid, "")
    except Refused as refused:
        if refused.reason is not Reason.NODE_NOT_FOUND:
            raise
        held = None
    if held is not None and held.state is State.PENDING:
        raise Refused(Reason.PENDING)
    if held is None or held.state is not State.SUBSCRIBED:
        asked = Subscribe(actor=request.actor, node=node, subscriber=jid, via=Via.PRESENCE)
        try:
            events = await request.run(asked)
        except Refused as refused:
            if refused.reason is Reason.NO_ACCOUNT:  # as RFC 6121 says it, and no more
                raise StanzaError("service-unavailable") from refused
            raise
        held = next(
            each.after
            for each in events
            if isinstance(each, SubscriptionChanged) and each.node == node
        )
    assert held is not None, "who subscribes has a subscription"
    return _told(node, jid, held.state, held.subid)


async def unsubscribe(request: Request) -> Iterable[Element]:
    """To hear it no longer."""
    node, jid = presence_of(request.to), _account(request)
    try:
        await request.run(Unsubscribe(actor=request.actor, node=node, subscriber=jid))
    except Refused as refused:
        if refused.reason in (Reason.NOT_SUBSCRIBED, Reason.NODE_NOT_FOUND):
            raise not_subscribed() from refused
        raise
    return _told(node, jid, State.NONE, "")


def _told(node: NodeId, jid: JID, state: State, subid: str) -> Iterable[Element]:
    told = subscription_element(PUBSUB, node, str(jid), state.value, subid)
    return (Element(PUBSUB, "pubsub", None, told),)


def _account(request: Request) -> JID:
    """Who is to hear: an account, since it is on the account's roster (§4)."""
    jid = jid_named(request.payload)
    if jid.bare != request.actor.bare:
        raise bad("invalid-jid", "that is somebody else")
    if not jid.is_bare:
        raise bad("invalid-jid", "presence is for an account, whichever of its resources is there")
    return jid


async def answer(request: Request, otherwise: Handler) -> Answered:
    """The form that asks for approval, filled in (Listing 11); any other message is not for us."""
    x = request.stanza.child(DATA, "x")
    form = None if x is None else Form.read(x)
    own = request.to in (request.actor.bare, request.services.domain)
    if not own or form is None or form.form_type != AUTHORIZATION:
        return await otherwise(request)
    try:
        return await authorize(replace(request, to=request.actor.bare, eventing=True))
    except Refused as refused:
        raise pubsub.FACADE.error(refused) from refused


# --- where it stands


def _of_presence(handler: Handler) -> Before:
    """Takes what is asked of a presence node, and nothing else."""

    async def first(request: Request, otherwise: Handler) -> Answered:
        node = NodeId(request.to.bare, request.payload.get("node", ""))
        return await (handler if request.services.is_presence(node) else otherwise)(request)

    return first


async def _in_its_words(request: Request, otherwise: Handler) -> Answered:
    """What XEP-0060 says of any node is true of presence, too."""
    return await otherwise(replace(request, eventing=True))


async def _of_its_owner(request: Request, otherwise: Handler) -> Answered:
    """The same of what is for the owner alone; who else asks learns of no account by it."""
    node = NodeId(request.to.bare, request.payload.get("node", ""))
    if request.services.is_presence(node):
        _hold_own(request)
    return await _in_its_words(request, otherwise)


async def subscribers(request: Request, otherwise: Handler) -> Answered:
    """Who hears one's presence: nobody, where nobody ever asked to."""
    try:
        return await _of_its_owner(request, otherwise)
    except Refused as refused:
        node = NodeId(request.to.bare, request.payload.get("node", ""))
        if refused.reason is not Reason.NODE_NOT_FOUND or not request.services.is_presence(node):
            raise
    listed = Element(OWNER, "subscriptions", {"node": PRESENCE_NODE})
    return (Element(OWNER, "pubsub", None, listed),)


async def _nobody(request: Request) -> Iterable[Element]:
    return ()


def beside_pubsub(facade: Facade) -> Facade:
    """XEP-0060 at an account, its presence being one more node."""
    return around(
        facade,
        {
            ("iq", "set", PUBSUB, "pubsub", "publish"): _of_presence(publish),
            ("iq", "set", PUBSUB, "pubsub", "retract"): _of_presence(retract),
            ("iq", "get", PUBSUB, "pubsub", "items"): _of_presence(items),
            ("iq", "set", PUBSUB, "pubsub", "subscribe"): _of_presence(subscribe),
            ("iq", "set", PUBSUB, "pubsub", "unsubscribe"): _of_presence(unsubscribe),
            ("iq", "get", PUBSUB, "pubsub", "subscriptions"): _in_its_words,
            ("iq", "get", OWNER, "pubsub", "subscriptions"): subscribers,
            ("iq", "set", OWNER, "pubsub", "subscriptions"): _of_its_owner,
        },
    )


def beside_messages(facade: Facade) -> Facade:
    """Messages to an account, of which a filled-in form from itself is one for us."""
    return around(facade, {("message", ""): answer, ("message", "normal"): answer})


async def _at_server(request: Request) -> Answered:
    return await answer(request, _nobody)


FACADE: Final = Facade("eventing", (), pubsub.FACADE.errors, word, eventing=True)
"""What words presence for devices whose own came through pubsub."""

at_server: Final = replace(
    FACADE,
    routes=(Route("message", "", (), _at_server), Route("message", "normal", (), _at_server)),
)
"""The same form, sent to the server as Listings 10 and 11 have it."""
