"""Logging in: RFC 6120 §6, §7; XEP-0368 1.1.0; RFC 7395."""

from __future__ import annotations

import asyncio
import sys

import pytest

from folkmoot.demo.client import Unexpected, log_in
from folkmoot.demo.wire import TcpWire, WebSocketWire
from tests.clients.actors import PATIENCE_SECONDS, Actor
from tests.clients.town import PASSWORD, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")


@pytest.mark.parametrize("direct", [False, True], ids=["STARTTLS", "direct TLS"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_slixmpp_logs_in(town: Town, mechanism: str, direct: bool) -> None:
    """RFC 6120 §9.1: TLS, SASL, a resource; then the server answers a ping."""
    juliet = await town.actor("juliet", mechanism=mechanism, direct=direct)
    assert juliet.xmpp.plugin["feature_mechanisms"].mech.name == mechanism
    assert juliet.jid == town.named("juliet").with_resource("home")
    await juliet.is_up_to_date()


@pytest.mark.parametrize("mechanism", MECHANISMS[:2])
async def test_a_client_logs_in_over_websocket(town: Town, mechanism: str) -> None:
    """RFC 7395 §3.1, §3.4: the same negotiation, a frame for each element."""
    account = await town.account("romeo")
    wire = await WebSocketWire.connect(town.holder.listening["http"])
    romeo = await log_in(wire, account, PASSWORD, mechanism=mechanism)
    assert romeo.jid == account.with_resource("demo")
    await romeo.sync()
    await romeo.close()


async def test_our_own_client_logs_in_with_direct_tls(town: Town) -> None:
    """XEP-0368 §4: the handshake comes before the stream."""
    account = await town.account("romeo")
    wire = await TcpWire.direct_tls(town.holder.listening["tls_direct"], account.domain)
    romeo = await log_in(wire, account, PASSWORD)
    await romeo.sync()
    await romeo.close()


async def test_a_wrong_password_is_refused(town: Town) -> None:
    """RFC 6120 §6.5.10: not-authorized, whichever of the two clients is wrong."""
    account = await town.account("tybalt")
    tybalt = Actor(account, "hate the word", town.certificate)
    tybalt.xmpp.connect("127.0.0.1", town.holder.listening["tcp"].port)
    failed = await tybalt.hears("failed_auth")
    assert failed["condition"] == "not-authorized"
    await tybalt.leaves()
    wire = await WebSocketWire.connect(town.holder.listening["http"])
    with pytest.raises(Unexpected, match="not-authorized"):
        await log_in(wire, account, "as I hate hell")
    await wire.close()


async def test_a_resource_is_taken_over(town: Town) -> None:
    """RFC 6120 §7.7.2.2: the older stream of a full JID ends with conflict."""
    older = await town.actor("juliet")
    newer = await town.actor("juliet")
    assert newer.jid == older.jid
    assert (await older.hears("stream_error"))["condition"] == "conflict"
    await older.hears("disconnected")
    await newer.is_up_to_date()


async def test_an_account_is_made_while_the_server_runs(town: Town) -> None:
    """`folkmoot user add` on the running server's data directory, then a log-in with it."""
    mercutio = town.named("mercutio")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "folkmoot", "user", "add", str(mercutio), "--password-stdin"),
        *("--data", str(town.child.data)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        said, _ = await process.communicate(f"{PASSWORD}\n".encode())
    assert process.returncode == 0
    assert said.decode() == f"Added {mercutio}.\n"
    actor = await town.actor("mercutio")
    assert actor.account == mercutio
