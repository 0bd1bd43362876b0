"""Logging in: RFC 6120 §6, §7; XEP-0368 1.1.0; RFC 7395."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from folkmoot.client import NotConnected, NotLoggedIn, SpacesError, connected
from folkmoot.demo.cast import reachable
from tests.clients.actors import PATIENCE_SECONDS
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


async def test_a_client_logs_in_over_websocket(town: Town) -> None:
    """RFC 7395 §3.1, §3.4, §3.6.1: the same negotiation, a frame for each element, and an end."""
    romeo = await town.guest("romeo", web=True)
    assert romeo.xmpp.plugin["feature_mechanisms"].mech.name == "SCRAM-SHA-256"
    assert romeo.jid == town.named("romeo").with_resource("demo")
    await romeo.leaves()
    assert not romeo.xmpp.is_connected()


@pytest.mark.parametrize(
    ("door", "password", "error"),
    [
        ("tcp", "hate the word", NotLoggedIn),
        ("http", "hate the word", NotLoggedIn),
        ("nowhere", PASSWORD, NotConnected),
        ("nowhere web", PASSWORD, NotConnected),
        ("untrusted", PASSWORD, NotConnected),
        ("untrusted at once", PASSWORD, NotConnected),
    ],
)
async def test_who_cannot_log_in_is_told_at_once(
    town: Town, door: str, password: str, error: type[SpacesError]
) -> None:
    """RFC 6120 §6.5.10 and before: the password, the way, the certificate; nobody waits."""
    tcp, direct, http = (
        reachable(town.holder.listening[name]) for name in ("tcp", "tls_direct", "http")
    )
    ways: dict[str, dict[str, Any]] = {
        "tcp": {"host": tcp.host, "port": tcp.port, "ca_certs": town.certificate},
        "http": {"websocket": f"ws://{http}/xmpp-websocket"},
        "nowhere": {"host": "127.0.0.1", "port": 1},
        "nowhere web": {"websocket": "ws://127.0.0.1:1/"},
        "untrusted": {"host": tcp.host, "port": tcp.port},
        "untrusted at once": {"host": direct.host, "port": direct.port, "direct_tls": True},
    }
    account = await town.account("tybalt")
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(error):
            async with connected(str(account), password, **ways[door]):
                pass


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
