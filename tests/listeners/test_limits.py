"""Counting by address, by hand: no sockets, and a clock of the test's own."""

from ipaddress import ip_network

import pytest

from folkmoot.listeners.limits import (
    TALLY_ADDRESSES_MAX,
    Admission,
    ListenerLimits,
    Tally,
    origin,
)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_one_subscriber_is_one_origin(address: str, expected: str) -> None:
    """RFC 6177 §2: a subscriber has a /64 at least, and can use any address in it."""
    assert origin(address) == expected


def test_a_tally_is_full_until_its_period_ends() -> None:
    clock = Clock()
    tally = Tally(2, 60.0, clock)
    for _ in range(2):
        assert not tally.full("192.0.2.1")
        tally.add("192.0.2.1")
    assert tally.full("192.0.2.1")
    assert not tally.full("192.0.2.2")
    clock.now += 59.9
    assert tally.full("192.0.2.1")
    clock.now += 0.2
    assert not tally.full("192.0.2.1")


def test_a_tally_does_not_grow_without_end() -> None:
    """TALLY_ADDRESSES_MAX: then it begins anew."""
    tally = Tally(1, 60.0, Clock())
    for number in range(TALLY_ADDRESSES_MAX):
        tally.add(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert not tally.full("10.0.0.0")


def test_connections_of_trusted_networks_count_only_in_all() -> None:
    """All clients behind a reverse proxy come from its address."""
    limits = ListenerLimits(
        connections_max=3,
        connections_per_address_max=1,
        trusted=(ip_network("10.0.0.0/8"),),
    )
    admission = Admission(limits, Clock())
    assert admission.enter("10.0.0.1") is None
    assert admission.enter("10.0.0.1") is None
    assert admission.enter("127.0.0.1") is None
    for address, condition in (("10.0.0.1", "resource-constraint"),):
        refusal = admission.enter(address)
        assert refusal is not None
        assert refusal.condition == condition
    admission.leave("10.0.0.1")
    refusal = admission.enter("127.0.0.1")
    assert refusal is not None
    assert refusal.condition == "policy-violation"
    admission.leave("127.0.0.1")
    assert admission.enter("127.0.0.1") is None


def test_who_is_trusted() -> None:
    limits = ListenerLimits()
    assert limits.trusts("127.0.0.1")
    assert limits.trusts("::1")
    assert not limits.trusts("192.0.2.1")
    assert not limits.trusts("unknown")
