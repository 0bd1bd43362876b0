"""`folkmoot space`: on a server that runs, and in its data while none does."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from folkmoot.admin import AdminError, StoreAdmin
from folkmoot.control import ControlServer, RemoteAdmin
from folkmoot.engine.decide.aligning import ALL_PEOPLE
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.room_commands import Align
from folkmoot.engine.space_events import RoomListed, StandingWished
from folkmoot.steward import Steward
from folkmoot.stores.sqlite import SQLiteStore
from folkmoot.xmpp.jid import JID
from tests.stage import Stage

Folkmoot = Callable[..., Any]

SPACE = NodeId(JID.parse("pubsub.shakespeare.lit"), "verona")


def test_a_space_is_made_shown_and_listed(folkmoot: Folkmoot, kept: Path) -> None:
    """What docs/spaces.md says of each."""
    shown = json.loads(folkmoot("space", "show", "moot", "--data", kept).out)
    assert shown["affiliations"] == {"juliet@localhost": "owner"}
    assert shown["config"]["title"] == "Moot"
    (summary,) = json.loads(folkmoot("space", "list", "--json", "--data", kept).out)["spaces"]
    assert summary.items() <= shown.items()
    assert "moot" in folkmoot("space", "list", "--data", kept).out


def test_an_invite_and_the_trail(folkmoot: Folkmoot, kept: Path) -> None:
    """The URI is printed; the trail has that it was made, and not the token."""
    uri = folkmoot("space", "invite", "moot", "--uses", "5", "--data", kept).out.strip()
    assert uri.startswith("xmpp:spaces.localhost?;node=moot;invite=")
    told = json.loads(folkmoot("space", "audit", "moot", "--json", "--data", kept).out)
    assert [(row["what"], row["after"]) for row in told["rows"]] == [
        ("invite", "used 0 of 5"),
        ("created", "whitelist"),
    ]
    text = folkmoot("space", "audit", "moot", "--data", kept).out
    assert "juliet@localhost  created  moot" in text
    assert uri.partition("invite=")[2] not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nowhere"), "there is no space nowhere"),
        (("create", "x", "--owner", "romeo@localhost"), "there is no account"),
        (("create", "x", "--owner", "@"), "makes no sense"),
        (("create", "moot", "--owner", "juliet@localhost"), "node exists"),
        (("create", "x", "--owner", "juliet@localhost", "--template", "y"), "no template y"),
        (("invite", "moot", "--uses", "9999"), "an invite lets in 1 to 1000"),
        (("retract", "moot", "a@b", "--period", "century"), "choose hour, day, all"),
        (("sync", "nowhere"), "there is no space nowhere"),
    ],
)
def test_what_cannot_be_is_said(
    folkmoot: Folkmoot, kept: Path, arguments: tuple[str, ...], said: str
) -> None:
    """One line and status 1; nothing is made."""
    ended = folkmoot("space", *arguments, "--data", kept)
    assert ended.status == 1
    assert said in ended.err
    assert len(json.loads(folkmoot("space", "list", "--json", "--data", kept).out)["spaces"]) == 1


def test_moderation(folkmoot: Folkmoot, kept: Path) -> None:
    """docs/extensions/moderation.md: what each says, and that the trail has it."""
    about = ("moot", "tybalt@localhost", "--data", kept)
    done = folkmoot("space", "retract", *about, "--period", "day")
    assert (done.status, done.out) == (0, "Messages retracted: 0.\n"), done.err
    done = folkmoot("space", "ban", *about, "--reason", "a rapier")
    assert (done.status, done.out) == (0, "tybalt@localhost is banned.\n"), done.err
    refused = folkmoot("space", "kick", *about)
    assert (refused.status, "not in room" in refused.err) == (1, True)
    told = json.loads(folkmoot("space", "audit", "moot", "--json", "--data", kept).out)
    assert told["rows"][0].items() >= {"of": "tybalt@localhost", "after": "outcast"}.items()


ABROAD = "inn@conference.verona.lit"


async def test_rooms_abroad(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/extensions/sync.md: in line, waiting or failing; what is read of it as JSON."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    steward, abroad = Steward(stage.core.engine, stage.store.abroad), stage.store.abroad
    await steward.ask("create", {"key": "verona", "owner": "juliet@shakespeare.lit"})
    item = f"<item id='{ABROAD}'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"
    await juliet.asks(
        "<iq type='set' to='pubsub.shakespeare.lit' id='p'>"
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        f"<publish node='verona'>{item}</publish></pubsub></iq>",
        "<iq type='result'/>",
    )
    shown = await steward.ask("show", {"key": "verona"})
    assert shown["lists"] == {ABROAD: f"xmpp:{ABROAD}?join"}
    asked = {"key": "verona"}

    async def state(**more: str) -> Any:
        (found,) = (await steward.ask("sync", asked | more))["rooms"]
        return found

    assert (await state()).items() >= {"room": ABROAD, "state": "waiting", "next": None}.items()
    room = JID.parse(ABROAD)
    await stage.core.engine.run(
        Align(actor=stage.core.engine.services.pubsub, node=SPACE, room=room)
    )
    await stage.core.engine.settled()
    (wish,) = await abroad.wishes(room, 0.0, 9)
    await abroad.fail(wish, 60.0, "the room says no")
    await abroad.fail_room(room, 60.0, "not reached")
    found = await state()
    assert (found["state"], found["failing"], found["next"]) == (
        "failing",
        1,
        "1970-01-01T00:01:00Z",
    )
    assert found["people"] == [
        {
            "jid": "juliet@shakespeare.lit",
            "wanted": "owner",
            "tries": 1,
            "reason": "the room says no",
            "next": "1970-01-01T00:01:00Z",
        }
    ]
    with monkeypatch.context() as bounded:
        bounded.setattr("folkmoot.spaces.syncing.PEOPLE_SHOWN_MAX", 0)
        assert (await state())["people"] == []
        bounded.setattr("folkmoot.spaces.syncing.ROOMS_SHOWN_MAX", 0)
        assert (await steward.ask("sync", {}))["rooms"] == []
    await state(now="yes")
    assert [each.jid for each in await abroad.wishes(room, 0.0, 9)] == [wish.jid]
    await abroad.settle(room, [(wish, None, None, None)])
    await abroad.all_aligned(room, ALL_PEOPLE)
    assert (await state())["state"] == "in line"
    with pytest.raises(AdminError, match="no space nowhere"):
        await steward.ask("sync", {"key": "nowhere"})
    assert len((await steward.ask("sync", {}))["rooms"]) == 1


def test_rooms_abroad_are_printed(folkmoot: Folkmoot, kept: Path) -> None:
    """A line for each room; none where there is none."""

    async def list_room() -> None:
        async with aclosing(await SQLiteStore.open(kept / "folkmoot.db")) as store:
            node = NodeId(JID.parse("spaces.localhost"), "moot")
            room = JID.parse(ABROAD)
            await store.commit(
                [
                    RoomListed(node=node, room=room, by=JID.parse("juliet@localhost")),
                    StandingWished(
                        node=node,
                        room=room,
                        jid=JID.parse("romeo@localhost"),
                        wanted=Affiliation.MEMBER,
                    ),
                ]
            )
            (wish,) = await store.abroad.wishes(room, 0.0, 1)
            await store.abroad.fail(wish, 0.0, "the room says no")
            await store.abroad.fail_room(room, 0.0, "not reached: no link")

    assert folkmoot("space", "sync", "--data", kept).out == ""
    asyncio.run(list_room())
    assert folkmoot("space", "sync", "moot", "--now", "--data", kept).out == (
        f"{ABROAD}  moot  failing (0 met, 0 waiting, 1 failing)\n"
        "    not reached: no link; next try 1970-01-01T00:00:00Z\n"
        "    romeo@localhost as member: the room says no; next try 1970-01-01T00:00:00Z\n"
    )
    told = json.loads(folkmoot("space", "sync", "--json", "--data", kept).out)
    assert told["rooms"][0]["space"] == "moot"


async def test_what_goes_on_in_rooms(stage: Stage) -> None:
    """The steward's answers where somebody is there: a kick, and a retraction as far as it goes."""
    juliet = await stage.client("juliet@shakespeare.lit/balcony", available=True)
    tybalt = await stage.client("tybalt@shakespeare.lit/street", available=True)
    steward, room = Steward(stage.core.engine, stage.store.abroad), "hall@chat.shakespeare.lit"
    await steward.ask("create", {"key": "verona", "owner": "juliet@shakespeare.lit"})
    for client in (juliet, tybalt):
        await client.sends(
            f"<presence to='{room}/{client.jid.local}'>"
            "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )
        if client is juliet:
            await client.asks(
                f"""<iq type='set' to='{room}' id='c'>
                <query xmlns='http://jabber.org/protocol/muc#owner'>
                <x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_pubsub'>
                <value>xmpp:pubsub.shakespeare.lit?;node=verona</value></field></x></query></iq>"""
            )
    await juliet.asks(
        f"""<iq type='set' to='pubsub.shakespeare.lit' id='p'>
        <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='verona'><item id='{room}'>
        <conference xmlns='urn:xmpp:bookmarks:1'/></item></publish></pubsub></iq>""",
        "<iq type='result'/>",
    )
    await tybalt.sends(f"<message to='{room}' type='groupchat'><body>Draw!</body></message>")
    about = {"key": "verona", "jid": "tybalt@shakespeare.lit"}
    told = await steward.ask("retract", {**about, "period": "hour"})
    assert told == {"messages": 1, "rooms": 1, "next": None}
    more = {"since": "0.0", "room": "hall", "before": ""}
    assert (await steward.ask("retract", about | more))["messages"] == 0
    assert await steward.ask("kick", about) == {"kicked": about["jid"], "rooms": 1}


async def test_a_running_server_is_asked(stage: Stage, admin: StoreAdmin, tmp_path: Path) -> None:
    """Through the control socket; what it does not know is an error."""
    await stage.account("juliet@shakespeare.lit")
    steward = Steward(stage.core.engine, stage.store.abroad)
    server = ControlServer(admin, tmp_path, {"space": steward})
    remote = RemoteAdmin(await server.open())
    try:
        asked = {"key": "verona", "owner": "juliet@shakespeare.lit"}
        made = await remote.ask("space", "create", asked)
        assert made["access"] == "authorize"
        assert (await remote.ask("space", "list", {}))["spaces"] == [made]
        with pytest.raises(AdminError, match="does not know"):
            await remote.ask("space", "burn", asked)
        with pytest.raises(AdminError, match="makes no sense"):
            await remote.ask("space", "show", {})
    finally:
        await asyncio.wait_for(server.close(), 5)
