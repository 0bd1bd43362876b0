"""The hash of an avatar in presence: XEP-0398 1.0.0, §4; XEP-0153 1.1.1, §4.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from folkmoot.engine.account_questions import presences
from folkmoot.engine.commands import Entry, Publish
from folkmoot.engine.relations import presence_of
from folkmoot.facades.facade import Answered, Facade, Handler, Request
from folkmoot.facades.personal import around, is_own
from folkmoot.facades.pubsub.ns import OWNER, PUBSUB
from folkmoot.facades.vcard import avatar
from folkmoot.xmpp.xml import Element

UPDATE: Final = "vcard-temp:x:update"


def with_hash(presence: Element, hash: str) -> Element:
    """A presence that names the avatar of this hash, unless it says that there is none (§4)."""
    photos = _photos(presence)
    if any(not photo.text.strip() for photo in photos) or [hash] == [each.text for each in photos]:
        return presence
    return _renewed(presence, hash)


def without_hash(presence: Element) -> Element:
    """A presence that names no avatar any more; one that named none stays as it is."""
    named = any(photo.text.strip() for photo in _photos(presence))
    return _renewed(presence, "") if named else presence


def _photos(presence: Element) -> list[Element]:
    return [photo for x in presence.childs(UPDATE, "x") for photo in x.childs(UPDATE, "photo")]


def _renewed(presence: Element, hash: str) -> Element:
    others = (
        child
        for child in presence.children
        if isinstance(child, str) or (child.ns, child.name) != (UPDATE, "x")
    )
    photo = Element(UPDATE, "photo", None, *([hash] if hash else []))
    x = Element(UPDATE, "x", None, photo)
    return Element(presence.ns, presence.name, presence.attrs, *others, x)


async def refresh(request: Request) -> None:
    """Tell the asker's avatar anew in the presence of each of their resources."""
    account = request.actor.bare
    seen = await request.ask(avatar.shown, account, account)
    for item in await request.ask(presences, account, account):
        said = item.payload
        if said is None:
            continue
        now = without_hash(said) if seen is None else with_hash(said, seen.id)
        if now is not said:
            resource = account.with_resource(item.id)
            entry = Entry(id=item.id, payload=now)
            await request.run(Publish(actor=resource, node=presence_of(account), entry=entry))


async def _available(request: Request, handler: Handler) -> Answered:
    """Presence, broadcast or to one address, with the hash of the sender's avatar (§4)."""
    seen = await request.ask(avatar.shown, request.actor, request.actor.bare)
    if seen is None:
        return await handler(request)
    stanza = with_hash(request.stanza, seen.id)
    return await handler(replace(request, stanza=stanza, payload=stanza))


def beside_presence(facade: Facade) -> Facade:
    """Accounts, or rooms: what they are told of somebody's presence names the avatar."""
    return around(facade, {("presence", ""): _available})


async def _changed(request: Request, handler: Handler) -> Answered:
    answer = await handler(request)
    if is_own(request) and request.payload.get("node") in (avatar.DATA, avatar.METADATA):
        await refresh(request)
    return answer


def beside_pubsub(facade: Facade) -> Facade:
    """XEP-0060 at an account: a new avatar is told in presence as well."""
    return around(
        facade,
        {
            ("iq", "set", PUBSUB, "pubsub", "publish"): _changed,
            ("iq", "set", PUBSUB, "pubsub", "retract"): _changed,
            ("iq", "set", OWNER, "pubsub", "purge"): _changed,
            ("iq", "set", OWNER, "pubsub", "delete"): _changed,
        },
    )
