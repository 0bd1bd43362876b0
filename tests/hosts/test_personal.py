"""Accounts of Prosody and ejabberd that have their own nodes with us (docs/extensions/personal.md).

With what `folkmoot component --server … --privileges --delegation` prints, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from slixmpp.exceptions import IqError, IqTimeout

from folkmoot.xmpp.jid import JID
from tests.clients.actors import PATIENCE_SECONDS, Actor, condition
from tests.hosts.annex import Annex, annexed
from tests.hosts.folk import PATIENTLY_SECONDS, person
from tests.hosts.host import Host, Prosody

pytestmark = pytest.mark.asyncio(loop_scope="session")

PUBSUB = "http://jabber.org/protocol/pubsub"
BOOKMARKS = "urn:xmpp:bookmarks:1"
AVATAR, DATA = "urn:xmpp:avatar:metadata", "urn:xmpp:avatar:data"
OF_SPACES = "{https://movim.eu}spaces_subscriptions_node"
SHA1 = "85d422902004e639a1b9bf2fc961d9f65d03014f"
CONFIG = "[component]\npersonal = true\n"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def annexes(
    kind: type[Host], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Annex]:
    """A component at a server that delegates and grants, for all tests of this module."""
    if missing := kind.missing_for_personal():
        pytest.skip(f"accounts' own nodes at {kind.name}: not there: {', '.join(missing)}")
    host = kind()
    host.attachment = replace(host.attachment, privileges=True, delegation=True)
    directory = tmp_path_factory.mktemp("personal")
    config = directory / "folkmoot.toml"
    config.write_text(CONFIG)
    data = directory / "data"
    data.mkdir()
    async with annexed(host, data, "--config", str(config)) as found:
        yield found


def published(node: str, id: str, payload: str, **options: str) -> str:
    """The request to publish an item."""
    fields = "".join(
        f"<field var='pubsub#{name}'><value>{value}</value></field>"
        for name, value in {"persist_items": "true", **options}.items()
    )
    form = f"<field var='FORM_TYPE'><value>{PUBSUB}#publish-options</value></field>{fields}"
    return (
        f"<pubsub xmlns='{PUBSUB}'><publish node='{node}'><item id='{id}'>{payload}</item>"
        "</publish><publish-options><x xmlns='jabber:x:data' type='submit'>"
        f"{form}</x></publish-options></pubsub>"
    )


PRIVATE = {"access_model": "whitelist", "max_items": "max", "send_last_published_item": "never"}
"""XEP-0402 §3, XEP-0223; Movim's own node for spaces is so, too."""


def bookmark(name: str) -> str:
    return f"<conference xmlns='{BOOKMARKS}' name='{name}' autojoin='true'/>"


async def keeps(actor: Actor, name: str, room: str = "theplay@conference.verona.lit") -> None:
    """Publish a bookmark to one's own account."""
    await actor.asks("set", None, published(BOOKMARKS, room, bookmark(name), **PRIVATE))


async def is_told(device: Actor, by: Actor, name: str, **room: str) -> None:
    """Publish a bookmark until another device of the account hears of it.

    The component asks a device that comes what it wants to hear, and may not know when it is here:
    a bookmark is not among what is sent to a device later (`PRIVATE`).
    """
    told = says(by.account, BOOKMARKS, name)
    async with asyncio.timeout(PATIENTLY_SECONDS):
        while not any(told(what) for event, what in device.heard if event == "pubsub_publish"):
            await keeps(by, name, **room)
            await device.is_up_to_date()


async def items(actor: Actor, node: str, of: JID | None = None) -> Mapping[str, Any]:
    """The items of a node, by id."""
    answer = await actor.asks(
        "get", of, f"<pubsub xmlns='{PUBSUB}'><items node='{node}'/></pubsub>"
    )
    found = answer.xml.iter(f"{{{PUBSUB}}}item")
    return {each.get("id"): each[0] for each in found}


def says(of: JID, node: str, text: str) -> Callable[[Any], bool]:
    """Whether an event is of somebody's node, and has this in it."""
    return lambda message: (
        str(message["from"]) == str(of)
        and f'node="{node}"' in str(message)
        and text in str(message)
    )


async def refusal(actor: Actor, node: str, of: JID | None = None) -> str:
    """Why items are not shown, "" where they are."""
    try:
        await items(actor, node, of)
    except IqError as error:
        return condition(error)
    return ""


async def test_an_account_says_what_it_has(annex: Annex) -> None:
    """XEP-0163 §6.1: what the server was told of us (XEP-0355 §7.2.2)."""
    juliet = await annex.actor("juliet")
    disco = juliet.xmpp.plugin["xep_0030"]
    info = (await disco.get_info(jid=juliet.own, timeout=PATIENCE_SECONDS))["disco_info"]
    assert ("pubsub", "pep") in {each[:2] for each in info["identities"]}
    assert {f"{PUBSUB}#publish-options", f"{PUBSUB}#config-node-max"} <= set(info["features"])


async def test_nothing_lacks(annex: Annex) -> None:
    """With the lines that are printed; `folkmoot check` says so."""
    async with asyncio.timeout(PATIENTLY_SECONDS):
        while lacking := await annex.lacking():
            assert all(" is not " in each for each in lacking)


async def test_a_bookmark_is_on_the_other_device(annex: Annex) -> None:
    """XEP-0402 §4; and as the old list (XEP-0411). It stays one's own."""
    juliet = await annex.actor("juliet")
    phone = await annex.actor("juliet", BOOKMARKS, resource="phone")
    await is_told(phone, juliet, "The Play")
    (found,) = (await items(phone, BOOKMARKS)).values()
    assert found.get("name") == "The Play"
    (old,) = (await items(phone, "storage:bookmarks", juliet.account)).values()
    assert old[0].get("jid") == "theplay@conference.verona.lit"
    romeo = await annex.actor("romeo")
    assert await refusal(romeo, BOOKMARKS, juliet.account) == "not-allowed"


async def test_a_contact_has_ones_avatar(annex: Annex) -> None:
    """XEP-0084 §3: the contact hears of it and fetches it; a stranger does neither."""
    juliet = await annex.actor("juliet")
    romeo, tybalt = [await annex.actor(name, AVATAR) for name in ("romeo", "tybalt")]
    await romeo.befriends(juliet)
    data = f"<data xmlns='{DATA}'>qANQR1DBwU4DX7jmYZnncm</data>"
    metadata = (
        f"<metadata xmlns='{AVATAR}'><info bytes='12' id='{SHA1}' type='image/png'/></metadata>"
    )
    await juliet.asks("set", None, published(DATA, SHA1, data))
    await juliet.asks("set", None, published(AVATAR, SHA1, metadata))
    await romeo.hears("pubsub_publish", says(juliet.account, AVATAR, SHA1))
    assert (await items(romeo, DATA, juliet.account))[SHA1].text == "qANQR1DBwU4DX7jmYZnncm"
    assert await refusal(tybalt, DATA, juliet.account) == "not-authorized"
    await tybalt.is_up_to_date()
    assert not [what for name, what in tybalt.heard if name == "pubsub_publish"]
    later = await annex.actor("romeo", AVATAR, resource="later")
    await later.hears("pubsub_publish", says(juliet.account, AVATAR, SHA1))  # XEP-0163 §4.3.4


async def test_who_is_let_go_of_sees_no_more(annex: Annex) -> None:
    """The roster is the server's, and we go by it, whether or not it tells us of changes."""
    mercutio, paris = await annex.actor("mercutio"), await annex.actor("paris", AVATAR)
    await paris.befriends(mercutio)
    metadata = f"<metadata xmlns='{AVATAR}'><info bytes='1' id='1' type='image/png'/></metadata>"
    await mercutio.asks("set", None, published(AVATAR, "1", metadata))
    subscribe = f"<subscribe node='{AVATAR}' jid='{paris.account}'/>"
    pubsub = f"<pubsub xmlns='{PUBSUB}'>{subscribe}</pubsub>"
    await paris.asks("set", mercutio.account, pubsub)
    mercutio.xmpp.send_presence_subscription(pto=str(paris.account), ptype="unsubscribed")
    await mercutio.is_up_to_date()
    async with asyncio.timeout(PATIENTLY_SECONDS):
        while await refusal(paris, AVATAR, mercutio.account) != "not-authorized":
            await paris.is_up_to_date()
    await mercutio.asks("set", None, published(AVATAR, "2", metadata.replace("'1'", "'2'")))
    await paris.is_up_to_date()
    assert not [what for _, what in paris.heard if says(mercutio.account, AVATAR, 'id="2"')(what)]


async def test_movims_list_of_spaces(annex: Annex) -> None:
    """Its node has a name that few parsers survive; it is read from the bare JID at login."""
    nurse = await annex.actor("nurse")
    subscription = (
        "<subscription xmlns='urn:xmpp:pubsub:subscription:0' server='spaces.verona.lit' node='k'>"
        "<extensions><pinned xmlns='urn:xmpp:bookmarks-pinning:0'/></extensions></subscription>"
    )
    options = {**PRIVATE, "notify_retract": "true"}
    await nurse.asks("set", None, published(OF_SPACES, SHA1, subscription, **options))
    found = await items(nurse, OF_SPACES, nurse.account)
    assert found[SHA1].get("server") == "spaces.verona.lit"
    retract = f"<retract node='{OF_SPACES}'><item id='{SHA1}'/></retract>"
    await nurse.asks("set", None, f"<pubsub xmlns='{PUBSUB}'>{retract}</pubsub>")
    assert not await items(nurse, OF_SPACES)


async def test_there_is_no_such_account(annex: Annex) -> None:
    """The server hands on what is for nobody as well; it is told from a private account by none."""
    juliet = await annex.actor("juliet")
    assert await refusal(juliet, AVATAR, person("nobody")) == "item-not-found"


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_while_the_component_is_away(annex: Annex, how: str) -> None:
    """Nobody has nodes, and the server says so at once; then all is as before."""
    juliet = await annex.actor("juliet")
    phone = await annex.actor("juliet", BOOKMARKS, resource="phone")
    await is_told(phone, juliet, "Before", room="garden@conference.verona.lit")
    await (annex.kill() if how == "killed" else annex.stop())
    async with asyncio.timeout(PATIENTLY_SECONDS):
        while await refused_or_lost(juliet) != "service-unavailable":
            await juliet.is_up_to_date()
    await annex.start()
    async with asyncio.timeout(PATIENTLY_SECONDS):
        while await refusal(juliet, BOOKMARKS):
            await juliet.is_up_to_date()
    names = {each.get("name") for each in (await items(juliet, BOOKMARKS)).values()}
    assert "Before" in names
    if not isinstance(annex.host, Prosody):  # says who is there to a component that comes back
        await phone.leaves()
        phone = await annex.actor("juliet", BOOKMARKS, resource="phone")
    await is_told(phone, juliet, "After", room="garden@conference.verona.lit")


async def refused_or_lost(actor: Actor) -> str:
    """The same as `refusal`, but what is handed on in the moment of the end may be lost."""
    try:
        return await refusal(actor, BOOKMARKS)
    except IqTimeout:
        return "lost"
