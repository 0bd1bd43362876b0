"""Versions of a room's affiliations, those handed down among them: XEP-0463 0.2.0.

A version names the nodes that standing comes from and how often it changed on each. So a change in
a space is a change in all its rooms, and none of them has to be written for it. Which nodes there
are, and what each takes from the next, is a part of the version: where that changes, a version
that was known is known no longer.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final, Literal

from folkmoot.engine import access
from folkmoot.engine.access import Standing
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.notifications import Step
from folkmoot.engine.record import Node
from folkmoot.engine.standings import STANDINGS_MAX, Change, Was
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID

_PRINT_CHARS: Final = 12
_COUNT_CHARS_MAX: Final = 18


def version(view: View, node: NodeId, at: Change | None = None) -> str:
    """The version of a node's affiliations; at: right after this change, of it or a node above."""
    records = [view.found(each) for each in view.chain(node)]
    return _said(_fingerprint(records), records, at)


def step(view: View, node: NodeId, change: Change) -> Step:
    """From the version before a change to the one after it (§5.2.2)."""
    records = [view.found(each) for each in view.chain(node)]
    fingerprint, before = _fingerprint(records), change._replace(number=change.number - 1)
    return Step(_said(fingerprint, records, before), _said(fingerprint, records, change))


def _said(fingerprint: str, records: list[Node], at: Change | None) -> str:
    counts = (each.version if at is None or each.id != at.node else at.number for each in records)
    return ".".join((fingerprint, *map(str, counts)))


def _fingerprint(records: list[Node]) -> str:
    rules = [
        (str(each.id), each.created, each.config.inherit.value, each.config.type)
        for each in records
    ]
    return sha256(repr(rules).encode()).hexdigest()[:_PRINT_CHARS]


class Past:
    """A room's affiliations at a version that is known still."""

    def __init__(self, view: View, node: NodeId, counts: list[int]) -> None:
        self._view = view
        self._records = [view.found(each) for each in view.chain(node)]
        self._counts = counts

    def changed(self) -> frozenset[JID] | None:
        """Whose standing may have changed since; None where that of a whole server has."""
        found: set[JID] = set()
        for record, count in zip(self._records, self._counts, strict=True):
            for jid, moved in reversed(record.standings.items()):
                if moved.number <= count:
                    break
                found.add(jid)
        return frozenset(found) if all(jid.local for jid in found) else None

    def affiliation(self, jid: JID) -> Affiliation | None:
        """What an entity was then; None where that is forgotten."""
        found = zip(self._records, self._counts, strict=True)
        chain = [self._standing(record, count, jid) for record, count in found]
        known = [standing for standing in chain if standing is not None]
        return access.affiliation(known) if len(known) == len(chain) else None

    def _standing(self, record: Node, count: int, jid: JID) -> Standing | None:
        now, server = self._view.standing(record.id, jid), JID.parse(jid.domain)
        own, its = (_was(record, count, each) for each in (jid.bare, server))
        if own is None or its is None:
            return None
        row = own.row if own else now.explicit
        ban = its.row if its else self._view.explicit(record.id, server)
        return replace(
            now,
            explicit=row,
            admitted=own.admitted if own else now.admitted,
            shunned=row is None and ban is Affiliation.OUTCAST and bool(jid.local),
        )


def _was(record: Node, count: int, jid: JID) -> Was | Literal[False] | None:
    """What an entity was on a node at a number; False: what it is; None where it is forgotten."""
    moved = record.standings.get(jid)
    return False if moved is None or moved.number <= count else moved.at(count)


def past(view: View, node: NodeId, known: str) -> Past | None:
    """What there was at a version; None where the version says nothing."""
    records = [view.found(each) for each in view.chain(node)]
    fingerprint, *texts = known.split(".")
    if fingerprint != _fingerprint(records) or len(texts) != len(records):
        return None
    counts: list[int] = []
    for record, text in zip(records, texts, strict=True):
        if not (text.isascii() and text.isdigit() and len(text) <= _COUNT_CHARS_MAX):
            return None
        counts.append(int(text))
        if not _floor(record) <= counts[-1] <= record.version:
            return None
    return Past(view, node, counts)


def _floor(record: Node) -> int:
    """The oldest version after which every change is still known."""
    if len(record.standings) < STANDINGS_MAX:
        return 0
    return next(iter(record.standings.values())).number - 1
