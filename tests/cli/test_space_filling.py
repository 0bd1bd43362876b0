"""`folkmoot space add|remove|member|templates`: a space is filled from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkmoot.steward import Steward
from tests.stage import Stage

Folkmoot = Callable[..., Any]

SPACE = "pubsub.shakespeare.lit"


def shown(folkmoot: Folkmoot, data: Path) -> dict[str, Any]:
    """The space as it is."""
    found: dict[str, Any] = json.loads(folkmoot("space", "show", "moot", "--data", data).out)
    return found


def test_rooms_come_and_go(folkmoot: Folkmoot, kept: Path) -> None:
    """One line each; the room stays when it is taken out, and may not be made again."""
    made = folkmoot("space", "add", "moot", "Hall", "--title", "The hall", "--data", kept)
    assert made == (0, "Made the room hall@rooms.localhost in moot, for members.\n", "")
    made = folkmoot("space", "add", "moot", "square", "--open", "--order", "1", "--data", kept)
    assert made.out == "Made the room square@rooms.localhost in moot, for everyone.\n"
    assert shown(folkmoot, kept)["lists"] == {
        "hall@rooms.localhost": "xmpp:rooms.localhost?;node=hall",
        "square@rooms.localhost": "xmpp:rooms.localhost?;node=square",
    }
    gone = folkmoot("space", "remove", "moot", "hall", "--data", kept)
    assert gone == (0, "Took the room hall@rooms.localhost out of moot.\n", "")
    assert list(shown(folkmoot, kept)["lists"]) == ["square@rooms.localhost"]
    again = folkmoot("space", "add", "moot", "hall", "--data", kept)
    assert (again.status, again.err) == (
        1,
        "folkmoot: there is a room hall already: choose another name\n",
    )


def test_somebody_is_something(folkmoot: Folkmoot, kept: Path) -> None:
    """By default a member; what they were is said, too."""
    done = folkmoot("space", "member", "moot", "romeo@verona.lit", "--data", kept)
    assert done.out == "romeo@verona.lit is member in moot, and was none.\n"
    done = folkmoot("space", "member", "moot", "romeo@verona.lit", "--data", kept)
    assert done.out == "romeo@verona.lit is member in moot, as before.\n"
    flags = ("--as", "outcast", "--data", kept)
    done = folkmoot("space", "member", "moot", "romeo@verona.lit", *flags)
    assert done.out == "romeo@verona.lit is outcast in moot, and was member.\n"
    assert shown(folkmoot, kept)["affiliations"]["romeo@verona.lit"] == "outcast"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "nowhere", "hall"), "there is no space nowhere"),
        (("add", "moot", "a@b"), "makes no sense"),
        (("remove", "moot", "hall"), "moot does not list hall: `folkmoot space show moot`"),
        (("member", "moot", "@"), "makes no sense"),
        (("member", "moot", "romeo@localhost"), "there is no account romeo@localhost"),
        (("member", "moot", "romeo"), "romeo is no account: say romeo@localhost"),
        (("member", "moot", "a@b", "--as", "king"), "nobody is king of a space: choose owner"),
        (
            ("member", "moot", "juliet@localhost", "--as", "none"),
            "last owner: make somebody else an owner first",
        ),
    ],
)
def test_what_cannot_be_done_is_said(
    folkmoot: Folkmoot, kept: Path, arguments: tuple[str, ...], said: str
) -> None:
    """And what to do; nothing is changed."""
    before = shown(folkmoot, kept)
    ended = folkmoot("space", *arguments, "--data", kept)
    assert ended.status == 1
    assert said in ended.err
    assert shown(folkmoot, kept) == before


def test_a_template_of_ones_own(folkmoot: Folkmoot, kept: Path) -> None:
    """It makes the rooms that it names, in one go with the space."""
    file = kept.parent / "folkmoot.toml"
    file.write_text(
        f"""
        [server]
        data = '{kept}'
        [space_templates.club]
        title = "The club"
        rooms = [{{ name = "bar", members_only = false }}, {{ name = "den", category = "More" }}]
        """
    )
    listed = folkmoot("space", "templates", "--config", file).out.splitlines()
    assert listed[0].split() == ["community", "authorize", "publishers"]
    assert listed[-1].split() == ["club", "authorize", "publishers", "bar", "den"]
    flags = ("--owner", "juliet@localhost", "--template", "club", "--config", file)
    made = folkmoot("space", "create", "club", *flags)
    assert made == (0, "Made the space club, authorize, with 2 rooms.\n", "")
    again = folkmoot("space", "create", "club-2", *flags)
    assert "node exists: choose another name" in again.err  # its rooms; the space is not made
    spaces = json.loads(folkmoot("space", "list", "--json", "--config", file).out)["spaces"]
    assert [each["title"] for each in spaces] == ["The club", "Moot"]
    told = json.loads(folkmoot("space", "templates", "--json", "--config", file).out)
    assert told["templates"][3]["rooms"] == ["bar", "den"]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("folkmoot space show m", "moot"),
        ("folkmoot space add m", "moot"),
        ("folkmoot space create x --template t", "team"),
        ("folkmoot space member moot a@b --as o", "owner\noutcast"),
        ("folkmoot space retract moot a@b --period d", "day"),
    ],
)
def test_the_shell_completes(
    folkmoot: Folkmoot,
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    completed: str,
) -> None:
    """Keys and templates, asked of the server, or of its data."""
    file = kept.parent / "folkmoot.toml"
    file.write_text(f"[server]\ndata = '{kept}'\n")
    monkeypatch.setenv("FOLKMOOT_CONFIG", str(file))
    monkeypatch.setenv("_FOLKMOOT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    assert folkmoot().out.strip() == completed


def test_where_nothing_is_there_nothing_is_completed(
    folkmoot: Folkmoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No server, no data: no words, and no traceback; the templates are known all the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("_FOLKMOOT_COMPLETE", "complete_bash")
    for typed, completed in (
        ("folkmoot space show m", ""),
        ("folkmoot space create x --template c", "community"),
    ):
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        assert folkmoot().out.strip() == completed


async def test_a_room_is_in_the_space_as_soon_as_it_is_there(stage: Stage) -> None:
    """Both halves; who is in the space gets in, and a stranger does not."""
    for name in ("juliet", "romeo", "paris"):
        await stage.account(f"{name}@shakespeare.lit")
    steward = Steward(stage.core.engine, stage.store.abroad)
    asked = {"key": "moot", "owner": "juliet@shakespeare.lit"}
    await steward.ask("create", asked)
    await steward.ask("add", {"key": "moot", "name": "hall", "category": "First", "order": "2"})
    await steward.ask("member", {"key": "moot", "jid": "romeo@shakespeare.lit"})
    romeo = await stage.client("romeo@shakespeare.lit/street")
    paris = await stage.client("paris@shakespeare.lit/palace")
    enter = (
        "<presence to='hall@chat.shakespeare.lit/{}'>"
        "<x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
    await romeo.sends(enter.format("Romeo"))
    await romeo.hears("<presence from='hall@chat.shakespeare.lit/Romeo'/>")
    await paris.sends(enter.format("Paris"))
    await paris.receives("<presence type='error'/>")
    juliet = await stage.client("juliet@shakespeare.lit/balcony")
    await juliet.asks(
        f"<iq type='get' id='1' to='{SPACE}'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<items node='moot'/></pubsub></iq>",
        """<iq><pubsub xmlns='http://jabber.org/protocol/pubsub'><items>
          <item id='hall@chat.shakespeare.lit'>
            <conference xmlns='urn:xmpp:bookmarks:1' name='hall' autojoin='true'>
              <extensions>
                <place xmlns='urn:folkmoot:spaces:0' category='First' order='2'/>
              </extensions>
            </conference>
          </item></items></pubsub></iq>""",
    )
    await steward.ask("remove", {"key": "moot", "name": "hall"})
    await romeo.hears("<presence type='unavailable' from='hall@chat.shakespeare.lit/Romeo'/>")
