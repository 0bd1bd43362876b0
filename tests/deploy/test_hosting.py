"""What Prosody, ejabberd, Openfire and we are told of a link, read back in each one's language.

tests/hosts runs Prosody and ejabberd with these very lines.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from folkmoot.config import Address, load
from folkmoot.hosting import (
    PORTS,
    PUBSUB,
    Attachment,
    CannotHost,
    Host,
    host_lines,
    next_steps,
    own_lines,
)

from .conftest import needs

VERONA: Final = Attachment(
    domain="verona.lit",
    spaces="spaces.verona.lit",
    rooms="rooms.verona.lit",
    at=Address("127.0.0.1", 5347),
    secret="sycamore",
)
WITH_ALL: Final = replace(VERONA, privileges=True, delegation=True)

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
"""Nobody's secret, most of them; but whatever a file holds must not become another option."""

LUA: Final = """
local function hex(text)
    return (text:gsub(".", function(one) return ("%02x"):format(one:byte()) end))
end
local function flat(value)
    if type(value) ~= "table" then return tostring(value) end
    local found = {}
    for key, each in pairs(value) do found[#found + 1] = tostring(key) .. "=" .. flat(each) end
    table.sort(found)
    return "{" .. table.concat(found, ",") .. "}"
end
local host = "*"
local environment = { VirtualHost = function(name) host = name end }
environment.Component = environment.VirtualHost
setmetatable(environment, { __newindex = function(_, key, value)
    print(hex(host), key, hex(flat(value)))
end })
assert(load(io.read("a"), "=lines", "t", environment))()
"""
"""Reads a configuration as Prosody does: options are globals, of the host that was named last."""


def by_prosody(attachment: Attachment) -> dict[tuple[str, str], str]:
    """What Prosody understands: each option by its host, `*` for all, and its name."""
    done = subprocess.run(
        ["lua5.4", "-e", LUA],
        input=host_lines(Host.PROSODY, attachment).encode(),
        capture_output=True,
        check=True,
    )
    rows = (line.split("\t") for line in done.stdout.decode().splitlines())
    return {
        (bytes.fromhex(host).decode(), key): bytes.fromhex(value).decode()
        for host, key, value in rows
    }


def by_ejabberd(attachment: Attachment) -> Any:
    """What ejabberd understands."""
    return yaml.safe_load(host_lines(Host.EJABBERD, attachment))


@needs("lua5.4")
def test_what_prosody_is_told() -> None:
    """Two components with one secret, and where they connect; the accounts' host is left alone."""
    assert by_prosody(VERONA) == {
        ("*", "component_ports"): "{1=5347}",
        ("*", "component_interfaces"): "{1=127.0.0.1}",
        ("*", "component_stanza_size_limit"): "524288",
        ("spaces.verona.lit", "component_secret"): "sycamore",
        ("spaces.verona.lit", "component_conflict_resolve"): "kick_old",
        ("rooms.verona.lit", "component_secret"): "sycamore",
        ("rooms.verona.lit", "component_conflict_resolve"): "kick_old",
    }


@needs("lua5.4")
def test_what_prosody_grants() -> None:
    """XEP-0356 and XEP-0355: granted by the accounts' host, and loaded at the component too.

    No more is granted than is used: no queries as users.
    """
    told = by_prosody(WITH_ALL)
    for host in ("verona.lit", "spaces.verona.lit"):
        assert told[host, "modules_enabled"] == "{1=privilege,2=delegation}"
    assert ("rooms.verona.lit", "modules_enabled") not in told
    granted = told["verona.lit", "privileged_entities"]
    delegated = told["verona.lit", "delegations"]
    assert granted == "{spaces.verona.lit={message=outgoing,presence=roster,roster=get}}"
    for namespace in PUBSUB:
        assert f"{namespace}={{jid=spaces.verona.lit}}" in delegated


@needs("lua5.4")
def test_what_prosody_would_not_find_by_itself() -> None:
    """It lists components right below a host, and has to be told of any other."""
    elsewhere = replace(VERONA, spaces="spaces.folk.lit", rooms="rooms.of.verona.lit")
    listed = by_prosody(elsewhere)["verona.lit", "disco_items"]
    assert listed == "{1={1=spaces.folk.lit},2={1=rooms.of.verona.lit}}"


@needs("lua5.4")
@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_prosody_reads_whatever_it_is_told(spaces: str, rooms: str, secret: str) -> None:
    """No secret or domain ends its string, and begins something else."""
    told = by_prosody(replace(WITH_ALL, spaces=f"s{spaces}", rooms=f"r{rooms}", secret=secret))
    for host in (f"s{spaces}", f"r{rooms}"):
        assert told[host, "component_secret"] == secret
    assert {host for host, _ in told} == {"*", "verona.lit", f"s{spaces}", f"r{rooms}"}


def test_what_ejabberd_is_told() -> None:
    """One door for both components, each of which gets what is for it alone."""
    assert by_ejabberd(VERONA) == {
        "listen": [
            {
                "port": 5347,
                "ip": "127.0.0.1",
                "module": "ejabberd_service",
                "access": "all",
                "global_routes": False,
                "max_stanza_size": 524_288,
                "shaper": "none",
                "hosts": {
                    "spaces.verona.lit": {"password": "sycamore"},
                    "rooms.verona.lit": {"password": "sycamore"},
                },
            }
        ]
    }


def test_what_ejabberd_grants() -> None:
    """To the service of spaces alone, and no more than it uses: no queries as users."""
    told = by_ejabberd(WITH_ALL)
    assert told["acl"] == {"folkmoot": {"server": "spaces.verona.lit"}}
    assert told["access_rules"] == {"folkmoot": {"allow": "folkmoot"}}
    assert told["modules"] == {
        "mod_privilege": {
            "roster": {"get": "folkmoot"},
            "presence": {"roster": "folkmoot"},
            "message": {"outgoing": "folkmoot"},
        },
        "mod_delegation": {"namespaces": {each: {"access": "folkmoot"} for each in PUBSUB}},
    }


def test_what_ejabberd_would_not_find_by_itself() -> None:
    """A module cannot be told of twice, so this is for the administrator to put in."""
    elsewhere = replace(VERONA, spaces="spaces.folk.lit")
    assert 'extra_domains: ["spaces.folk.lit"]' in host_lines(Host.EJABBERD, elsewhere)
    assert "modules" not in by_ejabberd(elsewhere)


@given(TEXTS, TEXTS, TEXTS)
def test_ejabberd_reads_whatever_it_is_told(spaces: str, rooms: str, secret: str) -> None:
    """As with Prosody."""
    told = by_ejabberd(replace(WITH_ALL, spaces=f"s{spaces}", rooms=f"r{rooms}", secret=secret))
    (listener,) = told["listen"]
    passwords = {f"s{spaces}": {"password": secret}, f"r{rooms}": {"password": secret}}
    assert listener["hosts"] == passwords
    assert told["acl"] == {"folkmoot": {"server": f"s{spaces}"}}


@pytest.mark.parametrize(
    ("at", "prosody", "ejabberd"),
    [
        ("localhost:5347", "127.0.0.1", "127.0.0.1"),
        ("[::1]:5347", "::1", "::1"),
        ("192.0.2.7:5347", "192.0.2.7", "192.0.2.7"),
        ("prosody:5347", "*", "0.0.0.0"),
    ],
)
def test_where_the_host_listens(at: str, prosody: str, ejabberd: str) -> None:
    """Where we reach it; on all its addresses where a name does not say which."""
    attachment = replace(VERONA, at=Address.parse(at))
    assert f'component_interfaces = {{ "{prosody}" }}' in host_lines(Host.PROSODY, attachment)
    assert by_ejabberd(attachment)["listen"][0]["ip"] == ejabberd


def test_what_is_done_in_openfire() -> None:
    """Its console takes subdomains, and its properties the port."""
    told = host_lines(Host.OPENFIRE, replace(VERONA, at=Address("127.0.0.1", 5275)))
    properties = dict(
        line.split(" = ") for line in told.splitlines() if line and not line.startswith("#")
    )
    assert properties == {
        "xmpp.component.socket.active": "true",
        "xmpp.component.socket.port": "5275",
        "xmpp.component.permission": "whitelist",
    }
    steps = [line.lstrip("# ") for line in told.splitlines()]
    assert {"spaces", "rooms", "sycamore"} <= set(steps)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"privileges": True}, "neither privileges"),
        ({"delegation": True}, "nor delegation"),
        ({"rooms": "rooms.folk.lit"}, "outside its own domain verona.lit: rooms.folk.lit"),
        ({"secret": "syca\tmore"}, "nobody can type this secret"),
    ],
)
def test_what_openfire_cannot_do(change: dict[str, Any], words: str) -> None:
    """It says so, instead of printing what would not work."""
    with pytest.raises(CannotHost, match=words):
        host_lines(Host.OPENFIRE, replace(VERONA, **change))


@pytest.mark.parametrize("host", Host)
def test_one_domain_for_two_things(host: Host) -> None:
    """The server could not tell them apart."""
    for wrong in (replace(VERONA, rooms=VERONA.spaces), replace(VERONA, spaces=VERONA.domain)):
        with pytest.raises(CannotHost, match="a domain of their own"):
            host_lines(host, wrong)


@pytest.mark.parametrize("host", Host)
def test_what_to_do_next(host: Host) -> None:
    """The host first, then us, then whether it works."""
    *_, ours, run, check = next_steps(host)
    assert "Folkmoot's lines" in ours
    assert (run.split()[:2], check.split()[:2]) == (
        ["folkmoot", "component"],
        ["folkmoot", "check"],
    )
    assert PORTS[host]


def test_what_we_are_told(tmp_path: Path) -> None:
    """A file that is read without a complaint, and leads to the same server."""
    file, data = tmp_path / "folkmoot.toml", tmp_path / 'the "data"'
    file.write_text(own_lines(VERONA, data, data / "component.secret"))
    config = load(file)
    assert (config.server.domain, config.server.data) == ("verona.lit", data)
    assert (*config.server.services, config.server.accounts) == (*VERONA.ours, False)
    assert config.component.server == VERONA.at
    assert config.component.secret_file == data / "component.secret"
    assert not config.component.personal
    file.write_text(own_lines(WITH_ALL, data, data / "component.secret"))
    assert load(file).component.personal


def test_domains_of_our_own_choice(tmp_path: Path) -> None:
    """Said where they are not the usual ones."""
    file = tmp_path / "folkmoot.toml"
    chosen = replace(VERONA, spaces="moot.lit", rooms="halls.lit")
    file.write_text(own_lines(chosen, tmp_path, tmp_path / "component.secret"))
    assert load(file).server.services == ["moot.lit", "halls.lit"]
