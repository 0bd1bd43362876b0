"""What a store has to be like: dicts that take events one by one, and are asked by counting."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

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
)
from folkmoot.engine.model import (
    Affiliation,
    Item,
    NodeId,
    Registration,
    Role,
    State,
    Subscription,
    Ticket,
)
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
from folkmoot.engine.space_events import Audited, InviteChanged
from folkmoot.engine.standings import STANDINGS_MAX, Moved
from folkmoot.engine.store import (
    AUDIT_ROWS_MAX,
    COUNT_ITEMS_MAX,
    VISITS_MAX,
    ArchivePage,
    ArchiveQuery,
    AuditPage,
    AuditQuery,
    Edge,
    ItemPage,
    ItemQuery,
    NodeQuery,
    Order,
    Tally,
)
from folkmoot.stores.texts import BEGINNING_CHARS_MIN, is_said, words_of
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


@dataclass
class KeptNode:
    """A node; `items` in the order they were last published, each with the node it lists.

    begun: the ids of items in the order they came to be there. places: numbers that they were
    published under.
    """

    config: NodeConfig
    creator: JID
    created: float
    affiliations: dict[JID, Affiliation] = field(default_factory=dict)
    wearers: dict[JID, tuple[str, ...]] = field(default_factory=dict)
    voices: dict[JID, Role] = field(default_factory=dict)
    subscriptions: dict[JID, Subscription] = field(default_factory=dict)
    items: dict[str, tuple[Item, NodeId | None]] = field(default_factory=dict)
    begun: dict[str, None] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    subject: Item | None = None
    audit: list[tuple[int, Audited]] = field(default_factory=list)
    invites: dict[str, Ticket] = field(default_factory=dict)
    registrations: dict[JID, Registration] = field(default_factory=dict)
    standings: dict[JID, Moved] = field(default_factory=dict)
    card: Element | None = None
    visits: dict[JID, int] = field(default_factory=dict)

    @property
    def version(self) -> int:
        return max((each.number for each in self.standings.values()), default=0)

    @property
    def listed(self) -> dict[str, NodeId]:
        return {item_id: lists for item_id, (_, lists) in self.items.items() if lists is not None}

    @property
    def lasting(self) -> dict[JID, Subscription]:
        return {jid: each for jid, each in self.subscriptions.items() if not each.temporary}

    @property
    def occupants(self) -> tuple[Subscription, ...]:
        return tuple(each for each in self.subscriptions.values() if each.occupant is not None)

    @property
    def purged_offline(self) -> bool:
        config = self.config
        return config.room is None and config.persist_items and config.purge_offline

    def publish(self, event: ItemPublished, place: int) -> None:
        if event.persist:
            self.places[event.item.id] = place
            self.items.pop(event.item.id, None)
            self.items[event.item.id] = (event.item, event.lists)
            self.begun.setdefault(event.item.id)
            self.drop(event.evicted)

    def replace(self, item: Item) -> None:
        """Other contents in the same place, by the same publisher, at the same time."""
        if item.id in self.items:
            old, lists = self.items[item.id]
            same = replace(old, payload=item.payload, retraction=item.retraction)
            self.items[item.id] = (same, lists)

    def drop(self, item_ids: Iterable[str]) -> None:
        for item_id in item_ids:
            self.items.pop(item_id, None)
            self.begun.pop(item_id, None)

    def subscribe(self, event: SubscriptionChanged) -> None:
        after = event.after
        if after is None or (after.temporary and after.occupant is None):
            self.subscriptions.pop(event.subscriber, None)
        elif kept(event):
            self.subscriptions[event.subscriber] = after
        self.move(event.subscriber.bare, event.moved)

    def is_due(self, at: float) -> bool:
        """Whether an item or a subscription has its end, or a digest is due, by a time."""
        for held in self.lasting.values():
            for each in held.terms:
                if each.expires is not None and each.expires <= at:
                    return True
                hears = held.state is State.SUBSCRIBED and each.hears_items
                if hears and each.digest is not None and each.digest.at <= at:
                    return True
        config = self.config
        lasting = config.room is not None or not config.persist_items or not config.item_seconds
        oldest = next((item for item, _ in self.items.values()), None)
        return not lasting and oldest is not None and oldest.published <= at - config.item_seconds

    def affiliate(self, event: AffiliationChanged) -> None:
        if event.after is None:
            self.affiliations.pop(event.jid, None)
        else:
            self.affiliations[event.jid] = event.after
        self.move(event.jid, event.moved)

    def register(self, event: RegistrationChanged) -> None:
        if event.after is None:
            self.registrations.pop(event.jid, None)
        else:
            self.registrations[event.jid] = event.after

    def move(self, jid: JID, moved: Moved | None) -> None:
        if moved is not None:
            self.standings.pop(jid, None)
            self.standings[jid] = moved
            for oldest in list(self.standings)[:-STANDINGS_MAX]:
                del self.standings[oldest]

    def visit(self, jid: JID, place: int) -> None:
        self.visits.pop(jid, None)
        self.visits[jid] = place
        for oldest in list(self.visits)[:-VISITS_MAX]:
            del self.visits[oldest]

    def is_active(self, jid: JID) -> bool:
        """Whether something was said since an entity left, or ever."""
        said = (self.places[item_id] for item_id, (item, _) in self.items.items() if is_said(item))
        return any(place > self.visits.get(jid, 0) for place in said)

    def surplus(self, at: float | None, most: int | None, limit: int) -> tuple[str, ...]:
        """The oldest items that are too old or too many."""
        over = (
            item_id
            for place, (item_id, (item, _)) in enumerate(self.items.items())
            if (at is not None and item.published <= at)
            or (most is not None and place < len(self.items) - most)
        )
        return tuple(over)[:limit]

    def archive(self, query: ArchiveQuery) -> ArchivePage:
        """What an archive gives, where no clock was ever set back."""
        everything = [item for item, _ in self.items.values()]
        standing = list(self.items)
        bounds = (query.above, query.below, query.after, query.before)
        if any(bound and bound not in standing for bound in (*query.ids, *bounds)):
            return ArchivePage((), found=False)

        def between(item: Item, above: str, below: str) -> bool:
            place = standing.index(item.id)
            if above and place <= standing.index(above):
                return False
            return not below or place < standing.index(below)

        wanted = [
            item
            for item in everything
            if between(item, query.above, query.below)
            and (not query.ids or item.id in query.ids)
            and (query.since is None or item.published >= query.since)
            and (query.until is None or item.published <= query.until)
            and (
                query.publisher is None or query.publisher in (item.publisher, item.publisher.bare)
            )
            and (not query.nick or item.nick == query.nick)
            and (not query.text or _has_words(item, query.text))
        ]
        asked = [item for item in wanted if between(item, query.after, query.before)]
        newest = query.edge is Edge.NEWEST
        asked = asked[::-1][query.skip :] if newest else asked[query.skip :]
        page = asked[: query.limit]
        index = wanted.index(page[-1] if newest else page[0]) if page else None
        count: int | None = len(wanted)
        if page and len(wanted) > COUNT_ITEMS_MAX:
            index = count = None
        shown = tuple(page[::-1] if newest else page)
        return ArchivePage(shown, len(page) == len(asked), index, count)

    def ask(self, query: ItemQuery) -> ItemPage:
        standing = list(self.begun if query.order is Order.CREATION else self.items)
        everything = [self.items[item_id][0] for item_id in standing]
        if query.ids:
            found = [item_id for item_id in dict.fromkeys(query.ids) if item_id in self.items]
            if query.order is not None:
                found.sort(key=standing.index)
            named = tuple(self.items[item_id][0] for item_id in found)
            return ItemPage(named, index=0, count=len(named))
        start, end = 0, len(standing)
        for bound in (query.after, query.before):
            if bound and bound not in standing:
                return ItemPage((), index=0, count=len(standing), found=False)
        if query.after:
            start = standing.index(query.after) + 1
        if query.before:
            end = standing.index(query.before)
        asked = [
            (index, item)
            for index, item in list(enumerate(everything))[start:end]
            if self.places[item.id] > query.since
        ]
        if query.edge is Edge.NEWEST:
            asked = asked[::-1][query.skip :][: query.limit][::-1]
        else:
            asked = asked[query.skip :][: query.limit]
        index = asked[0][0] if asked else 0
        shown = tuple(item for _, item in asked)
        places = tuple(self.places[item.id] for item in shown)
        return ItemPage(shown, index=index, count=len(standing), places=places)


def _has_words(item: Item, text: str) -> bool:
    """Whether an item has words that begin as those of a text do; as far as they are ASCII."""
    held = re.findall(r"[a-z0-9]+", (words_of(item) or "").lower())
    return all(
        any(
            each.startswith(word) if len(word) >= BEGINNING_CHARS_MIN else each == word
            for each in held
        )
        for word in text.lower().split()
    )


def ask_audit(rows: list[tuple[int, Audited]], query: AuditQuery) -> AuditPage:
    """A page of an audit trail, oldest first as it was written."""
    newest = rows[::-1]
    found = [
        each
        for each in newest
        if (not query.after or each[0] < query.after) and each[0] > query.before
    ]
    found = found[len(found) - query.limit :] if query.oldest else found[: query.limit]
    index = newest.index(found[0]) if found else 0
    return AuditPage(tuple(found), index, len(rows))


class Kept(dict[NodeId, KeptNode]):
    """All nodes. published: how many items were, whatever has become of them, and how many left."""

    published: int = 0

    def apply(self, event: Event) -> None:
        match event:
            case NodeCreated():
                self[event.node] = KeptNode(event.config, event.creator, event.at)
                if event.owner is not None:
                    self[event.node].affiliations[event.owner] = Affiliation.OWNER
            case NodeConfigured():
                self[event.node].config = event.after
            case NodeDeleted():
                del self[event.node]
            case ItemPublished():
                self.published += 1
                self[event.node].publish(event, self.published)
            case ItemReplaced():
                self[event.node].replace(event.item)
            case ItemsRetracted():
                self[event.node].drop(event.item_ids)
            case NodePurged():
                self[event.node].drop(list(self[event.node].items))
            case SubscriptionChanged():
                self[event.node].subscribe(event)
            case DigestTold(node=node, told=told):
                for each, _ in told:
                    self[node].subscriptions[each.subscriber] = each
            case OccupantsLost(node=node, occupants=lost):
                for each in lost:
                    self[node].subscriptions.pop(each.subscriber, None)
            case AffiliationChanged():
                self[event.node].affiliate(event)
            case HatsChanged():
                self[event.node].wearers.pop(event.jid, None)
                if event.after:
                    self[event.node].wearers[event.jid] = event.after
            case VoiceChanged(jid=jid, after=None):
                self[event.node].voices.pop(jid, None)
            case VoiceChanged(jid=jid, after=role) if role is not None:
                self[event.node].voices[jid] = role
            case InviteChanged(before=before, after=after):
                if after is not None:
                    self[event.node].invites[after.id] = after
                elif before is not None:
                    self[event.node].invites.pop(before.id, None)
            case RegistrationChanged():
                self[event.node].register(event)
            case Visited(node=node, jids=jids):
                for jid in jids:
                    self.published += 1
                    self[node].visit(jid, self.published)
            case VisitsForgotten(jid=jid):
                for kept in self.values():
                    kept.visits.pop(jid, None)
            case CardChanged(card=card):
                self[event.node].card = card
            case Audited():
                self._write_down(event)
            case SubjectChanged():
                self[event.node].subject = event.item
            case _:
                pass

    def affiliated(self, jid: JID) -> frozenset[NodeId]:
        return frozenset(
            node
            for node, kept in self.items()
            if jid in kept.affiliations
            or jid in kept.registrations
            or jid in kept.wearers
            or jid in kept.voices
        )

    def active(self, jid: JID, rooms: Iterable[NodeId]) -> frozenset[NodeId]:
        return frozenset(room for room in rooms if room in self and self[room].is_active(jid))

    def mine(self, reader: JID | None) -> set[NodeId]:
        """What an entity has to do with, and what that lists."""
        mine = {
            node
            for node, kept in self.items()
            if reader in kept.affiliations
            or any(
                each.subscriber.bare == reader and each.state is State.SUBSCRIBED
                for each in kept.lasting.values()
            )
        }
        reach = list(mine)
        for node in reach:
            below = {each for each in self[node].listed.values() if each in self} - mine
            mine |= below
            reach.extend(below)
        return mine

    def asked_of(self, query: NodeQuery) -> dict[NodeId, NodeConfig]:
        """The nodes of a service, as far as their types are asked for."""
        return {
            node: kept.config
            for node, kept in self.items()
            if node.service == query.service
            and (not query.types or (kept.config.type in query.types) is not query.excluded)
        }

    def tally(self, query: NodeQuery) -> Tally:
        asked, mine = self.asked_of(query), self.mine(query.reader)
        listed = [node.name for node, config in asked.items() if config.listed]
        singled = {node for node, config in asked.items() if config.guarded} | (mine & set(asked))
        return Tally(
            len(listed),
            sum(name < query.bound for name in listed),
            frozenset((node, asked[node].listed) for node in singled),
        )

    def shown(self, query: NodeQuery) -> tuple[NodeId, ...]:
        mine = self.mine(query.reader)
        names = sorted(
            node.name
            for node, config in self.asked_of(query).items()
            if query.reader is None or config.listed or node in mine
        )
        if query.edge is Edge.NEWEST:
            names = [name for name in names if not query.bound or name < query.bound]
            names = names[max(len(names) - query.limit, 0) :]
        else:
            names = [name for name in names if name > query.bound][: query.limit]
        return tuple(NodeId(query.service, name) for name in names)

    def aged(self, where: JID | str, at: float) -> tuple[NodeId, ...]:
        """Nodes of a service, or of a name, whose oldest item is of a time or earlier."""
        oldest = (
            (node, next((item for item, _ in kept.items.values()), None))
            for node, kept in self.items()
            if where in node
        )
        return tuple(node for node, item in oldest if item is not None and item.published <= at)

    def _write_down(self, event: Audited) -> None:
        rows = self[event.node].audit
        number = rows[-1][0] + 1 if rows else 1
        rows.append((number, event))
        del rows[:-AUDIT_ROWS_MAX]
