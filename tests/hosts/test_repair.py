"""Links that are lost, hosts that restart, processes too many: rooms are what they were."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from folkmoot.demo.cast import random_key
from folkmoot.demo.child import COMPONENT, Child
from folkmoot.lock import holder_of
from folkmoot.settings import SECRET_FILE
from folkmoot.xmpp.jid import JID
from tests.clients.actors import PATIENCE_SECONDS, Actor, body, left
from tests.hosts.annex import ROOMS, SPACES, Annex, is_there
from tests.hosts.host import DOMAIN, SECRET

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWNER: Final = "http://jabber.org/protocol/muc#owner"
PERSISTENT: Final = (
    f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
    "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
    "<field var='muc#roomconfig_persistentroom'><value>1</value></field></x></query>"
)
PUBSUB: Final = "http://jabber.org/protocol/pubsub"
PING: Final = "<ping xmlns='urn:xmpp:ping'/>"
NAMED_TWICE: Final = "another process is attached under this name"
LINES: Final = 40


async def garden(juliet: Actor, *others: Actor) -> JID:
    """A room that stays, with all of them in it under the names of their accounts."""
    room = JID.parse(f"garden-{random_key().lower()}@{ROOMS}")
    await juliet.enters(room, "juliet")
    await juliet.asks("set", room, PERSISTENT)
    for other in others:
        await other.enters(room, other.jid.local)
    return room


async def occupants(actor: Actor, room: JID) -> set[str]:
    """Who is in a room, as it says to those in it (XEP-0045 §6.5)."""
    disco = actor.xmpp.plugin["xep_0030"]
    found = await disco.get_items(jid=str(room), timeout=PATIENCE_SECONDS)
    return {JID.parse(jid).resource for jid, _, _ in found["disco_items"]["items"]}


async def until(actor: Actor, ask: Callable[[], Any], wanted: object) -> None:
    """Ask again and again, each time over the wire, until it is as wanted."""
    found: object = None
    try:
        async with asyncio.timeout(6 * PATIENCE_SECONDS):
            while (found := await ask()) != wanted:
                await actor.is_up_to_date()
    except TimeoutError:
        raise AssertionError(f"it stays {found}, not {wanted}") from None


async def test_who_went_meanwhile_is_let_go_of(annex: Annex) -> None:
    """The host tells nobody that a stream ended, for nobody is there; those in the room hear it."""
    juliet, romeo = await annex.actor("juliet"), await annex.actor("romeo")
    room = await garden(juliet, romeo)
    await annex.kill()
    await romeo.leaves()
    await annex.start()
    await juliet.hears("groupchat_presence", left(room, "romeo"))
    await until(juliet, lambda: occupants(juliet, room), {"juliet"})
    assert not [each for _, each in juliet.heard if left(room, "romeo")(each)], "once"
    await juliet.asks("get", room.with_resource("juliet"), PING)  # XEP-0410: she is still there


async def test_the_host_restarts(annex: Annex) -> None:
    """Nobody is in the room any more; the link comes back by itself, and with it what was said."""
    juliet, romeo = await annex.actor("juliet"), await annex.actor("romeo")
    room = await garden(juliet, romeo)
    romeo.says(room, "With love's light wings", type="groupchat")
    await juliet.hears("groupchat_message", body("With love's light wings"))
    await annex.host.restart()
    again = await annex.actor("juliet", resource="again")
    for service in (SPACES, ROOMS):
        await until(again, partial(is_there, again, service), wanted=True)
    await again.enters(room, "juliet", history=5)
    heard = await again.hears("groupchat_message", body("With love's light wings"))
    assert heard["from"].resource == "romeo"
    await until(again, lambda: occupants(again, room), {"juliet"})
    assert any("the link is up" in line for line in annex.child.log)


async def test_a_component_that_is_slow(annex: Annex) -> None:
    """It stands still while much is said: all of it is heard, in order."""
    juliet, romeo = await annex.actor("juliet"), await annex.actor("romeo")
    room = await garden(juliet, romeo)
    holder = holder_of(annex.child.data)
    assert holder is not None
    os.kill(holder.pid, signal.SIGSTOP)
    try:
        for number in range(LINES):
            romeo.says(room, f"line {number}", type="groupchat")
    finally:
        os.kill(holder.pid, signal.SIGCONT)
    for number in range(LINES):
        assert await line(juliet) == f"line {number}"


async def test_it_is_killed_while_people_talk(annex: Annex) -> None:
    """What somebody has heard is kept, once and in order, and who was in the room still is."""
    juliet, romeo = await annex.actor("juliet"), await annex.actor("romeo")
    room = await garden(juliet, romeo)
    for number in range(LINES):
        romeo.says(room, f"line {number}", type="groupchat")
    heard = [await line(juliet) for _ in range(LINES // 4)]
    await annex.rises_again()
    romeo.says(room, "the last", type="groupchat")
    while heard[-1] != "the last":
        heard.append(await line(juliet))
    said = [f"line {number}" for number in range(LINES)]
    assert heard == [each for each in (*said, "the last") if each in heard]
    kept = await archive(romeo, room)
    assert sorted(kept, key=[*said, "the last"].index) == kept, "in order, and once"
    assert len(set(kept)) == len(kept)
    assert set(heard) <= set(kept)


async def archive(actor: Actor, room: JID) -> list[str]:
    """What was said in a room, as the items of its node are (docs/extensions/eventing.md)."""
    items = f"<items node='{room.local}' max_items='{2 * LINES}'/>"
    answer = await actor.asks("get", ROOMS, f"<pubsub xmlns='{PUBSUB}'>{items}</pubsub>")
    return [str(each.text) for each in answer.xml.iter("{jabber:client}body")]


async def line(actor: Actor) -> str:
    """The next thing said in a room that somebody is in."""
    heard = await actor.hears("groupchat_message", lambda each: bool(each["body"]))
    return str(heard["body"])


async def test_two_processes_under_one_name(annex: Annex, tmp_path: Path) -> None:
    """Prosody lets the later one in, ejabberd both; either way a log says what to do."""
    juliet = await annex.actor("juliet")
    (tmp_path / SECRET_FILE).write_text(SECRET)
    at = str(annex.host.attachment.at)
    async with Child(tmp_path, "--domain", DOMAIN, "--at", at, command=COMPONENT) as other:
        await other.start()
        logs = (annex.child.log, other.log)
        async with asyncio.timeout(6 * PATIENCE_SECONDS):
            while not any(NAMED_TWICE in line for log in logs for line in log):
                await juliet.is_up_to_date()
        await other.stop()
    await until(juliet, lambda: is_there(juliet, ROOMS), wanted=True)
    await garden(juliet)
