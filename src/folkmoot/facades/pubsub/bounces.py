"""Notifications that come back: XEP-0060 1.30.0, §12.4.

Nothing is kept of what was sent: the id of a notification says which node it is about, to those
who know the node's name anyway.
"""

from __future__ import annotations

import itertools
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import Bounce, Unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import NodeId, Via
from folkmoot.facades.facade import Answered, Facade, Handler, Request, Route
from folkmoot.facades.personal import around
from folkmoot.facades.pubsub.ns import EVENT
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, STANZAS
from folkmoot.xmpp.xml import Element

DIGEST_BYTES: Final = 9
"""How much of a node's digest is in an id; no padding comes of nine."""

DIGESTS_MAX: Final = 1_024
"""How many nodes' digests are remembered."""

_DIGEST_CHARS: Final = DIGEST_BYTES * 4 // 3
_RUN: Final = token_urlsafe(DIGEST_BYTES)
_NUMBERS: Final = itertools.count(1)

_PASSING: Final = frozenset({"bad-request", "redirect", "not-acceptable"})
"""What may be otherwise another time, of whatever type but `cancel`."""

_AWAY: Final = frozenset(
    {
        "internal-server-error",
        "remote-server-not-found",
        "remote-server-timeout",
        "service-unavailable",
    }
)
"""What is said of a server that is not reached for now (RFC 6120 §8.3.3.16 and 17), and of an
account that nobody is at and that keeps nothing (RFC 6121 §8.5.2.2.1). It has type `cancel`, some
of it, and says nothing of tomorrow: nobody loses a space because a server restarts."""

_OVER: Final = frozenset({Reason.NOT_SUBSCRIBED, Reason.NODE_NOT_FOUND})
"""Why nothing ends: it has ended already."""


def notification_id(node: NodeId) -> str:
    """An id for a notification about a node, unique at the service (§12.4)."""
    return f"{_RUN}{next(_NUMBERS):x}{_digest(node.name)}"


@lru_cache(DIGESTS_MAX)
def _digest(name: str) -> str:
    return urlsafe_b64encode(sha256(name.encode()).digest()[:DIGEST_BYTES]).decode()


async def bounced(request: Request) -> Iterable[Element]:
    """A notification comes back; for good, and who was to hear is subscribed no longer.

    Which node it is about says the id, or what the error repeats. The subscription that ends is
    the resource's, else the entity's. An error that may pass is counted.
    """
    final = is_final(request.stanza)
    if not final and not may_pass(request.stanza):
        return ()
    actor = request.actor
    held = await request.ask(questions.own_subscriptions, actor, request.to.bare, "")
    heard: dict[NodeId, set[JID]] = {}
    for node, each in held:
        if each.via is Via.PUBSUB and is_about(request.stanza, node):
            heard.setdefault(node, set()).add(each.subscriber)
    for node, addresses in heard.items():
        subscriber = actor if actor in addresses else actor.bare
        counted = Bounce(actor=actor, node=node, subscriber=subscriber)
        ended = Unsubscribe(actor=actor, node=node, subscriber=subscriber, bounced=True)
        try:
            await request.run(ended if final else counted)
        except Refused as refused:
            if refused.reason not in _OVER:
                raise
    return ()


def is_final(stanza: Element) -> bool:
    """Whether an error says that nobody will ever be there: of type `cancel`, or `gone`."""
    error = stanza.child(CLIENT, "error")
    return error is not None and (
        (error.get("type") == "cancel" and _AWAY.isdisjoint(_conditions(error)))
        or error.child(STANZAS, "gone") is not None
    )


def may_pass(stanza: Element) -> bool:
    """Whether an error is one of those that are to be counted."""
    error = stanza.child(CLIENT, "error")
    return error is not None and (
        error.get("type") in ("auth", "wait")
        or not (_PASSING | _AWAY).isdisjoint(_conditions(error))
    )


def _conditions(error: Element) -> set[str]:
    return {child.name for child in error.elements if child.ns == STANZAS}


def is_about(stanza: Element, node: NodeId) -> bool:
    """Whether an error answers a notification about a node."""
    event = stanza.child(EVENT, "event")
    repeated = None if event is None else event.first
    if repeated is not None:
        return repeated.get("node") == node.name
    id = stanza.get("id", "")
    return id[-_DIGEST_CHARS:] == _digest(node.name)


async def _to_account(request: Request, otherwise: Handler) -> Answered:
    """What comes back to an account's bare JID is news of one of its nodes (XEP-0163 §4.3)."""
    return await (bounced(request) if request.to.is_bare else otherwise(request))


def beside_messages(facade: Facade) -> Facade:
    """The facade that takes the messages to accounts, with what comes back to their nodes."""
    return around(facade, {("message", "error"): _to_account})


ROUTES = (Route("message", "error", (), bounced),)
