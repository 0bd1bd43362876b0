"""What users do with a component: a space, a room in it, all that passes, and nothing of it stays.

Whatever is made is taken away again, however the rest of it ends (XEP-0503 0.3.0, XEP-0045 1.35.5).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from slixmpp.jid import JID

from folkmoot.check.finding import Doing, Finding, Grade, Tell
from folkmoot.check.guest import AWAY, Guest, Place, logged_in
from folkmoot.client import (
    Access,
    Affiliation,
    ItemChanged,
    OccupantChanged,
    Other,
    Refused,
    Said,
    SpaceAddress,
    Spaces,
    SpacesError,
    WebLink,
)
from folkmoot.client.asking import ANSWER_SECONDS, found
from folkmoot.client.model import PUBSUB
from folkmoot.client.reading import RSM
from folkmoot.client.rooms import PARENT
from folkmoot.client.writing import element

FILLING_BYTES: Final = 15_000
FILLING_ITEMS: Final = 21
"""What is put into the space: 300 KiB and some, more than a stanza may have on many servers."""

PAGE_ITEMS: Final = 5
"""How it is read back: 75 KB at once."""

FILLING: Final = "urn:folkmoot:check:0"

_KIBIBYTE: Final = 1_024
_FORBIDDEN: Final = ("forbidden", "not-allowed", "not-authorized")
_LOGS: Final = "see what the log of the component says, and that of the server"
_SIZES: Final = (
    "let the server take stanzas of 512 KiB from components: component_stanza_size_limit of"
    " Prosody, max_stanza_size of ejabberd"
)


async def examine_space(guest: Guest, others: Sequence[Guest], place: Place, tell: Tell) -> None:
    """A space of the guest's own, for as long as this takes, and a room in it."""
    address = SpaceAddress.of(place.spaces, f"folkmoot-check-{secrets.token_urlsafe(9)}")
    tell(Doing("makes a space"))
    try:
        await guest.spaces.create(
            address.service, address.node, title="folkmoot check", access=Access.WHITELIST
        )
    except SpacesError as error:
        tell(_none_made(guest, "space", "spaces.node_creators", error))
        if not isinstance(error, Refused):
            await _clean(guest, address, tell)  # it may be there all the same
        return
    tell(Finding(Grade.OK, "space", f"{guest.user.jid} can make one"))
    try:
        await _try(tell, "pages", _examine_pages(guest, address, tell), _SIZES)
        await _try(tell, "notices", _examine_notices(guest, address, tell))
        await _examine_room(guest, others, address, place, tell)
    finally:
        await _clean(guest, address, tell)


def _none_made(guest: Guest, subject: str, option: str, error: SpacesError) -> Finding:
    """A guest may not make one, which may be as it should be, or cannot."""
    if isinstance(error, Refused) and error.condition in _FORBIDDEN:
        text = f"{guest.user.jid} may make none: {error}"
        mend = f"name who may with {option}, or say --as somebody who may"
        return Finding(Grade.WARN, subject, text, mend)
    return Finding(Grade.FAIL, subject, f"{guest.user.jid} cannot make one: {error}", AWAY)


async def _clean(guest: Guest, address: SpaceAddress, tell: Tell) -> None:
    tell(Doing("deletes the space"))
    if not await _deleted(guest, address):
        mend = f"log in as {guest.user.jid}, and delete it"
        tell(Finding(Grade.FAIL, "space", f"{address} is left behind", mend))


async def _try(tell: Tell, subject: str, work: Awaitable[None], mend: str = _LOGS) -> None:
    """Do something; what goes wrong is a finding of its own."""
    try:
        await work
    except (SpacesError, TimeoutError) as error:
        why = str(error) or f"nothing came within {ANSWER_SECONDS:.0f} seconds"
        tell(Finding(Grade.FAIL, subject, why, mend))


async def _deleted(guest: Guest, address: SpaceAddress) -> bool:
    """Take the space away, on a new stream if the first one is lost."""
    with suppress(SpacesError):
        await _delete(guest.spaces, address)
        return True
    with suppress(SpacesError):
        async with logged_in(guest.user) as spaces:
            await _delete(spaces, address)
            return True
    return False


async def _delete(spaces: Spaces, address: SpaceAddress) -> None:
    try:
        await spaces.delete(address)
    except Refused as refused:
        if refused.condition != "item-not-found":
            raise


async def _examine_notices(guest: Guest, address: SpaceAddress, tell: Tell) -> None:
    """Who is subscribed hears of what is listed."""
    events = guest.spaces.events(address)
    try:
        await guest.spaces.join(address)
        await guest.spaces.put(address, WebLink("page", "https://xmpp.org/", "A page"))
        async with asyncio.timeout(ANSWER_SECONDS):
            await events.first(ItemChanged)
    finally:
        events.close()
    tell(Finding(Grade.OK, "notices", f"{guest.user.jid} hears of what a space lists"))


async def _examine_pages(guest: Guest, address: SpaceAddress, tell: Tell) -> None:
    """An answer that is larger than many a stanza may be, page by page (XEP-0059 §2.2)."""
    for number in range(FILLING_ITEMS):
        tell(Doing(f"fills the space, {number} of {FILLING_ITEMS}"))
        payload = Element(f"{{{FILLING}}}filling")
        payload.text = "x" * FILLING_BYTES
        await guest.spaces.put(address, Other(f"filling-{number}", payload))
    total = pages = largest = 0
    last: str | None = ""
    while last is not None and pages <= FILLING_ITEMS:
        tell(Doing(f"reads it, page {pages + 1}"))
        page = await _page(guest, address, last)
        total += sum(len(each.text or "") for each in page.iter(f"{{{FILLING}}}filling"))
        largest, pages = max(largest, len(tostring(page))), pages + 1
        told = page.findtext(f"{{{RSM}}}set/{{{RSM}}}last")
        last = None if told == last else told
    if total == FILLING_BYTES * FILLING_ITEMS:
        size, most = total // _KIBIBYTE, largest // _KIBIBYTE
        text = f"{size} KiB came back whole in {pages} pages of {most} KiB at most"
        tell(Finding(Grade.OK, "pages", text))
    else:
        text = f"of {FILLING_BYTES * FILLING_ITEMS} bytes {total} came back"
        tell(Finding(Grade.FAIL, "pages", text, _SIZES))


async def _page(guest: Guest, address: SpaceAddress, after: str) -> Element:
    """The items after one, "" for the first; as the answer has them."""
    asked = element(RSM, "set")
    SubElement(asked, f"{{{RSM}}}max").text = str(PAGE_ITEMS)
    if after:
        SubElement(asked, f"{{{RSM}}}after").text = after
    items = element(PUBSUB, "items", node=address.node)
    answer = await guest.asking.pubsub("get", address.service, items, asked)
    return found(answer, PUBSUB, "pubsub")


async def _examine_room(
    guest: Guest, others: Sequence[Guest], address: SpaceAddress, place: Place, tell: Tell
) -> None:
    """A room that is there as long as somebody is in it."""
    room = JID(f"{address.node.lower()}@{place.rooms}")
    rooms = guest.spaces.rooms
    tell(Doing("enters a room"))
    try:
        entered = await rooms.enter(room, guest.nick)
    except SpacesError as error:
        tell(_none_made(guest, "room", "spaces.room_creators", error))
        return
    try:
        if not entered.created:
            tell(Finding(Grade.FAIL, "room", f"{room} is not new", "try again"))
            return
        await _try(tell, "room", _examine_within(guest, others, room, address, tell))
    finally:
        with suppress(SpacesError):
            await rooms.leave(room)


async def _examine_within(
    guest: Guest, others: Sequence[Guest], room: JID, address: SpaceAddress, tell: Tell
) -> None:
    rooms = guest.spaces.rooms
    settings = {"persistentroom": "0", "publicroom": "0", "membersonly": "1"}
    named = {f"muc#roomconfig_{key}": value for key, value in settings.items()}
    await rooms.configure(room, {**named, PARENT: address.iri})
    await guest.spaces.add_room(address, room, "folkmoot check")
    tell(Finding(Grade.OK, "presence", f"{guest.user.jid} enters a room, and is seen there"))
    if await guest.spaces.parent(room) != address:
        tell(Finding(Grade.FAIL, "room", f"{room} does not say which space it is in", _LOGS))
    tell(Doing("says something"))
    await rooms.say(room, "folkmoot check")
    tell(Finding(Grade.OK, "messages", f"{guest.user.jid} speaks in a room, and hears it"))
    for other in others:
        tell(Doing(f"lets {other.user.jid} in"))
        await _try(tell, "together", _examine_together(guest, other, room, address, tell))


async def _examine_together(
    guest: Guest, other: Guest, room: JID, address: SpaceAddress, tell: Tell
) -> None:
    """A member of the space is one of its room: what the two see of one another there."""
    heard, heard_too = guest.spaces.events(room), other.spaces.events(room)
    try:
        await guest.spaces.set_affiliation(address, other.user.jid, Affiliation.MEMBER)
        await other.spaces.join(address)
        await other.spaces.content(address)
        await other.spaces.rooms.enter(room, other.nick)
        async with asyncio.timeout(ANSWER_SECONDS):
            await heard.first(OccupantChanged, lambda event: event.nick == other.nick)
            await other.spaces.rooms.say(room, "There and")
            await heard.first(Said, lambda event: event.text == "There and")
            await guest.spaces.rooms.say(room, "back again")
            await heard_too.first(Said, lambda event: event.text == "back again")
        await other.spaces.rooms.leave(room)
    finally:
        heard.close()
        heard_too.close()
    text = f"{guest.user.jid} and {other.user.jid} share a space, and hear one another in a room"
    tell(Finding(Grade.OK, "together", text))
