"""Old bookmarks (XEP-0048 1.2) as words for new ones (XEP-0402 1.2.0), both ways (XEP-0411 1.1.0).

A bookmark of a room is an item of the account's node `urn:xmpp:bookmarks:1`. The old list, in
private storage or as the item `current` of the node `storage:bookmarks`, is made of these items
whenever somebody asks for it. That node itself keeps only what no item can hold: bookmarks of web
pages, and what is not known here. Storing a list changes those items in which it differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from folkmoot.engine import questions
from folkmoot.engine.commands import Configure, Entry, Retract, Settings
from folkmoot.engine.configuration import NODE_ITEMS_MAX, Access
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import Item, NodeId, State
from folkmoot.engine.store import ItemQuery
from folkmoot.engine.view import View
from folkmoot.facades.facade import Answered, Facade, Handler, Outgoing, Reach, Request
from folkmoot.facades.personal import CURRENT, PRIVATE, around, is_own, keep, named, private
from folkmoot.facades.pubsub.conditions import bad
from folkmoot.facades.pubsub.config import read_expectations, read_form
from folkmoot.facades.pubsub.notification import item_element
from folkmoot.facades.pubsub.ns import EVENT, OWNER, PUBSUB
from folkmoot.facades.pubsub.reading import beside, items_named
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import read_boolean
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.stanza import CLIENT, wording
from folkmoot.xmpp.xml import Attr, Element

OLD: Final = "storage:bookmarks"
NODE: Final = "urn:xmpp:bookmarks:1"
FEATURES: Final = (
    "urn:xmpp:bookmarks:1#compat",
    "urn:xmpp:bookmarks:1#compat-pep",
    "urn:xmpp:bookmarks-conversion:0",
)

BOOKMARKS_MAX: Final = 1_000
"""The longest list that is stored in the old way."""

_ROOMS: Final[Settings] = {**PRIVATE, "max_items": NODE_ITEMS_MAX}
_REST: Final[Settings] = {**PRIVATE, "deliver_notifications": False}
"""What that node keeps is never the whole list, so what is told of it is told here."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A room's bookmark (XEP-0402 §4); what is not known of it is kept with it.

    attrs: those that are neither name nor autojoin. extensions: elements of any other kind.
    """

    name: str | None = None
    autojoin: bool = False
    nick: str | None = None
    password: str | None = None
    attrs: Mapping[Attr, str] = field(default_factory=dict)
    extensions: tuple[Element, ...] = ()

    @staticmethod
    def read(conference: Element) -> Bookmark:
        """A bookmark out of either form; what stands there twice counts once."""
        known: dict[str, str] = {}
        extensions: list[Element] = []
        for child in conference.elements:
            if child.ns == conference.ns and child.name in ("nick", "password"):
                known.setdefault(child.name, child.text)
            elif (child.ns, child.name) == (NODE, "extensions"):
                extensions.extend(each for each in child.elements if not _is_known(each))
            else:
                extensions.append(child)
        attrs = {attr: value for attr, value in conference.attrs.items() if attr not in _KNOWN}
        return Bookmark(
            conference.get("name"),
            _read_autojoin(conference),
            known.get("nick"),
            known.get("password"),
            attrs,
            tuple(extensions),
        )

    def old(self, room: str) -> Element:
        """As the old list has it (XEP-0048 §2.1, XEP-0402 §5.3.1)."""
        conference = self._element(OLD)
        conference.attrs["jid"] = room
        conference.children.extend(self.extensions)
        return conference

    def new(self) -> Element:
        """As the payload of an item (XEP-0402 §4)."""
        conference = self._element(NODE)
        if self.extensions:
            conference.append(Element(NODE, "extensions", None, *self.extensions))
        return conference

    def _element(self, ns: str) -> Element:
        autojoin = "true" if self.autojoin else None
        conference = Element(ns, "conference", {"name": self.name, "autojoin": autojoin})
        conference.attrs.update(self.attrs)
        for name, text in (("nick", self.nick), ("password", self.password)):
            if text is not None:
                conference.append(Element(ns, name, None, text))
        return conference

    def over(self, before: Bookmark) -> Bookmark:
        """This one in place of another, of which it keeps what an old client knows nothing of."""
        said = {(each.ns, each.name) for each in self.extensions}
        kept = (each for each in before.extensions if (each.ns, each.name) not in said)
        extensions = (*self.extensions, *kept)
        if len(extensions) == len(before.extensions) and all(
            each in before.extensions for each in extensions
        ):
            extensions = before.extensions  # in another order they say the same
        return replace(self, attrs={**before.attrs, **self.attrs}, extensions=extensions)


_KNOWN: Final = frozenset({"name", "autojoin", "jid"})


def _is_known(element: Element) -> bool:
    """Whether an extension would be taken for what an old bookmark says itself."""
    return element.ns == OLD and element.name in ("nick", "password")


def _read_autojoin(conference: Element) -> bool:
    try:
        return read_boolean(conference.get("autojoin", "false"))
    except StanzaError:
        return False


def read_room(text: str | None) -> JID | None:
    """The room of a bookmark; None where it is no address."""
    try:
        jid = JID.parse(text or "").bare
    except InvalidJID:
        return None
    return jid if jid.local else None


def read_list(storage: Element) -> tuple[dict[JID, Bookmark], Element]:
    """The rooms of an old list, of each the first mention; and the list without them."""
    rooms: dict[JID, Bookmark] = {}
    rest = Element(OLD, "storage", storage.attrs)
    for child in storage.elements:
        room = read_room(child.get("jid")) if _is_conference(child, OLD) else None
        if room is None:
            rest.append(child)
        else:
            rooms.setdefault(room, Bookmark.read(child))
    return rooms, rest


def _is_conference(element: Element | None, ns: str) -> bool:
    return element is not None and (element.ns, element.name) == (ns, "conference")


@dataclass(frozen=True, slots=True)
class Shelf:
    """All bookmarks of an account: its items that are rooms, how many items there are, the rest."""

    rooms: Mapping[JID, tuple[Item, Bookmark]]
    count: int
    rest: Element | None

    def old(self) -> Element:
        """The old list."""
        storage = self.rest or Element(OLD, "storage")
        told = (bookmark.old(str(room)) for room, (_, bookmark) in self.rooms.items())
        return Element(OLD, "storage", storage.attrs, *told, *storage.children)


def shelf(view: View, account: JID) -> Shelf:
    """All bookmarks of an account, for itself."""
    rooms: dict[JID, tuple[Item, Bookmark]] = {}
    items = tuple(_items(view, account))
    for each in items:
        room = read_room(each.id)
        if room is not None and each.payload is not None and _is_conference(each.payload, NODE):
            rooms.setdefault(room, (each, Bookmark.read(each.payload)))
    item = named(view, account, NodeId(account, OLD), CURRENT)
    rest = None if item is None else item.payload
    if rest is None or (rest.ns, rest.name) != (OLD, "storage"):
        return Shelf(rooms, len(items), None)
    return Shelf(rooms, len(items), read_list(rest)[1])


def _items(view: View, account: JID) -> Iterator[Item]:
    """Every item of the node of bookmarks, page by page."""
    query = ItemQuery(node=NodeId(account, NODE), counted=False)
    while True:
        try:
            page = questions.items(view, account, query)
        except Refused:
            return
        if not page.items:
            return
        yield from page.items
        query = replace(query, after=page.items[-1].id)


# --- what is asked for and stored in the old way


async def retrieve(request: Request) -> Element:
    """The list as old clients have it; empty where there are no bookmarks."""
    return (await request.ask(shelf, request.actor.bare)).old()


async def store(request: Request, storage: Element) -> None:
    """Make the bookmarks what an old list says, and leave alone what is so already (§5.3.2).

    Raises StanzaError not-acceptable; Refused where somebody else could read what is stored
    (XEP-0411 §5), or where it is too much: nothing is stored then.
    """
    if (storage.ns, storage.name) != (OLD, "storage"):
        raise StanzaError("not-acceptable", "bookmarks are in <storage/>")
    wanted, rest = read_list(storage)
    if len(wanted) > BOOKMARKS_MAX:
        raise StanzaError("policy-violation", f"more than {BOOKMARKS_MAX} bookmarks")
    account = request.actor.bare
    held = await request.ask(shelf, account)
    changed = tuple(_changed(wanted, held))
    await request.ask(private, account, OLD, rest)
    config = await request.ask(private, account, NODE)
    if held.count + len(changed) > NODE_ITEMS_MAX:
        raise Refused(Reason.NODE_FULL)
    if config is not None and config.max_items < held.count + len(changed):
        # Made by a client that said nothing of it, it would let one bookmark take another's place.
        node, more = NodeId(account, NODE), {"max_items": NODE_ITEMS_MAX}
        await request.run(Configure(actor=request.actor, node=node, settings=more))
    if changed:  # all of them or none, and before anything is taken away
        await keep(request, NODE, changed, _ROOMS)
    if held.rest is None or held.rest != rest:
        await keep(request, OLD, (Entry(id=CURRENT, payload=rest),), _REST)
    gone = tuple(item.id for room, (item, _) in held.rooms.items() if room not in wanted)
    if gone:
        node = NodeId(account, NODE)
        await request.run(Retract(actor=request.actor, node=node, item_ids=gone, notify=True))
    if changed or gone or held.rest != rest:
        await announce(request)


def _changed(wanted: Mapping[JID, Bookmark], held: Shelf) -> Iterator[Entry]:
    for room, bookmark in wanted.items():
        if room not in held.rooms:
            yield Entry(id=str(room), payload=bookmark.new())
            continue
        item, before = held.rooms[room]
        after = bookmark.over(before)
        if after != before:
            yield Entry(id=item.id, payload=after.new())


async def announce(request: Request) -> None:
    """Tell those who are subscribed to the old node the whole list (XEP-0411 §3)."""
    account = request.actor.bare
    to = await request.ask(_hearers, account)
    if not to:
        return
    current = Element(EVENT, "item", {"id": CURRENT}, await retrieve(request))
    event = Element(EVENT, "event", None, Element(EVENT, "items", {"node": OLD}, current))
    message = Element(CLIENT, "message", {"from": str(account), "type": "headline"}, event)
    request.tell(Outgoing(wording(message), to, Reach.AVAILABLE))


def _hearers(view: View, account: JID) -> tuple[JID, ...]:
    node = NodeId(account, OLD)
    if view.config(node) is None:
        return ()
    held = questions.subscribers(view, account, node)
    hearing = (each for each in held if each.state is State.SUBSCRIBED and each.deliver)
    own = (each.subscriber for each in hearing if each.subscriber.bare == account)
    return tuple(dict.fromkeys(own))


# --- what is asked of the old node through PEP


async def _items_asked(request: Request, otherwise: Handler) -> Answered:
    """The list as the old node's only item (XEP-0048 §3.3)."""
    if not is_own(request) or request.payload.get("node") != OLD:
        return await otherwise(request)
    held = await request.ask(shelf, request.actor.bare)
    if held.rest is None and not held.rooms:
        return await otherwise(request)
    ids = items_named(request.payload)
    listed = Element(PUBSUB, "items", {"node": OLD})
    if not ids or CURRENT in ids:
        item = Item(CURRENT, request.actor, 0.0, held.old())
        listed.append(item_element(PUBSUB, item))
    return (Element(PUBSUB, "pubsub", None, listed),)


async def _published(request: Request, otherwise: Handler) -> Answered:
    """A list published to the old node (XEP-0048 §3.1), or a bookmark to the new one."""
    if not is_own(request) or request.payload.get("node") != OLD:
        return await _then_announce(request, otherwise)
    items = request.payload.childs(PUBSUB, "item")
    if not items:
        raise bad("item-required")
    if len(items) > 1 or [(each.ns, each.name) for each in items[0].elements] != [(OLD, "storage")]:
        raise bad("invalid-payload", "bookmarks are one item with <storage/>")
    if items[0].get("id", CURRENT) != CURRENT:
        raise StanzaError("not-acceptable", f"the list is the item {CURRENT}")
    expects = read_expectations(read_form(beside(request, "publish-options")))
    if expects.get("access", Access.WHITELIST) is not Access.WHITELIST:
        raise Refused(Reason.PRECONDITION, "access")
    await store(request, items[0].elements[0])
    told = Element(PUBSUB, "item", {"id": CURRENT})
    return (Element(PUBSUB, "pubsub", None, Element(PUBSUB, "publish", {"node": OLD}, told)),)


async def _retracted(request: Request, otherwise: Handler) -> Answered:
    """The list taken back from the old node, or a bookmark from the new one."""
    own = is_own(request) and request.payload.get("node") == OLD
    if not own or items_named(request.payload) != (CURRENT,):
        return await _then_announce(request, otherwise)
    held = await request.ask(shelf, request.actor.bare)
    if held.rest is None and not held.rooms:
        return await otherwise(request)
    await store(request, Element(OLD, "storage"))
    return ()


async def _then_announce(request: Request, handler: Handler) -> Answered:
    """What happens to new bookmarks is told of the old list as well."""
    answer = await handler(request)
    if is_own(request) and request.payload.get("node") == NODE:
        await announce(request)
    return answer


def beside_pubsub(facade: Facade) -> Facade:
    """XEP-0060 at an account, the old node being the new one in other words."""
    return around(
        facade,
        {
            ("iq", "get", PUBSUB, "pubsub", "items"): _items_asked,
            ("iq", "set", PUBSUB, "pubsub", "publish"): _published,
            ("iq", "set", PUBSUB, "pubsub", "retract"): _retracted,
            ("iq", "set", OWNER, "pubsub", "purge"): _then_announce,
            ("iq", "set", OWNER, "pubsub", "delete"): _then_announce,
        },
    )
