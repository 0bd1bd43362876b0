"""The conditions of XEP-0060 1.30.0, §17.2, each of which stands first in its error."""

from __future__ import annotations

from folkmoot.facades.pubsub.ns import ERRORS
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element


def specific(name: str, feature: str | None = None) -> Element:
    """A condition of this protocol's own; `feature` goes with `unsupported`."""
    return Element(ERRORS, name, {"feature": feature})


def unsupported(feature: str) -> StanzaError:
    """The answer to what XEP-0060 has and this service has not (§10)."""
    return StanzaError("feature-not-implemented", extension=specific("unsupported", feature))


def bad(name: str, text: str = "") -> StanzaError:
    """The answer to a request that lacks something, or holds what makes no sense."""
    return StanzaError("bad-request", text, extension=specific(name))


def unmet(text: str) -> StanzaError:
    """The answer to publish-options that the node does not meet (§7.1.5)."""
    return StanzaError("conflict", text, extension=specific("precondition-not-met"))


def not_subscribed() -> StanzaError:
    """The answer to what only a subscriber can ask of their subscription (§6.2.3.2, §6.3.4.2)."""
    return StanzaError("unexpected-request", type="cancel", extension=specific("not-subscribed"))
