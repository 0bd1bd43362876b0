"""What is sent to a service of spaces, as XML: XEP-0503 0.3.0, XEP-0060 1.30.0, XEP-0462."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from folkmoot.client.model import (
    PUBSUB,
    SPACES,
    Access,
    Image,
    Images,
    Item,
    NodeLink,
    Other,
    Room,
    WebLink,
)
from folkmoot.client.reading import AVATAR, BOOKMARKS, DATA, OOB, RSM, SUBSCRIPTION

FILTER: Final = "urn:xmpp:pubsub-filter:0"
NODE_CONFIG: Final = f"{PUBSUB}#node_config"


def element(namespace: str, tag: str, /, *children: Element, **attributes: str | None) -> Element:
    """An element; attributes that are None are left out."""
    given = {key: value for key, value in attributes.items() if value is not None}
    made = Element(f"{{{namespace}}}{tag}", given)
    made.extend(children)
    return made


def _said(parent: Element, namespace: str, name: str, text: str) -> None:
    if text:
        SubElement(parent, f"{{{namespace}}}{name}").text = text


def submitted(form_type: str, fields: Iterable[tuple[str, str]]) -> Element:
    """A form that is submitted (XEP-0004 §3.2, XEP-0068)."""
    x = element(DATA, "x", type="submit")
    hidden = SubElement(x, f"{{{DATA}}}field", {"var": "FORM_TYPE", "type": "hidden"})
    SubElement(hidden, f"{{{DATA}}}value").text = form_type
    for var, value in fields:
        told = SubElement(x, f"{{{DATA}}}field", {"var": var})
        SubElement(told, f"{{{DATA}}}value").text = value
    return x


def only_spaces() -> Element:
    """The filter for nodes that are spaces (§5.1).

    Our type is the only value: slidge takes no other, and a second, empty one would add to what is
    listed all that has no type.
    """
    return element(FILTER, "filter", submitted(FILTER, [("included-types", SPACES)]))


def page_after(last: str) -> Element:
    """The page after an entry (XEP-0059 §2.2)."""
    asked = element(RSM, "set")
    SubElement(asked, f"{{{RSM}}}after").text = last
    return asked


def space_config(title: str, description: str, access: Access) -> list[tuple[str, str]]:
    """How the node of a space is configured (§3): all that MUST and SHOULD be.

    All items are kept and come with what is in them, as a list that forgets is none.
    """
    return [
        ("pubsub#title", title),
        ("pubsub#description", description),
        ("pubsub#type", SPACES),
        ("pubsub#access_model", access.value),
        ("pubsub#publish_model", "publishers"),
        ("pubsub#persist_items", "true"),
        ("pubsub#max_items", "max"),
        ("pubsub#deliver_payloads", "true"),
        ("pubsub#purge_offline", "false"),
        ("pubsub#notify_retract", "true"),
        ("pubsub#notify_sub", "true"),
        ("pubsub#notify_config", "true"),
        ("pubsub#notify_delete", "true"),
    ]


def write_item(item: Item) -> Element:
    """An item as it is published; `read_item` gives it back."""
    written = element(PUBSUB, "item", id=item.id or None)
    match item:
        case Room():
            written.append(_room(item))
        case NodeLink(address=address, title=title):
            told = SubElement(written, f"{{{SUBSCRIPTION}}}subscription")
            told.set("server", str(address.service))
            told.set("node", address.node)
            _said(told, SUBSCRIPTION, "title", title)
        case WebLink(url=url, description=description):
            x = SubElement(written, f"{{{OOB}}}x")
            _said(x, OOB, "url", url)
            _said(x, OOB, "desc", description)
        case Images(images=images):
            metadata = SubElement(written, f"{{{AVATAR}}}metadata")
            metadata.extend(_image(image) for image in images)
        case Other(payload=payload):
            if payload is not None:
                written.append(payload)
    return written


def _room(room: Room) -> Element:
    told = element(BOOKMARKS, "conference", name=room.name or None)
    if room.autojoin:
        told.set("autojoin", "true")
    _said(told, BOOKMARKS, "nick", room.nick)
    _said(told, BOOKMARKS, "password", room.password)
    if room.extensions:
        told.append(element(BOOKMARKS, "extensions", *room.extensions))
    return told


def _image(image: Image) -> Element:
    return element(
        AVATAR,
        "info",
        id=image.hash,
        type=image.type or None,
        bytes=None if image.bytes is None else str(image.bytes),
        url=image.url or None,
        width=None if image.width is None else str(image.width),
        height=None if image.height is None else str(image.height),
    )
