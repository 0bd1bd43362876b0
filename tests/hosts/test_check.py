"""`folkmoot check` of a component at Prosody and ejabberd; what can be wrong is made wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from folkmoot.cli import app
from folkmoot.cli.remote import PASSWORD_VARIABLE
from folkmoot.control import RemoteAdmin
from folkmoot.demo.child import COMPONENT, Child
from folkmoot.lock import holder_of
from folkmoot.settings import SECRET_FILE
from tests.hosts.annex import ROOMS, SPACES, Annex, annexed
from tests.hosts.folk import PATIENTLY_SECONDS, person
from tests.hosts.host import DOMAIN, PASSWORD, SECRET, Host, Prosody

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALL_IS_WELL = [
    *("config", "data", "disk", "database", "secret", "domains", "host", "process", "link", "link"),
    *("privileges", "login", "list", "answer", "identity", "answer", "identity"),
    *("space", "pages", "notices", "presence", "messages"),
]


class Checked(NamedTuple):
    """What a check said: its status, and the grade, subject and text of each line."""

    status: int
    lines: list[tuple[str, str, str]]

    @property
    def subjects(self) -> list[str]:
        return [subject for _, subject, _ in self.lines]

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        return [each for each in self.lines if each[0] != "ok"]

    def said(self, subject: str) -> str:
        """The texts of a subject, each as a line."""
        return "\n".join(text for _, about, text in self.lines if about == subject)


SHARED = "another process is attached under this name, and gets a part"

LINE = re.compile(r"(ok|warn|fail) +(\w+) +(.*)")


async def check(*arguments: object, password: str = PASSWORD) -> Checked:
    """Do as an operator does."""
    given = ["check", *map(str, arguments)]
    env = {PASSWORD_VARIABLE: password}
    ended = await asyncio.to_thread(CliRunner().invoke, app, given, env=env)
    lines = [line for line in ended.output.splitlines() if "mend: " not in line]
    found = [LINE.fullmatch(line) for line in lines]
    told = [(each[1], each[2], each[3]) for each in found if each]
    assert len(told) == len(lines), (ended.output, ended.exception)
    return Checked(ended.exit_code, told)


async def comes_to(wanted: Callable[[Checked], bool], data: Path) -> Checked:
    """Look at what runs there again and again, until it says what it should."""
    found = Checked(0, [])
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENTLY_SECONDS):
            while not wanted(found):
                found = await check("--data", data)
    assert wanted(found), found
    return found


def looking(host: Host, *names: str) -> list[object]:
    """The flags by which somebody looks."""
    flags: list[object] = ["--ca-file", host.certificate]
    for name in names:
        flags += ["--as", person(name), "--connect", f"127.0.0.1:{host.clients}"]
    return flags


def both_up(found: Checked) -> bool:
    """Whether both links are."""
    return found.said("link").count(" is up ") == 2


class Site:
    """A data directory for a component of a host, none of which runs on it."""

    def __init__(self, host: Host, data: Path) -> None:
        self.host = host
        self.data = data
        self.secret(SECRET)
        self.flags = ("--data", data, "--domain", DOMAIN, "--at", host.attachment.at)

    def secret(self, text: str) -> None:
        """Put one into its file."""
        file = self.data / SECRET_FILE
        file.touch(mode=0o600)
        file.write_text(text)

    async def check(self, *more: object) -> Checked:
        """Look at it as a component."""
        return await check("--component", *self.flags, *more)

    def component(self) -> Child:
        """A process that can be started on it."""
        return Child(self.data, *map(str, self.flags[2:]), command=COMPONENT)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lonely(kind: type[Host]) -> AsyncIterator[Host]:
    """Another server, which waits for a component."""
    host = kind()
    # ejabberd has privileges and delegation; Prosody's modules are a package of their own.
    extended = not isinstance(host, Prosody)
    host.attachment = replace(
        host.attachment,
        spaces=str(SPACES),
        rooms=str(ROOMS),
        privileges=extended,
        delegation=extended,
    )
    async with host:
        yield host


@pytest.fixture
def site(lonely: Host, tmp_path: Path) -> Site:
    return Site(lonely, tmp_path)


async def kept(data: Path) -> list[object]:
    """The spaces and rooms of a component that runs."""
    holder = holder_of(data)
    assert holder is not None
    assert holder.control is not None
    admin = RemoteAdmin(holder.control)
    spaces, rooms = await admin.ask("space", "list", {}), await admin.ask("room", "list", {})
    return [*spaces["spaces"], *rooms["rooms"]]


async def test_all_is_well(annex: Annex) -> None:
    """From the outside to what two users see of one another; nobody says that it is a component."""
    data = annex.child.data
    (data / SECRET_FILE).chmod(0o600)
    found = await check("--data", data, *looking(annex.host, "juliet"))
    assert found.faults == []
    assert (found.status, found.subjects) == (0, ALL_IS_WELL)
    assert found.said("domains") == f"{SPACES} and {ROOMS} beside {DOMAIN}"
    found = await check(
        *("--data", data, "--reach", DOMAIN), *looking(annex.host, "juliet", "romeo")
    )
    assert (found.status, found.faults) == (0, [])
    assert found.said("federation").startswith(f"{DOMAIN} answers {SPACES} within")
    assert found.said("together").startswith(f"{person('juliet')} and {person('romeo')} share")
    assert not [each for each in await kept(data) if "check" in str(each)]


async def test_a_wrong_password(annex: Annex) -> None:
    """Of the user; the link is as it was."""
    flags = ("--data", annex.child.data, *looking(annex.host, "juliet"))
    found = await check(*flags, password="wherefor")
    assert (found.status, found.faults) == (
        1,
        [("fail", "login", f"{person('juliet')}: {person('juliet')} is not let in")],
    )


async def test_it_does_not_run(site: Site) -> None:
    """The server would take it: that is all there is to say."""
    found = await site.check()
    assert (found.status, [each[:2] for each in found.faults]) == (0, [("warn", "process")])
    assert found.said("link") == f"{SPACES}: the server takes it\n{ROOMS}: the server takes it"


async def test_a_wrong_secret(site: Site) -> None:
    """Whether it runs or not."""
    site.secret("maple")
    found = await site.check()
    assert found.status == 1
    wanted = [("warn", "process"), ("fail", "link"), ("fail", "link")]
    assert [each[:2] for each in found.faults] == wanted
    assert f"{SPACES}: the server knows another secret for it (not-auth" in found.said("link")
    async with site.component() as child:
        await child.start()
        found = await comes_to(lambda found: found.said("link").count("(not-") == 2, site.data)
    assert [each[:2] for each in found.faults] == [("fail", "link")] * 2
    assert f"{ROOMS} is down: the server knows another secret for it" in found.said("link")


async def test_lines_are_missing(site: Site) -> None:
    """ejabberd says of an unknown name what it says of a wrong secret."""
    found = await site.check("--rooms", f"talk.{DOMAIN}")
    assert found.status == 1
    taken, missing = found.said("link").splitlines()
    assert taken == f"{SPACES}: the server takes it"
    prosodys = "the server has no component of this name (host-unknown"
    assert (prosodys if isinstance(site.host, Prosody) else "not-authorized") in missing


async def test_the_server_is_down(tmp_path: Path) -> None:
    """Or is told of elsewhere; nothing is tried there."""
    host = Prosody()
    found = await Site(host, tmp_path).check(*looking(host, "juliet")[2:])
    await host.stop()
    assert found.status == 1
    assert [each[:2] for each in found.faults] == [
        ("fail", "host"),
        ("warn", "process"),
        ("fail", "login"),
    ]
    assert found.said("host").endswith("cannot connect: Connection refused")


async def test_what_is_granted(site: Site) -> None:
    """XEP-0355 and XEP-0356, where the lines ask for it: told, and no fault."""
    async with site.component() as child:
        await child.start()
        extended = not isinstance(site.host, Prosody)
        wanted = "delegates http" if extended else "nor is it needed"
        found = await comes_to(
            lambda found: both_up(found) and wanted in found.said("privileges"), site.data
        )
    assert (found.status, found.faults) == (0, [])
    if extended:
        grants = "message outgoing, presence roster, roster get and"
        assert f"the server grants {grants}" in found.said("privileges")


async def test_a_second_process(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prosody, by the lines we print, lets the new one throw out the old; ejabberd takes both.

    Either finds out, also the one that was there first.
    """
    other = Site(site.host, tmp_path_factory.mktemp("second"))
    async with site.component() as first, other.component() as second:
        await first.start()
        await second.start()
        if isinstance(site.host, Prosody):
            found = await comes_to(lambda found: "(conflict" in found.said("link"), site.data)
            assert {each[1] for each in found.faults} == {"link"}
            assert "another process is attached under this name (conflict" in found.said("link")
        else:
            for each in (site, other):
                found = await comes_to(lambda found: SHARED in found.said("link"), each.data)
                assert {fault[:2] for fault in found.faults} == {("fail", "link")}


class Stubborn(Prosody):
    """It keeps the link it has, as it does where nothing else is said."""

    def filled(self, template: str) -> str:
        """The lines, less what we add to them."""
        filled = super().filled(template)
        lines = self.directory / "folkmoot.included"
        text = lines.read_text()
        assert "kick_old" in text
        lines.write_text(text.replace("kick_old", "kick_new"))
        return filled


async def test_the_name_is_taken(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By another process, which stays; looked at from a directory where none runs."""
    if missing := Stubborn.missing():
        pytest.skip(f"not on PATH: {', '.join(missing)}")
    async with annexed(Stubborn(), tmp_path) as annex:
        found = await Site(annex.host, tmp_path_factory.mktemp("second")).check()
        assert (await check("--data", annex.child.data)).said("link").count("is up") == 2
    assert found.status == 1
    assert found.said("link").count("another process is attached under this name (conflict") == 2
