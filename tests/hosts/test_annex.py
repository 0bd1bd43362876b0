"""Users of Prosody and ejabberd find our component, and are in its rooms while it is restarted."""

from __future__ import annotations

import pytest

from folkmoot.demo.cast import random_key
from folkmoot.xmpp.jid import JID
from tests.clients.actors import PATIENCE_SECONDS, body
from tests.hosts.annex import ROOMS, SPACES, Annex
from tests.hosts.host import DOMAIN

pytestmark = pytest.mark.asyncio(loop_scope="session")

KINDS = {str(SPACES): ("pubsub", "service"), str(ROOMS): ("conference", "text")}


async def test_both_services_are_among_the_hosts(annex: Annex) -> None:
    """XEP-0030 §4.1: from the user's own domain down."""
    juliet = await annex.actor("juliet")
    disco = juliet.xmpp.plugin["xep_0030"]
    listed = await disco.get_items(jid=DOMAIN, timeout=PATIENCE_SECONDS)
    assert {jid for jid, _, _ in listed["disco_items"]["items"]} >= KINDS.keys()
    for jid, kind in KINDS.items():
        info = await disco.get_info(jid=jid, timeout=PATIENCE_SECONDS)
        assert {each[:2] for each in info["disco_info"]["identities"]} == {kind}


async def test_who_is_in_a_room_stays_there_over_a_kill(annex: Annex) -> None:
    """The streams are the host's: nobody has to enter again."""
    juliet, romeo = await annex.actor("juliet"), await annex.actor("romeo")
    room = JID.parse(f"garden-{random_key().lower()}@{ROOMS}")
    await juliet.enters(room, "juliet")
    await juliet.asks(
        "set",
        room,
        "<query xmlns='http://jabber.org/protocol/muc#owner'>"
        "<x xmlns='jabber:x:data' type='submit'/></query>",
    )
    await romeo.enters(room, "romeo")
    await annex.rises_again()
    romeo.says(room, "I take thee at thy word", type="groupchat")
    heard = await juliet.hears("groupchat_message", body("I take thee at thy word"))
    assert heard["mucnick"] == "romeo"
