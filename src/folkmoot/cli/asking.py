"""Asking about spaces: the running server, or its data directory while none runs."""

from collections.abc import Mapping
from typing import Any

from folkmoot.cli.reach import ask_server
from folkmoot.config import Config
from folkmoot.control import Answering


def ask(config: Config, verb: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
    """What the steward of the running server says, or one for the data directory."""
    return ask_server(config, "space", _steward, verb, arguments)


def _steward(engine: Any, store: Any) -> Answering:
    # It brings in everything; asking a server that runs need not wait for it.
    from folkmoot.steward import Steward

    return Steward(engine, store.abroad)
