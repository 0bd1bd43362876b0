"""What a shell completes: keys of spaces and names of templates, where they are quickly known."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer

from folkmoot.admin import AdminError
from folkmoot.cli.asking import reach
from folkmoot.cli.flags import configured
from folkmoot.config import Config, ConfigError
from folkmoot.stores.migrations import CannotOpen

ANSWER_SECONDS: Final = 1.0
"""How long somebody who presses Tab waits at most; then nothing is completed."""


def complete_keys(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The keys that begin so, each with the title of its space."""
    told = _quickly(context, "list")
    found = [(each["key"], each["title"]) for each in told.get("spaces", ())]
    return [each for each in found if each[0].startswith(incomplete)]


def complete_templates(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The templates that begin so, each with who joins."""
    told = _quickly(context, "templates")
    found = [(each["name"], each["access"]) for each in told.get("templates", ())]
    if not told:
        found = [(name, each.access.value) for name, each in _config(context).items()]
    return [each for each in found if each[0].startswith(incomplete)]


def _config(context: typer.Context) -> Mapping[str, Any]:
    try:
        return _configured(context).space_templates
    except (ConfigError, typer.BadParameter):
        return {}


def _configured(context: typer.Context) -> Config:
    file, data = context.params.get("config"), context.params.get("data")
    return configured(Path(file) if file else None, ("--data", "server", "data", data))


def _quickly(context: typer.Context, verb: str) -> Mapping[str, Any]:
    """The answer to a question; nothing where it takes too long, or there is none."""

    async def within() -> Mapping[str, Any]:
        async with asyncio.timeout(ANSWER_SECONDS), reach(_configured(context)) as server:
            return await server.ask("space", verb, {})

    try:
        return asyncio.run(within())
    except (AdminError, CannotOpen, ConfigError, OSError, typer.BadParameter):
        return {}
