"""What an import is to make, in the words of this server, and the commands that make it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from folkmoot.engine.commands import Restore
from folkmoot.engine.model import Affiliation, Item, NodeId, Subscription
from folkmoot.engine.services import Services
from folkmoot.facades.spaces import BOOKMARKS, SUBSCRIPTION, listed
from folkmoot.spaces.reading import NOBODY, Place
from folkmoot.xmpp.jid import JID, InvalidJID
from folkmoot.xmpp.xml import Element

PEOPLE_AT_ONCE_MAX: Final = 250
"""How many people of a space are looked at before others have their turn."""


@dataclass(frozen=True, slots=True)
class Move:
    """From where to where. old: services of spaces and rooms; key: the space's there and here."""

    old: tuple[JID, JID]
    new: Services
    key: tuple[str, str]

    def node(self, node: NodeId) -> NodeId:
        """A node's address here."""
        if node == (self.old[0], self.key[0]):
            return NodeId(self.new.pubsub, self.key[1])
        here = {self.old[0]: self.new.pubsub, self.old[1]: self.new.rooms}
        return NodeId(here.get(node.service, node.service), node.name)

    def settings(self, settings: Mapping[str, object]) -> dict[str, object]:
        """A configuration with what it says of other nodes."""
        parent = settings.get("parent")
        named = NodeId(self.old[0], parent) if isinstance(parent, str) else parent
        moved = {"parent": self.node(named)} if isinstance(named, NodeId) else {}
        return {**settings, **moved}

    def item(self, item: Item) -> Item:
        """An item with what it lists: a room by its id, another node by its payload."""
        payload = item.payload
        if payload is None:
            return item
        with suppress(InvalidJID):
            if (payload.ns, payload.name) == (BOOKMARKS, "conference"):
                jid = JID.parse(item.id)
                if jid.domain == self.old[1].domain:
                    here = JID(jid.local, self.new.rooms.domain, jid.resource)
                    return replace(item, id=str(here))
            elif (payload.ns, payload.name) == (SUBSCRIPTION, "subscription"):
                server, node = JID.parse(payload.get("server", "")), payload.get("node", "")
                moved = self.node(NodeId(server, node))
                attrs = {**payload.attrs, "server": str(moved.service), "node": moved.name}
                made = Element(payload.ns, payload.name, attrs, *payload.children)
                return replace(item, payload=made)
        return item


@dataclass(slots=True)
class Plan:
    """What is to be made, as far as it is known."""

    owner: JID
    move: Move
    space: Place
    rooms: dict[str, Place]
    affiliations: dict[JID, Affiliation] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    @property
    def node(self) -> NodeId:
        """The space to be."""
        return NodeId(self.move.new.pubsub, self.move.key[1])

    def room(self, name: str) -> NodeId:
        """A room to be."""
        return NodeId(self.move.new.rooms, name)

    def restores(self, room: Place) -> Restore:
        """The command that makes a room, locked."""
        settings = {**room.settings, "parent": self.node}
        subject = room.subject
        return Restore(
            actor=self.owner,
            node=self.room(room.node),
            settings=settings,
            subject=None if subject is None else published(subject, self.owner),
        )

    def restores_all(self, *, opens: bool = False) -> Restore:
        """The command that makes the space. opens: and lets people into its rooms."""
        services = self.move.new
        items = [published(item, self.owner) for item in self.items]
        return Restore(
            actor=self.owner,
            node=self.node,
            settings=self.move.settings(self.space.settings),
            affiliations=self.affiliations,
            subscriptions=tuple(self.subscriptions),
            items=tuple((item, listed(item.id, item.payload, services)) for item in items),
            opens={
                self.room(room.node): room.people.get(self.owner) for room in self.rooms.values()
            }
            if opens
            else {},
        )


def published(item: Item, owner: JID) -> Item:
    """An item with its publisher: an owner, where it does not say."""
    return replace(item, publisher=owner) if item.publisher == NOBODY else item


def among_few(command: Restore) -> Iterator[Restore]:
    """The command, once for some of the people at a time: what each may be is refused or not alone.

    At least once, and the items are in the first.
    """
    subscriptions: dict[JID, list[Subscription]] = {}
    for each in command.subscriptions:
        subscriptions.setdefault(each.subscriber.bare, []).append(each)
    rows = command.affiliations
    people = list(dict.fromkeys((*rows, *subscriptions)))
    for at in range(0, max(len(people), 1), PEOPLE_AT_ONCE_MAX):
        some = people[at : at + PEOPLE_AT_ONCE_MAX]
        yield replace(
            command,
            affiliations={jid: rows[jid] for jid in some if jid in rows},
            subscriptions=tuple(each for jid in some for each in subscriptions.get(jid, ())),
            items=() if at else command.items,
        )
