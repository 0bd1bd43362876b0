"""What is wrong with the link to the server that our services are components of (XEP-0114 1.6)."""

from __future__ import annotations

import asyncio
import shlex
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from folkmoot.admin import AdminError
from folkmoot.check.finding import Doing, Finding, Grade, Tell
from folkmoot.check.running import Link, Running
from folkmoot.config import Address, Config
from folkmoot.control import RemoteAdmin
from folkmoot.hosting import PORTS, Host
from folkmoot.listeners.component import (
    HANDSHAKE_SECONDS_MAX,
    READ_BYTES,
    LinkSettings,
    explained,
)
from folkmoot.settings import SECRET_FILE, components_at, links, read_secret
from folkmoot.streams.component import Attached, ComponentStream, Detached
from folkmoot.streams.offers import Kind, Offer
from folkmoot.xmpp.errors import StreamError

CONNECT_SECONDS_MAX: Final = 5.0
"""How long a server may take to take a connection."""

CONFLICT_SECONDS: Final = 3_600
"""How long a link is under suspicion that another process has thrown out: two take turns."""

_USUAL_ROOMS: Final = ("conference", "muc", "chat")
"""What servers call the rooms they have themselves."""

_AGAIN: Final = "start the process again, if it is of another version"

_NOT_REACHED: Final = ("remote-server-not-found", "remote-server-timeout")


def examine_secret(config: Config) -> Iterator[Finding]:
    """The secret: there, and nobody else's to read."""
    file = config.component.secret_file or config.server.data / SECRET_FILE
    try:
        read_secret(file)
    except AdminError as error:
        mend = f"{_printing(config)} makes one, or name another file with component.secret_file"
        yield Finding(Grade.FAIL, "secret", str(error).partition(". `")[0], mend)
        return
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        text = f"{file} can be read by other users of this machine"
        yield Finding(Grade.WARN, "secret", text, f"chmod 600 {file}")
    else:
        yield Finding(Grade.OK, "secret", f"{file} is its owner's alone")


def examine_domains(config: Config) -> Iterator[Finding]:
    """The domains: three of them, and such that clients and servers can do with them."""
    server = config.server
    if len({server.domain, *server.services}) < 3:
        names = ", ".join((server.domain, *server.services))
        text = f"accounts, spaces and rooms share a domain: {names}"
        yield Finding(Grade.FAIL, "domains", text, "give each one of its own: --spaces, --rooms")
        return
    doubts = list(_doubts(config))
    yield from doubts
    if not doubts:
        text = f"{server.spaces_domain} and {server.rooms_domain} beside {server.domain}"
        yield Finding(Grade.OK, "domains", text)


def _doubts(config: Config) -> Iterator[Finding]:
    server, at = config.server, components_at(config)
    usual = f"spaces.{server.domain}"
    if server.spaces_domain != usual:
        text = f"Movim looks for spaces at {usual} alone, not at {server.spaces_domain}"
        yield Finding(Grade.WARN, "domains", text, "leave --spaces and server.spaces out")
    outside = [each for each in server.services if not each.endswith(f".{server.domain}")]
    if outside:
        names = ", ".join(outside)
        openfire = at is not None and at.port == PORTS[Host.OPENFIRE]
        text = f"{names} is not below {server.domain}: Openfire takes no such component"
        mend = f"choose domains that end in .{server.domain}, unless the server is another"
        yield Finding(Grade.FAIL if openfire else Grade.WARN, "domains", text, mend)
    if server.rooms_domain in [f"{each}.{server.domain}" for each in _USUAL_ROOMS]:
        text = f"{server.rooms_domain} is what many servers call the rooms they have themselves"
        mend = "take the server's own rooms out of its configuration, or choose another --rooms"
        yield Finding(Grade.WARN, "domains", text, mend)


async def examine_host(config: Config, at: Address) -> Finding:
    """The port of the server: somebody takes connections there."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            _, writer = await asyncio.open_connection(at.host, at.port)
    except (OSError, TimeoutError) as error:
        timed_out = isinstance(error, TimeoutError)
        why = f"no answer within {CONNECT_SECONDS_MAX:g} seconds" if timed_out else explained(error)
        mend = (
            f"start the server and have it take components there ({_printing(config)}),"
            " or say with --at where it does"
        )
        return Finding(Grade.FAIL, "host", f"{at}: {why}", mend)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Finding(Grade.OK, "host", f"{at} takes connections")


def examine_running(
    config: Config, running: Running | None, given: Mapping[str, str]
) -> Iterator[Finding]:
    """Whether it runs, as what is looked at. given: see `examine_component`."""
    if running is None:
        text = "it does not run: nobody reaches its spaces and its rooms"
        command = shlex.join(["folkmoot", "component", *chain.from_iterable(given.items())])
        yield Finding(Grade.WARN, "process", text, f"start it: {command}")
        return
    if running.accounts:
        text = f"process {running.pid} runs there with accounts of its own, as no component"
        mend = "stop `folkmoot serve`, or name another directory with --data"
        yield Finding(Grade.FAIL, "process", text, mend)
        return
    wanted, has = facts(config), facts(running.over(config))
    others = [
        f"{flag} {has[flag]}, not {wanted[flag]}"
        for flag in wanted
        if (flag in given or "--config" in given) and has[flag] != wanted[flag]
    ]
    if others:
        text = f"process {running.pid} runs with {', '.join(others)}"
        yield Finding(Grade.WARN, "process", text, "start it again: it then takes what is new")
    else:
        text = f"process {running.pid} is a component of {running.domain}"
        yield Finding(Grade.OK, "process", text)


def facts(config: Config) -> Mapping[str, str]:
    """What a component is, by the flags that say it."""
    server = config.server
    return {
        "--domain": server.domain,
        "--spaces": server.spaces_domain,
        "--rooms": server.rooms_domain,
        "--at": str(components_at(config)),
    }


def examine_links(config: Config, running: Running, now: float) -> Iterator[Finding]:
    """The links of a component that runs, and what is offered over them. now: in seconds."""
    for each in running.links:
        yield _link(config, each, now)
        if each.dropped:
            text = f"{each.domain}: {each.dropped} stanzas were too many to be held, and are lost"
            yield Finding(Grade.WARN, "link", text, "see why the server was away: its log says")
    used = running.lacking is not None
    yield _offered(tuple(offer for each in running.links for offer in each.offers), used=used)
    if running.lacking:
        mend = "folkmoot component --server … --privileges --delegation says what it has to be told"
        yield Finding(Grade.WARN, "personal", "; ".join(running.lacking), mend)
    elif used:
        yield Finding(Grade.OK, "personal", "accounts have their own nodes here")


def _link(config: Config, link: Link, now: float) -> Finding:
    if link.since is None:
        held = f"; {link.held} stanzas wait for it" if link.held else ""
        text = f"{link.domain} is down: {link.trouble}{held}"
        return Finding(Grade.FAIL, "link", text, _mend(config, link.condition))
    since = datetime.fromtimestamp(link.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
    text = f"{link.domain} is up since {since} ({_span(now - link.since)})"
    if link.times_lost:
        often = "once" if link.times_lost == 1 else f"{link.times_lost} times"
        text += f", lost {often} before; last, {link.trouble}"
    recently = now - link.since < CONFLICT_SECONDS
    if link.times_lost and link.condition == "conflict" and recently:
        return Finding(Grade.WARN, "link", text, _mend(config, link.condition))
    return Finding(Grade.OK, "link", text)


def _span(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} seconds"


def _offered(offers: tuple[Offer, ...], *, used: bool) -> Finding:
    """XEP-0355 and XEP-0356: what there is, for accounts' own nodes alone."""
    if not offers:
        text = "the server grants none and delegates nothing"
        return Finding(Grade.OK, "privileges", text if used else f"{text}; nor is it needed")
    granted = [f"{each.what} {each.how}" for each in offers if each.kind is Kind.PRIVILEGE]
    delegated = [each.what for each in offers if each.kind is Kind.DELEGATION]
    told = [f"grants {', '.join(sorted(set(granted)))}"] if granted else []
    told += [f"delegates {', '.join(sorted(set(delegated)))}"] if delegated else []
    text = f"the server {' and '.join(told)}"
    return Finding(Grade.OK, "privileges", text if used else f"{text}; not used")


async def attempt(settings: LinkSettings) -> OSError | TimeoutError | StreamError | None:
    """Attach as a component and leave at once; gives why the server does not take us, if so."""
    stream = ComponentStream(settings.domain, settings.secret)
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(settings.host, settings.port)
            try:
                return await _attached(stream, reader, writer)
            finally:
                stream.end()
                writer.writelines(stream.frames())
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        return error


async def _attached(
    stream: ComponentStream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> StreamError | None:
    writer.writelines(stream.frames())
    while data := await reader.read(READ_BYTES):
        for event in stream.receive(data):
            match event:
                case Attached():
                    return None
                case Detached(error):
                    return error or _ENDED
        writer.writelines(stream.frames())
    return _ENDED


_ENDED: Final = StreamError("undefined-condition", "it ended the stream")


async def examine_handshakes(config: Config, tell: Tell) -> None:
    """Whether the server would take us, asked of it. Only where nothing of ours is attached:

    under Prosody's `kick_old` a second link throws the first one out.
    """
    for settings in links(config):
        tell(Doing(f"attaches as {settings.domain}"))
        tell(handshake(config, str(settings.domain), await attempt(settings)))


def handshake(
    config: Config, domain: str, error: OSError | TimeoutError | StreamError | None
) -> Finding:
    """What to say of an attempt that ended so."""
    if error is None:
        return Finding(Grade.OK, "link", f"{domain}: the server takes it")
    condition = error.condition if isinstance(error, StreamError) else ""
    text = f"{domain}: {explained(error)}"
    return Finding(Grade.FAIL, "link", text, _mend(config, condition))


def _mend(config: Config, condition: str) -> str:
    match condition:
        case "not-authorized":
            file = config.component.secret_file or config.server.data / SECRET_FILE
            return (
                f"give the server the secret in {file}: {_printing(config)} prints its lines;"
                " ejabberd says the same where it has no lines for this name"
            )
        case "host-unknown":
            return f"{_printing(config)} prints the server's lines: put them in, and restart it"
        case "conflict":
            return "stop the other process, or the server's own service of this name"
    return f"see that the server runs at {components_at(config)}, and what its log says"


def _printing(config: Config) -> str:
    """The command that prints the lines for the server."""
    return (
        f"`folkmoot component --server prosody|ejabberd|openfire --domain {config.server.domain}`"
    )


async def examine_others(server: RemoteAdmin, tell: Tell) -> None:
    """Whether other processes get a part of what is for ours, on servers that let them."""
    tell(Doing("listens to what it says to itself"))
    try:
        answer = await server.ask("link", "others", {})
    except AdminError as error:
        tell(Finding(Grade.FAIL, "link", str(error), _AGAIN))
        return
    for domain in answer["shared"]:
        text = f"{domain}: another process is attached under this name, and gets a part of it"
        mend = "stop that one, here or on another machine, and look for what it has taken in"
        tell(Finding(Grade.FAIL, "link", text, mend))


async def examine_reach(running: Running, server: RemoteAdmin, domain: str, tell: Tell) -> None:
    """Whether a question of ours to another server, with no privilege in it, is answered."""
    tell(Doing(f"asks {domain}"))
    try:
        answer = await server.ask("link", "reach", {"to": domain})
    except AdminError as error:
        tell(Finding(Grade.FAIL, "federation", str(error), _AGAIN))
        return
    if "trouble" in answer:
        mend = (
            "see the server's s2s; on ejabberd, mod_privilege drops such questions"
            " (processone/ejabberd issue 4472): take it out"
        )
        text = f"{running.spaces} asks {domain}: {answer['trouble']}"
        tell(Finding(Grade.FAIL, "federation", text, mend))
    elif answer["condition"] in _NOT_REACHED:
        mend = f"see the server's s2s: does it reach {domain}, and does DNS know {running.spaces}?"
        text = f"{running.spaces} asks {domain}: {answer['condition']}"
        tell(Finding(Grade.FAIL, "federation", text, mend))
    else:
        milliseconds = answer["seconds"] * 1_000
        text = f"{domain} answers {running.spaces} within {milliseconds:.0f} ms"
        tell(Finding(Grade.OK, "federation", text))
