"""The vCard of a room, and the avatar in it: XEP-0486 0.1.0, XEP-0054 1.3.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.room_commands import SetCard
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.muc.stanzas import room_asked
from folkmoot.facades.vcard.avatar import Avatar, decode, type_of
from folkmoot.facades.vcard.card import NS
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.xml import Element

PHOTOS_MAX: Final = 8
"""In how many forms a room may have its avatar."""


async def retrieve(request: Request) -> Iterable[Element]:
    """A room's vCard, for those who may know of the room (§3.4)."""
    found = await request.engine.card(request.actor, room_asked(request))
    return (Element(NS, "vCard") if found is None else found,)


async def update(request: Request) -> Iterable[Element]:
    """Set it, as an owner; an empty one is none (§3.2).

    Raises StanzaError: not-acceptable for photos that are no images, policy-violation where one is
    too large.
    """
    card = request.payload
    hashes = tuple(dict.fromkeys(avatar.id for avatar in _photos(card)))
    kept = card if card.first is not None else None
    room = room_asked(request)
    await request.run(SetCard(actor=request.actor, node=room, card=kept, avatar=hashes))
    return ()


def _photos(card: Element) -> list[Avatar]:
    found = card.childs(NS, "PHOTO")
    if len(found) > PHOTOS_MAX:
        raise StanzaError("not-acceptable", f"at most {PHOTOS_MAX} photos")
    return [_photo(each) for each in found if each.first is not None]


def _photo(photo: Element) -> Avatar:
    data, type = photo.child(NS, "BINVAL"), photo.child(NS, "TYPE")
    image = None if data is None else decode(data.text)
    kind = "" if image is None else type_of(image, "" if type is None else type.text)
    if image is None or not kind:
        raise StanzaError("not-acceptable", "a photo is no image")
    return Avatar(kind, image)


ROUTES: Final = (
    Route("iq", "get", (NS, "vCard"), retrieve, feature=NS),
    Route("iq", "set", (NS, "vCard"), update, feature=NS),
)
