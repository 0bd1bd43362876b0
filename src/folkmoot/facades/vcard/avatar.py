"""Avatars as an account publishes them (XEP-0084 1.1.4), and as a vCard's photo (XEP-0153 1.1.1).

There is one avatar, on the account's nodes for avatars; a photo is what old clients see of it.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from hashlib import sha1
from typing import Final

from folkmoot.engine.commands import Entry
from folkmoot.engine.model import NodeId
from folkmoot.engine.view import View
from folkmoot.facades.facade import Request
from folkmoot.facades.personal import PUBLIC, keep, named, newest
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

DATA: Final = "urn:xmpp:avatar:data"
METADATA: Final = "urn:xmpp:avatar:metadata"

AVATAR_BYTES_MAX: Final = 131_072
"""The largest image that is an avatar, whichever way it came."""

AVATAR_CHARS_MAX: Final = 196_608
"""The longest base64 of an image, line ends included; more is not decoded."""

INFOS_MAX: Final = 16
"""How many forms of one avatar are looked at to find one that is kept here."""

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Avatar:
    """An image, and what it says it is: `image/png` and the like."""

    type: str
    image: bytes

    @property
    def id(self) -> str:
        """The SHA-1 of the image, 40 hexadecimal digits in lower case (XEP-0084 §4.1)."""
        return sha1(self.image, usedforsecurity=False).hexdigest()

    @property
    def base64(self) -> str:
        """The image as text."""
        return binascii.b2a_base64(self.image, newline=False).decode()


def decode(text: str) -> bytes | None:
    """What base64 stands for, white space ignored (XEP-0153 §4.6); None where it is none.

    Raises StanzaError policy-violation for more than AVATAR_BYTES_MAX.
    """
    if len(text) > AVATAR_CHARS_MAX:
        raise _too_large()
    try:
        image = binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    if len(image) > AVATAR_BYTES_MAX:
        raise _too_large()
    return image or None


def _too_large() -> StanzaError:
    return StanzaError("policy-violation", f"an avatar has at most {AVATAR_BYTES_MAX} bytes")


def type_of(image: bytes, said: str) -> str:
    """What an image is: by what it begins with, else as it is said to be (XEP-0153 §5)."""
    for magic, type in _MAGIC:
        if image.startswith(magic):
            return type
    said = said.strip().lower()
    return said if said.startswith("image/") else ""


def shown(view: View, actor: JID, account: JID) -> Avatar | None:
    """An account's avatar, for an entity that may see it on both nodes (XEP-0398 §5.2).

    None, too, where the image is kept elsewhere, is not the one its hash names, or is too large:
    nothing is converted of which that is not certain (§3.1).
    """
    item = newest(view, actor, NodeId(account, METADATA))
    metadata = None if item is None else item.payload
    if metadata is None or (metadata.ns, metadata.name) != (METADATA, "metadata"):
        return None
    for info in metadata.childs(METADATA, "info")[:INFOS_MAX]:
        if info.get("url") is None and (image := _image(view, actor, account, info)):
            return Avatar(type_of(image, info.get("type", "")) or "image/png", image)
    return None


def _image(view: View, actor: JID, account: JID, info: Element) -> bytes | None:
    id = info.get("id", "")
    item = named(view, actor, NodeId(account, DATA), id) if id else None
    data = None if item is None else item.payload
    if data is None or (data.ns, data.name) != (DATA, "data"):
        return None
    try:
        image = decode(data.text)
    except StanzaError:
        return None
    if image is None or sha1(image, usedforsecurity=False).hexdigest() != id.lower():
        return None
    return image


async def publish(request: Request, avatar: Avatar) -> None:
    """Make an image the asker's avatar: first the data, then what is told of it (§3.2)."""
    data = Element(DATA, "data", None, avatar.base64)
    attrs = {"bytes": str(len(avatar.image)), "id": avatar.id, "type": avatar.type}
    metadata = Element(METADATA, "metadata", None, Element(METADATA, "info", attrs))
    await keep(request, DATA, (Entry(id=avatar.id, payload=data),), PUBLIC)
    await keep(request, METADATA, (Entry(id=avatar.id, payload=metadata),), PUBLIC)


async def withdraw(request: Request) -> None:
    """The asker has no avatar any more (XEP-0084 §4.2.2)."""
    await keep(request, METADATA, (Entry(payload=Element(METADATA, "metadata")),), PUBLIC)
