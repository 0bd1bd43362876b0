"""What all client streams of a server have in common."""

from dataclasses import dataclass, field

from folkmoot.streams.features import Features
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Limits


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """One server's settings for its client streams.

    domain: where the accounts are. secret: at least 16 bytes that stay the same after a restart;
    hides which accounts exist (`sasl.disguise`).
    """

    domain: JID
    secret: bytes = field(repr=False)
    features: Features = field(default_factory=Features)
    limits: Limits = field(default_factory=Limits)
