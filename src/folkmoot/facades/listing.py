"""Lists of a service's nodes, page by page and both ways: XEP-0059 1.0.

What a list costs is what it shows: the store knows which nodes are for everyone and which the
asker has to do with, and nothing else is loaded. Names order nodes, so a page may begin beside
any name, also one that is hidden or gone.

How many there are is counted by index, up to TALLY_NODES_MAX, which is exact but for nodes that
the asker has to do with, or that have rules beyond a row: those are looked at one by one, as far as
they are SINGLED_NODES_MAX. Where there are more of either, no numbers are told (§2.2, §2.7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.model import NodeId
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.store import (
    PAGE_ITEMS_MAX,
    SINGLED_NODES_MAX,
    TALLY_NODES_MAX,
    Edge,
    NodeQuery,
    Tally,
)
from folkmoot.facades.facade import Request
from folkmoot.facades.paging import fitting
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import Page, PageRequest
from folkmoot.xmpp.xml import Element

NODES_PER_PAGE_MAX: Final = 100

Served = Callable[[NodeId], bool]
"""Whether a node is spoken of in the asker's protocol."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of nodes. more: there are others in its direction, which is `forwards` or not.

    index, count: where among all that the asker is shown the page begins, and how many they are;
    None where that is not told.
    """

    nodes: Sequence[NodeInfo]
    more: bool
    index: int | None = None
    count: int | None = None
    forwards: bool = True

    def fitting(self, entries: Sequence[Element]) -> tuple[Listed, Sequence[Element]]:
        """As much of it as one answer holds. entries: of all its nodes, as they are told."""
        part = fitting(entries, forwards=self.forwards)
        nodes = self.nodes[part]
        index = None if self.index is None else self.index + part.start
        more = self.more or len(nodes) < len(self.nodes)
        return replace(self, nodes=nodes, more=more, index=index), entries[part]

    def result_set(self, names: Iterable[str], *, asked: bool) -> tuple[Element, ...]:
        """The `<set/>` that goes with it. names: of the nodes, as the protocol has them."""
        return result_set(names, more=self.more, asked=asked, index=self.index, count=self.count)


def all_served(node: NodeId) -> bool:
    """Every node is."""
    return True


def page_query(request: Request, service: NodeId, asked: PageRequest | None) -> NodeQuery:
    """What is looked for, of a service's nodes, for a page of them.

    service: the service, with the name the page begins beside ("": with the first or last).
    Raises StanzaError bad-request for a page that is asked for in two ways at once.
    """
    owner = request.services.owned(service) and request.actor.bare == service.service
    query = NodeQuery(
        service=service.service,
        reader=None if owner else request.actor.bare,
        bound=service.name,
        limit=NODES_PER_PAGE_MAX,
    )
    if asked is None:
        return query
    if sum(each is not None for each in (asked.index, asked.before, asked.after)) > 1:
        raise StanzaError("bad-request", "a page begins at an index or beside a name, not both")
    return replace(
        query,
        edge=Edge.OLDEST if asked.before is None else Edge.NEWEST,
        limit=NODES_PER_PAGE_MAX if asked.max is None else min(asked.max, NODES_PER_PAGE_MAX),
    )


async def listed(
    request: Request, query: NodeQuery, asked: PageRequest | None, served: Served = all_served
) -> Listed:
    """At most `query.limit` nodes by name that the asker may know of.

    Raises StanzaError feature-not-implemented for a page by its number where nobody counts (§2.6).
    """
    if asked is not None and asked.index is not None:
        return await _at(request, query, asked.index, served)
    nodes, more = await _found(request, query, served)
    found = Listed(nodes, more, forwards=query.edge is Edge.OLDEST)
    if asked is None and not more:
        return found
    numbers = await _numbers(request, replace(query, bound=_first(nodes)), served)
    if numbers is None:
        return found
    return replace(found, index=numbers.index, count=numbers.count)


def _first(found: Sequence[NodeInfo]) -> str:
    return found[0].id.name if found else ""


async def _found(
    request: Request, query: NodeQuery, served: Served
) -> tuple[Sequence[NodeInfo], bool]:
    """A page beside a name, and whether there are more."""
    backwards = query.edge is Edge.NEWEST
    found: list[NodeInfo] = []
    look = replace(query, limit=query.limit + 1)
    while query.limit and len(found) <= query.limit:
        some = await request.engine.shown(look)
        ahead = tuple(filter(served, reversed(some) if backwards else some))
        found.extend(await request.ask(questions.visible, request.actor, ahead))
        if len(some) < look.limit:
            break
        look = replace(look, bound=some[0 if backwards else -1].name)
    shown = found[: query.limit]
    return (shown[::-1] if backwards else shown), len(found) > query.limit


# --- numbers


@dataclass(frozen=True, slots=True)
class _Numbers:
    """index: how many nodes the asker is shown whose names stand before a query's bound.

    count: how many altogether. hidden: names that a list looks at and does not show.
    """

    index: int
    count: int
    hidden: frozenset[str]


async def _numbers(request: Request, query: NodeQuery, served: Served) -> _Numbers | None:
    """How many nodes there are for the asker; None where it would take too long to find out."""
    tally = await _tally(request, query)
    if tally.listed > TALLY_NODES_MAX or len(tally.singled) > SINGLED_NODES_MAX:
        return None
    looked_at = tuple(node for node, _ in tally.singled if served(node))
    found = await request.ask(questions.listed, request.actor, looked_at)
    shown = {node.name for node in found}
    counted = {node.name for node, listed in tally.singled if listed}

    def before(names: Iterable[str]) -> int:
        return sum(name < query.bound for name in names)

    return _Numbers(
        tally.before - before(counted) + before(shown),
        tally.listed - len(counted) + len(shown),
        frozenset(node.name for node, _ in tally.singled) - shown,
    )


async def _tally(request: Request, query: NodeQuery) -> Tally:
    """What is counted by index; nothing of an account, all of whose nodes are looked at."""
    if not request.services.owned(NodeId(query.service, "")):
        return await request.engine.tally(query)
    limit = SINGLED_NODES_MAX + 1
    nodes = await request.engine.shown(replace(query, edge=Edge.OLDEST, bound="", limit=limit))
    return Tally(0, 0, frozenset((node, False) for node in nodes))


async def _at(request: Request, query: NodeQuery, index: int, served: Served) -> Listed:
    """A page by its number (§2.6)."""
    numbers = await _numbers(request, replace(query, bound=""), served)
    if numbers is None:
        raise StanzaError("feature-not-implemented", "pages begin beside a name, not at a number")
    if index >= numbers.count:
        return Listed((), more=False, count=numbers.count)
    if index:
        query = replace(query, bound=await _name_at(request, query, index - 1, numbers.hidden))
    found, more = await _found(request, query, served)
    return Listed(found, more, index, numbers.count)


async def _name_at(request: Request, query: NodeQuery, index: int, hidden: frozenset[str]) -> str:
    """The name of a node by its number among those shown, or the last where there are fewer."""
    look = replace(query, edge=Edge.OLDEST, bound="", limit=PAGE_ITEMS_MAX)
    while True:
        some = await request.engine.shown(look)
        names = [node.name for node in some if node.name not in hidden]
        if index < len(names):
            return names[index]
        if len(some) < look.limit:
            return some[-1].name if some else look.bound
        index -= len(names)
        look = replace(look, bound=some[-1].name)


def result_set(
    names: Iterable[str],
    *,
    more: bool,
    asked: bool,
    index: int | None = None,
    count: int | None = None,
) -> tuple[Element, ...]:
    """The `<set/>` that goes with a list, where it is a page of one."""
    told = tuple(names)
    if not (more or asked) or not (told or count):
        return ()
    first, last = (told[0], told[-1]) if told else (None, None)
    return (Page(told, first, last, index, count).element(),)
