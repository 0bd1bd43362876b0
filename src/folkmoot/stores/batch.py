"""What a batch of events comes to in rows: pure, the same for every database.

Events of a batch often speak of the same row; only what it is in the end is written. Rows of
different nodes and ids do not depend on one another, so they are grouped by statement, and a
database is handed a few statements with many rows each. What speaks of many rows at once, a purge
or a deletion, comes after all that was said before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final, TypeAlias

from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.events import (
    AffiliationChanged,
    DigestTold,
    Event,
    ItemPublished,
    ItemReplaced,
    ItemsRetracted,
    NodeConfigured,
    NodeCreated,
    NodeDeleted,
    NodePurged,
    SubscriptionChanged,
    kept,
    lasting,
)
from folkmoot.engine.model import Affiliation, NodeId, Subscription
from folkmoot.engine.room_events import (
    CardChanged,
    HatsChanged,
    OccupantsLost,
    RegistrationChanged,
    SubjectChanged,
    Visited,
    VisitsForgotten,
    VoiceChanged,
)
from folkmoot.engine.space_events import (
    Audited,
    InviteChanged,
    Matter,
    PeopleWished,
    RoomListed,
    RoomUnlisted,
    StandingWished,
)
from folkmoot.engine.standings import STANDINGS_MAX, Moved
from folkmoot.engine.store import AUDIT_CHARS_MAX, AUDIT_ROWS_MAX, VISITS_MAX
from folkmoot.stores import statements
from folkmoot.stores.codec import (
    Row,
    Value,
    item_row,
    occupant_row,
    standing_row,
    terms_row,
    write_config,
    write_contact,
    write_hats,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import serialize

Step: TypeAlias = tuple[str, list[Row]]
"""A statement, and the rows to run it for."""

_BOUNDED: Final = (
    (statements.people.PUT_STANDING, statements.people.TRIM_STANDINGS, STANDINGS_MAX),
    (statements.people.PUT_VISIT, statements.people.TRIM_VISITS, VISITS_MAX),
)
"""Of what a node has only so many rows, the newest: how one is put, and the others go."""

_Pending: TypeAlias = dict[tuple[NodeId, str], tuple[str, Row]]


def steps(events: Iterable[Event], sequence: Iterator[int]) -> list[Step]:
    """What to run, in this order, to keep what the events say; empty where they keep nothing.

    sequence: numbers for published items, each higher than any before.
    """
    batch = _Batch(sequence)
    for event in events:
        if kept(event):
            batch.add(event)
    batch.flush()
    return batch.steps


class _Batch:
    """The steps so far, and the rows whose last word may still be to come."""

    def __init__(self, sequence: Iterator[int]) -> None:
        self.steps: list[Step] = []
        self._sequence = sequence
        self._configs: _Pending = {}
        self._subjects: _Pending = {}
        self._affiliations: _Pending = {}
        self._wearers: _Pending = {}
        self._voices: _Pending = {}
        self._subscriptions: _Pending = {}
        self._occupants: _Pending = {}
        self._items: _Pending = {}
        self._invites: _Pending = {}
        self._registrations: _Pending = {}
        self._standings: _Pending = {}
        self._visits: _Pending = {}
        self._cards: _Pending = {}
        self._wishes: _Pending = {}
        self._rooms: _Pending = {}
        self._audit: list[Row] = []
        self._written: dict[tuple[NodeId, str], str] = {}  # items as this batch left them

    def add(self, event: Event) -> None:
        match event:
            case NodeCreated():
                self._create(event)
            case NodeConfigured():
                row = _node_row(event.node) | _config_row(event.after)
                self._configs[event.node, ""] = (statements.nodes.CONFIGURE_NODE, row)
            case NodeDeleted():
                self._sweep(event.node, statements.nodes.BURY_NODE, statements.nodes.DELETE_NODE)
            case ItemPublished():
                self._publish(event)
            case ItemReplaced():
                self._replace(event)
            case ItemsRetracted():
                self._drop_items(event.node, event.item_ids)
            case NodePurged():
                self._sweep(event.node, statements.items.DELETE_ITEMS)
            case SubscriptionChanged(node=node, subscriber=jid, before=before, after=after):
                if lasting(before) or lasting(after):
                    self._subscribe(node, jid, lasting(after))
                if any(each is not None and each.occupant for each in (before, after)):
                    self._occupy(node, jid, after)
                self._moved(node, jid.bare, event.moved)
            case DigestTold(node=node, told=told):
                for held, _ in told:
                    self._subscribe(node, held.subscriber, lasting(held))
            case OccupantsLost(node=node, occupants=lost):
                for each in lost:
                    self._occupy(node, each.subscriber, None)
            case AffiliationChanged():
                self._affiliate(event.node, event.jid, event.after)
                self._moved(event.node, event.jid, event.moved)
            case HatsChanged(node=node, jid=jid, after=hats):
                put = statements.people.PUT_HATS if hats else statements.people.DELETE_HATS
                row = _node_row(node) | {"jid": str(jid), "hats": write_hats(hats)}
                self._wearers[node, str(jid)] = (put, row)
            case VoiceChanged(node=node, jid=jid, after=voice):
                put = statements.people.PUT_VOICE if voice else statements.people.DELETE_VOICE
                row = _node_row(node) | {"jid": str(jid), "role": voice and voice.value}
                self._voices[node, str(jid)] = (put, row)
            case Visited():
                self._visit(event)
            case VisitsForgotten(jid=jid):
                self.flush()
                self.steps.append((statements.people.DELETE_VISITS, [{"jid": str(jid)}]))
            case InviteChanged():
                self._invite(event)
            case CardChanged():
                self._card(event)
            case RegistrationChanged():
                self._register(event)
            case RoomListed(by=None):
                self._anew(statements.abroad.ALIGN_AGAIN, event)
            case RoomListed(by=by):
                self._anew(statements.abroad.LIST_ROOM, event, {"by": str(by)})
            case RoomUnlisted():
                self._anew(statements.abroad.UNLIST_ROOM, event)
            case StandingWished():
                self._wish(event)
            case PeopleWished():
                row = _room_row(event) | {"last": event.last}
                self._rooms[event.node, str(event.room)] = (statements.abroad.PEOPLE_WISHED, row)
            case Audited():
                self._write_down(event)
            case SubjectChanged():
                row = _node_row(event.node) | item_row(event.item)
                self._subjects[event.node, ""] = (statements.nodes.SET_SUBJECT, row)

    def flush(self) -> None:
        """Turn what is pending into steps."""
        grouped: dict[str, list[Row]] = {}
        if self._audit:  # first: it looks at items as they were
            spaces = dict.fromkeys((row["service"], row["name"]) for row in self._audit)
            grouped[statements.spaces.PUT_AUDIT] = self._audit
            grouped[statements.spaces.TRIM_AUDIT] = [
                {"service": service, "name": name, "most": AUDIT_ROWS_MAX}
                for service, name in spaces
            ]
            self._audit = []
            self._written.clear()
        for pending in (
            self._configs,
            self._subjects,
            self._affiliations,
            self._wearers,
            self._voices,
            self._subscriptions,
            self._occupants,
            self._items,
            self._invites,
            self._registrations,
            self._standings,
            self._visits,
            self._cards,
            self._wishes,
            self._rooms,
        ):
            for statement, row in pending.values():
                grouped.setdefault(statement, []).append(row)
            pending.clear()
        for put, trim, most in _BOUNDED:
            if put in grouped:
                nodes = dict.fromkeys((row["service"], row["name"]) for row in grouped[put])
                grouped[trim] = [
                    {"service": service, "name": name, "most": most} for service, name in nodes
                ]
        self.steps.extend(grouped.items())

    def _sweep(self, node: NodeId, *how: str) -> None:
        self.flush()
        self.steps.extend((statement, [_node_row(node)]) for statement in how)

    def _create(self, event: NodeCreated) -> None:
        # Nothing pending can speak of a node that is only now there, so it may overtake.
        row = _node_row(event.node) | _config_row(event.config)
        row |= {"creator": str(event.creator), "created": event.at}
        if self.steps and self.steps[-1][0] is statements.nodes.CREATE_NODE:
            self.steps[-1][1].append(row)
        else:
            self.steps.append((statements.nodes.CREATE_NODE, [row]))
        if event.owner is not None:
            self._affiliate(event.node, event.owner, Affiliation.OWNER)

    def _publish(self, event: ItemPublished) -> None:
        row = _node_row(event.node) | item_row(event.item)
        row["sequence"] = next(self._sequence)
        row["lists_service"] = None if event.lists is None else str(event.lists.service)
        row["lists_name"] = None if event.lists is None else event.lists.name
        key = (event.node, event.item.id)
        self._items[key] = _overtaking(self._items.get(key), row)
        self._drop_items(event.node, event.evicted)

    def _replace(self, event: ItemReplaced) -> None:
        key, row = (event.node, event.item.id), _node_row(event.node) | item_row(event.item)
        statement, pending = self._items.get(key, (statements.items.REPLACE_ITEM, {}))
        if statement is not statements.items.DELETE_ITEM:
            self._items[key] = (statement, {**pending, **row})

    def _invite(self, event: InviteChanged) -> None:
        ticket = event.after
        if ticket is not None:
            row = _node_row(event.node) | {
                "id": ticket.id,
                "digest": ticket.digest,
                "inviter": str(ticket.inviter),
                "created": ticket.created,
                "expires": ticket.expires,
                "uses": ticket.uses,
                "used": ticket.used,
            }
            self._invites[event.node, ticket.id] = (statements.spaces.PUT_INVITE, row)
        elif event.before is not None:
            row = _node_row(event.node) | {"id": event.before.id}
            self._invites[event.node, event.before.id] = (statements.spaces.DELETE_INVITE, row)

    def _moved(self, node: NodeId, jid: JID, moved: Moved | None) -> None:
        if moved is not None:
            row = _node_row(node) | {"jid": str(jid)} | standing_row(moved)
            self._standings[node, str(jid)] = (statements.people.PUT_STANDING, row)

    def _visit(self, event: Visited) -> None:
        """Each has its place among the items: what is published later is beyond it."""
        for jid in map(str, event.jids):
            row = _node_row(event.node) | {"jid": jid, "place": next(self._sequence)}
            self._visits[event.node, jid] = (statements.people.PUT_VISIT, row)

    def _card(self, event: CardChanged) -> None:
        row = _node_row(event.node)
        if event.card is None:
            self._cards[event.node, ""] = (statements.nodes.DELETE_CARD, row)
        else:
            row["card"] = serialize(event.card)
            self._cards[event.node, ""] = (statements.nodes.PUT_CARD, row)

    def _register(self, event: RegistrationChanged) -> None:
        row, key = _node_row(event.node) | {"jid": str(event.jid)}, (event.node, str(event.jid))
        if event.after is None:
            self._registrations[key] = (statements.people.DELETE_REGISTRATION, row)
        else:
            row |= {"nick": event.after.nick, "pending": event.after.pending}
            self._registrations[key] = (statements.people.PUT_REGISTRATION, row)

    def _anew(
        self, statement: str, event: RoomListed | RoomUnlisted, more: Row = MappingProxyType({})
    ) -> None:
        """Nothing is wished any more for a room that is listed anew, or no longer."""
        self.flush()
        row = {**_room_row(event), **more}
        self.steps.extend(((statement, [row]), (statements.abroad.WISH_NOTHING, [row])))

    def _wish(self, event: StandingWished) -> None:
        nothing = event.wanted is Affiliation.NONE
        row = _room_row(event) | {"jid": str(event.jid), "wanted": event.wanted.value}
        statement = statements.abroad.CHANGE_WISH if nothing else statements.abroad.PUT_WISH
        self._wishes[event.node, f"{event.room} {event.jid}"] = (statement, row)

    def _write_down(self, event: Audited) -> None:
        row = _node_row(event.node)
        row["sequence"] = next(self._sequence)
        row["at"], row["jid"] = event.at, str(event.by)
        row["matter"], row["subject"] = event.matter.value, event.subject
        row["was"], row["became"] = event.before, event.after
        row["chars"] = AUDIT_CHARS_MAX
        if event.matter is Matter.ITEM:
            key = (event.node, event.subject)
            row["was"] = self._written.get(key)
            self._written[key] = event.after
        self._audit.append(row)

    def _drop_items(self, node: NodeId, item_ids: Iterable[str]) -> None:
        for item_id in item_ids:
            row = _node_row(node) | {"id": item_id}
            self._items[node, item_id] = (statements.items.DELETE_ITEM, row)

    def _affiliate(self, node: NodeId, jid: JID, affiliation: Affiliation | None) -> None:
        row = _node_row(node) | {"jid": str(jid)}
        if affiliation is None:
            self._affiliations[node, str(jid)] = (statements.people.DELETE_AFFILIATION, row)
        else:
            row["affiliation"] = affiliation.value
            self._affiliations[node, str(jid)] = (statements.people.PUT_AFFILIATION, row)

    def _subscribe(self, node: NodeId, jid: JID, subscription: Subscription | None) -> None:
        row = _node_row(node) | {"subscriber": str(jid)}
        if subscription is None:
            self._subscriptions[node, str(jid)] = (statements.people.DELETE_SUBSCRIPTION, row)
        else:
            row |= {
                "bare": str(jid.bare),
                "state": subscription.state.value,
                "via": subscription.via.value,
                "contact": write_contact(subscription.contact),
                "public": subscription.public,
            }
            row |= terms_row(subscription)
            self._subscriptions[node, str(jid)] = (statements.people.PUT_SUBSCRIPTION, row)

    def _occupy(self, node: NodeId, jid: JID, subscription: Subscription | None) -> None:
        row = _node_row(node) | {"jid": str(jid)}
        if subscription is None or subscription.occupant is None:
            self._occupants[node, str(jid)] = (statements.people.DELETE_OCCUPANT, row)
        else:
            row |= occupant_row(subscription, subscription.occupant)
            self._occupants[node, str(jid)] = (statements.people.PUT_OCCUPANT, row)


def _node_row(node: NodeId) -> dict[str, Value]:
    return {"service": str(node.service), "name": node.name}


def _room_row(
    event: RoomListed | RoomUnlisted | StandingWished | PeopleWished,
) -> dict[str, Value]:
    return _node_row(event.node) | {"room": str(event.room)}


def _config_row(config: NodeConfig) -> dict[str, Value]:
    room = config.room
    return {
        "config": write_config(config),
        "item_seconds": config.item_seconds if room is None and config.persist_items else 0,
        "purge_offline": room is None and config.purge_offline and config.persist_items,
        "type": config.type,
        "listed": config.listed,
        "guarded": config.guarded,
        "parent_service": None if config.parent is None else str(config.parent.service),
        "parent_name": None if config.parent is None else config.parent.name,
        "link_service": None if config.link is None else str(config.link.service),
        "link_name": None if config.link is None else config.link.name,
    }


def _overtaking(before: tuple[str, Row] | None, row: dict[str, Value]) -> tuple[str, Row]:
    """How an item is put that overtakes what waits: it has to know what that knew of its past.

    anew: whether it is another than the item that is kept. created: where it stood first.
    """
    if before is None or before[0] is statements.items.REPLACE_ITEM:
        return statements.items.PUT_ITEM, row
    statement, waiting = before
    row["anew"], row["created"] = waiting.get("anew", False), waiting.get("created")
    if statement is statements.items.DELETE_ITEM:
        row["anew"] = True
    elif row["created"] is None:
        row["created"] = waiting["sequence"]
    return statements.items.PUT_MOVED_ITEM, row
