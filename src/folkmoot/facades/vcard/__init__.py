"""Old vCards: XEP-0054 1.3.0, with photos by XEP-0153 1.1.1 and XEP-0398 1.0.0."""

from __future__ import annotations

from typing import Final

from folkmoot.facades.vcard.card import FACADE, NS
from folkmoot.facades.vcard.presence import beside_presence, beside_pubsub

CONVERSION: Final = "urn:xmpp:pep-vcard-conversion:0"
FEATURES: Final = (NS, CONVERSION)

__all__ = ["FACADE", "FEATURES", "beside_presence", "beside_pubsub"]
