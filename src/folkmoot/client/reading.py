"""From XML to what it says, leniently: XEP-0503 0.3.0, with what services of today send.

Nothing here raises for anything that a service may send. What is left out, and what is not as it
should be, reads as if it were not there; an item becomes `Other` and is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final, TypeVar
from xml.etree.ElementTree import Element

from slixmpp.jid import JID, InvalidJID

from folkmoot.client.model import (
    PUBSUB,
    SPACES,
    Access,
    Affiliation,
    Change,
    Content,
    Image,
    Images,
    InvalidAddress,
    Invite,
    Item,
    Member,
    NodeLink,
    Other,
    Request,
    Room,
    Space,
    SpaceAddress,
    State,
    WebLink,
)

OWNER: Final = f"{PUBSUB}#owner"
EVENT: Final = f"{PUBSUB}#event"
AUTHORIZATION: Final = f"{PUBSUB}#subscribe_authorization"
DISCO_ITEMS: Final = "http://jabber.org/protocol/disco#items"
DISCO_INFO: Final = "http://jabber.org/protocol/disco#info"
DATA: Final = "jabber:x:data"
RSM: Final = "http://jabber.org/protocol/rsm"
BOOKMARKS: Final = "urn:xmpp:bookmarks:1"
SUBSCRIPTION: Final = "urn:xmpp:pubsub:subscription:0"
OOB: Final = "jabber:x:oob"
AVATAR: Final = "urn:xmpp:avatar:metadata"
DELAY: Final = "urn:xmpp:delay"
MUC: Final = "http://jabber.org/protocol/muc"
MUC_USER: Final = f"{MUC}#user"
MUC_ADMIN: Final = f"{MUC}#admin"
MUC_OWNER: Final = f"{MUC}#owner"
INVITE: Final = "urn:folkmoot:invite:0"
AUDIT: Final = "urn:folkmoot:audit:0"

AVATAR_ID: Final = "urn:xmpp:spaces:avatar:metadata:0"
BANNER_ID: Final = "urn:xmpp:spaces:banner:metadata:0"
AVATAR_IDS: Final = (AVATAR_ID, AVATAR)
"""Where an avatar is, the better place first: Movim knows the second alone."""

Form = Mapping[str, tuple[str, ...]]
"""The values of a data form, by the name of the field."""

_Word = TypeVar("_Word", bound=Enum)


def _word(kind: type[_Word], text: str | None) -> _Word | None:
    try:
        return kind(text)
    except ValueError:
        return None


def read_affiliation(text: str | None) -> Affiliation:
    """An affiliation; slidge's `subscriber` is a member, and what nobody knows is nothing."""
    if text == "subscriber":
        return Affiliation.MEMBER
    return _word(Affiliation, text) or Affiliation.NONE


def read_state(text: str | None) -> State:
    """A state of a subscription; what nobody knows is none."""
    return _word(State, text) or State.NONE


def read_jid(text: str | None) -> JID | None:
    """A JID, None where there is none."""
    if not text or not text.strip():
        return None
    try:
        jid = JID(text.strip())
    except InvalidJID:
        return None
    return jid if jid.domain else None


def read_number(text: str | None) -> int | None:
    """A number that is not negative, None where there is none."""
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def read_flag(text: str | None) -> bool:
    """A boolean of XML Schema; anything else is no."""
    return text is not None and text.strip() in ("true", "1")


def _text(element: Element | None) -> str:
    return "" if element is None or element.text is None else element.text.strip()


def forms(parent: Element) -> Iterator[tuple[str, Form]]:
    """The data forms in an element, with their FORM_TYPE (XEP-0004, XEP-0068)."""
    for x in parent.findall(f"{{{DATA}}}x"):
        form: dict[str, tuple[str, ...]] = {}
        for each in x.findall(f"{{{DATA}}}field"):
            values = tuple(value.text or "" for value in each.findall(f"{{{DATA}}}value"))
            form.setdefault(each.get("var", ""), values)
        yield next(iter(form.get("FORM_TYPE", ())), ""), form


def _first(form: Form, var: str) -> str:
    return next(iter(form.get(var, ())), "").strip()


def read_space(address: SpaceAddress, form: Form) -> Space:
    """A space from its meta-data (§5.2), or from its configuration: the fields are the same."""
    return Space(
        address,
        title=_first(form, "pubsub#title"),
        description=_first(form, "pubsub#description"),
        type=_first(form, "pubsub#type"),
        access=_word(Access, _first(form, "pubsub#access_model")),
        language=_first(form, "pubsub#language"),
        creator=read_jid(_first(form, "pubsub#creator")),
        owners=tuple(filter(None, map(read_jid, form.get("pubsub#owner", ())))),
        members=read_number(_first(form, "pubsub#num_subscribers")),
    )


def read_info(address: SpaceAddress, query: Element | None) -> Space:
    """A space from disco#info of its node (§5.2)."""
    told = {} if query is None else dict(forms(query)).get(f"{PUBSUB}#meta-data", {})
    space = read_space(address, told)
    identity = None if query is None else query.find(f"{{{DISCO_INFO}}}identity")
    if space.title or identity is None:
        return space
    return Space(
        address,
        identity.get("name", ""),
        *(space.description, space.type, space.access, space.language),
        *(space.creator, space.owners, space.members),
    )


def read_identities(query: Element | None) -> frozenset[tuple[str, str]]:
    """Category and type of what disco#info tells of (XEP-0030 §3.1)."""
    found = () if query is None else query.findall(f"{{{DISCO_INFO}}}identity")
    return frozenset((each.get("category", ""), each.get("type", "")) for each in found)


def read_entities(query: Element | None) -> tuple[JID, ...]:
    """The services that disco#items of a server tells of (XEP-0030 §4.1)."""
    found = () if query is None else query.findall(f"{{{DISCO_ITEMS}}}item")
    jids = (read_jid(each.get("jid")) for each in found if each.get("node") is None)
    return tuple(dict.fromkeys(jid for jid in jids if jid is not None))


def read_features(query: Element | None) -> frozenset[str]:
    """The features that disco#info tells (XEP-0030 §3.1)."""
    found = () if query is None else query.findall(f"{{{DISCO_INFO}}}feature")
    return frozenset(each.get("var", "") for each in found)


def read_listed(service: JID, query: Element | None) -> tuple[Space, ...]:
    """The nodes of a service that disco#items tells (§5.1); entities without a node are none."""
    found = () if query is None else query.findall(f"{{{DISCO_ITEMS}}}item")
    listed = []
    for each in found:
        node = each.get("node")
        if node and read_jid(each.get("jid", str(service))) == service:
            listed.append(Space(SpaceAddress(service, node), each.get("name", "")))
    return tuple(listed)


def read_parent(query: Element | None) -> SpaceAddress | None:
    """The space an entity says it is in (§5.5), in one of the three ways there are to say it."""
    told = {} if query is None else dict(forms(query))
    room = told.get("http://jabber.org/protocol/muc#roominfo", {})
    for iri in (
        _first(told.get(SPACES, {}), "parent"),
        _first(room, "muc#roomconfig_pubsub"),
        _first(room, "muc#roominfo_pubsub"),
    ):
        try:
            return SpaceAddress.parse(iri)
        except InvalidAddress:
            continue
    return None


def read_item(item: Element) -> Item:
    """An item of a space (§5.4), of whatever kind."""
    id = item.get("id", "")
    payload = next(iter(item), None)
    if payload is None:
        return Other(id)
    reader = _READERS.get(payload.tag)
    return (reader and reader(id, item, payload)) or Other(id, payload)


def _read_room(id: str, item: Element, conference: Element) -> Item | None:
    jid = read_jid(id)
    if jid is None or not jid.local:
        return None
    extensions = conference.find(f"{{{BOOKMARKS}}}extensions")
    return Room(
        jid,
        conference.get("name", ""),
        read_flag(conference.get("autojoin")),
        _text(conference.find(f"{{{BOOKMARKS}}}nick")),
        _text(conference.find(f"{{{BOOKMARKS}}}password")),
        () if extensions is None else tuple(extensions),
    )


def _read_node(id: str, item: Element, subscription: Element) -> Item | None:
    service, node = read_jid(subscription.get("server")), subscription.get("node")
    if service is None or not node:
        return None
    title = _text(subscription.find(f"{{{SUBSCRIPTION}}}title"))
    return NodeLink(id, SpaceAddress(service, node), title)


def _read_link(id: str, item: Element, x: Element) -> Item | None:
    url = _text(x.find(f"{{{OOB}}}url"))
    return WebLink(id, url, _text(x.find(f"{{{OOB}}}desc"))) if url else None


def _read_images(id: str, item: Element, metadata: Element) -> Item | None:
    if id not in (*AVATAR_IDS, BANNER_ID):
        return None
    found = item.findall(f"{{{AVATAR}}}metadata/{{{AVATAR}}}info")
    return Images(id, tuple(_read_image(each) for each in found))


def _read_image(info: Element) -> Image:
    return Image(
        hash=info.get("id", ""),
        type=info.get("type", ""),
        bytes=read_number(info.get("bytes")),
        url=info.get("url", ""),
        width=read_number(info.get("width")),
        height=read_number(info.get("height")),
    )


_READERS: Final = {
    f"{{{BOOKMARKS}}}conference": _read_room,
    f"{{{SUBSCRIPTION}}}subscription": _read_node,
    f"{{{OOB}}}x": _read_link,
    f"{{{AVATAR}}}metadata": _read_images,
}


def sorted_out(items: tuple[Item, ...]) -> Content:
    """Items by their kind. Of two avatars, the one at the place of the XEP."""
    images = {item.id: item for item in items if isinstance(item, Images)}
    return Content(
        rooms=tuple(item for item in items if isinstance(item, Room)),
        nodes=tuple(item for item in items if isinstance(item, NodeLink)),
        links=tuple(item for item in items if isinstance(item, WebLink)),
        avatar=next((images[id] for id in AVATAR_IDS if id in images), None),
        banner=images.get(BANNER_ID),
        others=tuple(item for item in items if isinstance(item, Other)),
    )


def read_members(affiliations: Element | None, subscriptions: Element | None) -> tuple[Member, ...]:
    """Who is affiliated or subscribed, each once; of several subscriptions, the best counts."""
    standing: dict[JID, Affiliation] = {}
    for row in () if affiliations is None else affiliations:
        jid = read_jid(row.get("jid"))
        if jid is not None:
            standing[JID(jid.bare)] = read_affiliation(row.get("affiliation"))
    states: dict[JID, State] = {}
    order = list(State)
    for row in () if subscriptions is None else subscriptions:
        jid = read_jid(row.get("jid"))
        if jid is not None:
            bare, state = JID(jid.bare), read_state(row.get("subscription"))
            states[bare] = max(states.get(bare, State.NONE), state, key=order.index)
    everyone = dict.fromkeys([*standing, *states])
    return tuple(
        Member(jid, states.get(jid, State.NONE), standing.get(jid, Affiliation.NONE))
        for jid in everyone
    )


def read_requests(address: SpaceAddress, subscriptions: Element | None) -> tuple[Request, ...]:
    """Who waits, of an owner's list of subscriptions (XEP-0060 §8.8.1)."""
    found = []
    for row in () if subscriptions is None else subscriptions:
        jid = read_jid(row.get("jid"))
        if jid is not None and read_state(row.get("subscription")) is State.PENDING:
            found.append(Request(address, jid, row.get("subid", "")))
    return tuple(found)


def read_request(service: JID, message: Element) -> Request | None:
    """What an owner is asked in a message (XEP-0060 §8.6), None where it is no such message."""
    form = dict(forms(message)).get(AUTHORIZATION, {})
    jid, node = read_jid(_first(form, "pubsub#subscriber_jid")), _first(form, "pubsub#node")
    if jid is None or not node:
        return None
    return Request(SpaceAddress(service, node), jid, _first(form, "pubsub#subid"))


def read_invite(invite: Element) -> Invite:
    """An invite, whole or of a list of them."""
    told = invite.get
    return Invite(
        *(told("id", ""), read_jid(told("by")), told("created", ""), told("expires", "")),
        *(read_number(told("uses")) or 1, read_number(told("used")) or 0),
        *(told("token", ""), told("uri", "")),
    )


def read_changes(audit: Element) -> tuple[Change, ...]:
    """The rows of an audit trail."""
    return tuple(
        Change(
            *(row.get(name, "") for name in ("id", "at", "by", "what", "of")),
            *(row.findtext(f"{{{AUDIT}}}{name}", "") for name in ("before", "after")),
        )
        for row in audit.iterfind(f"{{{AUDIT}}}row")
    )
