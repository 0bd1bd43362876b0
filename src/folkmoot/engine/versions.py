"""Versions of a room's affiliations, those handed down among them: XEP-0463 0.2.0.

A version names the nodes that standing comes from and how often it changed on each. So a change in
a space is a change in all its rooms, and none of them has to be written for it. Which nodes there
are, and what each takes from the next, is a part of the version: where that changes, a version
that was known is known no longer.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from folkmoot.engine.model import NodeId
from folkmoot.engine.record import STANDINGS_MAX, Node
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

_PRINT_CHARS: Final = 12
_COUNT_CHARS_MAX: Final = 18


def version(view: View, node: NodeId, at: int | None = None) -> str:
    """The version of a node's affiliations; at: by that many changes on the node itself."""
    records = [view.found(each) for each in view.chain(node)]
    counts = [each.version for each in records]
    if at is not None:
        counts[0] = at
    return ".".join((_fingerprint(records), *map(str, counts)))


def _fingerprint(records: list[Node]) -> str:
    rules = [
        (str(each.id), each.created, each.config.inherit.value, each.config.type)
        for each in records
    ]
    return sha256(repr(rules).encode()).hexdigest()[:_PRINT_CHARS]


def changed_since(view: View, node: NodeId, known: str) -> frozenset[JID] | None:
    """Whose standing may have changed since a version; None where the version says nothing."""
    records = [view.found(each) for each in view.chain(node)]
    fingerprint, *texts = known.split(".")
    if fingerprint != _fingerprint(records) or len(texts) != len(records):
        return None
    found: set[JID] = set()
    for record, text in zip(records, texts, strict=True):
        if not (text.isascii() and text.isdigit() and len(text) <= _COUNT_CHARS_MAX):
            return None
        count = int(text)
        if not _floor(record) <= count <= record.version:
            return None
        for jid, number in reversed(record.standings.items()):
            if number <= count:
                break
            found.add(jid)
    return frozenset(found)


def _floor(record: Node) -> int:
    """The oldest version after which every change is still known."""
    oldest = next(iter(record.standings.values()), 0)
    return oldest - 1 if len(record.standings) >= STANDINGS_MAX else 0
