"""Asking a steward for an export, and handing him one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any

from folkmoot.spaces.document import Part, Writer, parts
from folkmoot.spaces.reading import check
from folkmoot.steward import Steward
from tests.stage import Stage


async def exported(stage: Stage, key: str = "moot", **asked: str) -> dict[str, Any]:
    """The document, less when it was written."""
    writer, text = Writer(), ""
    steward = Steward(stage.core.engine, stage.store.abroad)
    async with aclosing(steward.stream("export", {"key": key, **asked}, coming(()))) as answers:
        async for part in answers:
            text += writer.write(json.loads(json.dumps(part)))
    document: dict[str, Any] = json.loads(text + writer.end())
    del document["exported"]
    assert not check(document), check(document).lines()
    return document


async def imported(
    stage: Stage, document: dict[str, Any], given: Iterable[Part] | None = None, **asked: str
) -> list[Any]:
    """The answers to the parts of a document, or to others."""
    given = parts(document) if given is None else given
    steward = Steward(stage.core.engine, stage.store.abroad)
    async with aclosing(steward.stream("import", asked, coming(given))) as answers:
        return [answer async for answer in answers]


async def coming(given: Iterable[Part]) -> AsyncIterator[Part]:
    """Parts as they come over a socket."""
    for part in given:
        yield part
