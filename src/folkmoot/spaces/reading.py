"""Reading an export: from JSON to nouns, every mistake noted (docs/extensions/export.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from folkmoot.engine import pictures
from folkmoot.engine.configuration import NODE_ITEMS_MAX, SPACE_TYPE, NodeConfig
from folkmoot.engine.decide.items import ITEM_ID_CHARS_MAX
from folkmoot.engine.decide.nodes import NODE_NAME_CHARS_MAX
from folkmoot.engine.model import Affiliation, Item, State, Subscription, Via
from folkmoot.facades.form_table import Row
from folkmoot.facades.muc.config import PUBSUB
from folkmoot.facades.muc.config import ROWS as ROOM_ROWS
from folkmoot.facades.muc.standing import AFFILIATIONS as ROOM_WORDS
from folkmoot.facades.pubsub.config import LINK
from folkmoot.facades.pubsub.config import ROWS as NODE_ROWS
from folkmoot.facades.pubsub.options import read_options
from folkmoot.facades.spaces import BOOKMARKS, shared
from folkmoot.spaces.document import FORMAT, VERSION
from folkmoot.spaces.mistakes import Mistakes, within
from folkmoot.xmpp.dates import format_date, read_date
from folkmoot.xmpp.errors import StanzaError, StreamError
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element, parse

PEOPLE_MAX: Final = 100_000
"""The most affiliations of a room."""

SPACE_PEOPLE_MAX: Final = 10_000
"""The most affiliations, and the most subscriptions, of a space.

They are made at once, in a breath: some 0.2 ms each, in which the server does nothing else.
"""

ROOMS_MAX: Final = 1_000
HISTORY_MAX: Final = 1_000_000
"""The most messages of a room."""

SPACE_CHARS_MAX: Final = 16_777_216
"""The most text that the payloads of a space's items hold together: they are made at once."""

SPACE_ROWS: Final = {row.var: row for row in NODE_ROWS if row.var != LINK}
"""What is said of a space's configuration; what it is linked to does not move with it."""

OF_ROOMS: Final = {row.var: row for row in ROOM_ROWS if row.var != PUBSUB}
"""What is said of a room's; which space it is in goes without saying."""

SPACE_AFFILIATIONS: Final = {
    each.value: each for each in Affiliation if each is not Affiliation.ADMIN
}
ROOM_AFFILIATIONS: Final = {
    word: each
    for each, word in ROOM_WORDS.items()
    if each not in (Affiliation.PUBLISHER, Affiliation.PUBLISH_ONLY)
}
_STATES: Final = {each.value: each for each in (State.SUBSCRIBED, State.PENDING)}
_ITEM: Final = ("publisher", "published", "nick")


@dataclass(slots=True)
class Place:
    """The space or a room, as far as it has been read. node: its name; path: its place."""

    node: str
    path: str
    settings: Mapping[str, object]
    subject: Item | None = None
    ids: set[str] = field(default_factory=set)
    people: dict[JID, Affiliation] = field(default_factory=dict)
    subscribed: set[JID] = field(default_factory=set)
    chars: int = 0


def read_services(value: object, mistakes: Mistakes) -> tuple[JID, JID] | None:
    """The services of spaces and of rooms from which an export comes."""
    table = mistakes.table(value, "services", ("pubsub", "rooms"))
    if table is None:
        return None
    pubsub = mistakes.read(_service, table["pubsub"], "services.pubsub")
    rooms = mistakes.read(_service, table["rooms"], "services.rooms")
    return None if pubsub is None or rooms is None else (pubsub, rooms)


def _service(text: str) -> JID:
    jid = JID.parse(text)
    if jid.local or jid.resource:
        raise ValueError(f"{text} is not a domain")
    return jid


def read_space(value: object, mistakes: Mistakes, lists: Sequence[str] = ()) -> Place | None:
    """A space, without what it has many of. lists: members that are there and not read here."""
    table = mistakes.table(value, "space", ("node", "config"), lists)
    if table is None:
        return None
    node = mistakes.read(_node, table["node"], "space.node")
    settings = _config(table["config"], "space.config", SPACE_ROWS, mistakes)
    if settings.setdefault("type", SPACE_TYPE) != SPACE_TYPE:
        mistakes.add("space.config.pubsub#type", f"a space is of type {SPACE_TYPE}")
    return None if node is None else Place(node, "space", settings)


def _node(text: str) -> str:
    if not 1 <= len(text) <= NODE_NAME_CHARS_MAX:
        raise ValueError(f"1 to {NODE_NAME_CHARS_MAX} characters are needed")
    return text


def read_rooms(
    value: object, mistakes: Mistakes, lists: Sequence[str] = ()
) -> Iterator[tuple[Place, object]]:
    """The rooms in the space, without what they have many of; and each as it was."""
    seen: set[str] = set()
    for path, each in mistakes.rows(value, "rooms", ROOMS_MAX):
        table = mistakes.table(each, path, ("node", "config"), ("subject", *lists))
        if table is None:
            continue
        node = mistakes.read(_room, table["node"], f"{path}.node")
        settings = _config(table["config"], f"{path}.config", OF_ROOMS, mistakes)
        if node is None:
            continue
        if node in seen:
            mistakes.add(f"{path}.node", f"{node} is there twice")
        seen.add(node)
        place = Place(node, path, settings)
        if "subject" in table:
            place.subject = _item(table["subject"], f"{path}.subject", mistakes, ("payload",))
        yield place, each


def _room(text: str) -> str:
    name = JID.parse(f"{text}@rooms.invalid").local
    if name != text:
        raise ValueError(f"{text!r} is written {name!r}")
    return name


def _config(
    value: object, path: str, rows: Mapping[str, Row], mistakes: Mistakes
) -> dict[str, object]:
    """The settings that fields of a form, each by its name, ask for."""
    if not isinstance(value, dict):
        mistakes.table(value, path, ())
        return {}
    settings: dict[str, object] = {}
    for var, given in value.items():
        place, row = within(path, var), rows.get(var)
        if row is None:
            mistakes.add(place, "nobody knows this field")
            continue
        values = _values(given, place, mistakes)
        if values is not None:
            try:
                settings[row.setting] = row.read(values)
            except StanzaError as error:
                mistakes.add(place, error.text or error.condition)
    return settings


def _values(given: object, path: str, mistakes: Mistakes) -> tuple[str, ...] | None:
    several = given if isinstance(given, list) else [given]
    if not all(isinstance(each, str) for each in several):
        mistakes.add(path, "a text is needed, or a list of texts")
        return None
    return tuple(several)


def read_affiliations(value: object, place: Place, mistakes: Mistakes) -> dict[JID, Affiliation]:
    """Rows of affiliation, those of a part or all there are."""
    of_space = place.path == "space"
    words = SPACE_AFFILIATIONS if of_space else ROOM_AFFILIATIONS
    most = SPACE_PEOPLE_MAX if of_space else PEOPLE_MAX
    found: dict[JID, Affiliation] = {}
    for path, each in mistakes.rows(value, f"{place.path}.affiliations", most):
        table = mistakes.table(each, path, ("jid", "affiliation"))
        if table is None:
            continue
        jid = mistakes.jid(table["jid"], f"{path}.jid")
        row = mistakes.word(table["affiliation"], f"{path}.affiliation", words)
        if jid is None or row is None:
            continue
        if jid in place.people:
            mistakes.add(f"{path}.jid", f"{jid} is there twice")
        place.people[jid] = found[jid] = row
    return found


def read_subscriptions(value: object, place: Place, mistakes: Mistakes) -> list[Subscription]:
    """Rows of subscription, after those of affiliation: nobody who is banned has one."""
    found: list[Subscription] = []
    for path, each in mistakes.rows(value, f"{place.path}.subscriptions", SPACE_PEOPLE_MAX):
        table = mistakes.table(each, path, ("jid", "subscription"), ("options",))
        if table is None:
            continue
        jid = mistakes.jid(table["jid"], f"{path}.jid", bare=False)
        state = mistakes.word(table["subscription"], f"{path}.subscription", _STATES)
        options = _options(table.get("options", {}), f"{path}.options", mistakes)
        if jid is None or state is None:
            continue
        if jid in place.subscribed:
            mistakes.add(f"{path}.jid", f"{jid} is there twice")
        if place.people.get(jid.bare) is Affiliation.OUTCAST:
            mistakes.add(f"{path}.jid", f"{jid} is banned, and cannot be subscribed")
        place.subscribed.add(jid)
        manner = {name: options.pop(name) for name in ("body", "shows") if name in options}
        made = Subscription(jid, state, Via.PUBSUB, **options)
        found.append(replace(made, manner=made.manner._replace(**manner)))
    return found


def _options(value: object, path: str, mistakes: Mistakes) -> dict[str, Any]:
    """The options of a subscription (XEP-0060 §16.4.2)."""
    if not isinstance(value, dict):
        mistakes.table(value, path, ())
        return {}
    read: dict[str, Any] = {}
    for var, given in value.items():
        values = _values(given, within(path, var), mistakes)
        if values is None:
            continue
        try:
            read |= read_options(Form("submit", None, (Field(var, values=values),)))
        except StanzaError as error:
            mistakes.add(within(path, var), (error.text or "").removeprefix(f"{var}: "))
    return read


def read_items(value: object, place: Place, mistakes: Mistakes) -> list[Item]:
    """Items of the space, as everybody there may have them."""
    found = _items(value, f"{place.path}.items", NODE_ITEMS_MAX, place, mistakes)
    if place.chars > SPACE_CHARS_MAX:
        mistakes.add(f"{place.path}.items", f"more than {SPACE_CHARS_MAX} characters in all")
        place.chars = 0
    return found


def read_history(value: object, place: Place, mistakes: Mistakes) -> list[Item]:
    """What was said in a room."""
    return _items(value, f"{place.path}.history", HISTORY_MAX, place, mistakes)


def _items(value: object, path: str, most: int, place: Place, mistakes: Mistakes) -> list[Item]:
    found: list[Item] = []
    for path_, each in mistakes.rows(value, path, most):
        item = _item(each, path_, mistakes, ("id", "payload"))
        if item is None:
            continue
        if item.id in place.ids:
            mistakes.add(f"{path_}.id", f"{item.id} is there twice")
        place.ids.add(item.id)
        found.append(item)
        assert isinstance(each, dict), "what an item is made of"
        place.chars += len(each["payload"])
    return found


def _item(value: object, path: str, mistakes: Mistakes, needed: Sequence[str]) -> Item | None:
    """An item; one that says nothing of publisher and time has neither yet."""
    table = mistakes.table(value, path, needed, _ITEM)
    if table is None:
        return None
    payload = mistakes.read(_payload, table["payload"], f"{path}.payload")
    item_id = mistakes.read(_item_id, table.get("id", "-"), f"{path}.id")
    publisher, published = NOBODY, 0.0
    if "publisher" in table:
        publisher = mistakes.jid(table["publisher"], f"{path}.publisher", bare=False) or NOBODY
    if "published" in table:
        published = mistakes.read(_date, table["published"], f"{path}.published") or 0.0
    nick = mistakes.text(table.get("nick", ""), f"{path}.nick")
    if payload is None or item_id is None or nick is None:
        return None
    return Item(pictures.kept_under(item_id), publisher, published, shared(payload), nick)


NOBODY: Final = JID.parse("nobody.invalid")
"""The publisher of an item that does not say who it is."""


def _item_id(text: str) -> str:
    if not 1 <= len(text) <= ITEM_ID_CHARS_MAX:
        raise ValueError(f"1 to {ITEM_ID_CHARS_MAX} characters are needed")
    return text


def _date(text: str) -> float:
    seconds = read_date(text)
    if seconds <= 0:
        raise ValueError("that is before 1970")
    format_date(seconds)
    return seconds


def _payload(text: str) -> Element:
    if len(text.encode(errors="replace")) > NodeConfig().payload_bytes_max:
        raise ValueError(f"at most {NodeConfig().payload_bytes_max} bytes of XML are allowed")
    try:
        return parse(text)
    except StreamError as error:
        raise ValueError(f"this is not XML that may be kept: {error.condition}") from None


def check(document: object) -> Mistakes:
    """All that is wrong with a whole document, as far as it alone can say."""
    mistakes = Mistakes()
    top = ("format", "version", "services", "space")
    table = mistakes.table(document, "", top, ("exported", "rooms", "audit"))
    if table is None:
        return mistakes
    if table["format"] != FORMAT:
        mistakes.add("format", f"{FORMAT} is needed")
    if table["version"] != VERSION or isinstance(table["version"], bool):
        mistakes.add("version", f"this folkmoot reads version {VERSION}")
    services = read_services(table["services"], mistakes)
    space = read_space(table["space"], mistakes, ("affiliations", "subscriptions", "items"))
    items: list[Item] = []
    if space is not None:
        given = table["space"]
        read_affiliations(given.get("affiliations", []), space, mistakes)
        read_subscriptions(given.get("subscriptions", []), space, mistakes)
        items = read_items(given.get("items", []), space, mistakes)
    listed = set() if services is None else set(listed_rooms(items, services[1]))
    rooms = read_rooms(table.get("rooms", []), mistakes, ("affiliations", "history"))
    for room, of_room in rooms:
        assert isinstance(of_room, dict), "what a room is made of"
        read_affiliations(of_room.get("affiliations", []), room, mistakes)
        read_history(of_room.get("history", []), room, mistakes)
        if services is not None and space is not None and room.node not in listed:
            mistakes.add(f"{room.path}.node", "no item of the space lists this room")
    return mistakes


def listed_rooms(items: Sequence[Item], service: JID) -> Iterator[str]:
    """The names of the rooms of a service that items list."""
    for item in items:
        payload = item.payload
        if payload is not None and (payload.ns, payload.name) == (BOOKMARKS, "conference"):
            try:
                jid = JID.parse(item.id)
            except InvalidJID:
                continue
            if jid.local and jid.is_bare and jid.domain == service.domain:
                yield jid.local
