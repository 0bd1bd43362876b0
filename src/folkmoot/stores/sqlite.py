"""The store on SQLite: what is asked of a store, in the statements all stores share."""

from __future__ import annotations

import itertools
import math
import secrets
import sqlite3
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path
from tempfile import TemporaryDirectory

from folkmoot.engine.events import Event
from folkmoot.engine.model import (
    Affiliation,
    NodeId,
    Registration,
    Role,
    Ticket,
)
from folkmoot.engine.record import Node
from folkmoot.engine.space_events import Audited, Matter
from folkmoot.engine.store import (
    PAGE_ITEMS_MAX,
    SECRET_BYTES,
    SINGLED_NODES_MAX,
    TALLY_NODES_MAX,
    ArchivePage,
    ArchiveQuery,
    AuditPage,
    AuditQuery,
    Edge,
    ItemPage,
    ItemQuery,
    NodeQuery,
    StoreFailed,
    Tally,
)
from folkmoot.stores import statements
from folkmoot.stores.abroad import Abroad
from folkmoot.stores.accounts import Accounts
from folkmoot.stores.archives import archived
from folkmoot.stores.codec import (
    Row,
    Value,
    read_config,
    read_element,
    read_hats,
    read_item,
    read_occupant,
    read_standing,
    read_subscription,
)
from folkmoot.stores.committing import prepared, write
from folkmoot.stores.database import WRITE_LOCK_SECONDS_MAX, Database
from folkmoot.stores.graves import sweep
from folkmoot.stores.migrations import empty_database
from folkmoot.stores.paging import SEQUENCE_MAX, items_in_range, named_items
from folkmoot.stores.statements.abroad import WISHING
from folkmoot.stores.statements.numbers import LAST
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


class SQLiteStore:
    """A `Store` in one SQLite file; `accounts` are in it too, and the queue for rooms `abroad`.

    Queries answer without waiting. Where a query raises StoreFailed, the file cannot be read.
    """

    def __init__(
        self, database: Database, scratch: TemporaryDirectory[str] | None, last_sequence: int
    ) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.abroad = Abroad(database)
        self._scratch = scratch
        self._sequence = itertools.count(last_sequence + 1)
        self._committing = False

    @classmethod
    async def open(cls, path: Path, *, lock_seconds: float = WRITE_LOCK_SECONDS_MAX) -> SQLiteStore:
        """Open the store a server runs on; the file is made if it is not there.

        Only one process may have a file open as a store; others may open its `Database` beside it.

        Raises CannotOpen, StoreFailed.
        """
        return await cls._opened(Database.open(path, lock_seconds=lock_seconds), None)

    @classmethod
    async def ephemeral(cls) -> SQLiteStore:
        """Open an empty store that is gone when it is closed. Raises CannotOpen.

        It is a file in a directory of its own, with nothing ever waited for: all but as fast as
        memory, and the same in every other way. SQLite's shared cache would be no file, but there
        a reader meets the writer's locks.
        """
        scratch = TemporaryDirectory(prefix="folkmoot-")
        path = Path(scratch.name) / "folkmoot.db"
        path.write_bytes(empty_database())
        return await cls._opened(Database.open(path, durable=False), scratch)

    @classmethod
    async def _opened(
        cls, database: Database, scratch: TemporaryDirectory[str] | None
    ) -> SQLiteStore:
        try:
            async with database.writing() as writer:
                numbers = [writer.execute(each).fetchone()[0] or 0 for each in LAST]
        except StoreFailed:
            await database.aclose()
            raise
        return cls(database, scratch, max(numbers))

    async def aclose(self) -> None:
        """Wait for the commit under way and close the file."""
        await self.database.aclose()
        if self._scratch is not None:
            self._scratch.cleanup()

    async def node(self, node: NodeId) -> Node | None:
        """The node with its affiliations, subscriptions and list; heads, live, recent left None."""
        with self.database.reading() as reader:
            row = reader.execute(statements.nodes.NODE, _named(node)).fetchone()
            if row is None:
                return None
            key, config, creator, created, subject_id, *subject = row
            at = {"node": key}
            affiliations = reader.execute(statements.people.AFFILIATIONS, at).fetchall()
            wearers = reader.execute(statements.people.WEARERS, at).fetchall()
            voices = reader.execute(statements.people.VOICES, at).fetchall()
            subscriptions = reader.execute(statements.people.SUBSCRIPTIONS, at).fetchall()
            occupants = reader.execute(statements.people.OCCUPANTS, at).fetchall()
            listed = reader.execute(statements.items.LISTED, at).fetchall()
            invites = reader.execute(statements.spaces.INVITES, at).fetchall()
            standings = reader.execute(statements.people.STANDINGS, at).fetchall()
            registered = reader.execute(statements.people.REGISTRATIONS, at).fetchall()
        held = (*map(read_subscription, subscriptions), *starmap(read_occupant, occupants))
        return Node(
            id=node,
            config=read_config(config),
            creator=JID.parse(creator),
            created=created,
            affiliations={JID.parse(jid): Affiliation(said) for jid, said in affiliations},
            wearers={JID.parse(jid): read_hats(hats) for jid, hats in wearers},
            voices={JID.parse(jid): Role(role) for jid, role in voices},
            subscriptions={each.subscriber: each for each in held},
            listed={item_id: _node_id(service, name) for item_id, service, name in listed},
            invites={row[0]: _ticket(*row) for row in invites},
            standings={JID.parse(jid): read_standing(*row) for jid, *row in standings},
            registrations={
                JID.parse(jid): Registration(nick, bool(pending))
                for jid, nick, pending in registered
            },
            subject=None if subject_id is None else read_item(subject_id, *subject),
        )

    async def heads(self, node: NodeId) -> dict[str, JID]:
        """Every item's id and publisher, oldest first."""
        with self.database.reading() as reader:
            key = _key(reader, node)
            rows = reader.execute(statements.items.HEADS, {"node": key}).fetchall()
        return {item_id: JID.parse(publisher) for item_id, publisher in rows}

    async def items(self, query: ItemQuery) -> ItemPage:
        """The items asked for; an empty page where the node is not there."""
        with self.database.reading() as reader:
            key = _key(reader, query.node)
            if query.ids:
                return named_items(reader, key, query)
            return items_in_range(reader, key, query)

    async def weight(self, node: NodeId) -> tuple[int, int]:
        """How many items a node has, and how many bytes their payloads come to in UTF-8."""
        with self.database.reading() as reader:
            count, octets = reader.execute(statements.items.WEIGHT, _named(node)).fetchone()
        return count, octets

    async def card(self, node: NodeId) -> Element | None:
        """A room's vCard; None where it has none, or is not there."""
        with self.database.reading() as reader:
            row = reader.execute(statements.nodes.CARD, _named(node)).fetchone()
        return None if row is None else read_element(row[0])

    async def archive(self, query: ArchiveQuery) -> ArchivePage:
        """The items looked for; an empty page where the node is not there."""
        with self.database.reading() as reader:
            return archived(reader, _key(reader, query.node), query)

    async def aged(self, where: JID | str, at: float, limit: int) -> tuple[NodeId, ...]:
        """Nodes of a service, or of a name, whose oldest item is of a time or one before it."""
        named = isinstance(where, str)
        statement = statements.archives.AGED_OF_NAME if named else statements.archives.AGED
        return self._nodes(statement, {"where": str(where), "at": at, "limit": limit})

    async def surplus(
        self, node: NodeId, at: float | None, most: int | None, limit: int
    ) -> tuple[str, ...]:
        """The oldest items, by id, that are of a time or one before it, or more than so many."""
        with self.database.reading() as reader:
            row = {
                "node": _key(reader, node),
                "at": -math.inf if at is None else at,
                "most": SEQUENCE_MAX if most is None else most,
                "limit": limit,
            }
            rows = reader.execute(statements.archives.SURPLUS, row).fetchall()
        return tuple(item_id for (item_id,) in rows)

    async def sweep(self) -> bool:
        """Let go of some items of deleted nodes; whether there may be more."""
        return await sweep(self.database)

    async def audit(self, query: AuditQuery) -> AuditPage:
        """What was written down of a space; an empty page where there is none."""
        with self.database.reading() as reader:
            key = _key(reader, query.node)
            rows = reader.execute(
                statements.spaces.OLDEST_AUDIT if query.oldest else statements.spaces.NEWEST_AUDIT,
                {
                    "node": key,
                    "after": query.after or SEQUENCE_MAX,
                    "before": query.before,
                    "limit": min(query.limit, PAGE_ITEMS_MAX),
                },
            ).fetchall()
            rows = rows[::-1] if query.oldest else rows
            first = rows[0][0] if rows else SEQUENCE_MAX
            index, count = reader.execute(
                statements.spaces.COUNT_AUDIT, {"node": key, "sequence": first}
            ).fetchone()
        return AuditPage(tuple(_audited(query.node, *row) for row in rows), index, count)

    async def nodes_of(self, service: JID, after: str, limit: int) -> tuple[NodeId, ...]:
        """Nodes of a service, by name, after a name ("": from the first)."""
        row = {"service": str(service), "after": after, "limit": limit}
        with self.database.reading() as reader:
            rows = reader.execute(statements.nodes.NODES_OF, row).fetchall()
        return tuple(NodeId(service, name) for (name,) in rows)

    async def shown(self, query: NodeQuery) -> tuple[NodeId, ...]:
        """The nodes a list is made of, by name; no node has to be loaded for it."""
        backwards = query.edge is Edge.NEWEST
        statement = statements.lists.shown(
            public=query.reader is not None,
            types=len(query.types),
            excluded=query.excluded,
            backwards=backwards,
            bound=bool(query.bound),
        )
        row = _asked(query, min(query.limit, PAGE_ITEMS_MAX))
        with self.database.reading() as reader:
            rows = reader.execute(statement, row).fetchall()
        names = [name for (name,) in rows]
        return tuple(NodeId(query.service, name) for name in (names[::-1] if backwards else names))

    async def tally(self, query: NodeQuery) -> Tally:
        """How many nodes a list is made of; for a query with a reader, of a service of no one."""
        types, excluded = len(query.types), query.excluded
        counted = [statements.lists.tallied(types=types, excluded=excluded, bound=False)]
        if query.bound:
            counted.append(statements.lists.tallied(types=types, excluded=excluded, bound=True))
        look = statements.lists.singled(types=types, excluded=excluded)
        with self.database.reading() as reader:
            row = _asked(query, TALLY_NODES_MAX + 1)
            found = [reader.execute(each, row).fetchone()[0] for each in counted]
            rows = reader.execute(look, row | {"limit": SINGLED_NODES_MAX + 1}).fetchall()
        singled = frozenset((NodeId(query.service, name), bool(listed)) for name, listed in rows)
        return Tally(found[0], found[1] if query.bound else 0, singled)

    async def related(self, node: NodeId) -> frozenset[NodeId]:
        """Nodes that name a node as their parent or link (XEP-0496), whether it exists or not."""
        return frozenset(self._nodes(statements.nodes.RELATED, _named(node)))

    async def subscribed(self, jid: JID) -> frozenset[NodeId]:
        """Nodes that a bare JID, or one of its resources, has a subscription to, in any state."""
        return frozenset(self._nodes(statements.people.SUBSCRIBED, {"jid": str(jid)}))

    async def affiliated(self, jid: JID) -> frozenset[NodeId]:
        """Nodes that have a row for a bare JID, or a registration."""
        return frozenset(self._nodes(statements.people.AFFILIATED, {"jid": str(jid)}))

    async def affiliations(self, jid: JID) -> int:
        """How many rows, registrations and the like these are; a node may have several."""
        with self.database.reading() as reader:
            count: int = reader.execute(
                statements.people.AFFILIATIONS_OF, {"jid": str(jid)}
            ).fetchone()[0]
        return count

    async def purged_offline(self) -> tuple[NodeId, ...]:
        """The nodes in which items go when who published them goes offline."""
        return self._nodes(statements.nodes.PURGED_OFFLINE)

    async def occupied(self) -> tuple[NodeId, ...]:
        """The rooms that have occupants."""
        return self._nodes(statements.people.OCCUPIED)

    async def due(self, at: float, limit: int) -> tuple[NodeId, ...]:
        """Nodes on which an item or a subscription ends, or a digest is due, by a time."""
        return self._nodes(statements.nodes.DUE, {"at": at, "limit": limit})

    async def active(self, jid: JID, rooms: Sequence[NodeId]) -> frozenset[NodeId]:
        """Of rooms of one service, those where something was said since an entity left."""
        service = rooms[0].service
        row: dict[str, Value] = {"service": str(service), "jid": str(jid)}
        row.update((f"name{number}", room.name) for number, room in enumerate(rooms))
        with self.database.reading() as reader:
            found = reader.execute(statements.people.active(len(rooms)), row).fetchall()
        return frozenset(NodeId(service, name) for (name,) in found)

    async def account(self, jid: JID) -> bool:
        """Whether a bare JID is an account of this server."""
        return await self.accounts.exists(jid)

    async def secret(self, name: str) -> bytes:
        """What is made by chance the first time it is asked for, and stays. Raises StoreFailed."""
        async with self.database.writing() as writer:
            made = {"name": name, "secret": secrets.token_bytes(SECRET_BYTES)}
            writer.execute(statements.accounts.ADD_SECRET, made)
            found: bytes = writer.execute(statements.accounts.SECRET, {"name": name}).fetchone()[0]
        return found

    async def commit(self, events: Sequence[Event]) -> None:
        """Keep what events say, all or nothing; durable when it returns. Raises StoreFailed."""
        assert not self._committing, "batches are committed one after the other"
        self._committing = True
        try:
            if work := await prepared(events, self._sequence):
                async with self.database.writing() as writer:
                    await write(work, writer)
                if any(statement in WISHING for statement, _ in work):
                    self.abroad.stirred.set()
        finally:
            self._committing = False

    def _nodes(self, statement: str, row: Row | None = None) -> tuple[NodeId, ...]:
        """The nodes a statement finds."""
        with self.database.reading() as reader:
            found = reader.execute(statement, row or {}).fetchall()
        return tuple(_node_id(service, name) for service, name in found)


def _named(node: NodeId) -> Row:
    return {"service": str(node.service), "name": node.name}


def _asked(query: NodeQuery, limit: int) -> dict[str, Value]:
    row: dict[str, Value] = {
        "service": str(query.service),
        "reader": str(query.reader),
        "bound": query.bound,
        "limit": limit,
    }
    row.update((f"type{number}", type) for number, type in enumerate(query.types))
    return row


def _node_id(service: str, name: str) -> NodeId:
    return NodeId(JID.parse(service), name)


def _key(reader: sqlite3.Connection, node: NodeId) -> int | None:
    """The key of a node's rows; None, which no row has, where the node is not there."""
    row = reader.execute(statements.nodes.NODE_KEY, _named(node)).fetchone()
    return None if row is None else row[0]


def _ticket(
    id: str, digest: str, inviter: str, created: float, expires: float, uses: int, used: int
) -> Ticket:
    return Ticket(
        id=id,
        digest=digest,
        inviter=JID.parse(inviter),
        created=created,
        expires=expires,
        uses=uses,
        used=used,
    )


def _audited(
    node: NodeId, number: int, at: float, by: str, matter: str, subject: str, was: str, now: str
) -> tuple[int, Audited]:
    row = Audited(
        node=node,
        at=at,
        by=JID.parse(by),
        matter=Matter(matter),
        subject=subject,
        before=was,
        after=now,
    )
    return number, row
