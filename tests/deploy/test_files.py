"""deploy/: the unit, the image and the two of them beside Prosody, read by what they are for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import typer
import yaml

from folkmoot.cli import USAGE, app
from folkmoot.config import Config, load

from .conftest import needs

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
UNIT: Final = DEPLOY / "folkmoot@.service"
CONTAINERFILE: Final = DEPLOY / "Containerfile"
INSTANCES: Final = ("serve", "component")
EXPOSURE_MAX: Final = 20
"""The worst `systemd-analyze security` may say of the unit, in tenths: 100 is no confinement."""

MADE: Final = {"folkmoot.cfg.lua", "folkmoot.toml", "certs"}
"""What docs/deploy/containers.md says to put beside compose.yaml."""


def commands() -> dict[str, Any]:
    """What `folkmoot` can be told to do, by name."""
    found: Any = typer.main.get_command(app)
    return dict(found.commands)


def options() -> dict[str, list[str]]:
    """The unit's options, each with its values in order."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's, each with what follows it, continued lines joined."""
    lines = [line for line in CONTAINERFILE.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", "")
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name, rest.strip()) for name, _, rest in pairs]


def said(instruction: str) -> list[str]:
    """What the last image of the Containerfile says in this instruction."""
    found: list[str] = []
    for name, rest in instructions():
        if name == "FROM":
            found = []
        elif name == instruction:
            found.append(rest)
    return found


def compose() -> Any:
    """compose.yaml."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@needs("systemd-analyze")
@pytest.mark.parametrize("instance", INSTANCES)
def test_systemd_takes_the_unit(tmp_path: Path, instance: str) -> None:
    """Without a word, and with a mild verdict; only the program is where it is in this place."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/folkmoot/bin/folkmoot", sys.executable))
    (tmp_path / f"folkmoot@{instance}.service").symlink_to(unit)
    asked = str(tmp_path / f"folkmoot@{instance}.service")
    for arguments in (
        ("verify", "--man=no"),
        ("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager"),
    ):
        done = subprocess.run(
            ["systemd-analyze", *arguments, asked], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert not [line for line in done.stderr.splitlines() if "folkmoot@" in line]


@pytest.mark.parametrize("instance", INSTANCES)
def test_the_unit_runs_what_there_is(instance: str) -> None:
    """An instance is a command that takes --config."""
    (start,) = options()["ExecStart"]
    program, what, *flags = start.split()
    assert (program, what) == ("/opt/folkmoot/bin/folkmoot", "%i")
    known = {flag for each in commands()[instance].params for flag in each.opts}
    assert {flag for flag in flags if flag.startswith("-")} <= known


def test_what_the_unit_says_of_the_program() -> None:
    """Its exit status, and how many files it needs at most without a configuration."""
    found = options()
    assert found["RestartPreventExitStatus"] == [str(USAGE)]
    assert int(found["LimitNOFILE"][0]) > 2 * Config().limits.connections_max
    assert found["Type"] == ["exec"], "it does not tell systemd when it is ready"


def test_the_image_is_not_roots() -> None:
    """By a number, for those who check that it is not 0."""
    assert said("USER") == ["8060:8060"]


def test_the_image_is_made_of_what_is_here() -> None:
    """Bases with a version, and files that exist."""
    for name, rest in instructions():
        words = [word for word in rest.split() if not word.startswith("--")]
        if name == "FROM":
            assert words[0].partition(":")[2] not in ("", "latest")
        if name == "COPY" and "--from=" not in rest:
            assert all((ROOT / each).exists() for each in words[:-1]), rest


def test_the_image_runs_what_there_is() -> None:
    """The server unless it is told otherwise, and a question whose answer says that it lives."""
    assert [json.loads(each) for each in said("ENTRYPOINT")] == [["folkmoot"]]
    (default,) = json.loads(said("CMD")[0])
    assert default in commands()
    program, group, verb = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    assert program == "folkmoot"
    assert verb in commands()[group].commands


def test_the_image_keeps_what_it_is_to_keep() -> None:
    """Its data in the volume, and its doors where it says."""
    config = load(DEPLOY / "container.toml")
    assert [str(config.server.data)] == said("VOLUME")
    doors = (config.listen.tcp, config.listen.tls_direct, config.listen.http)
    assert said("EXPOSE") == [" ".join(str(each.port) for each in doors if each)]
    assert all(each and each.host == "*" for each in doors)


def test_the_services_fit_together() -> None:
    """What they mount is here or made as the page says; what they name is there."""
    found = compose()
    kept: set[str] = set()
    for service in found["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists() or source.removeprefix("./") in MADE
            else:
                kept.add(source)
        assert set(service["networks"]) <= set(found["networks"])
    assert kept == set(found["volumes"])


def test_folkmoot_beside_prosody() -> None:
    """Reached by nobody but Prosody, over a network of their own; and it may do little."""
    found = compose()
    ours = found["services"]["folkmoot"]
    assert "ports" not in ours
    assert ours["networks"] == ["link"]
    assert found["networks"]["link"] == {"internal": True}
    assert (ours["read_only"], ours["cap_drop"]) == (True, ["ALL"])
    assert ours["command"][0] in commands()
    context = (DEPLOY / ours["build"]["context"]).resolve()
    assert context / ours["build"]["dockerfile"] == CONTAINERFILE


@needs("lua5.4")
def test_prosody_includes_the_lines() -> None:
    """At its end, from where compose.yaml mounts them."""
    script = (
        "local function tell(...) print(...) end\n"
        "local found = { VirtualHost = tell, Include = tell }\n"
        "assert(load(io.read('a'), '=prosody', 't', found))()"
    )
    done = subprocess.run(
        ["lua5.4", "-e", script],
        input=(DEPLOY / "prosody.cfg.lua").read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    host, included = done.stdout.split()
    assert host == "example.org"
    mounts = compose()["services"]["prosody"]["volumes"]
    assert f"./folkmoot.cfg.lua:{included}:ro" in mounts
