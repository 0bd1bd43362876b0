"""Publish-Subscribe: XEP-0060 1.30.0; a file for each chapter."""

from __future__ import annotations

from typing import Final

from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.pubsub import (
    bounces,
    discovery,
    owner,
    pending,
    publisher,
    retrieval,
    subscriber,
)
from folkmoot.facades.pubsub.errors import ERRORS
from folkmoot.facades.pubsub.notification import word
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB
from folkmoot.xmpp.errors import StanzaError

_HERE: Final = (
    *subscriber.ROUTES,
    *retrieval.ROUTES,
    *publisher.ROUTES,
    *owner.ROUTES,
    *pending.ROUTES,
    *bounces.ROUTES,
)
_NAMES: Final = frozenset(route.path[1:] for route in _HERE if route.path[1:])


async def _nothing_here(request: Request) -> tuple[()]:
    """What is no request, or one that is neither in XEP-0060 nor here."""
    asked = request.payload.first
    if asked is None or (request.payload.name, asked.name) in _NAMES:
        raise StanzaError("bad-request", "one request is needed, and of its own iq type")
    raise StanzaError("feature-not-implemented", f"{asked.name} is not known here")


ROUTES: Final = (
    *_HERE,
    *(
        Route("iq", type, (ns, "pubsub"), _nothing_here)
        for type in ("get", "set")
        for ns in (PUBSUB, OWNER)
    ),
)

FACADE: Final = Facade("pubsub", ROUTES, ERRORS, word)

FEATURES: Final = discovery.features(ROUTES)
ACCOUNT_FEATURES: Final = discovery.features(ROUTES, account=True)
