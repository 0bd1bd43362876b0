"""Archives looked up: XEP-0313 1.1.3; those of pubsub nodes by XEP-0442 0.2.0.

What is in an archive are the items of a node. Where it is and how an item is worded differs, how
it is asked for and handed out does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from folkmoot.engine import archives
from folkmoot.engine.commands import Expire
from folkmoot.engine.errors import Reason
from folkmoot.engine.model import Item, NodeId
from folkmoot.engine.store import ArchiveQuery, Edge
from folkmoot.facades.archiving import MAM
from folkmoot.facades.facade import Answer, Errors, Facade, Request, Route
from folkmoot.facades.forwarding import forwarded
from folkmoot.facades.mam.query import form, read_query
from folkmoot.xmpp.dates import format_date
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.rsm import Page
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element

_KEPT_OUT: Final = (
    Reason.CLOSED_NODE,
    Reason.PENDING,
    Reason.NOT_SUBSCRIBED,
    Reason.PRESENCE_REQUIRED,
    Reason.NOT_IN_ROSTER_GROUP,
    Reason.WRONG_PASSWORD,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """The archives at some addresses.

    of: the node that a request asks about, or StanzaError. worded: an item as the message that
    whoever was there received.
    """

    of: Callable[[Request], NodeId]
    worded: Callable[[NodeId, Item], Element]

    async def query(self, request: Request) -> Iterable[Element]:
        """The messages one by one, then what they are of all there are (§4)."""
        asked = read_query(request.payload, self.of(request))
        while await request.run(Expire(actor=request.actor, node=asked.node)):
            pass  # there may be more that is over than one command ends
        page = await request.engine.archive(request.actor, asked)
        flipped = request.payload.child(MAM, "flip-page") is not None
        for item in reversed(page.items) if flipped else page.items:
            request.tell(Answer(request.actor, self._result(request, asked.node, item)))
        ids = [item.id for item in page.items]
        first, last = (ids[0], ids[-1]) if ids else (None, None)
        told = Page(page.items, first, last, page.index, page.count).element()
        complete = "true" if page.complete else None
        return (Element(MAM, "fin", {"complete": complete}, told),)

    def _result(self, request: Request, node: NodeId, item: Item) -> Element:
        """One message, with the time it came (§4.2)."""
        attrs = {"queryid": request.payload.get("queryid"), "id": item.id}
        message = forwarded(self.worded(node, item), item.published)
        result = Element(MAM, "result", attrs, message)
        sender = {"from": str(request.to.bare), "to": str(request.actor)}
        return Element(CLIENT, "message", sender, result)

    async def fields(self, request: Request) -> Iterable[Element]:
        """What may be looked for (§4.1.5)."""
        await request.ask(archives.readable, request.actor, ArchiveQuery(node=self.of(request)))
        return (Element(MAM, "query", None, form()),)

    async def metadata(self, request: Request) -> Iterable[Element]:
        """The first message and the last (§5)."""
        told = Element(MAM, "metadata")
        query = ArchiveQuery(node=self.of(request), limit=1)
        for name, edge in (("start", Edge.OLDEST), ("end", Edge.NEWEST)):
            page = await request.engine.archive(request.actor, replace(query, edge=edge))
            for item in page.items:
                attrs = {"id": item.id, "timestamp": format_date(item.published)}
                told.append(Element(MAM, name, attrs))
        return (told,)


def facade(archive: Archive, errors: Errors) -> Facade:
    """The archives at a place. errors: how the place says why not; who is kept out hears §8.1."""
    return Facade(
        "mam",
        (
            Route("iq", "set", (MAM, "query"), archive.query),
            Route("iq", "get", (MAM, "query"), archive.fields),
            Route("iq", "get", (MAM, "metadata"), archive.metadata),
        ),
        {**errors, **dict.fromkeys(_KEPT_OUT, _forbidden)},
    )


def _forbidden(detail: str) -> StanzaError:
    return StanzaError("forbidden", "you may not look that up")
