"""Prosody and ejabberd are asked who is still in a room of ours where nobody says anything."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing

import pytest

from folkmoot.facades.muc.ns import OWNER
from folkmoot.listeners.component import ComponentLink, LinkSettings
from folkmoot.rollcall import TURNS
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element
from tests.clients.actors import PATIENCE_SECONDS, Actor, left
from tests.hosts.folk import Home, attached, enter, person
from tests.hosts.host import OUR_ROOMS, PASSWORD, SECRET, Host

pytestmark = pytest.mark.asyncio(loop_scope="session")

GARDEN = JID.parse(f"garden@{OUR_ROOMS}")


class HardOfHearing(Home):
    """It never hears that somebody goes, as if their server had been killed."""

    def arrived(self, link: ComponentLink, stanza: Element) -> None:
        if (stanza.name, stanza.get("type")) != ("presence", "unavailable"):
            super().arrived(link, stanza)


async def test_a_ghost_is_let_go_of(host: Host) -> None:
    """Her stream is no more, as her server says when it is asked; slixmpp answers, and stays."""
    nurse, juliet = (
        Actor(person(name).with_resource("home"), PASSWORD, host.certificate)
        for name in ("nurse", "juliet")
    )
    async with aclosing(await SQLiteStore.ephemeral()) as store, attached(host, store) as core:
        home = HardOfHearing(core)
        settings = LinkSettings(JID.parse(OUR_ROOMS), "127.0.0.1", host.components, SECRET)
        link = ComponentLink(home, settings, random.random)
        core.router.elsewhere.links.add(link)
        running = asyncio.ensure_future(link.run())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await home.up.wait()
            await enter(host, nurse)
            await nurse.enters(GARDEN, "Nurse")
            form = "<x xmlns='jabber:x:data' type='submit'/>"
            await nurse.asks("set", GARDEN, f"<query xmlns='{OWNER}'>{form}</query>")
            await enter(host, juliet)
            await juliet.enters(GARDEN, "Juliet")
            await juliet.leaves()
            (occupants,) = (await core.engine.occupants()).values()
            assert len(occupants) == 2
            for _ in range(TURNS):
                await core.router.elsewhere.turn()
            await nurse.hears("groupchat_presence", left(GARDEN, "Juliet"))
            (occupants,) = (await core.engine.occupants()).values()
            assert occupants == [person("nurse").with_resource("home")]
        finally:
            await nurse.leaves()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
