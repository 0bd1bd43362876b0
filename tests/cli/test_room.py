"""`folkmoot room`: on a server that runs, and in its data while none does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkmoot.admin import AdminError, StoreAdmin
from folkmoot.control import ControlServer, RemoteAdmin
from folkmoot.porter import Porter
from tests.facades.muc.coven import COVEN, HAG, configures, enters, grants, joined, opened
from tests.facades.muc.test_registering import registers
from tests.stage import Stage

Folkmoot = Callable[..., Any]


async def test_rooms_and_what_they_hold(stage: Stage) -> None:
    """What docs/rooms.md says of each: occupants, messages kept, bytes."""
    crone = await opened(stage, roomname="A Dark Cave", persistentroom="1")
    hag = await joined(stage, HAG, "thirdwitch")
    await configures(crone, {"roomsecret": "cauldronburn"})
    await grants(crone, "affiliation='member' jid='hag66@shakespeare.lit'")
    await registers(hag, "thirdwitch")
    await hag.sends(f"<message type='groupchat' to='{COVEN}'><body>Harpier cries</body></message>")
    await enters(crone, "firstwitch", room="heath@chat.shakespeare.lit")
    porter = Porter(stage.core.engine)
    told = await porter.ask("list", {})
    assert [each["room"] for each in told["rooms"]] == [COVEN, "heath@chat.shakespeare.lit"]
    coven = told["rooms"][0]
    assert coven["title"] == "A Dark Cave"
    assert (coven["occupants"], coven["messages"]) == (2, 1)
    assert coven["bytes"] > len("Harpier cries")
    shown = await porter.ask("show", {"room": "coven"})
    assert coven.items() <= shown.items()
    assert shown["nicks"] == ["firstwitch", "thirdwitch"]
    assert shown["registrations"] == {
        "hag66@shakespeare.lit": {"nick": "thirdwitch", "pending": False}
    }
    assert "cauldronburn" not in json.dumps(shown)
    assert shown == await porter.ask("show", {"room": COVEN})


async def test_the_room_of_a_space(stage: Stage) -> None:
    """The space is told once both halves agree."""
    crone = await opened(stage)
    await configures(crone, {"pubsub": "xmpp:pubsub.shakespeare.lit?;node=moot"})
    shown = await Porter(stage.core.engine).ask("show", {"room": "coven"})
    assert shown["space"] == ""
    assert shown["config"]["parent"].endswith("node=moot")


@pytest.mark.parametrize("room", ["nowhere", "coven@elsewhere.lit", "@", ""])
async def test_rooms_that_are_not_there(stage: Stage, room: str) -> None:
    """One line says why, and what to do."""
    porter = Porter(stage.core.engine)
    with pytest.raises(AdminError):
        await porter.ask("show", {"room": room})
    for verb in ("destroy", ""):
        with pytest.raises(AdminError, match="another version"):
            await porter.ask(verb, {})


async def test_the_running_server_is_asked(stage: Stage, tmp_path: Path) -> None:
    """Through its control socket."""
    await opened(stage)
    control = ControlServer(
        StoreAdmin(stage.store.accounts), tmp_path, {"room": Porter(stage.core.engine)}
    )
    path = await control.open()
    try:
        told = await RemoteAdmin(path).ask("room", "list", {})
        assert [each["room"] for each in told["rooms"]] == [COVEN]
        with pytest.raises(AdminError, match="nobody here knows of spaces"):
            await RemoteAdmin(path).ask("space", "list", {})
    finally:
        await control.close()


def test_no_server_runs(folkmoot: Folkmoot, data: Path) -> None:
    """The data directory is looked at."""
    folkmoot(
        "user", "add", "juliet@localhost", "--data", data, "--password-stdin", stdin="secret\n"
    )
    told = folkmoot("room", "list", "--json", "--data", data)
    assert json.loads(told.out) == {"rooms": []}
    assert folkmoot("room", "list", "--data", data).out == ""
    missing = folkmoot("room", "show", "hall", "--data", data)
    assert missing.status == 1
    assert "there is no room" in missing.err
