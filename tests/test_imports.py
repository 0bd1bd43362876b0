"""The house stands: imports point only down, and parts of floor 2 do not import one another."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = "folkmoot"

FLOORS: dict[str, int] = {
    "version": 0,
    "eager": 0,
    "xmpp": 0,
    "engine": 1,
    "stores": 2,
    "facades": 2,
    "streams": 2,
    "sessions": 3,
    "asking": 3,
    "behalf": 3,
    "echo": 3,
    "elsewhere": 3,
    "lanes": 3,
    "links": 3,
    "rollcall": 3,
    "capabilities": 3,
    "router": 3,
    "routes": 3,
    "listeners": 4,
    "abroad": 4,
    "config": 5,
    "log": 5,
    "lock": 5,
    "admin": 5,
    "control": 5,
    "porter": 5,
    "postmaster": 5,
    "steward": 5,
    "spaces": 5,
    "check": 5,
    "hosting": 5,
    "served": 5,
    "core": 5,
    "server": 5,
    "settings": 5,
    "client": 5,
    "demo": 5,
    "cli": 5,
    "__main__": 5,
}
"""Each part of the package, by its name below `folkmoot`, and the floor it stands on."""
PARTED = 2
"""The floor whose parts do not know one another."""
ONLY = {
    "streams": {"xmpp"},
    "listeners": {"sessions", "router", "streams", "xmpp"},
    "client": set[str](),
}
"""Parts that may import less than everything below."""
FOR = {"client": {"demo", "cli", "check"}}
"""Parts that are not for all above: no server needs slixmpp."""


def part_of(module: str) -> str:
    """`folkmoot.engine.model` is of part `engine`; the package itself is of none."""
    return module.split(".")[1] if "." in module else ""


@functools.cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module by its dotted name, a package's `__init__` by the package's, and its tree."""
    return tuple(
        (dotted(path), ast.parse(path.read_text("utf-8")))
        for path in sorted((SOURCE / PACKAGE).rglob("*.py"))
    )


def dotted(path: Path) -> str:
    """The name of the module in a file."""
    names = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def imported(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The modules of ours that a module imports, anywhere in it, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: say the whole name, no dots"
            # `from folkmoot import engine` names a part only with what follows.
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == PACKAGE)


def faults(module: str, tree: ast.Module) -> Iterator[str]:
    """What is wrong with a module's imports, in words."""
    here = part_of(module)
    if here and here not in FLOORS:
        yield f"{module} has no floor: give it one in tests/test_imports.py"
        return
    for line, name in imported(module, tree):
        there = part_of(name)
        arrow = f"{module}:{line} imports {name}"
        if there == here:
            continue
        if there not in FLOORS:
            yield f"{arrow}, which has no floor"
        elif not here or FLOORS[there] > FLOORS[here]:
            yield f"{arrow}, which is above it"
        elif FLOORS[there] == FLOORS[here] == PARTED:
            yield f"{arrow}, which is beside it"
        elif here in ONLY and there not in ONLY[here]:
            yield f"{arrow}, which is not among {sorted(ONLY[here])}"
        elif here not in FOR.get(there, {here}):
            yield f"{arrow}, which is for {sorted(FOR[there])}"


def test_imports_point_only_down() -> None:
    """docs/architecture.md, "The floors"."""
    found = [fault for module, tree in modules() for fault in faults(module, tree)]
    assert not found, "\n".join(found)


def test_no_server_needs_slixmpp() -> None:
    """It is in the extra `client`, for those who bring it (docs/client.md)."""
    allowed = {"client", *FOR["client"]}
    needing = {
        part_of(module)
        for module, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and "slixmpp" in ast.unparse(node)
    }
    assert needing <= allowed


@pytest.mark.parametrize(
    ("module", "line", "words"),
    [
        ("folkmoot.engine.engine", "from folkmoot.facades.muc import room", "above"),
        ("folkmoot.engine.engine", "import folkmoot.router", "above"),
        ("folkmoot.facades.pep", "from folkmoot.stores import sqlite", "beside"),
        ("folkmoot.streams.sasl", "from folkmoot.engine.model import Node", "not among"),
        ("folkmoot.listeners.tcp", "from folkmoot import engine", "not among"),
        ("folkmoot.attic.ghosts", "import folkmoot.xmpp.jid", "no floor"),
        ("folkmoot.xmpp.jid", "from folkmoot.attic import ghosts", "no floor"),
        ("folkmoot", "import folkmoot.cli", "above"),
        ("folkmoot.server", "from folkmoot.client import connected", "is for"),
        ("folkmoot.client.rooms", "from folkmoot.xmpp.jid import JID", "not among"),
    ],
)
def test_an_arrow_that_points_elsewhere_is_found(module: str, line: str, words: str) -> None:
    """The test above can fail, also for an import inside a function."""
    (fault,) = faults(module, ast.parse(f"def later():\n    {line}"))
    assert words in fault


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("folkmoot.facades.muc.occupant", "from folkmoot.facades.facade import Request"),
        ("folkmoot.router", "from folkmoot.sessions import Sessions"),
        ("folkmoot.server", "from folkmoot.listeners import tcp"),
        ("folkmoot.xmpp.jid", "import functools"),
    ],
)
def test_an_arrow_that_points_down_is_not(module: str, line: str) -> None:
    """Down, within a part, beside on the other floors, and outside are all right."""
    assert not list(faults(module, ast.parse(line)))
