"""`folkmoot component --server …`: what it prints, where, and what it refuses."""

import tomllib
from pathlib import Path

import pytest
import yaml

from folkmoot.cli.component_lines import kept_secret
from folkmoot.hosting import Host

from .conftest import Folkmoot

VERONA = ("component", "--domain", "verona.lit")


def test_both_sides_with_where_each_goes(folkmoot: Folkmoot, data: Path) -> None:
    """And on standard error a new secret, and what to do next, in order."""
    done = folkmoot(*VERONA, "--server", "prosody", "--data", data)
    assert done.status == 0
    secret = (data / "component.secret").read_text().strip()
    theirs, ours = done.out.split("==== folkmoot: /etc/folkmoot.toml ====")
    assert theirs.startswith("==== prosody: /etc/prosody/conf.d/folkmoot.cfg.lua ====\n\n-- ")
    assert theirs.count(f'component_secret = "{secret}"') == 2
    assert tomllib.loads(ours)["component"] == {
        "server": "127.0.0.1:5347",
        "secret_file": str(data / "component.secret"),
    }
    first, *steps = done.err.splitlines()
    assert first == f"Made a secret for the link: {data / 'component.secret'}"
    assert steps[0] == "Next:"
    assert [line.split(".")[0].strip() for line in steps[1:]] == [*map(str, range(1, len(steps)))]
    assert "restart prosody" in done.err


def test_a_file_for_each_side(folkmoot: Folkmoot, data: Path) -> None:
    """With the same secret, of which nothing more is said."""
    arguments = (*VERONA, "--server", "ejabberd", "--at", "[::1]:8888", "--data", data)
    folkmoot(*arguments)
    theirs = folkmoot(*arguments, "--only", "host")
    ours = folkmoot(*arguments, "--only", "ours")
    (listener,) = yaml.safe_load(theirs.out)["listen"]
    assert (listener["ip"], listener["port"]) == ("::1", 8888)
    told = tomllib.loads(ours.out)
    assert told["component"]["server"] == "[::1]:8888"
    secret = Path(told["component"]["secret_file"]).read_text().strip()
    assert listener["hosts"] == {
        "spaces.verona.lit": {"password": secret},
        "rooms.verona.lit": {"password": secret},
    }
    assert "Made a secret" not in theirs.err + ours.err
    assert "reload_config" in theirs.err


def test_domains_and_grants(folkmoot: Folkmoot, data: Path) -> None:
    """Only those that are asked for."""
    domains = ("--spaces", "Moot.lit", "--rooms", "halls.lit")
    more = ("--server", "ejabberd", "--only", "host", "--data", data)
    plain = yaml.safe_load(folkmoot(*VERONA, *more, *domains).out)
    assert list(plain["listen"][0]["hosts"]) == ["moot.lit", "halls.lit"]
    assert "modules" not in plain
    some = yaml.safe_load(folkmoot(*VERONA, *more, "--privileges").out)
    assert list(some["modules"]) == ["mod_privilege"]
    all_ = yaml.safe_load(folkmoot(*VERONA, *more, "--privileges", "--delegation").out)
    assert list(all_["modules"]) == ["mod_privilege", "mod_delegation"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--only", "host"), "are about what it prints"),
        (("--privileges",), "are about what it prints"),
        (("--delegation",), "are about what it prints"),
        (("--server", "mongooseim"), "is not one of 'prosody', 'ejabberd', 'openfire'"),
        (("--server", "prosody", "--only", "theirs"), "is not one of 'host', 'ours'"),
        (("--server", "prosody", "--spaces", "a b"), "is not a domain"),
        (("--server", "prosody", "--rooms", "spaces.verona.lit"), "a domain of their own"),
        (("--server", "prosody", "--at", "verona.lit"), "is not HOST:PORT"),
        (("--server", "prosody", "--at", "*:5347"), "nobody can connect to *:5347"),
        (("--server", "prosody", "--at", "127.0.0.1:0"), "nobody can connect to 127.0.0.1:0"),
        (("--server", "prosody", "--delegation"), "needs --privileges"),
        (("--server", "openfire", "--privileges"), "neither privileges"),
        (("--server", "openfire", "--spaces", "moot.lit"), "outside its own domain"),
    ],
)
def test_what_cannot_be_said(
    folkmoot: Folkmoot, data: Path, flags: tuple[str, ...], words: str
) -> None:
    """Status 2, nothing printed for a file, and no secret made."""
    done = folkmoot(*VERONA, *flags, "--data", data)
    assert (done.status, done.out) == (2, "")
    assert words in " ".join(done.err.replace("│", " ").split())
    assert not data.exists()


def test_a_domain_is_needed(folkmoot: Folkmoot, data: Path) -> None:
    """Of the other server's accounts; there is nothing to guess it from."""
    done = folkmoot("component", "--server", "prosody", "--data", data)
    assert (done.status, data.exists()) == (2, False)
    assert "which domain has its accounts?" in done.err


def test_a_file_that_holds_no_secret(folkmoot: Folkmoot, data: Path) -> None:
    """Status 1: it is not written over."""
    data.mkdir()
    (data / "component.secret").touch()
    done = folkmoot(*VERONA, "--server", "prosody", "--data", data)
    assert (done.status, done.out) == (1, "")
    assert f"{data / 'component.secret'} is empty" in done.err


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """For its owner alone, in a directory of the same kind; and it stays the same."""
    file = tmp_path / "data" / "component.secret"
    secret = kept_secret(file)
    assert len(secret) > 40
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert kept_secret(file) == secret
    assert kept_secret(tmp_path / "other") != secret


def test_what_the_file_says_already(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """A file of ours says it all; only what it leaves open has its default."""
    file = tmp_path / "folkmoot.toml"
    (tmp_path / "key").write_text("sycamore\n")
    file.write_text(
        "[server]\ndomain = 'verona.lit'\nrooms = 'halls.lit'\n[component]\nsecret_file = 'key'\n"
    )
    done = folkmoot("component", "--config", file, "--server", "ejabberd", "--only", "host")
    (listener,) = yaml.safe_load(done.out)["listen"]
    assert (listener["port"], listener["hosts"]) == (
        5347,
        {"spaces.verona.lit": {"password": "sycamore"}, "halls.lit": {"password": "sycamore"}},
    )


def test_a_shell_completes_the_servers(folkmoot: Folkmoot, monkeypatch: pytest.MonkeyPatch) -> None:
    """As bash asks for them."""
    monkeypatch.setenv("_FOLKMOOT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "folkmoot component --server ")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert folkmoot().out.split() == [*map(str, Host)]
