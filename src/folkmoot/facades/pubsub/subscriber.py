"""What a subscriber does: XEP-0060 1.30.0, §5.6, §5.7 and §6.1-6.4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import SetDelivery, Subscribe, Unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import SubscriptionChanged
from folkmoot.engine.model import NodeId, Subscription, Via
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.form_table import single
from folkmoot.facades.pubsub.conditions import bad, not_subscribed, specific, unsupported
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.notification import subscription_element
from folkmoot.facades.pubsub.ns import PUBSUB, SUBSCRIBE_OPTIONS
from folkmoot.facades.pubsub.reading import beside, is_served, jid_named, node_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form, FormType, read_boolean
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

_DELIVER: Final = "pubsub#deliver"
_NOT_OFFERED: Final = ("pubsub#digest", "pubsub#include_body")
"""Options that are off, and may be said to be."""


async def subscribe(request: Request) -> Iterable[Element]:
    """Subscribe, perhaps with options; the answer says how far it has come (§6.1, §6.3.7)."""
    node, jid = node_named(request), jid_named(request.payload)
    options = read_form(beside(request, "options"))
    events = await request.run(
        Subscribe(
            actor=request.actor,
            node=node,
            subscriber=jid,
            via=Via.PUBSUB,
            deliver=_read_deliver(options),
        )
    )
    held = next(each.after for each in events if isinstance(each, SubscriptionChanged))
    assert held is not None, "who subscribes has a subscription"
    told = subscription_element(PUBSUB, node, str(jid), held.state.value, held.subid)
    answer = Element(PUBSUB, "pubsub", None, told)
    if options is not None:
        answer.append(Element(PUBSUB, "options", None, _options("result", held).element()))
    return (answer,)


async def unsubscribe(request: Request) -> Iterable[Element]:
    """End a subscription; a subid, where one is given, has to be the right one (§6.2)."""
    node, jid = node_named(request), jid_named(request.payload)
    held = await _held(request, node, jid)
    await request.run(Unsubscribe(actor=request.actor, node=node, subscriber=jid))
    told = subscription_element(PUBSUB, node, str(jid), "none", held.subid)
    return (Element(PUBSUB, "pubsub", None, told),)


async def _held(request: Request, node: NodeId, jid: JID) -> Subscription:
    """The subscription a request is about. Raises StanzaError: not-subscribed, invalid-subid."""
    try:
        held = await request.ask(questions.own_subscription, request.actor, node, jid)
    except Refused as refused:
        if refused.reason is Reason.INVALID_SUBSCRIBER:  # §6.2.3.3, §6.3.4.1
            raise StanzaError("forbidden") from refused
        raise
    if held is None:
        raise not_subscribed()
    if request.payload.get("subid", held.subid) != held.subid:
        raise StanzaError("not-acceptable", extension=specific("invalid-subid"))
    return held


async def get_options(request: Request) -> Iterable[Element]:
    """The options of one's subscription, as a form (§6.3.2)."""
    node, jid = node_named(request), jid_named(request.payload)
    held = await _held(request, node, jid)
    attrs = {"node": node.name, "jid": str(jid), "subid": held.subid}
    options = Element(PUBSUB, "options", attrs, _options("form", held).element())
    return (Element(PUBSUB, "pubsub", None, options),)


async def set_options(request: Request) -> Iterable[Element]:
    """Other options for one's subscription (§6.3.5)."""
    node, jid = node_named(request), jid_named(request.payload)
    held = await _held(request, node, jid)
    form = read_form(request.payload)
    if form is None:
        raise bad("invalid-options", "a data form is missing")
    deliver = _read_deliver(form)
    if deliver is not None and deliver is not held.deliver:
        await request.run(
            SetDelivery(actor=request.actor, node=node, subscriber=jid, deliver=deliver)
        )
    return ()


def _options(type: FormType, held: Subscription) -> Form:
    told = "1" if held.deliver else "0"
    return Form(type, SUBSCRIBE_OPTIONS, (Field(_DELIVER, "boolean", (told,), "Notify of items"),))


def _read_deliver(form: Form | None) -> bool | None:
    """Whether the subscriber wants to hear of items for now; None: it does not say (§16.4.2).

    Raises StanzaError invalid-options for what is not offered (§6.3.6.2).
    """
    if form is None or form.type == "cancel":
        return None
    if form.type != "submit":
        raise bad("invalid-options", "options are submitted")
    deliver = None
    for field in form.fields:
        try:
            wanted = read_boolean(single(field.values))
        except StanzaError as error:
            raise bad("invalid-options", f"{field.var}: {error.text}") from error
        if field.var == _DELIVER:
            deliver = wanted
        elif wanted or field.var not in _NOT_OFFERED:
            raise bad("invalid-options", f"{field.var} is not offered")
    return deliver


async def default_options(request: Request) -> Iterable[Element]:
    """Default subscription options are not for asking here (§6.4.3.2)."""
    raise unsupported("retrieve-default-sub")


async def subscriptions(request: Request) -> Iterable[Element]:
    """One's own subscriptions, of all nodes of the service or of one (§5.6)."""
    name = request.payload.get("node", "")
    held = await request.ask(questions.own_subscriptions, request.actor, request.to.bare, name)
    told = (
        subscription_element(PUBSUB, node, str(each.subscriber), each.state.value, each.subid)
        for node, each in held
        if is_served(request, node)
    )
    listed = Element(PUBSUB, "subscriptions", {"node": name or None}, *told)
    return (Element(PUBSUB, "pubsub", None, listed),)


async def affiliations(request: Request) -> Iterable[Element]:
    """One's own affiliations, of all nodes of the service or of one (§5.7)."""
    name = request.payload.get("node", "")
    held = await request.ask(questions.own_affiliations, request.actor, request.to.bare, name)
    told = (
        Element(PUBSUB, "affiliation", {"node": node.name, "affiliation": each.value})
        for node, each in held
        if is_served(request, node)
    )
    listed = Element(PUBSUB, "affiliations", {"node": name or None}, *told)
    return (Element(PUBSUB, "pubsub", None, listed),)


ROUTES = (
    Route("iq", "set", (PUBSUB, "pubsub", "subscribe"), subscribe, feature="subscribe"),
    Route("iq", "set", (PUBSUB, "pubsub", "unsubscribe"), unsubscribe),
    Route("iq", "get", (PUBSUB, "pubsub", "options"), get_options, feature="subscription-options"),
    Route("iq", "set", (PUBSUB, "pubsub", "options"), set_options),
    Route("iq", "get", (PUBSUB, "pubsub", "default"), default_options),
    Route(
        "iq",
        "get",
        (PUBSUB, "pubsub", "subscriptions"),
        subscriptions,
        feature="retrieve-subscriptions",
    ),
    Route(
        "iq",
        "get",
        (PUBSUB, "pubsub", "affiliations"),
        affiliations,
        feature="retrieve-affiliations",
    ),
)
