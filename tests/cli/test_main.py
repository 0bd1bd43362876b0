"""The command line as a whole: help that teaches, its status, and a server's first words."""

from pathlib import Path

import pytest

from folkmoot.cli.serve import greeting
from folkmoot.config import Address, Config, override
from folkmoot.lock import Holder
from folkmoot.version import VERSION

from .conftest import Folkmoot

COMMANDS = [
    (),
    ("serve",),
    ("check",),
    ("component",),
    ("config",),
    ("user", "add"),
    ("user", "passwd"),
    ("user", "delete"),
    ("user", "list"),
    ("space", "create"),
    ("space", "add"),
    ("space", "remove"),
    ("space", "member"),
    ("space", "templates"),
    ("space", "export"),
    ("space", "import"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_examples(folkmoot: Folkmoot, command: tuple[str, ...]) -> None:
    """Each on a line of its own, as it is typed."""
    done = folkmoot(*command, "--help")
    assert done.status == 0
    _, _, examples = done.out.partition("Examples:\n")
    assert examples.splitlines()[0].strip().startswith(" ".join(["folkmoot", *command]))


def test_the_version(folkmoot: Folkmoot) -> None:
    """The installed one."""
    assert folkmoot("--version") == (0, f"folkmoot {VERSION}\n", "")


def test_completion_for_a_shell(folkmoot: Folkmoot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script that a shell reads; whether a shell started the tests is not looked at."""
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = folkmoot("--show-completion", "bash")
    assert done.status == 0
    assert "_FOLKMOOT_COMPLETE" in done.out


def test_the_configuration_is_printed(folkmoot: Folkmoot, tmp_path: Path) -> None:
    """As a file that `check` finds nothing wrong with."""
    file = tmp_path / "folkmoot.toml"
    file.write_text(folkmoot("config").out)
    assert f"ok    config       {file}" in folkmoot("check", "--config", file).out


@pytest.mark.parametrize("command", ["serve", "user"])
def test_a_wrong_file_is_told_without_a_traceback(
    folkmoot: Folkmoot, tmp_path: Path, command: str
) -> None:
    """Status 2, as for a wrong flag."""
    file = tmp_path / "folkmoot.toml"
    file.write_text("\n[log]\nlevle = 'info'\n")
    arguments = ("serve",) if command == "serve" else ("user", "list")
    done = folkmoot(*arguments, "--config", file)
    assert done.status == 2
    assert done.err == f"folkmoot: {file}:3: [log] has no key 'levle'; did you mean 'level'?\n"


def test_the_environment_names_a_file(
    folkmoot: Folkmoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a container does."""
    monkeypatch.setenv("FOLKMOOT_CONFIG", str(tmp_path / "none.toml"))
    done = folkmoot("user", "list")
    assert done.status == 2
    assert "none.toml: cannot be read" in done.err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--tcp", "here"), "'tcp' must be HOST:PORT"),
        (("--tls-direct", "*:65536"), "above 65535"),
        (("--domain", "a b"), "is not a domain"),
        (("--log", "xml"), "'format' must be 'text' or 'json'"),
        (("--ephemeral", "--data", "d"), "choose one of --ephemeral and --data"),
        (("--nonsense",), "No such option"),
    ],
)
def test_a_wrong_flag_is_told(folkmoot: Folkmoot, flags: tuple[str, ...], words: str) -> None:
    """Status 2, and what to write instead."""
    done = folkmoot("serve", *flags)
    assert done.status == 2
    assert words in done.err


def test_a_server_says_how_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command to make an account, and where a client connects."""
    monkeypatch.setattr("sys.argv", [".venv/bin/folkmoot", "serve"])
    config = override(Config(), "server", "data", "/srv/a b")
    listening = {"tcp": Address("*", 5222), "http": Address("::1", 5280)}
    words = greeting(config, Holder(7, domain="localhost", listening=listening))
    assert ".venv/bin/folkmoot user add juliet@localhost --data '/srv/a b'" in words
    assert "server 127.0.0.1, port 5222, STARTTLS" in words
    assert "ws://[::1]:5280/xmpp-websocket" in words
    assert "direct TLS" not in words
    assert "self-signed" in words
