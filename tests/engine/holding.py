"""What holds after every command: of the nodes, of what is derived, of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from folkmoot.engine import access
from folkmoot.engine.configuration import HISTORY_ITEMS_MAX
from folkmoot.engine.events import Event, SubscriptionChanged
from folkmoot.engine.model import Affiliation, Item, NodeId, Role, State, Subscription, Via
from folkmoot.engine.notifications import (
    AbsentTold,
    Active,
    AffiliationTold,
    Notification,
    OccupantTold,
    RegistrationAnswered,
    RegistrationAsked,
    Seen,
    Spoken,
    Welcomed,
)
from folkmoot.engine.record import Node
from folkmoot.engine.room_events import StandingChanged
from folkmoot.engine.services import SUBSCRIBERS, SUBSCRIPTIONS
from folkmoot.engine.sight import classes, seen
from folkmoot.engine.view import View
from folkmoot.engine.working_set import WorkingSet
from folkmoot.xmpp.jid import JID
from tests.engine.stand import ACCOUNTS, FORTINBRAS
from tests.stores.model import Kept

OUTSIDE = (AffiliationTold, RegistrationAsked, RegistrationAnswered)
"""What a room says to those who need not be in it."""


def rules_hold(view: View, nodes: Iterable[NodeId]) -> None:
    """Nobody is anywhere they may not be; everything has an owner; parents end somewhere."""
    nodes = tuple(nodes)
    view.require(nodes)
    for node in nodes:
        record = view.found(node)
        assert view.owners(node), f"{node} has no owner"
        assert not ends_in_itself(view, node), f"{node} is its own ancestor"
        if record.config.link is not None:
            linked = view.config(record.config.link)
            assert linked is not None, f"{node} is linked to what is not there"
            assert linked.parent == record.config.parent, f"{node} is not beside what it links"
        for subscription in record.subscriptions.values():
            if subscription.state is not State.NONE:
                may_stay(view, record, subscription)


def may_stay(view: View, record: Node, subscription: Subscription) -> None:
    """No outcast is subscribed, and nobody whom the access model keeps out."""
    stance = view.stance(record.id, subscription.subscriber)
    assert stance.affiliation is not Affiliation.OUTCAST, (record.id, subscription)
    reason = access.refuses_stay(record.config, stance)
    assert reason is None, (record.id, subscription, stance, reason)
    if subscription.occupant is not None:
        assert subscription.temporary and record.config.room is not None
        assert not subscription.subscriber.is_bare


def ends_in_itself(view: View, node: NodeId) -> bool:
    """Whether parents and links lead from a node back to it, whatever the others say."""
    reach = [node]
    for each in reach:
        config = view.config(each)
        named = () if config is None else (config.parent, config.link)
        if node in named:
            return True
        reach.extend(other for other in named if other is not None and other not in reach)
    return False


def derived_holds(view: View, record: Node) -> None:
    """What is kept so that nobody has to search is what a search would find."""
    fresh = Node(
        record.id,
        record.config,
        record.creator,
        record.created,
        subscriptions=record.subscriptions,
        listed=record.listed,
        registrations=record.registrations,
    )
    for via in Via:
        assert record.hearers(via) == fresh.hearers(via)
    for gathered in (False, True):
        assert record.hearings(gathered=gathered) == fresh.hearings(gathered=gathered)
    kept, found = record.derived, fresh.derived
    assert (kept.leases, kept.digests) == (found.leases, found.digests)
    assert (kept.scoped, kept.members) == (found.scoped, found.members)
    assert sets(kept.nicks) == sets(found.nicks)
    assert sets(kept.alike) == sets(found.alike)
    assert sets(kept.addresses) == sets(found.addresses)
    assert +kept.listing == found.listing
    assert kept.places == found.places
    assert kept.reserved == found.reserved
    assert set(kept.trackers) == set(found.trackers)
    if record.config.room is not None:
        what_is_shown_holds(view, record)


def sets(index: dict[str, tuple[JID, ...]] | dict[JID, tuple[JID, ...]]) -> dict[object, set[JID]]:
    """An index, the order of its addresses left out."""
    for jids in index.values():
        assert len(set(jids)) == len(jids)
    return {key: set(jids) for key, jids in index.items()}


def what_is_shown_holds(view: View, record: Node) -> None:
    """What the audience remembers of occupants is what they are."""
    shown = {nick: dict(by) for nick, by in record.derived.shown.items()}
    told_apart = classes(record, view)
    record.derived.unshow()
    for nick, by_reveal in shown.items():
        for reveal, kept in by_reveal.items():
            jid = record.occupants(nick)[-1]
            assert kept == seen(record, jid, view, reveal=reveal), (record.id, nick)
    assert told_apart == classes(record, view)


def store_holds(nodes: WorkingSet, kept: Kept) -> None:
    """What is in use is what the store would give, and besides what no store keeps."""
    for record in nodes:
        stored = kept[record.id]
        lasting = {jid: each for jid, each in record.subscriptions.items() if not each.temporary}
        present = {jid: place(each) for jid, each in record.subscriptions.items() if each.occupant}
        assert record.config == stored.config
        assert record.affiliations == stored.affiliations
        assert lasting == stored.lasting
        assert present == {each.subscriber: place(each) for each in stored.occupants}
        assert record.listed == stored.listed
        assert record.subject == stored.subject
        assert record.registrations == stored.registrations
        assert record.voices == stored.voices
        assert list(record.standings.items()) == list(stored.standings.items())
        items = {item_id: item for item_id, (item, _) in stored.items.items()}
        if record.heads is not None:
            assert list(record.heads.items()) == [
                (item_id, item.publisher) for item_id, item in items.items()
            ]
        if record.config.room is not None and record.recent is not None:
            assert list(record.recent) == list(items.values())[-HISTORY_ITEMS_MAX:]


def lists_hold(kept: Kept) -> None:
    """Who has a public subscription, and nobody else, is on both lists of such (XEP-0465)."""
    mine: dict[JID, set[tuple[str, str]]] = {}
    for node, stored in kept.items():
        public = {
            jid.bare
            for jid, each in stored.lasting.items()
            if each.public and each.state is State.SUBSCRIBED
        }
        assert not public or not stored.config.private
        readers = kept.get(NodeId(node.service, SUBSCRIBERS + node.name))
        told_of = set() if readers is None else set(readers.items)
        assert told_of == {str(jid) for jid in public}, node
        for jid in public:
            mine.setdefault(jid, set()).add((str(node.service), node.name))
    for node, stored in kept.items():
        if node.name == SUBSCRIPTIONS:
            payloads = [item.payload for item, _ in stored.items.values() if item.payload]
            told = {(each.get("jid", ""), each.get("node", "")) for each in payloads}
            assert told == mine.get(node.service, set())


def place(subscription: Subscription) -> tuple[Via, str, Role | None, bool]:
    """What of an occupancy a store knows in any case."""
    occupant = subscription.occupant
    assert occupant is not None
    return subscription.via, occupant.nick, occupant.role, occupant.tracks


def indexes_hold(nodes: WorkingSet, kept: Kept, people: Iterable[JID]) -> None:
    """Where somebody has subscriptions is where a search through all nodes finds some."""
    lasting: dict[JID, set[NodeId]] = {}
    for node, stored in kept.items():
        for jid in stored.lasting:
            lasting.setdefault(jid.bare, set()).add(node)
    temporary: Counter[tuple[JID, NodeId]] = Counter(
        (jid, record.id)
        for record in nodes
        for jid, each in record.subscriptions.items()
        if each.temporary
    )
    tracked: dict[NodeId, dict[NodeId, int]] = {}
    for record in nodes:
        if record.trackers and record.config.parent is not None:
            tracked.setdefault(record.config.parent, {})[record.id] = len(record.trackers)
    assert nodes.entities.tracked == tracked
    for record in nodes:
        inside = {jid for jid in record.watchers if jid in record.subscriptions}
        assert record.unaware <= record.watchers - inside
    for jid in people:
        watched = {record.id for record in nodes if jid in record.watchers}
        assert nodes.entities.watched(jid) == watched
        assert set(nodes.temporary(jid)) == {node for who, node in temporary if who == jid}
        passing = {node for who, node in temporary if who.bare == jid.bare}
        known = nodes.entities.subscribed(jid.bare)
        assert known is None or known == lasting.get(jid.bare, set()) | passing


def events_follow(events: Iterable[Event]) -> None:
    """Each change of a subscription begins where the one before it ended; nothing is told twice."""
    states: dict[tuple[NodeId, JID], Subscription | None] = {}
    standings: set[tuple[NodeId, JID]] = set()
    for event in events:
        if isinstance(event, SubscriptionChanged):
            key = (event.node, event.subscriber)
            assert states.get(key, event.before) == event.before, event
            assert event.before is not None or event.after is not None, event
            states[key] = event.after
        elif isinstance(event, StandingChanged):
            assert (event.node, event.occupant) not in standings, event
            standings.add((event.node, event.occupant))


class Witness:
    """Who was in which room as what, before a command and after it."""

    def __init__(self) -> None:
        self._roles: dict[NodeId, dict[JID, set[Role]]] = {}
        self._open: set[NodeId] = set()
        self._insiders: dict[NodeId, set[JID]] = {}
        self._readers: dict[NodeId, set[JID]] = {}
        self._members: dict[NodeId, set[JID]] = {}

    def look(self, view: View, nodes: Iterable[NodeId]) -> None:
        """Remember who is inside, besides those seen inside before."""
        nodes = tuple(nodes)
        view.require(nodes)
        for node in nodes:
            record = view.found(node)
            inside = self._insiders.setdefault(node, set())
            inside.update(record.subscriptions, view.owners(node))
            room = record.config.room
            if view.services.is_personal(node):
                stances = {jid: view.stance(node, jid) for jid in ACCOUNTS}
                self._readers[node] = {
                    jid
                    for jid, stance in stances.items()
                    if access.refuses_items(record.config, stance) is None
                }
            if room is None:
                continue
            self._members[node] = {
                jid
                for jid in (*ACCOUNTS, FORTINBRAS)
                if access.refuses_entry(record.config, view.stance(node, jid)) is None
            }
            if room.whois_anyone:
                self._open.add(node)
            roles = self._roles.setdefault(node, {})
            for jid, each in record.subscriptions.items():
                if each.occupant is not None:
                    standing = view.affiliation(node, jid)
                    role = access.role(room, standing, each.occupant.role)
                    roles.setdefault(jid, set()).add(role)

    def approves(self, told: Iterable[Notification]) -> None:
        """Hold that nobody was told what they may not see."""
        for each in told:
            assert each.to, each
            if isinstance(each, OccupantTold) and not each.own:
                self._sees(each.node, each.to, each.seen)
            elif isinstance(each, Welcomed):
                for other in each.others:
                    self._sees(each.node, each.to, other)
            if isinstance(each, AbsentTold):
                self._knows(each)
            if each.via is Via.EVENTING and isinstance(each, Spoken):
                self._may_answer(each.node, each.to, each.item)
            if each.via is Via.EVENTING and isinstance(each, Welcomed):
                for item in each.history:
                    self._may_answer(each.node, each.to, item)
            if isinstance(each, Active):
                self._may_enter(each)
            elif each.via in (Via.MUC, Via.EVENTING) and not isinstance(each, OUTSIDE):
                assert set(each.to) <= self._roles.get(each.node, {}).keys(), each
            if each.via is Via.PEP:
                assert set(each.to) <= self._readers[each.node], each

    def _may_enter(self, told: Active) -> None:
        for room in told.rooms:
            assert {jid.bare for jid in told.to} <= self._members[room], told

    def _knows(self, told: AbsentTold) -> None:
        for jid in told.to:
            seen = self._roles[told.node][jid]
            assert told.node in self._open or Role.MODERATOR in seen, (told, seen)

    def _may_answer(self, node: NodeId, to: tuple[JID, ...], item: Item) -> None:
        """An item may be told with who published it: its wording says whom to reply to."""
        veiled = item.publisher.domain == node.service.domain
        if item.nick and not veiled and node not in self._open:
            assert all(Role.MODERATOR in self._roles[node][jid] for jid in to), (item, to)

    def _sees(self, node: NodeId, to: tuple[JID, ...], shown: Seen) -> None:
        if shown.jid is None or node in self._open:
            return
        for jid in to:
            assert Role.MODERATOR in self._roles[node][jid], (node, jid, shown)
