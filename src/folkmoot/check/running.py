"""What the process that runs on a data directory says of its links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from folkmoot.admin import AdminError
from folkmoot.config import Address, Config
from folkmoot.control import RemoteAdmin
from folkmoot.lock import Holder
from folkmoot.streams.offers import Kind, Offer


@dataclass(frozen=True, slots=True)
class Link:
    """One of its links, with what `LinkState` says of it. at: where the server takes it."""

    domain: str
    at: Address
    since: float | None
    trouble: str
    condition: str
    times_lost: int
    held: int
    dropped: int
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A server, or a component where it has no accounts. domain: of the accounts, whose ever.

    lacking: what accounts' own nodes lack, in words; None: they are not to be here.
    """

    pid: int
    accounts: bool
    domain: str
    spaces: str
    rooms: str
    links: tuple[Link, ...]
    lacking: tuple[str, ...] | None = None

    def over(self, config: Config) -> Config:
        """The configuration, with what this process is in fact."""
        server = replace(
            config.server,
            accounts=self.accounts,
            domain=self.domain,
            spaces=self.spaces,
            rooms=self.rooms,
        )
        component = config.component
        if self.links:
            component = replace(component, server=self.links[0].at)
        return replace(config, server=server, component=component)


async def ask_running(holder: Holder | None) -> Running | None:
    """What the holder of a data directory says; None: there is none.

    Raises AdminError: it is there, and does not say.
    """
    if holder is None:
        return None
    if holder.control is None:
        raise AdminError(f"process {holder.pid} starts, or is another command: ask again")
    answer = await RemoteAdmin(holder.control).ask("link", "show", {})
    return read_running(holder.pid, answer)


def read_running(pid: int, answer: Mapping[str, Any]) -> Running:
    """The answer to `link show`. Raises AdminError where it is none."""
    try:
        links = tuple(_link(each) for each in answer["links"])
        domain, spaces, rooms = (str(answer[each]) for each in ("domain", "spaces", "rooms"))
        lacking = answer["lacking"]
        lacking = None if lacking is None else tuple(map(str, lacking))
        return Running(pid, bool(answer["accounts"]), domain, spaces, rooms, links, lacking)
    except (KeyError, TypeError, ValueError):
        raise AdminError(f"process {pid} answers as no version of folkmoot does") from None


def _link(told: Mapping[str, Any]) -> Link:
    host, port = told["at"]
    return Link(
        domain=str(told["domain"]),
        at=Address(str(host), int(port)),
        since=None if told["since"] is None else float(told["since"]),
        trouble=str(told["trouble"]),
        condition=str(told["condition"]),
        times_lost=int(told["times_lost"]),
        held=int(told["held"]),
        dropped=int(told["dropped"]),
        offers=tuple(Offer(Kind(kind), what, how) for kind, what, how in told["offers"]),
    )
