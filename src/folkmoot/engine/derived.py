"""What follows from a node's subscriptions and list, kept so that nobody has to search them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

from folkmoot.engine.model import HERE, Hearing, NodeId, Registration, State, Subscription, Via
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.nicks import appearance

K = TypeVar("K")


class Crowd(tuple[JID, ...]):
    """Addresses, perhaps many, that are told the same again and again."""

    @cached_property
    def known(self) -> frozenset[JID]:
        """The same, to find out at once whether an address is among them."""
        return frozenset(self)


class Hearers(NamedTuple):
    """Addresses that hear alike. named: those with several subscriptions, with their subids."""

    to: tuple[JID, ...]
    named: Mapping[JID, tuple[str, ...]]


NOBODY: Final = Hearers((), {})
"""No addresses at all."""


class Derived:
    """What follows from a node's subscriptions and list, kept so that nobody has to search them.

    members: how many subscriptions stand, occupants' among them.
    alike: the full JIDs of occupants by what their nicks look like. reserved: bare JIDs, likewise.
    shown: what the audience made of an occupant, by nick; dropped when the occupant changes.
    occupant_ids: what occupants are known by, by bare JID (`identity`).
    seers: the occupants who see real JIDs, and those who do not.
    trackers: the occupants who want to hear of every change of affiliations, as they came.
    """

    __slots__ = (
        "addresses",
        "alike",
        "digests",
        "hearers",
        "hearings",
        "inside",
        "leases",
        "listing",
        "members",
        "nicks",
        "occupant_ids",
        "places",
        "reserved",
        "scoped",
        "seers",
        "shown",
        "trackers",
    )

    def __init__(self) -> None:
        self.hearers: dict[Via, tuple[JID, ...]] | None = None
        self.hearings: dict[bool, Mapping[Hearing, Hearers]] = {}
        self.inside: tuple[JID, ...] | None = None
        self.addresses: dict[JID, tuple[JID, ...]] = {}
        self.leases: dict[JID, float] = {}
        self.digests: dict[JID, float] = {}
        self.members = 0
        self.scoped: dict[JID, Subscription] = {}
        self.nicks: dict[str, tuple[JID, ...]] = {}
        self.alike: dict[str, tuple[JID, ...]] = {}
        self.occupant_ids: dict[JID, str] = {}
        self.reserved: dict[str, JID] = {}
        self.listing: Counter[NodeId] = Counter()
        self.places: dict[JID, set[NodeId]] = {}
        self.shown: dict[str, dict[bool, object]] = {}
        self.trackers: dict[JID, None] = {}
        self.seers: tuple[tuple[JID, ...], tuple[JID, ...]] | None = None

    def count(self, node: NodeId, step: int) -> None:
        """A node is listed once more, or once less."""
        self.listing[node] += step
        nodes = self.places.setdefault(node.service, set())
        if self.listing[node] > 0:
            nodes.add(node)
        else:
            nodes.discard(node)
            if not nodes:
                del self.places[node.service]

    def add(self, subscription: Subscription) -> None:
        jid = subscription.subscriber
        _put(self.addresses, jid.bare, jid)
        self.members += subscription.state is State.SUBSCRIBED
        if (end := subscription.ends) is not None:
            self.leases[jid] = end
        self.put_digest(subscription)
        if any(each.scope != HERE for each in subscription.terms):
            self.scoped[jid] = subscription
        if subscription.occupant is not None:
            _put(self.nicks, subscription.occupant.nick, jid)
            _put(self.alike, appearance(subscription.occupant.nick), jid)
            if subscription.occupant.tracks:
                self.trackers[jid] = None
            self.unshow(subscription.occupant.nick)

    def remove(self, subscription: Subscription) -> None:
        jid = subscription.subscriber
        _drop(self.addresses, jid.bare, jid)
        if jid.bare not in self.addresses:
            self.occupant_ids.pop(jid.bare, None)
        self.leases.pop(jid, None)
        self.digests.pop(jid, None)
        self.members -= subscription.state is State.SUBSCRIBED
        self.scoped.pop(jid, None)
        self.trackers.pop(jid, None)
        if subscription.occupant is not None:
            _drop(self.nicks, subscription.occupant.nick, jid)
            _drop(self.alike, appearance(subscription.occupant.nick), jid)
            self.unshow(subscription.occupant.nick)

    def put_digest(self, subscription: Subscription) -> None:
        if (due := subscription.digest_at) is not None:
            self.digests[subscription.subscriber] = due

    def reserve(self, jid: JID, registration: Registration) -> None:
        if not registration.pending:
            self.reserved[appearance(registration.nick)] = jid

    def unshow(self, nick: str | None = None) -> None:
        """Forget what was made of an occupant, or of all."""
        self.seers = None
        if nick is None:
            self.shown.clear()
        else:
            self.shown.pop(nick, None)


def _put(index: dict[K, tuple[JID, ...]], key: K, jid: JID) -> None:
    index[key] = (*index.get(key, ()), jid)


def _drop(index: dict[K, tuple[JID, ...]], key: K, jid: JID) -> None:
    left = tuple(each for each in index[key] if each != jid)
    if left:
        index[key] = left
    else:
        del index[key]
