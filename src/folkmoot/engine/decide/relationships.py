"""What stands above a node and what goes with it: XEP-0496 0.1.0, Pubsub Node Relationships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from folkmoot.engine.commands import Settings
from folkmoot.engine.configuration import NodeConfig
from folkmoot.engine.errors import Reason, Refused
from folkmoot.engine.events import NodeConfigured
from folkmoot.engine.model import CHAIN_NODES_MAX, NodeId
from folkmoot.engine.view import View

_RELATIONS: Final = ("parent", "link")


def spelled_out(node: NodeId, settings: Settings) -> Mapping[str, object]:
    """Settings in which a node that is only named is one of the same service (§5)."""
    named = {
        each: NodeId(node.service, name)
        for each in _RELATIONS
        if isinstance(name := settings.get(each), str)
    }
    return {**settings, **named}


def related(node: NodeId, before: NodeConfig, after: NodeConfig, view: View) -> NodeConfig:
    """A configuration with the parent that follows from its link (§4.2).

    Raises Refused: CYCLE where relationships lead back; CHAIN_TOO_LONG; NODE_NOT_FOUND where what
    is linked is not there yet; MISPLACED where a node with a link would be elsewhere than what it
    is linked to, or the two are not of one service.
    """
    if after.link is not None:
        linked = view.config(after.link)
        if after.link.service != node.service or after.room is not None:
            raise Refused(Reason.MISPLACED, "link")
        if after.link == node:
            raise Refused(Reason.CYCLE, "link")
        if linked is None:
            raise Refused(Reason.NODE_NOT_FOUND, "link")
        if after.link != before.link and after.parent is None:
            after = replace(after, parent=linked.parent)
        if after.parent != linked.parent:
            raise Refused(Reason.MISPLACED, "parent")
    _hold_line(node, after, view)
    _hold_acyclic(node, after, view)
    return after


def _hold_line(node: NodeId, config: NodeConfig, view: View) -> None:
    """Nothing, where the parents a node claims are few enough and none of them is the node."""
    seen, parent = [node], config.parent
    while parent is not None:
        if parent in seen:
            raise Refused(Reason.CYCLE, "parent")
        seen.append(parent)
        if len(seen) > CHAIN_NODES_MAX:
            raise Refused(Reason.CHAIN_TOO_LONG, "parent")
        above = view.config(parent)
        parent = None if above is None else above.parent


def _hold_acyclic(node: NodeId, config: NodeConfig, view: View) -> None:
    """Nothing, where no way along parents and links leads back to the node."""
    reach = list(_named(config))
    for each in reach:
        if each == node:
            raise Refused(Reason.CYCLE, "parent" if config.link is None else "link")
        found = view.config(each)
        if found is not None:
            reach.extend(named for named in _named(found) if named not in reach)


def _named(config: NodeConfig) -> tuple[NodeId, ...]:
    return tuple(named for named in (config.parent, config.link) if named is not None)


def carried_along(event: NodeConfigured, view: View) -> tuple[NodeConfigured, ...]:
    """What is linked to a node, and to that, moves with it to another parent (§4.3)."""
    if event.before.parent == event.after.parent:
        return ()
    return tuple(
        NodeConfigured(
            node=node,
            before=config,
            after=replace(config, parent=event.after.parent),
            by=event.by,
        )
        for node in _linking(event.node, view)
        if (config := view.config(node)) is not None
    )


def _linking(node: NodeId, view: View) -> list[NodeId]:
    reach = [node]
    for each in reach:
        claims = view.related(each)
        view.require(claims)
        for claim in claims:
            config = view.config(claim)
            if config is not None and config.link == each and claim not in reach:
                reach.append(claim)
    return reach[1:]


def kin(node: NodeId, view: View) -> tuple[NodeId, ...]:
    """What ends with a node: its children, what is linked to it, and so on (§4.3, §4.4).

    Near ones first. What is in a space by agreement, a room or a space, outlives it; and a node of
    another service is not this service's to delete.
    """
    reach = [node]
    for each in reach:
        claims = view.related(each)
        view.require(claims)
        for claim in claims:
            config = view.config(claim)
            same = claim.service == node.service
            if config is not None and same and config.dependent and claim not in reach:
                reach.append(claim)
    return tuple(reach[1:])
