"""What `folkmoot component --server …` prints is taken by the very servers it is for.

All other tests here run upon the plain lines; these upon what is seldom in them.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from folkmoot.listeners.component import ComponentLink, LinkSettings
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.clients.actors import PATIENCE_SECONDS
from tests.hosts.host import Host

pytestmark = pytest.mark.asyncio(loop_scope="session")

ODD_SECRET = "syca\"more\\ \x01\x7f {é} 'ü' -- # ]]\u2028\U0001f333"


class Doorstep:
    """Whose link is up."""

    def __init__(self) -> None:
        self.up = asyncio.Event()

    def attached(self, link: ComponentLink) -> None:
        self.up.set()

    def detached(self, link: ComponentLink) -> None:
        pass

    def arrived(self, link: ComponentLink, stanza: Element) -> None:
        pass


async def test_both_domains_with_any_secret_and_all_grants(kind: type[Host]) -> None:
    """Each domain has a stream. Prosody grants nothing where prosody-modules is not installed."""
    host = kind()
    told = host.attachment = replace(
        host.attachment, secret=ODD_SECRET, privileges=True, delegation=True
    )
    doorsteps = {domain: Doorstep() for domain in told.ours}
    links = [
        ComponentLink(
            doorstep,
            LinkSettings(JID.parse(domain), told.at.host, told.at.port, told.secret),
            random.random,
        )
        for domain, doorstep in doorsteps.items()
    ]
    async with host:
        tasks = [asyncio.ensure_future(link.run()) for link in links]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for doorstep in doorsteps.values():
                    await doorstep.up.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
