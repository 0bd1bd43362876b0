"""vcard-temp: XEP-0054 1.3.0.

A vCard is the item `current` of the account's node `vcard-temp`, which everybody may read. Its
photo is the account's avatar: it is put in for whoever asks, and taken out where a vCard is set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from folkmoot.engine.commands import Entry
from folkmoot.engine.model import NodeId
from folkmoot.engine.view import View
from folkmoot.facades.facade import Facade, Request, Route
from folkmoot.facades.personal import CURRENT, ERRORS, PUBLIC, is_own, keep, named
from folkmoot.facades.vcard import avatar
from folkmoot.facades.vcard.avatar import Avatar
from folkmoot.facades.vcard.presence import refresh
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element

NS: Final = "vcard-temp"


async def retrieve(request: Request) -> Iterable[Element]:
    """An account's vCard, its avatar in it (§3.1, §3.3).

    That somebody else has none is said as if there were no such account.
    """
    card = await request.ask(whole, request.actor, request.to.bare)
    if card is None:
        own = is_own(request)
        raise StanzaError("item-not-found" if own else "service-unavailable")
    return (card,)


def whole(view: View, actor: JID, account: JID) -> Element | None:
    """A vCard as an entity may see it, None where there is nothing to see."""
    item = named(view, actor, NodeId(account, NS), CURRENT)
    card = None if item is None else item.payload
    if card is not None and (card.ns, card.name) != (NS, "vCard"):
        card = None  # published there, and no vCard
    seen = avatar.shown(view, actor, account)
    if seen is None:
        return card
    card = card or Element(NS, "vCard")
    return Element(NS, "vCard", card.attrs, *_other(card), _photo(seen))


async def update(request: Request) -> Iterable[Element]:
    """Set one's vCard, all of it; its photo is one's avatar from then on (§3.2, XEP-0398 §3.2)."""
    if not is_own(request):
        raise StanzaError("forbidden", "the vCard of another account")
    card = request.payload
    wanted = read_photo(card)
    if wanted is not None:
        card = Element(NS, "vCard", card.attrs, *_other(card))
    before = await request.ask(avatar.shown, request.actor, request.to)
    await keep(request, NS, (Entry(id=CURRENT, payload=card),), PUBLIC)
    if wanted is not None and (before is None or wanted.id != before.id):
        await avatar.publish(request, wanted)
    elif wanted is None and before is not None:
        await avatar.withdraw(request)
    else:
        return ()
    await refresh(request)
    return ()


def read_photo(card: Element) -> Avatar | None:
    """The image in a vCard; None where it has none, or none that is one (XEP-0153 §4.5).

    Raises StanzaError policy-violation where it is too large.
    """
    for photo in card.childs(NS, "PHOTO"):
        data, type = photo.child(NS, "BINVAL"), photo.child(NS, "TYPE")
        image = None if data is None else avatar.decode(data.text)
        if image is not None:
            kind = avatar.type_of(image, "" if type is None else type.text)
            if kind:
                return Avatar(kind, image)
    return None


def _other(card: Element) -> Iterable[Element | str]:
    """What is in a vCard besides photos."""
    return (
        child
        for child in card.children
        if isinstance(child, str) or (child.ns, child.name) != (NS, "PHOTO")
    )


def _photo(seen: Avatar) -> Element:
    type = Element(NS, "TYPE", None, seen.type)
    return Element(NS, "PHOTO", None, type, Element(NS, "BINVAL", None, seen.base64))


FACADE: Final = Facade(
    "vcard",
    (
        Route("iq", "get", (NS, "vCard"), retrieve, feature=NS),
        Route("iq", "set", (NS, "vCard"), update, feature=NS),
    ),
    ERRORS,
)
