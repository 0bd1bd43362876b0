"""A client of another project, over real sockets: slixmpp."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
import slixmpp

from folkmoot.xmpp.element import Element, serialize
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT, reply
from tests.listeners.conftest import MakePlace
from tests.listeners.hall import PASSWORD, PATIENCE_SECONDS, Place


def answer_iqs(place: Place) -> None:
    """Answer every request with an empty result, and say every message back."""

    def take(jid: JID, stanza: Element) -> Awaitable[None] | None:
        if stanza.name == "iq" and stanza.get("type") in ("get", "set"):
            answer = reply(stanza)
        elif stanza.name == "message":
            attrs = {"type": "chat", "to": str(jid), "from": "romeo@localhost/orchard"}
            answer = Element(CLIENT, "message", attrs, *stanza.children)
        else:
            return None
        place.hall.sessions[jid].send(serialize(answer, CLIENT).encode())
        return None

    place.hall.take = take


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.filterwarnings("ignore::DeprecationWarning:slixmpp")
async def test_slixmpp_logs_in_and_talks(make_place: MakePlace, direct: bool) -> None:
    """RFC 6120 §9: TLS either way, whatever mechanism it likes best, a message there and back."""
    place = make_place(cleartext=False)
    answer_iqs(place)
    host, port = (await place.listen(direct=direct)).addresses[0]
    client: Any = slixmpp.ClientXMPP("juliet@localhost/balcony", PASSWORD)
    client.ca_certs = str(place.certificate)
    client.enable_direct_tls = direct
    client.enable_starttls = not direct
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    client.add_event_handler("message", lambda message: heard.set_result(message["body"]))
    started = client.wait_until("session_start", timeout=PATIENCE_SECONDS)
    connecting = client.connect(host, port)
    await started
    assert list(place.hall.sessions) == [JID.parse("juliet@localhost/balcony")]
    client.send_message(mto="romeo@localhost", mbody="Art thou not Romeo?", mtype="chat")
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await heard == "Art thou not Romeo?"
    await client.disconnect()
    await connecting
    await place.hall.until(lambda: len(place.hall.losses) == 1)
    assert place.hall.losses == [(JID.parse("juliet@localhost/balcony"), None)]
