"""Lists of a service's nodes, page by page and both ways: XEP-0059 1.0.

What a list costs is what it shows: the store knows which nodes are for everyone and which the
asker has to do with, and nothing else is loaded. Names order nodes, so a page may begin beside
any name, also one that is hidden or gone. How many there are altogether would have to be found out
for every asker anew, and is not told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.model import NodeId
from folkmoot.engine.questions import NodeInfo
from folkmoot.engine.store import Edge, NodeQuery
from folkmoot.facades.facade import Request
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import Page, PageRequest
from folkmoot.xmpp.xml import Element

NODES_PER_PAGE_MAX: Final = 100


def page_query(request: Request, service: NodeId, asked: PageRequest | None) -> NodeQuery:
    """What is looked for, of a service's nodes, for a page of them.

    service: the service, with the name the page begins beside ("": with the first or last).
    Raises StanzaError: feature-not-implemented for pages by number; bad-request for a page between
    two names.
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
    if asked.index is not None:
        raise StanzaError("feature-not-implemented", "pages begin beside a name, not at a number")
    if asked.before is not None and asked.after is not None:
        raise StanzaError("bad-request", "a page begins or ends beside a name, not both")
    return replace(
        query,
        edge=Edge.OLDEST if asked.before is None else Edge.NEWEST,
        limit=NODES_PER_PAGE_MAX if asked.max is None else min(asked.max, NODES_PER_PAGE_MAX),
    )


async def listed(
    request: Request, query: NodeQuery, served: Callable[[NodeId], bool] = lambda node: True
) -> tuple[list[NodeInfo], bool]:
    """At most `query.limit` nodes by name that the asker may know of, and whether there are more.

    served: whether a node is spoken of in the asker's protocol.
    """
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


def cut(
    names: Sequence[str],
    sizes: Sequence[int],
    asked: PageRequest | None,
    *,
    most: int,
    chars_max: int,
) -> tuple[slice, tuple[Element, ...]]:
    """A page of sorted names: what fits into a stanza, but one at least; and its `<set/>`.

    There is none where nobody asks for a page and all there are fit.
    sizes: how many characters each takes. Raises StanzaError(bad-request) for a page between two
    names.
    """
    start, end, backwards = 0, len(names), False
    if asked is not None:
        if asked.before is not None and asked.after is not None:
            raise StanzaError("bad-request", "a page begins or ends beside a name, not both")
        most = most if asked.max is None else min(asked.max, most)
        if asked.index is not None:
            start = min(asked.index, end)
        elif asked.after is not None:
            start = bisect_right(names, asked.after)
        elif asked.before is not None:
            backwards = True
            end = bisect_left(names, asked.before) if asked.before else end
    row = range(end - 1, start - 1, -1) if backwards else range(start, end)
    fits, chars = 0, 0
    for at in row[:most]:
        chars += sizes[at]
        if fits and chars > chars_max:
            break
        fits += 1
    part = slice(end - fits, end) if backwards else slice(start, start + fits)
    if asked is None and fits == len(names):
        return part, ()
    some = tuple(names[part])
    first, last, index = (some[0], some[-1], part.start) if some else (None, None, None)
    return part, (Page(some, first, last, index, len(names)).element(),)


def result_set(names: Iterable[str], *, more: bool, asked: bool) -> tuple[Element, ...]:
    """The `<set/>` that goes with a list, where it is a page of one."""
    told = tuple(names)
    if not told or not (more or asked):
        return ()
    return (Page(told, told[0], told[-1]).element(),)
