"""What users see of a component: XEP-0503 0.3.0, asked as one of them, over XMPP.

This needs the extra `client`, so it is imported where somebody asks for it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final
from xml.etree.ElementTree import Element

from slixmpp.jid import JID, InvalidJID

from folkmoot.check.finding import Doing, Finding, Grade, Tell
from folkmoot.check.guest import AWAY, Guest, Place, User, logged_in
from folkmoot.check.tried import examine_space
from folkmoot.client import NotConnected, NotLoggedIn, NotOffered, SpacesError, Support
from folkmoot.client.reading import (
    DISCO_INFO,
    DISCO_ITEMS,
    read_entities,
    read_features,
    read_identities,
)
from folkmoot.client.writing import element

SLOW_SECONDS: Final = 1.0
"""An answer that takes longer is worth a word."""

ASKED_TIMES: Final = 8
"""How often it is asked who answers: where two do, ejabberd lets chance choose each time."""

MUC: Final = "http://jabber.org/protocol/muc"
SOFTWARE: Final = "jabber:iq:version"
OURS: Final = "Folkmoot"

_FEDERATION: Final = (
    "other servers have to find both domains in DNS (SRV _xmpp-server._tcp, or an address),"
    " and to see a certificate with both names"
)


async def examine_as(users: Sequence[User], place: Place, tell: Tell) -> None:
    """Log in as users, and do what they do; the first does most of it, a second joins in."""
    async with AsyncExitStack() as stack:
        guests = []
        for user in users:
            tell(Doing(f"logs in as {user.jid}"))
            try:
                spaces = await stack.enter_async_context(logged_in(user))
            except (SpacesError, InvalidJID, OSError) as error:
                tell(_kept_out(user, error))
                continue
            tell(Finding(Grade.OK, "login", f"{user.jid} is logged in"))
            guests.append(Guest(user, spaces))
        if not guests:
            return
        first, *others = guests
        if first.user.domain == place.domain:
            await _examine_list(first, place, tell)
        if not await _examine_services(first, place, tell):
            return
        there = [each for each in others if await answers(each, place.spaces, tell) is not None]
        await examine_space(first, there, place, tell)


def _kept_out(user: User, error: Exception) -> Finding:
    if isinstance(error, NotLoggedIn):
        mend = "is the password right, has the server this account, and does it offer TLS?"
    elif isinstance(error, NotConnected):
        mend = "say where the server takes clients with --connect, whom to trust with --ca-file"
    else:
        mend = "see what is said of this user, of --connect and of --ca-file"
    return Finding(Grade.FAIL, "login", f"{user.jid}: {error}", mend)


async def _examine_list(guest: Guest, place: Place, tell: Tell) -> None:
    """Clients look at the server for its services (XEP-0030 §4)."""
    tell(Doing(f"asks {place.domain} what it has"))
    try:
        query = await guest.asking.disco(JID(place.domain), DISCO_ITEMS)
    except SpacesError as error:
        mend = "have it answer disco#items: clients find services there"
        tell(Finding(Grade.WARN, "list", f"{place.domain}: {error}", mend))
        return
    listed = {each.bare for each in read_entities(query)}
    missing = [each for each in (place.spaces, place.rooms) if each not in listed]
    if not missing:
        text = f"{place.domain} lists {place.spaces} and {place.rooms}"
        tell(Finding(Grade.OK, "list", text))
        return
    names = ", ".join(missing)
    mend = (
        "add it to disco_items of Prosody's VirtualHost, or to extra_domains of ejabberd's"
        f" mod_disco; Movim needs spaces.{place.domain} only"
    )
    tell(Finding(Grade.WARN, "list", f"{place.domain} does not list {names}", mend))


async def _examine_services(guest: Guest, place: Place, tell: Tell) -> bool:
    """Whether both services answer, as ours: with somebody else's nothing more is tried."""
    ours = []
    for domain, described in ((place.spaces, _as_spaces), (place.rooms, _as_rooms)):
        info = await answers(guest, domain, tell)
        ours.append(info is not None and await _is_ours(guest, domain, tell))
        if info is not None and ours[-1]:
            tell(described(domain, info))
    return all(ours)


async def answers(guest: Guest, domain: str, tell: Tell) -> Element | None:
    """What a service is, and how long it takes to say so."""
    tell(Doing(f"asks {domain} what it is"))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    try:
        info = await guest.asking.disco(JID(domain), DISCO_INFO)
    except SpacesError as error:
        away = guest.user.domain == domain.partition(".")[2]
        mend = AWAY if away else f"{AWAY}; {_FEDERATION}"
        tell(Finding(Grade.FAIL, "answer", f"{domain} to {guest.user.jid}: {error}", mend))
        return None
    seconds = loop.time() - begun
    text = f"{domain} answers {guest.user.jid} within {seconds * 1_000:.0f} ms"
    if seconds > SLOW_SECONDS:
        mend = "see what the server and this machine are busy with"
        tell(Finding(Grade.WARN, "answer", text, mend))
    else:
        tell(Finding(Grade.OK, "answer", text))
    return info


async def _is_ours(guest: Guest, domain: str, tell: Tell) -> bool:
    """Whether it is Folkmoot that answers there, each time (XEP-0092)."""
    names = set()
    try:
        for _ in range(ASKED_TIMES):
            try:
                answer = await guest.asking.ask("get", JID(domain), element(SOFTWARE, "query"))
                names.add(answer.findtext(f"{{{SOFTWARE}}}query/{{{SOFTWARE}}}name") or "nobody")
            except NotOffered:
                names.add("somebody who does not say")
    except SpacesError as error:
        tell(Finding(Grade.FAIL, "identity", f"{domain}: {error}", AWAY))
        return False
    if names == {OURS}:
        return True
    others = ", ".join(sorted(names - {OURS}))
    text = f"{domain}: {others} answers there" + (", beside Folkmoot" if OURS in names else "")
    mend = f"take the server's own {domain} out of its configuration, or choose another domain"
    tell(Finding(Grade.FAIL, "identity", text, mend))
    return False


def _as_spaces(domain: str, info: Element) -> Finding:
    """XEP-0503 §4."""
    missing = list(Support(read_features(info)).missing)
    if ("pubsub", "service") not in read_identities(info):
        missing.append("the identity pubsub/service")
    return _identity(domain, "a service of spaces (XEP-0503)", missing)


def _as_rooms(domain: str, info: Element) -> Finding:
    """XEP-0045 §6.2."""
    missing = [] if MUC in read_features(info) else [MUC]
    if ("conference", "text") not in read_identities(info):
        missing.append("the identity conference/text")
    return _identity(domain, "a service of rooms (XEP-0045)", missing)


def _identity(domain: str, what: str, missing: list[str]) -> Finding:
    if not missing:
        return Finding(Grade.OK, "identity", f"{domain} is {what} with all it needs")
    mend = f"see whether it is Folkmoot that answers as {domain}"
    return Finding(Grade.FAIL, "identity", f"{domain} lacks {', '.join(missing)}", mend)
