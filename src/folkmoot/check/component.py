"""What is looked at of a component, in order: what it has, what runs, and what it is linked to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from folkmoot.check.finding import Doing, Finding, Grade, Tell
from folkmoot.check.link import (
    examine_domains,
    examine_handshakes,
    examine_host,
    examine_links,
    examine_others,
    examine_reach,
    examine_running,
    examine_secret,
)
from folkmoot.check.running import Running
from folkmoot.config import Config
from folkmoot.control import RemoteAdmin
from folkmoot.lock import Holder
from folkmoot.settings import components_at


async def examine_component(
    config: Config,
    said: Config,
    holder: Holder | None,
    running: Running | None,
    tell: Tell,
    *,
    given: Mapping[str, str],
    reach: Iterable[str] = (),
) -> None:
    """Look at a component and its links.

    said: what it should be; config: what it is, which differs where another one runs.
    running: what the holder says of itself. given: the flags `said` is made of, as typed.
    reach: domains of other servers, which the component that runs is to ask.
    """
    control = None if holder is None else holder.control
    remote = None if control is None else RemoteAdmin(control)
    found = [*examine_secret(config), *examine_domains(config)]
    at = components_at(config)
    if at is not None:
        tell(Doing(f"connects to {at}"))
        found.append(await examine_host(config, at))
    for each in found:
        tell(each)
    if holder is None or running is not None:
        for each in examine_running(said, running, given):
            tell(each)
    if holder is None and all(each.grade is not Grade.FAIL for each in found):
        await examine_handshakes(config, tell)
    if running is not None and not running.accounts:
        for each in examine_links(config, running, time.time()):
            tell(each)
        if remote is not None:
            await examine_others(remote, tell)
    for domain in reach:
        if remote is not None and running is not None:
            await examine_reach(running, remote, domain, tell)
        else:
            text = f"whether {domain} answers it is asked of a component that runs"
            tell(Finding(Grade.WARN, "federation", text, "start it, and check again"))
