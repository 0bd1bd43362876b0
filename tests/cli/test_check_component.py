"""`folkmoot check` of a component: its secret, its domains, its links, what it finds and says."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from folkmoot.admin import AdminError, StoreAdmin
from folkmoot.check import link as check
from folkmoot.check.component import examine_component
from folkmoot.check.finding import Doing, Finding, Grade
from folkmoot.check.running import Link, Running, ask_running
from folkmoot.config import Address, Config
from folkmoot.config.options import Component, Server
from folkmoot.control import ControlServer
from folkmoot.listeners.component import LinkSettings
from folkmoot.lock import Holder, hold, holder_of
from folkmoot.streams.offers import Kind, Offer
from folkmoot.xmpp.jid import JID

from .conftest import Folkmoot

NOW = 1_795_000_000.0
AT = Address("127.0.0.1", 5347)
UP = Link("spaces.example.org", AT, NOW - 60, "", "", 0, 0, 0, ())
RUNNING = Running(7, False, "example.org", "spaces.example.org", "rooms.example.org", (UP,))


def config(
    data: Path = Path("data"),
    at: Address = AT,
    *,
    spaces: str | None = None,
    rooms: str | None = None,
) -> Config:
    """That of a component of example.org."""
    server = Server(domain="example.org", data=data, accounts=False, spaces=spaces, rooms=rooms)
    return Config(server=server, component=Component(server=at))


def told(findings: Iterator[Finding]) -> list[tuple[Grade, str]]:
    """Grades and texts; what is not ok says how to mend it."""
    found = list(findings)
    assert all(each.mend for each in found if each.grade is not Grade.OK)
    return [(each.grade, each.text) for each in found]


class Said:
    """What is told."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def __call__(self, what: Finding | Doing) -> None:
        if isinstance(what, Finding):
            self.found.append(what)

    @property
    def subjects(self) -> list[tuple[str, Grade]]:
        return [(each.subject, each.grade) for each in self.found]


# What it has


def test_the_secret(tmp_path: Path) -> None:
    """There, and its owner's alone."""
    file = tmp_path / "component.secret"
    ((grade, text),) = told(check.examine_secret(config(tmp_path)))
    assert grade is Grade.FAIL
    assert text.startswith(f"cannot read the component's secret from {file}: No such file")
    file.write_text("")
    ((grade, text),) = told(check.examine_secret(config(tmp_path)))
    assert (grade, "is empty" in text) == (Grade.FAIL, True)
    file.write_text("sycamore\n")
    file.chmod(0o640)
    ((grade, text),) = told(check.examine_secret(config(tmp_path)))
    assert (grade, text) == (Grade.WARN, f"{file} can be read by other users of this machine")
    file.chmod(0o600)
    assert told(check.examine_secret(config(tmp_path)))[0][0] is Grade.OK
    elsewhere = Config(Server(accounts=False), component=Component(AT, file))
    assert told(check.examine_secret(elsewhere))[0] == (Grade.OK, f"{file} is its owner's alone")


@pytest.mark.parametrize(
    ("spaces", "rooms", "port", "grade", "text"),
    [
        (None, None, 5347, Grade.OK, "spaces.example.org and rooms.example.org beside example.org"),
        (None, "example.org", 5347, Grade.FAIL, "share a domain"),
        (None, "spaces.example.org", 5347, Grade.FAIL, "share a domain"),
        ("moots.example.org", None, 5347, Grade.WARN, "Movim looks for spaces at spaces."),
        (None, "rooms.example.net", 5347, Grade.WARN, "is not below example.org"),
        (None, "rooms.example.net", 5275, Grade.FAIL, "Openfire takes no such component"),
        (None, "conference.example.org", 5347, Grade.WARN, "the rooms they have themselves"),
        (None, "muc.example.org", 5275, Grade.WARN, "the rooms they have themselves"),
    ],
)
def test_the_domains(
    spaces: str | None, rooms: str | None, port: int, grade: Grade, text: str
) -> None:
    """Three of them; where Movim looks; below the server's for Openfire; nobody else's."""
    ((found, words),) = told(
        check.examine_domains(config(at=replace(AT, port=port), spaces=spaces, rooms=rooms))
    )
    assert found is grade
    assert text in words


async def test_the_port_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody takes connections there, or not; CONNECT_SECONDS_MAX."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        at = Address("127.0.0.1", listening.getsockname()[1])
        found = await check.examine_host(config(), at)
        assert (found.grade, found.text) == (Grade.OK, f"{at} takes connections")
        monkeypatch.setattr(check, "CONNECT_SECONDS_MAX", 0.05)
        # The kernel takes no more than the backlog, which nobody empties.
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(at_tuple(at))
        found = await check.examine_host(config(), at)
        for each in waiting:
            each.close()
        assert (found.grade, found.text) == (Grade.FAIL, f"{at}: no answer within 0.05 seconds")
    found = await check.examine_host(config(), at)
    assert (found.grade, found.text) == (Grade.FAIL, f"{at}: cannot connect: Connection refused")
    assert "--server prosody|ejabberd|openfire --domain example.org" in found.mend


def at_tuple(at: Address) -> tuple[str, int]:
    """As sockets have it."""
    return at.host, at.port


# What runs


def test_nothing_runs() -> None:
    """Said with the command that starts it, file and flags as they were given to the check.

    It is no failure, for it is looked at before, too.
    """
    (found,) = check.examine_running(config(), None, {})
    assert (found.grade, found.subject) == (Grade.WARN, "process")
    assert found.mend == "start it: folkmoot component"
    given = {"--config": "/etc/folkmoot.toml", "--data": "my data", "--at": "127.0.0.1:5347"}
    (found,) = check.examine_running(config(Path("my data")), None, given)
    flags = "--config /etc/folkmoot.toml --data 'my data' --at 127.0.0.1:5347"
    assert found.mend == f"start it: folkmoot component {flags}"


def test_what_runs_has_accounts_of_its_own() -> None:
    """It is no component."""
    ((grade, text),) = told(check.examine_running(config(), replace(RUNNING, accounts=True), {}))
    assert (grade, "no component" in text) == (Grade.FAIL, True)


def test_what_runs_is_another() -> None:
    """Told where a flag or a file says otherwise; what it is in fact is looked at."""
    other = replace(RUNNING, domain="example.net")
    given = {"--domain": "example.org", "--at": "127.0.0.1:5347"}
    ((grade, text),) = told(check.examine_running(config(), other, given))
    assert grade is Grade.WARN
    assert text == "process 7 runs with --domain example.net, not example.org"
    file = {"--config": "/etc/folkmoot.toml"}
    assert told(check.examine_running(config(), other, file)) == [(grade, text)]
    assert told(check.examine_running(config(), other, {})) == [
        (Grade.OK, "process 7 is a component of example.net")
    ]
    assert other.over(config()).server.domain == "example.net"
    assert other.over(Config()).component.server == AT


def links(*found: Link) -> list[tuple[Grade, str]]:
    """What is said of the links of a component that runs."""
    return told(check.examine_links(config(), replace(RUNNING, links=found), NOW))


@pytest.mark.parametrize(
    ("seconds", "span"),
    [(5, "5 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7_200, "2 hours")],
)
def test_a_link_is_up(seconds: int, span: str) -> None:
    """Since when, and how long that is."""
    (grade, text), _ = links(replace(UP, since=NOW - seconds))
    assert grade is Grade.OK
    assert text.startswith("spaces.example.org is up since 2026-11-18")
    assert text.endswith(f" UTC ({span})")


def test_a_link_was_lost() -> None:
    """How often, and why last; two processes that throw one another out are worth a warning."""
    lost = replace(UP, times_lost=1, trouble="the server ended the stream")
    assert links(lost)[0][0] is Grade.OK
    assert links(lost)[0][1].endswith(", lost once before; last, the server ended the stream")
    taking_turns = replace(lost, times_lost=9, condition="conflict")
    assert links(taking_turns)[0][0] is Grade.WARN
    assert ", lost 9 times before" in links(taking_turns)[0][1]
    long_ago = replace(taking_turns, since=NOW - check.CONFLICT_SECONDS)
    assert links(long_ago)[0][0] is Grade.OK


@pytest.mark.parametrize(
    ("condition", "mend"),
    [
        ("not-authorized", "data/component.secret"),
        ("host-unknown", "put them in"),
        ("conflict", "stop the other process"),
        ("", "see that the server runs at 127.0.0.1:5347"),
    ],
)
def test_a_link_is_down(condition: str, mend: str) -> None:
    """Why, what waits for it, and what to do."""
    down = replace(UP, since=None, trouble="it is", condition=condition, held=3)
    found, _ = check.examine_links(config(), replace(RUNNING, links=(down,)), NOW)
    assert found.grade is Grade.FAIL
    assert found.text == "spaces.example.org is down: it is; 3 stanzas wait for it"
    assert mend in found.mend


def test_stanzas_were_lost() -> None:
    """While the server was away for too long."""
    _, (grade, text), _ = links(replace(UP, dropped=3))
    assert grade is Grade.WARN
    assert text.startswith("spaces.example.org: 3 stanzas were too many")


def test_what_is_offered() -> None:
    """XEP-0355 and XEP-0356: told, and no fault either way."""
    assert links(UP)[-1] == (
        Grade.OK,
        "the server grants none and delegates nothing; nor is it needed",
    )
    offers = (
        Offer(Kind.PRIVILEGE, "roster", "get"),
        Offer(Kind.DELEGATION, "urn:xmpp:mam:2"),
        Offer(Kind.PRIVILEGE, "message", "outgoing"),
    )
    assert links(replace(UP, offers=offers), replace(UP, offers=offers[:2]))[-1] == (
        Grade.OK,
        "the server grants message outgoing, roster get and delegates urn:xmpp:mam:2; not used",
    )


def test_what_accounts_own_nodes_lack() -> None:
    """`component.personal`: whether what is offered does; nothing is said where it is off."""
    offers = (Offer(Kind.PRIVILEGE, "message", "outgoing"),)
    running = replace(RUNNING, links=(replace(UP, offers=offers),), lacking=())
    assert told(check.examine_links(config(), running, NOW))[1:] == [
        (Grade.OK, "the server grants message outgoing"),
        (Grade.OK, "accounts have their own nodes here"),
    ]
    lacking = replace(running, links=(UP,), lacking=("this lacks", "and that"))
    assert told(check.examine_links(config(), lacking, NOW))[1:] == [
        (Grade.OK, "the server grants none and delegates nothing"),
        (Grade.WARN, "this lacks; and that"),
    ]


# What the server says to a handshake


@contextmanager
def listening() -> Iterator[tuple[socket.socket, Address]]:
    """A port that takes connections, which nobody looks at."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        port.setblocking(False)
        yield port, Address("127.0.0.1", port.getsockname()[1])


@asynccontextmanager
async def server(
    *said: str, asked: list[str] | None = None, ends: bool = True
) -> AsyncIterator[Address]:
    """One that says this to whoever opens a stream, a part for each part that comes."""

    gone = set[asyncio.Task[Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        gone.add(task)
        for part in said:
            came = (await reader.read(4_096)).decode()
            if asked is not None:
                asked.append(came)
            writer.write(part.encode())
        if ends:
            writer.write_eof()
        await reader.read()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield Address("127.0.0.1", listening.sockets[0].getsockname()[1])
        await asyncio.gather(*gone)


HEADER = (
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'"
    " xmlns='jabber:component:accept' from='example.org' id='{}'>"
)
ERROR = (
    "<stream:error><{} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
)


async def shaken(*said: str, asked: list[str] | None = None, ends: bool = True) -> Finding:
    """What is found where a server says this."""
    async with server(*said, asked=asked, ends=ends) as at:
        settings = LinkSettings(JID.parse("spaces.example.org"), at.host, at.port, "sycamore")
        error = await check.attempt(settings)
    return check.handshake(config(), "spaces.example.org", error)


async def test_a_handshake_is_taken() -> None:
    """XEP-0114 §3; the stream is closed at once."""
    asked: list[str] = []
    found = await shaken(HEADER.format("1"), "<handshake/>", asked=asked)
    assert (found.grade, found.text) == (Grade.OK, "spaces.example.org: the server takes it")
    assert asked[0].endswith("to='spaces.example.org'>")
    assert asked[1].startswith("<handshake>")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ((HEADER.format("1"), ERROR.format("not-authorized")), "the server knows another secret"),
        ((HEADER.format("1"), ERROR.format("conflict")), "another process is attached"),
        ((HEADER.format("") + ERROR.format("host-unknown"),), "the server has no component of"),
        ((HEADER.format("1"), ERROR.format("see-other-host")), "the server says see-other-host"),
        ((HEADER.format("1"), "</stream:stream>"), "it ended the stream"),
        ((HEADER.format("1"), ""), "it ended the stream"),
        (("HTTP/1.1 400 Bad Request\r\n\r\n",), "not-well-formed"),
        ((), "it ended the stream"),
    ],
)
async def test_a_handshake_is_not_taken(said: tuple[str, ...], text: str) -> None:
    """Why not, in plain words."""
    found = await shaken(*said)
    assert found.grade is Grade.FAIL
    assert text in found.text
    assert found.mend


async def test_a_server_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """HANDSHAKE_SECONDS_MAX."""
    monkeypatch.setattr(check, "HANDSHAKE_SECONDS_MAX", 0.05)
    found = await shaken(HEADER.format("1"), ends=False)
    assert found.grade is Grade.FAIL
    assert "no answer within" in found.text


# All of it


class Post:
    """What a component that runs says. reach: of what it asks others. shared: names it shares."""

    def __init__(
        self, links: list[Mapping[str, Any]], reach: Mapping[str, Any], shared: Sequence[str]
    ) -> None:
        self._show = {
            "accounts": False,
            "domain": "example.org",
            "spaces": "spaces.example.org",
            "rooms": "rooms.example.org",
            "links": links,
            "lacking": None,
        }
        self._reach = reach
        self._shared = shared

    async def ask(self, verb: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
        if verb == "reach" and not self._reach:
            raise AdminError("nobody knows")
        return {"show": self._show, "reach": self._reach, "others": {"shared": self._shared}}[verb]


def put_secret(data: Path) -> None:
    """What the server knows a component by, its owner's alone."""
    data.mkdir(exist_ok=True)
    file = data / "component.secret"
    file.touch(mode=0o600)
    file.write_text("sycamore")


def link_up(at: Address) -> Mapping[str, Any]:
    """A link as it is told."""
    return {
        "domain": "spaces.example.org",
        "at": [at.host, at.port],
        "since": NOW,
        "trouble": "",
        "condition": "",
        "times_lost": 0,
        "held": 0,
        "dropped": 0,
        "offers": [["privilege", "roster", "get"]],
    }


@asynccontextmanager
async def component(
    admin: StoreAdmin,
    data: Path,
    at: Address,
    reach: Mapping[str, Any] | None = None,
    shared: Sequence[str] = (),
) -> AsyncIterator[None]:
    """One that runs on a data directory."""
    with hold(data) as held:
        put_secret(data)
        control = ControlServer(admin, data, {"link": Post([link_up(at)], reach or {}, shared)})
        held.tell(Holder(os.getpid(), domain="example.org", control=await control.open()))
        try:
            yield
        finally:
            await control.close()


async def looked(data: Path, at: Address, *reach: str) -> Said:
    """What is found of what runs there, or not."""
    said = Said()
    holder = holder_of(data)
    running = await ask_running(holder)
    found = config(data, at) if running is None else running.over(config(data, at))
    wanted = config(data, at)
    given = {"--at": str(at)}
    await examine_component(found, wanted, holder, running, said, given=given, reach=reach)
    return said


async def test_a_component_that_runs_is_asked(admin: StoreAdmin, data: Path) -> None:
    """It has the links, and no second one is made; see Prosody's `kick_old`."""
    with listening() as (port, at):
        async with component(admin, data, at):
            said = await looked(data, at)
        with port.accept()[0] as came:
            assert came.recv(1) == b"", "somebody connected, and opened no stream"
        with pytest.raises(BlockingIOError):
            port.accept()
    assert said.subjects == [
        (each, Grade.OK) for each in ("secret", "domains", "host", "process", "link", "privileges")
    ]
    assert said.found[-1].text == "the server grants roster get; not used"


async def test_a_component_that_shares_a_name(admin: StoreAdmin, data: Path) -> None:
    """With another process, on a server that takes both: a failure, and what to do."""
    with listening() as (_, at):
        async with component(admin, data, at, shared=["spaces.example.org"]):
            found = (await looked(data, at)).found[-1]
    assert (found.subject, found.grade) == ("link", Grade.FAIL)
    assert found.text.startswith("spaces.example.org: another process is attached under this name")
    assert found.mend.startswith("stop that one")


async def test_a_component_that_does_not_run(data: Path) -> None:
    """Its links are tried, each by itself."""
    put_secret(data)
    async with server(HEADER.format("1"), ERROR.format("not-authorized")) as at:
        said = await looked(data, at, "example.net")
    assert said.subjects[3:] == [
        ("process", Grade.WARN),
        ("link", Grade.FAIL),
        ("link", Grade.FAIL),
        ("federation", Grade.WARN),
    ]
    assert [each.text.partition(":")[0] for each in said.found[4:6]] == [
        "spaces.example.org",
        "rooms.example.org",
    ]


async def test_no_link_is_tried_in_vain(data: Path) -> None:
    """Where there is no secret, or nobody at the port."""
    with listening() as (_, at):
        said = await looked(data, at)
    assert said.subjects == [
        ("secret", Grade.FAIL),
        ("domains", Grade.OK),
        ("host", Grade.OK),
        ("process", Grade.WARN),
    ]


@pytest.mark.parametrize(
    ("answer", "grade", "text", "mend"),
    [
        ({"seconds": 0.25, "condition": ""}, Grade.OK, "example.net answers", ""),
        ({"seconds": 0.0, "condition": "forbidden"}, Grade.OK, "within 0 ms", ""),
        ({"seconds": 0.0, "condition": "remote-server-not-found"}, Grade.FAIL, "-found", "DNS"),
        ({"trouble": "no answer within 20 seconds"}, Grade.FAIL, "no answer", "issue 4472"),
        ({}, Grade.FAIL, "nobody knows", "again"),
    ],
)
async def test_another_server_is_asked(
    admin: StoreAdmin, data: Path, answer: Mapping[str, Any], grade: Grade, text: str, mend: str
) -> None:
    """By the component that runs, for it is its questions that may be dropped."""
    with listening() as (_, at):
        async with component(admin, data, at, answer):
            found = (await looked(data, at, "example.net")).found[-1]
    assert (found.subject, found.grade) == ("federation", grade)
    assert text in found.text
    assert mend in found.mend


async def test_who_holds_the_data_does_not_say(data: Path) -> None:
    """It starts, or is another command."""
    with hold(data), pytest.raises(AdminError, match="starts, or is another command"):
        await ask_running(holder_of(data))


# The command


def test_the_command_without_a_component(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """No certificate, no ports; what is missing, and how to mend it. Status 1."""
    done = folkmoot("check", "--component", "--data", tmp_path, "--at", "127.0.0.1:1")
    assert done.status == 1
    found = [tuple(line.split()[:2]) for line in done.out.splitlines() if "mend:" not in line]
    assert found[-4:] == [
        ("fail", "secret"),
        ("ok", "domains"),
        ("fail", "host"),
        ("warn", "process"),
    ]
    assert not {"certificate", "tcp", "http"} & {subject for _, subject in found}
    file = tmp_path / "folkmoot.toml"
    file.write_text(f"[server]\ndata = '{tmp_path}'\naccounts = false\n")
    done = folkmoot("check", "--config", file, "--at", "127.0.0.1:1")
    assert "fail  secret" in done.out
    assert f"start it: folkmoot component --config {file} --at 127.0.0.1:1\n" in done.out


async def test_the_command_finds_out_that_it_is_one(
    folkmoot: Folkmoot, admin: StoreAdmin, data: Path
) -> None:
    """From who runs on the data directory; that one also knows the domains."""
    with listening() as (_, at):
        async with component(admin, data, at):
            done = await asyncio.to_thread(folkmoot, "check", "--data", data)
    assert done.status == 0, done.out
    assert "ok    domains      spaces.example.org and rooms.example.org beside" in done.out
    assert f"ok    process      process {os.getpid()} is a component of example.org" in done.out


async def test_the_command_while_another_version_runs(
    folkmoot: Folkmoot, admin: StoreAdmin, data: Path
) -> None:
    """It does not know what is asked of it, and is left in peace."""
    with hold(data) as held:
        control = ControlServer(admin, data)
        held.tell(Holder(os.getpid(), control=await control.open()))
        done = await asyncio.to_thread(folkmoot, "check", "--component", "--data", data)
        await control.close()
    assert "warn  process      nobody here knows of links" in done.out
    assert "  link " not in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as", "juliet"], "is not an account"),
        (["--as", "juliet@example.org/balcony"], "is not an account"),
        (["--as", "juliet@example.org", "--connect", "5222"], "write HOST:PORT"),
        (["--connect", "127.0.0.1:5222"], "each is for one --as"),
        (["--ca-file", "nowhere"], "No such file"),
        (["--ca-file", __file__], "cannot read certificates"),
        (["--as", "juliet@example.org"], "nobody is there to type a password"),
        (["--as", "juliet@example.org", "--password-stdin"], "fewer lines"),
        (["--reach", "example.net"], "only a component"),
        (["--at", "5347"], "must be HOST:PORT"),
    ],
)
def test_what_makes_no_sense(
    folkmoot: Folkmoot, tmp_path: Path, arguments: list[str], words: str
) -> None:
    """Status 2, with what to say instead."""
    done = folkmoot("check", "--data", tmp_path, *arguments)
    assert done.status == 2
    assert words in " ".join(done.err.replace("│", "").split())
