"""What a subscriber does: XEP-0060 1.30.0, §5.6, §5.7 and §6."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from folkmoot.engine import questions
from folkmoot.engine.commands import SetDelivery, Subscribe, Unsubscribe
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import SubscriptionChanged
from folkmoot.engine.model import Subscription, Via
from folkmoot.engine.store import PAGE_ITEMS_MAX, Edge, ItemPage, ItemQuery
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.form_table import single
from folkmoot.facades.pubsub.config import read_form
from folkmoot.facades.pubsub.errors import specific, unsupported
from folkmoot.facades.pubsub.notification import item_element, subscription_element
from folkmoot.facades.pubsub.ns import PUBSUB, SUBSCRIBE_OPTIONS
from folkmoot.facades.pubsub.reading import items_named, jid_named, node_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form, read_boolean
from folkmoot.xmpp.rsm import Page, PageRequest, read_set
from folkmoot.xmpp.xml import Element


async def subscribe(request: Request) -> Iterable[Element]:
    """Subscribe; the answer says how far it has come (§6.1)."""
    node, jid = node_named(request, request.payload), jid_named(request.payload)
    outer = request.stanza.first
    options = None if outer is None else outer.child(PUBSUB, "options")
    deliver = _read_deliver(read_form(options))
    events = await request.run(
        Subscribe(actor=request.actor, node=node, subscriber=jid, via=Via.PUBSUB)
    )
    if deliver is not None:
        await request.run(
            SetDelivery(actor=request.actor, node=node, subscriber=jid, deliver=deliver)
        )
    after = next(each.after for each in events if isinstance(each, SubscriptionChanged))
    assert after is not None
    told = subscription_element(PUBSUB, node, str(jid), after.state.value, after.subid)
    return (Element(PUBSUB, "pubsub", None, told),)


async def unsubscribe(request: Request) -> Iterable[Element]:
    """End a subscription; a subid, where one is given, has to be the right one (§6.2)."""
    node, jid = node_named(request, request.payload), jid_named(request.payload)
    await _held(request, node=request.payload, jid=request.payload)
    try:
        await request.run(Unsubscribe(actor=request.actor, node=node, subscriber=jid))
    except Refused as refused:
        if refused.reason is Reason.NOT_SUBSCRIBED:
            extension = specific("not-subscribed")
            raise StanzaError("unexpected-request", extension=extension) from refused
        raise
    return ()


async def _held(request: Request, *, node: Element, jid: Element) -> Subscription | None:
    """The subscription a request is about. Raises StanzaError where the subid is another's."""
    held = await request.ask(
        questions.own_subscription, request.actor, node_named(request, node), jid_named(jid)
    )
    subid = request.payload.get("subid")
    if subid and held is not None and held.subid != subid:
        raise StanzaError("not-acceptable", extension=specific("invalid-subid"))
    return held


def _read_deliver(form: Form | None) -> bool | None:
    """Whether the subscriber wants to hear of items for now; None: it does not say (§16.4.2)."""
    if form is None:
        return None
    for field in form.fields:
        if field.var != "pubsub#deliver":
            raise StanzaError(
                "bad-request", f"{field.var} is not known", extension=specific("invalid-options")
            )
        return read_boolean(single(field.values))
    return None


async def get_options(request: Request) -> Iterable[Element]:
    """The options of one's subscription, as a form (§6.3.2)."""
    held = await _held(request, node=request.payload, jid=request.payload)
    if held is None:
        raise StanzaError("unexpected-request", extension=specific("not-subscribed"))
    told = "1" if held.deliver else "0"
    field = Field("pubsub#deliver", "boolean", (told,), "Notify of items?")
    attrs = {"node": request.payload.get("node"), "jid": request.payload.get("jid")}
    form = Form("form", SUBSCRIBE_OPTIONS, (field,))
    options = Element(PUBSUB, "options", attrs, form.element())
    return (Element(PUBSUB, "pubsub", None, options),)


async def set_options(request: Request) -> Iterable[Element]:
    """Other options for one's subscription (§6.3.5)."""
    node, jid = node_named(request, request.payload), jid_named(request.payload)
    await _held(request, node=request.payload, jid=request.payload)
    deliver = _read_deliver(read_form(request.payload))
    if deliver is not None:
        await request.run(
            SetDelivery(actor=request.actor, node=node, subscriber=jid, deliver=deliver)
        )
    return ()


async def items(request: Request) -> Iterable[Element]:
    """Retrieve items: all, the newest, by id, or page by page (§6.5)."""
    node = node_named(request, request.payload)
    ids = items_named(request.payload)
    outer = request.stanza.first
    asked = None if outer is None else read_set(outer)
    query = ItemQuery(node=node, ids=ids)
    if not ids:
        query = _paged(query, asked) if asked else _newest(query, request.payload)
    page = await request.ask(questions.items, request.actor, query)
    told = (item_element(PUBSUB, item) for item in page.items)
    answer = Element(PUBSUB, "pubsub", None, Element(PUBSUB, "items", {"node": node.name}, *told))
    if asked or (len(page.items) < page.count and not ids and query.limit == PAGE_ITEMS_MAX):
        answer.append(_set(page))
    return (answer,)


def _newest(query: ItemQuery, payload: Element) -> ItemQuery:
    """The newest items, as many as `max_items` says (§6.5.7)."""
    text = payload.get("max_items")
    if text is None:
        return query
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) == 0:
        raise StanzaError("bad-request", "max_items is a number from 1")
    return replace(query, edge=Edge.NEWEST, limit=min(int(text), PAGE_ITEMS_MAX))


def _paged(query: ItemQuery, asked: PageRequest) -> ItemQuery:
    """A page of items (XEP-0059); a page before another is the end of what stands before it."""
    limit = PAGE_ITEMS_MAX if asked.max is None else min(asked.max, PAGE_ITEMS_MAX)
    backwards = asked.before is not None
    return replace(
        query,
        edge=Edge.NEWEST if backwards else Edge.OLDEST,
        after=asked.after or "",
        before=asked.before or "",
        skip=asked.index or 0,
        limit=limit,
    )


def _set(page: ItemPage) -> Element:
    first = page.items[0].id if page.items else None
    last = page.items[-1].id if page.items else None
    return Page(page.items, first, last, page.index, page.count).element()


async def subscriptions(request: Request) -> Iterable[Element]:
    """One's own subscriptions, of all nodes of the service or of one (§5.6)."""
    name = request.payload.get("node", "")
    held = await request.ask(questions.own_subscriptions, request.actor, request.to.bare, name)
    told = (
        subscription_element(PUBSUB, node, str(each.subscriber), each.state.value, each.subid)
        for node, each in held
    )
    listed = Element(PUBSUB, "subscriptions", {"node": name or None}, *told)
    return (Element(PUBSUB, "pubsub", None, listed),)


async def affiliations(request: Request) -> Iterable[Element]:
    """One's own affiliations, of all nodes of the service or of one (§5.7)."""
    name = request.payload.get("node", "")
    held = await request.ask(questions.own_affiliations, request.actor, request.to.bare, name)
    told = (
        Element(PUBSUB, "affiliation", {"node": node.name, "affiliation": each.value})
        for node, each in held
    )
    listed = Element(PUBSUB, "affiliations", {"node": name or None}, *told)
    return (Element(PUBSUB, "pubsub", None, listed),)


async def default_options(request: Request) -> Iterable[Element]:
    """Default subscription options are not for asking here (§6.4)."""
    raise unsupported("retrieve-default-sub")


ROUTES = (
    Route("iq", "set", (PUBSUB, "pubsub", "subscribe"), subscribe, feature="subscribe"),
    Route("iq", "set", (PUBSUB, "pubsub", "unsubscribe"), unsubscribe),
    Route("iq", "get", (PUBSUB, "pubsub", "options"), get_options, feature="subscription-options"),
    Route("iq", "set", (PUBSUB, "pubsub", "options"), set_options),
    Route("iq", "get", (PUBSUB, "pubsub", "default"), default_options),
    Route("iq", "get", (PUBSUB, "pubsub", "items"), items, feature="retrieve-items"),
    Route(
        "iq",
        "get",
        (PUBSUB, "pubsub", "subscriptions"),
        subscriptions,
        feature="retrieve-subscriptions",
    ),
    Route(
        "iq",
        "get",
        (PUBSUB, "pubsub", "affiliations"),
        affiliations,
        feature="retrieve-affiliations",
    ),
)
