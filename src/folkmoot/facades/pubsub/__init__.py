"""Publish-Subscribe: XEP-0060 1.30.0; a file for each chapter."""

from __future__ import annotations

from typing import Final

from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.pubsub import discovery, owner, publisher, subscriber
from folkmoot.facades.pubsub.errors import ERRORS, unsupported
from folkmoot.facades.pubsub.notification import word
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB


async def _unknown(request: Request) -> tuple[()]:
    """A request XEP-0060 may have and this service has not."""
    raise unsupported(request.payload.first.name if request.payload.first else "pubsub")


_NOT_HERE: Final = tuple(
    Route("iq", type, (ns, "pubsub"), _unknown) for type in ("get", "set") for ns in (PUBSUB, OWNER)
)

ROUTES: Final = (*subscriber.ROUTES, *publisher.ROUTES, *owner.ROUTES, *_NOT_HERE)

FACADE: Final = Facade("pubsub", ROUTES, ERRORS, word)

FEATURES: Final = discovery.features(ROUTES)
