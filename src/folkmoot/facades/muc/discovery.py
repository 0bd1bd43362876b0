"""What is found out about rooms: XEP-0045 1.35.5, §6; XEP-0307 0.1; XEP-0503 0.3.0, §5.5."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from folkmoot.engine import questions, room_questions
from folkmoot.engine.configuration import Access, NodeConfig, RoomConfig
from folkmoot.engine.model import Affiliation, NodeId
from folkmoot.engine.questions import NodeInfo
from folkmoot.facades import basics, disco, hats, listing, spaces
from folkmoot.facades.archiving import FEATURES, STANZA_IDS
from folkmoot.facades.facade import Request, Route
from folkmoot.facades.form_table import node_uri
from folkmoot.facades.muc import retraction
from folkmoot.facades.muc.activity import activity
from folkmoot.facades.muc.config import PUBSUB, told
from folkmoot.facades.muc.ns import (
    AFFILIATIONS,
    MUC,
    OCCUPANT_ID,
    RAI,
    REGISTER,
    REQUEST,
    ROOM_CONFIG,
    ROOM_INFO,
    SELF_PING,
    STABLE_ID,
    TOKEN_INVITE,
    UNIQUE,
)
from folkmoot.facades.muc.register import NS as REGISTRATION
from folkmoot.facades.muc.stanzas import (
    occupant_address,
    read_text,
    room_address,
    room_of,
)
from folkmoot.facades.paging import cut
from folkmoot.facades.vcard.card import NS as VCARD
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Field, Form
from folkmoot.xmpp.rsm import RSM, PageRequest, read_set
from folkmoot.xmpp.xml import Element

RESERVED_NICK: Final = "x-roomuser-item"
NICKS_MAX: Final = 500
"""How many occupants one answer names."""
TRAFFIC: Final = MUC + "#traffic"

SERVICE_FEATURES: Final = (
    MUC,
    UNIQUE,
    STABLE_ID,
    OCCUPANT_ID,
    RAI,
    RSM,
    disco.INFO,
    disco.ITEMS,
    VCARD,
    *basics.FEATURES,
)
ROOM_FEATURES: Final = (
    MUC,
    STABLE_ID,
    REGISTER,
    ROOM_CONFIG,
    ROOM_INFO,
    REGISTRATION,
    AFFILIATIONS,
    VCARD,
    RSM,
    SELF_PING,
    STANZA_IDS,
    OCCUPANT_ID,
    *retraction.FEATURES,
    TOKEN_INVITE,
    hats.NS,
    hats.COMMANDS,
    disco.INFO,
    disco.ITEMS,
    basics.PING,
)


async def info(request: Request) -> Iterable[Element]:
    """What the service is, or a room of it (§6.2, §6.4)."""
    node = request.payload.get("node", "")
    if not request.to.local:
        if node:
            raise StanzaError("item-not-found", "there is no such node")
        identity = disco.Identity("conference", "text", "Rooms")
        return (disco.info("", (identity,), SERVICE_FEATURES),)
    if node == RESERVED_NICK:
        return await _reserved(request)
    if node:
        if command := hats.command_info(node):
            return (command,)
        raise _no_node(node)
    found = await request.ask(questions.info, request.actor, room_of(request))
    features = [*ROOM_FEATURES, *_kinds(found.config)]
    if found.config.room is not None and found.config.room.archive:
        features.extend(FEATURES)
    about = room_info(found)
    forms = [replace(about, fields=(*about.fields, *await activity(request)))]
    if membership := spaces.membership(found.chain):
        features.append(spaces.NS)
        forms.extend(membership)
    identity = disco.Identity("conference", "text", found.config.title or found.id.name)
    return (disco.info("", (identity,), features, forms),)


async def _reserved(request: Request) -> Iterable[Element]:
    """The nick that is reserved for who asks (§7.12, Example 78)."""
    nick = await request.ask(room_questions.reserved_nick, request.actor, room_of(request))
    identities = (disco.Identity("conference", "text", nick),) if nick else ()
    return (disco.info(RESERVED_NICK, identities, ()),)


def _no_node(node: str) -> StanzaError:
    """How each node that a room has not is answered (§18.1.1)."""
    if node == TRAFFIC:
        return StanzaError("service-unavailable", "everything passes")
    return StanzaError("item-not-found", "there is no such node")


def _kinds(config: NodeConfig) -> Iterable[str]:
    """What kind of room it is (§4.2, §16.3)."""
    room = config.room or RoomConfig()
    return (
        "muc_persistent" if room.persistent else "muc_temporary",
        "muc_public" if room.public else "muc_hidden",
        "muc_membersonly" if config.access is Access.WHITELIST else "muc_open",
        "muc_moderated" if room.moderated else "muc_unmoderated",
        "muc_nonanonymous" if room.whois_anyone else "muc_semianonymous",
        "muc_passwordprotected" if room.password else "muc_unsecured",
        *((REQUEST,) if room.voice_requests else ()),
    )


def room_info(found: NodeInfo) -> Form:
    """What is told of a room to those who may know of it (§6.4, Example 10)."""
    config, room = found.config, found.config.room or RoomConfig()
    fields = [
        Field("muc#roominfo_description", "text-single", (config.description,), "Description"),
        Field("muc#roominfo_subjectmod", "boolean", ("1" if room.change_subject else "0",)),
        *told(config),
        Field(
            "muc#roominfo_slow_mode_duration",
            "text-single",
            (str(room.slow_seconds),),
            "Seconds between messages",
        ),
    ]
    if config.language:
        fields.append(Field("muc#roominfo_lang", "text-single", (config.language,)))
    if found.inside:
        subject = "" if found.subject is None else _subject(found.subject.payload)
        fields.append(Field("muc#roominfo_subject", "text-single", (subject,), "Subject"))
        count = str(len(found.nicks))
        fields.append(Field("muc#roominfo_occupants", "text-single", (count,), "Occupants"))
    if found.hats:
        told_hash = (hats.hats_hash(found.hats),)
        fields.append(Field(hats.HASH, "text-single", told_hash, "Hats hash"))
    if room.whois_anyone and found.owners:
        owners = tuple(str(jid) for jid in found.owners)
        fields.append(Field("muc#roominfo_contactjid", "jid-multi", owners, "Owners"))
    # A space that does not list the room is its owner's claim, and nobody else's business.
    agreed = len(found.chain) > 1 or found.affiliation is Affiliation.OWNER
    if config.parent is not None and agreed:
        uri = (node_uri(config.parent),)
        # XEP-0045 has the one name; ejabberd says, and Movim reads, the other.
        fields.append(Field(PUBSUB, "text-single", uri, "Space"))
        fields.append(Field("muc#roominfo_pubsub", "text-single", uri, "Space"))
    if room.avatar:
        fields.append(Field("muc#roominfo_avatarhash", "text-multi", room.avatar, "Avatar"))
    return Form("result", ROOM_INFO, tuple(fields))


def _subject(payload: Element | None) -> str:
    return "" if payload is None else read_text(payload, "subject")


async def items(request: Request) -> Iterable[Element]:
    """The rooms of the service, page by page (§6.3), or who is in a room (§6.5)."""
    node = request.payload.get("node")
    if request.to.local and not request.to.resource and node == hats.COMMANDS:
        return (Element(disco.ITEMS, "query", {"node": node}, *hats.listed(str(request.to))),)
    if node:
        raise StanzaError("item-not-found", "there is no such node")
    if request.to.local:
        room = room_of(request)
        nicks = await request.ask(room_questions.nicks, request.actor, room)
        return (_occupants(room, nicks, read_set(request.payload)),)
    asked = read_set(request.payload)
    beside = "" if asked is None else asked.before or asked.after or ""
    name, _, _ = beside.partition("@")
    query = listing.page_query(request, request.node(name), asked)
    page = await listing.listed(request, query, asked)
    named = [(room_address(each.id), each.config.title or each.id.name) for each in page.nodes]
    page, told = page.fitting(disco.items("", named).elements)
    addresses = (room_address(each.id) for each in page.nodes)
    part = page.result_set(addresses, asked=asked is not None)
    return (Element(disco.ITEMS, "query", None, *told, *part),)


async def unique(request: Request) -> Iterable[Element]:
    """The name of a room that is not there, for who wants to make one (XEP-0307 §2)."""
    if request.to.local:
        raise StanzaError("service-unavailable", "the service is asked for names, not a room")
    return (Element(UNIQUE, "unique", None, request.engine.fresh_id().lower()),)


def _occupants(room: NodeId, nicks: Iterable[str], asked: PageRequest | None) -> Element:
    """Who is in a room, page by page (§6.5; XEP-0059)."""
    names = sorted(occupant_address(room, nick) for nick in nicks)
    entries = disco.items("", [(name, "") for name in names]).elements
    told, page = cut(list(zip(names, entries, strict=True)), asked, most=NICKS_MAX)
    return Element(disco.ITEMS, "query", None, *told, *page)


ROUTES: Final = (
    Route("iq", "get", (disco.INFO, "query"), info),
    Route("iq", "get", (disco.ITEMS, "query"), items),
    Route("iq", "get", (UNIQUE, "unique"), unique),
)
