"""`folkmoot check --as`: what a user sees of a server, and that nothing of the visit stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from folkmoot.check import seen, tried
from folkmoot.check.finding import Doing, Finding, Grade
from folkmoot.check.guest import Guest, Place, User, logged_in
from folkmoot.check.seen import examine_as
from folkmoot.cli import app
from folkmoot.cli.remote import PASSWORD_VARIABLE
from folkmoot.demo.cast import reachable
from tests.clients.town import PASSWORD, Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEEN = ["login", "list", "answer", "identity", "answer", "identity"]
TRIED = ["space", "pages", "notices", "presence", "messages"]


class Said:
    """What is told. then: called with each thing that goes on."""

    def __init__(self, then: Callable[[str], None] = lambda text: None) -> None:
        self.found: list[Finding] = []
        self._then = then

    def __call__(self, what: Finding | Doing) -> None:
        if isinstance(what, Finding):
            self.found.append(what)
            assert what.mend or what.grade is Grade.OK
        else:
            self._then(what.text)

    @property
    def subjects(self) -> list[str]:
        return [each.subject for each in self.found]

    @property
    def faults(self) -> list[tuple[Grade, str, str]]:
        return [
            (each.grade, each.subject, each.text)
            for each in self.found
            if each.grade is not Grade.OK
        ]


async def user(town: Town, name: str, password: str = PASSWORD) -> User:
    """Somebody with an account."""
    at = reachable(town.holder.listening["tcp"])
    way = {"host": at.host, "port": at.port}
    return User(str(await town.account(name)), password, way, town.certificate)


def place(town: Town) -> Place:
    """Its domains."""
    return Place(*map(str, (town.place.domain, town.place.spaces, town.place.rooms)))


async def left(town: Town) -> list[object]:
    """The spaces and rooms of a visit that are still there."""
    spaces = await town.admin.ask("space", "list", {})
    rooms = await town.admin.ask("room", "list", {})
    return [each for each in (*spaces["spaces"], *rooms["rooms"]) if "check" in str(each)]


async def test_all_is_well(town: Town) -> None:
    """Each thing is looked at, and a second user joins in."""
    said = Said()
    await examine_as([await user(town, "juliet"), await user(town, "romeo")], place(town), said)
    assert said.faults == []
    assert said.subjects == ["login", *SEEN, "answer", *TRIED, "together"]
    pages = next(each.text for each in said.found if each.subject == "pages")
    assert pages.startswith("307 KiB came back whole in ")
    assert not await left(town)


async def test_who_is_not_let_in(town: Town) -> None:
    """A wrong password; the others go on."""
    said = Said()
    users = [await user(town, "juliet", "wrong"), await user(town, "romeo")]
    await examine_as(users, place(town), said)
    ((grade, subject, text),) = said.faults
    assert (grade, subject) == (Grade.FAIL, "login")
    assert text.endswith("is not let in")
    assert said.subjects == ["login", *SEEN, *TRIED]


async def test_a_server_that_nobody_trusts(town: Town, tmp_path: Path) -> None:
    """Its certificate is none that is known."""
    said, juliet = Said(), await user(town, "juliet")
    await examine_as([User(juliet.jid, PASSWORD, juliet.way)], place(town), said)
    (found,) = said.found
    assert (found.grade, found.subject) == (Grade.FAIL, "login")
    assert "--ca-file" in found.mend


async def test_services_that_are_not_there(town: Town) -> None:
    """Not listed, and without an answer; nothing more is tried then."""
    said = Said()
    elsewhere = Place("localhost", "spaces.nowhere.lit", "rooms.nowhere.lit")
    await examine_as([await user(town, "juliet")], elsewhere, said)
    assert said.subjects == ["login", "list", "answer", "answer"]
    assert [grade for grade, _, _ in said.faults] == [Grade.WARN, Grade.FAIL, Grade.FAIL]
    assert "does not list spaces.nowhere.lit, rooms.nowhere.lit" in said.faults[0][2]
    assert "DNS" in said.found[-1].mend, "perhaps it is another server's"


async def test_somebody_else_answers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the rooms that a server has itself, under the same name (XEP-0092)."""
    monkeypatch.setattr(seen, "OURS", "Beemoot")
    said = Said()
    await examine_as([await user(town, "juliet")], place(town), said)
    assert [subject for _, subject, _ in said.faults] == ["identity", "identity"]
    assert said.faults[0][2] == f"{town.place.spaces}: Folkmoot answers there"
    assert said.subjects[-1] == "identity", "nothing more is tried with somebody else"


async def test_a_slow_answer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """SLOW_SECONDS: worth a word, and no failure."""
    monkeypatch.setattr(seen, "SLOW_SECONDS", 0.0)
    said = Said()
    await examine_as([await user(town, "juliet")], place(town), said)
    assert [each[:2] for each in said.faults] == [(Grade.WARN, "answer")] * 2


async def test_who_may_make_nothing(tmp_path: Path) -> None:
    """spaces.node_creators, spaces.room_creators: said, and no failure."""
    file = tmp_path / "folkmoot.toml"
    file.write_text("[spaces]\nnode_creators = []\n")
    town = await Town.founded(tmp_path / "data", "--config", str(file))
    try:
        said = Said()
        await examine_as([await user(town, "juliet")], place(town), said)
        ((grade, subject, text),) = said.faults
        assert (grade, subject) == (Grade.WARN, "space")
        assert "may make none" in text
        file.write_text("[spaces]\nroom_creators = []\n")
        await town.rises_again()
        said = Said()
        await examine_as([await user(town, "juliet")], place(town), said)
        assert [each[:2] for each in said.faults] == [(Grade.WARN, "room")]
        assert not await left(town)
    finally:
        await town.falls()


async def test_a_visit_that_is_given_up(town: Town) -> None:
    """Nothing stays of it, as after Ctrl-C."""

    def give_up(text: str) -> None:
        if text.startswith(f"fills the space, {tried.FILLING_ITEMS // 2}"):
            looking.cancel()

    looking = asyncio.ensure_future(
        examine_as([await user(town, "juliet")], place(town), Said(give_up))
    )
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert not await left(town)


async def test_a_stream_that_is_lost(town: Town) -> None:
    """What was made is taken away over another one."""
    juliet = await user(town, "juliet")
    async with logged_in(juliet) as spaces:

        def lose(text: str) -> None:
            if text.startswith("fills the space, 3"):
                spaces.xmpp.abort()

        said = Said(lose)
        await tried.examine_space(Guest(juliet, spaces), [], place(town), said)
    assert [subject for _, subject, _ in said.faults] == ["pages", "notices", "room"]
    assert "left behind" not in str(said.faults)
    assert not await left(town)


async def test_the_command(town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Passwords from standard input, a line each, or from the environment; status 0 or 1."""
    juliet, romeo = await user(town, "juliet"), await user(town, "romeo")
    at = f"{juliet.way['host']}:{juliet.way['port']}"
    config = tmp_path / "folkmoot.toml"
    config.write_text("listen = { tcp = 'off', tls_direct = 'off', http = 'off' }\n")
    usual = ["check", "--config", str(config), "--data", str(tmp_path / "none")]
    usual += ["--ca-file", str(town.certificate), "--as", juliet.jid, "--connect", at]

    async def done(*more: str, stdin: str = "") -> tuple[int, str]:
        given = [*usual, *more]
        ended = await asyncio.to_thread(CliRunner().invoke, app, given, input=stdin)
        return ended.exit_code, ended.output

    both = ("--as", romeo.jid, "--connect", at, "--password-stdin")
    status, out = await done(*both, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert status == 0, out
    assert "ok    together     juliet-" in out
    status, out = await done("--password-stdin", stdin="wrong\n")
    assert (status, "fail  login" in out) == (1, True)
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    status, out = await done()
    assert (status, "ok    messages" in out) == (0, True)
