"""What a subscriber does: XEP-0060 1.30.0, §5.6, §5.7 and §6.1-6.4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import SetDelivery, Subscribe, Unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import SubscriptionChanged
from folkmoot.engine.model import NodeId, State, Subscription, Via
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.pubsub.conditions import bad, not_subscribed
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.notification import subscription_element
from folkmoot.facades.pubsub.ns import PUBSUB
from folkmoot.facades.pubsub.options import options_form, read_options
from folkmoot.facades.pubsub.reading import beside, is_served, jid_named, listed, node_named
from folkmoot.facades.spaces import read_invite
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

PUBLIC: Final = "urn:xmpp:pps:0"
"""XEP-0465 0.1.1: a `<public/>` in the request lets others know (§4.1)."""


async def subscribe(request: Request) -> Iterable[Element]:
    """Subscribe, perhaps with options; the answer says how far it has come (§6.1, §6.3.7).

    Who is subscribed, and asks for other options, has two subscriptions from then on (§6.1.6).
    """
    node, jid = node_named(request), jid_named(request.payload)
    options = read_form(beside(request, "options"))
    events = await request.run(
        Subscribe(
            actor=request.actor,
            node=node,
            subscriber=jid,
            via=Via.PUBSUB,
            options=read_options(options),
            invite=read_invite(request.payload),
            public=request.payload.child(PUBLIC, "public") is not None,
        )
    )
    made = next(each for each in events if isinstance(each, SubscriptionChanged))
    assert made.after is not None, "who subscribes has a subscription"
    held = next(each for each in made.after.apart if made.subid in ("", each.subid))
    told = subscription_element(PUBSUB, node, str(jid), held.state.value, held.subid)
    answer = Element(PUBSUB, "pubsub", None, told)
    if options is not None:
        answer.append(Element(PUBSUB, "options", None, options_form("result", held).element()))
    return (answer,)


async def unsubscribe(request: Request) -> Iterable[Element]:
    """End a subscription; a subid, where one is given, has to be the right one (§6.2)."""
    node, jid = node_named(request), jid_named(request.payload)
    held = await _held(request, node, jid)
    await request.run(
        Unsubscribe(
            actor=request.actor,
            node=node,
            subscriber=jid,
            subid=request.payload.get("subid", ""),
        )
    )
    told = subscription_element(PUBSUB, node, str(jid), "none", held.subid)
    return (Element(PUBSUB, "pubsub", None, told),)


async def _held(request: Request, node: NodeId, jid: JID) -> Subscription:
    """The subscription a request is about. Raises StanzaError(not-subscribed), Refused."""
    subid = request.payload.get("subid", "")
    try:
        held = await request.ask(questions.own_subscription, request.actor, node, jid, subid)
    except Refused as refused:
        if refused.reason is Reason.INVALID_SUBSCRIBER:  # §6.2.3.3, §6.3.4.1
            raise StanzaError("forbidden") from refused
        raise
    if held is None:
        raise not_subscribed()
    return held


async def get_options(request: Request) -> Iterable[Element]:
    """The options of one's subscription, as a form (§6.3.2)."""
    node, jid = node_named(request), jid_named(request.payload)
    held = await _held(request, node, jid)
    attrs = {"node": node.name, "jid": str(jid), "subid": held.subid}
    options = Element(PUBSUB, "options", attrs, options_form("form", held).element())
    return (Element(PUBSUB, "pubsub", None, options),)


async def set_options(request: Request) -> Iterable[Element]:
    """Other options for one's subscription (§6.3.5)."""
    node, jid = node_named(request), jid_named(request.payload)
    await _held(request, node, jid)
    form = read_form(request.payload)
    if form is None:
        raise bad("invalid-options", "a data form is missing")
    await request.run(
        SetDelivery(
            actor=request.actor,
            node=node,
            subscriber=jid,
            subid=request.payload.get("subid", ""),
            options=read_options(form),
        )
    )
    return ()


async def default_options(request: Request) -> Iterable[Element]:
    """What the options of a subscription are where nothing is said; of all nodes alike (§6.4)."""
    name = request.payload.get("node")
    if name:
        await request.ask(questions.info, request.actor, node_named(request))
    plain = Subscription(request.actor, State.SUBSCRIBED, Via.PUBSUB)
    told = Element(PUBSUB, "default", {"node": name or None}, options_form("form", plain).element())
    return (Element(PUBSUB, "pubsub", None, told),)


async def subscriptions(request: Request) -> Iterable[Element]:
    """One's own subscriptions, of all nodes of the service or of one (§5.6)."""
    name = request.payload.get("node", "")
    held = await request.ask(questions.own_subscriptions, request.actor, request.to.bare, name)
    rows = {
        f"{node.name} {each.subscriber} {each.subid}": subscription_element(
            PUBSUB, node, str(each.subscriber), each.state.value, each.subid
        )
        for node, each in held
        if is_served(request, node)
    }
    return (listed(request, Element(PUBSUB, "subscriptions", {"node": name or None}), rows),)


async def affiliations(request: Request) -> Iterable[Element]:
    """One's own affiliations, of all nodes of the service or of one (§5.7)."""
    name = request.payload.get("node", "")
    held = await request.ask(questions.own_affiliations, request.actor, request.to.bare, name)
    rows = {
        node.name: Element(PUBSUB, "affiliation", {"node": node.name, "affiliation": each.value})
        for node, each in held
        if is_served(request, node)
    }
    return (listed(request, Element(PUBSUB, "affiliations", {"node": name or None}), rows),)


ROUTES = (
    Route("iq", "set", (PUBSUB, "pubsub", "subscribe"), subscribe, feature="subscribe"),
    Route("iq", "set", (PUBSUB, "pubsub", "unsubscribe"), unsubscribe),
    Route("iq", "get", (PUBSUB, "pubsub", "options"), get_options, feature="subscription-options"),
    Route("iq", "set", (PUBSUB, "pubsub", "options"), set_options),
    Route("iq", "get", (PUBSUB, "pubsub", "default"), default_options, "retrieve-default-sub"),
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
