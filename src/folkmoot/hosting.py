"""What a server that takes us for its component (XEP-0114 1.6) has to be told, in its own words.

Prosody 0.12 and 13, ejabberd 23.01 to 26, Openfire. Each text is a whole file of that server's
language, or what to do in its console; `own_lines` is what our file says of the same link.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Final

from folkmoot.config import Address
from folkmoot.config.options import Server
from folkmoot.config.values import quoted

STANZA_BYTES_MAX: Final = 524_288
"""The largest stanza a host should take from us, which is Prosody's default. Ours stay below."""

PUBSUB: Final = ("http://jabber.org/protocol/pubsub", "http://jabber.org/protocol/pubsub#owner")
"""What is delegated of accounts (XEP-0355): their nodes."""

DISCO_OF_ACCOUNTS: Final = tuple(
    f"urn:xmpp:delegation:2:bare:disco#{each}:*" for each in ("info", "items")
)
"""Prosody's words for what clients discover at an account, its nodes among it (XEP-0355 §7)."""


class Host(StrEnum):
    """A server that takes components, by the name of its program."""

    PROSODY = "prosody"
    EJABBERD = "ejabberd"
    OPENFIRE = "openfire"


PORTS: Final[Mapping[Host, int]] = MappingProxyType(
    {Host.PROSODY: 5347, Host.EJABBERD: 5347, Host.OPENFIRE: 5275}
)
"""Where each takes components, unless it is told otherwise."""

FILES: Final[Mapping[Host, str]] = MappingProxyType(
    {
        Host.PROSODY: "/etc/prosody/conf.d/folkmoot.cfg.lua",
        Host.EJABBERD: "/etc/ejabberd/folkmoot.yml",
        Host.OPENFIRE: "its admin console",
    }
)
"""Where what it is told belongs, on a Debian system."""


class CannotHost(ValueError):
    """A server cannot do what is wanted of it; the text says what and why."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """How we are attached to a server.

    domain: of its accounts. spaces, rooms: ours. at: where we reach it. privileges: whether it is
    to grant XEP-0356, delegation: XEP-0355, of its accounts' own nodes.
    """

    domain: str
    spaces: str
    rooms: str
    at: Address
    secret: str = field(repr=False)
    privileges: bool = False
    delegation: bool = False

    @property
    def ours(self) -> tuple[str, str]:
        """Both domains, each with a stream of its own."""
        return (self.spaces, self.rooms)

    @property
    def outside(self) -> tuple[str, ...]:
        """Those of them that are not below the domain of the accounts."""
        return tuple(each for each in self.ours if not each.endswith(f".{self.domain}"))


def host_lines(host: Host, attachment: Attachment) -> str:
    """What the server has to be told, as a file of its own. Raises CannotHost."""
    if len({attachment.domain, *attachment.ours}) < 3:
        raise CannotHost("accounts, spaces and rooms each need a domain of their own")
    return "\n".join((*_WORDINGS[host](attachment), ""))


def own_lines(attachment: Attachment, data: Path, secret_file: Path) -> str:
    """What our configuration says of it, as TOML."""
    usual = Server(domain=attachment.domain)
    found = ["[server]", f"domain = {quoted(attachment.domain)}"]
    if attachment.spaces != usual.spaces_domain:
        found.append(f"spaces = {quoted(attachment.spaces)}")
    if attachment.rooms != usual.rooms_domain:
        found.append(f"rooms = {quoted(attachment.rooms)}")
    found += ["accounts = false", f"data = {quoted(data)}", ""]
    found += ["[component]", f"server = {quoted(attachment.at)}"]
    found.append(f"secret_file = {quoted(secret_file)}")
    if attachment.delegation:
        found.append("personal = true")
    found.append("")
    return "\n".join(found)


def lua(text: str) -> str:
    """A text as a string of Lua (5.1 to 5.4, §3.1): what is not printable by its bytes."""
    return f'"{"".join(map(_lua_character, text))}"'


def _lua_character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if one.isprintable() else "".join(f"\\{byte:03}" for byte in one.encode())


def yaml(text: str) -> str:
    """A text as a double-quoted string of YAML (1.1 and 1.2, §5.7)."""
    return f'"{"".join(map(_yaml_character, text))}"'


def _yaml_character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    return one if one.isprintable() else f"\\U{ord(one):08x}"


def _interface(at: Address) -> str:
    """The one address the host has to listen on; empty where a name does not say which."""
    if at.host == "localhost":
        return "127.0.0.1"
    try:
        return str(ip_address(at.host))
    except ValueError:
        return ""


_IN_CLEAR: Final = "not encrypted: trust the network"


def _prosody(attachment: Attachment) -> Iterator[str]:
    yield "-- Folkmoot as a component of Prosody. This can be a file of its own, which"
    yield "-- prosody.cfg.lua includes at its end; or its parts go where each says."
    yield ""
    yield "-- Into the global section, above every VirtualHost and Component:"
    yield f"component_ports = {{ {attachment.at.port} }}"
    yield f"component_interfaces = {{ {lua(_interface(attachment.at) or '*')} }} -- {_IN_CLEAR}"
    yield f"component_stanza_size_limit = {STANZA_BYTES_MAX} -- bytes; the default, and enough"
    yield ""
    yield from _prosody_accounts(attachment)
    yield "-- At the very end:"
    modules = list(_prosody_modules(attachment))
    for domain in attachment.ours:
        yield f"Component {lua(domain)}"
        yield f"    component_secret = {lua(attachment.secret)}"
        yield '    component_conflict_resolve = "kick_old" -- a link that broke unnoticed gives way'
        if domain == attachment.spaces and modules:
            yield f"    modules_enabled = {{ {', '.join(map(lua, modules))} }}"
        yield ""


def _prosody_modules(attachment: Attachment) -> Iterator[str]:
    if attachment.privileges:
        yield "privilege"
    if attachment.delegation:
        yield "delegation"


def _prosody_accounts(attachment: Attachment) -> Iterator[str]:
    """What the host of the accounts has to know; nothing where all goes by itself."""
    modules = list(_prosody_modules(attachment))
    # It lists by itself what is right below the host, and nothing deeper or elsewhere.
    unlisted = [each for each in attachment.ours if each.partition(".")[2] != attachment.domain]
    if not modules and not unlisted:
        return
    spaces = lua(attachment.spaces)
    yield "-- To the host of the accounts:"
    yield f"VirtualHost {lua(attachment.domain)}"
    if unlisted:
        yield "    -- Beside what it lists already; clients look here for spaces and rooms."
        items = ", ".join(f"{{ {lua(each)} }}" for each in unlisted)
        yield f"    disco_items = {{ {items} }}"
    if modules:
        yield "    -- From prosody-modules. If this host has a list of its own, add them to that."
        yield f"    modules_enabled = {{ {', '.join(map(lua, modules))} }}"
    if attachment.privileges:
        yield "    privileged_entities = {"
        yield f"        [{spaces}] = {{"
        yield '            roster = "get"; message = "outgoing"; presence = "roster";'
        yield "        };"
        yield "    }"
    if attachment.delegation:
        yield "    -- Accounts' own nodes are then Folkmoot's: take pep out of this host's modules."
        yield "    delegations = {"
        for each in (*PUBSUB, *DISCO_OF_ACCOUNTS):
            yield f"        [{lua(each)}] = {{ jid = {spaces} }};"
        yield "    }"
    yield ""


def _ejabberd(attachment: Attachment) -> Iterator[str]:
    yield "# Folkmoot as a component of ejabberd. This can be a file of its own, named in"
    yield "# ejabberd.yml by include_config_file; or each part goes under the same key there."
    yield ""
    yield "listen:"
    yield "  -"
    yield f"    port: {attachment.at.port}"
    yield f"    ip: {yaml(_interface(attachment.at) or '0.0.0.0')} # {_IN_CLEAR}"
    yield "    module: ejabberd_service"
    yield "    access: all"
    yield "    global_routes: false # or each link would get what is for the other as well"
    yield f"    max_stanza_size: {STANZA_BYTES_MAX} # bytes"
    yield "    shaper: none"
    yield "    hosts:"
    for domain in attachment.ours:
        yield f"      {yaml(domain)}:"
        yield f"        password: {yaml(attachment.secret)}"
    if attachment.outside:
        yield ""
        yield "# Clients look at the server for spaces and rooms. Into mod_disco, under modules:"
        yield f"#     extra_domains: [{', '.join(map(yaml, attachment.outside))}]"
    if attachment.privileges or attachment.delegation:
        yield from _ejabberd_access(attachment)


def _ejabberd_access(attachment: Attachment) -> Iterator[str]:
    yield ""
    yield "acl:"
    yield "  folkmoot:"
    yield f"    server: {yaml(attachment.spaces)}"
    yield ""
    yield "access_rules:"
    yield "  folkmoot:"
    yield "    allow: folkmoot"
    yield ""
    yield "modules:"
    if attachment.privileges:
        yield "  # Other queries to accounts may then be dropped unanswered: ejabberd #4472."
        yield "  mod_privilege:"
        yield "    roster:"
        yield "      get: folkmoot"
        yield "    presence:"
        yield "      roster: folkmoot"
        yield "    message:"
        yield "      outgoing: folkmoot"
    if attachment.delegation:
        yield "  # Accounts' own nodes are then Folkmoot's: take mod_pubsub out."
        yield "  mod_delegation:"
        yield "    namespaces:"
        for each in PUBSUB:
            yield f"      {yaml(each)}:"
            yield "        access: folkmoot"


def _openfire(attachment: Attachment) -> Iterator[str]:
    if attachment.privileges or attachment.delegation:
        raise CannotHost("Openfire has neither privileges (XEP-0356) nor delegation (XEP-0355)")
    if outside := ", ".join(attachment.outside):
        raise CannotHost(
            f"Openfire takes no component outside its own domain {attachment.domain}: {outside}"
        )
    if not attachment.secret.isprintable():
        raise CannotHost("nobody can type this secret into Openfire's console: make another")
    yield "# Folkmoot as a component of Openfire, in its admin console."
    yield "#"
    yield "# 1. Server, Server Settings, External Components: enable the service."
    yield "# 2. There, let only allowed components connect, and allow these two, by subdomain:"
    for domain in attachment.ours:
        yield f"#        {domain.removesuffix(f'.{attachment.domain}')}"
    yield "#    each with the shared secret"
    yield f"#        {attachment.secret}"
    yield "# 3. Server, Server Manager, System Properties then has:"
    yield ""
    yield "xmpp.component.socket.active = true"
    yield f"xmpp.component.socket.port = {attachment.at.port}"
    yield "xmpp.component.permission = whitelist"
    yield ""
    yield "# The port is open on every address, and what passes is not encrypted: fence it off."
    yield "# Openfire grants no privileges (XEP-0356) and delegates nothing (XEP-0355): spaces and"
    yield "# rooms work, accounts' own nodes stay with it."


_WORDINGS: Final[Mapping[Host, Callable[[Attachment], Iterator[str]]]] = {
    Host.PROSODY: _prosody,
    Host.EJABBERD: _ejabberd,
    Host.OPENFIRE: _openfire,
}


def next_steps(host: Host) -> tuple[str, ...]:
    """What is to be done with the lines, in order."""
    return (
        *_STEPS[host],
        "Put Folkmoot's lines into /etc/folkmoot.toml.",
        "folkmoot component --config /etc/folkmoot.toml",
        "folkmoot check --config /etc/folkmoot.toml",
    )


_STEPS: Final[Mapping[Host, tuple[str, ...]]] = {
    Host.PROSODY: (
        f"Put Prosody's lines into {FILES[Host.PROSODY]}, for Prosody alone to read:"
        " chgrp prosody, chmod 640.",
        "prosodyctl check config",
        "systemctl restart prosody (a reload does not bring up new components)",
    ),
    Host.EJABBERD: (
        f"Put ejabberd's lines into {FILES[Host.EJABBERD]}, for ejabberd alone to read:"
        " chgrp ejabberd, chmod 640.",
        f"Put into ejabberd.yml: include_config_file: {FILES[Host.EJABBERD]}",
        "ejabberdctl reload_config",
    ),
    Host.OPENFIRE: ("Do in Openfire's console what its lines say.",),
}
