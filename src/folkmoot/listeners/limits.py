"""How much the listeners let clients do, and the accounts they keep of it by address."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from folkmoot.xmpp.errors import StreamError

Network = IPv4Network | IPv6Network

THIS_MACHINE: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
TALLY_ADDRESSES_MAX: Final = 65_536
"""Addresses in one tally; past them it begins anew, so that it cannot fill the memory."""
_IPV6_SUBSCRIBER_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """The limits of the connections of one server.

    connections_max: at one time. connections_per_address_max: those from one address.
    negotiation_seconds_max: from connecting to a bound resource.
    close_seconds_max: from the end of a stream to that of its connection.
    send_buffer_bytes_max: what may wait for a client that reads too slowly.
    failures_max: failed log-ins from one address within failures_seconds.
    registrations_per_hour_max: accounts made from one address.
    trusted: networks of reverse proxies. Their X-Forwarded-For is believed, and connections from
        them are not counted by address.
    """

    connections_max: int = 20_000
    connections_per_address_max: int = 2_000
    negotiation_seconds_max: float = 60.0
    close_seconds_max: float = 5.0
    send_buffer_bytes_max: int = 4_194_304
    failures_max: int = 20
    failures_seconds: float = 60.0
    registrations_per_hour_max: int = 5
    trusted: tuple[Network, ...] = THIS_MACHINE

    def trusts(self, address: str) -> bool:
        """Whether an address is in a trusted network; no for what is no address."""
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.trusted)


def origin(address: str) -> str:
    """What stands for one subscriber: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ip_network((int(ip), _IPV6_SUBSCRIBER_BITS), strict=False))


class Tally:
    """How often something happened from each address within the current period.

    clock: seconds that only go up.
    """

    __slots__ = ("_clock", "_counts", "_maximum", "_seconds", "_until")

    def __init__(self, maximum: int, seconds: float, clock: Callable[[], float]) -> None:
        self._maximum = maximum
        self._seconds = seconds
        self._clock = clock
        self._until = clock() + seconds
        self._counts: dict[str, int] = {}

    def add(self, address: str) -> None:
        """It happened once more."""
        self._turn()
        key = origin(address)
        self._counts[key] = self._counts.get(key, 0) + 1

    def take_back(self, address: str) -> None:
        """What was added last did not happen after all."""
        key = origin(address)
        if self._counts.get(key):
            self._counts[key] -= 1

    def full(self, address: str) -> bool:
        """Whether it happened as often as it may."""
        self._turn()
        return self._counts.get(origin(address), 0) >= self._maximum

    def _turn(self) -> None:
        now = self._clock()
        if now >= self._until or len(self._counts) >= TALLY_ADDRESSES_MAX:
            self._counts.clear()
            self._until = now + self._seconds


class Admission:
    """Who may come in: connections in all and by address, failed log-ins, new accounts."""

    __slots__ = ("_by_address", "_connections", "_limits", "failures", "registrations")

    def __init__(self, limits: ListenerLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._connections = 0
        self._by_address: dict[str, int] = {}
        self.failures = Tally(limits.failures_max, limits.failures_seconds, clock)
        self.registrations = Tally(limits.registrations_per_hour_max, 3600.0, clock)

    def enter(self, address: str) -> StreamError | None:
        """Count a connection in, or say why it cannot be; only one counted in must `leave`."""
        if self._connections >= self._limits.connections_max:
            return StreamError("resource-constraint", "too many connections")
        if not self._limits.trusts(address):
            key = origin(address)
            count = self._by_address.get(key, 0)
            if count >= self._limits.connections_per_address_max:
                return StreamError("policy-violation", "too many connections from this address")
            self._by_address[key] = count + 1
        self._connections += 1
        return None

    def leave(self, address: str) -> None:
        """Count a connection out."""
        self._connections -= 1
        if self._limits.trusts(address):
            return
        key = origin(address)
        count = self._by_address.pop(key) - 1
        if count:
            self._by_address[key] = count
