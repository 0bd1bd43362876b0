"""Subscribing by way of one's own account: XEP-0376 0.1.1, which XEP-0465 0.1.1 rests on.

The account asks the service in its own name, and tells its other devices what came of it. What
somebody is subscribed to is known here anyway: it is the subscriptions themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from folkmoot.engine import personal_questions
from folkmoot.engine.services import Kind
from folkmoot.facades.facade import Facade, Outgoing, Reach, Request, Route, read_jid
from folkmoot.facades.pubsub import subscriber
from folkmoot.facades.pubsub.conditions import bad
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.ns import PUBSUB
from folkmoot.facades.pubsub.reading import jid_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Attr, Element

NS: Final = "urn:xmpp:pam:0"

FEATURES: Final = (NS,)

_ASKED: Final = {"subscribe": subscriber.subscribe, "unsubscribe": subscriber.unsubscribe}


async def manage(request: Request) -> Iterable[Element]:
    """Subscribe to a node of some service, or unsubscribe (§3.2, §3.3)."""
    account, pam = _own(request), request.payload
    service = read_jid(pam.get("jid"))
    asked = pam.first
    if asked is None or asked.ns != PUBSUB or asked.name not in _ASKED:
        raise StanzaError("bad-request", "one subscribes or unsubscribes")
    if jid_named(asked) != account.to.bare:
        raise bad("invalid-jid", "an account subscribes as itself")
    kind = request.services.kind(service)
    if kind not in (Kind.PUBSUB, Kind.ACCOUNT) or service.resource:
        raise StanzaError("remote-server-not-found", f"{service} is not served here")
    outer = Element(PUBSUB, "pubsub", None, *pam.elements)
    stanza = Element(CLIENT, "iq", request.stanza.attrs, outer)
    (answer,) = await _ASKED[asked.name](replace(request, stanza=stanza, to=service, payload=asked))
    told = Element(NS, "notify", {"service": str(service)}, answer.elements[0])
    message = Element(CLIENT, "message", {"from": str(request.to)}, told)
    request.tell(Outgoing(wording(message), (request.to,), Reach.PRESENT, wanted=NS))
    return ()


async def subscriptions(request: Request) -> Iterable[Element]:
    """All that an account is subscribed to, wherever (§3.4)."""
    _own(request)
    held = await request.ask(personal_questions.everywhere, request.actor)
    listed = Element(NS, "subscriptions")
    for node, each in held:
        attrs: dict[Attr, str | None] = {
            "service": str(node.service),
            "node": node.name,
            "jid": str(each.subscriber),
            "subscription": each.state.value,
            "subid": each.subid or None,
        }
        listed.append(Element(NS, "subscription", attrs))
    return (listed,)


def _own(request: Request) -> Request:
    """The request, of somebody to their own account. Raises StanzaError forbidden."""
    if request.to != request.actor.bare:
        raise StanzaError("forbidden", "an account is managed by its owner")
    return request


ROUTES: Final = (
    Route("iq", "set", (NS, "pam"), manage),
    Route("iq", "get", (NS, "subscriptions"), subscriptions),
)

FACADE: Final = Facade("pam", ROUTES, ERRORS)
