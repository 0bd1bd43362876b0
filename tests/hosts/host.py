"""Prosody and ejabberd as a test needs them: on loopback, without privileges, gone when it ends."""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import shutil
import socket
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from folkmoot import hosting
from folkmoot.config import Address
from folkmoot.listeners.certificates import ensure_certificate
from tests.hosts.authority import Authority

DOMAIN: Final = "verona.lit"
ROOMS: Final = f"conference.{DOMAIN}"
SPACES: Final = "spaces.folk.lit"
OUR_ROOMS: Final = "rooms.folk.lit"
SECRET: Final = "sycamore"
PASSWORD: Final = "wherefore"
PEOPLE: Final = ("nurse", "juliet", "romeo", "tybalt", "mercutio", "paris", "me", "new")

START_SECONDS_MAX: Final = 60.0
END_SECONDS_MAX: Final = 10.0

PROSODY_MODULES: Final = Path("/usr/lib/prosody/modules")

PROSODY: Final = """
pidfile = "{dir}/prosody.pid"
data_path = "{dir}/data"
daemonize = false
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
interfaces = {{ "127.0.0.1" }}
use_ipv6 = false
c2s_ports = {{ {clients} }}
ssl = {{ key = "{key}", certificate = "{certificate}" }}
authentication = "internal_plain"
storage = "internal"
modules_enabled = {{
    "disco", "roster", "saslauth", "tls", "ping", "presence", "message", "iq", "offline",
    "dialback", "pep",
}}
{others}
VirtualHost "{domain}"
Component "{rooms}" "muc"
    restrict_room_creation = false
Include "{lines}"
"""

EJABBERD: Final = """
loglevel: warning
hosts: ["{domain}"]
listen:
  - {{port: {clients}, ip: "127.0.0.1", module: ejabberd_c2s, access: all, shaper: none,
     starttls_required: true}}
{others}
certfiles: ["{certificate}", "{key}"]
include_config_file: "{lines}"
s2s_use_starttls: required
auth_method: mnesia
modules:
  mod_caps: {{}}
  mod_disco: {{}}
  mod_muc: {{host: "{rooms}", access_create: all, access_persistent: all}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_pubsub: {{host: "pubsub.{domain}", plugins: [flat, pep]}}
  mod_roster: {{}}
  mod_s2s_dialback: {{}}
"""

PROSODY_FEDERATED: Final = """
s2s_interfaces = {{ "{address}" }}
s2s_ports = {{ 5269 }}
s2s_secure_auth = {secure}
s2s_ssl = {{ cafile = "{certificate}" }}
unbound = {{
    resolvconf = false; hoststxt = "{hosts}"; options = {{ ["local-zone:"] = ". static" }};
}}
dialback_secret = "{secret}"
"""

EJABBERD_FEDERATED: Final = """
  - {{port: 5269, ip: "{address}", module: ejabberd_s2s_in}}
s2s_max_retry_delay: 1
ca_file: "{certificate}"
"""

NO_DNS: Final = '{resolv_conf, "/dev/null"}.\n'
"""What Erlang's own resolver asks (inetrc, ERTS User's Guide): nobody."""

REGISTER: Final = """
ejabberd_config:set_option(shared_key, <<"{secret}">>),
lists:foreach(fun(Name) ->
    _ = ejabberd_auth:try_register(Name, <<"{domain}">>, <<"{password}">>)
end, [{names}]), io:format("accounts are there~n").
"""


@dataclass(frozen=True, slots=True)
class Federation:
    """Where a host takes other servers, and where it looks for them; its dialback secret is SECRET.

    address: of loopback, and nobody else's. hosts: what is at which address, as /etc/hosts says it;
    nobody else is asked. authority: of its certificate and the other's, which it asks for where it
    can; None: each has one of its own making, and dialback is enough.
    """

    address: str
    hosts: str
    authority: Authority | None = None


class Host:
    """A server of another project.

    domain: of its accounts. clients, components: its ports. certificate: its own.
    library: where below /usr/lib there is what it needs besides to federate without DNS.
    alone, federated: what its configuration says of other servers.
    """

    name: hosting.Host
    programs: Sequence[str]
    library: str
    ready: Sequence[str]
    alone: str
    federated: str

    def __init__(self, domain: str = DOMAIN, federation: Federation | None = None) -> None:
        """federation: with other servers; None: it knows no other."""
        self.domain = domain
        self.federation = federation
        self.directory = Path(tempfile.mkdtemp(prefix=f"folkmoot-{self.name}-"))
        self.clients, self.components = _free_ports(2)
        self.attachment = hosting.Attachment(
            domain=domain,
            spaces=SPACES,
            rooms=OUR_ROOMS,
            at=Address("127.0.0.1", self.components),
            secret=SECRET,
        )
        self.certificate = self.directory / "certificate.pem"
        self._process: asyncio.subprocess.Process | None = None
        self._draining: asyncio.Task[None] | None = None
        self.said: list[str] = []

    @classmethod
    def missing(cls) -> list[str]:
        """The programs it needs that are not on PATH."""
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
        return [each for each in cls.programs if shutil.which(each, path=path) is None]

    @classmethod
    def missing_for_personal(cls) -> list[str]:
        """The same for its accounts' own nodes to be ours; its modules among it."""
        return cls.missing()

    @classmethod
    def missing_to_federate(cls) -> list[str]:
        """The same, and the library."""
        found = [] if any(Path("/usr/lib").glob(cls.library)) else [cls.library]
        return cls.missing() + found

    async def start(self) -> None:
        """Run it, until it takes clients and components."""
        key = self.certificate.with_name("key.pem")
        if self.federation is not None and self.federation.authority is not None:
            self.federation.authority.issue(self.certificate, key, self.domain)
        else:
            ensure_certificate(self.certificate, key, self.domain, datetime.now(UTC))
        command, environment = self.prepare()
        as_whom: dict[str, object] = {}
        if os.geteuid() == 0:  # neither runs as root, nor should it
            user = pwd.getpwnam(self.name)
            as_whom = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
            for each in (self.directory, *self.directory.rglob("*")):
                os.chown(each, user.pw_uid, user.pw_gid)
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.directory,
            env={**os.environ, "HOME": str(self.directory), **environment},
            **as_whom,  # type: ignore[arg-type]
        )
        wanted = set(self.ready)
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                while wanted:
                    line = await self._line()
                    assert line, f"{self.name} ended: {self.said}"
                    wanted -= {each for each in wanted if each in line}
        except TimeoutError as error:
            error.add_note(f"{self.name} said no {wanted}, but: {self.said}")
            raise
        self._draining = asyncio.create_task(self._drain())

    async def stop(self) -> None:
        """End it, and leave nothing behind."""
        await self._end()
        shutil.rmtree(self.directory, ignore_errors=True)

    async def __aenter__(self) -> Self:
        """Run it for as long as the block does."""
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def restart(self) -> None:
        """End it and start it again, with what it has kept."""
        await self._end()
        await self.start()

    async def kill(self) -> None:
        """End it with -9."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS_MAX):
                    await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        if self._draining is not None:
            await self._draining

    async def _line(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        self.said.append(line)
        return line

    async def _drain(self) -> None:
        while await self._line():
            pass

    def prepare(self) -> tuple[list[str], dict[str, str]]:
        """Write its files; gives the command to run, and its environment."""
        raise NotImplementedError

    @property
    def hosts(self) -> Path:
        """Where it finds who is at which address."""
        return self.directory / "hosts"

    def filled(self, template: str) -> str:
        """A file of its, which may include the lines that `folkmoot component` prints."""
        others = self.alone
        if self.federation is not None:
            self.hosts.write_text(self.federation.hosts)
            others = self.federated.format(
                address=self.federation.address,
                hosts=self.hosts,
                certificate=self.certificate,
                secure=str(self.federation.authority is not None).lower(),
                secret=SECRET,
            )
        lines = self.directory / "folkmoot.included"
        lines.write_text(hosting.host_lines(self.name, self.attachment))
        return template.format(
            dir=self.directory,
            certificate=self.certificate,
            key=self.certificate.with_name("key.pem"),
            lines=lines,
            clients=self.clients,
            domain=self.domain,
            rooms=f"conference.{self.domain}",
            others=others,
            password=PASSWORD,
            secret=SECRET,
            names=", ".join(f'<<"{name}">>' for name in PEOPLE),
        )


class Prosody(Host):
    """https://prosody.im, from 0.12."""

    name = hosting.Host.PROSODY
    programs = ("prosody",)
    library = "*/lua/5.*/lunbound.so"
    alone = 'modules_disabled = { "s2s" }'
    federated = PROSODY_FEDERATED
    ready = ("Activated service 'c2s'", "Activated service 'component'")

    @classmethod
    def missing_for_personal(cls) -> list[str]:
        """Of the community's modules, in Debian's package prosody-modules."""
        modules = (PROSODY_MODULES / f"mod_{each}" for each in ("delegation", "privilege"))
        return cls.missing() or [str(each) for each in modules if not each.exists()]

    def prepare(self) -> tuple[list[str], dict[str, str]]:
        """The configuration, and an account file for everybody."""
        config = self.directory / "prosody.cfg.lua"
        config.write_text(self.filled(PROSODY))
        accounts = self.directory / "data" / self.domain.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        for name in PEOPLE:
            (accounts / f"{name}.dat").write_text(f'return {{ ["password"] = "{PASSWORD}" }};\n')
        return ["prosody", "-F", "--config", str(config)], {}


class Ejabberd(Host):
    """https://www.ejabberd.im, from 23.01."""

    name = hosting.Host.EJABBERD
    programs = ("ejabberdctl", "erl")
    library = "*/libnss_wrapper.so"
    alone = ""
    federated = EJABBERD_FEDERATED
    ready = ("accounts are there",)

    def prepare(self) -> tuple[list[str], dict[str, str]]:
        """The configuration, and what makes the accounts once it runs."""
        config = self.directory / "ejabberd.yml"
        config.write_text(self.filled(EJABBERD))
        (self.directory / "mnesia").mkdir(exist_ok=True)
        library = max(Path("/usr/lib").glob("*/ejabberd-*/ebin")).parent
        environment = {
            "ERL_LIBS": str(library.parent),
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(self.directory / "ejabberd.log"),
            "ERL_CRASH_DUMP": str(self.directory / "erl_crash.dump"),
        }
        if self.federation is not None:
            inetrc = self.directory / "inetrc"
            inetrc.write_text(NO_DNS)
            environment |= {
                "ERL_INETRC": str(inetrc),
                "LD_PRELOAD": "libnss_wrapper.so",
                "NSS_WRAPPER_HOSTS": str(self.hosts),
            }
        mnesia = f'"{self.directory / "mnesia"}"'
        register = " ".join(self.filled(REGISTER).split())
        command = ["erl", "-noinput", "-mnesia", "dir", mnesia, "-eval"]
        command.append("{ok, _} = application:ensure_all_started(ejabberd), " + register)
        return command, environment


def _free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has at the moment, nor gets before a host has taken them.

    They are below those that the system gives to whoever asks for any (ip_local_port_range).
    """
    sockets: list[socket.socket] = []
    while len(sockets) < count:
        try:
            sockets.append(socket.create_server(("127.0.0.1", random.randint(10_000, 30_000))))
        except OSError:
            continue
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
