"""What a device that comes is to be told unasked (XEP-0163 1.2.2, §4.3.4; XEP-0060 1.30.0, §6.1.7).

One question for each step, so that none has to look at everything at once.
"""

from __future__ import annotations

from collections.abc import Collection

from folkmoot.engine.audience import last_published
from folkmoot.engine.configuration import NodeConfig, SendLast
from folkmoot.engine.model import NodeId, State, Subscription, Via
from folkmoot.engine.notifications import Published
from folkmoot.engine.personal import may_look
from folkmoot.engine.replies import reply_to
from folkmoot.engine.store import Edge, ItemQuery
from folkmoot.engine.view import View
from folkmoot.xmpp.jid import JID


def publishers(view: View, actor: JID) -> tuple[JID, ...]:
    """The accounts whose nodes interest somebody: their own, and those whose presence they hear."""
    account, services = actor.bare, view.services
    if services.delegated(account):
        known = view.acquaintances(account).items()
        friends = (jid for jid, contact in known if contact.heard and services.delegated(jid))
        return (account, *sorted(friends, key=str))
    places = [each for each in view.subscribed(account) if services.is_presence(each)]
    view.require(places)
    heard = (each.service for each in places if view.state(each, account) is State.SUBSCRIBED)
    return (account, *sorted(filter(services.local, heard), key=str))


def interesting(view: View, actor: JID, owner: JID, names: Collection[str]) -> tuple[NodeId, ...]:
    """Of an account's nodes of these names, those whose newest item is sent to who comes."""
    wanted = frozenset(names)
    nodes = [node for node in view.nodes_of(owner) if node.name in wanted]
    view.require(nodes)
    return tuple(node for node in nodes if _is_sent(view, actor, node, Via.PEP))


def everywhere(view: View, actor: JID) -> tuple[tuple[NodeId, Subscription], ...]:
    """An entity's subscriptions of XEP-0060, at whichever service (XEP-0376 §3.4)."""
    places = sorted(view.subscribed(actor), key=str)
    view.require(places)
    return tuple(
        (place, each)
        for place in places
        for each in view.subscriptions(place, actor)
        if each.via is Via.PUBSUB and each.state is not State.NONE
    )


def subscribed(view: View, actor: JID) -> tuple[NodeId, ...]:
    """The nodes of accounts one subscribed to, by this address or the bare, that send theirs."""
    nodes = sorted(view.subscribed(actor), key=str)
    view.require(nodes)
    return tuple(node for node in nodes if _is_sent(view, actor, node, Via.PUBSUB))


def newest(view: View, actor: JID, node: NodeId, via: Via) -> tuple[Published, ...]:
    """The newest item of a node, for one device that comes, if it is still to be sent it.

    via: PUBSUB for who subscribed, PEP for who did not.
    """
    config = view.config(node)
    if config is None or not _is_sent(view, actor, node, via):
        return ()
    query = ItemQuery(node=node, edge=Edge.NEWEST, limit=1, counted=False)
    told: list[Published] = []
    for item in view.page(query).items:
        if via is Via.PEP:
            told.append(
                Published(
                    via=via,
                    node=node,
                    to=(actor,),
                    item=item,
                    config=config,
                    reply_to=reply_to(view, node, config),
                    last=True,
                )
            )
        else:
            held = _explicit(view, actor, node)[0]
            told.extend(last_published(view, view.found(node), held, actor, item))
    return tuple(told)


def _is_sent(view: View, actor: JID, node: NodeId, via: Via) -> bool:
    config = view.config(node)
    if config is None or not view.services.is_personal(node) or not _sends(config):
        return False
    explicit = bool(_explicit(view, actor, node))
    if via is Via.PEP:
        hears = not explicit and view.hears_presence(node.service, actor)
        return hears and may_look(view, node, config, actor)
    return explicit and may_look(view, node, config, actor)


def _sends(config: NodeConfig) -> bool:
    return (
        config.send_last is SendLast.ON_SUB_AND_PRESENCE
        and config.persist_items
        and config.deliver_notifications
    )


def _explicit(view: View, actor: JID, node: NodeId) -> list[Subscription]:
    """The subscriptions by which a device hears of a node, under its own address or the bare."""
    held = (view.subscription(node, jid) for jid in dict.fromkeys((actor, actor.bare)))
    return [
        each for each in held if each is not None and each.via is Via.PUBSUB and each.hears_items
    ]
