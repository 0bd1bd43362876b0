"""How a server ends that is asked to: SIGTERM (RFC 6120 §4.9.3.19)."""

from __future__ import annotations

import time

import pytest

from folkmoot.demo.child import STOP_SECONDS_MAX
from tests.clients.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_sigterm_ends_all_streams_and_the_server(own_town: Town) -> None:
    """§4.9.3.19: system-shutdown to all, over TCP and WebSocket; status 0, in time."""
    juliet = await own_town.actor("juliet")
    romeo = await own_town.guest("romeo", web=True)
    since = time.monotonic()
    assert await own_town.child.stop() == 0
    assert time.monotonic() - since < STOP_SECONDS_MAX
    for actor in (juliet, romeo):
        assert (await actor.hears("stream_error"))["condition"] == "system-shutdown"
    await juliet.hears("disconnected")


async def test_sigterm_loses_nothing_that_was_sent_before_it(own_town: Town) -> None:
    """What was answered before SIGTERM is there after the next start, without a crash between."""
    juliet = await own_town.actor("juliet")
    await juliet.xmpp.update_roster(str(own_town.named("nurse")), name="Nurse")
    await own_town.child.stop()
    await own_town.empties()
    own_town.holder = await own_town.child.start()
    again = await own_town.actor("juliet")
    assert again.xmpp.client_roster[str(own_town.named("nurse"))]["name"] == "Nurse"
