"""Nouns as rows and rows as nouns: configurations and contacts as JSON, payloads as XML.

A configuration is a JSON object of `NodeConfig`'s fields under their own names, all of them, so
that a default changed later changes no node. Enums are their values, a node is `[service, name]`,
`RoomConfig` and `Preferences` are objects of the same kind. Read back, a field that is missing
takes its default and one that is not known is passed over; a value its field cannot hold is a
ValueError, since an access model must never turn into a guess.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import Enum
from types import UnionType
from typing import Any, Final, TypeAlias, cast, get_args, get_origin, get_type_hints

from folkmoot.engine.configuration import NodeConfig, Preferences, RoomConfig
from folkmoot.engine.digest import Digest
from folkmoot.engine.model import (
    Affiliation,
    Contact,
    Hat,
    Item,
    Manner,
    NodeId,
    Occupant,
    Retraction,
    Role,
    Scope,
    Show,
    State,
    Subscription,
    Terms,
    Topic,
    Via,
)
from folkmoot.engine.standings import Moved, Was
from folkmoot.stores.texts import is_said, words_of
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element, Limits, parse, serialize

Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = Mapping[str, Value]
"""The parameters of one statement."""

_AS_KEPT: Final = Limits(
    stanza_bytes_max=sys.maxsize,
    tag_bytes_max=sys.maxsize,
    depth_max=sys.maxsize,
    elements_max=sys.maxsize,
    attributes_max=sys.maxsize,
)
"""Payloads had their limits on the way in; written without prefixes, they are longer now."""


def write_config(config: NodeConfig) -> str:
    """A node's configuration as JSON."""
    return _json(_plain(config))


def read_config(text: str) -> NodeConfig:
    """The configuration that `write_config` wrote, in this version or an earlier one.

    Raises ValueError where a field holds what this version has no value for.
    """
    config: NodeConfig = _read(NodeConfig, json.loads(text))
    return config


def write_contact(contact: Contact | None) -> str | None:
    """A roster's words for a contact as JSON, and the stanza that asks for presence."""
    if contact is None:
        return None
    words: dict[str, object] = {"name": contact.name, "groups": contact.groups}
    if contact.request is not None:
        words["request"] = serialize(contact.request)
    return _json(words)


def read_contact(text: str | None) -> Contact | None:
    """The contact that `write_contact` wrote."""
    if text is None:
        return None
    found = json.loads(text)
    request = found.get("request")
    return Contact(
        name=found.get("name", ""),
        groups=tuple(found.get("groups", ())),
        request=None if request is None else read_element(request),
    )


def write_hats(hats: tuple[str, ...]) -> str:
    """The URIs of hats as JSON."""
    return _json(hats)


def read_hats(text: str) -> tuple[str, ...]:
    """What `write_hats` wrote."""
    return tuple(json.loads(text))


def terms_row(subscription: Subscription) -> dict[str, Value]:
    """The columns of the terms of an address's subscriptions."""
    terms = subscription.terms
    first, digests = terms[0], [each.digest for each in terms if each.digest is not None]
    return {
        "subid": first.subid,
        "deliver": first.deliver,
        "expires": subscription.ends,
        "body": first.manner.body,
        "shows": _shows(first.manner),
        "topics": _topics(first.scope),
        "depth": first.scope.depth,
        "terms": _json(list(map(_plain_terms, terms))) if subscription.more or digests else None,
        "digest_at": subscription.digest_at,
        "digest_told": max((each.told for each in digests), default=None),
    }


def read_terms(
    subid: str,
    deliver: int,
    expires: float | None,
    body: int,
    shows: str,
    topics: str,
    depth: int,
    terms: str | None,
) -> tuple[Terms, ...]:
    """The terms whose columns these are."""
    if terms is None:
        manner = Manner(bool(body), frozenset(map(Show, shows.split())))
        return (Terms(subid, bool(deliver), expires, manner, _scope(topics, depth)),)
    return tuple(
        Terms(
            each["subid"],
            each["deliver"],
            each["expires"],
            Manner(each["body"], frozenset(map(Show, each["shows"].split()))),
            _scope(each.get("topics", "items"), each.get("depth", 0)),
            Digest(*each["digest"]) if each.get("digest") else None,
        )
        for each in json.loads(terms)
    )


def read_subscription(
    row: tuple[
        str, str, str, str, int, str | None, float | None, int, str, str, int, str | None, int
    ],
) -> Subscription:
    """The subscriptions of an address, of which these are the columns."""
    subscriber, state, via, subid, deliver, contact, expires, body, shows = row[:9]
    topics, depth, terms, public = row[9:]
    held = Subscription(
        JID.parse(subscriber),
        State(state),
        Via(via),
        public=bool(public),
        contact=read_contact(contact),
    )
    return held.on(*read_terms(subid, deliver, expires, body, shows, topics, depth, terms))


def _plain_terms(terms: Terms) -> dict[str, object]:
    return {
        "subid": terms.subid,
        "deliver": terms.deliver,
        "expires": terms.expires,
        "body": terms.manner.body,
        "shows": _shows(terms.manner),
        "topics": _topics(terms.scope),
        "depth": terms.scope.depth,
        "digest": terms.digest,
    }


def _scope(topics: str, depth: int) -> Scope:
    return Scope(frozenset(map(Topic, topics.split(","))), depth)


def _topics(scope: Scope) -> str:
    return ",".join(sorted(each.value for each in scope.topics))


def _shows(manner: Manner) -> str:
    return " ".join(sorted(each.value for each in manner.shows))


def occupant_row(subscription: Subscription, occupant: Occupant) -> dict[str, Value]:
    """The columns of an occupancy besides its address."""
    return {
        "via": subscription.via.value,
        "subid": subscription.subid,
        "nick": occupant.nick,
        "role": None if occupant.role is None else occupant.role.value,
        "presence": serialize(occupant.presence),
        "tracks": occupant.tracks,
    }


def read_occupant(
    jid: str, via: str, subid: str, nick: str, role: str | None, presence: str, tracks: int
) -> Subscription:
    """The occupancy whose columns these are."""
    given = None if role is None else Role(role)
    occupant = Occupant(nick, read_element(presence), given, bool(tracks))
    return Subscription(
        JID.parse(jid),
        State.SUBSCRIBED,
        Via(via),
        subid=subid,
        temporary=True,
        occupant=occupant,
    )


def standing_row(moved: Moved) -> dict[str, Value]:
    """The columns of a standing's changes."""
    past = [(was.until, was.row and was.row.value, was.admitted) for was in moved.past]
    return {"version": moved.number, "known": moved.known, "past": _json(past)}


def read_standing(version: int, known: int, past: str) -> Moved:
    """The changes whose columns these are."""
    read = (
        Was(until, None if row is None else Affiliation(row), admitted)
        for until, row, admitted in json.loads(past)
    )
    return Moved(version, known, tuple(read))


def item_row(item: Item) -> dict[str, Value]:
    """The columns of an item."""
    return {
        "id": item.id,
        "publisher": str(item.publisher),
        "bare": str(item.publisher.bare),
        "published": item.published,
        "nick": item.nick,
        "payload": None if item.payload is None else serialize(item.payload),
        "words": words_of(item),
        "said": is_said(item),
        "retraction": None if item.retraction is None else _json(asdict(item.retraction)),
    }


def read_item(
    item_id: str,
    publisher: str,
    published: float,
    nick: str,
    payload: str | None,
    retraction: str | None = None,
) -> Item:
    """The item whose columns these are."""
    return Item(
        id=item_id,
        publisher=JID.parse(publisher),
        published=published,
        payload=None if payload is None else read_element(payload),
        nick=nick,
        retraction=None if retraction is None else Retraction(**json.loads(retraction)),
    )


def read_element(text: str) -> Element:
    """An element as it was kept."""
    return parse(text, _AS_KEPT)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    """What JSON has for a field's value."""
    match value:
        case None | bool() | int() | float() | str():  # as most are
            return value
        case Enum():
            return value.value
        case NodeId(service, name):
            return [str(service), name]
        case JID():
            return str(value)
        case tuple():
            return [_plain(each) for each in value]
        case NodeConfig() | RoomConfig() | Preferences() | Hat():
            return {name: _plain(getattr(value, name)) for name in _READERS[type(value)]}
        case _:
            raise AssertionError(f"a configuration holds no {type(value)}")


def _read(kind: type[Any], found: Mapping[str, Any]) -> Any:
    """A configuration of a kind, made of those of its fields that are there."""
    readers = _READERS[kind]
    return kind(**{name: readers[name](value) for name, value in found.items() if name in readers})


def _reader(kind: Any) -> Callable[[Any], object]:
    if isinstance(kind, UnionType):
        (some,) = (each for each in get_args(kind) if each is not type(None))
        read = _reader(some)
        return lambda value: None if value is None else read(value)
    if kind is NodeId:
        return lambda value: NodeId(JID.parse(value[0]), value[1])
    if get_origin(kind) is tuple:
        each = _reader(get_args(kind)[0])
        return lambda value: tuple(map(each, value))
    if kind in (RoomConfig, Hat):
        return lambda value: _read(kind, value)
    if kind is JID:
        return JID.parse
    if kind in (RoomConfig, Preferences):
        return lambda value: _read(kind, value)
    return cast(Callable[[Any], object], kind)


_READERS: Final[Mapping[type[Any], Mapping[str, Callable[[Any], object]]]] = {
    kind: {name: _reader(field) for name, field in get_type_hints(kind).items()}
    for kind in (NodeConfig, RoomConfig, Preferences, Hat)
}
"""For each field of a configuration, what makes its value of what JSON gave."""
