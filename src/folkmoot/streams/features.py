"""The stream features of a server, worded once (RFC 6120 §4.3.2; RFC 6121 §2.6, §3.4; XEP-0077 §8;
XEP-0440 1.0.0)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from folkmoot.streams.framing import features
from folkmoot.streams.sasl import HASHES, PLAIN, PLUS
from folkmoot.xmpp.element import Element

TLS: Final = "urn:ietf:params:xml:ns:xmpp-tls"
SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
CHANNEL_BINDING: Final = "urn:xmpp:sasl-cb:0"
BIND: Final = "urn:ietf:params:xml:ns:xmpp-bind"
SESSION: Final = "urn:ietf:params:xml:ns:xmpp-session"
REGISTER_FEATURE: Final = "http://jabber.org/features/iq-register"
ROSTER_VERSIONING: Final = "urn:xmpp:features:rosterver"
PRE_APPROVAL: Final = "urn:xmpp:features:pre-approval"


class Channel(NamedTuple):
    """What a client's connection is, as far as the features depend on it.

    secure: nobody on the way can read it. starttls: TLS can still begin on it.
    bindings: the names of the channel bindings that both ends can compute (RFC 5929).
    """

    framed: bool
    secure: bool
    starttls: bool
    bindings: tuple[str, ...] = ()


class Features:
    """The features of one server.

    cleartext: whether clients may log in without TLS.
    registration: whether they may make accounts.
    more: what else to announce to who is logged in.
    """

    __slots__ = ("_after", "_before", "_more", "cleartext", "registration")

    def __init__(
        self, *, cleartext: bool = False, registration: bool = False, more: Iterable[Element] = ()
    ) -> None:
        self.cleartext = cleartext
        self.registration = registration
        self._more = tuple(more)
        self._before: dict[Channel, bytes] = {}
        self._after: dict[bool, bytes] = {}

    def login_allowed(self, channel: Channel) -> bool:
        """Whether passwords and proofs may pass over this channel."""
        return channel.secure or self.cleartext

    def mechanisms(self, channel: Channel) -> tuple[str, ...]:
        """The SASL mechanisms for a channel, best first; none where TLS has to come first."""
        if not self.login_allowed(channel):
            return ()
        bound = tuple(name + PLUS for name in HASHES) if channel.bindings else ()
        return (*bound, *HASHES, PLAIN)

    def before_login(self, channel: Channel) -> bytes:
        """What a client can do that has not logged in."""
        worded = self._before.get(channel)
        if worded is None:
            worded = features(self._offer(channel), framed=channel.framed)
            self._before[channel] = worded
        return worded

    def _offer(self, channel: Channel) -> Iterable[Element]:
        if channel.starttls:
            required = () if self.cleartext else (Element(TLS, "required"),)
            yield Element(TLS, "starttls", None, *required)
        if not self.login_allowed(channel):
            return  # RFC 6120 §5.3.1: mandatory TLS stands alone
        if channel.bindings:
            types = (
                Element(CHANNEL_BINDING, "channel-binding", {"type": name})
                for name in channel.bindings
            )
            yield Element(CHANNEL_BINDING, "sasl-channel-binding", None, *types)
        names = (Element(SASL, "mechanism", None, name) for name in self.mechanisms(channel))
        yield Element(SASL, "mechanisms", None, *names)
        if self.registration:
            yield Element(REGISTER_FEATURE, "register")

    def after_login(self, *, framed: bool) -> bytes:
        """What a client can do that has logged in: bind a resource, and what comes then."""
        worded = self._after.get(framed)
        if worded is None:
            offer = (
                Element(BIND, "bind"),
                # Clients older than RFC 6121 ask for a session unless told that it is optional.
                Element(SESSION, "session", None, Element(SESSION, "optional")),
                Element(ROSTER_VERSIONING, "ver"),
                Element(PRE_APPROVAL, "sub"),
                *self._more,
            )
            worded = self._after[framed] = features(offer, framed=framed)
        return worded
