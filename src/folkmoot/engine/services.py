"""The services one engine holds, and what its operator allows."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from folkmoot.engine.configuration import Keep
from folkmoot.engine.model import ARCHIVE_NODE, KEPT_BY_SERVER, PRESENCE_NODE, NodeId
from folkmoot.engine.pace import PACES, Pace, Rate
from folkmoot.xmpp.jid import JID

SUBSCRIPTIONS: Final = "urn:xmpp:pps:subscriptions:0"
SUBSCRIBERS: Final = "urn:xmpp:pps:subscribers:0/"
"""The node of an account that lists its public subscriptions, and what the names of those begin
with that list a node's public subscribers (XEP-0465 0.1.1, §4.2, §4.4)."""


class Kind(Enum):
    """What sort of service holds a node."""

    PUBSUB = "pubsub"
    ROOMS = "rooms"
    ACCOUNT = "account"
    """An account whose nodes are here; its bare JID owns all of them (XEP-0163)."""
    ELSEWHERE = "elsewhere"
    """Somebody of another server; what is kept here is our side of the relation."""


class Bounds(NamedTuple):
    """How much an archive keeps; None sets no bound. The oldest go first.

    seconds: how old. items: how many. What is more goes the next time somebody looks.
    """

    seconds: int | None = None
    items: int | None = None


UNBOUNDED: Final = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The addresses served, and limits an operator sets.

    domain: of the accounts. accounts: whether they are this server's; else they are those of a
    server that our services are components of (XEP-0114), and strangers like all others.
    personal: where they are that server's, it lets their own nodes be ours (XEP-0355); streams,
    rosters and messages are its business all the same.
    node_creators, room_creators: the bare JIDs that may create nodes on the pubsub service, and
    rooms; None is every account of the domain.
    subscriptions_per_node_max: how many addresses. subscriptions_per_account_max: to how many nodes
    an entity may subscribe by itself, rooms and presence not counted.
    paces: how often what may happen in a room, but for what its owner sets.
    secret: what occupant ids are made with; it is the store's, and the same as long as that is.
    """

    domain: JID
    pubsub: JID
    rooms: JID
    accounts: bool = True
    personal: bool = False
    node_creators: Container[JID] | None = None
    room_creators: Container[JID] | None = None
    nodes_per_account_max: int = 1_000
    subscriptions_per_node_max: int = 100_000
    subscriptions_per_account_max: int = 5_000
    affiliations_per_node_max: int = 100_000
    contacts_per_account_max: int = 10_000
    offline_messages_max: int = 1_000
    room_archive: Bounds = UNBOUNDED
    account_archive: Bounds = UNBOUNDED
    archive_default: Keep = Keep.ALWAYS
    paces: Mapping[Pace, Rate] = field(default_factory=lambda: PACES)
    secret: bytes = field(default=b"", repr=False)

    def kind(self, service: JID) -> Kind:
        """What sort of service an address is."""
        if service == self.pubsub:
            return Kind.PUBSUB
        if service == self.rooms:
            return Kind.ROOMS
        here = self.local(service) or self.delegated(service)
        return Kind.ACCOUNT if here else Kind.ELSEWHERE

    def local(self, jid: JID) -> bool:
        """Whether an address is, or would be, an account's here."""
        return self.accounts and self._of_domain(jid)

    def delegated(self, jid: JID) -> bool:
        """Whether an address is, or would be, an account's elsewhere whose nodes are here."""
        return self.personal and self._of_domain(jid)

    def _of_domain(self, jid: JID) -> bool:
        return bool(jid.local) and jid.domain == self.domain.domain

    @property
    def domains(self) -> frozenset[str]:
        """The domains of all addresses that this server serves."""
        services = (self.pubsub.domain, self.rooms.domain)
        return frozenset((self.domain.domain, *services) if self.accounts else services)

    def here(self, jid: JID) -> bool:
        """Whether an address is an account, a room or a service, and of nobody farther away."""
        return jid.domain in (self.domain.domain, self.rooms.domain, self.pubsub.domain)

    def may_create(self, jid: JID, service: JID) -> bool:
        """Whether an entity may create nodes on the pubsub service, or rooms."""
        creators = self.room_creators if service == self.rooms else self.node_creators
        return self._of_domain(jid) if creators is None else jid.bare in creators

    def owned(self, node: NodeId) -> bool:
        """Whether a node's owner is the service itself: an account's, or a contact's."""
        return node.service != self.pubsub and node.service != self.rooms

    def is_presence(self, node: NodeId) -> bool:
        """Whether a node's items are its owner's resources, for as long as they are there."""
        return node.name == PRESENCE_NODE and self.owned(node)

    def is_archive(self, node: NodeId) -> bool:
        """Whether a node's items are the messages an account sent and received."""
        return node.name == ARCHIVE_NODE and self.owned(node)

    def derived(self, node: NodeId) -> bool:
        """Whether a node's items follow from subscriptions, and are nobody's to change."""
        if node.name == SUBSCRIPTIONS:
            return self.owned(node)
        return node.name.startswith(SUBSCRIBERS) and node.service != self.rooms

    def is_personal(self, node: NodeId) -> bool:
        """Whether a node is an account's, and for whatever it likes to publish (XEP-0163)."""
        return node.name not in KEPT_BY_SERVER and self.kind(node.service) is Kind.ACCOUNT
