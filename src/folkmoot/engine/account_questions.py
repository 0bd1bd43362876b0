"""What can be asked about accounts: who is there, what waits, who may know of them (RFC 6121)."""

from __future__ import annotations

from dataclasses import dataclass

from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.model import (
    ARCHIVE_NODE,
    MESSAGES_NODE,
    Item,
    NodeId,
    State,
    Via,
)
from folkmoot.engine.relations import presence_of
from folkmoot.engine.store import ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.xml import Element


@dataclass(frozen=True, slots=True)
class Arrival:
    """What waits for someone who becomes available (RFC 6121 §3.1.3, §4.2, §4.3).

    presences: of the account's other resources, then of those it is subscribed to.
    requests: the accounts that ask for presence, each with the stanza it asked with.
    """

    presences: tuple[tuple[JID, Item], ...]
    requests: tuple[tuple[JID, Element | None], ...]


def arrival(view: View, actor: JID) -> Arrival:
    """What an account's resource is to be told of others once it is available."""
    account = actor.bare
    mine = presence_of(account)
    places = [each for each in view.subscribed(account) if view.services.is_presence(each)]
    view.require([*places, mine])
    record = view.node(mine)
    heard = [place for place in places if view.state(place, account) is State.SUBSCRIBED]
    presences = [
        (place.service.with_resource(item.id), item)
        for place in ([mine] if record is not None else []) + heard
        for item in (view.found(place).live or {}).values()
    ]
    pending = () if record is None else record.subscriptions.values()
    return Arrival(
        tuple(each for each in presences if each[0] != actor),
        tuple(
            (each.subscriber, None if each.contact is None else each.contact.request)
            for each in pending
            if each.state is State.PENDING and each.via is Via.PRESENCE
        ),
    )


def presences(view: View, actor: JID, target: JID) -> tuple[Item, ...]:
    """What a probe is answered with (RFC 6121 §4.3.2). Raises Refused(FORBIDDEN)."""
    if not view.hears_presence(target, actor):
        raise Refused(Reason.FORBIDDEN)
    record = view.node(presence_of(target))
    live = () if record is None or record.live is None else record.live.values()
    return tuple(item for item in live if not target.resource or item.id == target.resource)


@dataclass(frozen=True, slots=True)
class Waited:
    """A message that came while nobody was there to have it; None where it is gone meanwhile.

    at: when it came, in seconds since 1970. archived: it is in the account's archive, under its id.
    """

    id: str
    at: float
    payload: Element | None
    archived: bool = False


def waiting_messages(view: View, account: JID) -> tuple[Waited, ...]:
    """The oldest messages that wait for an account, in their order; none where none do.

    One that says nothing stands for what the account's archive has under its id.
    """
    node = NodeId(account, MESSAGES_NODE)
    if view.node(node) is None:
        return ()
    items = view.page(ItemQuery(node=node, counted=False)).items
    ids = tuple(item.id for item in items if item.payload is None or not item.payload.children)
    archive = ItemQuery(node=NodeId(account, ARCHIVE_NODE), ids=ids, counted=False)
    kept = {item.id: item for item in (view.page(archive).items if ids else ())}
    found: list[Waited] = []
    for item in items:
        if item.id not in ids:
            found.append(Waited(item.id, item.published, item.payload))
        elif item.id in kept:
            there = kept[item.id]
            found.append(Waited(item.id, there.published, there.payload, archived=True))
        elif not found:
            return (Waited(item.id, item.published, None),)  # a page has its first item in any case
        else:
            break  # it may be on the next page
    return tuple(found)


def is_account(view: View, jid: JID) -> bool:
    """Whether a bare JID is an account here; for the server's own use, and nobody's to know."""
    return view.services.local(jid) and view.exists(jid)


def knows_account(view: View, actor: JID, account: JID) -> bool:
    """Whether somebody may learn that an account is there: itself, and who hears its presence."""
    return view.hears_presence(account, actor)
